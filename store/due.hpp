// The scheduler's two statements, the only ones that cross boards (S16.1). Here rather than beside
// their caller, so that the test of their query plan reads what runs.
#pragma once

#include <string_view>

namespace assured::store {

inline constexpr std::string_view due_obligations =
    "SELECT next_at, board, id FROM obligations WHERE closed_at IS NULL AND next_at <= $now"
    " AND (next_at, board, id) > ($after_at, $after_board, $after_id) ORDER BY next_at, board, id LIMIT $limit";
inline constexpr std::string_view next_due_obligation =
    "SELECT next_at FROM obligations WHERE closed_at IS NULL AND next_at > $after"
    " ORDER BY next_at LIMIT 1";

}  // namespace assured::store
