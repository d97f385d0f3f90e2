// The API over real sockets, held against web/openapi.yaml by check_openapi.py: every operation, every
// status that is described, every body.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <thread>

#include "notifiers/renderer.hpp"
#include "tests/e2e/example_board.hpp"
#include "tests/support/catch.hpp"
#include "web/server.hpp"

using namespace assured;
using namespace assured::test;
namespace asio = boost::asio;

namespace {

// The API on a socket for each caller there is: whoever connects is taken for them.
class Sockets {
 public:
  explicit Sockets(const std::filesystem::path& folder) : folder_(folder) {}
  ~Sockets() {
    asio::post(io_, [this] {
      for (const auto& server : servers_) server->stop();
    });
    thread_.join();  // its work ends with the servers
    pool_.join();
  }

  void add(const std::string& name, const web::Api& api, uid_t caller) {
    apis_.push_back(std::make_unique<web::Api>(web::Api{
        api.store, api.files, api.programmes, api.commands, api.clock,
        [&api, caller](uid_t, std::string_view board) { return api.find_person(caller, board); },
        [&api, caller](uid_t) { return api.is_operator(caller); }, api.health, api.metrics,
        [&api, caller](uid_t) { return api.is_known(caller); }}));
    web::ServerLimits limits;
    limits.request_timeout = std::chrono::seconds{1};
    limits.request_bytes_max = 64 * 1024;
    servers_.push_back(
        std::make_unique<web::Server>(io_, pool_, *apis_.back(), folder_ / (name + ".sock"), limits));
    servers_.back()->start();
  }
  void run() {
    thread_ = std::thread{[this] { io_.run(); }};
  }

 private:
  std::filesystem::path folder_;
  asio::io_context io_{1};
  asio::thread_pool pool_{4};
  std::vector<std::unique_ptr<web::Api>> apis_;
  std::vector<std::unique_ptr<web::Server>> servers_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("openapi.yaml says what the service does, and the service does what it says", "[e2e]") {
  ExampleBoard board, failing;
  board.raise_concern();
  board.hold_notice();
  board.hold_notice();
  board.ask_to_look(board.store->reader(board_id)->list_items({}).front().id);
  // Held, and not let go by what the board does next.
  const auto observe = [] {
    MailPolicy policy;
    policy.mode = MailPolicy::Mode::observe;
    return policy;
  };
  const notifiers::MailRenderer renderer;
  Planner{*board.store, board.programmes, renderer, {"key", "board.example", observe}}.run_once(
      board.clock.now_);

  board.hold_outbox("restored from a backup");

  failing.store->begins_fail = true;
  failing.store->reads_fail = true;
  failing.api.health = [] {
    web::Health health;
    health.workers.push_back({"sender", Instant{}, "the disk is gone", Instant{}, true, Instant{}});
    health.mail.trouble_since = Instant{};
    health.mail.trouble = "421 go away";
    health.stored = web::StoredHealth{Instant{}, 3, 1, 1, Instant{}, Instant{}, {"city-and-hackney"}, {}};
    return health;
  };

  failing.api.is_known = [](uid_t uid) { return uid != nobody; };

  const Folder folder;
  Sockets sockets{folder.path};
  sockets.add("officer", board.api, qa_officer);
  sockets.add("chair", board.api, qa_chair);
  sockets.add("police", board.api, police_lead);
  sockets.add("operator", board.api, operator_only);
  sockets.add("nobody", board.api, nobody);
  sockets.add("failing-officer", failing.api, qa_officer);
  sockets.add("failing-nobody", failing.api, nobody);
  sockets.add("failing-police", failing.api, police_lead);
  sockets.add("failing-operator", failing.api, operator_only);
  sockets.run();
  const std::string command = std::string{ASSURED_PYTHON " " ASSURED_SOURCE_DIR} +
                              "/tests/e2e/check_openapi.py --root " ASSURED_SOURCE_DIR " --sockets " +
                              folder.path.string() + " --files " + board.folder.path.string();
  CHECK(std::system(command.c_str()) == 0);
}
