// Moves a root item and all below it to another version of its programme (S1.2, DESIGN.md 5). Pure.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "workflows/decide.hpp"

namespace assured {

// What `correct` finds as the last event of an item that was moved: there is no way back by it.
inline constexpr std::string_view migrate_programme_event = "migrate-programme";

// Which state stands for an old one that has no namesake: (kind, old state) -> new state.
using StateMap = std::map<std::pair<std::string, std::string>, std::string>;
using Definitions = std::map<std::string, std::shared_ptr<const Definition>, std::less<>>;

// A root with everything below it, as it is stored.
struct MigratingTree {
  std::vector<Item> items;  // the root first
  // Of all of them: obligations (closed ones too), assignments, and `prompts` that are pending or
  // held; with meetings of every body, people and ids.
  Facts facts;
  std::vector<FileRecord> files;
};

// Why an item cannot move, and with it nothing of its tree.
struct Hindrance {
  ItemId item;
  std::string why;
};

struct MigrationPlan {
  std::vector<Hindrance> hindrances;
  Decision decision;  // empty when anything hinders
};

// Moves each item that is not on `rules.definition` yet; `old` has the definitions they are on.
//
// States keep their names, or take those that `states` gives; a field's class may only become
// stricter. An open obligation that the new definition knows, by its name or as the deadline of the
// same state, keeps its id, round, acknowledgement, and what fired. Where its due rule is another
// one its date moves like any other (S5.1 to S5.3), cause "migration"; in family A never to later:
// it keeps its date and rule until it closes. What the new definition has no name for is closed; what
// its states open by being entered, and the old one's did not, is opened.
//
// A migration is no event: no gate is tried and nobody is told that something is ready.
MigrationPlan decide_migrate(const Definitions& old, const Rules& rules, const MigratingTree& tree,
                             const StateMap& states, Instant now);

}  // namespace assured
