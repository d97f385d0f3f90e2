// Kinds: fields, states, obligations, transitions, and how an item begins.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "workflows/item.hpp"
#include "workflows/programme_reading.hpp"

namespace assured::reading {

namespace {

constexpr std::string_view source_remedy =
    "name the policy and its version, or write \"local policy, to be confirmed\"";

void check_name(Row& row, std::string_view key, std::string_view name) {
  if (!name.empty() && !is_plain_name(name))
    row.mistake(key, fmt::format("'{}' cannot be a name", name),
                "use small letters, digits, - and _, beginning with a letter");
}

FieldType read_field_type(Row& row) {
  const auto written = row.required_text(
      "type", "text, enumeration, number, boolean, date, instant, agencies, person or post");
  if (written.empty()) return FieldType::text;
  std::vector<std::string> known;
  for (const auto type : {FieldType::text, FieldType::enumeration, FieldType::number,
                          FieldType::boolean, FieldType::date, FieldType::instant,
                          FieldType::agencies, FieldType::person, FieldType::post}) {
    if (written == to_text(type)) return type;
    known.emplace_back(to_text(type));
  }
  row.mistake("type", fmt::format("there is no field type '{}'", written), suggest(written, known));
  return FieldType::text;
}

FieldClass read_field_class(Row& row) {
  const auto written = row.text("class");
  if (!written) return FieldClass::protected_;  // S12.1: unset means protected
  std::vector<std::string> known;
  for (const auto c : {FieldClass::protected_, FieldClass::internal, FieldClass::public_}) {
    if (*written == to_text(c)) return c;
    known.emplace_back(to_text(c));
  }
  row.mistake("class", fmt::format("there is no field class '{}'", *written),
              suggest(*written, known));
  return FieldClass::protected_;
}

FieldDef read_field(Row row) {
  FieldDef field;
  field.place = row.place();
  field.name = row.required_text("name", "name the field");
  check_name(row, "name", field.name);
  for (const std::string_view taken : {"now", "entry", "created"})
    if (field.name == taken)
      row.mistake("name", fmt::format("'{}' has a meaning of its own as a date", taken),
                  "give the field another name");
  field.title = row.text("title").value_or(title_from_name(field.name));
  field.type = read_field_type(row);
  field.field_class = read_field_class(row);
  field.indexed = row.flag("indexed");
  field.values = row.texts("values");
  if (field.type == FieldType::enumeration && !row.has("values"))
    row.missing("values", "list the values that can be chosen");
  if (field.type != FieldType::enumeration && row.has("values"))
    row.mistake("values", "only an enumeration has a list of values",
                "write type = \"enumeration\"");
  row.finish();
  return field;
}

FileDef read_file(Row row) {
  FileDef file;
  file.place = row.place();
  file.name = row.required_text("name", "name the document: \"return\"");
  check_name(row, "name", file.name);
  file.title = row.text("title").value_or(title_from_name(file.name));
  file.file_class = read_field_class(row);
  file.types = row.texts("types");
  const std::vector<std::string> known(file_types.begin(), file_types.end());
  if (file.types.empty()) row.missing("types", "list what it may be: [\"pdf\", \"docx\"]");
  for (const std::string& type : file.types)
    if (std::find(known.begin(), known.end(), type) == known.end())
      row.mistake("types", fmt::format("'{}' is no type of file that can be kept", type),
                  suggest(type, known));
  if (const auto mb = row.number("mb_max")) {
    if (*mb < 1 || static_cast<std::size_t>(*mb) > file_mb_max)
      row.mistake("mb_max", fmt::format("a file has 1 to {} MB", file_mb_max),
                  "write a number of megabytes");
    else
      file.mb_max = static_cast<std::size_t>(*mb);
  }
  row.finish();
  return file;
}

// What obligations and the states' own deadlines have in common.
void read_policy(Row& row, ObligationDef& obligation) {
  obligation.ladder = row.required_text("ladder", "name the ladder that chases it");
  if (!row.has("family"))
    row.missing("family",
                "write A for unsafe practice, B for professional disagreement, C for chasing");
  obligation.family = row.family("family").value_or(Family::c);
  obligation.source = row.required_text("source", std::string{source_remedy});
  obligation.fallback = row.role("fallback");
}

std::vector<Trigger> read_triggers(Row& row, std::string_view key) {
  std::vector<Trigger> triggers;
  for (const auto& written : row.texts(key)) {
    const auto colon = written.find(':');
    const auto prefix = written.substr(0, colon);
    if (colon == std::string::npos || (prefix != "state" && prefix != "event") ||
        colon + 1 == written.size()) {
      row.mistake(key, fmt::format("'{}' is neither a state nor an event", written),
                  "write state:NAME (entering it) or event:NAME");
      continue;
    }
    triggers.push_back({prefix == "state" ? Trigger::Kind::state : Trigger::Kind::event,
                        written.substr(colon + 1)});
  }
  return triggers;
}

// A due rule that is there and unreadable has been told; the rest of the obligation still counts.
DueRule read_required_due(Row& row, std::string_view key) {
  if (!row.has(key)) row.missing(key, "say when it is due: { after = \"5wd\", from = \"entry\" }");
  auto due = row.table(key);
  if (!due) return {};
  return read_due(*due).value_or(DueRule{});
}

ObligationDef read_obligation(Row row) {
  ObligationDef obligation;
  obligation.place = row.place();
  obligation.name = row.required_text("name", "say what is owed: \"return the audit\"");
  if (!row.has("owed_by")) row.missing("owed_by", "say who owes it: \"agency:lead\"");
  obligation.owed_by = row.role("owed_by").value_or(unread_role());
  if (!row.has("opens_on")) row.missing("opens_on", "say when it begins: [\"state:NAME\"]");
  if (!row.has("closes_on")) row.missing("closes_on", "say what ends it: [\"event:NAME\"]");
  obligation.opens_on = read_triggers(row, "opens_on");
  obligation.closes_on = read_triggers(row, "closes_on");
  obligation.due = read_required_due(row, "due");
  if (auto again = row.table("due_again")) obligation.due_again = read_due(*again);
  obligation.keeps_rung = row.flag("keeps_rung");
  read_policy(row, obligation);
  row.finish();
  return obligation;
}

std::string lower_first(std::string text) {
  // "GP list" keeps its capitals; "Auditor named" becomes "auditor named".
  const bool acronym = text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1]));
  if (!text.empty() && !acronym)
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

// S2.2: a state's own deadline is an obligation that is open while the item is in the state. What
// closes it is filled in once the transitions are known.
ObligationDef read_state_deadline(Row& row, const StateDef& state) {
  ObligationDef obligation;
  obligation.of_state = state.name;
  obligation.place = row.place_of_key("deadline");
  obligation.name = lower_first(state.title);
  obligation.opens_on = {{Trigger::Kind::state, state.name}};
  obligation.due = read_required_due(row, "deadline");
  const auto owed_by = row.role("owed_by");
  obligation.owed_by = owed_by ? *owed_by : state.owner.value_or(unread_role());
  read_policy(row, obligation);
  return obligation;
}

void read_state(const std::string& name, Row row, KindDef& kind) {
  StateDef state;
  state.name = name;
  state.place = row.place();
  state.title = row.text("title").value_or(title_from_name(name));
  state.final = row.flag("final");
  state.owner = row.role("owner");
  if (!is_plain_name(name))
    row.mistakes().add(row.place(), row.path(), fmt::format("'{}' cannot be a name", name),
                       "use small letters, digits, - and _, beginning with a letter");
  if (is_gone(name))
    row.mistakes().add(row.place(), row.path(),
                       name == voided_state
                           ? "every kind has a state 'voided' for what was undone"
                           : "every kind has a state 'disposed' for what was removed",
                       "give this state another name");
  if (!state.final && !row.has("owner"))
    row.missing("owner", "a state that is not final has an owner: owner = \"board:qa-officer\"");
  if (row.has("deadline")) {
    if (state.final)
      row.mistake("deadline", "nothing is owed in a final state",
                  "remove the deadline, or final = true");
    kind.obligations.push_back(read_state_deadline(row, state));
  } else {
    for (const std::string_view key : {"ladder", "family", "source", "owed_by", "fallback"})
      if (row.has(key))
        row.mistake(key, fmt::format("'{}' belongs to a deadline, and this state has none", key),
                    "add deadline = { after = \"5wd\", from = \"entry\" }");
  }
  row.finish();
  kind.states.push_back(std::move(state));
}

TransitionDef read_transition(Row row) {
  TransitionDef transition;
  transition.place = row.place();
  if (!row.has("from")) row.missing("from", "list the states: [\"allocated\"], or \"*\"");
  transition.from = row.text_or_texts("from");
  for (const auto& state : transition.from)
    if (state == "*") transition.from_any = true;
  if (transition.from_any && transition.from.size() > 1)
    row.mistake("from", "\"*\" is every state that is not final already", "write from = \"*\"");
  if (transition.from_any) transition.from.clear();
  transition.event = row.required_text("event", "name the event: \"submit\"");
  check_name(row, "event", transition.event);
  transition.to = row.text("to");
  transition.title = row.text("title").value_or(title_from_name(transition.event));
  transition.takes = row.texts("takes");
  transition.requires_ = read_guards(row, "requires");
  transition.effects = read_effects(row, "effects");
  transition.auto_ = row.flag("auto");
  transition.excuse = row.flag("excuse");
  transition.expires = row.text("expires").value_or("");
  transition.ready_template = row.text("ready").value_or("");
  transition.by = row.roles("by");
  const bool by_time = transition.event == "time";
  if (by_time && transition.expires.empty() && !row.has("expires"))
    row.missing("expires", "name the obligation whose due date moves the item");
  if (!by_time && row.has("expires"))
    row.mistake("expires", "only event = \"time\" moves an item when an obligation falls due",
                "write event = \"time\", or remove expires");
  if (by_time && transition.auto_)
    row.mistake("auto", "time and children cannot both move the item", "write two transitions");
  if ((by_time || transition.auto_) && row.has("by"))
    row.mistake("by", "nobody does this; it happens by itself", "remove 'by'");
  if (!by_time && !transition.auto_ && transition.by.empty())
    row.missing("by", "say who may do it: [\"agency:lead\"]");
  row.finish();
  return transition;
}

StartDef read_start(Row row) {
  StartDef start;
  start.place = row.place();
  start.event = row.required_text("event", "name the event that makes one: \"raise-concern\"");
  check_name(row, "event", start.event);
  start.title = row.text("title").value_or(title_from_name(start.event));
  start.by = row.roles("by");
  if (start.by.empty()) row.missing("by", "say who may do it: [\"anyone\"]");
  start.parent_in = row.texts("parent_in");
  start.takes = row.texts("takes");
  start.requires_ = read_guards(row, "requires");
  start.effects = read_effects(row, "effects");
  row.finish();
  return start;
}

// Leaving the state of a deadline closes it: every state that one transition out of it leads to.
void close_state_deadlines(KindDef& kind) {
  for (auto& obligation : kind.obligations) {
    if (obligation.of_state.empty()) continue;
    for (const auto& transition : kind.transitions) {
      const auto& from = transition.from;
      const bool leaves = transition.from_any ||
                          std::find(from.begin(), from.end(), obligation.of_state) != from.end();
      if (!leaves || !transition.to || *transition.to == obligation.of_state) continue;
      const Trigger trigger{Trigger::Kind::state, *transition.to};
      auto& closes = obligation.closes_on;
      if (std::find(closes.begin(), closes.end(), trigger) == closes.end())
        closes.push_back(trigger);
    }
  }
}

}  // namespace

KindDef read_kind(const std::string& name, Row row) {
  KindDef kind;
  kind.name = name;
  kind.place = row.place();
  if (!is_plain_name(name))
    row.mistakes().add(row.place(), row.path(), fmt::format("'{}' cannot be a name", name),
                       "use small letters, digits, - and _, beginning with a letter");
  kind.title = row.text("title").value_or(title_from_name(name));
  kind.parent = row.text("parent").value_or("");
  kind.initial = row.required_text("initial", "name the state in which an item begins");
  kind.agency_from = row.text("agency_from").value_or("");
  kind.owner_field = row.text("owner_field").value_or("");
  kind.always_current = row.flag("always_current");
  kind.board_only = row.flag("board_only");
  kind.seen_by = row.texts("seen_by");
  for (auto& entry : row.tables("field")) kind.fields.push_back(read_field(entry));
  for (auto& entry : row.tables("file")) kind.files.push_back(read_file(entry));
  for (auto& entry : row.tables("obligation")) kind.obligations.push_back(read_obligation(entry));
  for (auto& [state, entry] : row.entries("state")) read_state(state, entry, kind);
  if (!row.has("state"))
    row.missing("state", fmt::format("add [{}.state.NAME] tables", row.path()));
  for (auto& entry : row.tables("transition")) kind.transitions.push_back(read_transition(entry));
  if (auto start = row.table("start")) kind.start = read_start(*start);
  if (auto rating = row.table("rating")) kind.rating = read_rating(*rating, kind);
  close_state_deadlines(kind);
  row.finish();
  return kind;
}

}  // namespace assured::reading
