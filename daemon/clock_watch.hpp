// Whether the wall clock can be trusted with routine mail (S16.3).
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "workflows/instant.hpp"

namespace assured {

// A forward jump of the wall clock of more than an hour, against a clock that only runs (Linux
// CLOCK_BOOTTIME, which counts sleep), makes families B and C wait until it was steady for a quarter of an
// hour: a wrong clock must not tell a whole county that everything is late. Family A waits for nothing.
// Thread: safe.
class ClockWatch {
 public:
  using Running = std::function<std::chrono::milliseconds()>;
  explicit ClockWatch(Running running) : running_(std::move(running)) {}
  // Looks at both clocks; true while routine mail must wait.
  bool routine_waits(Instant now);
  // As at the last look.
  bool is_trusted() const;

 private:
  Running running_;
  mutable std::mutex mutex_;
  std::optional<Instant> origin_;  // the wall clock's when the running clock was at 0
  std::optional<std::chrono::milliseconds> steady_from_;  // by the running clock; none: it is trusted
};

// CLOCK_BOOTTIME.
std::chrono::milliseconds since_boot();

}  // namespace assured
