// Makes boards ready for work: their programmes read and checked, the definitions that items began
// with taken from the store.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "config/programme_files.hpp"
#include "config/settings.hpp"
#include "workflows/apply.hpp"
#include "workflows/calendar.hpp"
#include "workflows/store.hpp"

namespace assured {

// The database file of a state folder.
std::filesystem::path database_path(const std::filesystem::path& state_folder);

// A configuration that is wrong: every mistake, for the caller to print (exit code 78).
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<Mistake> all)
      : std::runtime_error("the configuration has mistakes"), mistakes(std::move(all)) {}
  std::vector<Mistake> mistakes;
};

// Loads every programme (S1.5) and pins what items are on, as they are stored; writes nothing. What
// an establishment lacks of what running things need is a mistake too (S1.3).
// Throws: ConfigError with the mistakes of all files; StoreError.
Programmes read_boards(Store& store, const std::vector<config::ProgrammeSource>& sources,
                       const Zones& zones, Instant now);

// The files of all boards, read and checked as far as they can be without the store.
struct BoardFiles {
  std::vector<config::LoadedProgramme> programmes;
  std::vector<CalendarFile> calendars;
};
// Throws: ConfigError with the mistakes of all files.
BoardFiles load_board_files(const std::vector<config::ProgrammeSource>& sources,
                            const std::vector<config::CalendarSource>& calendars);

// Makes boards ready for work within `tx`: checks the files against what items need of them as `tx` sees
// it, and stores each definition that the store does not have yet (S1.2). Days of calendars that a board of
// their nation has no word on yet are recorded, by "system", so that running deadlines move (S5.4); what
// is on record stays. What is stored for the first time is noted in the operator's chain (S13.4). The
// programmes are put in force by the caller, after COMMIT and before `tx` ends; then nothing that came
// into use meanwhile is missed, and no deadline is worked out by the calendar before. `running` saves
// reading stored definitions again.
// Throws: ConfigError with all mistakes, before anything is written; StoreError.
Programmes open_boards(WriteTx& tx, BoardFiles files, const Zones& zones, Instant now,
                       const Programmes* running = nullptr);

// All of it in a transaction of its own. Throws: ConfigError; StoreError.
Programmes open_boards(Store& store, const std::vector<config::ProgrammeSource>& sources,
                       const Zones& zones, Instant now,
                       const std::vector<config::CalendarSource>& calendars = {});

}  // namespace assured
