// What a story expects, held against what it sent. For daemon/story_*.cpp, and the test that plays a
// story on the running service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/story.hpp"

namespace assured {

// `*` stands for any run of characters, an empty one too.
bool glob_matches(std::string_view pattern, std::string_view text);
// Whom a prompt to `to` told, as stories name them: the post, or the person.
std::string told_name(std::string_view to, const std::string& person);

bool is_glob(std::string_view text);

// Sentences about expectations that `notices` do not meet, the earliest first; marks the notices
// that were expected.
std::vector<std::string> find_unmet(const Story& story, std::vector<StoryNotice>& notices);

// The rung of a prompt as stories name it: "-5wd", "+1wd#2", "now", "ready", "moved", "hand-over".
std::string rung_text(const Definition& definition, const std::string& ladder,
                      std::string_view template_name, int rung, int cycle);

// Whether items of this kind are made once for each agency somewhere in the programme; they are named
// by parent and agency then, not numbered.
bool is_made_for_agency(const Definition& definition, std::string_view kind);

}  // namespace assured
