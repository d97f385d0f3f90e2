#include "daemon/story_names.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/story_expect.hpp"

namespace assured {

std::string StoryNames::of(ItemId item) const {
  const auto found = names_.find(item);
  return found == names_.end() ? std::to_string(item.value) : found->second;
}

void StoryNames::add(const Item& item) {
  if (names_.contains(item.id)) return;
  std::string name;
  if (!given_.empty() && item.id == given_to_) {
    name = std::exchange(given_, {});
  } else {
    const KindDef* kind = definition_.find_kind(item.kind);
    const bool each = kind != nullptr && !item.agency.empty() && item.parent &&
                      is_made_for_agency(definition_, item.kind);
    name = each ? fmt::format("{}-{}-{}", item.kind, of(item.parent), item.agency)
                : fmt::format("{}-{}", item.kind, ++numbered_[item.kind]);
  }
  while (items_.contains(name)) name += "'";
  items_[name] = item.id;
  names_[item.id] = name;
}

std::vector<ItemId> StoryNames::find(std::string_view pattern) const {
  std::vector<ItemId> result;
  for (const auto& [id, name] : names_)
    if (glob_matches(pattern, name)) result.push_back(id);
  return result;
}

}  // namespace assured
