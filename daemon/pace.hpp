// How fast mail leaves: so many messages a minute to the relay, and so many routine ones an hour to one
// reader. What is too much waits; nothing is lost by it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "workflows/instant.hpp"

namespace assured {

// Counted in memory: a restart begins anew. What was counted under a clock that was set back since, and
// would lie ahead, is forgotten. Thread: one.
class Pace {
 public:
  // How many messages the relay may be handed at `now`, at most `most`, where it gets `per_minute`; 0: as
  // many as there are.
  std::size_t room(std::size_t most, std::uint32_t per_minute, Instant now);
  // When there is room again; `now` where there is.
  Instant next_room_at(std::uint32_t per_minute, Instant now);
  // When `reader` may be written to about routine matters, at most `per_hour` an hour; 0: now.
  Instant reader_free_at(const std::string& reader, std::uint32_t per_hour, Instant now);

  // A message is begun; `reader` is empty where it counts for the relay alone.
  void add(const std::string& reader, Instant at);
  // It was not begun after all.
  void take_back(const std::string& reader, Instant at);

 private:
  using Begun = std::deque<Instant>;  // in order

  Begun relay_;
  std::map<std::string, Begun> readers_;
};

}  // namespace assured
