// The one writer for people (S14.1). Commands that wait together share a commit: each has its savepoint and
// its own `now`, and nobody is answered before COMMIT returned.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "web/api.hpp"

namespace assured {

// There is no thread of its own: of those who wait, one carries out the group, the others sleep until their
// answer is durable. Thread: safe.
class Writer : public web::CommandPort {
 public:
  // `committed` is called after each commit that gives workers something to look at; on any thread.
  Writer(Store& store, CurrentProgrammes& programmes, const Clock& clock,
         std::function<void()> committed)
      : store_(store), programmes_(programmes), clock_(clock), committed_(std::move(committed)) {}

  Result<std::string> submit(const web::Submission& submission) override;

  // For metrics.
  struct Counts {
    std::uint64_t groups = 0, commands = 0, refused = 0, repeated = 0, unavailable = 0;
    std::size_t waiting = 0;
  };
  Counts counts() const;

 private:
  struct Waiting;
  // Takes from the queue and carries out, until the group is full or the queue empty; then commits.
  void run_group();
  Waiting* take_next();
  void carry_out(WriteTx& tx, Waiting& waiting, std::shared_ptr<const Programmes>& programmes);
  void answer(const std::vector<Waiting*>& group);

  Store& store_;
  CurrentProgrammes& programmes_;
  const Clock& clock_;
  std::function<void()> committed_;

  mutable std::mutex mutex_;
  std::deque<Waiting*> queue_;
  bool leading_ = false;  // somebody runs a group
  Counts counts_;
};

}  // namespace assured
