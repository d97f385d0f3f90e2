// What a story expects, held against what it sent. Internal to daemon/story_*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/story.hpp"

namespace assured {

// `*` stands for any run of characters, an empty one too.
bool glob_matches(std::string_view pattern, std::string_view text);
bool is_glob(std::string_view text);

// Sentences about expectations that `notices` do not meet, the earliest first; marks the notices
// that were expected.
std::vector<std::string> find_unmet(const Story& story, std::vector<StoryNotice>& notices);

}  // namespace assured
