// Which posts a rung may have to tell that nobody would read today (S3.5), found before it fires.
#pragma once

#include <string>
#include <vector>

#include "workflows/directory.hpp"

namespace assured {

struct Unreachable {
  std::string post;
  std::string title;
  std::string why;                   // "nobody holds it", "its holder has no address"
  std::vector<std::string> ladders;  // whose rungs may name it
};

// Every post that some rung, owner or debtor of the definition can resolve to, and that neither a
// present holder's address nor a mailbox would reach on `day`.
std::vector<Unreachable> find_unreachable(const Definition& definition,
                                          const Establishment& establishment, const People& people,
                                          Date day);

}  // namespace assured
