// The configuration read again while the service runs: all of it, or none.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/reload.hpp"
#include "tests/e2e/example_board.hpp"

using namespace assured;
using namespace assured::test;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void replace_in(const fs::path& path, const std::string& what, const std::string& by) {
  std::string text = read(path);
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), by);
  std::ofstream{path} << text;
}

// The example board served from a copy of its programme that can be edited.
struct Served {
  Served() {
    fs::copy(programme_path, programme, fs::copy_options::recursive);
    write("");
    auto reading = config::load_settings(file);
    REQUIRE(reading.settings);
    settings.emplace(std::move(*reading.settings));
  }
  void write(const std::string& more) {
    std::ofstream{file} << "state_folder = \"state\"\nfrom_domain = \"board.example\"\n"
                        << "programmes = [\"programme\"]\n" << more;
  }
  std::vector<std::string> mistakes() {
    const auto before = board.programmes.get();
    try {
      reload(file, *board.store, *settings, board.programmes, board.zones, board.clock.now_);
      return {};
    } catch (const ConfigError& error) {
      CHECK(board.programmes.get() == before);  // nothing of it is in force
      std::vector<std::string> texts;
      for (const Mistake& mistake : error.mistakes) texts.push_back(to_text(mistake));
      return texts;
    }
  }
  std::string title() {
    return board.programmes.get()->get_board(board_id).current->establishment.title;
  }

  ExampleBoard board;
  const fs::path programme = board.folder.path / "programme";
  const fs::path file = board.folder.path / "assured.toml";
  std::optional<CurrentSettings> settings;
};

constexpr const char* theme =
    R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";

}  // namespace

TEST_CASE("users, wording and a new definition come into force together", "[reload]") {
  Served served;
  const auto audit = served.board.get(qa_officer, "POST", "/events", theme);
  const std::string old = served.board.programmes.get()->get_board(board_id).current->definition.digest;

  replace_in(served.programme / "establishment.toml", served.title(), "The new name");
  std::ofstream{served.programme / "definition.toml", std::ios::app} << "# reworded\n";
  served.write("[[user]]\nuid = 77\nboard = \"city-and-hackney\"\nperson = \"somebody\"\n");
  CHECK(served.mistakes().empty());
  CHECK(served.title() == "The new name");
  CHECK(served.settings->get()->find_person(77, board_id) == "somebody");

  // What began before stays on its definition (S1.2); what begins now takes the new one.
  const auto now = served.board.programmes.get();
  const auto& current = now->get_board(board_id);
  CHECK(current.current->definition.digest != old);
  CHECK(current.pinned.contains(old));
  const auto reference = std::string{audit.at("reference").as_string()};
  CHECK(served.board.ask(qa_officer, "GET", "/items/" + reference).status == 200);
  const auto reader = served.board.store->reader(board_id);
  CHECK(reader->find_item(reference)->programme == old);
  const auto second = served.board.get(qa_officer, "POST", "/events", theme);
  CHECK(reader->find_item(std::string{second.at("reference").as_string()})->programme ==
        current.current->definition.digest);
}

TEST_CASE("a mistake anywhere leaves all as it was", "[reload]") {
  Served served;
  const std::string title = served.title();
  replace_in(served.programme / "establishment.toml", title, "The new name");
  served.write("operators = [\"root\"]\n");
  CHECK(served.mistakes().size() == 1);
  CHECK(served.title() == title);
  served.write("");
  std::ofstream{served.programme / "definition.toml", std::ios::app} << "nonsense = 1\n";
  CHECK_FALSE(served.mistakes().empty());
  CHECK(served.title() == title);
}

TEST_CASE("what only a restart can change is refused by name", "[reload]") {
  Served served;
  std::ofstream{served.file} << "state_folder = \"elsewhere\"\nfrom_domain = \"board.example\"\n"
                             << "programmes = [\"programme\"]\n";
  const auto mistakes = served.mistakes();
  REQUIRE(mistakes.size() >= 1);
  CHECK(mistakes[0].find("state_folder") != std::string::npos);
  CHECK(mistakes[0].find("restart") != std::string::npos);
}

TEST_CASE("a day closed before the reload stays closed", "[reload]") {
  Served served;
  {
    const auto tx = served.board.store->begin();
    Caller caller;
    caller.person = "test";
    auto changed = change_calendar(*tx, *served.board.programmes.get(), board_id,
                                   {*parse_date("2026-12-29"), true, "Office closed"}, caller,
                                   served.board.clock.now_);
    REQUIRE(changed.has_value());
    tx->commit();
    served.board.programmes.replace(std::move(*changed));
  }
  CHECK(served.mistakes().empty());
  CHECK(served.board.programmes.get()->get_board(board_id).calendar->closed_reason(
            *parse_date("2026-12-29")) == "Office closed");
}
