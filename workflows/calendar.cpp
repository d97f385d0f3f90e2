#include "workflows/calendar.hpp"

#include <algorithm>
#include <array>

namespace assured {

namespace {

using std::chrono::days;
using std::chrono::last;
using std::chrono::Monday;
using std::chrono::Saturday;
using std::chrono::Sunday;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

struct NationName {
  Nation nation;
  std::string_view text;
};

constexpr std::array nation_names{
    NationName{Nation::england_and_wales, "england-and-wales"},
    NationName{Nation::scotland, "scotland"},
    NationName{Nation::northern_ireland, "northern-ireland"},
};

bool is_weekend(Date date) {
  const weekday day{date};
  return day == Saturday || day == Sunday;
}

// Gregorian computus (Meeus, Jones, Butcher).
Date easter_sunday(year y) {
  const int n = static_cast<int>(y);
  const int a = n % 19, b = n / 100, c = n % 100;
  const int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int month = (h + l - 7 * m + 114) / 31, day = (h + l - 7 * m + 114) % 31 + 1;
  return Date{y / month / day};
}

struct RuleDay {
  Date date{};
  std::string_view title;
  bool is_substitute = false;
};

// The closed days of one year by rule. Held on the stack: a calendar asks for one for each day that
// it looks at, and a cache would need either a lock or a range of years.
class RuleDays {
 public:
  RuleDays(Nation nation, year y) {
    const Date easter = easter_sunday(y);
    add(easter - days{2}, "Good Friday");
    if (nation != Nation::scotland) add(easter + days{1}, "Easter Monday");
    add(Date{y / 5 / Monday[1]}, "Early May bank holiday");
    add(Date{y / 5 / Monday[last]}, "Spring bank holiday");
    add(nation == Nation::scotland ? Date{y / 8 / Monday[1]} : Date{y / 8 / Monday[last]},
        "Summer bank holiday");

    RuleDays fixed;
    fixed.add(Date{y / 1 / 1}, "New Year's Day");
    if (nation == Nation::scotland) fixed.add(Date{y / 1 / 2}, "2nd January");
    if (nation == Nation::northern_ireland) {
      fixed.add(Date{y / 3 / 17}, "St Patrick's Day");
      fixed.add(Date{y / 7 / 12}, "Battle of the Boyne (Orangemen's Day)");
    }
    if (nation == Nation::scotland) fixed.add(Date{y / 11 / 30}, "St Andrew's Day");
    fixed.add(Date{y / 12 / 25}, "Christmas Day");
    fixed.add(Date{y / 12 / 26}, "Boxing Day");

    // Days that stand on a weekday first, so that a substitute finds them taken: with Christmas on
    // a Sunday the substitute is Tuesday the 27th, for Monday the 26th is Boxing Day.
    for (const RuleDay& day : fixed)
      if (!is_weekend(day.date)) add(day.date, day.title);
    for (const RuleDay& day : fixed)
      if (is_weekend(day.date)) {
        Date substitute = day.date;
        while (is_weekend(substitute) || find(substitute)) substitute += days{1};
        add(substitute, day.title, true);
      }
  }

  const RuleDay* begin() const { return days_.data(); }
  const RuleDay* end() const { return days_.data() + count_; }
  const RuleDay* find(Date date) const {
    const RuleDay* found =
        std::find_if(begin(), end(), [&](const RuleDay& day) { return day.date == date; });
    return found == end() ? nullptr : found;
  }

 private:
  RuleDays() = default;

  void add(Date date, std::string_view title, bool is_substitute = false) {
    ASSURED_ASSERT(count_ < days_.size());
    days_[count_++] = RuleDay{date, title, is_substitute};
  }

  std::array<RuleDay, 12> days_;
  std::size_t count_ = 0;
};

std::string title_of(const RuleDay& day) {
  return std::string(day.title) + (day.is_substitute ? " (substitute)" : "");
}

}  // namespace

std::optional<Nation> nation_from_text(std::string_view text) {
  for (const NationName& name : nation_names)
    if (name.text == text) return name.nation;
  return std::nullopt;
}

std::string_view to_text(Nation nation) {
  for (const NationName& name : nation_names)
    if (name.nation == nation) return name.text;
  ASSURED_ASSERT(!"a nation without a name");
  return {};
}

std::vector<Holiday> computed_holidays(Nation nation, int y) {
  std::vector<Holiday> holidays;
  for (const RuleDay& day : RuleDays{nation, year{y}})
    holidays.push_back({day.date, title_of(day)});
  std::sort(holidays.begin(), holidays.end(),
            [](const Holiday& a, const Holiday& b) { return a.date < b.date; });
  return holidays;
}

Calendar::Calendar(Nation nation, std::vector<CalendarOverride> overrides) : nation_(nation) {
  for (CalendarOverride& day : overrides) overrides_.insert_or_assign(day.date, std::move(day));
}

bool Calendar::is_working_day(Date date) const {
  if (const auto found = overrides_.find(date); found != overrides_.end())
    return !found->second.closed;
  if (is_weekend(date)) return false;
  return RuleDays{nation_, year_month_day{date}.year()}.find(date) == nullptr;
}

std::optional<std::string> Calendar::closed_reason(Date date) const {
  if (const auto found = overrides_.find(date); found != overrides_.end()) {
    if (!found->second.closed) return std::nullopt;
    return found->second.title;
  }
  if (is_weekend(date)) return std::string(weekday_name(date));
  const RuleDays rule{nation_, year_month_day{date}.year()};
  if (const RuleDay* day = rule.find(date)) return title_of(*day);
  return std::nullopt;
}

// The walks below end: by rule no more than four days running are closed, and the overrides that
// close more are a finite list.

Date Calendar::next_working_day_on_or_after(Date date) const {
  while (!is_working_day(date)) date += days{1};
  return date;
}

Date Calendar::previous_working_day_on_or_before(Date date) const {
  while (!is_working_day(date)) date -= days{1};
  return date;
}

Date Calendar::add_working_days(Date date, int n) const {
  ASSURED_ASSERT(n >= -working_days_max && n <= working_days_max);
  for (int left = n; left > 0; --left) date = next_working_day_on_or_after(date + days{1});
  for (int left = n; left < 0; ++left) date = previous_working_day_on_or_before(date - days{1});
  return date;
}

}  // namespace assured
