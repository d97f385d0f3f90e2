// Rows for tests of the store: one board with something in every table. Plainly fictional.
#pragma once

#include <string>
#include <string_view>

#include "workflows/store.hpp"

namespace assured::test {

inline constexpr std::string_view sample_board_id = "riverton";

// 2026-11-21T09:00:00Z, the instant the samples start at.
inline Instant sample_start() { return from_ms(1795251600000); }

Item sample_item(std::int64_t id, std::string kind, ItemId parent, ItemId root);
// Open, due two days after sample_start(), with next_at a day before that.
Obligation sample_obligation(std::int64_t id, ItemId item, std::string name);
Prompt sample_prompt(std::int64_t id, ItemId item, ObligationId obligation);
// The prompt as it is when notices are made from it.
Changed<Prompt> noticed(const Prompt& prompt);
JournalHead sample_head(std::string kind, ItemId item);

// Runs `write` on a board in a transaction of its own and commits it.
template <class Write>
void in_transaction(Store& store, std::string_view board, Write&& write) {
  const auto tx = store.begin();
  write(tx->board(board));
  tx->commit();
}
template <class Write>
void in_transaction(Store& store, Write&& write) {
  in_transaction(store, sample_board_id, std::forward<Write>(write));
}

// An audit (1) with returns (2, 3) and an action (4) below return 2; obligations 1 and 2, the first
// with a fired rung; prompts 1 and 2, the first with a notice and its bytes; people, meetings, a
// definition, a calendar day, links, approvals, an assignment, a file, a named value, a record of a read, an
// answer: something in every table.
void fill_sample_board(Store& store, std::string_view board_id = sample_board_id);

}  // namespace assured::test
