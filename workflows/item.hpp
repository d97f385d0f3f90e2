// What is stored of things that must be followed through (SEMANTICS.md 2). Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workflows/directory.hpp"
#include "workflows/instant.hpp"
#include "workflows/programme.hpp"
#include "workflows/value.hpp"

namespace assured {

// Row ids, unique within a board; 0 is "none".
template <class Tag>
struct Id {
  std::int64_t value = 0;
  explicit operator bool() const { return value != 0; }
  auto operator<=>(const Id&) const = default;
};
using ItemId = Id<struct ItemTag>;
using ObligationId = Id<struct ObligationTag>;
using MeetingId = Id<struct MeetingTag>;
using PromptId = Id<struct PromptTag>;
using NoticeId = Id<struct NoticeTag>;

// The state of an item that `correct` undid (S9.2); final in every kind, no programme declares it.
inline constexpr std::string_view voided_state = "voided";
// The state of an item whose content was removed (S13.2); final, and declared by no programme either.
inline constexpr std::string_view disposed_state = "disposed";
inline bool is_gone(std::string_view state) {
  return state == voided_state || state == disposed_state;
}

// Obligations of the engine's own; no programme declares these names.
inline constexpr std::string_view name_somebody = "name somebody";             // S3.5
inline constexpr std::string_view set_date_prefix = "set the next date: ";     // S7.3
inline constexpr std::string_view look_at_held = "look at held mail";          // S12.4
inline constexpr std::string_view look_at_bounced = "look at mail that was not delivered";  // S11.5
bool is_builtin_obligation(std::string_view name);

struct Item {
  ItemId id;
  std::string kind;
  ItemId parent;
  ItemId root;
  std::string reference;  // "QRT-7F3K": random, says nothing
  std::string state;
  Instant entered_at;     // when it entered its state (occurred_at of the event)
  Instant created_at;
  std::string agency;     // id; empty when it has none of its own
  std::string programme;  // digest of the pinned definition
  std::int64_t version = 1;
  Fields fields;
  std::set<std::string> ready_told;  // events whose "ready" prompt was given since entering the state
  bool operator==(const Item&) const = default;
};

// A rung that fired: the key is (obligation, due_version, rung, cycle, to); S10.1.
struct FiredRung {
  ObligationId obligation;
  int due_version = 1;
  int rung = 0;
  int cycle = 0;   // 0 the rung itself, 1, 2, ... its repeats
  std::string to;  // Party
  Instant planned_at;
  Instant fired_at;
  bool operator==(const FiredRung&) const = default;
};

struct Obligation {
  ObligationId id;
  ItemId item;
  std::string name;
  int round = 1;
  std::string owed_by;   // Party; the effective debtor today
  std::string ladder;
  Family family = Family::c;
  Instant opened_at;
  DueRule rule;
  std::optional<Instant> anchor;           // none: waits for its anchor field or a meeting
  std::optional<Instant> due_at;
  std::optional<Instant> first_due_at;     // never overwritten (U18)
  int due_version = 1;
  MeetingId meeting;                       // binding of a meeting rule (S7.2)
  std::optional<Instant> closed_at;
  std::string closed_by;                   // event, or "corrected", "final"
  std::optional<Instant> held_until;       // acknowledged or suspended (S15.1, S5.3)
  int acknowledged_rung = -1;              // one above the rung reached when it was acknowledged
  Instant rungs_from;                      // rungs planned at or before this count as passed (S5.2)
  int first_rung = 0;                      // rungs below count as passed (S15.2)
  int owed_rung = -1;                      // S5.2: the one passed rung that a move to earlier still owes
  std::optional<Instant> seniors_wait_until;  // S6.2; max() while the owner's notice is on its way
  std::vector<int> seniors_wait_rungs;     // rungs whose seniors wait
  std::optional<Instant> gap_from, gap_to;  // the downtime they wait after, for their texts (S6.1)
  std::optional<Instant> next_at;          // the scheduler's index; none: nothing to do
  std::vector<FiredRung> fired;
  bool is_open() const { return !closed_at; }
  bool operator==(const Obligation&) const = default;
};

struct Assignment {
  ItemId item;
  std::string role;
  std::string person;
  std::string by_post;  // what it falls back to (S3.2)
  Instant from;
  std::optional<Instant> to;
  bool operator==(const Assignment&) const = default;
};

struct Link {
  ItemId from;
  ItemId to;
  std::string kind;
  Instant at;
  std::optional<Instant> withdrawn_at;  // set when `correct` undid it; it counts no more
  bool operator==(const Link&) const = default;
};

struct Approval {
  ItemId item;
  std::string name;  // body, or what is seconded
  std::string person;
  std::string for_post;
  Instant at;
  std::optional<Instant> withdrawn_at;  // set when `correct` undid it
  bool operator==(const Approval&) const = default;
};

struct Meeting {
  MeetingId id;
  std::string body;
  Instant start;
  enum class State { planned, held, cancelled } state = State::planned;
  bool operator==(const Meeting&) const = default;
};
std::string_view to_text(Meeting::State s);

// One version of a document attached to an item; the bytes lie by digest (S16.2).
struct FileRecord {
  ItemId item;
  std::string kind;    // as the programme names it: "return", "evidence"
  int version = 1;
  std::string digest;  // BLAKE2b-256, hex
  std::string type;    // "pdf"
  std::int64_t bytes = 0;
  Instant at;
  std::string actor;
  std::string for_post;
  bool operator==(const FileRecord&) const = default;
};

// Somebody saw something that is protected (S12.2): a field's name, or a file's, never its content.
struct ReadRecord {
  Instant at;
  std::string person;
  ItemId item;
  std::string what;
};

// S14.3. What somebody, or time, does to an item.
struct Event {
  std::string name;
  std::map<std::string, Value> fields;             // already parsed by the fields' types
  std::map<std::string, std::string> assign;       // role -> person id
  std::map<std::string, ItemId> links;             // link kind -> item
  std::string reason;
  std::string actor;      // person id: who typed; empty for time and system
  std::string for_post;   // on whose behalf; empty: for themselves
  std::string channel;    // phone, mail, meeting
  Instant occurred_at;    // claimed
};

enum class PromptState { pending, superseded, held, noticed };
std::string_view to_text(PromptState s);

// The intent to tell a post, written when a rung fires (S10.1); without text.
struct Prompt {
  PromptId id;
  ItemId item;                // none: about no item, as a changed address is
  ObligationId obligation;    // none for `tell` and ready prompts
  int due_version = 0;
  int rung = -1;              // -1: told now, by an effect
  int cycle = 0;
  std::string to;             // Party
  std::string template_name;
  Family family = Family::c;
  Instant created_at;
  Instant not_before;         // send window; family A: at once
  std::vector<Instant> missed;  // S6.1: the planned instants that passed unsent
  std::optional<Instant> down_from, down_to;
  PromptState state = PromptState::pending;
  std::string why;            // why superseded or held; never what somebody typed
  bool operator==(const Prompt&) const = default;
};
// `why` of a pending prompt that was held and that somebody released: it is not held again while the
// outbox as a whole is (S16.3).
inline constexpr std::string_view released = "released";

enum class NoticeState { pending, leased, accepted, delivered, deferred, bounced, expired, held,
                         superseded, unknown };
std::string_view to_text(NoticeState s);

// Accepted, delivered, bounced, expired or superseded: nothing more will be done for it.
bool is_final(NoticeState s);

// One message to one contact point, made from prompts when they are first sent (S10.2).
struct Notice {
  NoticeId id;
  std::vector<PromptId> prompts;  // several in a grouped mail; ascending when read
  ItemId item;             // of the first prompt
  std::string to;          // Party
  std::string person;      // empty: the post's mailbox
  std::string address;
  std::string message_id;
  std::string digest;      // of the bytes
  NoticeState state = NoticeState::pending;
  Instant created_at;
  std::optional<Instant> final_at;
  // Of its delivery, while it waits to be sent; not journaled (S13.3).
  std::uint32_t attempts = 0;
  std::optional<Instant> next_try_at;  // of a leased one: the end of its lease
  std::string said;                    // the relay's last words, code and text
  bool operator==(const Notice&) const = default;
};

}  // namespace assured
