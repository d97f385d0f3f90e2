#include "tests/support/memory_world.hpp"

#include <algorithm>

#include "workflows/guard.hpp"

namespace assured::test {

namespace {

template <class Id, class T>
void put_rows(std::map<Id, T>& rows, const std::vector<Changed<T>>& changes, const char* what,
              std::vector<std::string>& faults) {
  for (const auto& change : changes) {
    const auto found = rows.find(change.now.id);
    const std::string name = what + std::to_string(change.now.id.value);
    if (change.was.has_value() != (found != rows.end()))
      faults.push_back(name + (change.was ? " was not there" : " was there already"));
    else if (change.was && !(*change.was == found->second))
      faults.push_back(name + " was not as the decision says");
    rows.insert_or_assign(change.now.id, change.now);
  }
}

template <class T>
void put_rows(std::vector<T>& rows, const std::vector<Changed<T>>& changes, const char* what,
              std::vector<std::string>& faults) {
  for (const auto& change : changes) {
    if (!change.was) {
      rows.push_back(change.now);
      continue;
    }
    const auto found = std::find(rows.begin(), rows.end(), *change.was);
    if (found == rows.end())
      faults.push_back(std::string{what} + " was not as the decision says");
    else
      *found = change.now;
  }
}

template <class Id, class T>
void take_back_rows(std::map<Id, T>& rows, const std::vector<Changed<T>>& changes) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->was)
      rows.insert_or_assign(change->now.id, *change->was);
    else
      rows.erase(change->now.id);
  }
}

template <class T>
void take_back_rows(std::vector<T>& rows, const std::vector<Changed<T>>& changes) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto found = std::find(rows.rbegin(), rows.rend(), change->now);
    if (found == rows.rend()) continue;
    if (change->was)
      *found = *change->was;
    else
      rows.erase(std::prev(found.base()));
  }
}

}  // namespace

std::vector<std::string> put(Tables& tables, const Decision& decision) {
  std::vector<std::string> faults;
  put_rows(tables.items, decision.items, "item ", faults);
  put_rows(tables.obligations, decision.obligations, "obligation ", faults);
  put_rows(tables.assignments, decision.assignments, "an assignment", faults);
  put_rows(tables.links, decision.links, "a link", faults);
  put_rows(tables.approvals, decision.approvals, "an approval", faults);
  put_rows(tables.prompts, decision.prompts, "prompt ", faults);
  return faults;
}

void take_back(Tables& tables, const Decision& decision) {
  take_back_rows(tables.items, decision.items);
  take_back_rows(tables.obligations, decision.obligations);
  take_back_rows(tables.assignments, decision.assignments);
  take_back_rows(tables.links, decision.links);
  take_back_rows(tables.approvals, decision.approvals);
  take_back_rows(tables.prompts, decision.prompts);
}

MemoryWorld::MemoryWorld(const Programme& programme, const Zone& zone, const Calendar& calendar)
    : programme_(programme) {
  const Establishment& e = programme.establishment;
  time_ = TimeRules{&zone,       &calendar,     e.close_of_day, e.morning, e.window_from,
                    e.window_to, e.office_from, e.office_to,    e.day_zero};
}

std::vector<Item> MemoryWorld::ancestors_of(const Item& item) const {
  std::vector<Item> above;
  for (ItemId id = item.parent; id; id = above.back().parent) above.push_back(tables.items.at(id));
  return above;
}

std::vector<Item> MemoryWorld::below(ItemId scope) const {
  std::vector<Item> result;
  for (const auto& [id, item] : tables.items) {
    const auto above = ancestors_of(item);
    if (std::any_of(above.begin(), above.end(), [&](const Item& i) { return i.id == scope; }))
      result.push_back(item);
  }
  return result;
}

int MemoryWorld::count(const CountQuery& query) const {
  const auto all = below(query.scope);
  return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const Item& item) {
    return matches(item, query.kind, query.where);
  }));
}

// Obligations with the closed ones: a round that opens again must know the last.
void MemoryWorld::load_rows(Facts& facts, const std::vector<ItemId>& ids) const {
  const auto among = [&](ItemId id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  for (const auto& [id, obligation] : tables.obligations)
    if (among(obligation.item)) facts.obligations.push_back(obligation);
  for (const auto& assignment : tables.assignments)
    if (among(assignment.item)) facts.assignments.push_back(assignment);
  facts.people = std::make_shared<const People>(people);
  for (const auto& [id, obligation] : tables.obligations)
    if (obligation.is_open() && obligation.name.starts_with("name somebody: "))
      facts.vacancies.insert(obligation.name);
  facts.ids.next_item = tables.items.empty() ? 1 : tables.items.rbegin()->first.value + 1;
  facts.ids.next_obligation =
      tables.obligations.empty() ? 1 : tables.obligations.rbegin()->first.value + 1;
  facts.ids.next_prompt = tables.prompts.empty() ? 1 : tables.prompts.rbegin()->first.value + 1;
  facts.ids.seed = 42;
}

std::shared_ptr<const LastEvent> MemoryWorld::last_event(ItemId item) const {
  for (auto done = done_.rbegin(); done != done_.rend(); ++done) {
    const Decision& decision = journal[done->decision];
    if (done->event.empty() || decision.subject != item ||
        std::none_of(decision.items.begin(), decision.items.end(),
                     [&](const auto& change) { return change.now.id == item; }))
      continue;
    auto last = std::make_shared<LastEvent>();
    last->seq = static_cast<std::int64_t>(done->decision);
    last->recorded_at = done->at;
    last->event = done->event;
    last->items = decision.items;
    last->obligations = decision.obligations;
    last->assignments = decision.assignments;
    last->links = decision.links;
    last->approvals = decision.approvals;
    last->prompts = decision.prompts;
    return last;
  }
  return nullptr;
}

Facts MemoryWorld::load(const Item* item, const FactsNeeded& needed, const Event& event) const {
  Facts facts;
  std::vector<ItemId> ids;
  if (item != nullptr) {
    ids.push_back(item->id);
    if (needed.ancestors) facts.ancestors = ancestors_of(*item);
    for (const Item& one : below(needed.load_below ? needed.load_below : item->id)) {
      const bool there =
          one.id == item->id || std::any_of(facts.ancestors.begin(), facts.ancestors.end(),
                                            [&](const Item& above) { return above.id == one.id; });
      if (needed.load_kinds.contains(one.kind) && !there) facts.descendants.push_back(one);
    }
    if (needed.last_event) {
      facts.last_event = last_event(item->id);
      for (const auto* list : {&facts.ancestors, &facts.descendants})
        for (const Item& one : *list) ids.push_back(one.id);
      // What it changed, and what is owed on items that it left as they were.
      std::vector<ItemId> also;
      if (facts.last_event) {
        for (const auto& change : facts.last_event->items) also.push_back(change.now.id);
        for (const auto& change : facts.last_event->obligations) also.push_back(change.now.item);
        for (const auto& change : facts.last_event->prompts)
          facts.prompts.push_back(tables.prompts.at(change.now.id));
      }
      for (const ItemId id : also)
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
          facts.descendants.push_back(tables.items.at(id));
          ids.push_back(id);
        }
      ids.resize(1);
    }
  }
  for (const auto* list : {&facts.ancestors, &facts.descendants})
    for (const Item& one : *list) ids.push_back(one.id);
  load_rows(facts, ids);
  if (needed.links)
    for (const Link& link : tables.links)
      if (std::find(ids.begin(), ids.end(), link.from) != ids.end()) facts.links.push_back(link);
  if (needed.approvals)
    for (const Approval& approval : tables.approvals)
      if (std::find(ids.begin(), ids.end(), approval.item) != ids.end())
        facts.approvals.push_back(approval);
  for (const Meeting& meeting : meetings)
    if (needed.bodies.contains(meeting.body)) facts.meetings.push_back(meeting);
  for (const CountQuery& query : needed.counts) facts.counts[query] = count(query);
  for (const Item& one : facts.descendants)
    if (const auto kind = needed.descendant_counts.find(one.kind);
        kind != needed.descendant_counts.end())
      for (const auto& [of, where] : kind->second) {
        const CountQuery query{one.id, of, where};
        facts.counts[query] = count(query);
      }
  for (const auto& [kind, id] : event.links)
    if (const auto linked = tables.items.find(id); linked != tables.items.end())
      facts.linked.emplace(kind, linked->second);
  return facts;
}

Facts MemoryWorld::load_everything(const Item* item, const Event& event) const {
  FactsNeeded all;
  all.links = all.approvals = all.last_event = true;
  if (item != nullptr) all.load_below = item->root;
  for (const auto& [name, kind] : programme_.definition.kinds) all.load_kinds.insert(name);
  for (const auto& [name, body] : programme_.establishment.bodies) all.bodies.insert(name);
  Facts facts = load(item, all, event);
  const auto count_for = [&](const Item& one) {
    const KindDef* kind = programme_.definition.find_kind(one.kind);
    std::vector<CountQuery> queries;
    for (const TransitionDef& t : kind->transitions)
      add_counts_needed(t.requires_, one.id, queries);
    for (const CountQuery& query : queries) facts.counts[query] = count(query);
  };
  if (item != nullptr) count_for(*item);
  for (const auto* list : {&facts.ancestors, &facts.descendants})
    for (const Item& one : *list) count_for(one);
  return facts;
}

std::vector<std::string> MemoryWorld::keep(const Decision& decision, std::string event,
                                           Instant now) {
  done_.push_back({std::move(event), now, journal.size()});
  journal.push_back(decision);
  return put(tables, decision);
}

}  // namespace assured::test
