// Deadlines: a rule, an anchor and the instant they give, with the working shown (S4, S7; U7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "workflows/calendar.hpp"
#include "workflows/instant.hpp"

namespace assured {

// S4.1. `30min` and `4h` are elapsed time; `2wd` working days; `10d`, `2w`, `6mo`, `1y` calendar
// time.
enum class Unit { minutes, hours, working_days, days, weeks, months, years };

struct Span {
  int count = 0;  // may be negative in a rung's `at` and in an offset from a meeting
  Unit unit = Unit::days;
  bool operator==(const Span&) const = default;
  bool is_elapsed() const { return unit == Unit::minutes || unit == Unit::hours; }
};

// The longest span that can be written, in years and as much in the other units: records of adopted
// children are kept for a hundred years, and nothing is planned beyond that.
constexpr int span_years_max = 100;

// Reads "30min", "4h", "2wd", "10d", "2w", "6mo", "1y", with a sign where `allow_sign`.
// Errors: invalid; the message quotes the text, names the units, and what was probably meant
// ("1day": write 1d or 1wd).
Result<Span> parse_span(std::string_view text, bool allow_sign = false);
std::string to_text(Span span);

// How a board's days are cut (required keys of a programme, S4.4) with its zone and calendar.
struct TimeRules {
  const Zone* zone = nullptr;
  const Calendar* calendar = nullptr;
  TimeOfDay close_of_day{};
  TimeOfDay morning{};
  TimeOfDay window_from{};  // send window, routine mail only
  TimeOfDay window_to{};
  TimeOfDay office_from{};  // office hours, for `in_hours`
  TimeOfDay office_to{};
  bool day_zero = false;  // the anchor's own day counts as the first
};

// Where a deadline starts to count.
enum class AnchorKind { entry, created, now, field, parent_field, meeting };

struct DueRule {
  enum class Kind { after, hours, meeting, on } kind = Kind::after;
  Span after = {};     // kind after
  Span in_hours = {};  // kind hours: { in_hours = "2h", else = "4h" }
  Span else_ = {};
  std::string body = {};  // kind meeting: `next BODY`, with `offset`
  Span offset = {};       // 0d, or -5wd for "next qa-subgroup - 5wd"
  AnchorKind from = AnchorKind::now;
  std::string field = {};  // kind on (the date itself), or the anchor's field
  bool operator==(const DueRule&) const = default;
};

// "20wd after identity_passed_at", as pages and journal show it.
std::string to_text(const DueRule& rule);

// One day of the working (S4.5). For `wd`, `d` and `w` each day from the anchor's to the due date
// has a line; for `mo` and `y` the anchor's date and each month or year; for elapsed time only both
// ends.
struct WorkingLine {
  Date date;
  int counted = 0;  // 1, 2, 3, ... ; 0 for a day skipped, the start, or elapsed time
  std::string
      reason;  // why it was skipped or where counting starts; exactly "due" on the last line
};

struct DueResult {
  Instant due_at;
  std::vector<WorkingLine> working;  // in order, never empty
};

// `date` moved by a span of date units, backwards if negative. Months and years clamp to the
// month's end; `wd` counts the working days strictly after or before `date`; nothing else looks at
// closed days.
Date shift_date(Date date, Span span, const Calendar& calendar);

// The due instant of `anchor` + `span`. Date units count on the anchor's local date and are due at
// close_of_day; for `wd` an anchor after close, or on a closed day, counts from the next working
// day (S4.1): the day after that is day one, unless `day_zero`. A span is not negative; hours run
// on from the anchor itself. A date unit of 0 is due at close of the day it counts from, which for
// `0d` may lie before an anchor late in the day.
DueResult due_after(Instant anchor, Span span, const TimeRules& rules);
// From office_from up to, but not at, office_to of a working day.
bool in_office_hours(Instant at, const TimeRules& rules);
// { in_hours, else }: decided at the anchor, by office hours on a working day. A first line of the
// working says which.
DueResult due_in_hours(Instant anchor, Span in_hours, Span otherwise, const TimeRules& rules);
// A date field: close_of_day of that date.
Instant due_on(Date date, const TimeRules& rules);
// A meeting's start, or a working/calendar offset from it (negative: before). Without an offset the
// meeting's own start; hours are counted from it; a date unit gives close_of_day of the shifted
// date.
Instant due_by_meeting(Instant meeting_start, Span offset, const TimeRules& rules);

// The instant a rung fires (S4.2): `0h` the due instant, hours from it by the clock, date units at
// `morning` of the shifted date (`wd`: working days strictly before or after the due date).
// Unless `family_a`, a reminder (count <= 0) that lands on a closed day goes to the working day
// before, an escalation to the one after.
Instant rung_instant(Instant due_at, Span at, bool family_a, const TimeRules& rules);

// The next firing of a repeat: `every` (more than 0) after `last`, at morning for date units,
// shifted as an escalation is. Always later than `last`.
Instant repeat_instant(Instant last, Span every, bool family_a, const TimeRules& rules);

// The first instant at or after `at` inside the send window of a working day; the window is open at
// window_from and shut at window_to, which is later.
Instant in_send_window(Instant at, const TimeRules& rules);

// True when `a` and `b` fall on the same local date (S5.1).
bool same_local_date(Instant a, Instant b, const Zone& zone);
Date local_date(Instant at, const Zone& zone);
TimeOfDay local_time_of_day(Instant at, const Zone& zone);
Instant at_local(Date date, TimeOfDay time, const Zone& zone);

}  // namespace assured
