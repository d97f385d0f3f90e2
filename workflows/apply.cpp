#include "workflows/apply.hpp"

#include <fmt/format.h>

#include <algorithm>

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
  if (needed.links) facts.links = reader.links_of(item.id);
  if (needed.approvals)
    for (const ItemId id : ids)
      for (Approval& a : reader.approvals_of(id)) facts.approvals.push_back(std::move(a));
  for (const std::string& body : needed.bodies)
    for (Meeting& m : reader.list_meetings(body)) facts.meetings.push_back(std::move(m));
  facts.people = reader.load_people();
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
// Commands

namespace {

Result<const Programmes::Board*> board_of(const Programmes& programmes, std::string_view id) {
  const Programmes::Board* board = programmes.find_board(id);
  if (board == nullptr) return Error{Errc::not_found, "there is no such board here", "board"};
  return board;
}

JournalHead head_of(const Caller& caller, std::string kind, ItemId item, Instant occurred_at,
                    std::string reason = {}) {
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

JournalHead head_of_system(std::string kind, ItemId item, Instant now) {
  Caller caller;
  caller.person = "system";
  return head_of(caller, std::move(kind), item, now);
}

Outcome outcome_of(BoardWriter& board, const JournalHead& head, Decision decision, ItemId subject,
                   Instant now) {
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
  outcome.decision = std::move(decision);
  return outcome;
}

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
    if (reader.load_people().find_person(std::get<std::string>(value)) == nullptr)
      return Error{Errc::invalid, "nobody of this name is on the board's list of people"};
  }
  return {};
}

// Fields arrive as text; their types are the programme's.
Result<void> read_fields(const Definition& definition, const Establishment& establishment,
                         BoardReader& reader, const Item* item, const Command& command,
                         Event& event, std::vector<std::string>& warnings) {
  const KindDef* kind = item == nullptr ? nullptr : definition.find_kind(item->kind);
  const auto has_event = [&](const KindDef& k) {
    return std::any_of(k.transitions.begin(), k.transitions.end(),
                       [&](const TransitionDef& t) { return t.event == command.event; });
  };
  if (kind == nullptr || !has_event(*kind)) {
    const std::string parent = item == nullptr ? std::string{} : item->kind;
    for (const auto& [name, def] : definition.kinds)
      if (def.start && def.start->event == command.event && def.parent == parent) kind = &def;
  }
  if (kind == nullptr) return {};  // decide() says that nothing begins with this
  for (const auto& [name, text] : command.fields) {
    const FieldDef* field = kind->find_field(name);
    if (field == nullptr)
      return Error{Errc::invalid, fmt::format("a {} has no field “{}”", kind->name, name), name};
    auto value = parse_value(field->type, field->values, text);
    if (!value) {
      Error error = value.error();
      error.field = name;
      return error;
    }
    if (auto known = names_something(*value, field->type, establishment, reader); !known) {
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

}  // namespace

Result<Outcome> apply(WriteTx& tx, const Programmes& programmes, const Command& command,
                      Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  std::optional<Item> item;
  if (command.item) {
    item = writer.find_item(command.item);
    if (!item) return Error{Errc::not_found, "there is no such item", "item"};
    if (command.expected_version && *command.expected_version != item->version)
      return Error{Errc::conflict, "somebody else changed this item; read it again",
                   "expected_version"};
  }
  const Rules rules = programmes.rules(**board, item ? item->programme : std::string_view{});
  Event event = event_of(command.caller, command.event, now);
  event.assign = command.assign;
  event.links = command.links;
  event.reason = command.reason;
  std::vector<std::string> warnings;
  if (auto read = read_fields(rules.definition, rules.establishment, writer,
                              item ? &*item : nullptr, command, event, warnings);
      !read)
    return read.error();

  const Item* subject = item ? &*item : nullptr;
  const std::vector<Item> above = item ? writer.list_ancestors(*item) : std::vector<Item>{};
  const FactsNeeded needed = facts_needed(rules, subject, above, event);
  Facts facts = load_facts(writer, rules, item.value_or(Item{}), needed);
  for (const auto& [kind, id] : event.links)
    if (auto linked = writer.find_item(id)) facts.linked.emplace(kind, std::move(*linked));
  facts.ids = writer.take_ids();
  auto decision = decide(rules, subject, facts, event, now);
  if (!decision) return decision.error();
  const ItemId id = decision->subject;
  Outcome outcome = outcome_of(
      writer, head_of(command.caller, command.event, id, event.occurred_at, command.reason),
      std::move(*decision), id, now);
  outcome.warnings = std::move(warnings);
  return outcome;
}

namespace {

// What acknowledging and suspending look at before they hold an obligation.
struct Held {
  Obligation obligation;
  Item item;
};

Result<Held> load_held(BoardWriter& writer, ObligationId id) {
  auto obligation = writer.find_obligation(id);
  if (!obligation) return Error{Errc::not_found, "there is no such obligation", "obligation"};
  if (!obligation->is_open())
    return Error{Errc::refused, "this has been done; there is nothing left to wait for"};
  auto item = writer.find_item(obligation->item);
  ASSURED_ASSERT(item.has_value());
  return Held{std::move(*obligation), std::move(*item)};
}

Instant later(Instant now, Span span, const TimeRules& rules) {
  return due_after(now, span, rules).due_at;
}

}  // namespace

Result<Outcome> acknowledge(WriteTx& tx, const Programmes& programmes, const Acknowledge& command,
                            Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  auto held = load_held(writer, command.obligation);
  if (!held) return held.error();
  const Rules rules = programmes.rules(**board, held->item.programme);
  const Obligation& o = held->obligation;
  const auto ladder = rules.definition.ladders.find(o.ladder);
  ASSURED_ASSERT(ladder != rules.definition.ladders.end());
  if (!ladder->second.ack_max)
    return Error{Errc::refused,
                 fmt::format("“{}” cannot be acknowledged: it needs an answer", o.name)};

  // By the debtor, or anybody told so far (S15.1).
  const People people = writer.load_people();
  const auto assignments = writer.assignments_of({held->item.id});
  const RoleScope scope{rules.establishment, rules.definition, held->item,
                        assignments,         people,           o.owed_by};
  const Date today = local_date(now, *rules.time.zone);
  if (auto known = check_caller(rules.establishment, people, command.caller.person,
                                command.caller.for_post, today);
      !known)
    return known.error();
  std::set<std::string> parties{o.owed_by};
  for (const FiredRung& f : o.fired) parties.insert(f.to);
  bool may = false;
  for (const std::string& text : parties) {
    const auto party = parse_party(text);
    if (!party) continue;
    if (party->kind == Party::Kind::post) {
      const auto posts = people.posts_of(command.caller.person, today);
      may |= command.caller.for_post == party->name ||
             std::find(posts.begin(), posts.end(), party->name) != posts.end();
    } else {
      may |= is_one_of({RoleTerm{RoleTerm::Kind::assigned, party->name}}, scope,
                       command.caller.person, command.caller.for_post, today);
    }
  }
  if (!may)
    return Error{Errc::forbidden, "only whoever owes this, or was told of it, may acknowledge it"};
  if (o.acknowledged_rung > reached_rung(o) && command.progress.empty())
    return Error{Errc::refused,
                 "it was acknowledged before: say in a line what has been done since", "progress"};
  const Instant until = std::min(later(now, command.hold_for, rules.time),
                                 later(now, *ladder->second.ack_max, rules.time));
  Decision decision = decide_hold(rules, held->item, o, until, "acknowledge", now);
  return outcome_of(writer,
                    head_of(command.caller, "acknowledge", held->item.id, now, command.progress),
                    std::move(decision), held->item.id, now);
}

Result<Outcome> suspend(WriteTx& tx, const Programmes& programmes, const Suspend& command,
                        Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  auto held = load_held(writer, command.obligation);
  if (!held) return held.error();
  if (command.reason.empty()) return Error{Errc::invalid, "a reason is needed", "reason"};
  const Rules rules = programmes.rules(**board, held->item.programme);
  const People people = writer.load_people();
  const Date today = local_date(now, *rules.time.zone);
  if (auto known = check_caller(rules.establishment, people, command.caller.person,
                                command.caller.for_post, today);
      !known)
    return known.error();
  bool board_side = false;
  for (const std::string& post : people.posts_of(command.caller.person, today)) {
    const PostDef* def = rules.establishment.find_post(post);
    board_side |= def != nullptr && def->agency.empty();
  }
  if (!board_side) return Error{Errc::forbidden, "only the board team may suspend what is owed"};
  const std::vector<std::string> own = people.posts_of(command.caller.person, today);
  for (const std::string& post : own)
    if (held->obligation.owed_by == to_text(Party{Party::Kind::post, post}))
      return Error{Errc::forbidden, "whoever owes this cannot suspend it; somebody else must"};
  const JournalHead head = head_of(command.caller, "suspend", held->item.id, now, command.reason);
  if (held->obligation.family == Family::a) {
    // S5.3: the first person proposes, a second carries it out, for at most a day.
    constexpr Span day{24, Unit::hours};
    if (!command.hold_for.is_elapsed() ||
        later(now, command.hold_for, rules.time) > later(now, day, rules.time))
      return Error{Errc::refused,
                   "what is about immediate risk can be suspended for at most 24 hours at a time",
                   "for"};
    const std::string proposal = fmt::format("suspend:{}", held->obligation.id.value);
    const Approval* proposed = nullptr;
    const auto approvals = writer.approvals_of(held->item.id);
    for (const Approval& a : approvals)
      if (a.name == proposal && !a.withdrawn_at) proposed = &a;
    if (proposed == nullptr || proposed->person == command.caller.person) {
      if (proposed != nullptr)
        return Error{Errc::refused, "a second person must agree to this suspension"};
      Decision decision;
      decision.subject = held->item.id;
      decision.approvals.push_back(
          {std::nullopt,
           Approval{
               held->item.id, proposal, command.caller.person, command.caller.for_post, now, {}}});
      decision.lines.push_back({held->item.id, "suspend", "proposed; a second person must agree"});
      return outcome_of(writer, head, std::move(decision), held->item.id, now);
    }
    Decision decision = decide_hold(rules, held->item, held->obligation,
                                    later(now, command.hold_for, rules.time), "suspend", now);
    Approval used = *proposed;
    used.withdrawn_at = now;  // one proposal carries one suspension
    decision.approvals.push_back({*proposed, std::move(used)});
    return outcome_of(writer, head, std::move(decision), held->item.id, now);
  }
  Decision decision = decide_hold(rules, held->item, held->obligation,
                                  later(now, command.hold_for, rules.time), "suspend", now);
  return outcome_of(writer, head, std::move(decision), held->item.id, now);
}

// ---------------------------------------------------------------------------------------------
// Meetings, people, calendar

namespace {

// The name under which a pending recomputation keeps its cursor (S5.4).
constexpr std::string_view recompute_value = "recompute";
// Causes of one recomputation, told in each line of what it moved; the changes have rows of their
// own.
constexpr std::size_t causes_bytes_max = 500;

// Open obligations are looked at again from the first. A change that is not worked through yet
// stays named as a cause beside this one (S5.1).
void ask_recompute(BoardWriter& writer, const std::string& cause) {
  std::string causes = cause;
  if (const auto pending = writer.find_value(recompute_value); pending && !pending->empty()) {
    const std::string earlier = pending->substr(pending->find(' ') + 1);
    const bool known = earlier.find(cause) != std::string::npos;
    causes = known || earlier.size() > causes_bytes_max ? earlier : earlier + " and " + cause;
  }
  writer.put_value(recompute_value, "0 " + causes);
}

}  // namespace

Result<Meeting> change_meeting(WriteTx& tx, const Programmes& programmes,
                               const MeetingCommand& command, Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  if (auto known = check_caller((*board)->current->establishment, writer.load_people(),
                                command.caller.person, command.caller.for_post,
                                local_date(now, *(*board)->zone));
      !known)
    return known.error();
  Meeting meeting;
  std::string what;
  if (command.what == MeetingCommand::What::plan) {
    if (!(*board)->current->establishment.bodies.contains(command.body))
      return Error{Errc::invalid, fmt::format("there is no body “{}” on this board", command.body),
                   "body"};
    if (command.start <= now)
      return Error{Errc::invalid, "a meeting is planned for the future", "start"};
    meeting.body = command.body;
    meeting.start = command.start;
    what = "plan-meeting";
  } else {
    const auto known = writer.find_meeting(command.meeting);
    if (!known) return Error{Errc::not_found, "there is no such meeting", "meeting"};
    meeting = *known;
    if (meeting.state != Meeting::State::planned)
      return Error{Errc::refused, fmt::format("this meeting is {}; only a planned one can change",
                                              to_text(meeting.state))};
    switch (command.what) {
      case MeetingCommand::What::move:
        if (command.start <= now)
          return Error{Errc::invalid, "a meeting is moved to the future", "start"};
        meeting.start = command.start;
        what = "move-meeting";
        break;
      case MeetingCommand::What::cancel:
        meeting.state = Meeting::State::cancelled;
        what = "cancel-meeting";
        break;
      case MeetingCommand::What::hold:
        if (meeting.start > now)
          return Error{Errc::refused, "this meeting lies ahead; it cannot have been held"};
        meeting.state = Meeting::State::held;
        what = "hold-meeting";
        break;
      case MeetingCommand::What::plan:
        break;
    }
  }
  meeting = writer.write_meeting(head_of(command.caller, what, {}, now), meeting, now);
  // A held meeting moves nothing: what was bound to it stays due when it was.
  if (command.what != MeetingCommand::What::hold)
    ask_recompute(writer, fmt::format("{} of {}", what, meeting.body));
  return meeting;
}

bool recompute_pending(BoardReader& reader) {
  const auto pending = reader.find_value(recompute_value);
  return pending && !pending->empty();
}

bool recompute_step(WriteTx& tx, const Programmes& programmes, std::string_view id,
                    std::size_t limit, Instant now, std::vector<Decision>* moved) {
  BoardWriter& writer = tx.board(id);
  const auto pending = writer.find_value(recompute_value);
  if (!pending || pending->empty()) return false;
  const auto space = pending->find(' ');
  const std::string cause = pending->substr(space + 1);
  ObligationFilter filter;
  filter.after = ObligationId{std::stoll(pending->substr(0, space))};
  filter.limit = limit;
  const auto obligations = writer.list_obligations(filter);
  const Programmes::Board& board = programmes.get_board(id);
  for (const Obligation& o : obligations) {
    filter.after = o.id;
    const auto item = writer.find_item(o.item);
    ASSURED_ASSERT(item.has_value());
    const Rules rules = programmes.rules(board, item->programme);
    FactsNeeded needed;
    if (o.rule.kind == DueRule::Kind::meeting) needed.bodies.insert(o.rule.body);
    Facts facts = load_facts(writer, rules, *item, needed);
    facts.ids = writer.take_ids();
    Decision decision = decide_recompute(rules, *item, facts, o.id, cause, now);
    if (decision.obligations.empty() && decision.prompts.empty()) continue;
    writer.write(head_of_system("moved", item->id, now), decision, now);
    if (moved != nullptr) moved->push_back(std::move(decision));
  }
  const bool more = obligations.size() == limit;
  writer.put_value(recompute_value,
                   more ? fmt::format("{} {}", filter.after.value, cause) : std::string{});
  return more;
}

std::vector<Obligation> could_rebind(BoardReader& reader, const Programmes& programmes,
                                     std::string_view id, const Meeting& meeting) {
  std::vector<Obligation> result;
  const TimeRules& time = programmes.get_board(id).time;
  ObligationFilter filter;
  for (;;) {
    const auto open = reader.list_obligations(filter);
    for (const Obligation& o : open) {
      filter.after = o.id;
      if (o.rule.kind != DueRule::Kind::meeting || o.rule.body != meeting.body || !o.meeting ||
          o.meeting == meeting.id || !o.anchor)
        continue;
      const auto bound = reader.find_meeting(o.meeting);
      const bool earlier = bound && meeting.start < bound->start;
      if (earlier && meeting.start > *o.anchor &&
          due_by_meeting(meeting.start, o.rule.offset, time) > *o.anchor)
        result.push_back(o);
    }
    if (open.size() < filter.limit) return result;
  }
}

Result<Outcome> rebind(WriteTx& tx, const Programmes& programmes, const Rebind& command,
                       Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  const auto held = load_held(writer, command.obligation);
  if (!held) return held.error();
  if (auto known = check_caller((*board)->current->establishment, writer.load_people(),
                                command.caller.person, command.caller.for_post,
                                local_date(now, *(*board)->zone));
      !known)
    return known.error();
  const auto meeting = writer.find_meeting(command.meeting);
  if (!meeting || meeting->state != Meeting::State::planned)
    return Error{Errc::not_found, "there is no such planned meeting", "meeting"};
  const auto candidates = could_rebind(writer, programmes, command.board, *meeting);
  const bool fits = std::any_of(candidates.begin(), candidates.end(),
                                [&](const Obligation& o) { return o.id == command.obligation; });
  if (!fits)
    return Error{Errc::refused, "this deadline does not wait for a later meeting of that body",
                 "meeting"};
  const Rules rules = programmes.rules(**board, held->item.programme);
  FactsNeeded needed;
  needed.bodies.insert(meeting->body);
  Facts facts = load_facts(writer, rules, held->item, needed);
  facts.ids = writer.take_ids();
  Decision decision = decide_rebind(rules, held->item, facts, command.obligation, meeting->id, now);
  return outcome_of(writer, head_of(command.caller, "rebind", held->item.id, now),
                    std::move(decision), held->item.id, now);
}

Result<Programmes> change_calendar(WriteTx& tx, const Programmes& programmes, std::string_view id,
                                   const CalendarOverride& day, const Caller& caller, Instant now) {
  const auto board = board_of(programmes, id);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(id);
  writer.write_calendar_override(head_of(caller, day.closed ? "close-day" : "open-day", {}, now),
                                 day, now);
  ask_recompute(writer, fmt::format("{} is {}", to_text(day.date), day.closed ? "closed" : "open"));
  Programmes changed = programmes;
  changed.set_overrides(id, writer.calendar_overrides());
  return changed;
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
  facts.ids = writer.take_ids();
  auto decision = decide_due(rules, *item, facts, key.obligation, down, now);
  ASSURED_ASSERT(decision.has_value());
  return outcome_of(writer, head_of_system("rung", item->id, now), std::move(*decision), item->id,
                    now);
}

}  // namespace assured
