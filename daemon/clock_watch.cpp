#include "daemon/clock_watch.hpp"

#include <spdlog/spdlog.h>

#include <ctime>

namespace assured {

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr auto jump_max = 1h;
constexpr auto steady_min = 15min;
// Between two looks a clock that is being corrected slowly moves less than this.
constexpr auto unsteady_min = 30s;

}  // namespace

bool ClockWatch::routine_waits(Instant now) {
  const std::lock_guard lock{mutex_};
  const auto running = running_();
  const Instant origin = now - running;
  if (!origin_) origin_ = origin;
  const auto moved = origin - *origin_;
  origin_ = origin;
  if (moved > jump_max) {
    steady_from_ = running;
    spdlog::error("the system clock jumped forward by {} min: routine reminders wait until it has been "
                  "steady for {} min; what is about immediate risk goes out",
                  std::chrono::duration_cast<std::chrono::minutes>(moved).count(),
                  std::chrono::minutes{steady_min}.count());
  } else if (steady_from_ && (moved > unsteady_min || moved < -unsteady_min)) {
    // Set right again, or moved once more: the quarter of an hour begins anew.
    steady_from_ = running;
  }
  if (!steady_from_) return false;
  if (running - *steady_from_ < steady_min) return true;
  steady_from_.reset();
  spdlog::info("the system clock has been steady for a while: routine reminders go out again");
  return false;
}

bool ClockWatch::is_trusted() const {
  const std::lock_guard lock{mutex_};
  return !steady_from_;
}

std::chrono::milliseconds since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::milliseconds{time.tv_sec * 1000 + time.tv_nsec / 1'000'000};
}

}  // namespace assured
