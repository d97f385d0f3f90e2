// The programmes in config/programmes load without a mistake, share no word with one another, and
// the first carries a mark for each fact of its source.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "workflows/directory.hpp"
#include "workflows/programme.hpp"

using namespace assured;

namespace {

namespace fs = std::filesystem;

const fs::path programmes_dir = fs::path{ASSURED_SOURCE_DIR} / "config" / "programmes";

std::vector<SourceText> read_folder(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<SourceText> texts;
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    texts.push_back(
        {path.filename().string(), std::string(std::istreambuf_iterator<char>(in), {})});
  }
  return texts;
}

ProgrammeReading read_shipped(const std::string& name) {
  return parse_programme(read_folder(programmes_dir / name, ".toml"),
                         read_folder(programmes_dir / name / "templates", ".mustache"));
}

std::string all_mistakes(const ProgrammeReading& reading) {
  std::string text;
  for (const Mistake& mistake : reading.mistakes) text += to_text(mistake) + "\n";
  return text;
}

// Every word by which a person could tell the two programmes apart: kinds, roles, events. "time" is
// no name of a programme's; it stands for the clock in every one.
std::set<std::string> words_of(const Programme& programme) {
  std::set<std::string> words;
  const auto add_roles = [&](const std::vector<Effect>& effects) {
    for (const Effect& effect : effects)
      if (effect.kind == Effect::Kind::assign) words.insert("role " + effect.role);
  };
  for (const auto& [name, kind] : programme.definition.kinds) {
    words.insert("kind " + name);
    if (kind.start) {
      words.insert("event " + kind.start->event);
      add_roles(kind.start->effects);
    }
    for (const TransitionDef& transition : kind.transitions) {
      if (transition.event != "time") words.insert("event " + transition.event);
      add_roles(transition.effects);
    }
  }
  for (const auto& [id, post] : programme.establishment.posts) words.insert("role " + post.role);
  return words;
}

int depth_of(const Definition& definition, const KindDef& kind) {
  int depth = 1;
  const KindDef* at = &kind;
  while (!at->parent.empty()) {
    at = definition.find_kind(at->parent);
    REQUIRE(at != nullptr);
    ++depth;
  }
  return depth;
}

}  // namespace

TEST_CASE("the shipped programmes load without a mistake", "[programme]") {
  for (const std::string name : {"city-and-hackney", "self-assessment"}) {
    const ProgrammeReading reading = read_shipped(name);
    INFO(all_mistakes(reading));
    CHECK(reading.mistakes.empty());
    CHECK(reading.programme.has_value());
  }
}

TEST_CASE("the two shipped programmes share no kind, role or event", "[programme]") {
  const ProgrammeReading first = read_shipped("city-and-hackney");
  const ProgrammeReading second = read_shipped("self-assessment");
  INFO(all_mistakes(first) << all_mistakes(second));
  REQUIRE(first.programme);
  REQUIRE(second.programme);
  const auto ours = words_of(*first.programme);
  const auto theirs = words_of(*second.programme);
  CHECK(ours.size() > 80);
  CHECK(theirs.size() > 25);
  std::vector<std::string> common;
  std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                        std::back_inserter(common));
  CHECK(common == std::vector<std::string>{});
}

TEST_CASE("the second programme has the shapes that the first lacks", "[programme]") {
  const ProgrammeReading reading = read_shipped("self-assessment");
  INFO(all_mistakes(reading));
  REQUIRE(reading.programme);
  const Definition& definition = reading.programme->definition;
  int deepest = 0;
  bool by_time = false, join_gate = false, excuse = false, two_open = false;
  for (const auto& [name, kind] : definition.kinds) {
    deepest = std::max(deepest, depth_of(definition, kind));
    for (const TransitionDef& transition : kind.transitions) {
      by_time |= transition.event == "time";
      excuse |= transition.excuse;
      if (transition.auto_)
        for (const Guard& guard : transition.requires_) join_gate |= guard.kind == Guard::Kind::all;
    }
    for (const StateDef& state : kind.states) {
      const auto opened = std::count_if(
          kind.obligations.begin(), kind.obligations.end(), [&](const ObligationDef& o) {
            const Trigger entered{Trigger::Kind::state, state.name};
            return std::find(o.opens_on.begin(), o.opens_on.end(), entered) != o.opens_on.end();
          });
      two_open |= opened >= 2;
    }
  }
  CHECK(deepest >= 3);
  CHECK(by_time);
  CHECK(join_gate);
  CHECK(excuse);
  CHECK(two_open);
  CHECK_FALSE(definition.kinds.contains("case"));
}

TEST_CASE("each fact of the source is marked where the programme carries it out", "[programme]") {
  std::set<int> marked;
  const std::regex mark("CH-([0-9]+)");
  for (const SourceText& file : read_folder(programmes_dir / "city-and-hackney", ".toml")) {
    std::size_t begin = 0;
    while (begin < file.text.size()) {
      const std::size_t end = std::min(file.text.find('\n', begin), file.text.size());
      const std::string line = file.text.substr(begin, end - begin);
      begin = end + 1;
      const std::size_t hash = line.rfind("# CH-");
      if (hash == std::string::npos) continue;
      const std::string marks = line.substr(hash);
      for (std::sregex_iterator it(marks.begin(), marks.end(), mark), none; it != none; ++it)
        marked.insert(std::stoi((*it)[1]));
    }
  }
  for (int fact = 1; fact <= 47; ++fact) {
    INFO("CH-" << fact);
    CHECK(marked.contains(fact));
  }
  CHECK(marked.size() == 47);
}

TEST_CASE("the people of the stories hold posts of their programme", "[programme]") {
  struct Case {
    std::string programme, file;
    std::size_t persons_min;
  };
  const Case c =
      GENERATE(Case{"city-and-hackney", "tests/stories/city-and-hackney.people.toml", 25},
               Case{"city-and-hackney", "config/example/people.toml", 25},
               Case{"self-assessment", "tests/stories/self-assessment.people.toml", 10});
  const ProgrammeReading reading = read_shipped(c.programme);
  INFO(c.file << "\n" << all_mistakes(reading));
  REQUIRE(reading.programme);
  std::ifstream in(fs::path{ASSURED_SOURCE_DIR} / c.file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const PeopleFile people = parse_people(text, c.file, reading.programme->establishment);
  for (const RowError& error : people.errors)
    UNSCOPED_INFO("row " << error.row << ", " << error.field << ": " << error.message);
  CHECK(people.errors.empty());
  CHECK(people.persons.size() >= c.persons_min);
  for (const Person& person : people.persons) CHECK(person.mail.ends_with(".example"));
}
