// What a transition does besides moving its item: fields, assignments, approvals, links, children,
// cascades and who is told.
#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"

namespace assured {

void Deciding::tell(ItemId id, const std::vector<RoleTerm>& to, const std::string& template_name,
                    Family family) {
  std::vector<Party> told;
  for (const RoleTerm& term : to)
    for (Party& party : resolve(term, scope_of(item(id))))
      if (std::find(told.begin(), told.end(), party) == told.end())
        told.push_back(std::move(party));
  if (family != Family::a) {
    for (const Party& party : told) new_prompt(id, party, template_name, family);
    return;
  }
  // What is about immediate risk goes at once to somebody who reads it: where a post has nobody, to the
  // next one above that has, and somebody is asked to fill it (S3.5).
  std::vector<Party> reached;
  for (Party party : told) {
    bool vacant = contact_points(party, scope_of(item(id)), local_date(now, *rules.time.zone)).empty();
    if (vacant && party.kind == Party::Kind::post) open_vacancy(id, party.name);
    while (vacant && party.kind == Party::Kind::post) {
      const PostDef* post = rules.establishment.find_post(party.name);
      if (post == nullptr || post->above.empty()) break;
      party.name = post->above;
      vacant = contact_points(party, scope_of(item(id)), local_date(now, *rules.time.zone)).empty();
    }
    if (std::find(reached.begin(), reached.end(), party) == reached.end())
      reached.push_back(std::move(party));
  }
  for (const Party& party : reached) new_prompt(id, party, template_name, family);
}

// The post on whose behalf, or of, whoever acts; of several, one of `agency` before others. Empty for the
// system.
std::string Deciding::post_that_acts(const std::string& agency) const {
  std::string acting = event.for_post;
  if (!acting.empty() || event.actor.empty()) return acting;
  for (std::string& post : facts.people->posts_of(event.actor, local_date(now, *rules.time.zone))) {
    const PostDef* def = rules.establishment.find_post(post);
    if (acting.empty() || (def != nullptr && def->agency == agency)) acting = std::move(post);
  }
  return acting;
}

void Deciding::add_approval(Approval made) {
  work_.approvals.push_back(made);
  work_.approvals_changed.push_back({std::nullopt, std::move(made)});
}

// Whether the child ended by a transition that lets it go without a result (S8.2): excused, withdrawn.
bool Deciding::was_let_go(const Item& child) const {
  if (is_gone(child.state)) return true;
  const auto& transitions = kind_of(child).transitions;
  return std::any_of(transitions.begin(), transitions.end(),
                     [&](const TransitionDef& t) { return t.excuse && t.to == child.state; });
}

Result<void> Deciding::apply_fields(Item& subject, const std::vector<std::string>& takes) {
  const KindDef& kind = kind_of(subject);
  for (const std::string& name : takes) {
    const auto given = event.fields.find(name);
    if (given == event.fields.end()) continue;
    const FieldDef* def = kind.find_field(name);
    ASSURED_ASSERT(def != nullptr);
    subject.fields[name] = FieldValue{def->field_class, given->second};
    if (name == kind.agency_from)
      if (const auto* agency = std::get_if<std::string>(&given->second)) {
        // A post names its agency; a text field names it outright.
        const PostDef* post = rules.establishment.find_post(*agency);
        subject.agency = post != nullptr ? post->agency : *agency;
      }
  }
  return {};
}

// Forgotten before the event's own fields are taken, so that what it gives anew stays.
void Deciding::forget_fields(Item& subject, const std::vector<Effect>& effects) {
  for (const Effect& effect : effects)
    if (effect.kind == Effect::Kind::clear) subject.fields.erase(effect.field);
}

// After the guards, which see what was before: an event that fills a field can ask that it be empty.
void Deciding::set_fields(Item& subject, const std::vector<Effect>& effects) {
  const KindDef& kind = kind_of(subject);
  for (const Effect& effect : effects) {
    if (effect.kind == Effect::Kind::set) {
      const FieldDef* def = kind.find_field(effect.field);
      ASSURED_ASSERT(def != nullptr);
      Value value;
      if (!effect.from.empty()) {
        const auto from = subject.fields.find(effect.from);
        if (from != subject.fields.end()) value = reveal(from->second, Viewer{}, Purpose::guard);
      } else if (effect.value == "now") {
        if (def->type == FieldType::date)
          value = local_date(event.occurred_at, *rules.time.zone);
        else
          value = event.occurred_at;
      } else if (effect.value == acting_post) {
        if (std::string post = post_that_acts({}); !post.empty()) value = std::move(post);
      } else {
        auto parsed = parse_value(def->type, def->values, effect.value);
        ASSURED_ASSERT(parsed.has_value());  // the checker parsed it
        value = *parsed;
      }
      subject.fields[effect.field] = FieldValue{def->field_class, std::move(value)};
    } else if (effect.kind == Effect::Kind::increment) {
      const FieldDef* def = kind.find_field(effect.field);
      ASSURED_ASSERT(def != nullptr);
      std::int64_t n = 0;
      if (const auto was = subject.fields.find(effect.field); was != subject.fields.end())
        if (const auto* number =
                std::get_if<std::int64_t>(&reveal(was->second, Viewer{}, Purpose::guard)))
          n = *number;
      subject.fields[effect.field] = FieldValue{def->field_class, n + 1};
    }
  }
}

Result<void> Deciding::apply_effects_before(Item& subject, const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    switch (effect.kind) {
      case Effect::Kind::assign: {
        const auto given = event.assign.find(effect.role);
        if (given == event.assign.end()) {
          if (effect.optional) break;
          return Error{
              Errc::invalid,
              fmt::format("say who the {} is (assign {} = PERSON)", effect.role, effect.role),
              "assign." + effect.role};
        }
        if (facts.people->find_person(given->second) == nullptr)
          return Error{Errc::invalid,
                       fmt::format("nobody called “{}” is on the board's list of people; load them "
                                   "first, or choose somebody who is",
                                   given->second),
                       "assign." + effect.role};
        // What the assignment falls back to.
        const std::string by_post = post_that_acts(subject.agency);
        bool replaces = false;
        for (Assignment& a : work_.assignments) {
          if (a.item != subject.id || a.role != effect.role || a.to) continue;
          const Assignment was = a;
          a.to = event.occurred_at;
          replaces |= a.person != given->second;
          work_.assignments_changed.push_back({was, a});
        }
        Assignment made{subject.id, effect.role, given->second, by_post, event.occurred_at, {}};
        work_.assignments.push_back(made);
        work_.assignments_changed.push_back({std::nullopt, std::move(made)});
        // S3.4: whoever takes over hears once of what the role owes.
        const Party role{Party::Kind::assigned, effect.role};
        for (Obligation* o : obligations_of(subject.id))
          if (replaces && o->is_open() && o->owed_by == to_text(role)) hand_over(*o, role);
        // S3.5: the role that nobody held has somebody.
        for (Obligation* o : obligations_of(subject.id))
          if (o->is_open() && (o->name == fmt::format("{}: assigned:{}", name_somebody, effect.role) ||
                               o->name == fmt::format("{}: nobody is named", name_somebody)))
            close_obligation(*o, "somebody named");
        break;
      }
      case Effect::Kind::unassign:
        for (Assignment& a : work_.assignments) {
          if (a.item != subject.id || a.role != effect.role || a.to) continue;
          const Assignment was = a;
          a.to = event.occurred_at;
          work_.assignments_changed.push_back({was, a});
        }
        break;
      case Effect::Kind::approve: {
        Approval made{subject.id, effect.name, event.actor, event.for_post, event.occurred_at, {}};
        add_approval(std::move(made));
        break;
      }
      case Effect::Kind::link: {
        const auto given = event.links.find(effect.of);
        if (given == event.links.end()) {
          if (effect.optional) break;
          return Error{Errc::invalid, fmt::format("say which item is its {}", effect.of),
                       "link." + effect.of};
        }
        if (!facts.linked.contains(effect.of))
          return Error{Errc::not_found, "there is no such item to link to", "link." + effect.of};
        Link made{subject.id, given->second, effect.of, event.occurred_at, {}};
        const auto known = std::find_if(work_.links.begin(), work_.links.end(), [&](const Link& l) {
          return l.from == made.from && l.to == made.to && l.kind == made.kind;
        });
        if (known == work_.links.end()) {
          work_.links.push_back(made);
          work_.links_changed.push_back({std::nullopt, std::move(made)});
        } else if (known->withdrawn_at) {  // corrected once, and made again
          work_.links_changed.push_back({*known, made});
          *known = std::move(made);
        }
        break;
      }
      case Effect::Kind::set:
      case Effect::Kind::clear:
      case Effect::Kind::increment:
      case Effect::Kind::create:
      case Effect::Kind::cascade:
      case Effect::Kind::tell:
        break;
    }
  }
  return {};
}

ItemId Deciding::create_child(const Effect& effect, const Item& parent, const std::string& agency) {
  const KindDef* kind = rules.definition_of(parent).find_kind(effect.of);
  ASSURED_ASSERT(kind != nullptr);
  const ItemId parent_id = parent.id;
  const ItemId id = new_item(*kind, &parent, parent.programme);
  Item& made = item(id);
  if (!agency.empty()) {
    made.agency = agency;
    if (const FieldDef* def = kind->find_field(kind->agency_from))
      made.fields[kind->agency_from] = FieldValue{def->field_class, Value{agency}};
  }
  for (const auto& [to, from] : effect.copy) {
    const Item& source = item(parent_id);
    const FieldDef* def = kind->find_field(to);
    const auto value = source.fields.find(from);
    if (def != nullptr && value != source.fields.end())
      made.fields[to] =
          FieldValue{def->field_class, reveal(value->second, Viewer{}, Purpose::guard)};
  }
  enter(made, kind->initial);
  line(id, "created", fmt::format("{} in “{}”", kind->name, kind->initial));
  run_triggers(id, {}, true);
  if (!effect.to.empty()) tell(id, effect.to, effect.template_name, effect.family);
  return id;
}

Result<void> Deciding::apply_effects_after(ItemId subject, const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (effect.kind == Effect::Kind::create) {
      if (effect.each.empty()) {
        create_child(effect, item(subject), {});
        continue;
      }
      std::vector<std::string> agencies;
      const auto field = item(subject).fields.find(effect.each);
      if (field != item(subject).fields.end())
        if (const auto* list = std::get_if<std::vector<std::string>>(
                &reveal(field->second, Viewer{}, Purpose::guard)))
          agencies = *list;
      bool any_made = false;
      for (const std::string& agency : agencies) {
        if (!rules.establishment.agencies.contains(agency))
          return Error{Errc::invalid, "an agency named here is not on this board", effect.each};
        // S9.3: an agency named again, or added later, gets one child and no second.
        const auto existing = descendants(subject, effect.of);
        const bool there = std::any_of(existing.begin(), existing.end(), [&](ItemId id) {
          return item(id).agency == agency && !was_let_go(item(id));
        });
        if (!there) create_child(effect, item(subject), agency);
        any_made |= !there;
      }
      // What a person asked for and what made nothing must not look as if it had been done.
      if (!any_made && !agencies.empty() && event.fields.contains(effect.each))
        return Error{Errc::refused, "everybody who is named has one already", effect.each};
    } else if (effect.kind == Effect::Kind::cascade) {
      if (++work_.depth > depth_max)
        return Error{Errc::internal, "the programme's cascades are too deep"};
      for (const ItemId id : descendants(subject, effect.of)) {
        const Item& child = item(id);
        const auto& transitions = kind_of(child).transitions;
        const StateDef* state = kind_of(child).find_state(child.state);
        const bool takes_it =
            std::any_of(transitions.begin(), transitions.end(), [&](const TransitionDef& t) {
              return t.event == effect.event &&
                     ((t.from_any && state != nullptr && !state->final) ||
                      std::find(t.from.begin(), t.from.end(), child.state) != t.from.end());
            });
        if (!takes_it) continue;
        if (auto done = run_event(id, effect.event, true); !done) return done.error();
      }
      --work_.depth;
    } else if (effect.kind == Effect::Kind::tell) {
      tell(subject, effect.to, effect.template_name, effect.family);
    }
  }
  return {};
}

}  // namespace assured
