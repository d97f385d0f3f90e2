#include "workflows/directory.hpp"

#include <algorithm>
#include <numeric>

namespace assured {

namespace {

template <class T>
std::vector<std::size_t> positions_by(const std::vector<T>& rows, std::string T::*text) {
  std::vector<std::size_t> positions(rows.size());
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  std::stable_sort(positions.begin(), positions.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a].*text < rows[b].*text; });
  return positions;
}

// Calls `use` with each row whose `text` is `wanted`, in the rows' order; by `positions` where they are there.
template <class T, class Use>
void for_each_of(const std::vector<T>& rows, const std::vector<std::size_t>& positions, std::string T::*text,
                 std::string_view wanted, const Use& use) {
  if (positions.size() != rows.size()) {
    for (const T& row : rows)
      if (row.*text == wanted) use(row);
    return;
  }
  auto at = std::lower_bound(positions.begin(), positions.end(), wanted,
                             [&](std::size_t a, std::string_view w) { return rows[a].*text < w; });
  for (; at != positions.end() && rows[*at].*text == wanted; ++at) use(rows[*at]);
}

}  // namespace

void People::index() {
  persons_by_id = positions_by(persons, &Person::id);
  holdings_by_person = positions_by(holdings, &Holding::person);
  holdings_by_post = positions_by(holdings, &Holding::post);
}

const Person* People::find_person(std::string_view id) const {
  const Person* first = nullptr;
  for_each_of(persons, persons_by_id, &Person::id, id, [&](const Person& person) {
    if (first == nullptr) first = &person;
  });
  return first;
}

namespace {

// Somebody may hold a post twice, with a gap or from two files; it is named once.
void add_once(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

std::vector<std::string> People::posts_of(std::string_view person, Date day) const {
  std::vector<std::string> posts;
  for_each_of(holdings, holdings_by_person, &Holding::person, person, [&](const Holding& holding) {
    if (holding.covers(day)) add_once(posts, holding.post);
  });
  return posts;
}

std::vector<std::string> People::posts_of_between(std::string_view person, Date from,
                                                  Date to) const {
  std::vector<std::string> posts;
  for_each_of(holdings, holdings_by_person, &Holding::person, person, [&](const Holding& holding) {
    const bool overlaps = holding.from <= to && (!holding.to || from < *holding.to);
    if (overlaps) add_once(posts, holding.post);
  });
  return posts;
}

std::vector<std::string> People::holders_of(std::string_view post, Date day) const {
  std::vector<std::string> persons_found;
  for_each_of(holdings, holdings_by_post, &Holding::post, post, [&](const Holding& holding) {
    if (holding.covers(day)) add_once(persons_found, holding.person);
  });
  return persons_found;
}

std::string to_text(const Party& party) {
  switch (party.kind) {
    case Party::Kind::post:
      return "post:" + party.name;
    case Party::Kind::assigned:
      return "assigned:" + party.name;
    case Party::Kind::person:
      return "person:" + party.name;
    case Party::Kind::address:
      return "address:" + party.name;
  }
  ASSURED_ASSERT(false);
}

std::optional<Party> parse_party(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const auto prefix = text.substr(0, colon);
  std::string name{text.substr(colon + 1)};
  if (prefix == "post") return Party{Party::Kind::post, std::move(name)};
  if (prefix == "assigned") return Party{Party::Kind::assigned, std::move(name)};
  if (prefix == "person") return Party{Party::Kind::person, std::move(name)};
  if (prefix == "address") return Party{Party::Kind::address, std::move(name)};
  return std::nullopt;
}

}  // namespace assured
