// The working copy inside one decision. Internal to deci*.cpp and apply*.cpp: not for other
// folders.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "workflows/decide.hpp"
#include "workflows/guard.hpp"
#include "workflows/roles.hpp"

namespace assured {

// How an obligation ended that `correct` undid: no round of its own for what opens afterwards.
inline constexpr std::string_view corrected = "corrected";
// How the planner's word on a prompt ends that was dropped because its obligation was met.
inline constexpr std::string_view done_before_sent = "was done before this was sent";
// The rung number under which a time transition is recorded as tried.
inline constexpr int expiry_rung = -2;
// S8.1, and cascades: how deep one decision may reach.
inline constexpr int depth_max = 4;

// S14.3: what is claimed lies neither in the future nor before the item, when there is one.
Result<void> check_occurred(Instant occurred_at, const Item* item, Instant now);

class Deciding {
 public:
  Deciding(const Rules& rules, const Facts& facts, const Event& event, Instant now);

  // Puts an item and what hangs on it under work.
  void add(const Item& item);
  // Counts it as changed even when its row ends as it began: its version rises.
  void touch(ItemId item) { work_.touched.insert(item); }

  // Carries out the event at hand on an item, or starts what it starts there (none: a root). Returns what
  // it happened to, or what began.
  Result<ItemId> run(ItemId on);
  // Carries out `event` on `id` by transitions of its kind. `by_system` skips the check of roles.
  // For "time", only those that the obligation `expired` brings about (S8.4).
  Result<void> run_event(ItemId id, const std::string& event, bool by_system,
                         const std::string& expired = {});
  // Starts an item as `rule` says under `parent` (none: a root).
  Result<ItemId> run_start(const EventRule& rule, ItemId parent);
  // Auto transitions and ready prompts that the changes made possible (S8.1).
  Result<void> settle();

  // --- obligations (decide_obligations.cpp)
  void open_obligation(ItemId item, const ObligationDef& def);
  void open_plain(ItemId item, std::string name, const RoleTerm& owed_by, Span within,
                  const std::string& ladder, const std::string& source);
  void open_vacancy(ItemId item, const std::string& whose);
  // Whether an item of the board carries the vacancy of that name, as things stand by now.
  bool is_vacancy_open(const std::string& name) const;
  void close_obligation(Obligation& obligation, const std::string& by);
  // "Set the next date" ends with the last obligation of its item that waits for it (S7.3).
  void close_idle_companions();
  void end_assignments(ItemId item, const std::string& person);
  void refresh_debtors(ItemId item);
  Result<void> recompute(ItemId item, const std::string& cause, bool by_hand);
  // Recomputes one; true when its due instant or binding changed. `fired_on` is the ladder whose
  // rungs fired so far, where it has another one now (decide_migrate.cpp).
  bool recompute_one(Obligation& obligation, const std::string& cause,
                     const LadderDef* fired_on = nullptr);
  struct DueNow {
    std::optional<Instant> anchor, due;
    MeetingId meeting;
    bool no_meeting = false;
  };
  DueNow compute_due(const DueRule& rule, const Item& item, const Obligation* bound) const;
  void set_next(Obligation& obligation);
  void hand_over(const Obligation& obligation, const Party& to);
  LadderPass fire(Obligation& obligation, const std::optional<Downtime>& down);
  // S11.5: mail about `rung` to `to` cannot reach them: the next rung is told.
  LadderPass fire_above(Obligation& obligation, int rung, const std::string& to);
  // ... and others of the same rung: `party` hears what `told` was to say.
  void tell_again(Obligation& obligation, const Prompt& told, const Party& party);

  // --- effects (deciding_effects.cpp)
  void add_approval(Approval made);
  void tell(ItemId item, const std::vector<RoleTerm>& to, const std::string& template_name,
            Family family);

  void line(ItemId item, std::string what, std::string text);
  Decision take();

  Item& item(ItemId id);
  const Item* find(ItemId id) const;
  const KindDef& kind_of(const Item& item) const;
  std::vector<Item> ancestors_of(const Item& item) const;
  std::vector<ItemId> descendants(ItemId scope, const std::string& kind) const;
  std::vector<Obligation*> obligations_of(ItemId item);
  RoleScope scope_of(const Item& item, std::string owed_by = {}) const;
  const LadderDef& ladder(const std::string& name, ItemId of) const;  // of the item's definition
  const ObligationDef* def_of(const Obligation& obligation) const;
  int count(const CountQuery& query) const;

  const Rules& rules;
  const Facts& facts;
  Event event;  // the one being carried out: a bulk command has several
  const Instant now;

 private:
  Result<void> try_transition(Item& subject, const TransitionDef& def, bool by_system);
  // A transition's fields, in this order; the guards are asked before set_fields().
  void forget_fields(Item& subject, const std::vector<Effect>& effects);
  Result<void> apply_fields(Item& subject, const std::vector<std::string>& takes);
  void set_fields(Item& subject, const std::vector<Effect>& effects);
  Result<void> apply_effects_before(Item& subject, const std::vector<Effect>& effects);
  Result<void> apply_effects_after(ItemId subject, const std::vector<Effect>& effects);
  std::string post_that_acts(const std::string& agency) const;
  std::vector<std::string> missing(const Item& subject, const Guards& guards,
                                   const std::vector<Effect>* effects, bool with_event) const;
  bool was_let_go(const Item& child) const;
  void enter(Item& subject, const std::string& state);
  void run_triggers(ItemId id, const std::string& event_name, bool entered);
  ItemId create_child(const Effect& effect, const Item& parent, const std::string& agency);
  ItemId new_item(const KindDef& kind, const Item* parent, const std::string& programme);
  ResolveRung resolver_of(const Obligation& obligation) const;
  void write_firings(const Obligation& obligation, const std::vector<Firing>& firings,
                     const std::optional<Downtime>& gap);
  Prompt& new_prompt(ItemId item, const Party& to, const std::string& template_name, Family family);
  std::string reference(std::int64_t id) const;
  void cover(const std::string& kind, const std::string& event, const SourcePlace& place) const;

  // Everything that a refused try must leave as it was.
  struct Work {
    std::map<ItemId, Changed<Item>> items;
    std::map<ObligationId, Changed<Obligation>> obligations;
    std::vector<Assignment> assignments;  // as they are now
    std::vector<Changed<Assignment>> assignments_changed;
    std::vector<Approval> approvals;
    std::vector<Changed<Approval>> approvals_changed;
    std::vector<Link> links;
    std::vector<Changed<Link>> links_changed;
    std::vector<Changed<Prompt>> prompts;
    std::vector<JournalLine> lines;
    std::set<ItemId> touched;  // items an event changed in this decision
    std::set<ItemId> stepped;  // items that took an auto step already
    int depth = 0;
    IdPool ids;
  };
  Work work_;
};

// What must be loaded for `event` on children of `parent` of these kinds, or for starting such children.
FactsNeeded facts_needed_below(const Rules& rules, const Item& parent,
                               const std::vector<Item>& ancestors,
                               const std::set<std::string>& kinds, const Event& event);

// S14.3: who calls is known, and may act for that post. Errors: forbidden, invalid.
Result<void> check_event(const Rules& rules, const Facts& facts, const Item* item,
                         const Event& event, Instant now);

Result<Decision> decide_correct(const Rules& rules, const Item& item, const Facts& facts,
                                const Event& event, Instant now);

}  // namespace assured
