#include "daemon/worker_loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "web/run_blocking.hpp"

namespace assured {

namespace asio = boost::asio;
using std::chrono_literals::operator""s;

namespace {

constexpr auto as_error = asio::as_tuple(asio::use_awaitable);

struct RunOnce {
  Worker& worker;
  Instant now;
  Instant operator()() const { return worker.run_once(now); }
};

}  // namespace

WorkerLoop::WorkerLoop(Worker& worker, const Clock& clock, asio::io_context& io,
                       asio::thread_pool& pool, std::function<std::chrono::seconds()> sleep_max,
                       std::function<void(const std::string&, const std::string&)> fatal,
                       SteadyNow steady)
    : worker_(worker),
      clock_(clock),
      io_(io),
      pool_(pool),
      sleep_max_(std::move(sleep_max)),
      fatal_(std::move(fatal)),
      steady_(std::move(steady)),
      timer_(io) {
  health_.name = worker.name();
}

void WorkerLoop::start() {
  running_ = true;
  note_wait(Millis{0});
  asio::co_spawn(io_, run(), [this](const std::exception_ptr& failed) {
    running_ = false;
    {
      const std::lock_guard lock{mutex_};
      due_at_.reset();  // there is no next one
    }
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (const std::exception& error) {
      note_end(clock_.now(), error.what());
      fatal_(std::string{worker_.name()}, error.what());
    }
  });
}

void WorkerLoop::stop() {
  stopping_ = true;
  timer_.cancel();
}

void WorkerLoop::wake() {
  note_wait(Millis{0});
  asio::post(io_, [this] {
    woken_ = true;
    timer_.cancel();
  });
}

asio::awaitable<void> WorkerLoop::run() {
  Backoff backoff{1s, 60s};
  while (!stopping_) {
    woken_ = false;
    rests_until_.reset();
    Instant wake_at;
    const RunOnce pass{worker_, clock_.now()};
    note_begin();
    try {
      wake_at = co_await web::run_blocking(pool_, pass);
      note_end(pass.now, {});
      backoff.reset();
    } catch (const StoreError& error) {
      wake_at = give_way(error.what(), pass.now, backoff, true);
    } catch (const IoError& error) {
      wake_at = give_way(error.what(), pass.now, backoff);
    } catch (const std::filesystem::filesystem_error& error) {
      wake_at = give_way(error.what(), pass.now, backoff);
    }
    if (stopping_) break;
    if (woken_) continue;
    rests_until_ = wake_at;
    const Millis wait = std::clamp<Millis>(wake_at - clock_.now(), Millis{0}, sleep_max_());
    note_wait(wait);
    timer_.expires_after(wait);
    const auto [cut_short] = co_await timer_.async_wait(as_error);
    (void)cut_short;  // woken, or stopping: the loop's head tells
  }
}

Instant WorkerLoop::give_way(const std::string& why, Instant now, Backoff& backoff, bool of_store) {
  const Instant wake_at = clock_.now() + backoff.next();
  note_end(now, why, of_store);
  spdlog::warn("{}: {}; next try at {}", worker_.name(), why, to_text(wake_at));
  return wake_at;
}

void WorkerLoop::note_begin() {
  const std::lock_guard lock{mutex_};
  busy_since_ = steady_();
  health_.busy_since = clock_.now();
  due_at_.reset();
}

void WorkerLoop::note_end(Instant at, std::string trouble, bool of_store) {
  const std::lock_guard lock{mutex_};
  busy_since_.reset();
  health_.busy_since.reset();
  if (trouble.empty()) {
    health_.last_pass = at;
    health_.trouble_since.reset();
  } else if (!health_.trouble_since) {
    health_.trouble_since = at;
  }
  health_.store_failed = of_store;
  health_.trouble = std::move(trouble);
}

// What was to begin earlier still is: somebody woke the worker while it worked.
void WorkerLoop::note_wait(Millis wait) {
  const std::lock_guard lock{mutex_};
  const Steady then = steady_() + wait;
  if (!due_at_ || then < *due_at_) due_at_ = then;
}

web::WorkerHealth WorkerLoop::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

Progress WorkerLoop::progress() const {
  const std::lock_guard lock{mutex_};
  return {health_.name, busy_since_, due_at_};
}

}  // namespace assured
