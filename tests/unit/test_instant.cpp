#include "daemon/system_clock.hpp"
#include "daemon/system_zones.hpp"
#include "tests/support/catch.hpp"
#include "workflows/instant.hpp"

using namespace assured;
using namespace std::chrono_literals;

namespace {

Instant instant(std::string_view text) {
  INFO(text);
  const auto at = parse_instant(text);
  REQUIRE(at);
  return *at;
}

LocalTime local(std::string_view text) {
  INFO(text);
  const auto at = parse_local_time(text);
  REQUIRE(at);
  return *at;
}

std::shared_ptr<const Zone> zone(std::string_view name) {
  INFO(name);
  auto found = SystemZones{}.find_zone(name);
  REQUIRE(found);
  return *found;
}

std::string local_text(const Zone& in, Instant at) {
  const LocalTime shown = in.to_local(at);
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  return to_text(Date{day}) + " " + to_text(std::chrono::floor<std::chrono::minutes>(shown - day));
}

}  // namespace

TEST_CASE("an instant is written and read back in UTC", "[instant]") {
  struct Case {
    std::string_view text;
    std::int64_t ms;
    std::string_view written;
  };
  const auto c = GENERATE(values<Case>({
      {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
      {"2026-11-21T09:57:33Z", 1795255053000, "2026-11-21T09:57:33Z"},
      {"2026-11-21T09:57:33.250Z", 1795255053250, "2026-11-21T09:57:33.250Z"},
      {"2026-11-21T09:57:33.2Z", 1795255053200, "2026-11-21T09:57:33.200Z"},
      {"2026-11-21T09:57:33.007Z", 1795255053007, "2026-11-21T09:57:33.007Z"},
      {"2026-11-21T09:57:33.000Z", 1795255053000, "2026-11-21T09:57:33Z"},
      {"2026-11-21T09:57Z", 1795255020000, "2026-11-21T09:57:00Z"},
      {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
      {"2028-02-29T23:59:59Z", 1835481599000, "2028-02-29T23:59:59Z"},
  }));
  INFO(c.text);
  const Instant at = instant(c.text);
  CHECK(to_ms(at) == c.ms);
  CHECK(from_ms(c.ms) == at);
  CHECK(to_text(at) == c.written);
}

TEST_CASE("an instant that is not one is refused", "[instant]") {
  const auto text = GENERATE(
      as<std::string>{}, "", "2026-11-21", "2026-11-21T09:57:33", "2026-11-21 09:57:33Z",
      "2026-11-21T09:57:33+00:00", "2026-11-21T09:57:33z", "2026-11-21T24:00:00Z",
      "2026-11-21T09:60Z", "2026-11-21T09:57:60Z", "2026-11-21T09:57:33.Z",
      "2026-11-21T09:57:33.1234Z", "2026-11-21T09:57:33ZZ", "2026-11-21T9:57:33Z",
      " 2026-11-21T09:57:33Z", "2026-02-29T09:57:33Z", "2026-11-21T09:57:3-Z", "0206-11-21T09:57Z");
  INFO(text);
  const auto at = parse_instant(text);
  REQUIRE_FALSE(at);
  CHECK(at.error().code == Errc::invalid);
}

TEST_CASE("a date is read whole or refused with a reason", "[instant]") {
  struct Case {
    std::string_view text;
    std::string_view error;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-11-21", ""},
      {"2028-02-29", ""},
      {"1900-01-01", ""},
      {"2199-12-31", ""},
      {"2026-02-29", "February 2026 has no day 29."},
      {"2100-02-29", "February 2100 has no day 29."},
      {"2026-11-31", "November 2026 has no day 31."},
      {"2026-11-00", "November 2026 has no day 0."},
      {"2026-13-01", "There is no month 13. Write a date as 2026-11-21: year, month, day."},
      {"2026-00-01", "There is no month 0. Write a date as 2026-11-21: year, month, day."},
      {"0206-11-21", "The year must lie between 1900 and 2199."},
      {"2200-01-01", "The year must lie between 1900 and 2199."},
      {"21/11/2026", "Write a date as 2026-11-21: year, month, day."},
      {"2026-11-21 ", "Write a date as 2026-11-21: year, month, day."},
      {"2026-1-21", "Write a date as 2026-11-21: year, month, day."},
      {"20261121", "Write a date as 2026-11-21: year, month, day."},
      {"+026-11-21", "Write a date as 2026-11-21: year, month, day."},
      {"", "Write a date as 2026-11-21: year, month, day."},
  }));
  INFO(c.text);
  const auto date = parse_date(c.text);
  REQUIRE(date.has_value() == c.error.empty());
  if (date)
    CHECK(to_text(*date) == c.text);
  else
    CHECK(date.error().message == c.error);
}

TEST_CASE("a time of day and a wall-clock time are read whole or refused", "[instant]") {
  CHECK(*parse_time_of_day("09:30") == 9h + 30min);
  CHECK(*parse_time_of_day("00:00") == 0min);
  CHECK(*parse_time_of_day("23:59") == 23h + 59min);
  CHECK(to_text(TimeOfDay{9h + 5min}) == "09:05");
  for (const char* text : {"", "9:30", "24:00", "09:60", "09:30:00", "0930", "09.30", "-9:30"}) {
    INFO(text);
    CHECK_FALSE(parse_time_of_day(text));
  }
  CHECK(local("2026-11-21 09:30") == local("2026-11-21T09:30"));
  CHECK(local("2026-11-21 09:30").time_since_epoch() ==
        instant("2026-11-21T09:30Z").time_since_epoch());
  for (const char* text : {"2026-11-21", "2026-11-21 9:30", "2026-11-21  09:30",
                           "2026-11-21 09:30Z", "2026-02-30 09:30", "2026-11-21 25:00"}) {
    INFO(text);
    CHECK_FALSE(parse_local_time(text));
  }
}

TEST_CASE("mail writes a date in words", "[instant]") {
  CHECK(to_long_text(*parse_date("2026-12-21")) == "Monday 21 December 2026");
  CHECK(to_long_text(*parse_date("2028-02-29")) == "Tuesday 29 February 2028");
  CHECK(to_long_text(*parse_date("2027-01-03")) == "Sunday 3 January 2027");
}

TEST_CASE("London's clock gives one instant for each local time, gap and fold included", "[zone]") {
  struct Case {
    std::string_view local;
    std::string_view at;
  };
  const auto c = GENERATE(values<Case>({
      {"2026-01-15 12:00", "2026-01-15T12:00:00Z"},
      {"2026-07-15 12:00", "2026-07-15T11:00:00Z"},
      // 29 March 2026: 01:00 to 01:59 do not exist; the first instant after the gap is 01:00 UTC.
      {"2026-03-29 00:59", "2026-03-29T00:59:00Z"},
      {"2026-03-29 01:00", "2026-03-29T01:00:00Z"},
      {"2026-03-29 01:30", "2026-03-29T01:00:00Z"},
      {"2026-03-29 01:59", "2026-03-29T01:00:00Z"},
      {"2026-03-29 02:00", "2026-03-29T01:00:00Z"},
      {"2026-03-29 02:01", "2026-03-29T01:01:00Z"},
      // 25 October 2026: 01:00 to 01:59 come twice; the first time is summer time.
      {"2026-10-25 00:59", "2026-10-24T23:59:00Z"},
      {"2026-10-25 01:00", "2026-10-25T00:00:00Z"},
      {"2026-10-25 01:30", "2026-10-25T00:30:00Z"},
      {"2026-10-25 01:59", "2026-10-25T00:59:00Z"},
      {"2026-10-25 02:00", "2026-10-25T02:00:00Z"},
      {"2027-03-28 01:30", "2027-03-28T01:00:00Z"},
      {"2027-10-31 01:30", "2027-10-31T00:30:00Z"},
      {"2037-07-01 12:00", "2037-07-01T11:00:00Z"},
      {"2037-12-31 23:59", "2037-12-31T23:59:00Z"},
      // Beyond the tables.
      {"2038-01-01 00:00", "2038-01-01T00:00:00Z"},
      {"2038-07-01 12:00", "2038-07-01T11:00:00Z"},
      {"2040-02-29 12:00", "2040-02-29T12:00:00Z"},
      {"2040-03-25 01:30", "2040-03-25T01:00:00Z"},
      {"2040-07-01 12:00", "2040-07-01T11:00:00Z"},
      {"2040-10-28 01:30", "2040-10-28T00:30:00Z"},
      {"2040-10-28 02:00", "2040-10-28T02:00:00Z"},
      {"2100-07-01 12:00", "2100-07-01T11:00:00Z"},
  }));
  INFO(c.local);
  CHECK(to_text(zone("Europe/London")->to_instant(local(c.local))) == c.at);
}

TEST_CASE("both hours of the fold show the same wall clock", "[zone]") {
  const auto london = zone("Europe/London");
  CHECK(local_text(*london, instant("2026-10-25T00:30:00Z")) == "2026-10-25 01:30");
  CHECK(local_text(*london, instant("2026-10-25T01:30:00Z")) == "2026-10-25 01:30");
  CHECK(local_text(*london, instant("2026-03-29T00:59:59.999Z")) == "2026-03-29 00:59");
  CHECK(local_text(*london, instant("2026-03-29T01:00:00Z")) == "2026-03-29 02:00");
  CHECK(london->to_local(instant("2026-07-01T12:00:00.123Z")) == local("2026-07-01 13:00") + 123ms);
}

TEST_CASE("London keeps its summer time on the right Sundays, tables or none", "[zone]") {
  using namespace std::chrono;
  const auto london = zone("Europe/London");
  const auto offset = [&](Instant at) {
    return london->to_local(at).time_since_epoch() - at.time_since_epoch();
  };
  for (int y = 2026; y <= year_max; ++y) {
    INFO(y);
    const Instant spring = sys_days{year{y} / March / Sunday[last]} + hours{1};
    const Instant autumn = sys_days{year{y} / October / Sunday[last]} + hours{1};
    CHECK(offset(Instant{sys_days{year{y} / January / 1}}) == 0h);
    CHECK(offset(spring - 1ms) == 0h);
    CHECK(offset(spring) == 1h);
    CHECK(offset(autumn - 1ms) == 1h);
    CHECK(offset(autumn) == 0h);
    CHECK(offset(Instant{sys_days{year{y + 1} / January / 1}} - 1ms) == 0h);
    // There and back, a day on each side, at each quarter of an hour; only the second pass through
    // the fold comes back as the first.
    for (const Instant around : {spring, autumn})
      for (Instant at = around - 24h; at < around + 24h; at += 15min) {
        const bool is_second_pass = around == autumn && at >= autumn && at < autumn + 1h;
        const Instant back = london->to_instant(london->to_local(at));
        if (back != (is_second_pass ? at - 1h : at)) FAIL_CHECK(to_text(at));
      }
  }
}

TEST_CASE("other zones keep their own rules beyond the tables", "[zone]") {
  struct Case {
    std::string_view zone;
    std::string_view at;
    std::string_view local;
  };
  const auto c = GENERATE(values<Case>({
      {"UTC", "2040-07-01T12:00:00Z", "2040-07-01 12:00"},
      {"Europe/Belfast", "2026-07-01T12:00:00Z", "2026-07-01 13:00"},
      {"Europe/Istanbul", "2040-01-15T12:00:00Z", "2040-01-15 15:00"},
      {"Europe/Istanbul", "2040-07-15T12:00:00Z", "2040-07-15 15:00"},
      {"America/New_York", "2040-07-01T12:00:00Z", "2040-07-01 08:00"},
      {"America/New_York", "2040-12-01T12:00:00Z", "2040-12-01 07:00"},
      {"Pacific/Auckland", "2039-12-31T11:30:00Z", "2040-01-01 00:30"},
      {"Pacific/Auckland", "2040-07-01T12:00:00Z", "2040-07-02 00:00"},
  }));
  INFO(c.zone << " " << c.at);
  const auto in = zone(c.zone);
  CHECK(in->name() == c.zone);
  CHECK(local_text(*in, instant(c.at)) == c.local);
  CHECK(to_text(in->to_instant(local(c.local))) == c.at);
}

TEST_CASE("a zone that the machine does not know is refused by name", "[zone]") {
  const auto name = GENERATE(as<std::string>{}, "Europe/Hackney", "", "europe/london",
                             "../../etc/passwd", "Europe/London ");
  const auto found = SystemZones{}.find_zone(name);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::invalid);
  CHECK(found.error().message ==
        "This machine knows no time zone \"" + name + "\"; the United Kingdom's is Europe/London.");
}

TEST_CASE("the system's clock counts from 1970 in UTC", "[instant]") {
  const Instant now = SystemClock{}.now();
  const auto difference = std::chrono::system_clock::now() - now;
  CHECK(difference >= 0s);
  CHECK(difference < 60s);
}
