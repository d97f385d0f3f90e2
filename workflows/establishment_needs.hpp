// What running things still need of an establishment, which is always the current one (S1.3): a post,
// agency or body is ended with a successor, never deleted, and a rewording shows no slot that an older
// version of a template does not have.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "workflows/programme.hpp"
#include "workflows/store.hpp"

namespace assured {

// Names that rows of a board hold, each with one example of what holds it.
struct StoredNeeds {
  std::map<std::string, std::string> posts, agencies, bodies;
};

// Posts that owe what is open, stand behind assignments, are still to be told something, or are held
// by somebody on `today` or later; agencies of items on which something is owed; bodies with a planned
// meeting, or on which a deadline waits.
StoredNeeds load_stored_needs(BoardReader& reader, Date today);

// What `now` lacks for `needs`, and for each definition that items are on (by digest): posts, roles and
// bodies that it names, the ladder that chases a body's next date, the wording of its templates.
std::vector<Mistake> check_establishment_against(
    const Establishment& now,
    const std::map<std::string, std::shared_ptr<const Definition>, std::less<>>& pinned,
    const StoredNeeds& needs);

}  // namespace assured
