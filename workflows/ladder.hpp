// When the rungs of one obligation fire, and to whom (SEMANTICS.md 4.2, 5, 6 and 15). Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "workflows/item.hpp"

namespace assured {

// A gap in which the daemon did not run.
struct Downtime {
  Instant from, to;
};

// One message to one recipient: the highest due rung that names them, and what it stands for.
struct Firing {
  int rung = 0;
  int cycle = 0;
  std::string to;               // Party
  Instant planned_at;
  std::vector<Instant> missed;  // the planned instants this message stands for, when it is late
};

struct LadderPass {
  std::vector<Firing> fire;        // prompts to write now, the owner's first
  std::vector<std::string> vacant; // parties of a due rung that nobody would read (S3.5)
};

// One recipient of a rung.
struct Told {
  Party party;
  bool reachable = true;  // somebody holds the post, or it has a mailbox
};
// Resolves a rung's terms on the obligation's item; the debtor first when it is named.
using ResolveRung = std::function<std::vector<Told>(const RungDef&)>;

// Fires what is due of `obligation` at `now`: records it in obligation.fired, clears what it owed and
// sets what seniors wait for. Does not set next_at: next_wake() says that afterwards.
//
// Several due rungs are one catch-up (S6.1): each recipient gets the highest due rung that names it.
// What `down` swallowed, in families B and C, goes to the debtor first; everybody else on those rungs
// is a senior and waits for the outcome of the debtor's notice (S6.2), unless no debtor is told.
// A due rung that nobody would read fires the next one now (S3.5).
LadderPass run_pass(Obligation& obligation, const LadderDef& ladder, const ResolveRung& resolve,
                    const std::optional<Downtime>& down, const TimeRules& rules, Instant now);

// S11.5: mail about `rung` to `to` cannot reach them. Fires at once the next rung up that names anybody
// else who can be reached, and records it; rungs between keep their time. Nothing where that rung has
// fired already, where there is none, or while the obligation is held (S15.1). Sets next_at no more
// than run_pass() does.
LadderPass fire_above(Obligation& obligation, const LadderDef& ladder, const ResolveRung& resolve,
                      int rung, const std::string& to, Instant now);

// The debtor's catch-up notice was accepted or failed for good: seniors wait one working day more.
void end_seniors_wait(Obligation& obligation, const TimeRules& rules, Instant now);

// When the obligation must be looked at next; may lie in the past. None: nothing will happen by itself.
std::optional<Instant> next_wake(const Obligation& obligation, const LadderDef& ladder,
                                 const TimeRules& rules);

// Highest rung that fired in any due version, or -1.
int reached_rung(const Obligation& obligation);
// True when a rung after the due date has fired in any version.
bool was_escalated(const Obligation& obligation, const LadderDef& ladder);

// Sets a new due instant. The version rises unless the local due date stays the same; rungs whose new
// instant is past count as passed, and if the due moved earlier the highest rung never fired in any
// version is owed once (S5.1, S5.2).
void move_due(Obligation& obligation, Instant new_due, const LadderDef& ladder,
              const TimeRules& rules, Instant now);

}  // namespace assured
