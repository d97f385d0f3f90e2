// When the rungs of one obligation fire, and to whom (SEMANTICS.md 5, 6, 15). Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "workflows/item.hpp"

namespace assured {

// A rung that has come due: who of it is told now, and which planned instants this stands for.
struct Firing {
  int rung = 0;
  int cycle = 0;
  std::string to;           // Party
  bool senior = false;      // above the owner: may wait (S6.2)
  Instant planned_at;
  std::vector<Instant> missed;  // every planned instant this one message stands for, when more than one
};

struct LadderPass {
  std::vector<Firing> fire;             // prompts to write now
  std::vector<FiredRung> record;        // fired keys to store (also rungs merged into a higher one)
  bool empty_rung = false;              // a due rung reached nobody: the board owes "name somebody"
  std::vector<int> seniors_wait;        // rungs whose seniors wait for the owner's notice (S6.2)
  std::optional<Instant> next_at;       // when to look again
};

// Resolves a rung's terms to parties on one item; `reachable` says whether anybody would get it.
struct Told {
  Party party;
  bool reachable = true;
  bool senior = false;
};
using ResolveRung = std::function<std::vector<Told>(const RungDef&)>;

// What is due of `obligation` at `now`. Catch-up merges (S6.1): each recipient on any due rung gets
// the highest due rung that names it. `down` is the daemon's own gap: in families B and C the
// seniors of what fell into it wait for the owner's notice (S6.2).
LadderPass plan_pass(const Obligation& obligation, const LadderDef& ladder,
                     const ResolveRung& resolve, bool fell_in_downtime_possible,
                     std::optional<Instant> down_from, const TimeRules& rules, Instant now);

// When this obligation must be looked at next, from its due date, ladder and what has fired.
std::optional<Instant> next_wake(const Obligation& obligation, const LadderDef& ladder,
                                 const TimeRules& rules, Instant now);

// Highest rung that has fired in any due version, or -1.
int reached_rung(const Obligation& obligation);

// Sets a new due instant: raises the version unless the local date stays, marks what has passed, and
// when it moved earlier owes the highest rung never fired (S5.1, S5.2).
Obligation move_due(Obligation obligation, std::optional<Instant> new_due, const LadderDef& ladder,
                    const TimeRules& rules, Instant now);

}  // namespace assured
