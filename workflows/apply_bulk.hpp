// One event on many children of an item, or the start of many: one date changed for all, a list of
// cases imported. All of them or none, in one transaction; gates above are evaluated once (S8.1).
#pragma once

#include <functional>

#include "workflows/apply.hpp"

namespace assured {

struct BulkCommand {
  // A child, or with none a child to start; what is said here goes before what is said for all.
  struct Row {
    std::size_t number = 0;  // how messages name it, as in the sender's table
    ItemId item;
    std::map<std::string, std::string> fields, assign;
  };
  std::string board;
  ItemId parent;
  std::string event;
  std::vector<Row> rows;       // at most bulk_rows_max; empty: every child of `kind` in `states`
  std::string kind;            // without rows
  std::vector<std::string> states;  // without rows; empty: any
  std::map<std::string, std::string> fields, assign;  // for all
  std::string reason;
  Caller caller;
  std::optional<std::int64_t> expected_version;  // of the parent
  // Children that the caller may not see are not there for them, not even in a refusal (DESIGN.md 10).
  std::function<bool(const Item&)> may_see = [](const Item&) { return true; };
};

inline constexpr std::size_t bulk_rows_max = 500;

// Applies all of it, or nothing. It is an event of the parent: correcting that undoes all of it. The
// outcome's item is the parent. Errors: as apply(), with the row in the message and the field "rows[NUMBER].NAME";
// refused (no child is such).
Result<Outcome> apply_bulk(WriteTx& tx, const Programmes& programmes, const BulkCommand& command,
                           Instant now);

}  // namespace assured
