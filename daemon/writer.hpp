// The one writer for people (S14.1). Commands that wait together share a commit: each has its savepoint and
// its own `now`, and nobody is answered before COMMIT returned.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>

#include "daemon/progress.hpp"
#include "web/api.hpp"
#include "web/metrics.hpp"

namespace assured {

// There is no thread of its own: of those who wait, one carries out the group, the others sleep until their
// answer is durable. Thread: safe.
class Writer : public web::CommandPort {
 public:
  // `committed` is called after each commit that gives workers something to look at; on any thread.
  Writer(Store& store, CurrentProgrammes& programmes, const Clock& clock,
         std::function<void()> committed, SteadyNow steady = std::chrono::steady_clock::now)
      : store_(store),
        programmes_(programmes),
        clock_(clock),
        committed_(std::move(committed)),
        steady_(std::move(steady)) {}

  Result<std::string> submit(const web::Submission& submission) override;

  using Counts = web::CommandCounts;
  Counts counts() const;
  // Since when the longest waits for its answer: it does not depend on whether anybody leads.
  Progress progress() const;
  // As a worker's: when a group was kept last, and for two minutes why one was not.
  web::WorkerHealth health() const;

 private:
  struct Waiting;
  // Takes from the queue and carries out, until the group is full or the queue empty; then commits.
  void run_group();
  Waiting* take_next();
  void carry_out(WriteTx& tx, Waiting& waiting, std::shared_ptr<const Programmes>& programmes);
  void answer(const std::vector<Waiting*>& group);
  static std::string outcome_of(const Waiting& waiting);

  Store& store_;
  CurrentProgrammes& programmes_;
  const Clock& clock_;
  std::function<void()> committed_;
  SteadyNow steady_;

  mutable std::mutex mutex_;
  std::deque<Waiting*> queue_;
  std::multiset<Steady> unanswered_;  // when they came
  bool leading_ = false;  // somebody runs a group
  Counts counts_;
  std::optional<Instant> kept_at_, not_kept_at_;
  std::string not_kept_;  // why
};

}  // namespace assured
