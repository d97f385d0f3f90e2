// `assured migrate-programme`: moves items to their board's current definition (S1.2).
#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"
#include "workflows/apply_migrate.hpp"

namespace assured {

struct MigrateProgramme {
  std::string board;
  std::vector<std::string> items;  // references; each stands for its whole tree. Empty: all that is behind
  StateMap states;
  bool apply = false;              // otherwise nothing is written
  uid_t uid = static_cast<uid_t>(-1);
};

struct MigrationReport {
  struct Step {
    std::string reference, kind, from, to;  // states
    std::string old_definition, new_definition;
  };
  // One obligation that opens, closes, has its date moved, or is now owed or chased otherwise.
  struct Duty {
    std::string reference, name;
    std::string what;  // "opens", "closes", "moves", "changes"
    std::optional<Instant> old_due, new_due;
  };
  struct Obstacle {
    std::string reference, kind, why;
  };
  // A root with all below it: it moves whole, or not at all.
  struct Tree {
    std::string root;
    std::vector<Step> steps;
    std::vector<Duty> duties;
    std::vector<std::string> notes;  // what the journal would say besides
    std::vector<Obstacle> obstacles;
  };
  std::vector<Tree> trees;
  bool applied = false;
  bool hindered() const;
};

// Says what would move, and with `apply` moves it, a transaction for each tree; trees that something
// hinders stay as they are. Looking may be done while the service runs.
// Errors: forbidden (not an operator), not_found (no such board or item), invalid (a state of the map
// that does not exist), conflict (`apply`, and a service runs on the state folder).
// Throws: ConfigError, StoreError.
Result<MigrationReport> migrate_programme(Store& store, const config::Settings& settings,
                                          const MigrateProgramme& command, const Zones& zones,
                                          Instant now);

// Reads "return.allocated=named". Errors: invalid.
Result<StateMap::value_type> parse_state_mapping(std::string_view text);

// For people, instants in UTC; and for programs.
std::string to_text(const MigrationReport& report);
std::string to_json(const MigrationReport& report);

}  // namespace assured
