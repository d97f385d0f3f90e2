// `assured migrate-programme` on the example board's story, whose programme is edited while it runs.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "config/programme_files.hpp"
#include "config/settings.hpp"
#include "daemon/boards.hpp"
#include "daemon/check.hpp"
#include "daemon/migrate_programme.hpp"
#include "daemon/simulate.hpp"
#include "daemon/state_lock.hpp"
#include "daemon/system_zones.hpp"
#include "daemon/workers.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"
#include "workflows/establishment_needs.hpp"

namespace assured::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t an_operator = 7;
const std::string board_id = "city-and-hackney";

std::string read_all(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

// Each `from` in the file made `to`; that there is none is a mistake of the test.
void edit(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read_all(path);
  auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("not in the file: " + from);
  for (; at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
}

// The example board after its story, with a copy of its programme to edit.
struct EditedBoard {
  EditedBoard() {
    const fs::path root = ASSURED_SOURCE_DIR;
    fs::copy(root / "config/programmes/city-and-hackney", programme, fs::copy_options::recursive);
    SimulateOptions story;
    story.programme = programme.string();
    story.story = (root / "config/example/story.toml").string();
    story.into = (folder.path / "state").string();
    if (run_simulate(story) != 0) throw std::runtime_error("the story does not play");
    settings.state_folder = folder.path / "state";
    settings.programmes = {{programme, {}}};
    settings.operators = {an_operator};
    command.board = board_id;
    command.uid = an_operator;
  }

  std::unique_ptr<Store> open() const {
    store::StoreOptions options;
    options.path = database().string();
    return store::open_store(options);
  }
  fs::path database() const { return database_path(settings.state_folder); }

  Result<MigrationReport> migrate(Store& store) {
    return migrate_programme(store, settings, command, zones, now);
  }

  // The escalation to directors ten working days after the date comes after eight.
  void edit_ladder() {
    edit(programme / "definition.toml", "at = \"+10wd\"\nto = [\"agency:director\"]",
         "at = \"+8wd\"\nto = [\"agency:director\"]");
  }

  Folder folder;
  fs::path programme = folder.path / "programme";
  config::Settings settings;
  MigrateProgramme command;
  SystemZones zones;
  Instant now = *parse_instant("2026-11-03T16:00:00Z");
};

TEST_CASE("a dry run says what would change and changes nothing", "[e2e]") {
  EditedBoard board;
  board.edit_ladder();
  edit(board.programme / "return.toml", "due = { after = \"20wd\", from = \"identity_passed_at\" }",
       "due = { after = \"25wd\", from = \"identity_passed_at\" }");
  const std::string before = read_all(board.database());
  {
    const auto store = board.open();
    const auto head = store->head(board_id);
    const auto report = board.migrate(*store);
    REQUIRE(report);
    CHECK_FALSE(report->hindered());
    CHECK(report->trees.size() == 2);  // the audit and the plan
    CHECK(store->head(board_id) == head);
    const std::string text = to_text(*report);
    CHECK(text.find("“return the audit” moves from 2026-11-03T17:00:00Z to 2026-11-10T17:00:00Z") !=
          text.npos);
    CHECK(text.find("2 would move with all below them, 0 cannot. This was a dry run") != text.npos);
    CHECK(to_json(*report).find("\"applied\":false") != std::string::npos);
  }
  CHECK(read_all(board.database()) == before);
}

TEST_CASE("what was moved is chased by the new ladder, and the journal holds", "[e2e]") {
  EditedBoard board;
  board.edit_ladder();
  const auto store = board.open();
  board.command.apply = true;
  const auto report = board.migrate(*store);
  REQUIRE(report);
  CHECK(report->applied);
  CHECK_FALSE(report->hindered());
  CHECK(store->verify(board_id).faults == std::vector<std::string>{});
  const auto digest = config::load_programme(board.programme).digest;
  for (const Item& item : store->reader(board_id)->list_items({})) CHECK(item.programme == digest);
  const auto rows = store->reader(board_id)->list_journal(0, 100'000);
  CHECK(std::count_if(rows.begin(), rows.end(), [](const JournalRow& row) {
          return row.kind == "migrate-programme" && row.actor == "uid 7";
        }) == 2);

  // The daemon as it starts afterwards: returns due on 3 November reach a director on the 13th.
  CurrentProgrammes programmes{open_boards(*store, board.settings.programmes, board.zones, board.now)};
  Scheduler scheduler{*store, programmes};
  const Instant end = *parse_instant("2026-11-13T12:00:00Z");
  for (Instant at = board.now; at <= end;) {
    scheduler.note_alive(at);
    at = std::max(scheduler.run_once(at), at + Millis{1});
  }
  std::set<std::string> told;
  for (const Prompt& prompt : store->reader(board_id)->list_prompts(10'000, {}))
    if (prompt.template_name == "return-late-above")
      told.insert(to_text(prompt.created_at) + " " + prompt.to);
  CHECK(told.contains("2026-11-13T09:00:00Z post:nhs-east/director"));
  CHECK(store->verify(board_id).faults == std::vector<std::string>{});
  CHECK(board.migrate(*store)->trees.empty());
}

TEST_CASE("an item in a state that is gone is named, and nothing of its tree moves", "[e2e]") {
  EditedBoard board;
  for (const auto& file : fs::directory_iterator{board.programme})
    for (const auto& [from, to] : std::map<std::string, std::string>{
             {"\"allocated\"", "\"named\""},
             {"state:allocated", "state:named"},
             {"kind.return.state.allocated", "kind.return.state.named"}})
      if (file.is_regular_file() && read_all(file.path()).find(from) != std::string::npos)
        edit(file.path(), from, to);
  const auto store = board.open();
  const auto items = store->reader(board_id)->list_items({});
  const auto waiting = std::find_if(items.begin(), items.end(), [](const Item& item) {
    return item.kind == "return" && item.state == "allocated";
  });
  REQUIRE(waiting != items.end());
  board.command.apply = true;
  board.command.items = {waiting->reference};
  auto report = board.migrate(*store);
  REQUIRE(report);
  REQUIRE(report->trees.size() == 1);
  CHECK(report->hindered());
  const auto& obstacles = report->trees[0].obstacles;
  CHECK(std::any_of(obstacles.begin(), obstacles.end(), [&](const auto& obstacle) {
    return obstacle.reference == waiting->reference &&
           obstacle.why ==
               "a return has no state “allocated” in the new definition; say which one stands for "
               "“allocated”: return.allocated=STATE";
  }));
  CHECK(store->reader(board_id)->list_items({}) == items);

  board.command.states = {*parse_state_mapping("return.allocated=named")};
  report = board.migrate(*store);
  REQUIRE(report);
  CHECK_FALSE(report->hindered());
  CHECK(store->reader(board_id)->find_item(waiting->id)->state == "named");
  CHECK(store->verify(board_id).faults == std::vector<std::string>{});
}

// The mistakes of a start; empty when it starts.
std::vector<std::string> start(EditedBoard& board, Store& store) {
  std::vector<std::string> told;
  try {
    open_boards(store, board.settings.programmes, board.zones, board.now);
  } catch (const ConfigError& error) {
    for (const Mistake& mistake : error.mistakes) told.push_back(to_text(mistake));
  }
  return told;
}

TEST_CASE("a start refuses an establishment that lacks what runs, and writes nothing", "[e2e]") {
  EditedBoard board;
  const auto digest = config::load_programme(board.programme).digest;
  edit(board.programme / "definition.toml", "[template.return-due]\nslots = [",
       "[template.return-due]\nslots = [\"days_late\", ");
  edit(board.programme / "templates/return-due.mustache", "Subject: ",
       "Subject: {{days_late}} ");
  const auto store = board.open();
  const auto head = store->head(board_id);
  CHECK(start(board, *store) ==
        std::vector<std::string>{
            (board.programme / "templates/return-due.mustache").string() +
            ":1:10: template.return-due: 'days_late' is not among the slots of this template, in "
            "version " +
            digest.substr(0, 12) +
            " of the definition, which running items are on (word it without, or move those items "
            "first (assured migrate-programme))"});
  CHECK(store->head(board_id) == head);
}

TEST_CASE("only other files than before are held against all that is open", "[e2e]") {
  EditedBoard board;
  const auto store = board.open();
  REQUIRE(start(board, *store).empty());
  // No command puts anybody into a post that there is not.
  {
    const auto tx = store->begin();
    JournalHead head;
    head.actor = "system";
    head.kind = "people";
    tx->board(board_id).write_people(head, {{"zoe-new", "Zoe New", "z.new@chscb.example", ""}},
                                     {{"zoe-new", "no-such-post", *parse_date("2026-01-01"), {}}}, board.now);
    tx->commit();
  }
  CHECK(start(board, *store).empty());
  edit(board.programme / "establishment.toml", "board = \"city-and-hackney\"", "board = \"city-and-hackney\" ");
  const auto told = start(board, *store);
  REQUIRE(told.size() == 1);
  CHECK_THAT(told.front(), Catch::Contains("the post 'no-such-post' is gone"));
}

TEST_CASE("what the rows of a board need is known", "[e2e]") {
  EditedBoard board;
  const auto store = board.open();
  const auto needs = load_stored_needs(*store->reader(board_id), *parse_date("2026-11-03"));
  for (const char* post : {"schools/lead", "qa-officer", "independent-chair"})
    CHECK(needs.posts.contains(post));
  CHECK(needs.posts.at("qa-officer").find("it owes “") == 0);
  CHECK(needs.agencies.contains("schools"));
  CHECK(needs.bodies.contains("qa-subgroup"));
  CHECK(needs.bodies.contains("board"));
  // Whom nobody owes anything, holds or meets: gone without harm.
  CHECK_FALSE(needs.posts.contains("nobody"));
}

TEST_CASE("a zone that the machine does not know is told with its place", "[e2e]") {
  EditedBoard board;
  edit(board.programme / "establishment.toml", "\"Europe/London\"", "\"Europe/Londen\"");
  const auto store = board.open();
  const auto told = start(board, *store);
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with((board.programme / "establishment.toml").string() + ":"));
  CHECK(told[0].ends_with(": zone: This machine knows no time zone \"Europe/Londen\"; the United "
                          "Kingdom's is Europe/London."));
  CheckOptions check;
  check.path = board.programme.string();
  CHECK(run_check(check) == config::exit_config);
}

TEST_CASE("who may move items, and when", "[e2e]") {
  EditedBoard board;
  board.edit_ladder();
  const auto store = board.open();
  const auto refusal = [&] {
    const auto report = board.migrate(*store);
    return report ? std::string{"moved"} : report.error().message;
  };
  board.command.apply = true;
  board.command.uid = 8;
  CHECK(refusal() == "Only an operator may move items to another definition.");
  board.command.uid = an_operator;
  {
    const StateLock service{board.settings.state_folder};
    CHECK(refusal() == board.settings.state_folder.string() +
                           ": another service runs on this state folder; stop it first");
  }
  board.command.items = {"QRT-0000"};
  CHECK(refusal() == "There is no item QRT-0000 on this board.");
  board.command.items.clear();
  board.command.states = {*parse_state_mapping("return.allocated=alocated")};
  CHECK(refusal() ==
        "The new definition has no state “alocated” of a return; name one that it has.");
  board.command.states = {*parse_state_mapping("return.alocated=allocated")};
  CHECK(refusal() ==
        "No definition in use has a state “alocated” of a return; check the spelling.");
  board.command.states.clear();
  board.command.board = "other";
  CHECK(refusal() == "There is no such board.");

  for (const char* text : {"", "return", "return.allocated", "return.=x", ".a=b", "return.a="})
    CHECK_FALSE(parse_state_mapping(text));
}

}  // namespace
}  // namespace assured::test
