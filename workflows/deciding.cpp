#include "workflows/deciding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured {

namespace {

std::uint64_t mix(std::uint64_t x) {  // splitmix64: spreads the store's random seed over ids
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& s : sentences) {
    if (!text.empty()) text += "; ";
    text += s;
  }
  return text;
}

}  // namespace

Deciding::Deciding(const Rules& r, const Facts& f, const Event& e, Instant at)
    : rules(r), facts(f), event(e), now(at) {
  work_.assignments = f.assignments;
  work_.approvals = f.approvals;
  work_.links = f.links;
  work_.ids = f.ids;
  for (const Obligation& o : f.obligations)
    work_.obligations.emplace(o.id, Changed<Obligation>{o, o});
  for (const Item& i : f.ancestors) add(i);
  for (const Item& i : f.descendants) add(i);
}

void Deciding::add(const Item& i) { work_.items.emplace(i.id, Changed<Item>{i, i}); }

Item& Deciding::item(ItemId id) {
  const auto found = work_.items.find(id);
  ASSURED_ASSERT(found != work_.items.end());
  return found->second.now;
}

const Item* Deciding::find(ItemId id) const {
  const auto found = work_.items.find(id);
  return found == work_.items.end() ? nullptr : &found->second.now;
}

const KindDef& Deciding::kind_of(const Item& i) const {
  const KindDef* kind = rules.definition_of(i).find_kind(i.kind);
  ASSURED_ASSERT(kind != nullptr);  // the definition is pinned, so its kinds cannot vanish
  return *kind;
}

std::vector<Item> Deciding::ancestors_of(const Item& i) const {
  std::vector<Item> result;
  for (ItemId id = i.parent; id;) {
    const Item* parent = find(id);
    if (parent == nullptr) break;
    result.push_back(*parent);
    id = parent->parent;
  }
  return result;
}

std::vector<ItemId> Deciding::descendants(ItemId scope, const std::string& kind) const {
  std::vector<ItemId> result;
  for (const auto& [id, changed] : work_.items) {
    if (changed.now.kind != kind || id == scope) continue;
    // What was loaded lies below the event's item; what was made here has its parents here.
    for (ItemId at = changed.now.parent; at;) {
      if (at == scope) {
        result.push_back(id);
        break;
      }
      const Item* parent = find(at);
      at = parent == nullptr ? ItemId{} : parent->parent;
    }
  }
  return result;
}

RoleScope Deciding::scope_of(const Item& i, std::string owed_by) const {
  return RoleScope{rules.establishment, rules.definition_of(i), i,
                   work_.assignments,   *facts.people,     std::move(owed_by)};
}

int Deciding::count(const CountQuery& query) const {
  const auto known = facts.counts.find(query);
  const auto scope = work_.items.find(query.scope);
  // facts_needed() declares every count, but for what this decision itself makes.
  ASSURED_ASSERT(known != facts.counts.end() ||
                 (scope != work_.items.end() && !scope->second.was));
  int n = known == facts.counts.end() ? 0 : known->second;
  // The store counted before this event: correct it by what the event has changed so far.
  for (const auto& [id, changed] : work_.items) {
    if (changed.was && *changed.was == changed.now) continue;
    bool below = false;
    for (ItemId at = changed.now.parent; at && !below;) {
      below = at == query.scope;
      const Item* parent = find(at);
      at = parent == nullptr ? ItemId{} : parent->parent;
    }
    if (!below) continue;
    if (changed.was && matches(*changed.was, query.kind, query.where)) --n;
    if (matches(changed.now, query.kind, query.where)) ++n;
  }
  return n;
}

void Deciding::line(ItemId id, std::string what, std::string text) {
  work_.lines.push_back({id, std::move(what), std::move(text)});
}

std::string Deciding::reference(std::int64_t id) const {
  // Random, not derived from anything; three letters, then three signs and a check sign. Without
  // I O S 0 1 5, which are misread on paper (DOMAIN.md 6.1).
  constexpr std::string_view letters = "ABCDEFGHJKLMNPQRTUVWXYZ";
  constexpr std::string_view signs = "ABCDEFGHJKLMNPQRTUVWXYZ2346789";
  std::uint64_t bits = mix(work_.ids.seed ^ mix(static_cast<std::uint64_t>(id)));
  std::string text;
  std::size_t sum = 0;
  for (int i = 0; i < 6; ++i) {
    const std::string_view alphabet = i < 3 ? letters : signs;
    const std::size_t at = static_cast<std::size_t>(bits % alphabet.size());
    bits /= alphabet.size();
    sum += at * static_cast<std::size_t>(i + 2);
    if (i == 3) text += '-';
    text += alphabet[at];
  }
  return text + signs[sum % signs.size()];
}

Prompt& Deciding::new_prompt(ItemId id, const Party& to, const std::string& template_name,
                             Family family) {
  Prompt prompt;
  prompt.id = PromptId{work_.ids.next_prompt++};
  prompt.item = id;
  prompt.to = to_text(to);
  prompt.template_name = template_name;
  prompt.family = family;
  prompt.created_at = now;
  prompt.not_before = family == Family::a ? now : in_send_window(now, rules.time);
  work_.prompts.push_back({std::nullopt, std::move(prompt)});
  return work_.prompts.back().now;
}

void Deciding::cover(const std::string& kind, const std::string& name,
                     const SourcePlace& place) const {
  if (rules.coverage != nullptr)
    rules.coverage->transitions.insert(
        fmt::format("{}.{}#{}", kind, name.empty() ? "auto" : name, place.line));
}

ItemId Deciding::new_item(const KindDef& kind, const Item* parent, const std::string& programme) {
  Item made;
  made.id = ItemId{work_.ids.next_item++};
  made.kind = kind.name;
  if (parent != nullptr) {
    made.parent = parent->id;
    made.root = parent->root;
    made.agency = parent->agency;
  } else {
    made.root = made.id;
  }
  made.programme = programme;
  made.reference = reference(made.id.value);
  made.created_at = event.occurred_at;
  made.version = 0;  // take() raises it to 1
  const ItemId id = made.id;
  work_.items.emplace(id, Changed<Item>{std::nullopt, std::move(made)});
  work_.touched.insert(id);
  return id;
}

void Deciding::enter(Item& subject, const std::string& state) {
  subject.state = state;
  subject.entered_at = event.occurred_at;
  subject.ready_told.clear();
}

void Deciding::run_triggers(ItemId id, const std::string& event_name, bool entered) {
  const Item& subject = item(id);
  const KindDef& kind = kind_of(subject);
  const auto fires = [&](const std::vector<Trigger>& triggers) {
    return std::any_of(triggers.begin(), triggers.end(), [&](const Trigger& t) {
      return t.kind == Trigger::Kind::event ? t.name == event_name
                                            : entered && t.name == subject.state;
    });
  };
  const StateDef* state = kind.find_state(subject.state);
  const bool final = is_gone(subject.state) || (state != nullptr && state->final);
  for (const ObligationDef& def : kind.obligations) {
    const bool opens = !final && fires(def.opens_on);
    const bool closes = fires(def.closes_on);
    for (Obligation* o : obligations_of(id))
      if (o->is_open() && o->name == def.name && (closes || final))
        close_obligation(*o, closes ? event_name : "final state");
    if (opens) open_obligation(id, def);
  }
  if (final)
    for (Obligation* o : obligations_of(id))
      if (o->is_open()) close_obligation(*o, "final state");
}

std::vector<std::string> Deciding::missing(const Item& subject, const Guards& guards,
                                           const std::vector<Effect>* effects,
                                           bool with_event) const {
  if (guards.empty()) return {};
  const std::vector<Item> above = ancestors_of(subject);
  bool assigns = false;
  if (effects != nullptr)
    for (const Effect& e : *effects) assigns |= e.kind == Effect::Kind::assign;
  const Rules own = rules.of(subject);
  const GuardScope scope{own,
                         subject,
                         above,
                         work_.assignments,
                         work_.approvals,
                         work_.links,
                         facts.files,
                         facts.meetings,
                         *facts.people,
                         [this](const CountQuery& q) { return count(q); },
                         with_event ? &event : nullptr,
                         assigns,
                         now};
  return missing_for(guards, scope);
}

Result<void> Deciding::try_transition(Item& subject, const TransitionDef& def, bool by_system) {
  const ItemId id = subject.id;
  forget_fields(subject, def.effects);
  if (!by_system)
    if (auto taken = apply_fields(subject, def.takes); !taken) return taken.error();
  if (auto done = apply_effects_before(subject, def.effects); !done) return done.error();
  const auto why = missing(subject, def.requires_, &def.effects, !by_system);
  if (!why.empty()) return Error{Errc::refused, joined(why)};
  set_fields(subject, def.effects);

  work_.touched.insert(id);
  cover(subject.kind, def.event, def.place);
  const std::string from = subject.state;
  if (def.to) enter(subject, *def.to);
  line(id, def.event.empty() ? "auto" : def.event,
       def.to && *def.to != from ? fmt::format("from “{}” to “{}”", from, subject.state)
                                 : fmt::format("in “{}”", subject.state));
  run_triggers(id, def.event, def.to.has_value());
  refresh_debtors(id);  // who owns it may be a field
  if (auto moved = recompute(id, def.event.empty() ? "auto" : def.event, !by_system); !moved)
    return moved.error();
  for (const auto& [other, changed] : work_.items)
    if (changed.now.parent == id && changed.was)
      if (auto moved = recompute(other, def.event, false); !moved) return moved.error();
  return apply_effects_after(id, def.effects);
}

Result<void> Deciding::run_event(ItemId id, const std::string& name, bool by_system,
                                 const std::string& expired) {
  const Item before = item(id);
  const KindDef& kind = kind_of(before);
  const StateDef* state = kind.find_state(before.state);
  std::vector<const TransitionDef*> candidates;
  for (const TransitionDef& t : kind.transitions) {
    if (t.auto_ || t.event != name || t.expires != expired) continue;
    if ((t.from_any && state != nullptr && !state->final) ||
        std::find(t.from.begin(), t.from.end(), before.state) != t.from.end())
      candidates.push_back(&t);
  }
  const std::string title = state == nullptr || state->title.empty() ? before.state : state->title;
  if (candidates.empty()) {
    std::string open;
    for (const TransitionDef& t : kind.transitions)
      if (!t.auto_ && t.event != "time" &&
          ((t.from_any && state != nullptr && !state->final) ||
           std::find(t.from.begin(), t.from.end(), before.state) != t.from.end()))
        open += (open.empty() ? "" : ", ") + t.event;
    return Error{Errc::refused,
                 fmt::format("“{}” cannot be done while it is “{}”; what can be done: {}", name,
                             title, open.empty() ? "nothing, it is finished" : open),
                 "event"};
  }
  if (!by_system) {
    const Date today = local_date(now, *rules.time.zone);  // rights are today's (S14.3)
    const RoleScope scope = scope_of(before);
    std::erase_if(candidates, [&](const TransitionDef* t) {
      return !is_one_of(t->by, scope, event.actor, event.for_post, today);
    });
    if (candidates.empty())
      return Error{Errc::forbidden, fmt::format("“{}” is not for you to do here", name), "event"};
    std::string unknown;
    for (const auto& [field, value] : event.fields) {
      const bool taken =
          std::any_of(candidates.begin(), candidates.end(), [&sent = field](const auto* t) {
            return std::find(t->takes.begin(), t->takes.end(), sent) != t->takes.end();
          });
      if (!taken && unknown.empty()) unknown = field;
    }
    if (!unknown.empty())
      return Error{Errc::invalid, fmt::format("“{}” does not take a field “{}”", name, unknown),
                   unknown};
  }
  // The first whose guards hold wins; a refused try must leave nothing behind.
  std::optional<Error> refusal;
  for (const TransitionDef* t : candidates) {
    Work saved = work_;
    auto done = try_transition(item(id), *t, by_system);
    if (done) return {};
    if (!refusal) refusal = done.error();
    work_ = std::move(saved);
  }
  return *refusal;
}

Result<ItemId> Deciding::run_start(const EventRule& rule, ItemId parent) {
  const KindDef& kind = *rule.kind;
  const StartDef& start = *rule.start;
  const Item* above = parent ? find(parent) : nullptr;
  const ItemId id = new_item(kind, above, rule.definition->digest);
  Item& made = item(id);
  made.state = kind.initial;
  made.entered_at = event.occurred_at;
  for (const auto& [field, value] : event.fields)
    if (std::find(start.takes.begin(), start.takes.end(), field) == start.takes.end())
      return Error{Errc::invalid,
                   fmt::format("“{}” does not take a field “{}”", start.event, field), field};
  if (auto taken = apply_fields(made, start.takes); !taken) return taken.error();
  const Date today = local_date(now, *rules.time.zone);  // rights are today's (S14.3)
  // Roles are seen from the new item, whose agency may come from a field; and from its parent.
  const bool own = is_one_of(start.by, scope_of(made), event.actor, event.for_post, today);
  const bool parents = above != nullptr && is_one_of(start.by, scope_of(item(parent)), event.actor,
                                                     event.for_post, today);
  if (!own && !parents)
    return Error{Errc::forbidden, fmt::format("“{}” is not for you to do here", start.event),
                 "event"};
  if (auto done = apply_effects_before(made, start.effects); !done) return done.error();
  const auto why = missing(made, start.requires_, &start.effects, true);
  if (!why.empty()) return Error{Errc::refused, joined(why)};
  set_fields(made, start.effects);
  cover(kind.name, start.event, start.place);
  line(id, start.event, fmt::format("{} begins in “{}”", kind.name, kind.initial));
  run_triggers(id, start.event, true);
  if (auto done = apply_effects_after(id, start.effects); !done) return done.error();
  return id;
}

Result<void> Deciding::settle() {
  // Only what lies above a change, never the changed item itself: an item that a person has just
  // sent back to a gate would bounce through it again at once (S8.1).
  for (int round = 0; round < depth_max; ++round) {
    std::set<ItemId> candidates;
    for (const ItemId id : work_.touched)
      for (const Item& above : ancestors_of(item(id))) candidates.insert(above.id);
    bool moved = false;
    for (const ItemId id : candidates) {
      if (work_.stepped.contains(id)) continue;
      const KindDef& kind = kind_of(item(id));
      for (const TransitionDef& t : kind.transitions) {
        if (!t.auto_) continue;
        const Item& subject = item(id);
        const StateDef* state = kind.find_state(subject.state);
        const bool here = (t.from_any && state != nullptr && !state->final) ||
                          std::find(t.from.begin(), t.from.end(), subject.state) != t.from.end();
        if (!here || !missing(subject, t.requires_, &t.effects, false).empty()) continue;
        Work saved = work_;
        if (auto done = try_transition(item(id), t, true); !done) {
          // The gate is open but what it does is refused further down: nothing of it may stay.
          work_ = std::move(saved);
          line(id, "auto", "not done: " + done.error().message);
          continue;
        }
        work_.stepped.insert(id);
        moved = true;
        break;
      }
    }
    if (!moved) break;
  }
  // S8.1: otherwise the owner hears once that the way is free.
  std::set<ItemId> candidates;
  for (const ItemId id : work_.touched) {
    candidates.insert(id);
    for (const Item& above : ancestors_of(item(id))) candidates.insert(above.id);
  }
  for (const ItemId id : candidates) {
    const KindDef& kind = kind_of(item(id));
    for (const TransitionDef& t : kind.transitions) {
      if (t.ready_template.empty() || t.auto_) continue;
      Item& subject = item(id);
      const bool here = std::find(t.from.begin(), t.from.end(), subject.state) != t.from.end();
      if (!here || subject.ready_told.contains(t.event)) continue;
      if (!missing(subject, t.requires_, &t.effects, false).empty()) continue;
      subject.ready_told.insert(t.event);
      line(id, "ready", fmt::format("“{}” can be done now", t.event));
      for (const Party& party : resolve(RoleTerm{RoleTerm::Kind::owner, {}}, scope_of(subject)))
        new_prompt(id, party, t.ready_template, Family::c);
    }
  }
  return {};
}

Decision Deciding::take() {
  close_idle_companions();
  Decision decision;
  for (auto& [id, changed] : work_.items) {
    if (changed.was && *changed.was == changed.now && !work_.touched.contains(id)) continue;
    ++changed.now.version;
    decision.items.push_back(std::move(changed));
  }
  for (auto& [id, changed] : work_.obligations)
    if (!changed.was || !(*changed.was == changed.now))
      decision.obligations.push_back(std::move(changed));
  decision.assignments = std::move(work_.assignments_changed);
  decision.links = std::move(work_.links_changed);
  decision.approvals = std::move(work_.approvals_changed);
  decision.prompts = std::move(work_.prompts);
  decision.lines = std::move(work_.lines);
  return decision;
}

}  // namespace assured
