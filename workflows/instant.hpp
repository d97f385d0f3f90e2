// Instants, civil dates and the ports through which the domain learns of zones and of the time.
//
// An Instant is UTC in milliseconds (how it is stored). A LocalTime is what a wall clock in the
// board's zone shows. Nothing outside daemon/ asks the system for either (DESIGN.md 6).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "workflows/result.hpp"

namespace assured {

using Millis = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Millis>;
using LocalTime = std::chrono::local_time<Millis>;
using Date = std::chrono::local_days;    // a civil date in the board's zone
using TimeOfDay = std::chrono::minutes;  // since midnight, 0 to 1439

// The years that may be written. A year outside is a slip of the keyboard (0206, 20226), and within
// them every text has four digits, also after the longest span is added.
constexpr int year_min = 1900;
constexpr int year_max = 2199;

inline std::int64_t to_ms(Instant at) { return at.time_since_epoch().count(); }
inline Instant from_ms(std::int64_t ms) { return Instant{Millis{ms}}; }

// One zone's rules. S4.3: a missing local hour resolves to the first instant after the gap, a
// repeated one to its first occurrence.
class Zone {
 public:
  virtual ~Zone() = default;
  virtual std::string_view name() const = 0;
  virtual LocalTime to_local(Instant at) const = 0;
  virtual Instant to_instant(LocalTime local) const = 0;
};

class Zones {
 public:
  virtual ~Zones() = default;
  // Errors: invalid (no such zone on this machine).
  virtual Result<std::shared_ptr<const Zone>> find_zone(std::string_view name) const = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// "2026-11-21T09:57:33Z", with ".250" where the milliseconds are not zero.
std::string to_text(Instant at);
// "2026-11-21".
std::string to_text(Date date);
// "09:30".
std::string to_text(TimeOfDay time);

// The readers below take the whole text or refuse; a refusal never repeats the text, which may be
// the value of a field.

// Reads "2026-11-21T09:57:33Z" (seconds and milliseconds optional). Errors: invalid.
Result<Instant> parse_instant(std::string_view text);
// Reads "2026-11-21"; refuses dates that do not exist. Errors: invalid.
Result<Date> parse_date(std::string_view text);
// Reads "09:30". Errors: invalid.
Result<TimeOfDay> parse_time_of_day(std::string_view text);
// Reads "2026-11-21 09:30" (or with a "T" between), a wall-clock time. Errors: invalid.
Result<LocalTime> parse_local_time(std::string_view text);

// "Monday".
std::string_view weekday_name(Date date);
// "Monday 21 December 2026", for mail.
std::string to_long_text(Date date);

}  // namespace assured
