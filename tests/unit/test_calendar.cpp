#include "tests/support/catch.hpp"
#include "workflows/calendar.hpp"

using namespace assured;
using std::chrono::days;

namespace {

Date date(std::string_view text) {
  INFO(text);
  const auto day = parse_date(text);
  REQUIRE(day);
  return *day;
}

std::vector<std::string> dates_of(const std::vector<Holiday>& holidays) {
  std::vector<std::string> dates;
  for (const Holiday& holiday : holidays) dates.push_back(to_text(holiday.date));
  return dates;
}

// Each weekday of a year that a calendar closes: what rules and overrides give together.
std::vector<std::string> closed_weekdays(const Calendar& calendar, const std::string& year) {
  std::vector<std::string> dates;
  for (Date day = date(year + "-01-01"); day <= date(year + "-12-31"); day += days{1}) {
    const auto reason = calendar.closed_reason(day);
    CHECK(reason.has_value() != calendar.is_working_day(day));
    if (reason && *reason != "Saturday" && *reason != "Sunday") dates.push_back(to_text(day));
  }
  return dates;
}

std::string lines_of(const std::vector<CalendarOverride>& overrides) {
  std::string lines;
  for (const CalendarOverride& day : overrides)
    lines += to_text(day.date) + (day.closed ? " closed " : " open ") + day.title + "\n";
  return lines;
}

std::string error_of(std::string_view toml) {
  const auto read = parse_calendar_overrides(toml, "ew.toml");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::invalid);
  return read.error().message;
}

}  // namespace

TEST_CASE("bank holidays follow the rules of each nation", "[calendar]") {
  struct Case {
    Nation nation;
    int year;
    std::vector<std::string> dates;  // month and day
  };
  const auto ew = Nation::england_and_wales;
  const auto sc = Nation::scotland;
  const auto ni = Nation::northern_ireland;
  const std::vector<Case> cases{
      {ew, 2026, {"01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"}},
      {ew, 2027, {"01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"}},
      {ew, 2028, {"01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"}},
      {ew, 2029, {"01-01", "03-30", "04-02", "05-07", "05-28", "08-27", "12-25", "12-26"}},
      {ew, 2030, {"01-01", "04-19", "04-22", "05-06", "05-27", "08-26", "12-25", "12-26"}},
      // Christmas on a Sunday: Boxing Day holds the Monday, the substitute is Tuesday.
      {ew, 2033, {"01-03", "04-15", "04-18", "05-02", "05-30", "08-29", "12-26", "12-27"}},
      // Easter at its earliest and latest of the century.
      {ew, 2038, {"01-01", "04-23", "04-26", "05-03", "05-31", "08-30", "12-27", "12-28"}},
      {ew, 2008, {"01-01", "03-21", "03-24", "05-05", "05-26", "08-25", "12-25", "12-26"}},
      {sc, 2023, {"01-02", "01-03", "04-07", "05-01", "05-29", "08-07", "11-30", "12-25", "12-26"}},
      {sc, 2025, {"01-01", "01-02", "04-18", "05-05", "05-26", "08-04", "12-01", "12-25", "12-26"}},
      {sc, 2026, {"01-01", "01-02", "04-03", "05-04", "05-25", "08-03", "11-30", "12-25", "12-28"}},
      {sc, 2027, {"01-01", "01-04", "03-26", "05-03", "05-31", "08-02", "11-30", "12-27", "12-28"}},
      {sc, 2028, {"01-03", "01-04", "04-14", "05-01", "05-29", "08-07", "11-30", "12-25", "12-26"}},
      {ni,
       2026,
       {"01-01", "03-17", "04-03", "04-06", "05-04", "05-25", "07-13", "08-31", "12-25", "12-28"}},
      {ni,
       2029,
       {"01-01", "03-19", "03-30", "04-02", "05-07", "05-28", "07-12", "08-27", "12-25", "12-26"}},
  };
  for (const Case& c : cases) {
    INFO(to_text(c.nation) << " " << c.year);
    std::vector<std::string> expected;
    for (const std::string& day : c.dates) expected.push_back(std::to_string(c.year) + "-" + day);
    CHECK(dates_of(computed_holidays(c.nation, c.year)) == expected);
    CHECK(closed_weekdays(Calendar{c.nation}, std::to_string(c.year)) == expected);
  }
}

TEST_CASE("no holiday stands on a weekend or twice on one day, in any year", "[calendar]") {
  for (const Nation nation :
       {Nation::england_and_wales, Nation::scotland, Nation::northern_ireland})
    for (int year = year_min; year <= year_max; ++year) {
      const auto holidays = computed_holidays(nation, year);
      const std::size_t expected = nation == Nation::england_and_wales ? 8
                                   : nation == Nation::scotland        ? 9
                                                                       : 10;
      if (holidays.size() != expected) FAIL_CHECK(to_text(nation) << " " << year);
      for (std::size_t i = 0; i < holidays.size(); ++i) {
        const auto day = weekday_name(holidays[i].date);
        if (day == "Saturday" || day == "Sunday" ||
            (i > 0 && holidays[i - 1].date >= holidays[i].date))
          FAIL_CHECK(to_text(nation) << " " << to_text(holidays[i].date));
      }
    }
}

TEST_CASE("a closed day says why", "[calendar]") {
  struct Case {
    Nation nation;
    std::string_view day;
    std::string_view reason;  // empty: a working day
  };
  const auto ew = Nation::england_and_wales;
  const auto sc = Nation::scotland;
  const auto ni = Nation::northern_ireland;
  const auto c = GENERATE_COPY(values<Case>({
      {ew, "2026-11-20", ""},
      {ew, "2026-11-21", "Saturday"},
      {ew, "2026-11-22", "Sunday"},
      {ew, "2026-04-03", "Good Friday"},
      {ew, "2026-04-06", "Easter Monday"},
      {sc, "2026-04-06", ""},
      {ew, "2026-05-04", "Early May bank holiday"},
      {ew, "2026-05-25", "Spring bank holiday"},
      {ew, "2026-08-31", "Summer bank holiday"},
      {sc, "2026-08-31", ""},
      {sc, "2026-08-03", "Summer bank holiday"},
      {ew, "2026-12-25", "Christmas Day"},
      {ew, "2026-12-26", "Saturday"},
      {ew, "2026-12-28", "Boxing Day (substitute)"},
      {ew, "2027-12-27", "Christmas Day (substitute)"},
      {ew, "2028-01-03", "New Year's Day (substitute)"},
      {sc, "2027-01-04", "2nd January (substitute)"},
      {sc, "2026-11-30", "St Andrew's Day"},
      {ew, "2026-11-30", ""},
      {ni, "2026-03-17", "St Patrick's Day"},
      {ew, "2026-03-17", ""},
      {ni, "2026-07-13", "Battle of the Boyne (Orangemen's Day) (substitute)"},
      {sc, "2026-06-15", ""},  // a one-off, so known only to an override
  }));
  INFO(to_text(c.nation) << " " << c.day);
  CHECK(Calendar{c.nation}.closed_reason(date(c.day)).value_or("") == c.reason);
}

TEST_CASE("working days are counted past weekends and holidays, both ways", "[calendar]") {
  struct Case {
    Nation nation;
    std::string_view from;
    int n;
    std::string_view to;
  };
  const auto ew = Nation::england_and_wales;
  const auto sc = Nation::scotland;
  const auto ni = Nation::northern_ireland;
  const auto c = GENERATE_COPY(values<Case>({
      {ew, "2026-12-23", 5, "2027-01-04"},
      {ew, "2026-12-24", 1, "2026-12-29"},
      {ew, "2027-03-24", 5, "2027-04-02"},
      {ew, "2027-04-29", 10, "2027-05-14"},
      {ew, "2027-08-27", 2, "2027-09-01"},
      {ew, "2026-11-23", 20, "2026-12-21"},
      {ew, "2026-12-30", 5, "2027-01-07"},
      {sc, "2026-12-30", 5, "2027-01-08"},
      {ni, "2026-12-30", 5, "2027-01-07"},
      {ni, "2026-07-10", 1, "2026-07-14"},
      {ew, "2026-07-10", 1, "2026-07-13"},
      {ni, "2026-03-16", 1, "2026-03-18"},
      {sc, "2026-04-02", 1, "2026-04-06"},
      {ew, "2026-04-02", 1, "2026-04-07"},
      {ew, "2026-12-29", -1, "2026-12-24"},
      {ew, "2026-12-21", -20, "2026-11-23"},
      {ew, "2027-01-04", -5, "2026-12-23"},
      {sc, "2027-01-08", -5, "2026-12-30"},
      {ew, "2026-11-21", 1, "2026-11-23"},  // from a Saturday
      {ew, "2026-11-21", -1, "2026-11-20"},
      {ew, "2026-11-21", 0, "2026-11-21"},  // even a closed day stays
      {ew, "2026-11-23", 260, "2027-12-02"},
  }));
  INFO(to_text(c.nation) << " " << c.from << " " << c.n);
  const Calendar calendar{c.nation};
  CHECK(to_text(calendar.add_working_days(date(c.from), c.n)) == c.to);
}

TEST_CASE("the nearest working day is found on either side", "[calendar]") {
  const Calendar calendar{Nation::england_and_wales};
  CHECK(calendar.next_working_day_on_or_after(date("2026-12-25")) == date("2026-12-29"));
  CHECK(calendar.previous_working_day_on_or_before(date("2026-12-28")) == date("2026-12-24"));
  CHECK(calendar.next_working_day_on_or_after(date("2026-12-24")) == date("2026-12-24"));
  CHECK(calendar.previous_working_day_on_or_before(date("2026-12-24")) == date("2026-12-24"));
}

TEST_CASE("the one-offs that broke every formula come from overrides", "[calendar]") {
  const auto overrides = parse_calendar_overrides(R"(
[[open]]
date = 2012-05-28
title = "Spring bank holiday moved to 4 June"
[[closed]]
date = 2012-06-04
title = "Spring bank holiday"
[[closed]]
date = 2012-06-05
title = "Diamond Jubilee"

[[open]]
date = 2020-05-04
title = "Early May bank holiday moved to 8 May"
[[closed]]
date = 2020-05-08
title = "VE Day"

[[open]]
date = 2022-05-30
title = "Spring bank holiday moved to 2 June"
[[closed]]
date = 2022-06-02
title = "Spring bank holiday"
[[closed]]
date = 2022-06-03
title = "Platinum Jubilee"
[[closed]]
date = "2022-09-19"
title = "State Funeral of Queen Elizabeth II"

[[closed]]
date = 2023-05-08
title = "Coronation of King Charles III"
)",
                                                  "one-offs.toml");
  REQUIRE(overrides);
  const Calendar calendar{Nation::england_and_wales, *overrides};
  using Dates = std::vector<std::string>;
  CHECK(closed_weekdays(calendar, "2012") == Dates{"2012-01-02", "2012-04-06", "2012-04-09",
                                                   "2012-05-07", "2012-06-04", "2012-06-05",
                                                   "2012-08-27", "2012-12-25", "2012-12-26"});
  CHECK(closed_weekdays(calendar, "2020") == Dates{"2020-01-01", "2020-04-10", "2020-04-13",
                                                   "2020-05-08", "2020-05-25", "2020-08-31",
                                                   "2020-12-25", "2020-12-28"});
  CHECK(closed_weekdays(calendar, "2022") ==
        Dates{"2022-01-03", "2022-04-15", "2022-04-18", "2022-05-02", "2022-06-02", "2022-06-03",
              "2022-08-29", "2022-09-19", "2022-12-26", "2022-12-27"});
  CHECK(calendar.is_working_day(date("2022-05-30")));
  CHECK(calendar.closed_reason(date("2022-09-19")) == "State Funeral of Queen Elizabeth II");
  CHECK(calendar.closed_reason(date("2023-05-08")) == "Coronation of King Charles III");
  CHECK(to_text(calendar.add_working_days(date("2022-06-01"), 1)) == "2022-06-06");
  CHECK(to_text(calendar.add_working_days(date("2022-09-20"), -1)) == "2022-09-16");
}

TEST_CASE("an override may open a Saturday, and close years without hanging a count",
          "[calendar]") {
  std::vector<CalendarOverride> overrides{{date("2026-11-21"), false, "Stocktaking"}};
  for (Date day = date("2030-01-01"); day < date("2060-01-01"); day += days{1})
    overrides.push_back({day, true, "Closed"});
  const Calendar calendar{Nation::england_and_wales, overrides};
  CHECK(to_text(calendar.add_working_days(date("2026-11-20"), 1)) == "2026-11-21");
  CHECK(to_text(calendar.add_working_days(date("2029-12-31"), 1)) == "2060-01-02");
  CHECK(to_text(calendar.add_working_days(date("2060-01-02"), -1)) == "2029-12-31");
  // The longest count there is, one way and back.
  const Calendar plain{Nation::scotland};
  const Date far = plain.add_working_days(date("2026-11-20"), working_days_max);
  CHECK(plain.add_working_days(far, -working_days_max) == date("2026-11-20"));
}

TEST_CASE("a nation is read from the name that programmes and GOV.UK use", "[calendar]") {
  for (const char* name : {"england-and-wales", "scotland", "northern-ireland"}) {
    const auto nation = nation_from_text(name);
    REQUIRE(nation);
    CHECK(to_text(*nation) == name);
  }
  for (const char* name : {"", "wales", "England-and-Wales", "england_and_wales"})
    CHECK_FALSE(nation_from_text(name));
}

TEST_CASE("an override file is read in order of the file's tables", "[calendar]") {
  CHECK(parse_calendar_overrides("", "ew.toml")->empty());
  CHECK(parse_calendar_overrides("\xEF\xBB\xBF", "ew.toml")->empty());
  const auto read = parse_calendar_overrides(
      "\xEF\xBB\xBF# one\r\n[[closed]]\r\ndate = 2026-06-15\r\ntitle = \"World Cup\"\r\n", "sc");
  REQUIRE(read);
  CHECK(lines_of(*read) == "2026-06-15 closed World Cup\n");
}

TEST_CASE("an override file reports all its mistakes at once, with lines", "[calendar]") {
  CHECK(error_of("[[shut]]\ndate = 2026-06-15\n") ==
        "ew.toml:1:3: shut: unknown key; write [[closed]] or [[open]], and below it "
        "date = 2026-06-15 and title = \"...\"");
  CHECK(error_of("[closed]\ndate = 2026-06-15\n") ==
        "ew.toml:1:2: closed: needs two brackets: [[closed]]");
  CHECK(error_of("closed = [2026-06-15]\n") ==
        "ew.toml:1:11: closed: write [[closed]] or [[open]], and below it "
        "date = 2026-06-15 and title = \"...\"");
  CHECK(error_of("[[open]]\ndate = 15\n\n"
                 "[[closed]]\ndate = \"2026-02-30\"\ntitle = \"\"\nnotes = 1\n\n"
                 "[[closed]]\ndate = 2026-06-15\ntitle = \"World Cup\"\n\n"
                 "[[open]]\ndate = 2026-06-15\ntitle = \"World Cup\"\n") ==
        "ew.toml:1:1: open.title: missing; say why the day is different, deadlines show it\n"
        "ew.toml:2:8: open.date: Write a date as 2026-11-21: year, month, day.\n"
        "ew.toml:5:8: closed.date: February 2026 has no day 30.\n"
        "ew.toml:6:9: closed.title: say in quotes why the day is different; deadlines show it\n"
        "ew.toml:7:1: closed.notes: unknown key; a row has date and title\n"
        "ew.toml:14:8: open.date: 2026-06-15 is already listed on line 10");
  CHECK(error_of("[[closed]]\ndate = 2026-02-30\n").substr(0, 10) == "ew.toml:2:");
  CHECK(error_of("[[closed]]\ntitle = \"a\"\ntitle = \"b\"\n").substr(0, 10) == "ew.toml:3:");
}

TEST_CASE("a calendar file says whose days it lists", "[calendar]") {
  const auto file = parse_calendar_file(
      "nation = \"scotland\"\n[[closed]]\ndate = 2026-06-15\ntitle = \"World Cup\"\n", "sc.toml");
  REQUIRE(file);
  CHECK(file->nation == Nation::scotland);
  CHECK(lines_of(file->days) == "2026-06-15 closed World Cup\n");
  const auto error = [](std::string_view toml) {
    const auto read = parse_calendar_file(toml, "sc.toml");
    return read ? std::string{} : read.error().message;
  };
  CHECK(error("[[open]]\ndate = 2026-06-15\ntitle = \"x\"\n") ==
        "sc.toml:1:1: nation: missing; write england-and-wales, scotland or northern-ireland");
  CHECK(error("nation = \"wales\"\n") ==
        "sc.toml:1:10: nation: there is no such nation; write england-and-wales, scotland or "
        "northern-ireland");
  // A list of one board's own days has no nation.
  CHECK(error_of("nation = \"scotland\"\n").substr(0, 10) == "ew.toml:1:");
}

TEST_CASE("a calendar file that is written reads back", "[calendar]") {
  const CalendarFile file{Nation::northern_ireland,
                          {{date("2026-03-18"), true, "A \"day\" \\ of\n two lines"},
                           {date("2026-07-13"), false, "Open"}}};
  const auto read = parse_calendar_file(to_toml(file), "ni.toml");
  REQUIRE(read);
  CHECK(read->nation == Nation::northern_ireland);
  CHECK(lines_of(read->days) == lines_of(file.days));
  CHECK(to_toml(*read) == to_toml(file));
}

TEST_CASE("GOV.UK's list gives only what differs from the rules", "[calendar]") {
  constexpr std::string_view json = R"({
  "england-and-wales": {"division": "england-and-wales", "events": [
    {"title": "New Year’s Day", "date": "2022-01-03", "notes": "Substitute day", "bunting": true},
    {"title": "Good Friday", "date": "2022-04-15", "notes": "", "bunting": false},
    {"title": "Easter Monday", "date": "2022-04-18", "notes": "", "bunting": true},
    {"title": "Early May bank holiday", "date": "2022-05-02", "notes": "", "bunting": true},
    {"title": "Spring bank holiday", "date": "2022-06-02", "notes": "", "bunting": true},
    {"title": "Platinum Jubilee bank holiday", "date": "2022-06-03", "notes": "", "bunting": true},
    {"title": "Summer bank holiday", "date": "2022-08-29", "notes": "", "bunting": true},
    {"title": "Bank Holiday for the State Funeral of Queen Elizabeth II", "date": "2022-09-19",
     "notes": "", "bunting": false},
    {"title": "Boxing Day", "date": "2022-12-26", "notes": "", "bunting": true},
    {"title": "Christmas Day", "date": "2022-12-27", "notes": "Substitute day", "bunting": true}
  ]},
  "scotland": {"division": "scotland", "events": []},
  "northern-ireland": {"division": "northern-ireland", "events": [
    {"title": "St Patrick’s Day", "date": "2026-03-17"}]}
})";
  const auto different = overrides_from_gov_uk_json(json, Nation::england_and_wales);
  REQUIRE(different);
  CHECK(lines_of(*different) ==
        "2022-05-30 open Spring bank holiday\n"
        "2022-06-02 closed Spring bank holiday\n"
        "2022-06-03 closed Platinum Jubilee bank holiday\n"
        "2022-09-19 closed Bank Holiday for the State Funeral of Queen Elizabeth II\n");
  const Calendar calendar{Nation::england_and_wales, *different};
  CHECK(closed_weekdays(calendar, "2022").size() == 10);
  CHECK(closed_weekdays(calendar, "2023").size() == 8);  // not listed, so by rule

  CHECK(overrides_from_gov_uk_json(json, Nation::scotland)->empty());
  // A year listed with one day only has lost the other nine, and says so.
  CHECK(overrides_from_gov_uk_json(json, Nation::northern_ireland)->size() == 9);
}

TEST_CASE("a file that is not GOV.UK's is refused", "[calendar]") {
  struct Case {
    std::string_view json;
    std::string_view error;
  };
  const auto c = GENERATE(values<Case>({
      {"", "it is not JSON"},
      {"{", "it is not JSON"},
      {"[]", "it has no division scotland"},
      {R"({"england-and-wales": {"events": []}})", "it has no division scotland"},
      {R"({"scotland": []})", "it has no division scotland"},
      {R"({"scotland": {}})", "scotland has no list of events"},
      {R"({"scotland": {"events": {}}})", "scotland has no list of events"},
      {R"({"scotland": {"events": [1]}})", "event 1 of scotland needs a date and a title"},
      {R"({"scotland": {"events": [{"title": "x", "date": 20260101}]}})",
       "event 1 of scotland needs a date and a title"},
      {R"({"scotland": {"events": [{"title": "x", "date": "2026-01-01"},
                                   {"title": "x", "date": "2026-02-30"}]}})",
       "event 2 of scotland has no valid date"},
  }));
  INFO(c.json);
  const auto read = overrides_from_gov_uk_json(c.json, Nation::scotland);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::invalid);
  CHECK(read.error().message ==
        "This is not GOV.UK's bank-holidays.json: " + std::string(c.error) + ".");
}
