#include "daemon/progress.hpp"

#include <fmt/format.h>

namespace assured {

std::vector<Stuck> find_stuck(const std::vector<Progress>& parts, Steady now,
                              std::chrono::microseconds limit) {
  const auto in_seconds = [](std::chrono::microseconds span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
  };
  std::vector<Stuck> stuck;
  for (const Progress& part : parts) {
    if (part.busy_since) {
      // What became due meanwhile is its next turn.
      const auto longest = limit + part.allowed;
      if (now - *part.busy_since >= longest)
        stuck.push_back(
            {part.name, fmt::format("it is busy with one thing for more than {} s", in_seconds(longest))});
    } else if (part.due_at && now - *part.due_at >= limit) {
      stuck.push_back({part.name, fmt::format("it did not begin what was due {} s ago", in_seconds(limit))});
    }
  }
  return stuck;
}

}  // namespace assured
