// The names by which a story calls its items: what `as` gives, and for those that the engine makes
// KIND-N, or KIND-PARENT-AGENCY where there is one for each agency (docs/stories.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/item.hpp"
#include "workflows/programme.hpp"

namespace assured {

class StoryNames {
 public:
  explicit StoryNames(const Definition& definition) : definition_(definition) {}

  // The next item to be named, when it is this one, has been given a name.
  void give(std::string name, ItemId item) {
    given_ = std::move(name);
    given_to_ = item;
  }
  // Names it, unless it has a name.
  void add(const Item& item);
  // Its number, for one without a name.
  std::string of(ItemId item) const;
  // Those whose name matches, in order of id.
  std::vector<ItemId> find(std::string_view pattern) const;

 private:
  const Definition& definition_;
  std::map<std::string, ItemId> items_;
  std::map<ItemId, std::string> names_;
  std::map<std::string, int> numbered_;
  std::string given_;
  ItemId given_to_;
};

}  // namespace assured
