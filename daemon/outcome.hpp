// What the end of a notice does to the obligations that it told of (SEMANTICS.md 6.2, 11.5).
#pragma once

#include "daemon/planning.hpp"
#include "workflows/apply.hpp"

namespace assured {

// Within the transaction that records it: seniors need wait no longer for what was accepted or failed
// for good, and what bounced or expired is told to others and to the board team. `notice` is final; `prompts`
// are its own.
void note_end(BoardWriter& writer, const Programmes& programmes, std::string_view board,
              const Notice& notice, const std::vector<Prompt>& prompts, Instant now);

// What is about immediate risk and may go to no address of the party is as good as refused: others of the
// rung and the next rung are told at once, and the board team sees it (S11.5).
void note_unreachable(BoardWriter& writer, const PlannedPrompt& planned, Instant now);

}  // namespace assured
