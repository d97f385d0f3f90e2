// Whether a board's journal is whole and its tables are what the journal says (S13.3, U20).
#pragma once

#include <string>
#include <string_view>

#include "store/statement.hpp"
#include "workflows/store.hpp"

namespace assured::store {

// Reports no more than this many faults: the first tells where to look.
inline constexpr std::size_t verify_faults_max = 20;

// Follows the chain, replays every body into tables in memory and compares them, row by row, with
// those of the database; notices' bytes by their digests. Runs in the caller's read transaction.
VerifyReport verify_board(Connection& connection, std::string_view board);

}  // namespace assured::store
