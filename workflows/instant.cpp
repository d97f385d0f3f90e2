#include "workflows/instant.hpp"

#include <fmt/format.h>

#include <array>

namespace assured {

namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::hh_mm_ss;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array month_names{"January",   "February", "March",    "April",
                                 "May",       "June",     "July",     "August",
                                 "September", "October",  "November", "December"};
constexpr std::array weekday_names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

constexpr std::string_view date_shape = "Write a date as 2026-11-21: year, month, day.";
constexpr std::string_view time_shape = "Write a time of day as 09:30, from 00:00 to 23:59.";
constexpr std::string_view local_shape = "Write a date and time as 2026-11-21 09:30.";
constexpr std::string_view instant_shape = "Write an instant in UTC as 2026-11-21T09:57:33Z.";

Error invalid(std::string_view message) { return Error{Errc::invalid, std::string(message)}; }

// Takes fixed pieces off the front of a text. Only ASCII digits count; no signs, no spaces.
struct Reader {
  std::string_view rest;

  std::optional<int> take_digits(std::size_t count) {
    if (rest.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest.remove_prefix(count);
    return value;
  }
  bool skip(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool at_digit() const { return !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; }
};

// The messages do not repeat the text: it may be the value of a field (Error::message).
Result<year_month_day> take_date(Reader& reader, std::string_view shape) {
  const auto y = reader.take_digits(4);
  const bool dash1 = y && reader.skip('-');
  const auto m = dash1 ? reader.take_digits(2) : std::nullopt;
  const bool dash2 = m && reader.skip('-');
  const auto d = dash2 ? reader.take_digits(2) : std::nullopt;
  if (!d) return invalid(shape);
  if (*y < year_min || *y > year_max)
    return invalid(fmt::format("The year must lie between {} and {}.", year_min, year_max));
  if (*m < 1 || *m > 12) return invalid(fmt::format("There is no month {}. {}", *m, shape));
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok())
    return invalid(
        fmt::format("{} {} has no day {}.", month_names[static_cast<std::size_t>(*m - 1)], *y, *d));
  return date;
}

std::optional<minutes> take_time_of_day(Reader& reader) {
  const auto h = reader.take_digits(2);
  const bool colon = h && reader.skip(':');
  const auto m = colon ? reader.take_digits(2) : std::nullopt;
  if (!m || *h > 23 || *m > 59) return std::nullopt;
  return hours{*h} + minutes{*m};
}

}  // namespace

std::string to_text(Instant at) {
  const auto midnight = std::chrono::floor<days>(at);
  const year_month_day date{midnight};
  const hh_mm_ss<Millis> time{at - midnight};
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds() != Millis{0}) text += fmt::format(".{:03}", time.subseconds().count());
  return text + "Z";
}

std::string to_text(Date date) {
  const year_month_day ymd{date};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::string to_text(TimeOfDay time) {
  return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

Result<Instant> parse_instant(std::string_view text) {
  Reader reader{text};
  const auto date = take_date(reader, instant_shape);
  if (!date) return date.error();
  const bool has_t = reader.skip('T');
  const auto time = has_t ? take_time_of_day(reader) : std::nullopt;
  if (!time) return invalid(instant_shape);
  Instant at = sys_days{*date} + *time;
  if (reader.skip(':')) {
    const auto s = reader.take_digits(2);
    if (!s || *s > 59) return invalid(instant_shape);
    at += seconds{*s};
    if (reader.skip('.')) {
      if (!reader.at_digit()) return invalid(instant_shape);
      for (Millis digit_worth{100}; reader.at_digit(); digit_worth /= 10) {
        if (digit_worth == Millis{0})
          return invalid("An instant has at most three digits after the second's point.");
        at += digit_worth * *reader.take_digits(1);
      }
    }
  }
  if (!reader.skip('Z') || !reader.rest.empty()) return invalid(instant_shape);
  return at;
}

Result<Date> parse_date(std::string_view text) {
  Reader reader{text};
  const auto date = take_date(reader, date_shape);
  if (!date) return date.error();
  if (!reader.rest.empty()) return invalid(date_shape);
  return Date{*date};
}

Result<TimeOfDay> parse_time_of_day(std::string_view text) {
  Reader reader{text};
  const auto time = take_time_of_day(reader);
  if (!time || !reader.rest.empty()) return invalid(time_shape);
  return TimeOfDay{*time};
}

Result<LocalTime> parse_local_time(std::string_view text) {
  Reader reader{text};
  const auto date = take_date(reader, local_shape);
  if (!date) return date.error();
  const bool separated = reader.skip(' ') || reader.skip('T');
  const auto time = separated ? take_time_of_day(reader) : std::nullopt;
  if (!time || !reader.rest.empty()) return invalid(local_shape);
  return LocalTime{Date{*date} + *time};
}

std::string_view weekday_name(Date date) {
  return weekday_names[std::chrono::weekday{date}.c_encoding()];
}

std::string to_long_text(Date date) {
  const year_month_day ymd{date};
  return fmt::format("{} {} {} {}", weekday_name(date), static_cast<unsigned>(ymd.day()),
                     month_names[static_cast<unsigned>(ymd.month()) - 1],
                     static_cast<int>(ymd.year()));
}

}  // namespace assured
