// Working days of the United Kingdom's nations (DOMAIN.md 2.1, 2.2): computed rules, and dated
// overrides for the one-off holidays that break every formula.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/instant.hpp"

namespace assured {

enum class Nation { england_and_wales, scotland, northern_ireland };

std::optional<Nation> nation_from_text(std::string_view text);  // "england-and-wales", ...
std::string_view to_text(Nation nation);

struct Holiday {
  Date date;
  std::string title;  // "Good Friday", "Christmas Day (substitute)"
};

// The bank holidays of one year by today's rules, whichever the year, sorted by date. A day that
// falls on a weekend appears as its substitute only.
std::vector<Holiday> computed_holidays(Nation nation, int year);

// One line of an override file: a day that is closed though no rule says so, or open though one
// does.
struct CalendarOverride {
  Date date;
  bool closed = true;
  std::string title;
};

// The longest count of working days: 100 years of them (span_years_max in deadline.hpp).
constexpr int working_days_max = 26'100;

// Immutable once built, so threads may share one. A later override of the same date wins.
class Calendar {
 public:
  explicit Calendar(Nation nation, std::vector<CalendarOverride> overrides = {});

  Nation nation() const { return nation_; }
  const std::map<Date, CalendarOverride>& overrides() const { return overrides_; }

  // Why nobody works on `date` ("Saturday", "Good Friday"), or nothing when it is a working day.
  std::optional<std::string> closed_reason(Date date) const;
  bool is_working_day(Date date) const;

  Date next_working_day_on_or_after(Date date) const;
  Date previous_working_day_on_or_before(Date date) const;

  // The n-th working day after `date` (n >= 1), or before it for n <= -1; n == 0 is `date` itself,
  // even when closed. |n| is at most working_days_max.
  Date add_working_days(Date date, int n) const;

 private:
  Nation nation_;
  std::map<Date, CalendarOverride> overrides_;
};

// Reads an override file: [[closed]] / [[open]] tables with date and title, in TOML; an empty one
// has no overrides. Errors: invalid, all mistakes in one message, a line each:
// "SOURCE:LINE:COLUMN: KEY: what would be right".
Result<std::vector<CalendarOverride>> parse_calendar_overrides(std::string_view toml,
                                                               std::string_view source);

// A file of overrides that says whose they are: nation = "england-and-wales", then the same tables.
struct CalendarFile {
  Nation nation = Nation::england_and_wales;
  std::vector<CalendarOverride> days;
};
// Errors: invalid, as parse_calendar_overrides().
Result<CalendarFile> parse_calendar_file(std::string_view toml, std::string_view source);
// The text that parse_calendar_file() reads back.
std::string to_toml(const CalendarFile& file);

// Reads the shape of GOV.UK's bank-holidays.json and returns what differs, for the years it lists,
// from the computed rules of `nation`: days it adds and days it lacks. GOV.UK lists whole
// years; a year it does not mention stays as computed. Errors: invalid.
Result<std::vector<CalendarOverride>> overrides_from_gov_uk_json(std::string_view json,
                                                                 Nation nation);

}  // namespace assured
