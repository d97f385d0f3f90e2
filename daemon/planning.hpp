// What must be known of one prompt before it can become a mail (SEMANTICS.md 6, 10). Internal to the
// planner.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workflows/apply_outbox.hpp"
#include "workflows/mail_policy.hpp"
#include "workflows/roles.hpp"

namespace assured {

struct PlannedPrompt {
  Prompt was;  // as stored
  Item item;  // with no id where the prompt is about none
  std::string parent_reference;  // empty: it stands on its own
  std::optional<Obligation> obligation;
  // Of a word that an effect tells: what is owed on the item, the earliest due and best by whoever is told;
  // for its date alone.
  std::optional<Obligation> owed;
  std::vector<Assignment> assignments;
  Party party;
  Rules rules;
  const People& people;  // of the board, read once a transaction

  const std::optional<Obligation>& dated() const { return obligation ? obligation : owed; }

  RoleScope scope() const {
    return {rules.establishment, rules.definition,
            item,                assignments,
            people,              obligation ? obligation->owed_by : std::string{}};
  }
};

// The item at the top of its tree: itself where it stands on its own.
inline ItemId root_of(const Item& item) { return item.root ? item.root : item.id; }

// Loads what belongs to `prompt`. `people` and `programmes` outlive the result.
PlannedPrompt load_planned(BoardReader& reader, const Programmes& programmes,
                           const Programmes::Board& board, const People& people,
                           const Prompt& prompt);

// Why it is no longer true, or nothing (S10.2, S10.3). The same for a prompt whose notice nobody has
// begun to send.
std::optional<std::string> superseded_reason(const PlannedPrompt& planned, BoardReader& reader,
                                             Date today);

// S6.3: an escalation of B or C lets the reminder it complains of go first, for one working day.
bool must_wait(const PlannedPrompt& planned, BoardReader& reader, Instant now);

// S3.4: whom mail was made for about this rung already, through another post of the same human or from
// this prompt itself; about no rung, from this prompt alone.
ToldPoints told_on_rung(const PlannedPrompt& planned, BoardReader& reader);

// The typed slots of its template (S10.6): references, titles, dates, counts, and fields that mail may
// show.
std::map<std::string, std::string> slots_of(const PlannedPrompt& planned, const ContactPoint& to,
                                            Instant now);
std::vector<std::string> missed_of(const PlannedPrompt& planned);

// Whether mail to this address reaches the board itself: a post of its own.
bool is_board_address(const Establishment& establishment, const People& people,
                      std::string_view address, Date today);

// Why mail about it may not leave at all while mail goes as `policy` says; nothing: it may.
std::optional<std::string> mode_forbids(const MailPolicy& policy, const PlannedPrompt& planned,
                                        Date today);
// Whether the policy's domains let mail go to that address.
bool may_leave_to(const MailPolicy& policy, const std::string& address);

// S16.3: why all is held, by family A and the others; empty: it is not.
struct OutboxHold {
  std::string urgent, routine;
  const std::string& of(Family family) const { return family == Family::a ? urgent : routine; }
};
OutboxHold read_outbox_hold(BoardReader& reader);

// Tells the obligation, when there is one, that a prompt's notice was accepted or failed for good (S6.2).
void note_outcome(BoardWriter& writer, const Rules& rules, const Item& item,
                  const std::optional<Obligation>& obligation, const Prompt& prompt, Instant now);

// One rung's one firing, whoever it told; of no rung, the prompt alone.
std::string rung_key_of(const PlannedPrompt& planned);
// What is the same whenever this prompt is planned again, after a restore too (S10.4).
std::string key_of(const PlannedPrompt& planned);

}  // namespace assured
