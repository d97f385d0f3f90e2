#include "workflows/directory.hpp"

#include <algorithm>

namespace assured {

const Person* People::find_person(std::string_view id) const {
  const auto found = std::find_if(persons.begin(), persons.end(),
                                  [&](const Person& person) { return person.id == id; });
  return found == persons.end() ? nullptr : &*found;
}

namespace {

// Somebody may hold a post twice, with a gap or from two files; it is named once.
void add_once(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

std::vector<std::string> People::posts_of(std::string_view person, Date day) const {
  std::vector<std::string> posts;
  for (const auto& holding : holdings)
    if (holding.person == person && holding.covers(day)) add_once(posts, holding.post);
  return posts;
}

std::vector<std::string> People::posts_of_between(std::string_view person, Date from,
                                                  Date to) const {
  std::vector<std::string> posts;
  for (const auto& holding : holdings) {
    const bool overlaps = holding.from <= to && (!holding.to || from < *holding.to);
    if (holding.person == person && overlaps) add_once(posts, holding.post);
  }
  return posts;
}

std::vector<std::string> People::holders_of(std::string_view post, Date day) const {
  std::vector<std::string> persons_found;
  for (const auto& holding : holdings)
    if (holding.post == post && holding.covers(day)) add_once(persons_found, holding.person);
  return persons_found;
}

std::string to_text(const Party& party) {
  switch (party.kind) {
    case Party::Kind::post:
      return "post:" + party.name;
    case Party::Kind::assigned:
      return "assigned:" + party.name;
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
  if (prefix == "address") return Party{Party::Kind::address, std::move(name)};
  return std::nullopt;
}

}  // namespace assured
