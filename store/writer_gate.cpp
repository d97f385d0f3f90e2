#include "store/writer_gate.hpp"

#include <algorithm>

namespace assured::store {

WriterGate::Turn::Turn(WriterGate& gate, Urgency urgency, std::chrono::milliseconds wait_max)
    : gate_(gate) {
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  std::unique_lock lock{gate_.mutex_};
  const bool entered = urgency == Urgency::people ? gate_.enter_as_person(lock, deadline)
                                                  : gate_.enter_as_worker(lock, deadline);
  if (!entered) {
    gate_.changed_.notify_all();  // somebody may have stood behind this one
    throw StoreError("Another write has held the store for too long.", true);
  }
  gate_.taken_ = true;
}

WriterGate::Turn::~Turn() {
  const std::lock_guard lock{gate_.mutex_};
  gate_.taken_ = false;
  gate_.changed_.notify_all();
}

bool WriterGate::enter_as_person(std::unique_lock<std::mutex>& lock, Deadline deadline) {
  ++people_;
  const bool entered =
      changed_.wait_until(lock, deadline, [&] { return !taken_ && overdue_workers_ == 0; });
  --people_;
  return entered;
}

bool WriterGate::enter_as_worker(std::unique_lock<std::mutex>& lock, Deadline deadline) {
  ++workers_;
  const Deadline patient = std::min(deadline, std::chrono::steady_clock::now() + yield_max_);
  bool entered =
      changed_.wait_until(lock, patient, [&] { return !taken_ && people_ == 0; });
  if (!entered) {
    ++overdue_workers_;
    entered = changed_.wait_until(lock, deadline, [&] { return !taken_; });
    --overdue_workers_;
  }
  --workers_;
  return entered;
}

std::size_t WriterGate::waiting() {
  const std::lock_guard lock{mutex_};
  return people_ + workers_;
}

}  // namespace assured::store
