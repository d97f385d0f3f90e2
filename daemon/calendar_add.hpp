// `assured calendar add`: a day that a board is closed, or open, though no rule says so.
#pragma once

#include <string>

#include "config/settings.hpp"
#include "workflows/store.hpp"

namespace assured {

struct CalendarAdd {
  std::string board;
  CalendarOverride day;
  uid_t uid = static_cast<uid_t>(-1);  // who asks: the settings say who that is
};

// Records the day in the journal while no service runs; the scheduler's next pass moves running deadlines
// (S5.4). A service that runs must hear of it, or it would go on by the calendar it has: it is asked
// instead (`assuredctl calendar`).
// Errors: conflict (a service answers on the settings' socket), not_found (no such board), forbidden
// (neither an operator nor mapped to somebody who holds a post of the board's own).
// Throws: ConfigError, StoreError.
Result<void> add_calendar_day(Store& store, const config::Settings& settings,
                              const CalendarAdd& command, const Zones& zones, Instant now);

}  // namespace assured
