// Whether what works in the service moves: judged from what each part says of itself (watchdog, health).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assured {

using Steady = std::chrono::steady_clock::time_point;
using SteadyNow = std::function<Steady()>;  // steady_clock::now, or a test's own

// What one part says of itself. Neither: it rests, and nothing waits for it.
struct Progress {
  std::string name;
  std::optional<Steady> busy_since;  // what is under way began then
  std::optional<Steady> due_at;      // the next is to begin then
  std::chrono::seconds allowed{0};   // what it is busy with may take so long
};

// A part that does not move, and how that shows.
struct Stuck {
  std::string name;
  std::string why;
};

// Those who are busy with one thing for longer than `limit` and what is allowed, or have not begun what was due as long ago (a
// wake-up that was lost).
std::vector<Stuck> find_stuck(const std::vector<Progress>& parts, Steady now,
                              std::chrono::microseconds limit);

}  // namespace assured
