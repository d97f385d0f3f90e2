// The configuration read again while the service runs: all of it, or none.
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "daemon/check.hpp"
#include "daemon/reload.hpp"
#include "tests/e2e/example_board.hpp"
#include "tests/support/catch.hpp"

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

constexpr const char* spare_post = "[post.spare]\ntitle = \"Spare\"\n";

// The example board served from a copy of its programme that can be edited.
struct Served {
  Served() {
    fs::copy(programme_path, programme, fs::copy_options::recursive);
    write("");
    auto reading = config::load_settings(file);
    REQUIRE(reading.settings);
    relay.emplace(open_relay(*reading.settings), threads_for(*reading.settings));
    settings.emplace(std::move(*reading.settings));
  }
  void write(const std::string& more) {
    std::ofstream{file} << "state_folder = \"state\"\nfrom_domain = \"board.example\"\n"
                        << "programmes = [\"programme\"]\n" << more;
  }
  std::vector<std::string> mistakes() {
    const auto before = board.programmes.get();
    try {
      later = reload(file, *board.store, {*settings, board.programmes, *relay}, board.zones, board.clock);
      return {};
    } catch (const ConfigError& error) {
      CHECK(board.programmes.get() == before);  // nothing of it is in force
      std::vector<std::string> texts;
      for (const Mistake& mistake : error.mistakes) texts.push_back(to_text(mistake));
      return texts;
    }
  }
  // A post that only the test's files know, and somebody who is put into it.
  void add_post() {
    std::ofstream{programme / "establishment.toml", std::ios::app} << spare_post;
  }
  void remove_post() { replace_in(programme / "establishment.toml", spare_post, ""); }
  void fill_post() {
    PeopleFile people;
    people.persons.push_back({"zoe-new", "Zoe New", "z.new@chscb.example", ""});
    people.holdings.push_back({"zoe-new", "spare", *parse_date("2026-01-01"), {}});
    Caller caller;
    caller.person = "test";
    const auto tx = board.store->begin();
    load_people(*tx, *board.programmes.get(), board_id, people, caller, board.clock.now_).value();
    tx->commit();
  }
  std::size_t rows_stored() {
    return board.store->reader(board_id)->list_journal(0, 1000).size() +
           board.store->reader(Store::operator_board)->list_journal(0, 1000).size();
  }

  std::string title() {
    return board.programmes.get()->get_board(board_id).current->establishment.title;
  }

  ExampleBoard board;
  const fs::path programme = board.folder.path / "programme";
  const fs::path file = board.folder.path / "assured.toml";
  std::optional<CurrentSettings> settings;
  std::optional<CurrentRelay> relay;
  std::vector<Mistake> later;  // of the last reload
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
  // Documents would be stored under one key and read under another.
  served.write("[files]\nkey_file = \"files.key\"\n");
  const auto other_key = served.mistakes();
  REQUIRE(other_key.size() == 1);
  CHECK_THAT(other_key[0], Catch::Contains("files: this is none while the service runs"));
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

TEST_CASE("what comes into use while the files are read is held against them", "[reload]") {
  Served served;
  served.add_post();
  REQUIRE(served.mistakes().empty());
  served.remove_post();  // nobody needs it ...
  served.board.store->before_begin = [&] { served.fill_post(); };  // ... when reading began
  const auto mistakes = served.mistakes();
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].find("spare") != std::string::npos);
}

TEST_CASE("an item that begins while the files are read keeps its definition", "[reload]") {
  Served served;
  const std::string old = served.board.programmes.get()->get_board(board_id).current->definition.digest;
  std::ofstream{served.programme / "definition.toml", std::ios::app} << "# reworded\n";
  served.board.store->before_begin = [&] { served.board.start_audit(); };
  REQUIRE(served.mistakes().empty());
  const auto now = served.board.programmes.get();
  CHECK(now->get_board(board_id).current->definition.digest != old);
  CHECK(now->get_board(board_id).pinned.contains(old));
}

TEST_CASE("a refused reload writes nothing", "[reload]") {
  Served served;
  served.add_post();
  REQUIRE(served.mistakes().empty());
  served.fill_post();
  served.remove_post();
  std::ofstream{served.programme / "definition.toml", std::ios::app} << "# reworded\n";
  served.write("calendars = [\"" ASSURED_SOURCE_DIR "/config/calendars/england-and-wales.toml\"]\n");
  const auto before = served.rows_stored();
  CHECK(served.mistakes().size() == 1);
  // Nor does one that drops a board that is served, and brings another.
  std::ofstream{served.file} << "state_folder = \"state\"\nfrom_domain = \"board.example\"\nprogrammes = [\""
                             << ASSURED_SOURCE_DIR "/config/programmes/self-assessment\"]\n";
  const auto dropped = served.mistakes();
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].find("no longer named") != std::string::npos);
  CHECK(served.rows_stored() == before);
}

TEST_CASE("a day of a calendar file is never worked through by the calendar before it", "[reload]") {
  Served served;
  served.write("calendars = [\"" ASSURED_SOURCE_DIR "/config/calendars/england-and-wales.toml\"]\n");
  // The scheduler stands before the store's gate when the day becomes durable, and goes before whatever
  // the reload would begin after that.
  auto& store = *served.board.store;
  std::promise<void> at_the_gate;
  std::promise<bool> has_the_day;
  const std::shared_future<bool> seen = has_the_day.get_future().share();
  std::thread worker;
  store.after_commit = [&] {
    store.before_begin = [&] {
      store.before_begin = [&] { seen.wait(); };
      at_the_gate.set_value();
    };
    worker = std::thread{[&] {
      const auto tx = store.begin(Urgency::workers);
      const bool pending = recompute_pending(tx->board(board_id));
      const auto calendar = served.board.programmes.get()->get_board(board_id).calendar;
      has_the_day.set_value(pending && calendar->closed_reason(*parse_date("2023-05-08")).has_value());
    }};
    at_the_gate.get_future().wait();
  };
  CHECK(served.mistakes().empty());
  worker.join();
  store.before_begin = {};
  CHECK(seen.get());
}

TEST_CASE("of many who ask while it is done, it is done once more", "[reload]") {
  std::promise<void> began, go_on;
  std::atomic<int> times{0};
  OneAtATime one{[&] {
    if (++times == 1) {
      began.set_value();
      go_on.get_future().wait();
    }
  }};
  std::thread first{[&] { one.ask(); }};
  began.get_future().wait();
  CHECK(one.running());
  for (int i = 0; i < 3; ++i) one.ask();  // these return, though the first still works
  CHECK(times == 1);
  go_on.set_value();
  first.join();
  CHECK(times == 2);
  CHECK_FALSE(one.running());
  one.ask();
  CHECK(times == 3);
}

TEST_CASE("mail goes where the settings in force say, from the next message on", "[reload]") {
  Served served;
  const auto connection = served.relay->connect();
  const Outgoing message{NoticeId{7}, "one", "jane@agency.example", "<7@board.example>",
                         "Message-ID: <7@board.example>\r\n\r\nx\r\n"};
  CHECK(connection->send(message).answer == SendAnswer::accepted);
  served.write("mail_folder = \"elsewhere\"\n");
  REQUIRE(served.mistakes().empty());
  CHECK_FALSE(fs::exists(served.board.folder.path / "elsewhere" / "one-7.eml"));
  CHECK(connection->send(message).answer == SendAnswer::accepted);
  CHECK(fs::exists(served.board.folder.path / "elsewhere" / "one-7.eml"));
  CHECK(served.later.empty());

  // A relay in place of files: nobody listens there, and what cannot be changed is named.
  const std::string relay = "[relay]\nhost = \"localhost\"\ntls = \"off\"\nport = 9\n"
                            "from_address = \"assured@board.example\"\nconnections = 3\n";
  served.write(relay + "user = \"u\"\npassword_file = \"none\"\n");
  CHECK(served.mistakes().size() == 1);
  CHECK(connection->send(message).answer == SendAnswer::accepted);
  served.write(relay);
  CHECK(served.mistakes().empty());
  REQUIRE(served.later.size() == 1);
  CHECK(to_text(served.later[0]).find("relay.connections") != std::string::npos);
  CHECK(connection->send(message).answer == SendAnswer::relay_trouble);
  CHECK(served.settings->get()->relay->from_address == "assured@board.example");
}

TEST_CASE("a user who is mapped on a board that is not served is named", "[reload]") {
  Served served;
  served.write("[[user]]\nuid = 1000\nboard = \"city-and-hackney\"\nperson = \"tom-adeyemi\"\n"
               "[[user]]\nuid = 1001\nboard = \"city-und-hackney\"\nperson = \"tom-adeyemi\"\n");
  std::size_t boards = 0;
  const auto warnings = check_settings(served.file.string(), boards);
  CHECK(boards == 1);
  REQUIRE(warnings.size() == 1);
  CHECK(to_text(warnings[0]).find("user.board: user 1001 is mapped on “city-und-hackney”") != std::string::npos);
}

TEST_CASE("the settings are checked with all that they name, before they are put in force", "[reload]") {
  Served served;
  CheckOptions check;
  check.config = served.file.string();
  CHECK(run_check(check) == 0);
  check.json = true;
  CHECK(run_check(check) == 0);
  served.write("[relay]\nhost = \"localhost\"\ntls = \"off\"\nfrom_address = \"a@board.example\"\n"
               "user = \"u\"\npassword_file = \"none\"\n");
  CHECK(run_check(check) == config::exit_config);
  served.write("calendars = [\"none.toml\"]\n");
  CHECK(run_check(check) == config::exit_config);
  served.write("");
  std::ofstream{served.programme / "definition.toml", std::ios::app} << "nonsense = 1\n";
  CHECK(run_check(check) == config::exit_config);
}
