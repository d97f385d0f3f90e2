// The service killed in the middle of its work, over and over, on one database: what it answered is there
// once, and what it owed was sent.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "cli/http_client.hpp"
#include "daemon/boards.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/assured_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/test_relay.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace json = boost::json;
using Steady = std::chrono::steady_clock;

namespace {

constexpr const char* board = "city-and-hackney";
constexpr int clients = 4;
constexpr int commands_a_life = 8;  // so that the database stays small
constexpr auto life_longest = 160ms;

std::string text_of(const json::object& row, const char* name) {
  return std::string{row.at(name).as_string()};
}

struct Posted {
  std::string key, path, body;
  std::string answer;  // empty: given up without one
  bool was_cut = false;
};

// Posts events, each under a key, and asks again under the same key when the service died before it answered.
class Client {
 public:
  Client(int number, unsigned seed, std::string socket, std::atomic<int>& allowance,
         const std::atomic<bool>& stopping)
      : number_(number),
        random_(seed),
        socket_(std::move(socket)),
        allowance_(allowance),
        stopping_(stopping) {}

  void run() {
    while (!stopping_) {
      if (allowance_.fetch_sub(1) <= 0) {
        ++allowance_;
        std::this_thread::sleep_for(1ms);  // the service lives in real time
        continue;
      }
      Posted command = next();
      carry_out(command);
      if (!command.answer.empty() && random_() % 10 == 0) ask_again(command);
      commands.push_back(std::move(command));
    }
  }

  std::vector<Posted> commands;
  std::vector<std::string> faults;

 private:
  Posted next() {
    Posted command;
    command.key = fmt::format("client-{}-{:05}", number_, commands.size());
    const std::string prefix = fmt::format("/v1/boards/{}", board);
    if (audit_.empty() || random_() % 2 == 0) {
      command.path = prefix + "/events";
      command.body = fmt::format(
          R"({{"event":"propose-theme","fields":{{"theme":"{}","theme_source":"learning-review"}}}})",
          command.key);
    } else {
      command.path = prefix + "/items/" + audit_ + "/events";
      command.body = fmt::format(
          R"({{"event":"raise-concern","fields":{{"subject_kind":"child","made_safe":"made-safe","what":"{}","addressed":["police","nhs-east"]}}}})",
          command.key);
    }
    return command;
  }

  void carry_out(Posted& command) {
    for (;;) {
      try {
        const auto reply =
            cli::send_request(socket_, "POST", command.path, command.body, command.key);
        if (reply.ok()) {
          command.answer = reply.body;
          if (command.path.ends_with("/boards/city-and-hackney/events"))
            audit_ = text_of(json::parse(reply.body).as_object(), "reference");
          return;
        }
        if (reply.status != 503) {
          faults.push_back(command.key + ": " + reply.body);
          return;
        }
      } catch (const cli::Unreachable&) {
        // Some are never asked again: whether they were done must not matter to anybody else.
        if (!std::exchange(command.was_cut, true) && random_() % 8 == 0) return;
      }
      if (stopping_) return;
      std::this_thread::sleep_for(1ms);
    }
  }

  void ask_again(const Posted& command) {
    try {
      const auto reply = cli::send_request(socket_, "POST", command.path, command.body, command.key);
      if (reply.ok() ? reply.body != command.answer : reply.status != 503)
        faults.push_back(command.key + " asked again: " + reply.body);
    } catch (const cli::Unreachable&) {
    }
  }

  int number_;
  std::mt19937 random_;
  std::string socket_;
  std::atomic<int>& allowance_;
  const std::atomic<bool>& stopping_;
  std::string audit_;
};

void write_settings(const fs::path& folder, std::uint16_t port) {
  std::ofstream{folder / "assured.toml"} << fmt::format(R"(state_folder = "state"
socket = "assured.sock"
from_domain = "board.example"
programmes = ["{}/config/programmes/city-and-hackney"]
operators = [{}]
log_level = "warning"
[relay]
host = "127.0.0.1"
port = {}
tls = "off"
from_address = "safeguarding@board.example"
messages_per_minute = 0
[mail]
mode = "live"
per_person_per_hour = 0
[[user]]
uid = {}
board = "city-and-hackney"
person = "tom-adeyemi"
)",
                                                        ASSURED_SOURCE_DIR, ::getuid(), port, ::getuid());
}

// How long it took until the service answered.
std::chrono::milliseconds await_answer(const std::string& socket) {
  const auto began = Steady::now();
  while (Steady::now() - began < 30s) {
    try {
      if (cli::send_request(socket, "GET", "/v1/health", "").status != 0)
        return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
    } catch (const cli::Unreachable&) {
      std::this_thread::sleep_for(1ms);
    }
  }
  throw std::runtime_error("the service does not answer");
}

// Until no notice waits for the relay, and no prompt for the planner.
void await_all_sent(const std::string& socket) {
  const std::string outbox = fmt::format("/v1/boards/{}/outbox?limit=1&state=", board);
  const auto limit = Steady::now() + 90s;
  for (;;) {
    const auto body = json::parse(cli::send_request(socket, "GET", outbox + "pending", "").body).as_object();
    if (body.at("prompts").as_array().empty() && body.at("counts").at("unsent").to_number<int>() == 0)
      return;
    if (Steady::now() > limit) throw std::runtime_error("not all was sent: " + json::serialize(body));
    std::this_thread::sleep_for(5ms);
  }
}

int number_from(const char* name, int otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::atoi(given);
}

// The commands' keys, each with the references of the items that bear it.
std::multimap<std::string, std::string> items_by_key(Store& store) {
  std::multimap<std::string, std::string> items;
  const auto reader = store.reader(board);
  ItemFilter filter;
  for (auto page = reader->list_items(filter); !page.empty(); page = reader->list_items(filter)) {
    filter.after = page.back().id;
    for (const Item& item : page)
      for (const char* name : {"theme", "what"})
        if (const auto field = item.fields.find(name); field != item.fields.end())
          items.emplace(to_stored_text(reveal(field->second, Viewer{"test"}, Purpose::page)),
                        item.reference);
  }
  return items;
}

std::map<std::string, Notice> notices_by_id(Store& store) {
  std::map<std::string, Notice> notices;
  const auto reader = store.reader(board);
  NoticeId after;
  for (auto page = reader->list_notices(500, after); !page.empty();
       page = reader->list_notices(500, after)) {
    after = page.back().id;
    for (Notice& notice : page) notices[notice.message_id] = std::move(notice);
  }
  return notices;
}

}  // namespace

TEST_CASE("killed hundreds of times under load, the service loses nothing and does nothing twice",
          "[e2e][killed]") {
  const auto seed = static_cast<unsigned>(number_from("ASSURED_KILL_SEED", static_cast<int>(std::random_device{}() >> 1)));
  const int kills = number_from("ASSURED_KILLS", 200);
  fmt::print("seed {}; repeat with ASSURED_KILL_SEED={}\n", seed, seed);
  std::mt19937 random{seed};
  const Folder folder;
  RelayOptions unsynced;  // it is not the one that is killed
  unsynced.sync = false;
  TestRelay relay{folder.path / "relay", unsynced};
  write_settings(folder.path, relay.port());
  const std::string socket = (folder.path / "assured.sock").string();
  const std::vector<std::string> serve{"serve", "--config", (folder.path / "assured.toml").string()};
  const fs::path log = folder.path / "log";

  std::vector<std::chrono::milliseconds> starts;
  {
    AssuredProcess service{serve, log};
    await_answer(socket);
    std::ifstream people{ASSURED_SOURCE_DIR "/tests/stories/city-and-hackney.people.toml"};
    const std::string text{std::istreambuf_iterator<char>{people}, {}};
    REQUIRE(cli::send_request(socket, "POST", fmt::format("/v1/boards/{}/people", board), text).ok());
    REQUIRE(service.end(SIGTERM) == 0);
  }

  std::atomic<int> allowance{0};
  std::atomic<bool> stopping{false};
  std::vector<Client> all;
  for (int i = 0; i < clients; ++i)
    all.emplace_back(i, seed + static_cast<unsigned>(i) + 1, socket, allowance, stopping);
  std::vector<std::thread> threads;
  for (Client& client : all) threads.emplace_back([&client] { client.run(); });

  int in_start = 0;
  for (int life = 0; life < kills; ++life) {
    AssuredProcess service{serve, log};
    allowance = commands_a_life;
    if (random() % 5 == 0) {  // while it starts
      ++in_start;
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % 70});
    } else {
      starts.push_back(await_answer(socket));
      std::this_thread::sleep_for(std::chrono::microseconds{
          random() % static_cast<unsigned>(std::chrono::microseconds{life_longest}.count())});
    }
    service.end(SIGKILL);
  }
  {
    AssuredProcess service{serve, log};
    await_answer(socket);
    stopping = true;
    for (std::thread& thread : threads) thread.join();
    await_all_sent(socket);
    CHECK(service.end(SIGTERM) == 0);
  }
  AssuredProcess verify{{"verify", "--state", (folder.path / "state").string()}, folder.path / "verify.log"};
  CHECK(verify.wait() == 0);

  store::StoreOptions options;
  options.path = database_path(folder.path / "state").string();
  const auto store = store::open_store(options);

  // Commands.
  const auto items = items_by_key(*store);
  std::size_t answered = 0, cut = 0, given_up = 0, done_unanswered = 0;
  for (const Client& client : all) {
    for (const auto& fault : client.faults) FAIL_CHECK(fault);
    for (const Posted& command : client.commands) {
      cut += command.was_cut ? 1 : 0;
      const auto there = items.count(command.key);
      if (command.answer.empty()) {
        ++given_up;
        done_unanswered += there;
        if (there > 1) FAIL_CHECK(command.key << " was never answered, and is there " << there << " times");
        continue;
      }
      ++answered;
      const auto reference = text_of(json::parse(command.answer).as_object(), "reference");
      if (there != 1 || items.find(command.key)->second != reference)
        FAIL_CHECK(command.key << " was answered, and is there " << there << " times");
    }
  }

  // Mail.
  const auto notices = notices_by_id(*store);
  const auto reader = store->reader(board);
  std::map<std::string, std::string> in_sink;  // digest by Message-ID
  std::size_t twice = 0;
  for (const RelayMessage& message : relay.accepted()) {
    const std::string id = message.message_id.substr(1, message.message_id.size() - 2);
    const auto notice = notices.find(id);
    if (notice == notices.end()) {
      FAIL_CHECK(id << " was sent, and the outbox does not know it");
      continue;
    }
    if (reader->find_notice_bytes(notice->second.id) != message.bytes)
      FAIL_CHECK(id << " was sent with other bytes than were committed");
    const auto [first, is_first] = in_sink.emplace(id, message.sha256);
    twice += is_first ? 0 : 1;
    if (first->second != message.sha256) FAIL_CHECK(id << " was sent twice, and differs");
  }
  for (const auto& [id, notice] : notices) {
    if (notice.state != NoticeState::accepted) FAIL_CHECK(id << " is " << to_text(notice.state));
    if (!in_sink.contains(id)) FAIL_CHECK(id << " is accepted, and the relay does not have it");
  }
  CHECK(notices.size() > answered);
  CHECK(cut > 0);
  std::sort(starts.begin(), starts.end());
  fmt::print("{} kills, {} of them during the start; {} commands answered, {} cut of which {} were given up and {} "
             "of these done; {} notices, {} sent twice; from start to answer {} ms (median; longest {})\n",
             kills, in_start, answered, cut, given_up, done_unanswered, notices.size(), twice,
             starts[starts.size() / 2].count(), starts.back().count());
}
