// Guards and effects: closed sets, so that a programme that loads cannot fail for a missing guard
// months later.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "workflows/programme_reading.hpp"

namespace assured::reading {

namespace {

void read_field_guard(Row& row, Guard& guard) {
  guard.field = row.text("field").value_or("");
  guard.equals = row.stored("equals");
  guard.one_of = row.texts("one_of");
  guard.within = row.span("within");
  guard.outside_of = row.span("outside");
  guard.before = row.text("before").value_or("");
  guard.after = row.text("after").value_or("");
  guard.not_after = row.text("not_after").value_or("");
  guard.specific = row.flag("specific");
  if (row.has("within") && row.has("outside"))
    row.mistake("outside", "a date cannot be asked to be within and outside a span at once",
                "write two guards");
  for (const std::string_view span : {"within", "outside"})
    if (row.has(span) && !row.has("before") && !(span == "within" && row.has("after")))
      row.missing("before",
                  fmt::format("say before which date '{}' counts: a field, or \"now\"", span));
  if (row.has("before") && !row.has("within") && !row.has("outside"))
    row.mistake("before", "'before' needs 'within' or 'outside' beside it",
                "write within = \"12mo\", or use 'after' or 'not_after'");
}

void read_count_guard(Row& row, Guard& guard) {
  guard.of = row.text("count").value_or("");
  if (const auto below = row.text("below")) {
    guard.below_parent = *below == "parent";
    if (!guard.below_parent)
      row.mistake("below", "only \"parent\" has a meaning here",
                  "leave it out to count below the item itself");
  }
  if (auto where = row.table("where")) {
    guard.where.states = where->text_or_texts("state");
    for (auto& [key, value] : where->all_stored("state")) guard.where.fields.emplace(key, value);
  }
  guard.at_least = row.number("at_least");
  guard.at_most = row.number("at_most");
  guard.exactly = row.number("exactly");
  if (!row.has("at_least") && !row.has("at_most") && !row.has("exactly"))
    row.missing("at_least", "say how many: at_least, at_most or exactly");
}

void read_all_guard(Row& row, Guard& guard) {
  guard.of = row.text("all").value_or("");
  guard.states = row.texts("in");
  if (!row.has("in")) row.missing("in", "list the states that all of them must be in");
}

void read_independent_guard(Row& row, Guard& guard) {
  guard.role = row.text("independent").value_or("");
  guard.others = row.texts("of");
  guard.unless_field = row.text("unless").value_or("");
  guard.look_back = row.span("look_back");
}

void read_assigned_guard(Row& row, Guard& guard) {
  guard.role = row.text("assigned").value_or("");
  guard.board_member = row.flag("board_member");
  guard.no_agency = row.flag("no_agency");
  guard.terms = row.roles("none_of");
}

void read_approved_guard(Row& row, Guard& guard) {
  guard.names = row.text_or_texts("approved_by");
  if (guard.names.empty()) row.mistake("approved_by", "nobody is named", "name the bodies");
}

void read_seconded_guard(Row& row, Guard& guard) {
  guard.names = {row.text("seconded").value_or("")};
}

void read_not_by_guard(Row& row, Guard& guard) {
  guard.terms = row.roles("not_by");
  guard.since_entry = row.flag("since_entry");
}

void must_be_true(Row& row, std::string_view key) {
  if (!row.flag(key))
    row.mistake(key, "only true has a meaning here", "write true, or { not = ... }");
}

void read_outside_guard(Row& row, Guard& guard) {
  must_be_true(row, "outside_agency");
  guard.look_back = row.span("look_back");
}

void read_reason_guard(Row& row, Guard&) { must_be_true(row, "reason"); }
void read_met_guard(Row& row, Guard& guard) { guard.of = row.text("met").value_or(""); }
void read_linked_guard(Row& row, Guard& guard) { guard.of = row.text("linked").value_or(""); }

void read_file_guard(Row& row, Guard& guard) {
  guard.of = row.text("file").value_or("");
  guard.field = row.text("version").value_or("");
}

std::optional<Guard> read_guard(Row row);

void read_inner(Row& row, std::string_view key, Guard& guard) {
  for (auto& inner : row.tables(key)) guard.inner.push_back(read_guard(inner).value_or(Guard{}));
  if (row.has(key) && row.tables(key).empty())
    row.mistake(key, "there is no guard in this list", "write at least one");
}

void read_any_guard(Row& row, Guard& guard) { read_inner(row, "any", guard); }
void read_all_of_guard(Row& row, Guard& guard) { read_inner(row, "all_of", guard); }
void read_not_guard(Row& row, Guard& guard) {
  if (auto inner = row.table("not"))
    if (auto read = read_guard(*inner)) guard.inner.push_back(std::move(*read));
}

// One kind of guard: the key that names it in a programme, and the reader of its arguments.
struct GuardKind {
  std::string_view key;
  Guard::Kind kind;
  void (*read)(Row& row, Guard& guard);
};

constexpr std::array guard_kinds{
    GuardKind{"field", Guard::Kind::field, read_field_guard},
    GuardKind{"count", Guard::Kind::count, read_count_guard},
    GuardKind{"all", Guard::Kind::all, read_all_guard},
    GuardKind{"independent", Guard::Kind::independent, read_independent_guard},
    GuardKind{"assigned", Guard::Kind::assigned, read_assigned_guard},
    GuardKind{"approved_by", Guard::Kind::approved_by, read_approved_guard},
    GuardKind{"seconded", Guard::Kind::seconded, read_seconded_guard},
    GuardKind{"not_by", Guard::Kind::not_by, read_not_by_guard},
    GuardKind{"outside_agency", Guard::Kind::outside, read_outside_guard},
    GuardKind{"reason", Guard::Kind::reason, read_reason_guard},
    GuardKind{"met", Guard::Kind::meeting_held, read_met_guard},
    GuardKind{"linked", Guard::Kind::linked, read_linked_guard},
    GuardKind{"file", Guard::Kind::file, read_file_guard},
    GuardKind{"any", Guard::Kind::any, read_any_guard},
    GuardKind{"all_of", Guard::Kind::all_of, read_all_of_guard},
    GuardKind{"not", Guard::Kind::not_, read_not_guard},
};

// A key that names a rule of its own, but may also stand beside another one.
template <class Rule>
std::string_view also_with(const Rule& rule) {
  if constexpr (std::is_same_v<decltype(rule.kind), Effect::Kind>)
    if (rule.kind == Effect::Kind::create) return "tell";
  return {};
}

// Which of a closed set of rules a table is: the one whose naming key it has. Two, or none, is a
// mistake, and the answer nothing.
template <class Kinds>
auto find_rule(Row& row, const Kinds& kinds, std::string_view what) -> decltype(kinds.data()) {
  decltype(kinds.data()) found = nullptr;
  std::vector<std::string> known;
  for (const auto& kind : kinds) {
    known.emplace_back(kind.key);
    if (!row.holds(kind.key)) continue;
    if (found && kind.key == also_with(*found)) continue;
    if (found) {
      row.mistake(
          kind.key,
          fmt::format("this {0} is a '{1}' and a '{2}' at once", what, found->key, kind.key),
          fmt::format("write two {}s", what));
      return nullptr;
    }
    found = &kind;
  }
  if (found) return found;
  const auto keys = row.keys();
  std::string near;
  for (const auto& key : keys)
    if (near.empty()) near = nearest_name(key, known);
  const auto message = keys.empty() ? fmt::format("this {} is empty", what)
                                    : fmt::format("there is no {} '{}'", what, keys.front());
  row.mistakes().add(row.place(), row.path(), message,
                     near.empty() ? fmt::format("known: {}", fmt::join(known, ", "))
                                  : fmt::format("did you mean '{}'?", near));
  return nullptr;
}

std::optional<Guard> read_guard(Row row) {
  const auto* kind = find_rule(row, guard_kinds, "guard");
  if (!kind) return std::nullopt;
  Guard guard;
  guard.kind = kind->kind;
  guard.place = row.place();
  kind->read(row, guard);
  guard.says = row.text("says").value_or("");
  row.finish();
  return guard;
}

void read_tell(Row& row, Effect& effect) {
  effect.to = row.roles("tell");
  if (effect.to.empty())
    row.mistake("tell", "nobody is told", "write tell = [\"board:qa-officer\"]");
  effect.template_name = row.required_text("template", "name the template of the mail");
  effect.family = row.family("family").value_or(Family::c);
}

// With `tell`, each child's own roles are told of it at once.
void read_create(Row& row, Effect& effect) {
  if (row.has("tell")) read_tell(row, effect);
  effect.of = row.text("create").value_or("");
  effect.each = row.text("each").value_or("");
  if (auto copy = row.table("copy"))
    for (auto& [key, value] : copy->all_stored()) effect.copy.emplace(key, value);
}

void read_cascade(Row& row, Effect& effect) {
  effect.event = row.text("cascade").value_or("");
  effect.of = row.required_text("kind", "name the kind that the event goes to");
}

void read_set(Row& row, Effect& effect) {
  effect.field = row.text("set").value_or("");
  effect.value = row.stored("value").value_or("");
  effect.from = row.text("from").value_or("");
  if (row.has("value") == row.has("from"))
    row.mistake("set", "a field is set to a value or from another field",
                "write value = \"...\", or from = \"other_field\"");
}

void read_clear(Row& row, Effect& effect) { effect.field = row.text("clear").value_or(""); }
void read_increment(Row& row, Effect& effect) { effect.field = row.text("increment").value_or(""); }

void read_assign(Row& row, Effect& effect) {
  effect.role = row.text("assign").value_or("");
  effect.optional = row.flag("optional");
}

void read_unassign(Row& row, Effect& effect) { effect.role = row.text("unassign").value_or(""); }
void read_approve(Row& row, Effect& effect) { effect.name = row.text("approve").value_or(""); }

void read_link(Row& row, Effect& effect) {
  effect.of = row.text("link").value_or("");
  effect.optional = row.flag("optional");
}

struct EffectKind {
  std::string_view key;
  Effect::Kind kind;
  void (*read)(Row& row, Effect& effect);
};

constexpr std::array effect_kinds{
    EffectKind{"create", Effect::Kind::create, read_create},
    EffectKind{"cascade", Effect::Kind::cascade, read_cascade},
    EffectKind{"tell", Effect::Kind::tell, read_tell},
    EffectKind{"set", Effect::Kind::set, read_set},
    EffectKind{"clear", Effect::Kind::clear, read_clear},
    EffectKind{"increment", Effect::Kind::increment, read_increment},
    EffectKind{"assign", Effect::Kind::assign, read_assign},
    EffectKind{"unassign", Effect::Kind::unassign, read_unassign},
    EffectKind{"approve", Effect::Kind::approve, read_approve},
    EffectKind{"link", Effect::Kind::link, read_link},
};

}  // namespace

// A guard or effect that could not be read leaves one that names nothing, which no check speaks of,
// so that the ones behind it keep their number in the list.
Guards read_guards(Row& row, std::string_view key) {
  Guards guards;
  for (auto& entry : row.tables(key)) guards.push_back(read_guard(entry).value_or(Guard{}));
  return guards;
}

std::vector<Effect> read_effects(Row& row, std::string_view key) {
  std::vector<Effect> effects;
  for (auto& entry : row.tables(key)) {
    const auto* kind = find_rule(entry, effect_kinds, "effect");
    Effect& effect = effects.emplace_back();
    effect.kind = Effect::Kind::clear;
    if (!kind) continue;
    effect.kind = kind->kind;
    effect.place = entry.place();
    kind->read(entry, effect);
    entry.finish();
  }
  return effects;
}

}  // namespace assured::reading
