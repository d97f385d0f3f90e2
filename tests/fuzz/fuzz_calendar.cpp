// The two files that correct the computed holidays: our own TOML, and GOV.UK's JSON.
#include <algorithm>

#include "tests/fuzz/fuzz.hpp"
#include "workflows/calendar.hpp"

using namespace assured;

namespace {

bool same(const std::vector<CalendarOverride>& a, const std::vector<CalendarOverride>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.date == y.date && x.closed == y.closed && x.title == y.title;
  });
}

// What was read can be written, and read again to the same.
void check_round(const CalendarFile& file) {
  const auto again = parse_calendar_file(to_toml(file), "again.toml");
  ASSURED_ASSERT(bool{again});
  ASSURED_ASSERT(again->nation == file.nation && again->days.size() == file.days.size());
  // Written in two groups, closed and open; each keeps its order.
  const auto grouped = [](std::vector<CalendarOverride> days) {
    std::stable_sort(days.begin(), days.end(),
                     [](const auto& x, const auto& y) { return x.date < y.date; });
    return days;
  };
  ASSURED_ASSERT(same(grouped(again->days), grouped(file.days)));
}

// Each override does what it says, and says why.
void check_days(Nation nation, const std::vector<CalendarOverride>& days) {
  const Calendar calendar{nation, days};
  for (const CalendarOverride& day : days) {
    ASSURED_ASSERT(!day.title.empty());
    if (day.closed) ASSURED_ASSERT(!calendar.is_working_day(day.date));
    ASSURED_ASSERT(calendar.next_working_day_on_or_after(day.date) >= day.date);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto file = parse_calendar_file(text, "days.toml")) {
    check_round(*file);
    check_days(file->nation, file->days);
  } else {
    fuzz::check_error(file.error(), true);
  }
  if (const auto days = parse_calendar_overrides(text, "days.toml"))
    check_days(Nation::scotland, *days);
  else
    fuzz::check_error(days.error(), true);
  for (const Nation nation :
       {Nation::england_and_wales, Nation::scotland, Nation::northern_ireland}) {
    const auto days = overrides_from_gov_uk_json(text, nation);
    if (!days) {
      fuzz::check_error(days.error());
      continue;
    }
    check_round({nation, *days});
    check_days(nation, *days);
  }
  return 0;
}
