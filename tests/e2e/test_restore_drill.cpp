// The restore drill of docs/backup.md as a test: a service at work is backed up, lost, restored, and compared
// with what it was; its mail waits for an operator, and goes out under the ids that it had.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "config/key_file.hpp"
#include "tests/e2e/backup_world.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_service.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

const std::string key = store::random_bytes(store::seal_key_bytes);
constexpr const char* theme =
    R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";

// Message-IDs of the mails in a folder.
std::set<std::string> mails_in(const fs::path& folder) {
  std::set<std::string> ids;
  for (const auto& [name, bytes] : tree_of(folder)) {
    const auto at = bytes.find("Message-Id: <");
    if (at == std::string::npos) throw std::runtime_error(name + " has no Message-Id");
    ids.insert(bytes.substr(at + 13, bytes.find('>', at) - at - 13));
  }
  return ids;
}

std::set<std::string> without(std::set<std::string> all, const std::set<std::string>& those) {
  for (const auto& one : those) all.erase(one);
  return all;
}

// Two boards at the end of their stories, one document from before there was a key and one from after.
struct Installation {
  Installation() {
    play_into(state, "city-and-hackney");
    play_into(folder.path / "other", "self-assessment");
    const fs::path moved = folder.path / "other.tar";
    make_backup({folder.path / "other", moved, {}, "", 0}, Instant{});
    const auto other_boards = open_state(folder.path / "other")->boards();
    other = other_boards.at(0);
    restore({moved, state, other, "", "uid 0"}, Instant{});

    const auto store = open_state(state);
    start = std::max(last_row_of(*store, city), last_row_of(*store, other)) + 1min;
    settings = service_settings(folder.path);
    settings.programmes.push_back({ASSURED_SOURCE_DIR "/config/programmes/self-assessment", {}});
    settings.mail.per_person_per_hour = 0;
    const SystemZones zones;
    officer = store->reader(city)
                  ->load_people()
                  ->holders_of("qa-officer", local_date(start, **zones.find_zone("Europe/London")))
                  .at(0);
    settings.users[::getuid()][city] = officer;
    const fs::path key_file = folder.path / "files.key";
    config::make_key_file(key_file);
    settings.files_key = config::KeySettings{key_file, "", {}};
    auto files = open_files(settings);
    document = attach_document(*store, files, "what was found", start);
    // Released as a whole, as after the restore of one board above.
    const auto tx = store->begin();
    tx->board(other).put_value(outbox_hold_value, "");
    tx->commit();
  }

  Folder folder;
  fs::path state = folder.path / "state";
  config::Settings settings;
  Instant start;
  std::string other, officer, document;
};

// Writes in real time, as people do, until it is told to stop.
class LightWrites {
 public:
  explicit LightWrites(const RunningService& service)
      : thread_([this, &service] {
          while (!stopping_) {
            answered += service.ask("POST", "/events", theme).ok();
            std::this_thread::sleep_for(1ms);  // the writer is a thread of its own
          }
        }) {}
  ~LightWrites() { stop(); }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::atomic<int> answered{0};

 private:
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

json::object get(const RunningService& service, const std::string& path) {
  const auto reply = service.ask("GET", path);
  if (!reply.ok()) throw std::runtime_error(reply.body);
  return json::parse(reply.body).as_object();
}

void check_all_chains(const fs::path& state) {
  const auto store = open_state(state);
  auto chains = store->boards();
  chains.emplace_back(Store::operator_board);
  for (const auto& chain : chains) {
    CAPTURE(chain);
    CHECK(store->verify(chain).faults.empty());
  }
}

// Without what a restore adds: the hold of each board, and its row in the operator's chain.
auto without_traces(std::map<std::pair<std::string, std::string>, Rows> rows) {
  for (auto& [name, of] : rows) {
    if (name.first == "named_values")
      std::erase_if(of, [](const auto& row) {
        return std::get<std::string>(row.at(1)) == outbox_hold_value;
      });
    if (name.second == Store::operator_board && !of.empty()) of.erase(std::prev(of.end()));
  }
  std::erase_if(rows, [](const auto& named) { return named.second.empty(); });
  return rows;
}

// The same for the state that was backed up: its holds had ended.
auto without_holds(std::map<std::pair<std::string, std::string>, Rows> rows) {
  for (auto& [name, of] : rows)
    if (name.first == "named_values")
      std::erase_if(of, [](const auto& row) {
        return std::get<std::string>(row.at(1)) == outbox_hold_value;
      });
  std::erase_if(rows, [](const auto& named) { return named.second.empty(); });
  return rows;
}

}  // namespace

TEST_CASE("a backup made under writes is one instant of every board, whole", "[drill]") {
  Installation world;
  RunningService service{world.settings, world.start};
  service.start();
  service.settle();
  LightWrites writes{service};
  std::vector<BackupReport> backups;
  for (int n = 0; n < 3; ++n) {
    const int before = writes.answered;
    while (writes.answered < before + 5) std::this_thread::sleep_for(1ms);
    backups.push_back(make_backup({world.state, world.folder.path / fmt::format("b{}", n), {}, key, 0},
                                  service.now()));
  }
  writes.stop();
  CHECK(service.stop() == 0);
  const auto live = open_state(world.state);
  for (const auto& backup : backups) {
    const fs::path again = backup.file.string() + ".state";
    const auto report = restore({backup.file, again, "", key, "uid 0"}, service.now());
    check_all_chains(again);
    const auto store = open_state(again);
    for (const auto& [board, head] : backup.manifest.boards) CHECK(store->head(board) == head);
    // What it holds is how the live journal began.
    const auto rows = store->reader(city)->list_journal(0, 10'000);
    const auto all = live->reader(city)->list_journal(0, 10'000);
    REQUIRE(rows.size() <= all.size());
    CHECK(rows.back().chain == all.at(rows.size() - 1).chain);
  }
  CHECK(backups[0].manifest.boards[0].head != backups[2].manifest.boards[0].head);  // they wrote meanwhile
  CHECK_FALSE(fs::exists(world.state / "backup.part"));
}

TEST_CASE("the drill: lost, restored, compared, held, released", "[drill]") {
  Installation world;
  RunningService service{world.settings, world.start};
  service.start();
  service.settle();
  const auto raised = json::parse(service.ask("POST", "/events", theme).body).as_object();
  const std::string audit{raised.at("reference").as_string()};
  REQUIRE(service
              .ask("POST", "/items/" + audit + "/events",
                   R"({"event":"raise-concern","fields":{"subject_kind":"child","made_safe":"made-safe",
                       "what":"unsafe","addressed":["police","nhs-east"]}})")
              .ok());
  service.settle();

  // At rest, while it runs.
  const auto rows = all_rows(world.state);
  const auto files = tree_of(world.state / "files");
  const fs::path file = world.folder.path / "the.backup";
  const auto backup = make_backup({world.state, file, {}, key, 0}, service.now());
  CHECK(backup.manifest.boards.size() == 2);
  CHECK((fs::status(file).permissions() & (fs::perms::group_all | fs::perms::others_all)) ==
        fs::perms::none);
  CHECK(bytes_of(file).find("Neglect") == std::string::npos);

  // Mail that is sent between the backup and the loss.
  const auto before = mails_in(world.settings.mail_folder);
  std::set<std::string> sent_since;
  for (int step = 0; step < 50 && sent_since.empty(); ++step) {
    service.move_to(service.settle());
    service.settle();
    sent_since = without(mails_in(world.settings.mail_folder), before);
  }
  REQUIRE_FALSE(sent_since.empty());
  CHECK(service.stop() == 0);

  // Everything is there again.
  config::Settings settings = world.settings;
  settings.state_folder = world.folder.path / "again";
  settings.mail_folder = world.folder.path / "again-mail";
  const auto report = restore({file, settings.state_folder, "", key, "uid 7"}, service.now());
  CHECK(to_json(report.manifest) == to_json(backup.manifest));
  CHECK(without_traces(all_rows(settings.state_folder)) == without_holds(rows));
  CHECK(tree_of(settings.state_folder / "files") == files);
  CHECK(bytes_of(settings.state_folder / "message-id.key") == bytes_of(world.state / "message-id.key"));
  check_all_chains(settings.state_folder);
  {
    const auto store = open_state(settings.state_folder);
    const auto last = store->reader(Store::operator_board)->list_journal(0, 1000).back();
    CHECK(last.kind == "restore");
    CHECK(last.actor == "uid 7");
    CHECK_THAT(last.body, Catch::Contains(to_text(backup.manifest.made_at)) &&
                              Catch::Contains(backup.manifest.boards[0].head));
  }

  // What fell due meanwhile is planned and held; nothing goes out.
  RunningService again{settings, service.now()};
  again.start();
  again.settle();
  CHECK(mails_in(settings.mail_folder).empty());
  const auto held = get(again, "/outbox?state=held").at("prompts").as_array();
  CHECK_FALSE(held.empty());
  for (const auto& prompt : held)
    CHECK(std::string{prompt.as_object().at("why").as_string()} == report.hold);
  CHECK(again.ask("GET", "/items/1/files/report/1").body == "what was found");

  // Released, it goes out under the ids that it had, and only that.
  const auto ended = again.ask("POST", "/outbox/hold/end", R"({"reason":"the drill"})");
  REQUIRE(ended.ok());
  CHECK(json::parse(ended.body).at("released").to_number<std::size_t>() == held.size());
  again.settle();
  CHECK(mails_in(settings.mail_folder) == sent_since);
  CHECK(again.ask("POST", "/outbox/hold/end", R"({"reason":"twice"})").status == 422);
  CHECK(again.stop() == 0);
  check_all_chains(settings.state_folder);
}

TEST_CASE("one board is restored, and of the other not a byte changes", "[drill]") {
  Installation world;
  { RunningService once{world.settings, world.start}; once.start(); once.settle(); once.stop(); }
  const fs::path file = world.folder.path / "the.backup";
  const auto backup = make_backup({world.state, file, {city}, key, 0}, world.start);
  CHECK_FALSE(backup.manifest.is_whole);
  REQUIRE(backup.manifest.boards.size() == 1);
  const auto was = all_rows(world.state);

  // The board goes on, and loses a document.
  {
    RunningService service{world.settings, world.start + 2min};
    service.start();
    for (int n = 0; n < 3; ++n) REQUIRE(service.ask("POST", "/events", theme).ok());
    service.settle();
    CHECK_THROWS_WITH(restore({file, world.state, city, key, "uid 0"}, world.start),
                      Catch::Contains("stop it first"));
    CHECK(service.stop() == 0);
  }
  fs::remove(world.state / "files" / city / world.document.substr(0, 2) / world.document);
  const auto went_on = all_rows(world.state);
  REQUIRE(went_on != was);

  const auto report = restore({file, world.state, city, key, "uid 0"}, world.start + 1h);
  CHECK_FALSE(report.other_message_ids);
  const auto is = all_rows(world.state);
  const auto now = without_holds(is), then = without_holds(was), between = without_holds(went_on);
  for (const auto& [name, rows] : now) {
    CAPTURE(name.first, name.second);
    if (name.second == city) CHECK(rows == then.at(name));
    if (name.second == world.other) CHECK(rows == between.at(name));
  }
  for (const auto& [name, rows] : is)
    if (name.second == world.other) CHECK(rows == went_on.at(name));  // no hold either
  check_all_chains(world.state);
  CHECK(open_files(world.settings).find(city, world.document) == "what was found");
  const auto store = open_state(world.state);
  CHECK(store->reader(city)->find_value(outbox_hold_value) == report.hold);
  const auto last = store->reader(Store::operator_board)->list_journal(0, 1000).back();
  CHECK_THAT(last.body, Catch::Contains("board city-and-hackney") &&
                            Catch::Contains(backup.manifest.boards[0].head) &&
                            Catch::Contains(report.head_before));
  CHECK_FALSE(fs::exists(world.state / "restoring-board"));

  // One that the backup does not hold.
  CHECK_THROWS_WITH(restore({file, world.state, world.other, key, "uid 0"}, world.start),
                    Catch::Contains("it holds: city-and-hackney"));
}

TEST_CASE("the service starts on no half restored folder, and on no documents that it could not read", "[drill]") {
  Installation world;
  const auto start = [&](const config::Settings& settings) {
    const SystemZones zones;
    const MovedClock clock{world.start};
    const App app{settings, clock, zones, [] { return Millis{0}; }};
  };
  config::Settings without = world.settings;
  without.files_key.reset();
  CHECK_THROWS_AS(start(without), ConfigError);
  try {
    start(without);
  } catch (const ConfigError& error) {
    REQUIRE(error.mistakes.size() == 1);
    CHECK_THAT(error.mistakes[0].message, Catch::Contains("name its file in [files]"));
  }
  config::Settings other = world.settings;
  config::make_key_file(world.folder.path / "other.key");
  other.files_key->file = world.folder.path / "other.key";
  CHECK_THROWS_AS(start(other), ConfigError);
  CHECK_NOTHROW(start(world.settings));

  // A restore that was cut short before its last step.
  config::Settings half = world.settings;
  half.state_folder = world.folder.path / "half";
  const fs::path file = world.folder.path / "the.backup";
  make_backup({world.state, file, {}, key, 0}, world.start);
  restore({file, half.state_folder, "", key, "uid 0"}, world.start);
  fs::create_directory(half.state_folder / "restoring");
  CHECK_NOTHROW(start(half));  // all was moved: only the empty folder was left
  fs::rename(database_path(half.state_folder), half.state_folder / "restoring" / "assured.db");
  CHECK_THROWS_WITH(start(half), Catch::Contains("cut short"));
  CHECK_FALSE(fs::exists(database_path(half.state_folder)));
  CHECK_NOTHROW(restore({file, half.state_folder, "", key, "uid 0"}, world.start));
  CHECK_NOTHROW(start(half));
}

TEST_CASE("a backup needs encrypted documents whole, and restores them with another key to nowhere",
          "[drill]") {
  Installation world;
  const fs::path file = world.folder.path / "the.backup";
  const auto backup = make_backup({world.state, file, {}, key, 0}, world.start);
  CHECK(backup.manifest.files_key == store::files_key_id(world.state / "files"));
  CHECK_FALSE(backup.manifest.files_key.empty());
  // A state whose own documents lie under another key.
  config::Settings other = world.settings;
  other.state_folder = world.folder.path / "elsewhere";
  play_into(other.state_folder, "self-assessment");
  config::make_key_file(world.folder.path / "other.key");
  other.files_key->file = world.folder.path / "other.key";
  open_files(other).put("glenmorrow", "sealed");
  const auto rows = all_rows(other.state_folder);
  CHECK_THROWS_WITH(restore({file, other.state_folder, city, key, "uid 0"}, world.start),
                    Catch::Contains(backup.manifest.files_key));
  CHECK(all_rows(other.state_folder) == rows);
}
