// Moving items to the board's current definition, on a store (S1.2).
#pragma once

#include "workflows/apply.hpp"
#include "workflows/decide_migrate.hpp"

namespace assured {

// The roots below which, or at which, something is not on the definition `digest`; in id order.
std::vector<ItemId> list_roots_behind(BoardReader& reader, std::string_view digest);

// What would move of the tree of `root`, and what hinders it. Writes nothing.
MigrationPlan plan_migration(BoardReader& reader, const Programmes& programmes,
                             std::string_view board, ItemId root, const StateMap& states,
                             Instant now);

// Moves the tree of `root` with one row of the journal, or nothing of it when anything hinders.
MigrationPlan migrate_tree(WriteTx& tx, const Programmes& programmes, std::string_view board,
                           ItemId root, const StateMap& states, const Caller& caller, Instant now);

}  // namespace assured
