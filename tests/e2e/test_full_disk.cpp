// A disk that is full, or read-only, from any write on: nothing half done, nothing said to be done that is
// not, no mail without its lease on the disk, and work goes on when there is room again.
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "config/programme_files.hpp"
#include "daemon/boards.hpp"
#include "daemon/planner.hpp"
#include "daemon/sender.hpp"
#include "daemon/system_zones.hpp"
#include "daemon/writer.hpp"
#include "notifiers/renderer.hpp"
#include "store/file_store.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_disk.hpp"
#include "tests/support/running_service.hpp"
#include "tests/support/skipped.hpp"
#include "web/api.hpp"

using namespace assured;
using namespace assured::test;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* board = "city-and-hackney";
constexpr uid_t qa_officer = 1001;
const Instant morning = *parse_instant("2026-09-01T09:00:00Z");
const std::string people_path = ASSURED_SOURCE_DIR "/tests/stories/city-and-hackney.people.toml";

std::string read_all(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// What a manager can read: whole sentences, with no word of the machinery.
bool is_plain_sentence(const std::string& text) {
  if (text.empty() || text.back() != '.') return false;
  for (const char* word : {"SQL", "database could not", "commit", "errno", "disk I/O", "statement"})
    if (text.find(word) != std::string::npos) return false;
  return true;
}

// A database with the board and its people, made once and copied for each try; and the programme on it.
struct Prepared {
  Prepared() {
    store::StoreOptions options;
    options.path = (folder.path / "ready.db").string();
    const auto store = store::open_store(options);
    programmes = std::make_unique<CurrentProgrammes>(open_boards(
        *store, {{ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney", {}}}, zones, morning));
    const auto people = config::load_people_file(
        people_path, programmes->get()->get_board(board).current->establishment);
    Caller caller;
    caller.person = "test";
    const auto tx = store->begin();
    if (!load_people(*tx, *programmes->get(), board, people, caller, morning))
      throw std::runtime_error("the people of the story cannot be loaded");
    tx->commit();
  }
  Folder folder;
  SystemZones zones;
  std::unique_ptr<CurrentProgrammes> programmes;
};

// Looks, at the moment a message would leave, whether its lease is on the disk.
class LeaseWatcher : public Notifier {
 public:
  explicit LeaseWatcher(Store& store) : store_(store) {}
  SendOutcome send(const Outgoing& message) override {
    const auto reader = store_.reader(board);
    const auto notice = reader->find_notice(message.id);
    if (!notice || notice->state != NoticeState::leased) faults.push_back(message.message_id + " has no lease");
    if (reader->find_notice_bytes(message.id) != message.bytes)
      faults.push_back(message.message_id + " was not committed as it was sent");
    if (!sent.insert(message.message_id).second) faults.push_back(message.message_id + " was sent twice");
    return {SendAnswer::accepted, 250, "final: 250 ok"};
  }
  std::set<std::string> sent;
  std::vector<std::string> faults;

 private:
  Store& store_;
};

class StillClock : public Clock {
 public:
  Instant now() const override { return morning; }
};

// The service without its threads, on a copy of the prepared database. A morning's work in five steps, each
// of which can be done again when it failed.
class Morning {
 public:
  explicit Morning(Prepared& prepared)
      : programmes_(*prepared.programmes),
        store_(open(prepared)),
        watcher_(*store_),
        writer_(*store_, programmes_, clock_, [] {}),
        scheduler_(*store_, programmes_),
        planner_(*store_, programmes_, renderer_, {"key", "board.example"}),
        sender_(*store_, programmes_, relay_),
        api_{*store_, files_, programmes_, writer_, clock_,
             [](uid_t, std::string_view) { return std::optional<std::string>{"tom-adeyemi"}; },
             [](uid_t) { return true; }, [] { return web::Health{}; }} {}

  // The steps from `first` on; returns the first that failed, or none. Everything goes on behind it as it
  // would with many callers.
  std::optional<int> work(int first) {
    std::optional<int> failed;
    for (int step = first; step < steps; ++step)
      if (!done_.contains(step) && !do_step(step) && !failed) failed = step;
    return failed;
  }

  static constexpr int steps = 6;
  std::vector<std::string> faults;

  void check_all_done() {
    faults.insert(faults.end(), watcher_.faults.begin(), watcher_.faults.end());
    const auto reader = store_->reader(board);
    std::map<std::string, int> kinds;
    for (const Item& item : reader->list_items({})) ++kinds[item.kind];
    if (kinds["audit"] != 1 || kinds["concern"] != 1)
      faults.push_back(fmt::format("{} audits and {} concerns", kinds["audit"], kinds["concern"]));
    const auto notices = reader->list_notices(500, {});
    for (const Notice& notice : notices) {
      if (notice.state != NoticeState::accepted)
        faults.push_back(notice.message_id + " is " + std::string(to_text(notice.state)));
      if (!watcher_.sent.contains(notice.message_id)) faults.push_back(notice.message_id + " was not sent");
    }
    if (notices.size() < 3 || notices.size() != watcher_.sent.size())
      faults.push_back(fmt::format("{} notices, {} sent", notices.size(), watcher_.sent.size()));
    if (reader->list_reads(concern_, 10).empty()) faults.push_back("a read was not recorded");
    for (const auto& fault : store_->verify(board).faults) faults.push_back("verify: " + fault);
  }

 private:
  std::unique_ptr<Store> open(Prepared& prepared) {
    fs::copy_file(prepared.folder.path / "ready.db", folder_.path / "board.db");
    store::StoreOptions options;
    options.path = (folder_.path / "board.db").string();
    options.synchronous = store::Synchronous::off;  // what is asked here is not the power
    options.reference_seed = 7;
    return store::open_store(options);
  }

  bool do_step(int step) {
    const bool done = [&] {
      switch (step) {
        case 0: return post("/events", theme, "first");
        case 1: return audit_.empty() || post("/items/" + audit_ + "/events", concern, "second");
        case 2: return concern_reference_.empty() || look();
        case 3: return pass([&] { scheduler_.run_once(morning); });
        case 4: return pass([&] { planner_.run_once(morning); });
        default: return pass([&] { sender_.run_once(morning); });
      }
    }();
    const bool could = step == 0 || (step == 1 ? !audit_.empty() : step != 2 || !concern_reference_.empty());
    if (done && could && step < 3) done_.insert(step);
    return done && could;
  }

  web::Response ask(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& key) {
    web::Request request;
    request.method = method;
    request.target = std::string{"/v1/boards/"} + board + path;
    request.body = body;
    request.idempotency_key = key;
    request.uid = qa_officer;
    return web::handle(request, api_);
  }

  bool is_done(const web::Response& response) {
    if (response.status == 200) return true;
    const auto problem = json::parse(response.body).as_object();
    if (response.status != 503 || problem.at("code") != "unavailable")
      faults.push_back("not answered as unavailable: " + response.body);
    if (!is_plain_sentence(std::string{problem.at("detail").as_string()}))
      faults.push_back("no words for people: " + response.body);
    return false;
  }

  bool post(const std::string& path, const char* body, const char* key) {
    const auto response = ask("POST", path, body, key);
    if (!is_done(response)) return false;
    const auto answer = json::parse(response.body).as_object();
    if (audit_.empty()) {
      audit_ = std::string{answer.at("reference").as_string()};
    } else {
      concern_reference_ = std::string{answer.at("reference").as_string()};
      concern_ = ItemId{answer.at("id").as_int64()};
    }
    return true;
  }

  // Nobody reads what is protected without a record of it.
  bool look() {
    const auto response = ask("GET", "/items/" + concern_reference_, {}, {});
    const bool shown = response.body.find("secret words") != std::string::npos;
    const bool done = is_done(response);
    if (shown != done) faults.push_back("what is protected was shown although nobody could record it");
    return done;
  }

  bool pass(const std::function<void()>& worker) {
    try {
      worker();
      return true;
    } catch (const StoreError& error) {
      if (!error.retryable) faults.push_back(std::string{"a worker gives up: "} + error.what());
      return false;
    }
  }

  static constexpr const char* theme =
      R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";
  static constexpr const char* concern =
      R"({"event":"raise-concern","fields":{"subject_kind":"child","made_safe":"made-safe",
          "what":"secret words","addressed":["police","nhs-east"]}})";

  Folder folder_;
  CurrentProgrammes& programmes_;
  StillClock clock_;
  std::unique_ptr<Store> store_;
  LeaseWatcher watcher_;
  SharedNotifier relay_{watcher_};
  notifiers::MailRenderer renderer_;
  store::FolderFiles files_{folder_.path / "files"};
  Writer writer_;
  Scheduler scheduler_;
  Planner planner_;
  Sender sender_;
  web::Api api_;
  std::set<int> done_;  // of the first three; workers are asked again and again
  std::string audit_, concern_reference_;
  ItemId concern_;
};

}  // namespace

TEST_CASE("from whichever write on the disk takes nothing, nothing is lost and work goes on",
          "[e2e][disk]") {
  Prepared prepared;
  FailingDisk disk;
  for (const int error : {ENOSPC, EROFS}) {
    int writes = 0;
    std::array<int, Morning::steps> failures{};
    for (std::uint64_t nth = 1;; ++nth) {
      Morning day{prepared};
      disk.fail_from(nth, error);
      const auto failed = day.work(0);
      const bool touched = disk.has_failed();
      disk.mend();
      if (failed) ++failures[static_cast<std::size_t>(*failed)];
      INFO(std::strerror(error) << " from write " << nth << " on");
      if (failed && day.work(*failed)) FAIL_CHECK("it does not go on when there is room again");
      day.work(3);  // what the workers were given by what was done again
      day.check_all_done();
      for (const auto& fault : day.faults) FAIL_CHECK(fault);
      if (failed && !touched) FAIL_CHECK("it failed by itself");
      if (!touched) break;
      ++writes;
    }
    fmt::print("{}: {} writes; the first to fail was {}\n", std::strerror(error), writes,
               fmt::join(failures, ", "));
    CHECK(writes > 50);
    // Every step of the morning met the end of the disk.
    for (const int step : failures) CHECK(step > 0);
  }
}

TEST_CASE("a service on a file system that is full says so, and goes on when there is room",
          "[e2e][disk][full-tmpfs]") {
  const Folder folder;
  fs::create_directories(folder.path / "state");
  constexpr const char* size = "size=16m";  // SQLite's log alone grows to 4
  if (::mount("tmpfs", (folder.path / "state").c_str(), "tmpfs", 0, size) != 0)
    SKIP_TEST(fmt::format("a small file system cannot be mounted here ({})", std::strerror(errno)));
  {
    config::Settings settings = service_settings(folder.path);
    settings.users[::getuid()][board] = "tom-adeyemi";
    RunningService service{settings, morning};
    service.start();
    REQUIRE(service.ask("POST", "/people", read_all(people_path)).ok());
    const std::string theme =
        R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";
    const auto audit = service.ask("POST", "/events", theme);
    REQUIRE(audit.ok());
    const std::string item =
        "/items/" + std::string{json::parse(audit.body).as_object().at("reference").as_string()};
    const std::string concerns = item + "/events";
    const std::string papers = item + "/files?kind=papers&type=pdf";
    const std::string document = "%PDF-1.7\n" + std::string(500'000, 'x');
    const std::string concern =
        R"({"event":"raise-concern","fields":{"subject_kind":"child","made_safe":"made-safe",
            "what":"secret words","addressed":["police","nhs-east"]}})";
    service.settle();
    const auto mails = [&] {
      std::size_t count = 0;
      for (const auto& entry : fs::directory_iterator{folder.path / "mail"})
        if (entry.path().extension() == ".eml") ++count;
      return count;
    };
    const std::size_t before = mails();

    {
      std::ofstream filler{folder.path / "state" / "filler", std::ios::binary};
      const std::string block(4096, 'x');
      while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {}
    }
    const auto check_unavailable = [](const cli::Reply& reply) {
      INFO(reply.body);
      CHECK(reply.status == 503);
      const auto problem = json::parse(reply.body).as_object();
      CHECK(problem.at("code") == "unavailable");
      CHECK(is_plain_sentence(std::string{problem.at("detail").as_string()}));
    };
    check_unavailable(service.ask("POST", papers, document));
    int refused = 0;
    for (int i = 0; i < 20; ++i) {
      const auto reply = service.ask("POST", concerns, concern, fmt::format("key-{}", i));
      if (reply.ok()) continue;  // the log had a page left
      ++refused;
      check_unavailable(reply);
    }
    CHECK(refused > 0);
    CHECK(service.ask("GET", "/items").ok());  // who reads is not hindered
    // What people could not do shows at once, for a while; then the first worker that has something to write
    // says what is the matter.
    CHECK(service.ask("GET", "/v1/health").status == 503);
    service.move_to(service.now() + std::chrono::minutes{2});
    service.settle();
    for (int minute = 0; minute < 500 && service.ask("GET", "/v1/health").status == 200; ++minute) {
      service.move_to(service.now() + std::chrono::minutes{2});
      service.settle();
    }
    CHECK(service.ask("GET", "/v1/health").status == 503);

    fs::remove(folder.path / "state" / "filler");
    for (int i = 0; i < 20; ++i)
      CHECK(service.ask("POST", concerns, concern, fmt::format("key-{}", i)).ok());
    CHECK(service.ask("POST", papers, document).ok());
    service.move_to(service.now() + std::chrono::minutes{2});  // a worker that gave way has waited
    service.settle();
    CHECK(service.ask("GET", "/v1/health").status == 200);
    const auto raised = json::parse(service.ask("GET", "/items?kind=concern").body).as_object();
    CHECK(raised.at("items").as_array().size() == 20);
    const auto counts = json::parse(service.ask("GET", "/outbox").body).as_object().at("counts").as_object();
    CHECK(counts.at("unsent").to_number<int>() == 0);
    CHECK(mails() >= before + 20);
    CHECK(service.stop() == 0);
    store::StoreOptions options;
    options.path = database_path(settings.state_folder).string();
    CHECK(store::open_store(options)->verify(board).faults.empty());
  }
  CHECK(::umount((folder.path / "state").c_str()) == 0);
}
