// The two stories, played on the real engine, store, scheduler and sender: every expected notice
// came, no other did, and nothing of either programme was left out.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "config/programme_files.hpp"
#include "config/text_file.hpp"
#include "daemon/story.hpp"
#include "daemon/system_zones.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
using namespace assured;

namespace {

constexpr std::size_t story_bytes_max = 4 * 1024 * 1024;

struct Played {
  Story story;
  StoryResult result;
  std::vector<std::string> gaps;
};

Played play(const std::string& name) {
  const fs::path root = ASSURED_SOURCE_DIR;
  const fs::path path = root / "tests" / "stories" / (name + ".toml");
  const auto reading = parse_story(config::read_text_file(path, story_bytes_max), path.string());
  REQUIRE(reading.story.has_value());
  const auto loaded =
      config::load_programme(root / "config" / "programmes" / reading.story->programme);
  REQUIRE(loaded.reading.programme.has_value());
  StoryRun run;
  run.programme = std::make_shared<const Programme>(*loaded.reading.programme);
  run.people = config::load_people_file(path.parent_path() / reading.story->people,
                                        run.programme->establishment);
  REQUIRE(run.people.errors.empty());
  const SystemZones zones;
  auto result = run_story(*reading.story, run, zones);
  REQUIRE(result);
  const auto gaps = uncovered(run.programme->definition, result->coverage);
  std::printf(
      "%s: %zu events, %zu refusals, %zu notices, %zu templates; exercised %zu transitions, "
      "%zu guards that held, %zu that refused, %zu rungs; %zu left out\n",
      name.c_str(), result->events, result->refusals, result->notices.size(), result->templates,
      result->coverage.transitions.size(), result->coverage.guards_held.size(),
      result->coverage.guards_missing.size(), result->coverage.rungs.size(), gaps.size());
  return {*reading.story, std::move(*result), gaps};
}

}  // namespace

TEST_CASE("the City & Hackney audit runs from its theme to the last seminar", "[story]") {
  const Played played = play("city-and-hackney");
  INFO(played.result.failure);
  CHECK(played.result.ok);
  CHECK(played.story.only);  // any notice that nobody expected would have failed it
  CHECK(played.gaps == std::vector<std::string>{});
  CHECK(played.result.events >= 150);
  CHECK(played.result.refusals >= 20);
  CHECK(played.result.notices.size() >= 200);
  CHECK(played.result.templates >= 12);
}

TEST_CASE("a yearly self-assessment of another shape runs on the same engine", "[story]") {
  const Played played = play("self-assessment");
  INFO(played.result.failure);
  CHECK(played.result.ok);
  CHECK(played.story.only);
  CHECK(played.gaps == std::vector<std::string>{});
}

TEST_CASE("a story names the first expectation that fails, in order of time", "[story]") {
  const fs::path root = ASSURED_SOURCE_DIR;
  const fs::path path = root / "tests" / "stories" / "self-assessment.toml";
  auto reading = parse_story(config::read_text_file(path, story_bytes_max), path.string());
  REQUIRE(reading.story.has_value());
  const auto loaded =
      config::load_programme(root / "config" / "programmes" / reading.story->programme);
  REQUIRE(loaded.reading.programme.has_value());
  StoryRun run;
  run.programme = std::make_shared<const Programme>(*loaded.reading.programme);
  run.people = config::load_people_file(path.parent_path() / reading.story->people,
                                        run.programme->establishment);
  const SystemZones zones;
  Story story = *reading.story;
  REQUIRE(story.expects.size() > 10);
  // Listed last, but earlier in time than what is taken away below.
  StoryExpect wrong = story.expects.front();
  wrong.line = 4711;
  wrong.rung = "-99wd";
  story.expects.erase(story.expects.end() - 1);
  story.expects.push_back(wrong);
  const auto result = run_story(story, run, zones);
  REQUIRE(result);
  CHECK_FALSE(result->ok);
  CHECK(result->failure.find("line 4711") != std::string::npos);
  CHECK(result->failure.find("it did not come (and ") != std::string::npos);
}
