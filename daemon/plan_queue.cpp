#include "daemon/plan_queue.hpp"

#include <algorithm>
#include <tuple>

#include "workflows/roles.hpp"

namespace assured {

namespace {

// The addresses that a prompt would go to, as far as they follow without reading all about it: by these,
// prompts are put in order, and no more.
std::vector<std::string> likely_addresses(BoardReader& reader, const Programme& programme, const People& people,
                                          const Prompt& prompt, Date today) {
  const auto party = parse_party(prompt.to);
  ASSURED_ASSERT(party.has_value());
  std::vector<std::string> addresses;
  if (party->kind == Party::Kind::person) {
    const Person* person = people.find_person(party->name);
    if (person != nullptr && !person->mail.empty()) addresses.push_back(person->mail);
    return addresses;
  }
  Item item;
  item.id = prompt.item;
  const auto assignments = party->kind == Party::Kind::assigned
                               ? reader.assignments_of({item.id})
                               : std::vector<Assignment>{};
  const RoleScope scope{programme.establishment, programme.definition, item, assignments, people, {}};
  for (ContactPoint& to : contact_points(*party, scope, today)) addresses.push_back(std::move(to.address));
  return addresses;
}

}  // namespace

std::size_t Circles::join(const std::vector<std::string>& names) {
  const std::size_t own = circles_.size();
  circles_.push_back(own);
  for (const std::string& name : names) {
    const std::size_t known = by_name_.try_emplace(name, own).first->second;
    circles_[find(known)] = own;
  }
  return own;
}

std::size_t Circles::find(std::size_t circle) {
  while (circles_[circle] != circle) circle = circles_[circle] = circles_[circles_[circle]];
  return circle;
}

std::span<const PlanQueue::Entry> PlanQueue::take() {
  const std::size_t left = entries.size() - next;
  const std::size_t most = std::min(left, take_max);
  // As many as do not part what `part` takes for one.
  const auto whole = [&](auto part) {
    std::size_t size = most;
    while (size > 0 && size < left && part(entries[next + size - 1]) == part(entries[next + size])) --size;
    return size;
  };
  std::size_t size = whole([](const Entry& e) { return e.circle; });
  if (size == 0) size = whole([](const Entry& e) { return std::pair{e.circle, e.party}; });
  if (size == 0) size = most;
  const auto taken = std::span<const Entry>{entries}.subspan(next, size);
  next += size;
  return taken;
}

PlanQueue queue_of(const std::vector<Prompt>& pending, BoardReader& reader, const Programme& programme,
                   const People& people, Date today, std::size_t take_max) {
  PlanQueue queue;
  queue.take_max = take_max;
  Circles circles;
  std::unordered_map<std::string, std::size_t> parties;
  std::ptrdiff_t urgent = 0;
  for (const Prompt& prompt : pending) {
    const bool is_urgent = prompt.family == Family::a;
    urgent += is_urgent ? 1 : 0;
    const std::size_t circle =
        circles.join(is_urgent ? std::vector<std::string>{}
                               : likely_addresses(reader, programme, people, prompt, today));
    queue.entries.push_back({prompt.id, circle, parties.try_emplace(prompt.to, parties.size()).first->second});
  }
  for (PlanQueue::Entry& entry : queue.entries) entry.circle = circles.find(entry.circle);
  std::stable_sort(queue.entries.begin() + urgent, queue.entries.end(),
                   [](const PlanQueue::Entry& a, const PlanQueue::Entry& b) {
                     return std::tie(a.circle, a.party) < std::tie(b.circle, b.party);
                   });
  return queue;
}

}  // namespace assured
