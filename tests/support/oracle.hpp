// What SEMANTICS.md 4.2, 5, 6 and 15.1 say of one obligation's ladder, played minute by minute: no
// wake-up times, no index, nothing of the engine but spans, calendar and zone. Tests compare the
// engine with it; docs/adr/0002-ladder-readings.md has the readings that both follow.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "workflows/deadline.hpp"

namespace assured::test {

struct OracleLadder {
  struct Rung {
    Span at;
    std::optional<Span> every;
  };
  bool family_a = false;
  int first_rung = 0;  // rungs below are left out (S15.2)
  std::vector<Rung> rungs;
  // The names that a rung would reach at an instant (S3.5: perhaps none), and who owes then.
  std::function<std::vector<std::string>(int rung, Instant now)> readers;
  std::function<std::string(Instant now)> debtor;
};

// What people did to the obligation, in whole minutes. They do nothing inside a downtime.
struct OracleTimeline {
  struct Move {
    Instant at;
    std::optional<Instant> due;  // none: it has no date any more
  };
  struct Gap {
    Instant from, to;
  };
  Instant opened;
  std::optional<Instant> due;  // none: the anchor is not known yet
  std::vector<Move> moves;
  std::vector<Gap> holds;     // none shortens another
  std::vector<Gap> downtime;  // the last pass is at `from`, the next one at `to`
  std::optional<Instant> closed;
  Instant end;
};

struct OracleClock {
  const Zone& zone;
  const Calendar& calendar;
  TimeOfDay morning;
  std::function<Instant(Instant)> accepted = {};  // of a notice written then; empty: at once
};

// One message. `cycle` is 0 for the rung itself and counts its repeats within one due version.
struct Said {
  Instant at;
  std::string to;
  int rung = 0, cycle = 0;
  auto operator<=>(const Said&) const = default;
};

// Everything that is said, in order of time, then of name.
std::vector<Said> play(const OracleLadder& ladder, const OracleTimeline& line,
                       const OracleClock& clock);

}  // namespace assured::test
