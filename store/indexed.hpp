// Statements that must be answered from an index, whatever else is stored. Here rather than beside
// their callers, so that the test of their query plans reads what runs.
#pragma once

#include <string_view>

namespace assured::store {

// The scheduler's, the only ones that cross boards (S16.1).
inline constexpr std::string_view due_obligations =
    "SELECT next_at, board, id FROM obligations WHERE closed_at IS NULL AND next_at <= $now"
    " AND (next_at, board, id) > ($after_at, $after_board, $after_id) ORDER BY next_at, board, id LIMIT $limit";
inline constexpr std::string_view next_due_obligation =
    "SELECT next_at FROM obligations WHERE closed_at IS NULL AND next_at > $after"
    " ORDER BY next_at LIMIT 1";

// The sender's: what was never tried, and what was.
inline constexpr std::string_view fresh_deliveries =
    "SELECT notice FROM deliveries WHERE board = $board AND urgent = $urgent AND attempts = 0"
    " AND next_try_at <= $now ORDER BY next_try_at, notice LIMIT $limit";
inline constexpr std::string_view tried_deliveries =
    "SELECT notice FROM deliveries WHERE board = $board AND urgent = $urgent AND attempts > 0"
    " AND next_try_at <= $now ORDER BY next_try_at, notice LIMIT $limit";
inline constexpr std::string_view earliest_delivery =
    "SELECT next_try_at FROM deliveries WHERE board = $board ORDER BY next_try_at LIMIT 1";

// One seek a definition, where DISTINCT would read every item.
inline constexpr std::string_view programmes_in_use =
    "WITH RECURSIVE found (programme) AS ("
    "SELECT MIN(programme) FROM items WHERE board = $board UNION ALL"
    " SELECT (SELECT MIN(i.programme) FROM items i WHERE i.board = $board"
    " AND i.programme > f.programme) FROM found f WHERE f.programme IS NOT NULL)"
    " SELECT programme FROM found WHERE programme IS NOT NULL";

inline constexpr std::string_view overdue_obligations =
    "SELECT COUNT(*) FROM obligations WHERE board = $board AND closed_at IS NULL AND due_at < $now";

// The terms are those of the partial index, so that it serves.
inline constexpr std::string_view vacancies =
    "SELECT DISTINCT name FROM obligations WHERE board = $board AND closed_at IS NULL"
    " AND name >= 'name somebody: ' AND name < 'name somebody;' ORDER BY name";

// Ends of statements that read what belongs to one item, or to one obligation. The sign before `id` keeps
// SQLite from walking the whole board in the key's order to save itself sorting a handful of rows.
inline constexpr std::string_view of_item = " AND item = $item ORDER BY +id";
inline constexpr std::string_view open_of_item = " AND item = $item AND closed_at IS NULL ORDER BY +id";
inline constexpr std::string_view of_obligation = " AND obligation = $obligation ORDER BY +id";
inline constexpr std::string_view of_obligation_from =
    " AND obligation = $obligation AND +id >= $from ORDER BY +id";
inline constexpr std::string_view of_step =
    " AND obligation = $obligation AND due_version = $due_version AND rung = $rung AND cycle = $cycle ORDER BY +id";

// The cleaner's (S14.5). RETURNING tells how many went.
inline constexpr std::string_view remove_old_answers =
    "DELETE FROM answers WHERE board = $board AND (caller, key) IN (SELECT caller, key FROM answers"
    " WHERE board = $board AND at < $before ORDER BY at LIMIT $limit) RETURNING 1";
inline constexpr std::string_view remove_old_bytes =
    "DELETE FROM notice_bytes WHERE board = $board AND notice IN (SELECT notice FROM notice_bytes"
    " WHERE board = $board AND final_at < $before ORDER BY final_at LIMIT $limit) RETURNING 1";
inline constexpr std::string_view remove_old_reads =
    "DELETE FROM reads WHERE board = $board AND id IN (SELECT id FROM reads"
    " WHERE board = $board AND at < $before ORDER BY at LIMIT $limit) RETURNING 1";

}  // namespace assured::store
