#include "workflows/apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workflows/applying.hpp"
#include "workflows/deciding.hpp"

namespace assured {

// ---------------------------------------------------------------------------------------------
// Facts

Facts load_facts(BoardReader& reader, const Rules&, const Item& item, const FactsNeeded& needed) {
  Facts facts;
  std::vector<ItemId> ids{item.id};
  if (needed.ancestors) {
    facts.ancestors = reader.list_ancestors(item);
    for (const Item& i : facts.ancestors) ids.push_back(i.id);
  }
  if (!needed.load_kinds.empty()) {
    const ItemId scope = needed.load_below ? needed.load_below : item.id;
    facts.descendants = reader.list_descendants(scope, needed.load_kinds);
    // The item and its ancestors are there already.
    std::erase_if(facts.descendants, [&](const Item& i) {
      return std::find(ids.begin(), ids.end(), i.id) != ids.end();
    });
    for (const Item& i : facts.descendants) ids.push_back(i.id);
  }
  if (needed.last_event) {
    facts.last_event = reader.last_event_of(item.id);
    if (facts.last_event)
      for (const Changed<Item>& change : facts.last_event->items) {
        if (std::find(ids.begin(), ids.end(), change.now.id) != ids.end()) continue;
        if (auto other = reader.find_item(change.now.id)) {
          ids.push_back(other->id);
          facts.descendants.push_back(std::move(*other));
        }
      }
    if (facts.last_event)
      for (const Changed<Prompt>& change : facts.last_event->prompts)
        if (auto prompt = reader.find_prompt(change.now.id))
          facts.prompts.push_back(std::move(*prompt));
    // Of what is given back: what was dropped only because the event had ended it.
    if (facts.last_event)
      for (const Changed<Obligation>& change : facts.last_event->obligations)
        if (change.was && change.was->is_open() && !change.now.is_open())
          for (Prompt& prompt : reader.prompts_of(change.now.id))
            if (std::none_of(facts.prompts.begin(), facts.prompts.end(),
                             [&](const Prompt& known) { return known.id == prompt.id; }))
              facts.prompts.push_back(std::move(prompt));
    // What was begun since below an item that the event made.
    if (facts.last_event)
      for (const Changed<Item>& change : facts.last_event->items) {
        if (change.was) continue;
        ItemFilter below;
        below.parent = change.now.id;
        for (Item& child : reader.list_items(below)) {
          if (std::find(ids.begin(), ids.end(), child.id) != ids.end()) continue;
          ids.push_back(child.id);
          facts.descendants.push_back(std::move(child));
        }
      }
    // An event may move what items owe without changing the items: children that count from its
    // field.
    if (facts.last_event)
      for (const Changed<Obligation>& change : facts.last_event->obligations) {
        if (std::find(ids.begin(), ids.end(), change.now.item) != ids.end()) continue;
        if (auto other = reader.find_item(change.now.item)) {
          ids.push_back(other->id);
          facts.descendants.push_back(std::move(*other));
        }
      }
  }
  for (const ItemId id : ids)
    for (Obligation& o : reader.obligations_of(id)) facts.obligations.push_back(std::move(o));
  facts.assignments = reader.assignments_of(ids);
  // Those that lead from an item; the store gives those that lead to it as well.
  if (needed.links)
    for (const ItemId id : ids)
      for (Link& link : reader.links_of(id))
        if (link.from == id) facts.links.push_back(std::move(link));
  if (needed.files)
    for (const ItemId id : ids)
      for (FileRecord& file : reader.files_of(id)) facts.files.push_back(std::move(file));
  if (needed.approvals)
    for (const ItemId id : ids)
      for (Approval& a : reader.approvals_of(id)) facts.approvals.push_back(std::move(a));
  for (const std::string& body : needed.bodies)
    for (Meeting& m : reader.list_meetings(body)) facts.meetings.push_back(std::move(m));
  facts.people = reader.load_people();
  // Any opening and any rung may find a post empty.
  for (std::string& name : reader.open_vacancies()) facts.vacancies.insert(std::move(name));
  for (const CountQuery& query : needed.counts)
    facts.counts[query] = reader.count_descendants(query);
  for (const Item& i : facts.descendants) {
    const auto counts = needed.descendant_counts.find(i.kind);
    if (counts == needed.descendant_counts.end()) continue;
    for (const auto& [kind, where] : counts->second) {
      const CountQuery query{i.id, kind, where};
      if (!facts.counts.contains(query)) facts.counts[query] = reader.count_descendants(query);
    }
  }
  return facts;
}

// ---------------------------------------------------------------------------------------------
// What the commands share

bool has_taken_reference(BoardReader& reader, const Decision& decision) {
  std::set<std::string> fresh;
  for (const auto& [was, now] : decision.items)
    if (!was && (!fresh.insert(now.reference).second || reader.find_item(now.reference)))
      return true;
  return false;
}

Result<const Programmes::Board*> board_of(const Programmes& programmes, std::string_view id) {
  const Programmes::Board* board = programmes.find_board(id);
  if (board == nullptr) return Error{Errc::not_found, "there is no such board here", "board"};
  return board;
}

Result<void> check_channel(const Caller& caller) {
  // It stands in the journal's own rows, which outlive what is disposed of: never free text (S12.1).
  for (const std::string_view known : {"", "phone", "mail", "meeting"})
    if (caller.channel == known) return {};
  return Error{Errc::invalid, "say phone, mail or meeting, or leave it out", "channel"};
}

Result<Instant> occurred_at(const Caller& caller, const Item* item, Instant now) {
  if (auto known = check_channel(caller); !known) return known.error();
  const Instant at = caller.occurred_at.value_or(now);
  if (auto fits = check_occurred(at, item, now); !fits) return fits.error();
  return at;
}

JournalHead head_of(const Caller& caller, std::string kind, ItemId item, Instant occurred_at,
                    std::string reason) {
  JournalHead head;
  head.actor = caller.person;
  head.for_post = caller.for_post;
  head.channel = caller.channel;
  head.kind = std::move(kind);
  head.item = item;
  head.occurred_at = occurred_at;
  head.reason = std::move(reason);
  return head;
}

Outcome outcome_of(BoardWriter& board, const JournalHead& head, Decision decision, ItemId subject,
                   Instant now, const Item* known) {
  Outcome outcome;
  outcome.journal_seq = board.write(head, decision, now);
  outcome.item = subject;
  for (const Changed<Item>& change : decision.items) {
    if (!change.was) outcome.created.push_back(change.now.id);
    if (change.now.id != subject) continue;
    outcome.reference = change.now.reference;
    outcome.state = change.now.state;
    outcome.version = change.now.version;
  }
  if (outcome.reference.empty()) {  // nothing of its own changed
    const auto read = known == nullptr ? board.find_item(subject) : std::nullopt;
    if (read) known = &*read;
    if (known != nullptr) {
      outcome.reference = known->reference;
      outcome.state = known->state;
      outcome.version = known->version;
    }
  }
  outcome.decision = std::move(decision);
  return outcome;
}

Result<Held> load_held(BoardWriter& writer, ObligationId id) {
  auto obligation = writer.find_obligation(id);
  if (!obligation) return Error{Errc::not_found, "there is no such obligation", "obligation"};
  if (!obligation->is_open())
    return Error{Errc::refused, "this has been done; there is nothing left to wait for"};
  auto item = writer.find_item(obligation->item);
  ASSURED_ASSERT(item.has_value());
  return Held{std::move(*obligation), std::move(*item)};
}

// ---------------------------------------------------------------------------------------------
// Events

namespace {

// Posts, people and agencies in fields are ones that the board has.
Result<void> names_something(const Value& value, FieldType type, const Establishment& establishment,
                             BoardReader& reader) {
  if (std::holds_alternative<std::monostate>(value)) return {};  // cleared
  if (type == FieldType::agencies) {
    for (const std::string& agency : std::get<std::vector<std::string>>(value))
      if (!establishment.agencies.contains(agency))
        return Error{Errc::invalid, "an agency named here is not on this board"};
  } else if (type == FieldType::post) {
    const auto& post = std::get<std::string>(value);
    if (establishment.find_post(post) == nullptr)
      return Error{Errc::invalid, "there is no such post on this board"};
  } else if (type == FieldType::person) {
    if (reader.load_people()->find_person(std::get<std::string>(value)) == nullptr)
      return Error{Errc::invalid, "nobody of this name is on the board's list of people"};
  }
  return {};
}

}  // namespace

Result<void> read_fields(const Rules& rules, BoardReader& reader, const Item* item,
                         const Command& command, Event& event,
                         std::vector<std::string>& warnings) {
  if (command.event == "correct" && !command.fields.empty())
    return Error{Errc::invalid, "a correction takes no fields", command.fields.begin()->first};
  const auto rule = find_event_rule(rules, item, command.event);
  if (!rule) return {};  // decide() says so, after who asks and when
  const KindDef* kind = rule->kind;
  for (const auto& [name, text] : command.fields) {
    const FieldDef* field = kind->find_field(name);
    if (field == nullptr) {
      std::vector<std::string> known;
      for (const FieldDef& def : kind->fields) known.push_back(def.name);
      return Error{Errc::invalid,
                   fmt::format("“{}” has no field of this name; it has {}", kind->name, fmt::join(known, ", ")), name};
    }
    auto value = parse_value(field->type, field->values, text);
    if (!value) {
      Error error = value.error();
      error.field = name;
      return error;
    }
    if (auto known = names_something(*value, field->type, rules.establishment, reader); !known) {
      Error error = known.error();
      error.field = name;
      return error;
    }
    event.fields[name] = std::move(*value);
    if (field->type == FieldType::text)
      for (const Detected found : detect_identifiers(text))
        warnings.push_back(
            fmt::format("“{}” may hold a {}; no paper of an audit may identify anybody",
                        field->title.empty() ? name : field->title, to_text(found)));
  }
  return {};
}

Event event_of(const Caller& caller, std::string name, Instant now) {
  Event event;
  event.name = std::move(name);
  event.actor = caller.person;
  event.for_post = caller.for_post;
  event.channel = caller.channel;
  event.occurred_at = caller.occurred_at.value_or(now);
  return event;
}

Result<Outcome> apply(WriteTx& tx, const Programmes& programmes, const Command& command,
                      Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  if (auto known = check_channel(command.caller); !known) return known.error();
  std::optional<Item> item;
  if (command.item) {
    item = writer.find_item(command.item);
    if (!item) return Error{Errc::not_found, "there is no such item", "item"};
    if (command.expected_version && *command.expected_version != item->version)
      return Error{Errc::conflict, "somebody else changed this item; read it again",
                   "expected_version"};
  }
  const Rules rules = programmes.rules(**board, item ? std::string_view{item->programme} : "");
  Event event = event_of(command.caller, command.event, now);
  event.assign = command.assign;
  event.links = command.links;
  event.reason = command.reason;
  std::vector<std::string> warnings;
  const Item* subject = item ? &*item : nullptr;
  if (auto read = read_fields(rules, writer, subject, command, event, warnings); !read)
    return read.error();

  const std::vector<Item> above = item ? writer.list_ancestors(*item) : std::vector<Item>{};
  const FactsNeeded needed = facts_needed(rules, subject, above, event);
  Facts facts = load_facts(writer, rules, item.value_or(Item{}), needed);
  for (const auto& [kind, id] : event.links)
    if (auto linked = writer.find_item(id)) facts.linked.emplace(kind, std::move(*linked));
  auto decision = decide_with_ids(writer, facts.ids,
                                  [&] { return decide(rules, subject, facts, event, now); });
  if (!decision) return decision.error();
  const ItemId id = decision->subject;
  Outcome outcome = outcome_of(
      writer, head_of(command.caller, command.event, id, event.occurred_at, command.reason),
      std::move(*decision), id, now);
  outcome.warnings = std::move(warnings);
  return outcome;
}

// ---------------------------------------------------------------------------------------------
// Time

std::optional<Outcome> apply_due(WriteTx& tx, const Programmes& programmes, const DueKey& key,
                                 const std::optional<Downtime>& down, Instant now) {
  BoardWriter& writer = tx.board(key.board);
  const auto obligation = writer.find_obligation(key.obligation);
  if (!obligation || !obligation->is_open() || !obligation->next_at || *obligation->next_at > now)
    return std::nullopt;
  const auto item = writer.find_item(obligation->item);
  ASSURED_ASSERT(item.has_value());
  const Rules rules = programmes.rules(programmes.get_board(key.board), item->programme);
  const KindDef* kind = rules.definition.find_kind(item->kind);
  ASSURED_ASSERT(kind != nullptr);
  FactsNeeded needed;
  needed.ancestors = false;
  const bool expires = std::any_of(
      kind->transitions.begin(), kind->transitions.end(),
      [&](const TransitionDef& t) { return t.event == "time" && t.expires == obligation->name; });
  if (expires) {
    Event event;
    event.name = "time";
    needed = facts_needed(rules, &*item, writer.list_ancestors(*item), event);
  }
  Facts facts = load_facts(writer, rules, *item, needed);
  auto decision = decide_with_ids(writer, facts.ids, [&] {
    return decide_due(rules, *item, facts, key.obligation, down, now);
  });
  ASSURED_ASSERT(decision.has_value());
  return outcome_of(writer, head_of_system("rung", item->id, now), std::move(*decision), item->id,
                    now, &*item);
}

}  // namespace assured
