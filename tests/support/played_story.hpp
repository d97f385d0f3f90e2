// A shipped story with its programme and people, read from the source tree, to be played by tests.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "config/programme_files.hpp"
#include "config/text_file.hpp"
#include "daemon/story.hpp"

namespace assured::test {

struct ShippedStory {
  Story story;
  std::shared_ptr<const Programme> programme;
  PeopleFile people;
};

inline ShippedStory read_shipped_story(const std::string& name) {
  constexpr std::size_t story_bytes_max = 4 * 1024 * 1024;
  const std::filesystem::path root = ASSURED_SOURCE_DIR;
  const auto path = root / "tests" / "stories" / (name + ".toml");
  auto reading = parse_story(config::read_text_file(path, story_bytes_max), path.string());
  if (!reading.story) throw std::runtime_error("the story does not load: " + path.string());
  auto loaded = config::load_programme(root / "config" / "programmes" / reading.story->programme);
  if (!loaded.reading.programme) throw std::runtime_error("its programme does not load");
  ShippedStory shipped;
  shipped.programme = std::make_shared<const Programme>(std::move(*loaded.reading.programme));
  shipped.people = config::load_people_file(path.parent_path() / reading.story->people,
                                            shipped.programme->establishment);
  shipped.story = std::move(*reading.story);
  return shipped;
}

}  // namespace assured::test
