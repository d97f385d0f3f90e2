// Commands: what a person asks for, carried out on a store inside one transaction. The shell around
// decide(): loads the facts it declares, writes what it answers. No I/O but through the ports.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workflows/decide.hpp"
#include "workflows/programmes.hpp"
#include "workflows/store.hpp"

namespace assured {

// Who types, and on whose behalf (S14.3).
struct Caller {
  std::string person;
  std::string for_post;
  std::string channel;
  std::optional<Instant> occurred_at;  // not in the future; none: now
};

struct Command {
  std::string board;
  ItemId item;  // none: start a root item; for a start on a parent: the parent
  std::string event;
  std::map<std::string, std::string> fields;  // stored text, parsed by the field's type
  std::map<std::string, std::string> assign;  // role -> person id
  std::map<std::string, ItemId> links;
  std::string reason;
  Caller caller;
  std::optional<std::int64_t> expected_version;
};

struct Outcome {
  ItemId item;  // the item, or the one just started
  std::string reference;
  std::string state;
  std::int64_t version = 0;
  std::int64_t journal_seq = 0;
  std::vector<ItemId> created;        // every item the event made, in id order
  Decision decision;                  // what happened, for simulate and the API
  std::vector<std::string> warnings;  // detectors' findings on what was typed (S12.4)
};

// Applies one event, or changes nothing. Event "correct" undoes the item's last event (S9.2).
// Errors: as decide(), and conflict (expected_version is not the row's).
Result<Outcome> apply(WriteTx& tx, const Programmes& programmes, const Command& command,
                      Instant now);

// S15.1. `hold_for` is cut to the ladder's ack_max; a second one on the same rung needs `progress`.
struct Acknowledge {
  std::string board;
  ObligationId obligation;
  Span hold_for;
  std::string progress;
  Caller caller;
};
Result<Outcome> acknowledge(WriteTx& tx, const Programmes& programmes, const Acknowledge& command,
                            Instant now);

// A recorded, reasoned, time-boxed suspension; family A takes two people and at most 24 h (S5.3):
// the first call records the proposal, a second one by somebody else within 24 h carries it out.
struct Suspend {
  std::string board;
  ObligationId obligation;
  Span hold_for;
  std::string reason;
  Caller caller;
};
Result<Outcome> suspend(WriteTx& tx, const Programmes& programmes, const Suspend& command,
                        Instant now);

// S7. Meetings are rows; a change moves the deadlines bound to them in the same transaction when
// few, otherwise through recompute_step().
struct MeetingCommand {
  std::string board;
  enum class What { plan, move, cancel, hold } what = What::plan;
  MeetingId meeting;  // not for plan
  std::string body;   // plan
  Instant start;      // plan, move
  Caller caller;
};
Result<Meeting> change_meeting(WriteTx& tx, const Programmes& programmes,
                               const MeetingCommand& command, Instant now);

// Loads people (S1.4): persons and holdings as given, replacing those persons' holdings. Posts
// whose holder changed get one hand-over notice to the new holder for each open obligation (S3.4).
// What that did to items is added to `done` when given.
Result<void> load_people(WriteTx& tx, const Programmes& programmes, std::string_view board,
                         const PeopleFile& people, const Caller& caller, Instant now,
                         std::vector<Decision>* done = nullptr);

// Carries out the changes of holders that fell due since it was last called: somebody begins or
// ends in a post on a day that was loaded ahead. Returns the next local midnight. What that did to
// items is added to `done` when given.
Instant people_day_step(WriteTx& tx, const Programmes& programmes, std::string_view board,
                        Instant now, std::vector<Decision>* done = nullptr);

// A dated override of the board's calendar; running deadlines are recomputed (S5.4). Returns the
// programmes with the new calendar, to be put in force once the transaction is committed.
Result<Programmes> change_calendar(WriteTx& tx, const Programmes& programmes,
                                   std::string_view board, const CalendarOverride& day,
                                   const Caller& caller, Instant now);

// Facts for one item, as decide() and list_offers() need them.
Facts load_facts(BoardReader& reader, const Rules& rules, const Item& item,
                 const FactsNeeded& needed);

// The scheduler's work on one due obligation; re-reads it inside the transaction (S8.4).
// Returns what happened; empty when it was no longer due.
std::optional<Outcome> apply_due(WriteTx& tx, const Programmes& programmes, const DueKey& key,
                                 const std::optional<Downtime>& down, Instant now);

// Whether recompute_step() has anything to do: a read, so that a pass with nothing to do writes
// nothing.
bool recompute_pending(BoardReader& reader);
// Recomputes up to `limit` open obligations of a pending calendar or meeting change, from a durable
// cursor (S5.4). True while some remain. What moved is added to `moved` when given.
bool recompute_step(WriteTx& tx, const Programmes& programmes, std::string_view board,
                    std::size_t limit, Instant now, std::vector<Decision>* moved = nullptr);

// S7.2: a meeting planned before one that obligations are bound to rebinds nothing by itself; the
// board team is asked. The obligations it is asked about, and the answer yes for one of them.
std::vector<Obligation> could_rebind(BoardReader& reader, const Programmes& programmes,
                                     std::string_view board, const Meeting& meeting);
struct Rebind {
  std::string board;
  ObligationId obligation;
  MeetingId meeting;
  Caller caller;
};
Result<Outcome> rebind(WriteTx& tx, const Programmes& programmes, const Rebind& command,
                       Instant now);

}  // namespace assured
