// Health and metrics when little else works, and what the log says of requests.
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "cli/http_client.hpp"
#include "daemon/status_reader.hpp"
#include "daemon/worker_loop.hpp"
#include "tests/e2e/example_board.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/catch.hpp"
#include "web/server.hpp"

using namespace assured;
using namespace assured::test;
namespace asio = boost::asio;

namespace {

// The API of a board on a socket, with as few threads and connections as a test wants.
struct Socket {
  Socket(const web::Api& api, const Folder& folder, const web::ServerLimits& limits)
      : path((folder.path / "api.sock").string()), server(io, pool, api, path, limits) {
    server.start();
    thread = std::thread{[this] { io.run(); }};
  }
  ~Socket() {
    asio::post(io, [this] { server.stop(); });
    thread.join();
    pool.join();
  }
  cli::Reply get(const std::string& target) { return cli::send_request(path, "GET", target, ""); }

  asio::io_context io{1};
  asio::thread_pool pool{1};
  std::string path;
  web::Server server;
  std::thread thread;
};

}  // namespace

TEST_CASE("health and metrics are answered when every thread of the API waits", "[status]") {
  ExampleBoard board;
  const Folder folder;
  std::promise<void> waits, go_on;
  web::Api api{*board.store, board.files, board.programmes, board.writer, board.clock,
               [&](uid_t, std::string_view) -> std::optional<std::string> {
                 waits.set_value();
                 go_on.get_future().wait();
                 return std::nullopt;
               },
               [](uid_t) { return false; }, [] { return web::Health{}; }};
  web::ServerLimits limits;
  limits.connections_max = 1;
  Socket socket{api, folder, limits};
  auto stuck = std::async(std::launch::async, [&] { return socket.get("/v1/boards"); });
  waits.get_future().wait();
  // Its one thread and its one connection are taken.
  CHECK(socket.get("/v1/health").status == 200);
  CHECK(socket.get("/metrics").body.find("assured_health_level 0") != std::string::npos);
  const auto refused = socket.get("/v1/boards");
  CHECK(refused.status == 503);
  CHECK_THAT(refused.body, Catch::Contains("Too many are connected"));
  std::promise<bool> shows;
  asio::post(socket.io, [&] { shows.set_value(socket.server.handling_since().has_value()); });
  CHECK(shows.get_future().get());
  go_on.set_value();
  CHECK(stuck.get().status == 200);
}

TEST_CASE("one user does not take all connections", "[status]") {
  ExampleBoard board;
  const Folder folder;
  web::ServerLimits limits;
  limits.connections_per_user = 3;
  const bool known = GENERATE(true, false);
  board.api.is_known = [known](uid_t) { return known; };
  const std::size_t most = known ? 3 : limits.connections_per_unknown_user;
  Socket socket{board.api, folder, limits};
  asio::io_context io;
  std::vector<asio::local::stream_protocol::socket> half_open;
  for (std::size_t i = 0; i < most; ++i) {
    half_open.emplace_back(io);
    half_open.back().connect({socket.path});
    asio::write(half_open.back(), asio::buffer(std::string_view{"GET /v1/he"}));
  }
  const auto refused = socket.get("/v1/health");
  CHECK(refused.status == 503);
  CHECK_THAT(refused.body, Catch::Contains("This user has too many connections open"));
  half_open.pop_back();
  // Until the server has seen it go.
  int status = 503;
  for (int tries = 0; tries < 1000 && status == 503; ++tries) status = socket.get("/v1/health").status;
  CHECK(status == 200);
}

TEST_CASE("a failing store makes the service red, in words, without being asked", "[status]") {
  ExampleBoard board;
  StatusReader reader{*board.store, board.programmes};
  asio::io_context io{1};
  asio::thread_pool pool{1};
  WorkerLoop* at = nullptr;
  // Stops after its second pass.
  struct Twice : Worker {
    explicit Twice(StatusReader& reader_) : reader(reader_) {}
    std::string_view name() const override { return reader.name(); }
    Instant run_once(Instant now) override {
      ++passes;
      after(passes);
      return reader.run_once(now + std::chrono::minutes{passes});
    }
    StatusReader& reader;
    int passes = 0;
    std::function<void(int)> after;
  } twice{reader};
  WorkerLoop loop{twice, board.clock, io, pool, [] { return std::chrono::seconds{60}; },
                  [](const std::string&, const std::string&) {}};
  at = &loop;
  twice.after = [&](int pass) {
    if (pass == 1) {
      at->wake();
      return;
    }
    board.store->begins_fail = board.store->reads_fail = true;
    asio::post(io, [&] { at->stop(); });
  };
  loop.start();
  io.run();
  pool.join();
  board.api.health = [&] {
    web::Health health;
    health.workers.push_back(loop.health());
    health.stored = reader.last();
    return health;
  };
  board.api.is_known = [](uid_t uid) { return uid == qa_officer; };
  const auto response = board.ask(qa_officer, "GET", "/v1/health");
  CHECK(response.status == 503);
  const auto body = boost::json::parse(response.body).as_object();
  CHECK(body.at("status") == "red");
  CHECK_THAT(std::string{body.at("reasons").as_array()[0].at("text").as_string()},
             Catch::Contains("database cannot be used"));
  CHECK(body.at("database").at("trouble") == "the disk is gone");
  CHECK(body.at("mail").at("unsent") == 0);  // as it was last read
  CHECK(board.ask(nobody, "GET", "/v1/health").body.find("the disk is gone") == std::string::npos);
  web::Request request;
  request.method = "GET";
  request.target = "/metrics";
  CHECK_THAT(web::handle(request, board.api).body, Catch::Contains("assured_database_up 0"));
}

TEST_CASE("the store's figures are read ahead, a few times a minute", "[status]") {
  ExampleBoard board;
  board.raise_concern();
  board.hold_notice();
  StatusReader reader{*board.store, board.programmes};
  CHECK_FALSE(reader.last());
  const Instant start = board.clock.now_;
  CHECK(reader.run_once(start) == start + std::chrono::seconds{15});
  REQUIRE(reader.last());
  CHECK(reader.last()->held == 1);
  CHECK(reader.last()->on_hold.empty());
  CHECK(reader.last()->overdue.at(board_id) == 0);
  board.hold_outbox("restored from a backup");
  reader.run_once(start + std::chrono::seconds{14});
  CHECK(reader.last()->on_hold.empty());
  reader.run_once(start + std::chrono::hours{24 * 30});
  CHECK(reader.last()->on_hold == std::vector<std::string>{board_id});
  CHECK(reader.last()->overdue.at(board_id) > 0);
  reader.run_once(start);  // a clock that was set back
  CHECK(reader.last()->read_at == start);
}

TEST_CASE("the log names each request by its number, and never a value", "[status]") {
  std::string log;
  std::size_t asked = 0;
  {
    ExampleBoard board;
    const CapturedLog captured;
    const auto ask = [&](const std::string& method, const std::string& path, const std::string& body = {}) {
      ++asked;
      return board.ask(qa_officer, method, path, body).status;
    };
    const std::string reference = board.raise_concern();
    asked += 2;
    CHECK(ask("POST", "/items/" + reference + "/events",
              R"({"event":"no-such-event","reason":"secret reason","fields":{"what":"secret field"}})") != 200);
    CHECK(ask("POST", "/events", R"({"event":"secret-event","secret_member":"secret value"})") == 400);
    CHECK(ask("GET", "/items?agency=secret-query") == 400);
    CHECK(ask("GET", "/items/secret-path") == 404);
    CHECK(ask("GET", "/secret-path/secret") == 404);
    CHECK(ask("GET", "/v1/secret") == 404);
    CHECK(ask("secret-method", "/items") == 405);
    board.store->commits_fail = true;
    CHECK(ask("POST", "/events", theme_event) == 503);
    board.store->commits_fail = false;
    board.store->reads_fail = true;
    CHECK(ask("GET", "/items") == 503);
    log = captured.text();
  }
  INFO(log);
  CHECK_THAT(log, !Catch::Contains("secret") && !Catch::Contains("Neglect"));
  std::istringstream lines{log};
  std::size_t answers = 0;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK_THAT(line, Catch::Contains("request"));
    answers += line.find(" by uid 1001: ") != std::string::npos || line.find(": store: ") != std::string::npos;
  }
  CHECK(answers == asked);
}
