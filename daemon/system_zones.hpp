// The machine's time-zone tables (Debian package tzdata), as the port that the domain asks.
#pragma once

#include "workflows/instant.hpp"

namespace assured {

// Zones by the names of tzdata ("Europe/London"; aliases such as "GB" keep their own name).
//
// The tables end with 2037, and the library that reads them knows no summer time after that. For a
// later year the offsets are those of the latest year up to 2037 that has the same calendar (1
// January on the same weekday, the same leap day), so that "the last Sunday of March" falls on the
// same date. A zone whose tables show no change in the course of 2037 keeps its last offset
// instead.
//
// The tables are read once, at the first call, and kept while the process runs: a new tzdata is
// taken up by a restart. Thread: safe.
class SystemZones : public Zones {
 public:
  Result<std::shared_ptr<const Zone>> find_zone(std::string_view name) const override;
};

}  // namespace assured
