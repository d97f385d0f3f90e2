// One writer at a time, people before workers (S14.1).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "workflows/store.hpp"

namespace assured::store {

// Thread: safe.
class WriterGate {
 public:
  // A worker that has let people go first for `yield_max` goes before the next of them.
  explicit WriterGate(std::chrono::milliseconds yield_max) : yield_max_(yield_max) {}

  // The place of the one writer, given back at the end.
  class Turn {
   public:
    // Waits at most `wait_max`.
    // Throws: StoreError (retryable).
    Turn(WriterGate& gate, Urgency urgency, std::chrono::milliseconds wait_max);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    WriterGate& gate_;
  };

  std::size_t waiting();  // how many stand before it

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  bool enter_as_person(std::unique_lock<std::mutex>& lock, Deadline deadline);
  bool enter_as_worker(std::unique_lock<std::mutex>& lock, Deadline deadline);

  const std::chrono::milliseconds yield_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool taken_ = false;
  std::size_t people_ = 0;           // that wait
  std::size_t workers_ = 0;          // that wait
  std::size_t overdue_workers_ = 0;  // of those, the ones that have yielded long enough
};

}  // namespace assured::store
