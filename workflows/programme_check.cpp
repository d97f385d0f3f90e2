// Names that must mean something: roles, posts, bodies, and what a kind, its states, transitions
// and obligations refer to.
#include "workflows/programme_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "workflows/item.hpp"

namespace assured::reading {

std::string obligation_path(const KindDef& kind, std::size_t index) {
  const auto& obligation = kind.obligations[index];
  if (!obligation.of_state.empty())
    return fmt::format("kind.{}.state.{}", kind.name, obligation.of_state);
  return fmt::format("kind.{}.obligation[{}]", kind.name, index + 1);
}

std::string post_path(const PostDef& post) {
  if (post.agency.empty()) return "post." + post.id;
  return fmt::format("agency.{}.post.{}", post.agency, post.id.substr(post.agency.size() + 1));
}

bool is_descendant(const Definition& definition, const KindDef& kind, std::string_view ancestor) {
  const KindDef* at = &kind;
  // A ring of parents is told elsewhere; here it must only end.
  for (std::size_t steps = 0; at && steps <= definition.kinds.size(); ++steps) {
    if (at->parent == ancestor) return true;
    at = definition.find_kind(at->parent);
  }
  return false;
}

namespace {

const KindDef* root_of(const Definition& definition, const KindDef& kind) {
  const KindDef* at = &kind;
  for (std::size_t steps = 0; at && !at->parent.empty() && steps <= definition.kinds.size();
       ++steps)
    at = definition.find_kind(at->parent);
  return at;
}

}  // namespace

const KindDef* find_field_owner(const Definition& definition, const KindDef& kind,
                                std::string_view ref) {
  const auto where = ref.substr(0, ref.find('.'));
  if (where.size() == ref.size()) return &kind;
  if (kind.parent.empty()) return nullptr;
  if (where == "parent") return definition.find_kind(kind.parent);
  return where == "root" ? root_of(definition, kind) : nullptr;
}

std::string_view own_name(std::string_view ref) {
  const auto dot = ref.find('.');
  return dot == std::string_view::npos ? ref : ref.substr(dot + 1);
}

namespace {

std::set<std::string> roles_assigned_by(const KindDef& kind) {
  std::set<std::string> roles;
  const auto add = [&](const std::vector<Effect>& effects) {
    for (const auto& effect : effects)
      if (effect.kind == Effect::Kind::assign) roles.insert(effect.role);
  };
  for (const auto& transition : kind.transitions) add(transition.effects);
  if (kind.start) add(kind.start->effects);
  return roles;
}

bool comes_to_be(const Definition& definition, const KindDef& kind) {
  if (kind.start) return true;
  const auto creates = [&](const std::vector<Effect>& effects) {
    return std::any_of(effects.begin(), effects.end(), [&](const Effect& effect) {
      return effect.kind == Effect::Kind::create && effect.of == kind.name;
    });
  };
  for (const auto& [name, other] : definition.kinds) {
    if (other.start && creates(other.start->effects)) return true;
    for (const auto& transition : other.transitions)
      if (creates(transition.effects)) return true;
  }
  return false;
}

// Items get an agency from a field, from `create` with `each`, or from their parent.
bool has_agency(const Definition& definition, const KindDef& kind) {
  const auto creates_each = [](const std::vector<Effect>& effects, const std::string& name) {
    return std::any_of(effects.begin(), effects.end(), [&](const Effect& effect) {
      return effect.kind == Effect::Kind::create && effect.of == name && !effect.each.empty();
    });
  };
  if (!comes_to_be(definition, kind)) return true;  // told by itself
  const KindDef* at = &kind;
  for (std::size_t steps = 0; at && steps <= definition.kinds.size(); ++steps) {
    if (!at->agency_from.empty()) return true;
    for (const auto& [name, other] : definition.kinds) {
      if (other.start && creates_each(other.start->effects, at->name)) return true;
      for (const auto& transition : other.transitions)
        if (creates_each(transition.effects, at->name)) return true;
    }
    at = definition.find_kind(at->parent);
  }
  return false;
}

void check_agency_role(const Checking& c, const KindDef* kind, const std::string& role,
                       const std::string& key, bool everywhere) {
  std::set<std::string> known;
  std::set<std::string> having;
  for (const auto& [id, post] : c.establishment.posts) {
    if (post.agency.empty()) continue;
    known.insert(post.role);
    if (post.role == role) having.insert(post.agency);
  }
  if (having.empty()) {
    c.mistakes.add_at(
        key, fmt::format("no agency has a post with the role '{}'", role),
        suggest(role, {known.begin(), known.end()}, "add [agency.ID.post.ROLE] tables"));
    return;
  }
  if (kind && !has_agency(c.definition, *kind))
    c.mistakes.add_at(key, fmt::format("an item of kind '{}' has no agency of its own", kind->name),
                      "name a post of the board, or say agency_from = \"FIELD\"");
  if (!everywhere) return;
  std::vector<std::string> lacking;
  for (const auto& [id, agency] : c.establishment.agencies)
    if (!agency.successor && having.find(id) == having.end()) lacking.push_back(id);
  if (!lacking.empty())
    c.mistakes.add_at(key, fmt::format("nobody has the role '{}' at {}", role, list_names(lacking)),
                      fmt::format("add [agency.{}.post.{}]", lacking.front(), role));
}

void check_field_name(const Checking& c, const KindDef& kind, const std::string& field,
                      const std::string& key) {
  if (field.empty() || kind.find_field(field)) return;
  c.mistakes.add_at(key, fmt::format("kind '{}' has no field '{}'", kind.name, field),
                    suggest(field, names_of(kind.fields), "add a field"));
}

void check_post_field(const Checking& c, const KindDef& kind, const std::string& name,
                      const std::string& key) {
  check_field_name(c, kind, name, key);
  const auto* field = kind.find_field(name);
  if (field && field->type != FieldType::post)
    c.mistakes.add_at(key, fmt::format("the field '{}' does not hold a post", name),
                      "give it type = \"post\"");
}

}  // namespace

void check_role(const Checking& c, const KindDef* kind, const RoleTerm& term,
                const std::string& key, bool by) {
  const auto board_posts = [&] {
    std::vector<std::string> ids;
    for (const auto& [id, post] : c.establishment.posts)
      if (post.agency.empty()) ids.push_back(id);
    return ids;
  };
  switch (term.kind) {
    case RoleTerm::Kind::owner:
    case RoleTerm::Kind::owner_above:
    case RoleTerm::Kind::owner_above2:
      if (!kind)
        c.mistakes.add_at(key, fmt::format("'{}' has no meaning outside an item", to_text(term)),
                          "name a post of the board: \"board:administrator\"");
      break;
    case RoleTerm::Kind::anyone:
      if (!by)
        c.mistakes.add_at(key, "'anyone' may do things, but cannot be told or made to owe them",
                          "name a post or a role");
      break;
    case RoleTerm::Kind::assigned: {
      const auto roles = kind ? roles_assigned_by(*kind) : std::set<std::string>{};
      if (roles.find(term.name) == roles.end())
        c.mistakes.add_at(
            key,
            kind ? fmt::format("no event of kind '{}' assigns '{}'", kind->name, term.name)
                 : fmt::format("nobody is assigned as '{}' outside an item", term.name),
            suggest(term.name, {roles.begin(), roles.end()},
                    fmt::format("add the effect {{ assign = \"{}\" }} to an event", term.name)));
      break;
    }
    case RoleTerm::Kind::field:
      if (!kind)
        c.mistakes.add_at(key, fmt::format("'{}' has no meaning outside an item", to_text(term)),
                          "name a post of the board: \"board:administrator\"");
      else
        check_post_field(c, *kind, term.name, key);
      break;
    case RoleTerm::Kind::agency:
      if (!kind)
        c.mistakes.add_at(key, fmt::format("'{}' has no meaning outside an item", to_text(term)),
                          "name a post of the board: \"board:administrator\"");
      else
        check_agency_role(c, kind, term.name, key, !by);
      break;
    case RoleTerm::Kind::board: {
      if (term.name.empty()) break;  // was told when it was read
      const auto* post = c.establishment.find_post(term.name);
      if (!post || !post->agency.empty())
        c.mistakes.add_at(key, fmt::format("the board has no post '{}'", term.name),
                          suggest(term.name, board_posts(), "add a [post.ID] table"));
      break;
    }
    case RoleTerm::Kind::body: {
      const auto body = c.establishment.bodies.find(term.name);
      if (body == c.establishment.bodies.end())
        c.mistakes.add_at(
            key, fmt::format("there is no body '{}'", term.name),
            suggest(term.name, keys_of(c.establishment.bodies), "add a [body.ID] table"));
      else if (body->second.members.empty())
        c.mistakes.add_at(key, fmt::format("the body '{}' has no members", term.name),
                          fmt::format("add members to [body.{}]", term.name));
      break;
    }
  }
}

namespace {

void check_template_name(const Checking& c, const std::string& name, const std::string& key) {
  if (name.empty() || c.definition.templates.find(name) != c.definition.templates.end()) return;
  c.mistakes.add_at(key, fmt::format("there is no template '{}'", name),
                    suggest(name, keys_of(c.definition.templates), "add a [template.NAME] table"));
}

void check_state_name(const Checking& c, const KindDef& kind, const std::string& state,
                      const std::string& key) {
  if (state.empty() || state == voided_state || kind.find_state(state)) return;
  c.mistakes.add_at(key, fmt::format("kind '{}' has no state '{}'", kind.name, state),
                    suggest(state, names_of(kind.states)));
}

void check_takes(const Checking& c, const KindDef& kind, const std::vector<std::string>& takes,
                 const std::string& path) {
  for (const auto& field : takes) check_field_name(c, kind, field, path + ".takes");
}

std::vector<std::string> events_of(const KindDef& kind) {
  std::vector<std::string> events;
  for (const auto& transition : kind.transitions)
    if (std::find(events.begin(), events.end(), transition.event) == events.end())
      events.push_back(transition.event);
  if (kind.start) events.push_back(kind.start->event);
  return events;
}

// The engine answers to these in every state; a programme cannot give them another meaning.
void check_event_name(const Checking& c, const std::string& event, const std::string& key) {
  for (const std::string_view reserved : {"acknowledge", "suspend", "correct"})
    if (event == reserved)
      c.mistakes.add_at(key, fmt::format("'{}' is an event that every item has already", event),
                        "give this event another name");
}

template <class List>
void check_twice(const Checking& c, const List& list, std::string_view what,
                 const std::string& kind_path) {
  for (std::size_t i = 0; i < list.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (!list[i].name.empty() && list[i].name == list[j].name) {
        c.mistakes.add(list[i].place, kind_path,
                       fmt::format("two {}s of one name, '{}'", what, list[i].name),
                       fmt::format("the other is in line {}", list[j].place.line));
        break;
      }
}

void check_parents(const Checking& c, const KindDef& kind, const std::string& path) {
  if (!kind.parent.empty() && !c.definition.find_kind(kind.parent))
    c.mistakes.add_at(path + ".parent", fmt::format("there is no kind '{}'", kind.parent),
                      suggest(kind.parent, keys_of(c.definition.kinds)));
  if (is_descendant(c.definition, kind, kind.name))
    c.mistakes.add_at(path + ".parent", fmt::format("kind '{}' is its own ancestor", kind.name),
                      "a root kind has no parent");
  if (!comes_to_be(c.definition, kind))
    c.mistakes.add_at(
        path, fmt::format("nothing makes an item of kind '{}'", kind.name),
        fmt::format("add [{}.start], or {{ create = \"{}\" }} to an event", path, kind.name));
}

void check_own_fields(const Checking& c, const KindDef& kind, const std::string& path) {
  check_field_name(c, kind, kind.agency_from, path + ".agency_from");
  check_post_field(c, kind, kind.owner_field, path + ".owner_field");
  for (const auto& name : kind.seen_by) check_post_field(c, kind, name, path + ".seen_by");
}

void check_states(const Checking& c, const KindDef& kind, const std::string& path) {
  check_state_name(c, kind, kind.initial, path + ".initial");
  for (const auto& state : kind.states) {
    if (!state.owner) continue;
    const auto key = fmt::format("{}.state.{}.owner", path, state.name);
    check_role(c, &kind, *state.owner, key);
    if (state.owner->kind == RoleTerm::Kind::owner && kind.owner_field.empty())
      c.mistakes.add_at(key, "nothing says who the owner is",
                        fmt::format("write owner_field = \"FIELD\" in [{}], or name a post", path));
    if (state.owner->kind == RoleTerm::Kind::owner_above ||
        state.owner->kind == RoleTerm::Kind::owner_above2)
      c.mistakes.add_at(key, fmt::format("'{}' cannot be an owner itself", to_text(*state.owner)),
                        "name a post or a role");
  }
}

void check_transition(const Checking& c, const KindDef& kind, const TransitionDef& transition,
                      const std::string& path) {
  for (const auto& from : transition.from) {
    check_state_name(c, kind, from, path + ".from");
    const auto* state = kind.find_state(from);
    if (state && state->final)
      c.mistakes.add_at(path + ".from",
                        fmt::format("the state '{}' is final, and this leads out of it", from),
                        "remove it from the list, or remove final = true");
  }
  if (transition.to) check_state_name(c, kind, *transition.to, path + ".to");
  if (transition.to && *transition.to == voided_state)
    c.mistakes.add_at(path + ".to", "only 'correct' leads to 'voided'",
                      "name a state of this kind");
  check_event_name(c, transition.event, path + ".event");
  check_takes(c, kind, transition.takes, path);
  check_guards(c, kind, transition.requires_, path + ".requires");
  check_effects(c, kind, transition.effects, path + ".effects");
  for (const auto& term : transition.by) check_role(c, &kind, term, path + ".by", true);
  check_template_name(c, transition.ready_template, path + ".ready");
  if (!transition.ready_template.empty() && transition.auto_)
    c.mistakes.add_at(path + ".ready", "this happens by itself, so nobody need be told it is ready",
                      "remove 'ready' or 'auto'");
  if (!transition.expires.empty() && !kind.find_obligation(transition.expires))
    c.mistakes.add_at(
        path + ".expires",
        fmt::format("kind '{}' has no obligation '{}'", kind.name, transition.expires),
        suggest(transition.expires, names_of(kind.obligations)));
  const bool gives_reason =
      std::any_of(transition.requires_.begin(), transition.requires_.end(),
                  [](const Guard& guard) { return guard.kind == Guard::Kind::reason; });
  if (transition.excuse && !gives_reason)
    c.mistakes.add_at(path + ".excuse", "an excuse needs a reason, which the report shows",
                      "add { reason = true } to 'requires'");
  if (transition.excuse && !transition.to)
    c.mistakes.add_at(path + ".excuse", "an excuse leads to a state", "write to = \"excused\"");
}

bool leaves(const TransitionDef& transition, const StateDef& state) {
  if (transition.from_any) return !state.final;
  return std::find(transition.from.begin(), transition.from.end(), state.name) !=
         transition.from.end();
}

// The first transition whose guards hold is taken, so one behind an unguarded one never is.
void check_shadowed(const Checking& c, const KindDef& kind, const std::string& path) {
  const auto& all = kind.transitions;
  for (std::size_t j = 0; j < all.size(); ++j)
    for (std::size_t i = 0; i < j; ++i) {
      if (all[i].event != all[j].event || all[i].event.empty() || !all[i].requires_.empty())
        continue;
      if (all[i].event == "time" && all[i].expires != all[j].expires) continue;
      for (const auto& state : kind.states)
        if (leaves(all[i], state) && leaves(all[j], state))
          c.mistakes.add_at(
              fmt::format("{}.transition[{}]", path, j + 1),
              fmt::format("'{}' in state '{}' is never taken this way", all[j].event, state.name),
              fmt::format("the one in line {} comes first and has no guard", all[i].place.line));
    }
}

void check_start(const Checking& c, const KindDef& kind, const std::string& kind_path) {
  if (!kind.start) return;
  const auto& start = *kind.start;
  const auto path = kind_path + ".start";
  check_event_name(c, start.event, path + ".event");
  check_takes(c, kind, start.takes, path);
  check_guards(c, kind, start.requires_, path + ".requires", true);
  check_effects(c, kind, start.effects, path + ".effects");
  for (const auto& term : start.by) check_role(c, &kind, term, path + ".by", true);
  const auto* parent = c.definition.find_kind(kind.parent);
  if (kind.parent.empty() && !start.parent_in.empty())
    c.mistakes.add_at(path + ".parent_in", "an item of this kind has no parent",
                      "remove 'parent_in'");
  for (const auto& state : start.parent_in)
    if (parent) check_state_name(c, *parent, state, path + ".parent_in");
  if (parent)
    for (const auto& transition : parent->transitions)
      if (transition.event == start.event)
        c.mistakes.add_at(
            path + ".event",
            fmt::format("'{}' is an event of kind '{}' already", start.event, parent->name),
            "give one of them another name");
  for (const auto& [name, other] : c.definition.kinds) {
    if (name >= kind.name || other.parent != kind.parent || !other.start) continue;
    if (other.start->event == start.event)
      c.mistakes.add_at(path + ".event",
                        fmt::format("'{}' makes an item of kind '{}' already", start.event, name),
                        "give one of them another name");
  }
}

void check_due(const Checking& c, const KindDef& kind, const DueRule& due, const std::string& key) {
  if (due.kind == DueRule::Kind::meeting && !due.body.empty() &&
      c.establishment.bodies.find(due.body) == c.establishment.bodies.end())
    c.mistakes.add_at(key,
                      fmt::format("there is no body '{}' whose meeting this could be", due.body),
                      suggest(due.body, keys_of(c.establishment.bodies), "add a [body.ID] table"));
  if (due.from != AnchorKind::field && due.from != AnchorKind::parent_field) return;
  if (due.field.empty()) return;
  const bool of_parent = due.from == AnchorKind::parent_field;
  const KindDef* owner = of_parent ? c.definition.find_kind(kind.parent) : &kind;
  if (of_parent && kind.parent.empty()) {
    c.mistakes.add_at(key, fmt::format("kind '{}' has no parent", kind.name),
                      "name a field of its own");
    return;
  }
  if (!owner) return;
  const auto* field = owner->find_field(due.field);
  if (!field)
    c.mistakes.add_at(key, fmt::format("kind '{}' has no field '{}'", owner->name, due.field),
                      suggest(due.field, names_of(owner->fields), "add a field of type date"));
  else if (field->type != FieldType::date && field->type != FieldType::instant)
    c.mistakes.add_at(key, fmt::format("the field '{}' is no date", due.field),
                      "give it type = \"date\" or \"instant\"");
}

void check_triggers(const Checking& c, const KindDef& kind, const std::vector<Trigger>& triggers,
                    const std::string& key, bool opens) {
  const auto events = events_of(kind);
  for (const auto& trigger : triggers) {
    if (trigger.kind == Trigger::Kind::state) {
      check_state_name(c, kind, trigger.name, key);
      const auto* state = kind.find_state(trigger.name);
      if (opens && state && state->final)
        c.mistakes.add_at(key, fmt::format("nothing is owed in '{}', which is final", trigger.name),
                          "name a state that is not final");
    } else if (std::find(events.begin(), events.end(), trigger.name) == events.end()) {
      c.mistakes.add_at(key, fmt::format("kind '{}' has no event '{}'", kind.name, trigger.name),
                        suggest(trigger.name, events));
    }
  }
}

void check_obligation(const Checking& c, const KindDef& kind, std::size_t index) {
  const auto& obligation = kind.obligations[index];
  const auto path = obligation_path(kind, index);
  const bool shorthand = !obligation.of_state.empty();
  if (is_builtin_obligation(obligation.name))
    c.mistakes.add_at(path + (shorthand ? "" : ".name"),
                      fmt::format("“{}” is an obligation that the engine opens itself",
                                  obligation.name),
                      "choose another name");
  const bool owed_by_owner = shorthand && !c.mistakes.has_place(path + ".owed_by");
  if (!owed_by_owner) check_role(c, &kind, obligation.owed_by, path + ".owed_by");
  if (!shorthand) {
    check_triggers(c, kind, obligation.opens_on, path + ".opens_on", true);
    check_triggers(c, kind, obligation.closes_on, path + ".closes_on", false);
  }
  if (obligation.owed_by.kind == RoleTerm::Kind::assigned && !obligation.fallback)
    c.mistakes.add_at(
        path + ".fallback",
        fmt::format("nobody owes this while no '{}' is assigned", obligation.owed_by.name),
        "write fallback = \"agency:lead\"");
  if (obligation.fallback) {
    check_role(c, &kind, *obligation.fallback, path + ".fallback");
    if (obligation.fallback->kind == RoleTerm::Kind::assigned)
      c.mistakes.add_at(path + ".fallback", "an assignment can be empty too", "name a post");
  }
  check_due(c, kind, obligation.due, path + (shorthand ? ".deadline" : ".due"));
  if (obligation.due_again) check_due(c, kind, *obligation.due_again, path + ".due_again");
  if (obligation.ladder.empty()) return;
  const auto ladder = c.definition.ladders.find(obligation.ladder);
  if (ladder == c.definition.ladders.end())
    c.mistakes.add_at(
        path + ".ladder", fmt::format("there is no ladder '{}'", obligation.ladder),
        suggest(obligation.ladder, keys_of(c.definition.ladders), "add a [ladder.NAME] table"));
  else if (ladder->second.family != obligation.family && !c.mistakes.is_told(path + ".family") &&
           !c.mistakes.is_told("ladder." + obligation.ladder + ".family"))
    c.mistakes.add_at(
        path + ".family",
        fmt::format("this is of family {}, and its ladder '{}' of family {}",
                    to_text(obligation.family), obligation.ladder, to_text(ladder->second.family)),
        "choose a ladder of the same family");
}

// S15.4: of the clocks that run side by side on unsafe practice, "I have seen it" may hold back its own
// only. A rung of an answer or an assurance is never held back by anybody's word.
void check_acknowledging(const Checking& c, const KindDef& kind) {
  const ObligationDef* first = nullptr;
  for (std::size_t i = 0; i < kind.obligations.size(); ++i) {
    const auto& obligation = kind.obligations[i];
    if (obligation.family != Family::a) continue;
    if (!first) {
      first = &obligation;
      continue;
    }
    const auto ladder = c.definition.ladders.find(obligation.ladder);
    if (ladder == c.definition.ladders.end() || !ladder->second.ack_max) continue;
    c.mistakes.add_at(
        obligation_path(kind, i) + ".ladder",
        fmt::format("'{}' is of family A and not the first such duty of its kind, so it cannot be "
                    "acknowledged; its ladder '{}' has ack_max",
                    obligation.name, obligation.ladder),
        fmt::format("choose a ladder without ack_max; only '{}' may have one", first->name));
  }
}

}  // namespace

void check_kinds(const Checking& c) {
  if (c.definition.kinds.empty())
    c.mistakes.add_at("kind", "there is no kind of item", "add [kind.NAME] tables");
  for (const auto& [name, kind] : c.definition.kinds) {
    const auto path = "kind." + name;
    check_parents(c, kind, path);
    check_twice(c, kind.fields, "field", path + ".field");
    check_twice(c, kind.obligations, "obligation", path + ".obligation");
    check_own_fields(c, kind, path);
    check_states(c, kind, path);
    for (std::size_t i = 0; i < kind.transitions.size(); ++i)
      check_transition(c, kind, kind.transitions[i], fmt::format("{}.transition[{}]", path, i + 1));
    check_shadowed(c, kind, path);
    check_start(c, kind, path);
    for (std::size_t i = 0; i < kind.obligations.size(); ++i) check_obligation(c, kind, i);
    check_acknowledging(c, kind);
  }
}

}  // namespace assured::reading
