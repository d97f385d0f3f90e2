#include "workflows/decide.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"
#include "workflows/roles.hpp"

namespace assured {

namespace {

// The start with `event` of a kind whose parent is `parent_kind`; `always_current` picks between those
// that begin as the current definition says and the others.
std::optional<EventRule> find_start(const Definition& definition, std::string_view event,
                                    const std::string& parent_kind, bool always_current) {
  for (const auto& [name, def] : definition.kinds)
    if (def.start && def.start->event == event && def.parent == parent_kind &&
        def.always_current == always_current)
      return EventRule{&definition, &def, &*def.start};
  return std::nullopt;
}

// The definition by which concerns begin on a parent of this kind: the current one, unless it has none
// for such a parent. A concern that cannot be raised would be the worse answer.
const Definition& concerns_of(const Rules& rules, const std::string& parent_kind) {
  if (rules.current == nullptr) return rules.definition;
  const bool has_own = std::any_of(
      rules.current->kinds.begin(), rules.current->kinds.end(), [&](const auto& named) {
        const KindDef& kind = named.second;
        return kind.always_current && kind.start && kind.parent == parent_kind;
      });
  return has_own ? *rules.current : rules.definition;
}

// A state that this definition does not know, of a parent on another, is no reason to refuse.
bool fits_parent(const Definition& definition, const StartDef& start, const Item& parent) {
  const auto& in = start.parent_in;
  if (in.empty() || std::find(in.begin(), in.end(), parent.state) != in.end()) return true;
  const KindDef* kind = definition.find_kind(parent.kind);
  return kind == nullptr || kind->find_state(parent.state) == nullptr;
}

bool is_transition(const KindDef& kind, std::string_view event) {
  return std::any_of(kind.transitions.begin(), kind.transitions.end(),
                     [&](const TransitionDef& t) { return !t.auto_ && t.event == event; });
}

}  // namespace

Result<EventRule> find_event_rule(const Rules& rules, const Item* item, std::string_view event) {
  if (item == nullptr) {
    for (const bool always_current : {false, true})
      if (const auto found = find_start(rules.definition, event, {}, always_current)) return *found;
    return Error{Errc::not_found, fmt::format("nothing begins with “{}”", event), "event"};
  }
  const Definition& own = rules.definition_of(*item);
  const KindDef* kind = own.find_kind(item->kind);
  ASSURED_ASSERT(kind != nullptr);
  if (is_transition(*kind, event)) return EventRule{&own, kind, nullptr};
  const Definition& concerns = concerns_of(rules, item->kind);
  if (const auto found = find_start(concerns, event, item->kind, true)) return *found;
  if (const auto found = find_start(own, event, item->kind, false)) return *found;
  if (find_start(own, event, item->kind, true)) {
    std::vector<std::string> now;
    for (const auto& [name, def] : concerns.kinds)
      if (def.start && def.always_current && def.parent == item->kind) now.push_back(def.start->event);
    return Error{Errc::not_found,
                 fmt::format("“{}” is no longer how anything begins here; what can begin now: {}",
                             event, fmt::join(now, ", ")),
                 "event"};
  }
  return Error{Errc::not_found,
               fmt::format("“{}” is nothing that can be done to “{}”", event, kind->name), "event"};
}

Result<ItemId> Deciding::run(ItemId on) {
  const Item* subject = on ? &item(on) : nullptr;
  const auto rule = find_event_rule(rules, subject, event.name);
  if (!rule) return rule.error();
  if (rule->start == nullptr) {
    if (event.occurred_at < subject->entered_at && !event.actor.empty())
      return Error{Errc::invalid, "it cannot have happened before the item came into its present state",
                   "occurred_at"};
    if (auto done = run_event(on, event.name, false); !done) return done.error();
    return on;
  }
  if (subject != nullptr && !fits_parent(*rule->definition, *rule->start, *subject))
    return Error{Errc::refused, fmt::format("“{}” is too early or too late here", event.name),
                 "event"};
  return run_start(*rule, on);
}

Result<void> check_occurred(Instant occurred_at, const Item* item, Instant now) {
  if (occurred_at > now)
    return Error{Errc::invalid, "it cannot have happened in the future", "occurred_at"};
  if (item != nullptr && occurred_at < item->created_at)
    return Error{Errc::invalid, "it cannot have happened before the item existed", "occurred_at"};
  return {};
}

Result<void> check_event(const Rules& rules, const Facts& facts, const Item* item,
                         const Event& event, Instant now) {
  if (auto fits = check_occurred(event.occurred_at, item, now); !fits) return fits.error();
  if (event.actor.empty()) return {};
  return check_caller(rules.establishment, *facts.people, event.actor, event.for_post,
                      local_date(now, *rules.time.zone));
}

Result<Decision> decide(const Rules& rules, const Item* item, const Facts& facts,
                        const Event& event, Instant now) {
  if (auto fits = check_event(rules, facts, item, event, now); !fits) return fits.error();
  if (event.name == "correct") {
    if (item == nullptr) return Error{Errc::invalid, "say which item to correct", "item"};
    return decide_correct(rules, *item, facts, event, now);
  }

  if (item != nullptr && is_gone(item->state))
    return Error{Errc::refused, "it was undone, or its content removed; nothing can begin or end on it",
                 "event"};
  Deciding deciding(rules, facts, event, now);
  if (item != nullptr) deciding.add(*item);
  const auto subject = deciding.run(item == nullptr ? ItemId{} : item->id);
  if (!subject) return subject.error();
  if (auto settled = deciding.settle(); !settled) return settled.error();
  Decision decision = deciding.take();
  decision.subject = *subject;
  return decision;
}

Result<Decision> decide_due(const Rules& rules, const Item& item, const Facts& facts,
                            ObligationId id, const std::optional<Downtime>& down, Instant now) {
  Event event;
  event.name = "time";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  Obligation* o = nullptr;
  for (Obligation* candidate : deciding.obligations_of(item.id))
    if (candidate->id == id) o = candidate;
  if (o == nullptr) return Error{Errc::not_found, "there is no such obligation"};
  Decision decision;
  decision.subject = item.id;
  if (!o->is_open() || !o->next_at || *o->next_at > now) return decision;

  // A time transition at the due instant goes before the rungs of that instant (S8.4).
  const KindDef& kind = deciding.kind_of(item);
  const bool expires = std::any_of(
      kind.transitions.begin(), kind.transitions.end(),
      [&](const TransitionDef& t) { return t.event == "time" && t.expires == o->name; });
  if (expires && o->due_at && *o->due_at <= now) {
    const bool tried = std::any_of(o->fired.begin(), o->fired.end(), [&](const FiredRung& f) {
      return f.rung == expiry_rung && f.due_version == o->due_version;
    });
    if (!tried) {
      o->fired.push_back(FiredRung{o->id, o->due_version, expiry_rung, 0, "time", *o->due_at, now});
      const std::string expired = o->name;  // `o` does not outlive a refused try
      if (auto moved = deciding.run_event(item.id, "time", true, expired); !moved)
        deciding.line(item.id, "time", "not moved: " + moved.error().message);
      else if (auto settled = deciding.settle(); !settled)
        return settled.error();
      // run_event may have restored its working copy: look the obligation up again.
      for (Obligation* candidate : deciding.obligations_of(item.id))
        if (candidate->id == id) o = candidate;
    }
  }
  if (o->is_open()) {
    const LadderPass pass = deciding.fire(*o, down);
    deciding.set_next(*o);
    const bool about_vacancy = o->name.starts_with(name_somebody);
    if (!about_vacancy)
      for (const std::string& party : pass.vacant)
        deciding.open_vacancy(item.id, party.starts_with("post:") ? party.substr(5) : party);
  }
  decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

namespace {

// Decisions that look at one obligation without an event of a person.
struct OnObligation {
  Event event;
  Facts facts;
  OnObligation(const Obligation& o, std::string_view what, Instant now) {
    event.name = what;
    event.occurred_at = now;
    facts.obligations.push_back(o);
  }
};

}  // namespace

Decision decide_outcome(const Rules& rules, const Item& item, const Obligation& obligation,
                        const Prompt& prompt, Instant now) {
  if (!obligation.is_open() || prompt.to != obligation.owed_by || !obligation.seniors_wait_until)
    return {};
  const OnObligation on(obligation, "told", now);
  Deciding deciding(rules, on.facts, on.event, now);
  deciding.add(item);
  Obligation& o = *deciding.obligations_of(item.id).front();
  end_seniors_wait(o, rules.time, now);
  deciding.set_next(o);
  return deciding.take();
}

Decision decide_close(const Rules& rules, const Item& item, const Obligation& obligation,
                      const std::string& by, Instant now) {
  const OnObligation on(obligation, by, now);
  Deciding deciding(rules, on.facts, on.event, now);
  deciding.add(item);
  deciding.close_obligation(*deciding.obligations_of(item.id).front(), by);
  Decision decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

Decision decide_held(const Rules& rules, const Item& item, const Facts& facts, std::string_view why,
                     Instant now) {
  Event event;
  event.name = "held";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  Decision decision;
  decision.subject = item.id;
  for (const Obligation* o : deciding.obligations_of(item.id))
    if (o->is_open() && o->name == look_at_held) return decision;
  const VacancyRule& rule = rules.definition_of(item).vacancy;
  deciding.line(item.id, "held", std::string(why));
  deciding.open_plain(item.id, std::string(look_at_held), rule.owed_by, rule.within, rule.ladder,
                      rule.source);
  decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

Decision decide_hold(const Rules& rules, const Item& item, const Obligation& obligation,
                     Instant until, std::string_view what, Instant now) {
  const OnObligation on(obligation, what, now);
  Deciding deciding(rules, on.facts, on.event, now);
  deciding.add(item);
  Obligation& o = *deciding.obligations_of(item.id).front();
  o.held_until = std::max(o.held_until.value_or(until), until);  // a longer hold stays
  if (what == "acknowledge") o.acknowledged_rung = reached_rung(o) + 1;
  deciding.set_next(o);
  deciding.line(item.id, std::string(what), fmt::format("{} until {}", o.name, to_text(until)));
  Decision decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

Decision decide_hand_over(const Rules& rules, const Item& item, const Facts& facts, ObligationId id,
                          const std::vector<std::string>& persons, Instant now) {
  Event event;
  event.name = "hand-over";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  for (Obligation* o : deciding.obligations_of(item.id)) {
    if (o->id != id || !o->is_open()) continue;
    for (const std::string& person : persons) deciding.hand_over(*o, {Party::Kind::person, person});
  }
  Decision decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

Decision decide_recompute(const Rules& rules, const Item& item, const Facts& facts, ObligationId id,
                          const std::string& cause, Instant now) {
  Event event;
  event.name = "recompute";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  for (Obligation* o : deciding.obligations_of(item.id))
    if (o->id == id) {
      deciding.recompute_one(*o, cause);
      deciding.set_next(*o);
    }
  Decision decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

Decision decide_leave(const Rules& rules, const Item& item, const Facts& facts,
                      const std::string& person, Instant now) {
  Event event;
  event.name = "left";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  deciding.end_assignments(item.id, person);
  deciding.refresh_debtors(item.id);
  Decision decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

Decision decide_rebind(const Rules& rules, const Item& item, const Facts& facts, ObligationId id,
                       MeetingId meeting, Instant now) {
  Event event;
  event.name = "rebind";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  for (Obligation* o : deciding.obligations_of(item.id))
    if (o->id == id) {
      o->meeting = meeting;  // recompute_one keeps a binding to a meeting that is not cancelled
      deciding.recompute_one(*o, "an earlier meeting was planned");
      deciding.set_next(*o);
    }
  Decision decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

std::vector<WorkingLine> working_of(const Obligation& obligation, const TimeRules& time) {
  if (!obligation.anchor || !obligation.due_at) return {};
  const DueRule& rule = obligation.rule;
  if (rule.kind == DueRule::Kind::after)
    return due_after(*obligation.anchor, rule.after, time).working;
  if (rule.kind == DueRule::Kind::hours)
    return due_in_hours(*obligation.anchor, rule.in_hours, rule.else_, time).working;
  return {};
}

std::vector<Offer> list_offers(const Rules& rules, const Item& item, const Facts& facts,
                               Instant now) {
  std::vector<Offer> offers;
  const KindDef* kind = rules.definition.find_kind(item.kind);
  if (kind == nullptr) return offers;
  const StateDef* state = kind->find_state(item.state);
  const bool final = is_gone(item.state) || (state != nullptr && state->final);
  const GuardScope scope{rules,
                         item,
                         facts.ancestors,
                         facts.assignments,
                         facts.approvals,
                         facts.links,
                         facts.files,
                         facts.meetings,
                         *facts.people,
                         [&](const CountQuery& q) {
                           const auto found = facts.counts.find(q);
                           return found == facts.counts.end() ? 0 : found->second;
                         },
                         nullptr,
                         true,
                         now};
  for (const TransitionDef& t : kind->transitions) {
    if (t.auto_ || t.event == "time") continue;
    const bool here = (t.from_any && !final) ||
                      std::find(t.from.begin(), t.from.end(), item.state) != t.from.end();
    if (!here) continue;
    offers.push_back({t.event, t.title, missing_for(t.requires_, scope)});
  }
  const auto add_starts = [&](const Definition& definition, bool always_current) {
    for (const auto& [name, child] : definition.kinds)
      if (child.start && child.parent == item.kind && child.always_current == always_current &&
          fits_parent(definition, *child.start, item))
        offers.push_back({child.start->event, child.start->title, {}});
  };
  add_starts(rules.definition, false);
  add_starts(concerns_of(rules, item.kind), true);
  return offers;
}

}  // namespace assured
