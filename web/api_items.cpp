// Reading items and obligations.
#include <fmt/format.h>

#include <algorithm>

#include "web/json_text.hpp"
#include "web/problem.hpp"
#include "workflows/roles.hpp"

namespace assured::web {

namespace {

constexpr std::size_t list_max = 500;

// The earliest open deadline of each item, for lists.
std::map<ItemId, const Obligation*> earliest_due(const std::vector<Obligation>& open) {
  std::map<ItemId, const Obligation*> earliest;
  for (const auto& obligation : open) {
    if (!obligation.due_at) continue;
    auto& known = earliest[obligation.item];
    if (known == nullptr || *obligation.due_at < *known->due_at) known = &obligation;
  }
  return earliest;
}

void merge(FactsNeeded& into, const FactsNeeded& more) {
  into.ancestors |= more.ancestors;
  into.load_kinds.insert(more.load_kinds.begin(), more.load_kinds.end());
  into.counts.insert(into.counts.end(), more.counts.begin(), more.counts.end());
  for (const auto& [kind, counts] : more.descendant_counts) {
    auto& known = into.descendant_counts[kind];
    known.insert(known.end(), counts.begin(), counts.end());
  }
  into.links |= more.links;
  into.files |= more.files;
  into.approvals |= more.approvals;
  into.last_event |= more.last_event;
  into.bodies.insert(more.bodies.begin(), more.bodies.end());
}

// What may be done to the item now, and what is missing for each.
json::array offers_json(Context& context, const Item& item) {
  const Rules rules = context.programmes->rules(context.board, item.programme);
  const KindDef* kind = rules.definition.find_kind(item.kind);
  json::array offers;
  if (kind == nullptr || is_gone(item.state)) return offers;
  const auto ancestors = context.reader->list_ancestors(item);
  FactsNeeded needed;
  std::set<std::string> events;
  for (const auto& transition : kind->transitions)
    if (transition.event != "time") events.insert(transition.event);
  for (const auto& [name, child] : rules.definition.kinds)
    if (child.start && child.parent == item.kind) events.insert(child.start->event);
  for (const auto& name : events) {
    Event event;
    event.name = name;
    event.occurred_at = context.now;
    merge(needed, facts_needed(rules, &item, ancestors, event));
  }
  const Facts facts = load_facts(*context.reader, rules, item, needed);
  for (const auto& offer : list_offers(rules, item, facts, context.now)) {
    json::object row;
    row["event"] = offer.event;
    row["title"] = offer.title;
    json::array missing;
    for (const auto& text : offer.missing) missing.emplace_back(text);
    row["missing"] = std::move(missing);
    offers.push_back(std::move(row));
  }
  return offers;
}

}  // namespace

Response get_items(Context& context, const Segments&) {
  ItemFilter filter;
  filter.kind = context.query("kind");
  if (!filter.kind.empty() && !knows_kind(context, filter.kind))
    return problem({Errc::invalid, "The board's programme has no such kind of item.", "kind"});
  if (const auto state = context.query("state"); !state.empty()) {
    if (!knows_state(context, filter.kind, state))
      return problem({Errc::invalid, "There is no such state.", "state"});
    filter.states = {state};
  }
  filter.agency = context.query("agency");
  if (!filter.agency.empty() && !context.board.current->establishment.agencies.contains(filter.agency))
    return problem({Errc::invalid, "There is no such agency on this board.", "agency"});
  const std::string open = context.query("open");
  if (!open.empty() && open != "true" && open != "false")
    return problem({Errc::invalid, "This must be true or false.", "open"});
  filter.open_only = open == "true";
  const auto limit = read_limit(context, list_max, list_max);
  if (!limit) return problem(limit.error());
  filter.limit = *limit;
  if (const auto parent = context.query("parent"); !parent.empty()) {
    const auto item = find_item(context, parent);
    if (!item) return problem(item.error());
    filter.parent = item->id;
  }
  if (const auto after = context.query("after"); !after.empty()) {
    const auto id = read_number(after, "after");
    if (!id) return problem(id.error());
    filter.after = ItemId{*id};
  }

  const auto found = context.reader->list_items(filter);
  std::vector<Item> items;
  std::vector<ItemId> ids;
  for (const auto& item : found) {
    if (!context.may_see(item)) continue;
    ids.push_back(item.id);
    items.push_back(item);
  }
  const auto obligations = context.reader->open_obligations_of(ids);
  const auto due = earliest_due(obligations);
  json::array rows;
  for (const auto& item : items) {
    json::object row = item_json(context, item);
    put_rating(row, context, item, context.reader->obligations_of(item.id));
    if (const auto next = due.find(item.id); next != due.end()) {
      put_instant(row, "due", *next->second->due_at, *context.board.zone);
      row["owes"] = title_of(next->second->name, context.board.current->establishment);
      row["owed_by"] = next->second->owed_by;
      row["late"] = context.now > *next->second->due_at;
      const auto days = local_date(context.now, *context.board.zone) -
                        local_date(*next->second->due_at, *context.board.zone);
      row["days_late"] = std::max<std::int64_t>(days.count(), 0);
    }
    rows.push_back(std::move(row));
  }
  json::object body;
  body["items"] = std::move(rows);
  // Paging follows the rows read, not those shown, so that hidden ones do not end it early.
  if (found.size() == filter.limit) body["next"] = found.back().id.value;
  return answer(body);
}

Response get_item(Context& context, const Segments& rest) {
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  json::object body = item_json(context, *item);
  std::vector<ReadRecord> seen;
  put_fields(body, context, *item, item->fields, seen);
  json::array obligations, assignments, links, history;
  const auto owed = context.reader->obligations_of(item->id);
  for (const auto& obligation : owed) obligations.push_back(obligation_json(context, obligation));
  put_rating(body, context, *item, owed);
  for (const auto& assignment : context.reader->assignments_of({item->id})) {
    json::object row;
    row["role"] = assignment.role;
    row["person"] = assignment.person;
    row["by_post"] = assignment.by_post;
    put_instant(row, "from", assignment.from, *context.board.zone);
    if (assignment.to) put_instant(row, "to", *assignment.to, *context.board.zone);
    assignments.push_back(std::move(row));
  }
  for (const auto& link : context.reader->links_of(item->id)) {
    if (link.withdrawn_at) continue;
    const bool outgoing = link.from == item->id;
    const auto other = context.reader->find_item(outgoing ? link.to : link.from);
    if (!other || !context.may_see(*other)) continue;
    json::object row;
    row["kind"] = link.kind;
    row["outgoing"] = outgoing;
    row["item"] = other->id.value;
    row["reference"] = other->reference;
    links.push_back(std::move(row));
  }
  for (const auto& row : context.reader->journal_of(item->id))
    history.push_back(journal_json(context, row, item->id));
  body["obligations"] = std::move(obligations);
  body["assignments"] = std::move(assignments);
  body["links"] = std::move(links);
  body["offers"] = offers_json(context, *item);
  body["history"] = std::move(history);
  record_reads(context, seen);
  return answer(body);
}

Response get_obligations(Context& context, const Segments&) {
  ObligationFilter filter;
  filter.owed_by = context.query("owed_by");
  if (!filter.owed_by.empty()) {
    const auto party = parse_party(filter.owed_by);
    const bool is_post = party && party->kind == Party::Kind::post;
    if (!party || (!is_post && party->kind != Party::Kind::assigned) ||
        (is_post && context.board.current->establishment.find_post(party->name) == nullptr))
      return problem({Errc::invalid,
                      "Write post: and a post of the board, or assigned: and a role: "
                      "post:police/lead, assigned:auditor.",
                      "owed_by"});
  }
  const std::string open = context.query("open");
  if (!open.empty() && open != "true" && open != "false")
    return problem({Errc::invalid, "This must be true or false.", "open"});
  filter.open_only = open != "false";
  const auto limit = read_limit(context, list_max, list_max);
  if (!limit) return problem(limit.error());
  filter.limit = *limit;
  if (const auto before = context.query("due_before"); !before.empty()) {
    const auto at = read_when(context, before, "due_before");
    if (!at) return problem(at.error());
    filter.due_before = *at;
  }
  if (const auto reference = context.query("item"); !reference.empty()) {
    const auto item = find_item(context, reference);
    if (!item) return problem(item.error());
    filter.item = item->id;
  }
  if (const auto after = context.query("after"); !after.empty()) {
    const auto id = read_number(after, "after");
    if (!id) return problem(id.error());
    filter.after = ObligationId{*id};
  }
  json::array rows;
  const auto found = context.reader->list_obligations(filter);
  for (const auto& obligation : found) {
    const auto item = context.reader->find_item(obligation.item);
    if (!item || !context.may_see(*item)) continue;
    json::object row = obligation_json(context, obligation);
    row["reference"] = item->reference;
    row["kind"] = item->kind;
    rows.push_back(std::move(row));
  }
  json::object body;
  body["obligations"] = std::move(rows);
  if (found.size() == filter.limit) body["next"] = found.back().id.value;
  return answer(body);
}

// One obligation, with the working of its deadline (S4.5, U7) and the rungs that fired.
Response get_obligation(Context& context, const Segments& rest) {
  const auto id = read_number(rest[1], "obligation");
  if (!id) return problem(id.error());
  const auto obligation = context.reader->find_obligation(ObligationId{*id});
  const auto item = obligation ? context.reader->find_item(obligation->item) : std::nullopt;
  if (!item || !context.may_see(*item))
    return problem({Errc::not_found, "There is no such obligation.", "obligation"});
  const Rules rules = context.programmes->rules(context.board, item->programme);
  json::object body = obligation_json(context, *obligation);
  body["reference"] = item->reference;
  json::array working, fired;
  for (const WorkingLine& line : working_of(*obligation, rules.time)) {
    json::object row;
    row["date"] = to_text(line.date);
    row["counted"] = line.counted;
    row["reason"] = line.reason;
    working.push_back(std::move(row));
  }
  for (const FiredRung& rung : obligation->fired) {
    if (rung.rung < 0 || rung.to.empty()) continue;
    json::object row;
    row["rung"] = rung.rung;
    row["cycle"] = rung.cycle;
    row["to"] = rung.to;
    row["due_version"] = rung.due_version;
    put_instant(row, "planned", rung.planned_at, *context.board.zone);
    put_instant(row, "fired", rung.fired_at, *context.board.zone);
    fired.push_back(std::move(row));
  }
  body["working"] = std::move(working);
  body["fired"] = std::move(fired);
  return answer(body);
}

// What each event set, dated, and why: a report of progress stays readable after the next one.
Response get_snapshots(Context& context, const Segments& rest) {
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  json::array rows;
  std::vector<ReadRecord> seen;
  for (const ItemSnapshot& snapshot : context.reader->snapshots_of(item->id)) {
    json::object row;
    row["seq"] = snapshot.seq;
    row["event"] = snapshot.event;
    row["state"] = snapshot.state;
    row["actor"] = snapshot.actor;
    row["for_post"] = snapshot.for_post;
    put_instant(row, "recorded", snapshot.at, *context.board.zone);
    put_fields(row, context, *item, snapshot.fields, seen);
    if (snapshot.reason.is_set() && context.may_see_protected(*item)) {
      seen.push_back({context.now, context.person, item->id, "reason of " + snapshot.event});
      row["reason"] =
          to_stored_text(reveal(snapshot.reason, Viewer{context.person}, Purpose::page));
    }
    rows.push_back(std::move(row));
  }
  record_reads(context, seen);
  json::object body;
  body["snapshots"] = std::move(rows);
  return answer(body);
}

}  // namespace assured::web
