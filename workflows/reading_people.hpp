// What the readers of people files check alike. Internal to workflows/*people*.cpp.
#pragma once

#include <optional>
#include <string>

#include "workflows/directory.hpp"

namespace assured {

// "What (hint)."
std::string sentence(const std::string& what, const std::string& hint);

// Checks id, name, mail and phone; mistakes join `file`. Returns the mail's domain, unless that is retired.
std::optional<std::string> check_person(const Person& person, std::size_t row, PeopleFile& file);

// Checks a holding of somebody whose mail has `domain`, and adds it to `file` when it has a beginning
// (`has_from`) and a post that the board has; once, where two rows say the same. Two that say another end of
// what begins on one day are a mistake: the last one would win unseen.
void add_holding(const Holding& holding, bool has_from, const std::optional<std::string>& domain,
                 const Establishment& establishment, std::size_t row, PeopleFile& file);

}  // namespace assured
