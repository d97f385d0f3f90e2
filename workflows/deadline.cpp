#include "workflows/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "workflows/printable.hpp"

namespace assured {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::last;
using std::chrono::minutes;
using std::chrono::months;
using std::chrono::weeks;
using std::chrono::year_month_day;

struct UnitName {
  Unit unit;
  std::string_view text;
  int count_max;  // span_years_max in this unit, leap days and all
};

constexpr std::array unit_names{
    UnitName{Unit::minutes, "min", span_years_max * 366 * 24 * 60},
    UnitName{Unit::hours, "h", span_years_max * 366 * 24},
    UnitName{Unit::working_days, "wd", working_days_max},
    UnitName{Unit::days, "d", span_years_max * 366},
    UnitName{Unit::weeks, "w", span_years_max * 53},
    UnitName{Unit::months, "mo", span_years_max * 12},
    UnitName{Unit::years, "y", span_years_max},
};

// What people write instead, and what they probably mean. Where a word has two readings, and those
// differ by a weekend or by a month, both are offered and neither is taken.
struct Slip {
  std::string_view written;
  std::string_view meant;
  std::string_view means;
  std::string_view or_meant = {};
  std::string_view or_means = {};
};

constexpr std::array slips{
    Slip{"m", "min", "minutes", "mo", "months"},
    Slip{"mins", "min", "minutes"},
    Slip{"minute", "min", "minutes"},
    Slip{"minutes", "min", "minutes"},
    Slip{"hr", "h", "hours"},
    Slip{"hrs", "h", "hours"},
    Slip{"hour", "h", "hours"},
    Slip{"hours", "h", "hours"},
    Slip{"day", "d", "calendar days", "wd", "working days"},
    Slip{"days", "d", "calendar days", "wd", "working days"},
    Slip{"bd", "wd", "working days"},
    Slip{"wds", "wd", "working days"},
    Slip{"workday", "wd", "working days"},
    Slip{"workdays", "wd", "working days"},
    Slip{"workingday", "wd", "working days"},
    Slip{"workingdays", "wd", "working days"},
    Slip{"wk", "w", "weeks"},
    Slip{"wks", "w", "weeks"},
    Slip{"week", "w", "weeks"},
    Slip{"weeks", "w", "weeks"},
    Slip{"mon", "mo", "months"},
    Slip{"mth", "mo", "months"},
    Slip{"month", "mo", "months"},
    Slip{"months", "mo", "months"},
    Slip{"yr", "y", "years"},
    Slip{"yrs", "y", "years"},
    Slip{"year", "y", "years"},
    Slip{"years", "y", "years"},
};

constexpr std::string_view span_units =
    "The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.";

constexpr std::size_t quoted_bytes_max = 40;

const UnitName& name_of(Unit unit) {
  for (const UnitName& name : unit_names)
    if (name.unit == unit) return name;
  ASSURED_ASSERT(!"a unit without a name");
  return unit_names.front();
}

Error bad_span(std::string_view text, std::string_view hint = {}) {
  // Half a page pasted where a span belongs would bury the advice.
  if (text.size() > quoted_bytes_max) return Error{Errc::invalid, std::string(span_units)};
  return Error{Errc::invalid, fmt::format("\"{}\" is not a length of time. {}{}{}", printable(text),
                                          hint, hint.empty() ? "" : " ", span_units)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The letters of a wrong unit in lower case and without spaces: "Working Days" is "workingdays".
std::string letters_of(std::string_view unit) {
  std::string letters;
  for (const char c : unit) {
    if (c >= 'A' && c <= 'Z')
      letters += static_cast<char>(c - 'A' + 'a');
    else if (c != ' ' && c != '-')
      letters += c;
  }
  return letters;
}

// What was probably meant by `number` and an unknown `unit`; empty when nobody could say.
std::string suggest(std::string_view number, std::string_view unit) {
  if (unit.empty()) return fmt::format("A number needs its unit: {0}d or {0}wd?", number);
  if (unit.front() == '.' || unit.front() == ',') return "Write whole numbers: 90min for 1.5h.";
  const std::string letters = letters_of(unit);
  for (const UnitName& name : unit_names)
    if (name.text == letters) return fmt::format("Write {}{}.", number, name.text);
  for (const Slip& slip : slips) {
    if (slip.written != letters) continue;
    if (slip.or_meant.empty())
      return fmt::format("Write {}{} ({}).", number, slip.meant, slip.means);
    return fmt::format("Write {0}{1} ({2}) or {0}{3} ({4}).", number, slip.meant, slip.means,
                       slip.or_meant, slip.or_means);
  }
  return {};
}

Date add_months(Date date, int count) {
  const year_month_day from{date};
  const auto moved = from + months{count};  // the year and month; the day may not exist in it
  return moved.ok() ? Date{moved} : Date{moved.year() / moved.month() / last};
}

Instant add_elapsed(Instant at, Span span) {
  if (span.unit == Unit::hours) return at + hours{span.count};
  ASSURED_ASSERT(span.unit == Unit::minutes);
  return at + minutes{span.count};
}

// Reasons in the working (S4.5), beside the titles of closed days.
constexpr std::string_view reason_due = "due";
constexpr std::string_view reason_start = "counting begins the day after";
constexpr std::string_view reason_same_day = "counts to the same day of the month";
constexpr std::string_view reason_clamped =
    "counts to the same day of the month, or the last of a month too short for it";
constexpr std::string_view reason_after_close = "after close of day";
constexpr std::string_view reason_in_hours = "began in office hours";
constexpr std::string_view reason_out_of_hours = "began outside office hours";
constexpr std::string_view reason_elapsed = "runs by the clock, through nights and closed days";

// Collects the working; the last line is the due date.
class Counting {
 public:
  void skip(Date date, std::string_view reason) {
    lines_.push_back({date, 0, std::string(reason)});
  }
  void count(Date date) { lines_.push_back({date, ++counted_, {}}); }
  int counted() const { return counted_; }

  DueResult due(Instant due_at) {
    lines_.back().reason = reason_due;
    return {due_at, std::move(lines_)};
  }

 private:
  std::vector<WorkingLine> lines_;
  int counted_ = 0;
};

DueResult due_after_elapsed(Instant anchor, Span span, const Zone& zone) {
  const Instant due_at = add_elapsed(anchor, span);
  Counting counting;
  counting.skip(local_date(anchor, zone), reason_elapsed);
  counting.skip(local_date(due_at, zone), reason_due);
  return counting.due(due_at);
}

DueResult due_after_working_days(Instant anchor, int count, const TimeRules& rules) {
  const Calendar& calendar = *rules.calendar;
  Counting counting;
  Date day = local_date(anchor, *rules.zone);
  if (calendar.is_working_day(day) && anchor > at_local(day, rules.close_of_day, *rules.zone)) {
    counting.skip(day, reason_after_close);
    day += days{1};
  }
  for (; !calendar.is_working_day(day); day += days{1})
    counting.skip(day, *calendar.closed_reason(day));
  if (rules.day_zero && count > 0)
    counting.count(day);
  else
    counting.skip(day, reason_start);
  while (counting.counted() < count) {
    day += days{1};
    if (const auto closed = calendar.closed_reason(day))
      counting.skip(day, *closed);
    else
      counting.count(day);
  }
  return counting.due(at_local(day, rules.close_of_day, *rules.zone));
}

DueResult due_after_calendar_time(Instant anchor, Span span, const TimeRules& rules) {
  Counting counting;
  const Date start = local_date(anchor, *rules.zone);
  const Date due = shift_date(start, span, *rules.calendar);
  if (span.unit == Unit::days || span.unit == Unit::weeks) {
    counting.skip(start, reason_start);
    for (Date day = start + days{1}; day <= due; day += days{1}) counting.count(day);
  } else {
    const bool is_clamped = year_month_day{due}.day() != year_month_day{start}.day();
    counting.skip(start, is_clamped ? reason_clamped : reason_same_day);
    // Each step is taken from the start, so that 31 January and two months give 31 March.
    for (int step = 1; step <= span.count; ++step)
      counting.count(shift_date(start, {step, span.unit}, *rules.calendar));
  }
  return counting.due(at_local(due, rules.close_of_day, *rules.zone));
}

std::string_view anchor_text(const DueRule& rule) {
  switch (rule.from) {
    case AnchorKind::entry:
      return "entry of the state";
    case AnchorKind::created:
      return "creation";
    case AnchorKind::now:
      return "the event";
    case AnchorKind::meeting:
      return "the meeting";
    case AnchorKind::field:
    case AnchorKind::parent_field:
      break;
  }
  return rule.field;
}

}  // namespace

Result<Span> parse_span(std::string_view text, bool allow_sign) {
  std::string_view rest = text;
  bool is_negative = false;
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    if (!allow_sign) return bad_span(text, "No sign may stand before the number here.");
    is_negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits])) ++digits;
  if (digits == 0) return bad_span(text, "It begins with a whole number.");
  const std::string_view number = rest.substr(0, digits);
  const std::string_view unit = rest.substr(digits);

  for (const UnitName& name : unit_names) {
    if (name.text != unit) continue;
    int count = 0;
    for (const char c : number) {
      count = count * 10 + (c - '0');  // cannot overflow: count_max * 10 fits an int
      if (count > name.count_max)
        return Error{Errc::invalid, fmt::format("\"{}\" is too long: at most {}{} ({} years).",
                                                text, name.count_max, name.text, span_years_max)};
    }
    return Span{is_negative ? -count : count, name.unit};
  }
  return bad_span(text, suggest(text.substr(0, text.size() - unit.size()), unit));
}

std::string to_text(Span span) { return fmt::format("{}{}", span.count, name_of(span.unit).text); }

std::string to_text(const DueRule& rule) {
  switch (rule.kind) {
    case DueRule::Kind::after:
      return fmt::format("{} after {}", to_text(rule.after), anchor_text(rule));
    case DueRule::Kind::hours:
      return fmt::format("{} in office hours, else {}, after {}", to_text(rule.in_hours),
                         to_text(rule.else_), anchor_text(rule));
    case DueRule::Kind::on:
      return fmt::format("on {}", rule.field);
    case DueRule::Kind::meeting:
      break;
  }
  if (rule.offset.count == 0) return fmt::format("next {}", rule.body);
  return fmt::format("next {} {} {}", rule.body, rule.offset.count < 0 ? "-" : "+",
                     to_text(Span{std::abs(rule.offset.count), rule.offset.unit}));
}

Date shift_date(Date date, Span span, const Calendar& calendar) {
  switch (span.unit) {
    case Unit::working_days:
      return calendar.add_working_days(date, span.count);
    case Unit::days:
      return date + days{span.count};
    case Unit::weeks:
      return date + weeks{span.count};
    case Unit::months:
      return add_months(date, span.count);
    case Unit::years:
      return add_months(date, span.count * 12);
    case Unit::minutes:
    case Unit::hours:
      break;
  }
  ASSURED_ASSERT(!span.is_elapsed());  // hours move an instant; on a date they mean nothing
  return date;
}

DueResult due_after(Instant anchor, Span span, const TimeRules& rules) {
  ASSURED_ASSERT(span.count >= 0);
  if (span.is_elapsed()) return due_after_elapsed(anchor, span, *rules.zone);
  if (span.unit == Unit::working_days) return due_after_working_days(anchor, span.count, rules);
  return due_after_calendar_time(anchor, span, rules);
}

bool in_office_hours(Instant at, const TimeRules& rules) {
  const Date day = local_date(at, *rules.zone);
  return rules.calendar->is_working_day(day) &&
         at >= at_local(day, rules.office_from, *rules.zone) &&
         at < at_local(day, rules.office_to, *rules.zone);
}

DueResult due_in_hours(Instant anchor, Span in_hours, Span otherwise, const TimeRules& rules) {
  const bool is_office_open = in_office_hours(anchor, rules);
  DueResult result = due_after(anchor, is_office_open ? in_hours : otherwise, rules);
  result.working.insert(result.working.begin(),
                        {local_date(anchor, *rules.zone), 0,
                         std::string(is_office_open ? reason_in_hours : reason_out_of_hours)});
  return result;
}

Instant due_on(Date date, const TimeRules& rules) {
  return at_local(date, rules.close_of_day, *rules.zone);
}

Instant due_by_meeting(Instant meeting_start, Span offset, const TimeRules& rules) {
  if (offset.count == 0) return meeting_start;
  if (offset.is_elapsed()) return add_elapsed(meeting_start, offset);
  return due_on(shift_date(local_date(meeting_start, *rules.zone), offset, *rules.calendar), rules);
}

Instant rung_instant(Instant due_at, Span at, bool family_a, const TimeRules& rules) {
  if (at.is_elapsed()) return add_elapsed(due_at, at);
  const Calendar& calendar = *rules.calendar;
  Date day = shift_date(local_date(due_at, *rules.zone), at, calendar);
  if (!family_a)
    day = at.count <= 0 ? calendar.previous_working_day_on_or_before(day)
                        : calendar.next_working_day_on_or_after(day);
  return at_local(day, rules.morning, *rules.zone);
}

Instant repeat_instant(Instant last, Span every, bool family_a, const TimeRules& rules) {
  ASSURED_ASSERT(every.count > 0);
  return rung_instant(last, every, family_a, rules);
}

Instant in_send_window(Instant at, const TimeRules& rules) {
  ASSURED_ASSERT(rules.window_from < rules.window_to);
  const Zone& zone = *rules.zone;
  // The window is compared as instants, not as clock times: in October 01:30 comes twice.
  for (Date day = local_date(at, zone);;
       day = rules.calendar->next_working_day_on_or_after(day + days{1})) {
    if (!rules.calendar->is_working_day(day)) continue;
    if (at < at_local(day, rules.window_to, zone))
      return std::max(at, at_local(day, rules.window_from, zone));
  }
}

bool same_local_date(Instant a, Instant b, const Zone& zone) {
  return local_date(a, zone) == local_date(b, zone);
}

Date local_date(Instant at, const Zone& zone) {
  return std::chrono::floor<days>(zone.to_local(at));
}

TimeOfDay local_time_of_day(Instant at, const Zone& zone) {
  const LocalTime local = zone.to_local(at);
  return std::chrono::floor<minutes>(local - std::chrono::floor<days>(local));
}

Instant at_local(Date date, TimeOfDay time, const Zone& zone) {
  return zone.to_instant(LocalTime{date + time});
}

}  // namespace assured
