// The journal of one board: rows chained by BLAKE2b, bodies with their salt beside them (S13.2).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/body.hpp"
#include "store/statement.hpp"
#include "workflows/store.hpp"

namespace assured::store {

// What the chain covers of one row besides the digest of its body.
struct JournalHeader {
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  std::string actor, for_post, channel, kind;
  std::optional<std::int64_t> item;
  std::int64_t occurred_at_ms = 0;
};

// digest = BLAKE2b(salt || body); chain_n = BLAKE2b(chain_{n-1} || header || digest), with 32 zero
// bytes as chain_0. All in raw bytes.
std::string first_chain();
std::string body_digest(std::string_view salt, std::string_view body);
std::string next_chain(std::string_view previous, std::string_view board,
                       const JournalHeader& header, std::string_view digest);

// The kinds of the rows that a disposal writes; an event of a programme may have the same names, so
// the body decides.
inline constexpr std::string_view dispose_kind = "dispose";
inline constexpr std::string_view restate_kind = "restate";

// The newest row's number and chain; 0 and first_chain() of a board without rows.
struct ChainHead {
  std::int64_t seq = 0;
  std::string chain;
};
ChainHead read_chain_head(Connection& connection, std::string_view board);

// Appends one row, its body and its index by item. Returns the row's seq.
std::int64_t append_journal(Connection& connection, std::string_view board, const JournalHead& head,
                            const Body& body, Instant now);

std::vector<JournalRow> list_journal(Connection& connection, std::string_view board,
                                     std::int64_t after_seq, std::size_t limit);
std::vector<JournalRow> journal_of(Connection& connection, std::string_view board, ItemId item);
std::vector<ItemSnapshot> snapshots_of(Connection& connection, std::string_view board, ItemId item);
// The last row by which a person's event on `item` itself changed that item; what came after it
// from time, rungs and mail does not count. Null when there is none, or its body was removed.
std::shared_ptr<const LastEvent> last_event_of(Connection& connection, std::string_view board,
                                               ItemId item);

}  // namespace assured::store
