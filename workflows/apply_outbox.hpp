// What an operator decides about mail that is held (S12.4, S14.4, S16.3).
#pragma once

#include "workflows/apply.hpp"

namespace assured {

// The value of this name says since when, and why, a board's mail is planned but held, as after a restore
// (S16.3); empty or none: it is not.
inline constexpr std::string_view outbox_hold_value = "outbox-hold";
// The hold under which family A was let go already: the text of the value above.
inline constexpr std::string_view urgent_released_value = "outbox-hold-urgent-released";

struct HeldMail {
  std::string board;
  std::string reason;  // typed: kept in the journal as protected text
  Caller caller;
};

// A held prompt waits to be planned again, as if its rung had fired now; it is held again when what was
// wrong still is, but not because the outbox as a whole is held.
// Errors: not_found; refused (it is not held); invalid (no reason).
Result<Prompt> release_prompt(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                              PromptId id, Instant now);
// A held prompt is given up: superseded.
// Errors: as release_prompt().
Result<Prompt> expire_prompt(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                             PromptId id, Instant now);
// A held notice is sent as it was committed.
// Errors: as release_prompt(); refused also when all that it asks for has been done since.
Result<Notice> release_notice(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                              NoticeId id, Instant now);
// A held notice is given up: expired.
// Errors: as release_prompt().
Result<Notice> expire_notice(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                             NoticeId id, Instant now);

// S16.3: called within the first command of the board's side that is accepted while the outbox is held, it
// lets family A go: what the hold kept back waits to be planned again, and what comes is held no more. A
// journal row each. Later calls change nothing. Returns whether it did anything.
bool release_urgent(WriteTx& tx, std::string_view board, const Caller& caller, Instant now);

// The end of the hold (S16.3): what it kept back is released (planned again, in one pass, so that what went
// together before goes together again) or given up, and what comes is held no more. What is held for a reason
// of its own stays. Returns how many prompts there were.
// Errors: refused (the outbox is not held); invalid (no reason).
Result<std::size_t> end_outbox_hold(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                                    bool release, Instant now);

// Somebody of the board has looked at what the detectors said of the item's mail (S12.4), or at an
// address that mail could not reach (S11.5): ends the obligation `look_at_held` or `look_at_bounced`. The
// commands above end the former by themselves with the last that was held.
// Errors: not_found; forbidden (not of the board); invalid (no reason); refused (another obligation, or
// mail about the item is still held).
Result<Outcome> resolve_held(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                             ObligationId id, Instant now);

}  // namespace assured
