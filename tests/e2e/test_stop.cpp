// How the service ends: what it records, what it names, what it leaves for the next start.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <boost/json.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "cli/http_client.hpp"
#include "daemon/app.hpp"
#include "daemon/boards.hpp"
#include "daemon/system_clock.hpp"
#include "daemon/system_zones.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/test_relay.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* board_path = "/v1/boards/city-and-hackney";

// The machine's clock, with what the test adds to it.
struct MovedClock : Clock {
  Instant now() const override { return SystemClock{}.now() + moved.load(); }
  std::atomic<Millis> moved{Millis{0}};
};

config::Settings settings_in(const std::filesystem::path& folder) {
  config::Settings settings;
  settings.state_folder = folder / "state";
  settings.socket_path = folder / "assured.sock";
  settings.mail_folder = folder / "mail";
  settings.from_domain = "board.example";
  settings.programmes = {{ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney", {}}};
  settings.users[::getuid()]["city-and-hackney"] = "tom-adeyemi";
  settings.operators = {::getuid()};
  return settings;
}

// The service on a thread of its own.
struct Running {
  Running(config::Settings settings, const Clock& clock) : socket(settings.socket_path.string()) {
    app = std::make_unique<App>(std::move(settings), clock, zones);
    std::promise<void> ready;
    app->on_ready([&ready] { ready.set_value(); });
    code = std::async(std::launch::async, [this] { return app->run(); });
    ready.get_future().wait();
  }
  int stop() {
    app->stop();
    return code.get();
  }
  std::string post(const std::string& path, const std::string& body) {
    const auto reply = cli::send_request(socket, "POST", board_path + path, body, {});
    if (!reply.ok()) throw std::runtime_error(reply.body);
    return reply.body;
  }
  // A concern on a new audit: two agencies are told at once.
  void raise_concern() {
    std::ifstream people{ASSURED_SOURCE_DIR "/tests/stories/city-and-hackney.people.toml"};
    post("/people", {std::istreambuf_iterator<char>{people}, {}});
    const auto audit = boost::json::parse(post(
        "/events",
        R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})"));
    post("/items/" + std::string{audit.at("reference").as_string()} + "/events",
         R"({"event":"raise-concern","fields":{"subject_kind":"child","made_safe":"made-safe",
             "what":"unsafe","addressed":["police","nhs-east"]}})");
  }

  SystemZones zones;
  std::string socket;
  std::unique_ptr<App> app;
  std::future<int> code;
};

template <class Condition>
void wait_for(const Condition& condition) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("it did not happen");
    std::this_thread::sleep_for(2ms);
  }
}

std::unique_ptr<Store> open_left_behind(const Folder& folder) {
  store::StoreOptions options;
  options.path = database_path(folder.path / "state").string();
  return store::open_store(options);
}

}  // namespace

TEST_CASE("what a relay took while the service stopped is recorded, though another message is stuck",
          "[e2e]") {
  const Folder folder;
  TestRelay relay{folder.path / "relay"};
  relay.plan({"final late", "final never"});
  config::Settings settings = settings_in(folder.path);
  config::RelaySettings to;
  to.host = "127.0.0.1";
  to.port = relay.port();
  to.tls = config::RelayTls::off;
  to.from_address = to.bounce_address = "assured@board.example";
  to.helo = "board.example";
  to.connections = 2;
  to.reply_timeout = 4s;
  to.message_timeout = 5s;
  settings.relay = to;
  settings.stop_timeout = 2s;  // too short for a message that the relay lets hang
  const SystemClock clock;
  std::string log;
  {
    const CapturedLog captured;
    Running service{settings, clock};
    service.raise_concern();
    // Both are with the relay, and neither has its answer.
    wait_for([&] { return relay.attempts() == 2 && !relay.accepted().empty(); });
    CHECK(service.stop() == 1);
    CHECK(service.app->is_stuck());
    service.app.reset();  // waits for the message; a real service leaves
    log = captured.text();
  }
  CHECK_THAT(log, Catch::Contains("a message that is being sent") && Catch::Contains("2 s after the stop"));
  std::size_t accepted = 0;
  for (const Notice& notice : open_left_behind(folder)->reader("city-and-hackney")->list_notices(100, {}))
    accepted += notice.state == NoticeState::accepted;
  CHECK(accepted == 1);
}

TEST_CASE("a signal to read the settings again puts all of them in force, or none", "[e2e]") {
  const Folder folder;
  const auto file = folder.path / "assured.toml";
  const auto write = [&](const std::string& mode) {
    std::ofstream{file} << "state_folder = \"state\"\nsocket = \"assured.sock\"\nmail_folder = \"mail\"\n"
                        << "from_domain = \"board.example\"\nprogrammes = [\"" ASSURED_SOURCE_DIR
                        << "/config/programmes/city-and-hackney\"]\n[mail]\nmode = \"" << mode << "\"\n";
  };
  write("live");
  auto reading = config::load_settings(file);
  REQUIRE(reading.settings);
  const SystemClock clock;
  std::string log;
  {
    const CapturedLog captured;
    Running service{std::move(*reading.settings), clock};
    const auto mode = [&] {
      const auto health = boost::json::parse(cli::send_request(service.socket, "GET", "/v1/health", "").body);
      return std::string{health.at("mail").at("mode").as_string()};
    };
    CHECK(mode() == "live");
    write("observe");
    ::kill(::getpid(), SIGHUP);
    wait_for([&] { return mode() == "observe"; });
    write("nonsense");
    ::kill(::getpid(), SIGHUP);
    wait_for([&] { return captured.text().find("not put in force") != std::string::npos; });
    CHECK(mode() == "observe");
    write("live");
    ::kill(::getpid(), SIGHUP);
    wait_for([&] { return mode() == "live"; });
    CHECK(service.stop() == 0);
    log = captured.text();
  }
  CHECK_THAT(log, Catch::Contains("mail.mode"));
}

TEST_CASE("a clock that is not trusted leaves no sign of life (S16.3)", "[e2e]") {
  const Folder folder;
  MovedClock clock;
  const Instant began = clock.now();
  {
    Running service{settings_in(folder.path), clock};
    const auto alive = [&] {
      const auto health = boost::json::parse(cli::send_request(service.socket, "GET", "/v1/health", "").body);
      for (const auto& worker : health.at("workers").as_array())
        if (worker.at("name") == "scheduler") return worker.as_object().contains("last_pass");
      return false;
    };
    wait_for(alive);
    clock.moved = Millis{2h};
    CHECK(service.stop() == 0);
  }
  const auto left = open_left_behind(folder)->reader("city-and-hackney")->find_value("alive");
  REQUIRE(left);
  CHECK(*parse_instant(*left) < began + 1h);
}
