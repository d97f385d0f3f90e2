// The real App on a Unix socket in a temporary folder.
#include <catch2/catch.hpp>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "cli/http_client.hpp"
#include "config/settings.hpp"
#include "daemon/app.hpp"
#include "daemon/boards.hpp"
#include "daemon/system_clock.hpp"
#include "daemon/system_zones.hpp"
#include "tests/e2e/folder.hpp"

using namespace assured;
using assured::test::Folder;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// libspdlog makes its registry on first use, by a guard that the thread sanitizer does not see: here, before
// there are threads.
const auto logger = spdlog::default_logger();

std::string read_all(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A service running on a thread of its own, stopped with the test.
class Service {
 public:
  explicit Service(const fs::path& folder) {
    config::Settings settings;
    settings.state_folder = folder / "state";
    settings.socket_path = folder / "assured.sock";
    settings.mail_folder = folder / "mail";
    settings.from_domain = "board.example";
    settings.programmes = {{ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney", {}}};
    settings.users[::getuid()]["city-and-hackney"] = "tom-adeyemi";
    settings.operators = {::getuid()};
    settings.request_bytes_max = 64 * 1024;
    settings.request_timeout = std::chrono::seconds{1};
    socket = settings.socket_path.string();
    mail = settings.mail_folder;
    app = std::make_unique<App>(std::move(settings), clock, zones);
    std::promise<void> ready;
    auto is_ready = ready.get_future();
    app->on_ready([&ready] { ready.set_value(); });
    thread = std::thread{[this] { code = app->run(); }};
    is_ready.wait();
  }
  ~Service() {
    if (thread.joinable()) stop();
  }
  int stop() {
    app->stop();
    thread.join();
    app.reset();
    return code;
  }

  cli::Reply ask(const std::string& method, const std::string& path, const std::string& body = {}) {
    return cli::send_request(
        socket, method,
        path.starts_with("/v1") ? path : "/v1/boards/city-and-hackney" + path, body);
  }

  SystemClock clock;
  SystemZones zones;
  std::string socket;
  fs::path mail;
  std::unique_ptr<App> app;
  std::thread thread;
  int code = -1;
};

std::string people() {
  return read_all(ASSURED_SOURCE_DIR "/tests/stories/city-and-hackney.people.toml");
}

std::vector<std::string> mails(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder})
    if (entry.path().extension() == ".eml") names.push_back(entry.path().filename().string());
  return names;
}

// Sends raw bytes and returns what comes back until the other side closes.
std::string raw(const std::string& socket, const std::string& bytes) {
  const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  // Not REQUIRE: one test calls this on another thread.
  if (::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(handle, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the service does not take bytes");
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::recv(handle, buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(n));
  ::close(handle);
  return answer;
}

constexpr const char* theme =
    R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";
constexpr const char* concern = R"({"event":"raise-concern","fields":{"subject_kind":"child",
  "made_safe":"made-safe","what":"secret words","addressed":["police"]}})";

}  // namespace

TEST_CASE("a concern is raised over the socket, its mail is written, and all of it outlives a stop",
          "[e2e]") {
  const Folder folder;
  std::string reference;
  std::vector<std::string> sent;
  {
    Service service{folder.path};
    CHECK(service.ask("GET", "/v1/health").ok());
    struct stat status {};
    REQUIRE(::stat(service.socket.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0660);
    const auto loaded = service.ask("POST", "/people", people());
    INFO(loaded.body);
    REQUIRE(loaded.ok());
    const auto audit = service.ask("POST", "/events", theme);
    INFO(audit.body);
    REQUIRE(audit.ok());
    const auto raised = service.ask(
        "POST",
        "/items/" + std::string{json::parse(audit.body).as_object().at("reference").as_string()} +
            "/events",
        concern);
    INFO(raised.body);
    REQUIRE(raised.ok());
    reference = std::string{json::parse(raised.body).as_object().at("reference").as_string()};

    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (mails(service.mail).empty() && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    REQUIRE_FALSE(mails(service.mail).empty());

    const std::string metrics = cli::send_request(service.socket, "GET", "/metrics", "").body;
    INFO(metrics);
    CHECK(metrics.find("assured_commands_total{outcome=\"accepted\"} ") != std::string::npos);
    CHECK(metrics.find("assured_commands_total{outcome=\"accepted\"} 0\n") == std::string::npos);
    CHECK(metrics.find("assured_mails_planned_total 0\n") == std::string::npos);
    CHECK(metrics.find("assured_health_level 0\n") != std::string::npos);
    const auto health = json::parse(service.ask("GET", "/v1/health").body).as_object();
    CHECK(health.at("status") == "green");
    CHECK(health.at("workers").as_array().size() == 6);
    CHECK(health.at("mail").as_object().at("way") == "files");

    const auto outbox = json::parse(service.ask("GET", "/outbox").body).as_object();
    REQUIRE_FALSE(outbox.at("notices").as_array().empty());
    const auto& notice = outbox.at("notices").as_array()[0].as_object();
    CHECK(notice.at("template") == "concern-addressed");
    const auto bytes =
        service.ask("GET", "/outbox/notices/" + std::to_string(notice.at("id").as_int64())).body;
    CHECK(bytes.find("Auto-Submitted: auto-generated") != std::string::npos);
    CHECK(service.stop() == 0);
    // What is on disk is what was committed, byte for byte, and says nothing protected.
    bool found = false;
    for (const auto& name : mails(service.mail)) {
      const std::string mail = read_all(service.mail / name);
      found |= mail == bytes;
      CHECK(mail.find("secret words") == std::string::npos);
    }
    CHECK(found);
    sent = mails(service.mail);
    CHECK_FALSE(fs::exists(service.socket));
    CHECK_THROWS_AS(cli::send_request(service.socket, "GET", "/v1/health", ""), cli::Unreachable);
  }
  Service again{folder.path};
  const auto item = again.ask("GET", "/items/" + reference);
  CHECK(item.ok());
  CHECK(item.body.find("secret words") != std::string::npos);
  const std::string again_outbox = again.ask("GET", "/outbox").body;
  CHECK(again.stop() == 0);
  // Nothing is said twice: what was not sent before the stop may have been since, and nothing else.
  auto all = mails(folder.path / "mail");
  for (const auto& name : sent) CHECK(std::find(all.begin(), all.end(), name) != all.end());
  CHECK(all.size() <= json::parse(again_outbox).as_object().at("notices").as_array().size());
}

TEST_CASE("requests that are too large, broken or slow are answered and harm nobody", "[e2e]") {
  const Folder folder;
  Service service{folder.path};
  CHECK(service.ask("POST", "/events", std::string(65 * 1024, 'x')).status == 413);
  // Documents may be larger than other requests; this one is refused for what it is, not for its size.
  CHECK(service.ask("POST", "/items/1/files?kind=return&type=pdf", std::string(300 * 1024, 'x'))
            .status == 403);
  CHECK(raw(service.socket,
            "POST /v1/boards HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n" +
                std::string(0x11000, 'x') + "\r\n0\r\n\r\n")
            .find("413") != std::string::npos);
  CHECK(raw(service.socket, "hello\r\n\r\n").find("400") != std::string::npos);
  CHECK(raw(service.socket, "GET /v1/health HTTP/1.1\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n")
            .find("431") != std::string::npos);
  // Half a request, and then silence: it is said when its time is over. To no request at all, nothing.
  for (const auto* half : {"GET /v1/health HTTP/1.1\r\nHo",
                           "POST /v1/boards HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
                           "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\nGE"}) {
    const std::string said = raw(service.socket, half);
    INFO(said);
    CHECK(said.find("HTTP/1.1 408") != std::string::npos);
    CHECK(said.find("did not come whole within 1 s") != std::string::npos);
  }
  CHECK(raw(service.socket, "").empty());
  // A HEAD is answered with a head.
  const std::string head = raw(service.socket, "HEAD /v1/health HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(head.find("405 ") != std::string::npos);
  CHECK(head.find("Allow: GET") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(service.ask("GET", "/v1/health").ok());
}

TEST_CASE("a stop does not wait for clients who say nothing", "[e2e]") {
  const Folder folder;
  Service service{folder.path};
  auto idle = std::async(std::launch::async, [&] {
    return raw(service.socket, "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");  // kept alive
  });
  idle.wait_for(std::chrono::milliseconds{100});  // most often it has its answer by then
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  CHECK(service.stop() == 0);
  CHECK(std::chrono::steady_clock::now() < limit);
  try {
    CHECK(idle.get().find("200 OK") != std::string::npos);
  } catch (const std::runtime_error&) {  // came after the stop: refused, which is as well
  }
}

TEST_CASE("a second service does not take the state folder or the socket of the first", "[e2e]") {
  const Folder folder;
  const Service first{folder.path};
  CHECK_THROWS_WITH(Service{folder.path},
                    Catch::Contains("another service runs on this state folder"));
  CHECK(cli::send_request(first.socket, "GET", "/v1/health", "").ok());
}

TEST_CASE("programmes with mistakes stop the start, with all of them", "[e2e]") {
  const Folder folder;
  std::ofstream{folder.path / "bad.toml"} << "format = 1\nnonsense = 2\n";
  config::Settings settings;
  settings.state_folder = folder.path / "state";
  settings.socket_path = folder.path / "assured.sock";
  settings.mail_folder = folder.path / "mail";
  settings.from_domain = "board.example";
  settings.programmes = {{folder.path / "bad.toml", {}}, {folder.path / "missing.toml", {}}};
  const SystemClock clock;
  const SystemZones zones;
  try {
    App app{settings, clock, zones};
    FAIL("it started");
  } catch (const ConfigError& error) {
    CHECK(error.mistakes.size() >= 3);
    CHECK(to_text(error.mistakes.back()).find("missing.toml") != std::string::npos);
  }
}
