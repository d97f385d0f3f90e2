// How well the service is: what its parts say, and one word for all of it with the reasons. Read from memory
// alone, so that it can be told when nothing else can.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/instant.hpp"

namespace assured::web {

enum class Level {
  green,
  amber,  // it works, and somebody should look
  red     // something that must happen does not
};
std::string_view name_of(Level level);

// Why it is not green: a sentence for a business manager, with what to do.
struct HealthReason {
  Level level = Level::green;
  std::string text;
};

struct WorkerHealth {
  std::string name;
  std::optional<Instant> last_pass;      // of the last one that ended well
  std::string trouble;                   // why the last one did not; empty when it did
  std::optional<Instant> trouble_since = {};
  bool store_failed = false;             // the trouble is the database's
  std::optional<Instant> busy_since = {};  // of the pass that is under way
};

// What the store said when it was last read; a moment ago, while all is well.
struct StoredHealth {
  Instant read_at;
  std::size_t unsent = 0;                       // notices that no relay has taken for good
  std::size_t held = 0;                         // not among them
  std::size_t held_urgent = 0;                  // of those, of family A
  std::optional<Instant> oldest_unsent;         // when it was made
  std::optional<Instant> oldest_unsent_urgent;  // of family A
  std::vector<std::string> on_hold;             // boards whose mail is all held (S16.3)
  std::map<std::string, std::size_t> overdue;   // open obligations past their due, by board
};

// The relay, or the folder in its place.
struct MailHealth {
  std::string mode = "live";             // observe, redirect, live
  std::string way = "files";             // or relay
  std::optional<Instant> trouble_since;  // S11.1
  std::string trouble;                   // the relay's words
  std::size_t in_hand = 0;
};

struct Health {
  Instant started_at;
  std::vector<WorkerHealth> workers;
  MailHealth mail = {};
  std::optional<StoredHealth> stored = {};  // none before it was first read
  bool clock_trusted = true;                // S16.3
  std::map<std::string, std::string> stuck = {};  // parts that do not move, and how that shows
};

// The worst first.
std::vector<HealthReason> reasons_of(const Health& health, Instant now);
Level level_of(const std::vector<HealthReason>& reasons);

}  // namespace assured::web
