// What the sources of apply.hpp share. Internal to workflows/apply*.cpp: not for other folders.
#pragma once

#include <string>

#include "workflows/apply.hpp"
#include "workflows/system_head.hpp"

namespace assured {

// S14.3: phone, mail or meeting; empty: they typed it themselves. Errors: invalid.
Result<void> check_channel(const Caller& caller);
// When it happened, as the caller says or now. Errors: invalid (S14.3).
Result<Instant> occurred_at(const Caller& caller, const Item* item, Instant now);

// Errors: not_found.
Result<const Programmes::Board*> board_of(const Programmes& programmes, std::string_view id);

JournalHead head_of(const Caller& caller, std::string kind, ItemId item, Instant occurred_at,
                    std::string reason = {});

// Reads fields, which arrive as text, by the types that the event's kind gives them, into `event`; what
// detectors find in texts becomes warnings (S12.4). Errors: invalid, naming the field.
Result<void> read_fields(const Rules& rules, BoardReader& reader, const Item* item,
                         const Command& command, Event& event, std::vector<std::string>& warnings);
Event event_of(const Caller& caller, std::string name, Instant now);

// References are random and few enough to clash once in a long while; the table refuses a second.
bool has_taken_reference(BoardReader& reader, const Decision& decision);

// What `decide_it` decides with fresh ids, and with another seed while a reference it draws is
// taken. `decide_it` reads `ids`.
template <class Decide>
auto decide_with_ids(BoardWriter& writer, IdPool& ids, const Decide& decide_it) {
  ids = writer.take_ids();
  auto decision = decide_it();
  while (decision && has_taken_reference(writer, *decision)) {
    ++ids.seed;
    decision = decide_it();
  }
  return decision;
}

// Writes the decision; what became of `subject` is the outcome. `known`: the subject as it is stored, to save
// reading it where the decision does not change it.
Outcome outcome_of(BoardWriter& board, const JournalHead& head, Decision decision, ItemId subject,
                   Instant now, const Item* known = nullptr);

// An open obligation that a command is about, with its item.
struct Held {
  Obligation obligation;
  Item item;
};
// Errors: not_found; refused (it is closed).
Result<Held> load_held(BoardWriter& writer, ObligationId id);

}  // namespace assured
