// The heart: what an event, or a rung's time, does to items (S2.4). Pure: everything it knows comes
// in as Facts, everything it does goes out as a Decision.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workflows/item.hpp"
#include "workflows/ladder.hpp"

namespace assured {

// A count that a guard asks for: how many descendants of `scope` of `kind` match `where`.
struct CountQuery {
  ItemId scope;
  std::string kind;
  Where where;
  auto operator<=>(const CountQuery&) const = default;
};

// The rows the last event on an item changed, for `correct` (S9.2).
struct LastEvent;

// Ids that decide() may give to what it creates, and the seed of random references.
struct IdPool {
  std::int64_t next_item = 1;
  std::int64_t next_obligation = 1;
  std::int64_t next_prompt = 1;
  std::uint64_t seed = 0;
};

// What the shell must load before decide() can run (S2.4). Exactly this, inside the transaction.
struct FactsNeeded {
  bool ancestors = true;
  std::set<std::string> load_kinds;  // descendants of the item to load whole, with obligations
  ItemId load_below;               // the ancestor whose descendants they are; none: the item's own
  std::vector<CountQuery> counts;  // scopes are the item and its ancestors
  // Counts whose scope is each loaded descendant of that kind (cascades, and their auto gates).
  std::map<std::string, std::vector<std::pair<std::string, Where>>> descendant_counts;
  bool links = false;
  bool files = false;
  bool approvals = false;
  bool last_event = false;
  std::set<std::string> bodies;  // meetings: planned ones, and those held since `entered_at`
};

struct Facts {
  std::vector<Item> ancestors;          // nearest first
  std::vector<Item> descendants;        // of the kinds asked for, in id order
  std::vector<Obligation> obligations;  // of the item, its ancestors and loaded descendants; closed
                                        // ones too, for the number of the next round
  std::vector<Assignment> assignments;  // of the item, its ancestors and loaded descendants
  std::vector<Link> links;              // from the item, its ancestors and loaded descendants
  std::vector<FileRecord> files;        // of the same
  std::vector<Approval> approvals;
  std::vector<Meeting> meetings;
  std::shared_ptr<const People> people = std::make_shared<const People>();
  std::map<CountQuery, int> counts;
  std::shared_ptr<const LastEvent> last_event;
  std::vector<Prompt> prompts;         // those the last event wrote, as they are now
  std::set<std::string> vacancies;     // names of open "name somebody: ..." of the board (S3.5)
  std::map<std::string, Item> linked;  // items the event links to, by link kind
  IdPool ids;
};

// A row before and after; `was` is empty when it is new, `now` is what must be stored.
template <class T>
struct Changed {
  std::optional<T> was;
  T now;
  bool operator==(const Changed&) const = default;
};

struct JournalLine {
  ItemId item;
  std::string what;  // event name, "rung", "moved", "opened", "closed", "ready", ...
  std::string text;  // one line without values of fields
  bool operator==(const JournalLine&) const = default;
};

struct Decision {
  std::vector<Changed<Item>> items;
  std::vector<Changed<Obligation>> obligations;  // with their fired rungs
  std::vector<Changed<Assignment>> assignments;
  std::vector<Changed<Link>> links;
  std::vector<Changed<Approval>> approvals;
  std::vector<Changed<Prompt>> prompts;  // new ones; and superseded ones
  std::vector<JournalLine> lines;
  ItemId subject;  // the item itself, or the one just created
};

struct LastEvent {
  std::vector<Changed<Prompt>> prompts;
  std::int64_t seq = 0;  // of the journal
  Instant recorded_at;
  std::string event;
  std::vector<Changed<Item>> items;
  std::vector<Changed<Obligation>> obligations;
  std::vector<Changed<Assignment>> assignments;
  std::vector<Changed<Link>> links;
  std::vector<Changed<Approval>> approvals;
};

// What of a programme was exercised, by the place where it is written (stories assert it).
struct Coverage {
  std::set<std::string> transitions;  // "kind.event#line" of each transition and start carried out
  std::set<std::string> guards_held;  // "file:line:column" of each guard that held, inner ones too
  std::set<std::string> guards_missing;  // ... and of each that did not
  std::set<std::string> rungs;           // "ladder[index]" of each rung that fired
};

// Definitions that items are pinned to, by digest (S1.2).
using Definitions = std::map<std::string, std::shared_ptr<const Definition>, std::less<>>;

// What every rule may look at besides the facts. The definition is that of the event's item; where a
// root item starts, the current one.
struct Rules {
  const Definition& definition;
  const Establishment& establishment;
  const TimeRules& time;
  Coverage* coverage = nullptr;           // filled when given
  const Definitions* pinned = nullptr;    // of other items; without it all are on `definition`
  const Definition* current = nullptr;    // what new concerns begin with; none: `definition`

  const Definition& definition_of(const Item& item) const {
    if (pinned == nullptr || item.programme == definition.digest) return definition;
    const auto own = pinned->find(item.programme);
    return own == pinned->end() ? definition : *own->second;
  }
  // The same rules with the item's own definition.
  Rules of(const Item& item) const {
    return {definition_of(item), establishment, time, coverage, pinned, current};
  }
};

// What an event finds in the definitions: a transition of the item's kind, or the start of another.
struct EventRule {
  const Definition* definition;
  const KindDef* kind;
  const StartDef* start;  // none: a transition
};

// For `event` on `item`, or with a null item for the start of a root. What the item's own definition
// has goes first; a concern begins as the current one says, whatever its parent is on (S1.2), and as
// the parent's says only where the current one has none for such a parent. Errors: not_found.
Result<EventRule> find_event_rule(const Rules& rules, const Item* item, std::string_view event);

// What must be loaded for `event` on `item`. With a null item: for starting `event.name`.
FactsNeeded facts_needed(const Rules& rules, const Item* item, const std::vector<Item>& ancestors,
                         const Event& event);

// Applies `event` to `item`; with a null item, starts a root item. For a start on a parent, `item`
// is the parent. Errors: not_found (no such event here), forbidden (not theirs to do), invalid (a
// field), refused (a guard; the message says what is missing), conflict (correct: something came
// after).
Result<Decision> decide(const Rules& rules, const Item* item, const Facts& facts,
                        const Event& event, Instant now);

// One pass over one obligation whose next_at has come: fires its rungs, opens "name somebody",
// moves the item by a time transition. `down` is the gap in which the daemon did not run.
Result<Decision> decide_due(const Rules& rules, const Item& item, const Facts& facts,
                            ObligationId obligation, const std::optional<Downtime>& down,
                            Instant now);

// The sender's report on a prompt: accepted, or failed for good. Ends the seniors' wait when it was
// the debtor's (S6.2); empty when nothing changes.
Decision decide_outcome(const Rules& rules, const Item& item, const Obligation& obligation,
                        const Prompt& prompt, Instant now);

// Closes one of the engine's own obligations, as when the post it asks to be filled has a holder.
Decision decide_close(const Rules& rules, const Item& item, const Obligation& obligation,
                      const std::string& by, Instant now);

// S12.4: mail about the item was held by the detectors, or went out in its bare form because of
// them, for the reason `why` (without any value). Opens `look_at_held`, owed as a vacancy is; changes
// nothing while it is open. When nothing of the item is held any more, decide_close() ends it.
Decision decide_held(const Rules& rules, const Item& item, const Facts& facts, std::string_view why,
                     Instant now);

// Holds an obligation's rungs until `until` (S15.1, S5.3); the shell has checked who may.
Decision decide_hold(const Rules& rules, const Item& item, const Obligation& obligation,
                     Instant until, std::string_view what, Instant now);

// One hand-over notice to each of `persons` for an open obligation of a post that they hold now and did not
// hold before (S3.4).
Decision decide_hand_over(const Rules& rules, const Item& item, const Facts& facts, ObligationId obligation,
                          const std::vector<std::string>& persons, Instant now);

// Recomputes one obligation after a meeting or calendar change (S5.1 to S5.4, S7.2). An unchanged
// obligation gives an empty decision.
Decision decide_recompute(const Rules& rules, const Item& item, const Facts& facts,
                          ObligationId obligation, const std::string& cause, Instant now);

// The working of an open or closed obligation's present deadline: each day counted or skipped, and
// why (S4.5). Empty where the rule counts nothing (a meeting's start, a date field).
std::vector<WorkingLine> working_of(const Obligation& obligation, const TimeRules& time);

// Ends the assignments of somebody who left; what they owed falls back (S3.2).
Decision decide_leave(const Rules& rules, const Item& item, const Facts& facts,
                      const std::string& person, Instant now);

// Binds a meeting deadline to an earlier meeting, as the board team answered (S7.2).
Decision decide_rebind(const Rules& rules, const Item& item, const Facts& facts,
                       ObligationId obligation, MeetingId meeting, Instant now);

// Every transition open to the item now: the events, and what is missing for each (for pages, CLI).
struct Offer {
  std::string event;
  std::string title;
  std::vector<std::string> missing;
};
std::vector<Offer> list_offers(const Rules& rules, const Item& item, const Facts& facts,
                               Instant now);

}  // namespace assured
