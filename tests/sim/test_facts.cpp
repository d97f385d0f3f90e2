// Each fact of the source (CH-1 to CH-47) is marked in the City & Hackney programme beside what
// carries it out; this shows which step of the story exercises each mark.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "config/programme_files.hpp"
#include "daemon/story.hpp"
#include "daemon/system_zones.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"

using namespace assured;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path source_dir = ASSURED_SOURCE_DIR;

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What a mark stands beside: the table it is in, or the one right below a comment.
struct Marked {
  std::set<int> facts;
  std::string file;
  std::size_t line = 0;
  std::string header;                        // "kind.return.transition"; empty: the top of the file
  std::map<std::string, std::string> texts;  // name = "...", event = "..." of that table
};

std::vector<Marked> read_marks(const fs::path& folder) {
  const std::regex number("CH-([0-9]+)");
  const std::regex table(R"(^\[\[?([^\]]+)\]\]?)");
  const std::regex text(R"re(^(name|event|to)\s*=\s*"([^"]*)")re");
  std::vector<Marked> marks;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const auto lines = read_lines(file);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto hash = lines[i].rfind("# CH-");
      // A comment that begins its line and ends in marks: "# Why.    # CH-9".
      if (hash == std::string::npos) continue;
      Marked mark;
      mark.file = file.filename().string();
      mark.line = i + 1;
      const std::string tail = lines[i].substr(hash);
      for (std::sregex_iterator it(tail.begin(), tail.end(), number), none; it != none; ++it)
        mark.facts.insert(std::stoi((*it)[1]));
      std::size_t at = i;
      while (at < lines.size() && (lines[at].empty() || lines[at].front() == '#')) ++at;
      std::smatch found;
      const bool below = at < lines.size() && std::regex_search(lines[at], found, table);
      if (!below) {  // inside a table: go up to its header
        while (at > 0 && !std::regex_search(lines[at], found, table)) --at;
        if (!std::regex_search(lines[at], found, table)) at = lines.size();
      }
      if (at < lines.size()) {
        mark.header = found[1];
        for (std::size_t below_it = at + 1;
             below_it < lines.size() && !std::regex_search(lines[below_it], table); ++below_it) {
          std::smatch pair;
          if (std::regex_search(lines[below_it], pair, text)) mark.texts[pair[1]] = pair[2];
        }
      }
      marks.push_back(std::move(mark));
    }
  }
  return marks;
}

// What happened at each line of the story.
struct Exercised {
  std::map<std::string, std::set<std::size_t>> by;  // "event submit", "state case done", ...
  void add(const std::string& what, std::size_t line) { by[what].insert(line); }
};

// CH-46. The board rewrites its process after the story, and starts another audit: whether that alone is
// on the new definition, and what ran before goes on by the one it began with.
bool keeps_to_its_definition(Store& store, const StoryRun& run) {
  const std::string& board = run.programme->establishment.board;
  const std::string was = run.programme->definition.digest;
  Programme rewritten = *run.programme;
  rewritten.definition.digest = "rewritten";
  auto& plan_events = rewritten.definition.kinds.at("plan").transitions;
  std::erase_if(plan_events, [](const TransitionDef& t) { return t.event == "review-plan"; });
  Programmes programmes;
  REQUIRE(programmes.set_board(std::make_shared<const Programme>(std::move(rewritten)), "rewritten",
                               SystemZones{}, {}));
  programmes.pin(board, was, std::make_shared<const Definition>(run.programme->definition));
  const auto by_qa_chair = [&](ItemId item, std::string event,
                               std::map<std::string, std::string> fields) {
    const auto tx = store.begin();
    Command command;
    command.board = board;
    command.item = item;
    command.event = std::move(event);
    command.fields = std::move(fields);
    command.caller.person = "helen-marsh";
    const auto done = apply(*tx, programmes, command, *parse_instant("2027-08-16T09:00:00Z"));
    INFO((done ? std::string{} : done.error().message));
    REQUIRE(done);
    tx->commit();
    return done->item;
  };
  ItemFilter plans;
  plans.kind = "plan";
  plans.states = {"current"};
  const auto running = store.reader(board)->list_items(plans);
  REQUIRE(running.size() == 1);
  by_qa_chair(running.front().id, "review-plan", {});  // which the new definition does not have
  const ItemId audit =
      by_qa_chair({}, "propose-theme", {{"theme", "School"}, {"theme_source", "inspection"}});
  ItemFilter current;
  current.programme = "rewritten";
  const auto moved = store.reader(board)->list_items(current);
  return moved.size() == 1 && moved.front().id == audit;
}

Exercised play(const Story& story, const config::LoadedProgramme& loaded,
               const PeopleFile& people) {
  Exercised exercised;
  std::map<std::string, std::string> kinds;  // of items, by story name
  std::size_t line = 0;
  StoryRun run;
  run.programme = std::make_shared<const Programme>(*loaded.reading.programme);
  run.people = people;
  run.verify_journal = false;
  run.out = [&](const std::string& text) {
    const json::object what = json::parse(text).as_object();
    const auto get = [&](const char* key) {
      const auto* value = what.if_contains(key);
      return value != nullptr && value->is_string() ? std::string(value->as_string())
                                                    : std::string{};
    };
    if (const auto* at = what.if_contains("line")) line = at->to_number<std::size_t>();
    const std::string name = get("what");
    if (name == "event") exercised.add("event " + get("event"), line);
    if (name == "meeting") exercised.add("meeting", line);
    if (name == "item") kinds[get("item")] = get("kind");
    if (name == "item" || name == "state")
      exercised.add("state " + get("kind") + " " + get("state"), line);
    if (name == "opened") {
      exercised.add("obligation " + kinds[get("item")] + " " + get("obligation"), line);
      exercised.add("ladder " + get("ladder"), line);
    }
    if (name == "attached") exercised.add("file " + kinds[get("item")] + " " + get("file"), line);
    if (name == "notice") exercised.add("template " + get("template"), line);
  };
  const auto store = store::open_temporary_store(1);
  run.store = store.get();
  const auto result = run_story(story, run, SystemZones{});
  REQUIRE(result);
  INFO(result->failure);
  REQUIRE(result->ok);
  if (keeps_to_its_definition(*store, run))
    for (const std::size_t begun : exercised.by["event begin-plan"])
      exercised.add("two definitions", begun);
  for (const StoryStep& step : story.steps) {
    exercised.add("any", step.line);
    // A body is known by its names only where a step writes one that is not its id.
    const BodyDef* body = run.programme->establishment.find_body(step.body);
    if (body != nullptr && body->id != step.body) exercised.add("alias " + body->id, step.line);
    if (!step.refused.empty()) continue;
    for (const auto& [field, value] : step.fields) {
      exercised.add("field " + field, step.line);
      exercised.add("value " + value, step.line);
    }
  }
  return exercised;
}

bool sets(const std::vector<Effect>& effects, const std::string& field) {
  return std::any_of(effects.begin(), effects.end(), [&](const Effect& effect) {
    return effect.field == field &&
           (effect.kind == Effect::Kind::set || effect.kind == Effect::Kind::increment);
  });
}

// The lines of the story that exercise what `mark` stands beside.
std::set<std::size_t> lines_of(const Marked& mark, const Definition& definition,
                               const Exercised& exercised) {
  std::set<std::size_t> lines;
  const auto take = [&](const std::string& what) {
    if (const auto found = exercised.by.find(what); found != exercised.by.end())
      lines.insert(found->second.begin(), found->second.end());
  };
  std::vector<std::string> part;
  for (std::size_t begin = 0; begin <= mark.header.size();) {
    const std::size_t end = std::min(mark.header.find('.', begin), mark.header.size());
    part.push_back(mark.header.substr(begin, end - begin));
    begin = end + 1;
  }
  const auto text = [&](const char* key) {
    const auto found = mark.texts.find(key);
    return found == mark.texts.end() ? std::string{} : found->second;
  };
  if (part[0] == "kind" && part.size() == 2) {
    const KindDef* kind = definition.find_kind(part[1]);
    REQUIRE(kind != nullptr);
    take("state " + part[1] + " " + kind->initial);
  } else if (part[0] == "kind") {
    const KindDef* kind = definition.find_kind(part[1]);
    REQUIRE(kind != nullptr);
    if (part[2] == "start") take("event " + text("event"));
    if (part[2] == "state") take("state " + part[1] + " " + part.at(3));
    if (part[2] == "obligation") take("obligation " + part[1] + " " + text("name"));
    if (part[2] == "transition") take("event " + text("event"));
    // An automatic step has no event of a person: the step after which its state was entered.
    if (part[2] == "transition" && lines.empty()) take("state " + part[1] + " " + text("to"));
    if (part[2] == "file") take("file " + part[1] + " " + text("name"));
    if (part[2] == "field") {
      take("field " + text("name"));
      for (const TransitionDef& transition : kind->transitions)
        if (sets(transition.effects, text("name"))) {
          take("event " + transition.event);
          // A cascaded event is nobody's step; what it led to is.
          if (transition.to) take("state " + part[1] + " " + *transition.to);
        }
    }
  } else if (part[0] == "ladder") {
    take("ladder " + part[1]);
  } else if (part[0] == "template") {
    take("template " + part[1]);
  } else if (part[0] == "area") {
    take("value " + part[1]);
  } else if (part[0] == "body") {
    take("alias " + part[1]);
  } else {
    take("two definitions");  // the head of the definition: items stay on the one they began with
  }
  return lines;
}

}  // namespace

TEST_CASE("each fact of the source is exercised by a step of the story", "[story][facts]") {
  const fs::path folder = source_dir / "config" / "programmes" / "city-and-hackney";
  const fs::path story_file = source_dir / "tests" / "stories" / "city-and-hackney.toml";
  const config::LoadedProgramme loaded = config::load_programme(folder);
  REQUIRE(loaded.reading.programme);
  std::string text;
  for (const std::string& line : read_lines(story_file)) text += line + "\n";
  const StoryReading reading = parse_story(text, story_file.filename().string());
  REQUIRE(reading.story);
  const PeopleFile people =
      config::load_people_file(source_dir / "tests" / "stories" / reading.story->people,
                               loaded.reading.programme->establishment);
  REQUIRE(people.errors.empty());
  const Exercised exercised = play(*reading.story, loaded, people);

  std::map<int, std::vector<std::string>> shown;
  for (const Marked& mark : read_marks(folder)) {
    const auto lines = lines_of(mark, loaded.reading.programme->definition, exercised);
    const std::string place = fmt::format("{}:{} [{}]", mark.file, mark.line, mark.header);
    INFO(place);
    CHECK_FALSE(lines.empty());
    for (const int fact : mark.facts)
      shown[fact].push_back(fmt::format(
          "{} by {}", place,
          lines.empty()
              ? "nothing"
              : fmt::format(
                    "line {}{} of the story", *lines.begin(),
                    lines.size() > 1 ? fmt::format(" and {} more", lines.size() - 1) : "")));
  }
  for (int fact = 1; fact <= 47; ++fact) {
    INFO("CH-" << fact);
    CHECK_FALSE(shown[fact].empty());
    for (const std::string& one : shown[fact]) fmt::print("CH-{}: {}\n", fact, one);
  }
}
