// Repeats one worker: waits until it wants to be woken, and backs off when the store fails.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/progress.hpp"
#include "daemon/workers.hpp"
#include "web/api.hpp"

namespace assured {

// Waits that double from `first` to `longest`.
class Backoff {
 public:
  Backoff(std::chrono::seconds first, std::chrono::seconds longest)
      : first_(first), longest_(longest), next_(first) {}
  std::chrono::seconds next() {
    const auto wait = next_;
    next_ = std::min(next_ * 2, longest_);
    return wait;
  }
  void reset() { next_ = first_; }

 private:
  std::chrono::seconds first_, longest_, next_;
};

// Owns waiting and failure only; the worker's passes run on `pool`. Sleeps are cut to `sleep_max`,
// asked each time, so that a changed system clock is noticed. Everything passed in outlives the loop (App owns them).
// Thread: start(), stop(), running() and rests_until() on `io`; wake() and the rest from any.
class WorkerLoop {
 public:
  // `fatal` is called on `io` when a pass fails with what waiting cannot mend.
  WorkerLoop(Worker& worker, const Clock& clock, boost::asio::io_context& io,
             boost::asio::thread_pool& pool, std::function<std::chrono::seconds()> sleep_max,
             std::function<void(const std::string& worker, const std::string& what)> fatal,
             SteadyNow steady = std::chrono::steady_clock::now);

  void start();
  void stop();
  bool running() const { return running_; }
  // Until when it has nothing to do; nothing while a pass is under way, or one is asked for.
  std::optional<Instant> rests_until() const { return woken_ ? std::nullopt : rests_until_; }
  // Something was committed that may be due earlier than the worker knew: look again now.
  void wake();

  web::WorkerHealth health() const;
  // Since when the pass that is under way has run; between passes, when the next one is to begin.
  Progress progress() const;

 private:
  boost::asio::awaitable<void> run();
  // The world failed: says so, and when to try again.
  Instant give_way(const std::string& why, Instant now, Backoff& backoff, bool of_store = false);
  void note_begin();
  void note_end(Instant at, std::string trouble, bool of_store = false);
  void note_wait(Millis wait);

  Worker& worker_;
  const Clock& clock_;
  boost::asio::io_context& io_;
  boost::asio::thread_pool& pool_;
  std::function<std::chrono::seconds()> sleep_max_;
  std::function<void(const std::string&, const std::string&)> fatal_;
  SteadyNow steady_;
  boost::asio::steady_timer timer_;
  bool running_ = false;
  bool stopping_ = false;
  bool woken_ = false;
  std::optional<Instant> rests_until_;

  mutable std::mutex mutex_;  // guards what follows
  web::WorkerHealth health_;
  std::optional<Steady> busy_since_;
  std::optional<Steady> due_at_;
};

}  // namespace assured
