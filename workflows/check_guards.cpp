// What guards and effects name: fields, kinds, states, roles, bodies, link kinds.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workflows/programme_check.hpp"

namespace assured::reading {

namespace {

// One kind's guards being checked.
struct GuardCheck {
  const Checking& c;
  const KindDef& kind;
  const Guard& guard;
  const std::string& path;
  bool of_start = false;  // the guard, or what it is inside of, is a start's

  void mistake(std::string_view key, std::string message, std::string remedy) const {
    const auto full = fmt::format("{}.{}", path, key);
    c.mistakes.add_at(full, std::move(message), std::move(remedy));
  }

  bool is_date(const FieldDef& field) const {
    return field.type == FieldType::date || field.type == FieldType::instant;
  }

  // The field that `ref` means, which may be an ancestor's; told when there is none.
  const FieldDef* field(std::string_view key, const std::string& ref) const {
    if (ref.empty()) return nullptr;
    const auto* owner = find_field_owner(c.definition, kind, ref);
    if (!owner) {
      mistake(key, fmt::format("kind '{}' has no ancestor with a field '{}'", kind.name, ref),
              "write the name of a field of its own, parent.FIELD or root.FIELD");
      return nullptr;
    }
    const auto name = own_name(ref);
    const auto* found = owner->find_field(name);
    if (!found)
      mistake(key, fmt::format("kind '{}' has no field '{}'", owner->name, name),
              suggest(name, names_of(owner->fields), "add a field"));
    return found;
  }

  void date(std::string_view key, const std::string& ref) const {
    if (ref.empty() || ref == "now") return;
    const auto* found = field(key, ref);
    if (found && !is_date(*found))
      mistake(key, fmt::format("the field '{}' is no date", ref),
              "name a field of type date or instant");
  }

  void value(std::string_view key, const FieldDef& of, const std::string& text) const {
    const auto parsed = parse_value(of.type, of.values, text);
    if (!parsed)
      mistake(key, fmt::format("'{}' cannot be a value of the field '{}'", text, of.name),
              parsed.error().message);
  }

  // A kind whose items this guard looks at: it must lie below this one, or below its parent where the
  // guard says so.
  const KindDef* descendant(std::string_view key) const {
    if (guard.of.empty()) return nullptr;
    const auto* found = c.definition.find_kind(guard.of);
    if (!found) {
      mistake(key, fmt::format("there is no kind '{}'", guard.of),
              suggest(guard.of, keys_of(c.definition.kinds)));
      return nullptr;
    }
    const std::string& top = guard.below_parent ? kind.parent : kind.name;
    if (!is_descendant(c.definition, *found, top)) {
      mistake(key, fmt::format("items of kind '{}' do not lie below those of kind '{}'", guard.of, top),
              fmt::format("a guard looks at its own item's children; write parent = \"{}\" there", top));
      return nullptr;
    }
    return found;
  }

  void states(std::string_view key, const KindDef& of,
              const std::vector<std::string>& names) const {
    for (const auto& name : names)
      if (!of.find_state(name))
        mistake(key, fmt::format("kind '{}' has no state '{}'", of.name, name),
                suggest(name, names_of(of.states)));
  }

  void check_field() const {
    const auto* found = field("field", guard.field);
    if (!found) return;
    if (guard.equals) value("equals", *found, *guard.equals);
    for (const auto& text : guard.one_of) value("one_of", *found, text);
    if ((guard.within || guard.outside_of || !guard.after.empty() || !guard.not_after.empty()) &&
        !is_date(*found))
      mistake("field", fmt::format("the field '{}' is no date", guard.field),
              "only dates lie before, after or within");
    if (guard.specific && found->type != FieldType::text)
      mistake("specific", fmt::format("the field '{}' is no text", guard.field),
              "only a text can be specific");
    date("before", guard.before);
    date("after", guard.after);
    date("not_after", guard.not_after);
  }

  void check_count() const {
    if (guard.below_parent && (!of_start || kind.parent.empty())) {
      mistake("below", "only where an item begins below a parent can others of the parent be counted",
              fmt::format("move it to [kind.{}.start], or leave out 'below'", kind.name));
      return;
    }
    const auto* of = descendant("count");
    if (!of) return;
    states("where.state", *of, guard.where.states);
    for (const auto& [name, text] : guard.where.fields) {
      const auto key = "where." + name;
      const auto* counted = of->find_field(name);
      if (!counted) {
        mistake(key, fmt::format("kind '{}' has no field '{}'", of->name, name),
                suggest(name, names_of(of->fields), "add a field"));
        continue;
      }
      value(key, *counted, text);
      if (!counted->indexed)
        mistake(key, fmt::format("items are counted by the field '{}', which is not indexed", name),
                fmt::format("add indexed = true to it in kind '{}'", of->name));
    }
  }

  // S8.2: one silent agency never stops an audit for ever.
  void check_all() const {
    const auto* of = descendant("all");
    if (!of) return;
    states("in", *of, guard.states);
    const bool excusable = std::any_of(
        of->transitions.begin(), of->transitions.end(), [&](const TransitionDef& transition) {
          return transition.excuse && transition.to &&
                 std::find(guard.states.begin(), guard.states.end(), *transition.to) !=
                     guard.states.end();
        });
    if (!excusable)
      mistake("all",
              fmt::format("one '{}' that never answers would hold this up for ever", of->name),
              fmt::format("give kind '{}' a transition with excuse = true into one of these states",
                          of->name));
  }

  template <class Has>
  void named(std::string_view key, const std::string& name, Effect::Kind effect_kind, Has name_of,
             std::string_view verb) const {
    std::set<std::string> known;
    bool unread = false;  // an effect that could not be read may be the one
    const auto gather = [&](const std::vector<Effect>& effects) {
      for (const auto& effect : effects) {
        unread = unread || (effect.kind == Effect::Kind::clear && effect.field.empty());
        if (effect.kind == effect_kind) known.insert(name_of(effect));
      }
    };
    for (const auto& transition : kind.transitions) gather(transition.effects);
    if (kind.start) gather(kind.start->effects);
    if (name.empty() || unread || known.find(name) != known.end()) return;
    mistake(key, fmt::format("no event of kind '{}' {}s '{}'", kind.name, verb, name),
            suggest(name, {known.begin(), known.end()},
                    fmt::format("add the effect {{ {} = \"{}\" }} to an event", verb, name)));
  }

  void assigned(std::string_view key, const std::string& role) const {
    named(
        key, role, Effect::Kind::assign, [](const Effect& effect) { return effect.role; },
        "assign");
  }

  void approved(std::string_view key, const std::string& name) const {
    named(
        key, name, Effect::Kind::approve, [](const Effect& effect) { return effect.name; },
        "approve");
  }

  void check_independent() const {
    assigned("independent", guard.role);
    if (guard.others.empty())
      mistake("of", "this does not say of whom", "write of = [\"case-holder\", \"line-manager\"]");
    for (const auto& other : guard.others) assigned("of", other);
    const auto* unless = field("unless", guard.unless_field);
    if (unless && unless->type != FieldType::text)
      mistake("unless", fmt::format("the field '{}' is no text", guard.unless_field),
              "a reason is written in a field of type text");
  }

  void check_met() const {
    if (guard.of.empty() || c.establishment.bodies.find(guard.of) != c.establishment.bodies.end())
      return;
    mistake("met", fmt::format("there is no body '{}'", guard.of),
            suggest(guard.of, keys_of(c.establishment.bodies), "add a [body.ID] table"));
  }

  void check_assigned() const {
    assigned("assigned", guard.role);
    for (const auto& term : guard.terms) check_role(c, &kind, term, path + ".none_of", true);
  }

  void check_file() const {
    if (!guard.of.empty() &&
        std::none_of(kind.files.begin(), kind.files.end(),
                     [&](const FileDef& file) { return file.name == guard.of; }))
      mistake("file", fmt::format("kind '{}' takes no file '{}'", kind.name, guard.of),
              suggest(guard.of, names_of(kind.files), "add a [[kind." + kind.name + ".file]]"));
    const auto* version = field("version", guard.field);
    if (version && version->type != FieldType::number)
      mistake("version", fmt::format("the field '{}' is no number", guard.field),
              "versions are numbered from 1; give it type = \"number\"");
  }

  void check_linked() const {
    const auto& known = c.definition.link_kinds;
    if (guard.of.empty() || std::find(known.begin(), known.end(), guard.of) != known.end()) return;
    mistake("linked", fmt::format("there is no kind of link '{}'", guard.of),
            suggest(guard.of, known));
  }

  void check() const {
    switch (guard.kind) {
      case Guard::Kind::field:
        return check_field();
      case Guard::Kind::count:
        return check_count();
      case Guard::Kind::all:
        return check_all();
      case Guard::Kind::independent:
        return check_independent();
      case Guard::Kind::assigned:
        return check_assigned();
      case Guard::Kind::approved_by:
        for (const auto& name : guard.names) approved("approved_by", name);
        return;
      case Guard::Kind::seconded:
        for (const auto& name : guard.names) approved("seconded", name);
        return;
      case Guard::Kind::not_by:
        for (const auto& term : guard.terms) check_role(c, &kind, term, path + ".not_by", true);
        return;
      case Guard::Kind::meeting_held:
        return check_met();
      case Guard::Kind::linked:
        return check_linked();
      case Guard::Kind::file:
        return check_file();
      case Guard::Kind::any:
        return check_guards(c, kind, guard.inner, path + ".any", of_start);
      case Guard::Kind::all_of:
        return check_guards(c, kind, guard.inner, path + ".all_of", of_start);
      case Guard::Kind::not_:
        for (const auto& inner : guard.inner) {
          const auto inner_path = path + ".not";
          GuardCheck{c, kind, inner, inner_path, of_start}.check();
        }
        return;
      case Guard::Kind::outside:
      case Guard::Kind::reason:
        return;
    }
  }
};

struct EffectCheck {
  const Checking& c;
  const KindDef& kind;
  const Effect& effect;
  const std::string& path;

  void mistake(std::string_view key, std::string message, std::string remedy) const {
    c.mistakes.add_at(fmt::format("{}.{}", path, key), std::move(message), std::move(remedy));
  }

  const FieldDef* own_field(std::string_view key, const std::string& name) const {
    if (name.empty()) return nullptr;
    const auto* found = kind.find_field(name);
    if (!found)
      mistake(key, fmt::format("kind '{}' has no field '{}'", kind.name, name),
              suggest(name, names_of(kind.fields), "add a field"));
    return found;
  }

  const KindDef* other_kind(std::string_view key) const {
    if (effect.of.empty()) return nullptr;
    const auto* found = c.definition.find_kind(effect.of);
    if (!found)
      mistake(key, fmt::format("there is no kind '{}'", effect.of),
              suggest(effect.of, keys_of(c.definition.kinds)));
    return found;
  }

  // S12.1: what was typed as protected stays so wherever it goes. FieldClass goes from the strictest
  // class to the freest.
  void check_copy_class(const std::string& key, const FieldDef* source,
                        const FieldDef* target) const {
    if (!source || !target || target->field_class <= source->field_class) return;
    mistake(key,
            fmt::format("'{}' is {}, and '{}' only {}", source->name, to_text(source->field_class),
                        target->name, to_text(target->field_class)),
            fmt::format("give '{}' class = \"{}\", or do not copy it", target->name,
                        to_text(source->field_class)));
  }

  void check_create() const {
    const auto* each = own_field("each", effect.each);
    if (each && each->type != FieldType::agencies)
      mistake("each", fmt::format("the field '{}' does not hold agencies", effect.each),
              "give it type = \"agencies\"");
    const auto* child = other_kind("create");
    if (!child) return;
    if (child->parent != kind.name)
      mistake("create",
              fmt::format("an item of kind '{}' is no child of kind '{}'", effect.of, kind.name),
              fmt::format("write parent = \"{}\" in [kind.{}]", kind.name, effect.of));
    if (child->always_current)
      mistake("create",
              fmt::format("an item of kind '{}' is begun by people, with the current definition", effect.of),
              "take always_current out of its kind, or let people begin it");
    for (const auto& [to, from] : effect.copy) {
      const auto key = "copy." + to;
      const auto* target = child->find_field(to);
      if (!target)
        mistake(key, fmt::format("kind '{}' has no field '{}'", child->name, to),
                suggest(to, names_of(child->fields), "add a field"));
      const auto* source = own_field(key, from);
      if (target && source && target->type != source->type)
        mistake(key,
                fmt::format("'{}' is of type {}, and '{}' of type {}", from, to_text(source->type),
                            to, to_text(target->type)),
                "give both the same type");
      check_copy_class(key, source, target);
    }
    if (!effect.to.empty()) check_told(*child);
  }

  void check_cascade() const {
    const auto* below = other_kind("kind");
    if (!below) return;
    if (!is_descendant(c.definition, *below, kind.name)) {
      mistake("kind",
              fmt::format("items of kind '{}' do not lie below those of kind '{}'", effect.of,
                          kind.name),
              "an event cascades to children only");
      return;
    }
    std::vector<std::string> events;
    for (const auto& transition : below->transitions) events.push_back(transition.event);
    if (!effect.event.empty() &&
        std::find(events.begin(), events.end(), effect.event) == events.end())
      mistake("cascade", fmt::format("kind '{}' has no event '{}'", effect.of, effect.event),
              suggest(effect.event, events));
    // S8.3: a worry about unsafe practice outlives whatever it was raised on.
    for (const auto& obligation : below->obligations)
      if (obligation.family == Family::a)
        mistake("kind",
                fmt::format("'{}' of kind '{}' is of family A and cannot be cascaded away",
                            obligation.name, effect.of),
                "end each of them by an event of its own");
  }

  void check_told(const KindDef& seen_from) const {
    for (const auto& term : effect.to) check_role(c, &seen_from, term, path + ".tell");
    if (effect.template_name.empty() ||
        c.definition.templates.find(effect.template_name) != c.definition.templates.end())
      return;
    mistake("template", fmt::format("there is no template '{}'", effect.template_name),
            suggest(effect.template_name, keys_of(c.definition.templates),
                    "add a [template.NAME] table"));
  }

  void check_set() const {
    const auto* target = own_field("set", effect.field);
    const auto* source = own_field("from", effect.from);
    if (target && source && target->type != source->type)
      mistake("from",
              fmt::format("'{}' is of type {}, and '{}' of type {}", effect.from,
                          to_text(source->type), effect.field, to_text(target->type)),
              "give both the same type");
    check_copy_class("from", source, target);
    if (!target || effect.value.empty()) return;
    const bool is_date = target->type == FieldType::date || target->type == FieldType::instant;
    if (effect.value == "now" && is_date) return;
    if (effect.value == acting_post && target->type != FieldType::post)
      return mistake("value", fmt::format("the field '{}' does not hold a post", effect.field),
                     "give it type = \"post\"");
    const auto parsed = parse_value(target->type, target->values, effect.value);
    if (!parsed)
      mistake("value",
              fmt::format("'{}' cannot be a value of the field '{}'", effect.value, effect.field),
              parsed.error().message);
  }

  void check_link() const {
    const auto& known = c.definition.link_kinds;
    if (effect.of.empty() || std::find(known.begin(), known.end(), effect.of) != known.end())
      return;
    mistake("link", fmt::format("there is no kind of link '{}'", effect.of),
            suggest(effect.of, known));
  }

  void check() const {
    switch (effect.kind) {
      case Effect::Kind::create:
        return check_create();
      case Effect::Kind::cascade:
        return check_cascade();
      case Effect::Kind::tell:
        return check_told(kind);
      case Effect::Kind::set:
        return check_set();
      case Effect::Kind::clear:
        own_field("clear", effect.field);
        return;
      case Effect::Kind::increment: {
        const auto* field = own_field("increment", effect.field);
        if (field && field->type != FieldType::number)
          mistake("increment", fmt::format("the field '{}' is no number", effect.field),
                  "give it type = \"number\"");
        return;
      }
      case Effect::Kind::unassign:
        return check_role(c, &kind, {RoleTerm::Kind::assigned, effect.role}, path + ".unassign");
      case Effect::Kind::link:
        return check_link();
      case Effect::Kind::assign:
      case Effect::Kind::approve:
        return;
    }
  }
};

}  // namespace

void check_guards(const Checking& c, const KindDef& kind, const Guards& guards,
                  const std::string& path, bool of_start) {
  for (std::size_t i = 0; i < guards.size(); ++i) {
    const auto guard_path = fmt::format("{}[{}]", path, i + 1);
    GuardCheck{c, kind, guards[i], guard_path, of_start}.check();
  }
}

void check_effects(const Checking& c, const KindDef& kind, const std::vector<Effect>& effects,
                   const std::string& path) {
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const auto effect_path = fmt::format("{}[{}]", path, i + 1);
    EffectCheck{c, kind, effects[i], effect_path}.check();
  }
}

}  // namespace assured::reading
