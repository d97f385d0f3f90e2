#include "workflows/decide.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"
#include "workflows/roles.hpp"

namespace assured {

namespace {

const StartDef* find_start(const Definition& definition, std::string_view event,
                           const std::string& parent_kind, const KindDef** kind) {
  for (const auto& [name, def] : definition.kinds) {
    if (!def.start || def.start->event != event || def.parent != parent_kind) continue;
    *kind = &def;
    return &*def.start;
  }
  return nullptr;
}

bool is_transition(const KindDef& kind, std::string_view event) {
  return std::any_of(kind.transitions.begin(), kind.transitions.end(),
                     [&](const TransitionDef& t) { return !t.auto_ && t.event == event; });
}

// Adds what an event of `kind`, and the kinds below that it reaches, will look at.
class Needs {
 public:
  Needs(const Rules& rules, FactsNeeded& needed) : rules_(rules), needed_(needed) {}

  void add_event(const KindDef& kind, const Event& event, ItemId scope, bool root_of_event) {
    for (const TransitionDef& t : kind.transitions) {
      if (t.auto_ || t.event != event.name) continue;
      add_guards(t.requires_, kind, scope, root_of_event);
      add_effects(t.effects, kind);
      const bool changes_fields = !t.takes.empty() || !t.effects.empty();
      if (changes_fields) add_anchored_children(kind);
    }
    add_bodies(kind);
  }

  void add_waiting(const KindDef& kind, ItemId scope, bool is_scope) {
    for (const TransitionDef& t : kind.transitions) {
      if (!t.auto_ && t.ready_template.empty()) continue;
      add_guards(t.requires_, kind, scope, is_scope);
      if (!t.auto_) continue;
      add_effects(t.effects, kind);
      if (!t.effects.empty()) add_anchored_children(kind);
    }
    add_bodies(kind);
  }

  // Whether an auto transition of `kind` cascades, creates for each, or moves anchored children.
  bool reaches_below(const KindDef& kind) const {
    return std::any_of(
        kind.transitions.begin(), kind.transitions.end(), [](const TransitionDef& t) {
          return t.auto_ && std::any_of(t.effects.begin(), t.effects.end(), [](const Effect& e) {
                   return e.kind == Effect::Kind::cascade || e.kind == Effect::Kind::create ||
                          e.kind == Effect::Kind::set || e.kind == Effect::Kind::clear;
                 });
        });
  }

  void add_effects(const std::vector<Effect>& effects, const KindDef& kind) {
    for (const Effect& e : effects) {
      if (e.kind == Effect::Kind::link) needed_.links = true;
      if (e.kind != Effect::Kind::create && e.kind != Effect::Kind::cascade) continue;
      const KindDef* child = rules_.definition.find_kind(e.of);
      if (child == nullptr) continue;
      if (e.kind == Effect::Kind::create) {
        if (!e.each.empty()) load(*child);
        add_bodies(*child);
        continue;
      }
      if (++depth_ > 4) return;
      load(*child);
      // The kinds between, so that their own gates can be seen.
      for (const KindDef* up = rules_.definition.find_kind(child->parent);
           up != nullptr && up->name != kind.name; up = rules_.definition.find_kind(up->parent))
        load(*up);
      Event inner;
      inner.name = e.event;
      add_event(*child, inner, ItemId{}, false);
      --depth_;
    }
  }

  void add_guards(const Guards& guards, const KindDef& kind, ItemId scope, bool is_scope) {
    if (is_scope)
      add_counts_needed(guards, scope, needed_.counts);
    else
      add_counts_needed(guards, needed_.descendant_counts[kind.name]);
    needed_.approvals |= needs_approvals(guards);
    needed_.links |= needs_links(guards);
    add_bodies_needed(guards, needed_.bodies);
  }

 private:
  // Children whose deadlines count from a field of `kind`.
  void add_anchored_children(const KindDef& kind) {
    for (const auto& [name, child] : rules_.definition.kinds)
      if (child.parent == kind.name && has_parent_anchor(child)) load(child);
  }

  static bool has_parent_anchor(const KindDef& kind) {
    return std::any_of(kind.obligations.begin(), kind.obligations.end(),
                       [](const ObligationDef& o) {
                         return o.due.from == AnchorKind::parent_field ||
                                (o.due_again && o.due_again->from == AnchorKind::parent_field);
                       });
  }

  void load(const KindDef& kind) {
    if (!needed_.load_kinds.insert(kind.name).second) return;
    add_waiting(kind, ItemId{}, false);
  }

  void add_bodies(const KindDef& kind) {
    for (const ObligationDef& o : kind.obligations) {
      if (o.due.kind == DueRule::Kind::meeting) needed_.bodies.insert(o.due.body);
      if (o.due_again && o.due_again->kind == DueRule::Kind::meeting)
        needed_.bodies.insert(o.due_again->body);
    }
  }

  const Rules& rules_;
  FactsNeeded& needed_;
  int depth_ = 0;
};

}  // namespace

FactsNeeded facts_needed(const Rules& rules, const Item* item, const std::vector<Item>& ancestors,
                         const Event& event) {
  FactsNeeded needed;
  if (event.name == "correct") {
    needed.last_event = true;
    // What it gives back may be bound to meetings that changed since.
    for (const auto& [body, def] : rules.establishment.bodies) needed.bodies.insert(body);
  }
  needed.links = !event.links.empty();
  Needs needs(rules, needed);
  const std::string parent_kind = item == nullptr ? std::string{} : item->kind;
  const KindDef* kind =
      item == nullptr ? nullptr : rules.definition_of(*item).find_kind(item->kind);
  if (kind != nullptr) {
    const Rules item_rules = rules.of(*item);
    Needs of_item(item_rules, needed);
    of_item.add_event(*kind, event, item->id, true);
    of_item.add_waiting(*kind, item->id, true);
    for (const Item& above : ancestors) {
      const Rules own = rules.of(above);
      const KindDef* up = own.definition.find_kind(above.kind);
      if (up == nullptr) continue;
      Needs of_above(own, needed);
      const std::size_t loaded = needed.load_kinds.size();
      of_above.add_waiting(*up, above.id, true);
      // What its gate does reaches its other descendants too.
      if (needed.load_kinds.size() > loaded || of_above.reaches_below(*up))
        needed.load_below = above.id;
    }
  }
  const KindDef* started = nullptr;
  if (const StartDef* start = find_start(rules.definition, event.name, parent_kind, &started)) {
    needs.add_guards(start->requires_, *started, ItemId{}, false);
    needs.add_effects(start->effects, *started);
    needs.add_waiting(*started, ItemId{}, false);
  }
  std::sort(needed.counts.begin(), needed.counts.end());
  needed.counts.erase(std::unique(needed.counts.begin(), needed.counts.end()), needed.counts.end());
  return needed;
}

Result<void> check_occurred(Instant occurred_at, const Item* item, Instant now) {
  if (occurred_at > now)
    return Error{Errc::invalid, "it cannot have happened in the future", "occurred_at"};
  if (item != nullptr && occurred_at < item->created_at)
    return Error{Errc::invalid, "it cannot have happened before the item existed", "occurred_at"};
  return {};
}

Result<Decision> decide(const Rules& rules, const Item* item, const Facts& facts,
                        const Event& event, Instant now) {
  if (auto fits = check_occurred(event.occurred_at, item, now); !fits) return fits.error();
  if (!event.actor.empty()) {
    const Date today = local_date(now, *rules.time.zone);
    if (auto known =
            check_caller(rules.establishment, facts.people, event.actor, event.for_post, today);
        !known)
      return known.error();
  }
  if (event.name == "correct") {
    if (item == nullptr) return Error{Errc::invalid, "say which item to correct", "item"};
    return decide_correct(rules, *item, facts, event, now);
  }

  if (item != nullptr && is_gone(item->state))
    return Error{Errc::refused, "it was undone, or its content removed; nothing can begin or end on it",
                 "event"};
  Deciding deciding(rules, facts, event, now);
  ItemId subject;
  const KindDef* started = nullptr;
  if (item != nullptr) {
    deciding.add(*item);
    const KindDef& kind = deciding.kind_of(*item);
    const StartDef* start = is_transition(kind, event.name)
                                ? nullptr
                                : find_start(rules.definition, event.name, item->kind, &started);
    if (start != nullptr) {
      const auto& in = start->parent_in;
      if (!in.empty() && std::find(in.begin(), in.end(), item->state) == in.end())
        return Error{Errc::refused, fmt::format("“{}” is too early or too late here", event.name),
                     "event"};
      auto made = deciding.run_start(*started, *start, item->id);
      if (!made) return made.error();
      subject = *made;
    } else {
      if (!is_transition(kind, event.name))
        return Error{Errc::not_found,
                     fmt::format("“{}” is nothing that can be done to a {}", event.name, kind.name),
                     "event"};
      if (auto done = deciding.run_event(item->id, event.name, false); !done) return done.error();
      subject = item->id;
    }
  } else {
    const StartDef* start = find_start(rules.definition, event.name, {}, &started);
    if (start == nullptr)
      return Error{Errc::not_found, fmt::format("nothing begins with “{}”", event.name), "event"};
    auto made = deciding.run_start(*started, *start, {});
    if (!made) return made.error();
    subject = *made;
  }
  if (auto settled = deciding.settle(); !settled) return settled.error();
  Decision decision = deciding.take();
  decision.subject = subject;
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
                          Instant now) {
  Event event;
  event.name = "hand-over";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  for (Obligation* o : deciding.obligations_of(item.id)) {
    if (o->id != id || !o->is_open()) continue;
    const auto party = parse_party(o->owed_by);
    if (!party) continue;
    deciding.hand_over(*o, *party);
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
                         facts.meetings,
                         facts.people,
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
  for (const auto& [name, child] : rules.definition.kinds) {
    if (!child.start || child.parent != item.kind) continue;
    const auto& in = child.start->parent_in;
    if (in.empty() || std::find(in.begin(), in.end(), item.state) != in.end())
      offers.push_back({child.start->event, child.start->title, {}});
  }
  return offers;
}

}  // namespace assured
