#include "daemon/simulate.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "config/programme_files.hpp"
#include "config/settings.hpp"
#include "config/text_file.hpp"
#include "daemon/story.hpp"
#include "daemon/system_clock.hpp"
#include "daemon/system_zones.hpp"
#include "store/file_store.hpp"
#include "store/store.hpp"

namespace assured {

namespace {

constexpr int exit_failed = 1;
constexpr std::size_t story_bytes_max = 4 * 1024 * 1024;

int print_mistakes(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) fmt::print(stderr, "{}\n", to_text(mistake));
  return config::exit_config;
}

// A story names its programme: one that comes with the program by its name, or a path beside the
// story.
std::filesystem::path programme_path(const SimulateOptions& options, const std::string& named) {
  if (!options.programme.empty()) return options.programme;
  const std::filesystem::path folder = std::filesystem::path(options.story).parent_path();
  if (named.find('/') != std::string::npos) return folder / named;
  const std::filesystem::path shipped = std::filesystem::path("config") / "programmes" / named;
  for (const std::filesystem::path& base : {folder / ".." / "..", std::filesystem::path(".")})
    if (std::filesystem::exists(base / shipped) ||
        std::filesystem::exists(base / (shipped.string() + ".toml")))
      return base / shipped;
  return shipped;
}

}  // namespace

int run_simulate(const SimulateOptions& options) {
  const std::filesystem::path story_path = options.story;
  const StoryReading reading =
      parse_story(config::read_text_file(story_path, story_bytes_max), story_path.string());
  if (!reading.story) return print_mistakes(reading.mistakes);
  const config::LoadedProgramme loaded =
      config::load_programme(programme_path(options, reading.story->programme));
  if (!loaded.reading.programme) return print_mistakes(loaded.reading.mistakes);
  const auto programme = std::make_shared<const Programme>(*loaded.reading.programme);

  StoryRun run;
  run.programme = programme;
  const auto people = story_path.parent_path() / reading.story->people;
  run.people = config::load_people_file(people, programme->establishment);
  if (!run.people.errors.empty()) {
    for (const RowError& error : run.people.errors)
      fmt::print(stderr, "{}: row {}: {}: {}\n", people.string(), error.row, error.field,
                 error.message);
    return config::exit_config;
  }
  if (options.json) run.out = [](const std::string& line) { std::puts(line.c_str()); };
  std::unique_ptr<Store> store;
  std::optional<store::FolderFiles> files;
  if (!options.into.empty()) {
    std::filesystem::create_directories(options.into);
    const auto path = std::filesystem::path(options.into) / "assured.db";
    if (std::filesystem::exists(path)) {
      fmt::print(stderr, "{} is there already; a story is only played into a new store\n",
                 path.string());
      return exit_failed;
    }
    store::StoreOptions opening;
    opening.path = path.string();
    opening.synchronous =
        store::Synchronous::off;  // rebuilt from the story if the machine stops now
    store = store::open_store(opening);
    run.store = store.get();
    files.emplace(std::filesystem::path(options.into) / "files");
    run.files = &*files;
  }
  if (options.rebase_to_now) run.rebase_to = SystemClock{}.now();
  const SystemZones zones;
  const auto result = run_story(*reading.story, run, zones);
  if (!result) {
    fmt::print(stderr, "{}: {}\n", options.story, result.error().message);
    return exit_failed;
  }
  if (options.record == "-")
    std::fputs(to_expect_blocks(result->notices).c_str(), stdout);
  else if (!options.record.empty())
    std::ofstream(options.record) << to_expect_blocks(result->notices);
  const auto gaps = uncovered(programme->definition, result->coverage);
  if (options.coverage)
    for (const std::string& gap : gaps) fmt::print("not covered: {}\n", gap);
  if (!options.json && options.record.empty())
    fmt::print(
        "{} events, {} refusals, {} notices from {} templates; {} parts of the programme not "
        "exercised\n",
        result->events, result->refusals, result->notices.size(), result->templates, gaps.size());
  if (!result->ok) {
    fmt::print(stderr, "{}: {}\n", options.story, result->failure);
    return exit_failed;
  }
  return 0;
}

}  // namespace assured
