#include "daemon/system_zones.hpp"

#include <date/tz.h>
#include <fmt/format.h>

namespace assured {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::January;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr year last_year_of_tables{2037};

// The library has its own local time beside std::chrono's; both count from 1970.
date::local_seconds library_local(LocalTime local) {
  return date::local_seconds{floor<seconds>(local.time_since_epoch())};
}

sys_days new_year(year y) { return sys_days{y / January / 1}; }

year equivalent_year(year y) {
  for (year candidate = last_year_of_tables;; --candidate)
    if (candidate.is_leap() == y.is_leap() && weekday{new_year(candidate)} == weekday{new_year(y)})
      return candidate;  // each of the 14 calendars occurs within 28 years
}

class SystemZone : public Zone {
 public:
  explicit SystemZone(const date::time_zone* zone)
      : zone_(zone), name_(zone->name()), has_rule_(changes_in_last_year(*zone)) {}

  std::string_view name() const override { return name_; }

  LocalTime to_local(Instant at) const override {
    const Instant asked = at - shift_for(year_month_day{floor<days>(at)}.year());
    const auto offset = zone_->get_info(floor<seconds>(asked)).offset;
    return LocalTime{at.time_since_epoch() + offset};
  }

  Instant to_instant(LocalTime local) const override {
    const days shift = shift_for(year_month_day{floor<days>(local)}.year());
    const date::local_info info = zone_->get_info(library_local(local - shift));
    // S4.3: a missing hour is the first instant after the gap.
    if (info.result == date::local_info::nonexistent) return info.second.begin + shift;
    // A repeated hour is its first occurrence, which is `first` here as in the unique case.
    return Instant{local.time_since_epoch() - info.first.offset};
  }

 private:
  static bool changes_in_last_year(const date::time_zone& zone) {
    const auto winter = zone.get_info(sys_days{last_year_of_tables / January / 1});
    return winter.end < sys_days{(last_year_of_tables + std::chrono::years{1}) / January / 1};
  }

  // How far back the tables are to be asked for a day of year `y`.
  days shift_for(year y) const {
    if (y <= last_year_of_tables || !has_rule_) return days{0};
    return new_year(y) - new_year(equivalent_year(y));
  }

  const date::time_zone* zone_;  // lives as long as the process
  std::string name_;
  bool has_rule_;
};

}  // namespace

Result<std::shared_ptr<const Zone>> SystemZones::find_zone(std::string_view name) const {
  try {
    static_cast<void>(date::get_tzdb());
  } catch (const std::runtime_error&) {
    return Error{Errc::invalid,
                 "This machine has no time-zone tables; install the package tzdata."};
  }
  try {
    return std::make_shared<const SystemZone>(date::locate_zone(std::string(name)));
  } catch (const std::runtime_error&) {
    return Error{Errc::invalid,
                 fmt::format("This machine knows no time zone \"{}\"; the United Kingdom's is "
                             "Europe/London.",
                             name)};
  }
}

}  // namespace assured
