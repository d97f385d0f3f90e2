#include "daemon/system_zones.hpp"
#include "tests/support/catch.hpp"
#include "workflows/deadline.hpp"

using namespace assured;
using namespace std::chrono_literals;

namespace {

Instant at(std::string_view text) {
  INFO(text);
  const auto instant = parse_instant(text);
  REQUIRE(instant);
  return *instant;
}

Date date(std::string_view text) {
  INFO(text);
  const auto day = parse_date(text);
  REQUIRE(day);
  return *day;
}

Span span(std::string_view text) {
  INFO(text);
  const auto read = parse_span(text, true);
  REQUIRE(read);
  return *read;
}

// A board in London: closes at 17:00, mails from 08:00 to 18:00, mornings at 09:00.
struct Board {
  explicit Board(Nation nation = Nation::england_and_wales,
                 std::vector<CalendarOverride> overrides = {})
      : calendar(nation, std::move(overrides)) {
    auto found = SystemZones{}.find_zone("Europe/London");
    REQUIRE(found);
    zone = *found;
    rules = TimeRules{.zone = zone.get(),
                      .calendar = &calendar,
                      .close_of_day = 17h,
                      .morning = 9h,
                      .window_from = 8h,
                      .window_to = 18h,
                      .office_from = 9h,
                      .office_to = 17h};
  }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  std::shared_ptr<const Zone> zone;
  Calendar calendar;
  TimeRules rules;
};

std::string lines_of(const DueResult& due) {
  std::string lines;
  for (const WorkingLine& line : due.working)
    lines += to_text(line.date) + " " + std::to_string(line.counted) + " " + line.reason + "\n";
  return lines;
}

}  // namespace

TEST_CASE("a span is read with its unit and written back", "[span]") {
  struct Case {
    std::string_view text;
    Span span;
  };
  const auto c = GENERATE(values<Case>({
      {"30min", {30, Unit::minutes}},
      {"4h", {4, Unit::hours}},
      {"2wd", {2, Unit::working_days}},
      {"10d", {10, Unit::days}},
      {"2w", {2, Unit::weeks}},
      {"6mo", {6, Unit::months}},
      {"1y", {1, Unit::years}},
      {"0h", {0, Unit::hours}},
      {"0d", {0, Unit::days}},
      {"100y", {100, Unit::years}},
      {"26100wd", {26'100, Unit::working_days}},
  }));
  INFO(c.text);
  const auto read = parse_span(c.text);
  REQUIRE(read);
  CHECK(*read == c.span);
  CHECK(to_text(*read) == c.text);
}

TEST_CASE("a rung's span may carry a sign", "[span]") {
  CHECK(span("-5wd") == Span{-5, Unit::working_days});
  CHECK(span("+1wd") == Span{1, Unit::working_days});
  CHECK(span("-0d") == Span{0, Unit::days});
  CHECK(to_text(span("-5wd")) == "-5wd");
  CHECK(parse_span("-5wd").error().message ==
        "\"-5wd\" is not a length of time. No sign may stand before the number here. The units are "
        "30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.");
}

TEST_CASE("a span that is not one says what was probably meant", "[span]") {
  struct Case {
    std::string_view text;
    std::string_view hint;
  };
  const auto c = GENERATE(values<Case>({
      {"1day", "Write 1d (calendar days) or 1wd (working days). "},
      {"10 days", "Write 10d (calendar days) or 10wd (working days). "},
      {"-3days", "Write -3d (calendar days) or -3wd (working days). "},
      {"5 working days", "Write 5wd (working days). "},
      {"5 Working-Days", "Write 5wd (working days). "},
      {"2WD", "Write 2wd. "},
      {"2 wd", "Write 2wd. "},
      {"3m", "Write 3min (minutes) or 3mo (months). "},
      {"24hrs", "Write 24h (hours). "},
      {"90minutes", "Write 90min (minutes). "},
      {"2weeks", "Write 2w (weeks). "},
      {"6months", "Write 6mo (months). "},
      {"1year", "Write 1y (years). "},
      {"1.5h", "Write whole numbers: 90min for 1.5h. "},
      {"10", "A number needs its unit: 10d or 10wd? "},
      {"30s", ""},
      {"5d5h", ""},
      {"d", "It begins with a whole number. "},
      {"", "It begins with a whole number. "},
      {"--5d", "It begins with a whole number. "},
      {" 5d", "It begins with a whole number. "},
  }));
  INFO(c.text);
  const auto read = parse_span(c.text, true);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::invalid);
  CHECK(read.error().message ==
        "\"" + std::string(c.text) + "\" is not a length of time. " + std::string(c.hint) +
            "The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.");
}

TEST_CASE("a span has a longest length", "[span]") {
  CHECK(parse_span("101y").error().message == "\"101y\" is too long: at most 100y (100 years).");
  CHECK(parse_span("26101wd").error().message ==
        "\"26101wd\" is too long: at most 26100wd (100 years).");
  for (const char* text : {"1201mo", "99999999999999999999min", "4294967297h", "36601d", "5301w"}) {
    INFO(text);
    CHECK_FALSE(parse_span(text));
  }
  CHECK(parse_span(std::string(5000, '1') + "dd").error().message ==
        "The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.");
}

TEST_CASE("a date moves by calendar units with the month's end kept", "[deadline]") {
  struct Case {
    std::string_view from;
    std::string_view by;
    std::string_view to;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-01-31", "1mo", "2026-02-28"},  {"2028-01-31", "1mo", "2028-02-29"},
      {"2026-01-31", "2mo", "2026-03-31"},  {"2026-05-31", "1mo", "2026-06-30"},
      {"2026-08-31", "6mo", "2027-02-28"},  {"2026-12-31", "1mo", "2027-01-31"},
      {"2026-12-31", "2mo", "2027-02-28"},  {"2027-08-31", "6mo", "2028-02-29"},
      {"2028-02-29", "1y", "2029-02-28"},   {"2028-02-29", "4y", "2032-02-29"},
      {"2028-02-29", "12mo", "2029-02-28"}, {"2028-02-28", "1d", "2028-02-29"},
      {"2026-02-28", "1d", "2026-03-01"},   {"2028-02-29", "-12mo", "2027-02-28"},
      {"2026-03-31", "-1mo", "2026-02-28"}, {"2026-01-31", "-2mo", "2025-11-30"},
      {"2026-12-28", "1w", "2027-01-04"},   {"2026-01-05", "-10d", "2025-12-26"},
      {"2026-12-24", "1wd", "2026-12-29"},  {"2026-12-29", "-1wd", "2026-12-24"},
      {"2026-12-26", "0wd", "2026-12-26"},  {"2096-02-29", "4y", "2100-02-28"},
  }));
  INFO(c.from << " " << c.by);
  const Calendar calendar{Nation::england_and_wales};
  CHECK(to_text(shift_date(date(c.from), span(c.by), calendar)) == c.to);
}

TEST_CASE("S4.1: a due instant follows from anchor and span", "[deadline]") {
  struct Case {
    std::string_view anchor;
    std::string_view after;
    std::string_view due;
  };
  const auto c = GENERATE(values<Case>({
      // Elapsed time runs from the anchor instant, through nights, weekends and holidays.
      {"2026-12-24T16:50:00Z", "30min", "2026-12-24T17:20:00Z"},
      {"2026-12-24T16:50:00Z", "48h", "2026-12-26T16:50:00Z"},
      {"2026-11-23T10:00:00.250Z", "4h", "2026-11-23T14:00:00.250Z"},
      {"2026-11-23T10:00:00Z", "0h", "2026-11-23T10:00:00Z"},
      // ... on a day of 23 and one of 25 hours too: 12:00 GMT to 13:00 BST, 13:00 BST to 12:00 GMT.
      {"2026-03-28T12:00:00Z", "24h", "2026-03-29T12:00:00Z"},
      {"2026-10-24T12:00:00Z", "24h", "2026-10-25T12:00:00Z"},
      {"2027-03-27T12:00:00Z", "24h", "2027-03-28T12:00:00Z"},
      {"2027-10-30T12:00:00Z", "24h", "2027-10-31T12:00:00Z"},
      // Working days: the day after the anchor is day one, due at close of day.
      {"2026-11-23T10:00:00Z", "20wd", "2026-12-21T17:00:00Z"},
      {"2026-12-23T10:00:00Z", "5wd", "2027-01-04T17:00:00Z"},
      {"2026-12-24T10:00:00Z", "1wd", "2026-12-29T17:00:00Z"},
      {"2027-03-24T10:00:00Z", "5wd", "2027-04-02T16:00:00Z"},
      {"2027-04-29T10:00:00Z", "10wd", "2027-05-14T16:00:00Z"},
      {"2027-08-27T10:00:00Z", "2wd", "2027-09-01T16:00:00Z"},
      {"2027-03-25T12:00:00Z", "2wd", "2027-03-31T16:00:00Z"},  // over Easter and the clocks
      {"2026-10-23T09:00:00Z", "1wd", "2026-10-26T17:00:00Z"},
      // An anchor at close still counts; one after it counts from the next working day.
      {"2026-11-23T17:00:00Z", "1wd", "2026-11-24T17:00:00Z"},
      {"2026-11-23T17:00:00.001Z", "1wd", "2026-11-25T17:00:00Z"},
      {"2026-07-01T16:00:00Z", "1wd", "2026-07-02T16:00:00Z"},
      {"2026-07-01T16:00:01Z", "1wd", "2026-07-03T16:00:00Z"},
      {"2026-12-24T18:00:00Z", "1wd", "2026-12-30T17:00:00Z"},
      {"2026-11-28T10:00:00Z", "1wd", "2026-12-01T17:00:00Z"},  // a Saturday
      {"2027-03-26T12:00:00Z", "1wd", "2027-03-31T16:00:00Z"},  // Good Friday
      {"2026-11-23T10:00:00Z", "0wd", "2026-11-23T17:00:00Z"},
      {"2026-11-28T10:00:00Z", "0wd", "2026-11-30T17:00:00Z"},
      // Calendar time counts on the anchor's local date, at any hour, and may end on a closed day.
      {"2026-11-18T10:00:00Z", "10d", "2026-11-28T17:00:00Z"},
      {"2026-11-18T23:00:00Z", "10d", "2026-11-28T17:00:00Z"},
      {"2026-07-01T23:30:00Z", "1d", "2026-07-03T16:00:00Z"},  // 00:30 on 2 July in London
      {"2026-03-28T12:00:00Z", "1d", "2026-03-29T16:00:00Z"},
      {"2026-10-24T12:00:00Z", "1d", "2026-10-25T17:00:00Z"},
      {"2026-11-23T10:00:00Z", "0d", "2026-11-23T17:00:00Z"},
      {"2026-10-31T10:00:00Z", "2w", "2026-11-14T17:00:00Z"},
      {"2026-01-31T10:00:00Z", "1mo", "2026-02-28T17:00:00Z"},
      {"2028-01-31T10:00:00Z", "1mo", "2028-02-29T17:00:00Z"},
      {"2026-11-30T10:00:00Z", "6mo", "2027-05-30T16:00:00Z"},
      {"2026-08-31T10:00:00Z", "6mo", "2027-02-28T17:00:00Z"},
      {"2028-02-29T10:00:00Z", "1y", "2029-02-28T17:00:00Z"},
      {"2040-07-02T10:00:00Z", "1d", "2040-07-03T16:00:00Z"},
  }));
  INFO(c.anchor << " " << c.after);
  const Board board;
  const DueResult due = due_after(at(c.anchor), span(c.after), board.rules);
  CHECK(to_text(due.due_at) == c.due);
  REQUIRE_FALSE(due.working.empty());
  CHECK(due.working.back().reason == "due");
  CHECK(due.working.back().date == local_date(due.due_at, *board.zone));
}

TEST_CASE("S4.1: with day zero the anchor's own day is the first", "[deadline]") {
  struct Case {
    std::string_view anchor;
    std::string_view after;
    std::string_view due;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-11-23T10:00:00Z", "1wd", "2026-11-23T17:00:00Z"},
      {"2026-11-23T10:00:00Z", "5wd", "2026-11-27T17:00:00Z"},
      {"2026-11-23T17:30:00Z", "1wd", "2026-11-24T17:00:00Z"},
      {"2026-11-28T10:00:00Z", "1wd", "2026-11-30T17:00:00Z"},
      {"2026-11-28T10:00:00Z", "2wd", "2026-12-01T17:00:00Z"},
      {"2026-11-23T10:00:00Z", "0wd", "2026-11-23T17:00:00Z"},
      {"2026-11-18T10:00:00Z", "10d", "2026-11-28T17:00:00Z"},  // said of working days only
  }));
  INFO(c.anchor << " " << c.after);
  Board board;
  board.rules.day_zero = true;
  CHECK(to_text(due_after(at(c.anchor), span(c.after), board.rules).due_at) == c.due);
}

TEST_CASE("each nation counts its own working days", "[deadline]") {
  const Instant anchor = at("2026-12-30T10:00:00Z");
  const Board ew, sc{Nation::scotland}, ni{Nation::northern_ireland};
  CHECK(to_text(due_after(anchor, span("5wd"), ew.rules).due_at) == "2027-01-07T17:00:00Z");
  CHECK(to_text(due_after(anchor, span("5wd"), sc.rules).due_at) == "2027-01-08T17:00:00Z");
  CHECK(to_text(due_after(anchor, span("5wd"), ni.rules).due_at) == "2027-01-07T17:00:00Z");
}

TEST_CASE("S4.1: hours depend on whether the office was open at the anchor", "[deadline]") {
  struct Case {
    std::string_view anchor;
    std::string_view due;
    std::string_view began;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-11-23T09:00:00Z", "2026-11-23T11:00:00Z", "began in office hours"},
      {"2026-11-23T08:59:59Z", "2026-11-23T12:59:59Z", "began outside office hours"},
      {"2026-11-23T16:59:59Z", "2026-11-23T18:59:59Z", "began in office hours"},
      {"2026-11-23T17:00:00Z", "2026-11-23T21:00:00Z", "began outside office hours"},
      {"2026-11-28T10:00:00Z", "2026-11-28T14:00:00Z", "began outside office hours"},
      {"2026-12-28T10:00:00Z", "2026-12-28T14:00:00Z", "began outside office hours"},
      {"2026-07-01T08:00:00Z", "2026-07-01T10:00:00Z", "began in office hours"},
      {"2026-07-01T16:00:00Z", "2026-07-01T20:00:00Z", "began outside office hours"},
  }));
  INFO(c.anchor);
  const Board board;
  const DueResult due = due_in_hours(at(c.anchor), span("2h"), span("4h"), board.rules);
  CHECK(to_text(due.due_at) == c.due);
  CHECK(due.working.front().reason == c.began);
  CHECK(due.working.back().reason == "due");
}

TEST_CASE("a date field is due at close of its day, closed or not", "[deadline]") {
  const Board board;
  CHECK(to_text(due_on(date("2026-12-21"), board.rules)) == "2026-12-21T17:00:00Z");
  CHECK(to_text(due_on(date("2026-07-04"), board.rules)) == "2026-07-04T16:00:00Z");
  CHECK(to_text(due_on(date("2026-10-25"), board.rules)) == "2026-10-25T17:00:00Z");
}

TEST_CASE("S7.2: a meeting's own start, or a span before it", "[deadline]") {
  struct Case {
    std::string_view start;
    std::string_view offset;
    std::string_view due;
  };
  const auto c = GENERATE(values<Case>({
      {"2027-01-20T14:00:00Z", "0d", "2027-01-20T14:00:00Z"},
      {"2027-01-20T14:00:00Z", "0wd", "2027-01-20T14:00:00Z"},
      {"2027-01-20T14:00:00Z", "-5wd", "2027-01-13T17:00:00Z"},
      {"2027-01-20T14:00:00Z", "-10wd", "2027-01-06T17:00:00Z"},
      {"2027-01-20T14:00:00Z", "-15wd", "2026-12-29T17:00:00Z"},
      {"2027-01-20T14:00:00Z", "-2w", "2027-01-06T17:00:00Z"},
      {"2027-01-20T14:00:00Z", "-3d", "2027-01-17T17:00:00Z"},
      {"2027-01-20T14:00:00Z", "-2h", "2027-01-20T12:00:00Z"},
      {"2027-01-20T14:00:00Z", "+1wd", "2027-01-21T17:00:00Z"},
      {"2027-03-30T09:00:00Z", "-1wd", "2027-03-25T17:00:00Z"},  // back over Easter and the clocks
      {"2027-07-14T23:30:00Z", "-1d", "2027-07-14T16:00:00Z"},   // half past midnight on the 15th
  }));
  INFO(c.start << " " << c.offset);
  const Board board;
  CHECK(to_text(due_by_meeting(at(c.start), span(c.offset), board.rules)) == c.due);
}

TEST_CASE("S4.2: a rung fires before or after its due instant", "[deadline]") {
  struct Case {
    std::string_view due;
    std::string_view rung;
    std::string_view fires;
    std::string_view fires_in_family_a;
  };
  const auto c = GENERATE(values<Case>({
      // Monday 21 December 2026.
      {"2026-12-21T17:00:00Z", "0d", "2026-12-21T09:00:00Z", "2026-12-21T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "0h", "2026-12-21T17:00:00Z", "2026-12-21T17:00:00Z"},
      {"2026-12-21T17:00:00Z", "-4h", "2026-12-21T13:00:00Z", "2026-12-21T13:00:00Z"},
      {"2026-12-21T17:00:00Z", "30min", "2026-12-21T17:30:00Z", "2026-12-21T17:30:00Z"},
      {"2026-12-21T17:00:00Z", "-5wd", "2026-12-14T09:00:00Z", "2026-12-14T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "-20wd", "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "+1wd", "2026-12-22T09:00:00Z", "2026-12-22T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "+5wd", "2026-12-30T09:00:00Z", "2026-12-30T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "+10wd", "2027-01-07T09:00:00Z", "2027-01-07T09:00:00Z"},
      // A reminder on a closed day goes to the working day before, an escalation to the one after.
      {"2026-12-21T17:00:00Z", "-1d", "2026-12-18T09:00:00Z", "2026-12-20T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "-1mo", "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "+5d", "2026-12-29T09:00:00Z", "2026-12-26T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "+1w", "2026-12-29T09:00:00Z", "2026-12-28T09:00:00Z"},
      {"2026-12-21T17:00:00Z", "+2mo", "2027-02-22T09:00:00Z", "2027-02-21T09:00:00Z"},
      // Hours go by the clock even over Christmas.
      {"2026-12-24T17:00:00Z", "+24h", "2026-12-25T17:00:00Z", "2026-12-25T17:00:00Z"},
      // Due on a Saturday.
      {"2026-11-28T17:00:00Z", "0d", "2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z"},
      {"2026-11-28T17:00:00Z", "0wd", "2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z"},
      {"2026-11-28T17:00:00Z", "0h", "2026-11-28T17:00:00Z", "2026-11-28T17:00:00Z"},
      {"2026-11-28T17:00:00Z", "-1wd", "2026-11-27T09:00:00Z", "2026-11-27T09:00:00Z"},
      {"2026-11-28T17:00:00Z", "+1wd", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00Z"},
      // The clocks: half past midnight on Sunday 29 March 2026, and mornings around both changes.
      {"2026-03-29T00:30:00Z", "0d", "2026-03-27T09:00:00Z", "2026-03-29T08:00:00Z"},
      {"2026-03-29T00:30:00Z", "+1d", "2026-03-30T08:00:00Z", "2026-03-30T08:00:00Z"},
      {"2026-03-29T16:00:00Z", "-24h", "2026-03-28T16:00:00Z", "2026-03-28T16:00:00Z"},
      {"2026-10-26T17:00:00Z", "-1wd", "2026-10-23T08:00:00Z", "2026-10-23T08:00:00Z"},
      {"2026-10-26T17:00:00Z", "-1d", "2026-10-23T08:00:00Z", "2026-10-25T09:00:00Z"},
      {"2026-03-31T16:00:00Z", "-1mo", "2026-02-27T09:00:00Z", "2026-02-28T09:00:00Z"},
      {"2028-01-31T17:00:00Z", "+1mo", "2028-02-29T09:00:00Z", "2028-02-29T09:00:00Z"},
  }));
  INFO(c.due << " " << c.rung);
  const Board board;
  CHECK(to_text(rung_instant(at(c.due), span(c.rung), false, board.rules)) == c.fires);
  CHECK(to_text(rung_instant(at(c.due), span(c.rung), true, board.rules)) == c.fires_in_family_a);
}

TEST_CASE("a repeat fires again after its last firing", "[deadline]") {
  struct Case {
    std::string_view last;
    std::string_view every;
    std::string_view next;
    std::string_view next_in_family_a;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-12-30T09:00:00Z", "5wd", "2027-01-07T09:00:00Z", "2027-01-07T09:00:00Z"},
      {"2026-12-30T11:23:45Z", "5wd", "2027-01-07T09:00:00Z", "2027-01-07T09:00:00Z"},
      {"2026-12-21T09:00:00Z", "1w", "2026-12-29T09:00:00Z", "2026-12-28T09:00:00Z"},
      {"2026-12-24T09:00:00Z", "4h", "2026-12-24T13:00:00Z", "2026-12-24T13:00:00Z"},
      {"2026-10-24T20:00:00Z", "24h", "2026-10-25T20:00:00Z", "2026-10-25T20:00:00Z"},
      {"2027-03-26T09:00:00Z", "1d", "2027-03-30T08:00:00Z", "2027-03-27T09:00:00Z"},
  }));
  INFO(c.last << " " << c.every);
  const Board board;
  CHECK(to_text(repeat_instant(at(c.last), span(c.every), false, board.rules)) == c.next);
  CHECK(to_text(repeat_instant(at(c.last), span(c.every), true, board.rules)) ==
        c.next_in_family_a);
}

TEST_CASE("routine mail waits for the send window of a working day", "[deadline]") {
  struct Case {
    std::string_view at;
    std::string_view sent;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"},
      {"2026-11-23T12:34:56.789Z", "2026-11-23T12:34:56.789Z"},
      {"2026-11-23T17:59:59.999Z", "2026-11-23T17:59:59.999Z"},
      {"2026-11-23T18:00:00Z", "2026-11-24T08:00:00Z"},
      {"2026-11-23T07:59:59Z", "2026-11-23T08:00:00Z"},
      {"2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z"},
      {"2026-11-27T18:30:00Z", "2026-11-30T08:00:00Z"},
      {"2026-11-28T10:00:00Z", "2026-11-30T08:00:00Z"},
      {"2026-12-24T18:00:00Z", "2026-12-29T08:00:00Z"},
      {"2026-07-01T06:59:00Z", "2026-07-01T07:00:00Z"},
      {"2026-07-01T17:00:00Z", "2026-07-02T07:00:00Z"},
      {"2026-03-28T10:00:00Z", "2026-03-30T07:00:00Z"},
      {"2026-10-24T10:00:00Z", "2026-10-26T08:00:00Z"},
  }));
  INFO(c.at);
  const Board board;
  CHECK(to_text(in_send_window(at(c.at), board.rules)) == c.sent);
}

TEST_CASE("a send window in the repeated hour opens once and never sends back in time",
          "[deadline]") {
  Board board{Nation::england_and_wales, {{date("2026-10-25"), false, "Open for the night"}}};
  board.rules.window_from = 1h + 30min;
  board.rules.window_to = 3h;
  CHECK(to_text(in_send_window(at("2026-10-25T00:10:00Z"), board.rules)) == "2026-10-25T00:30:00Z");
  CHECK(to_text(in_send_window(at("2026-10-25T01:10:00Z"), board.rules)) == "2026-10-25T01:10:00Z");
}

TEST_CASE("S4.5: the working lists each day counted or skipped, and why", "[deadline]") {
  const Board board{Nation::england_and_wales, {{date("2026-12-31"), true, "Council closed"}}};

  CHECK(lines_of(due_after(at("2026-12-24T18:00:00Z"), span("2wd"), board.rules)) ==
        "2026-12-24 0 after close of day\n"
        "2026-12-25 0 Christmas Day\n"
        "2026-12-26 0 Saturday\n"
        "2026-12-27 0 Sunday\n"
        "2026-12-28 0 Boxing Day (substitute)\n"
        "2026-12-29 0 counting begins the day after\n"
        "2026-12-30 1 \n"
        "2026-12-31 0 Council closed\n"
        "2027-01-01 0 New Year's Day\n"
        "2027-01-02 0 Saturday\n"
        "2027-01-03 0 Sunday\n"
        "2027-01-04 2 due\n");
  CHECK(lines_of(due_after(at("2026-11-28T10:00:00Z"), span("1wd"), board.rules)) ==
        "2026-11-28 0 Saturday\n"
        "2026-11-29 0 Sunday\n"
        "2026-11-30 0 counting begins the day after\n"
        "2026-12-01 1 due\n");
  CHECK(lines_of(due_after(at("2026-11-27T10:00:00Z"), span("3d"), board.rules)) ==
        "2026-11-27 0 counting begins the day after\n"
        "2026-11-28 1 \n"
        "2026-11-29 2 \n"
        "2026-11-30 3 due\n");
  CHECK(
      lines_of(due_after(at("2027-12-31T10:00:00Z"), span("2mo"), board.rules)) ==
      "2027-12-31 0 counts to the same day of the month, or the last of a month too short for it\n"
      "2028-01-31 1 \n"
      "2028-02-29 2 due\n");
  CHECK(lines_of(due_after(at("2026-11-23T10:00:00Z"), span("1y"), board.rules)) ==
        "2026-11-23 0 counts to the same day of the month\n"
        "2027-11-23 1 due\n");
  CHECK(lines_of(due_after(at("2026-12-24T20:00:00Z"), span("24h"), board.rules)) ==
        "2026-12-24 0 runs by the clock, through nights and closed days\n"
        "2026-12-25 0 due\n");
  CHECK(lines_of(due_in_hours(at("2026-12-24T20:00:00Z"), span("2h"), span("4h"), board.rules)) ==
        "2026-12-24 0 began outside office hours\n"
        "2026-12-24 0 runs by the clock, through nights and closed days\n"
        "2026-12-25 0 due\n");

  Board day_zero;
  day_zero.rules.day_zero = true;
  CHECK(lines_of(due_after(at("2026-11-27T10:00:00Z"), span("2wd"), day_zero.rules)) ==
        "2026-11-27 1 \n"
        "2026-11-28 0 Saturday\n"
        "2026-11-29 0 Sunday\n"
        "2026-11-30 2 due\n");
  CHECK(lines_of(due_after(at("2026-11-27T10:00:00Z"), span("0wd"), day_zero.rules)) ==
        "2026-11-27 0 due\n");
}

TEST_CASE("counting agrees with a walk that looks at each day", "[deadline]") {
  // The slow way: step a day at a time and ask of each day only whether anybody works on it.
  const Board board{Nation::northern_ireland, {{date("2026-12-31"), true, "Council closed"}}};
  for (Date start = date("2026-12-01"); start < date("2027-04-15"); start += std::chrono::days{1})
    for (const int n : {1, 3, 10}) {
      Date forward = start, back = start;
      for (int left = n; left > 0;) left -= board.calendar.is_working_day(++forward) ? 1 : 0;
      for (int left = n; left > 0;) left -= board.calendar.is_working_day(--back) ? 1 : 0;
      const Instant due_at = due_on(start, board.rules);
      const Span after{n, Unit::working_days}, before{-n, Unit::working_days};
      const bool agrees =
          rung_instant(due_at, after, false, board.rules) == at_local(forward, 9h, *board.zone) &&
          rung_instant(due_at, before, true, board.rules) == at_local(back, 9h, *board.zone) &&
          (!board.calendar.is_working_day(start) ||
           due_after(due_at, after, board.rules).due_at == due_on(forward, board.rules));
      if (!agrees) FAIL_CHECK(to_text(start) << " " << n);
    }
}

TEST_CASE("S5.1: two instants share a date by the board's clock, not by UTC", "[deadline]") {
  const Board board;
  CHECK(same_local_date(at("2026-06-30T23:30:00Z"), at("2026-07-01T22:59:00Z"), *board.zone));
  CHECK_FALSE(same_local_date(at("2026-07-01T22:59:00Z"), at("2026-07-01T23:00:00Z"), *board.zone));
  CHECK(to_text(local_date(at("2026-06-30T23:30:00Z"), *board.zone)) == "2026-07-01");
  CHECK(to_text(local_time_of_day(at("2026-06-30T23:30:59Z"), *board.zone)) == "00:30");
  CHECK(to_text(at_local(date("2026-03-29"), 1h + 30min, *board.zone)) == "2026-03-29T01:00:00Z");
}

TEST_CASE("a due rule is shown in words", "[deadline]") {
  struct Case {
    DueRule rule;
    std::string_view text;
  };
  const auto c = GENERATE(values<Case>({
      {{.after = {20, Unit::working_days},
        .from = AnchorKind::field,
        .field = "identity_passed_at"},
       "20wd after identity_passed_at"},
      {{.after = {5, Unit::working_days}, .from = AnchorKind::now}, "5wd after the event"},
      {{.after = {6, Unit::months}, .from = AnchorKind::created}, "6mo after creation"},
      {{.after = {1, Unit::weeks}, .from = AnchorKind::entry}, "1w after entry of the state"},
      {{.after = {2, Unit::days}, .from = AnchorKind::meeting}, "2d after the meeting"},
      {{.after = {2, Unit::days}, .from = AnchorKind::parent_field, .field = "agreed_at"},
       "2d after agreed_at"},
      {{.kind = DueRule::Kind::hours, .in_hours = {2, Unit::hours}, .else_ = {4, Unit::hours}},
       "2h in office hours, else 4h, after the event"},
      {{.kind = DueRule::Kind::meeting, .body = "qa-subgroup"}, "next qa-subgroup"},
      {{.kind = DueRule::Kind::meeting, .body = "qa-subgroup", .offset = {-5, Unit::working_days}},
       "next qa-subgroup - 5wd"},
      {{.kind = DueRule::Kind::meeting, .body = "qa-subgroup", .offset = {1, Unit::days}},
       "next qa-subgroup + 1d"},
      {{.kind = DueRule::Kind::on, .field = "due"}, "on due"},
  }));
  CHECK(to_text(c.rule) == c.text);
}
