// Sixty-four clients at once: every answer is held against what the items can have been at some instant
// between question and answer.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "daemon/boards.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_service.hpp"

using namespace assured;
using namespace assured::test;
namespace fs = std::filesystem;
namespace json = boost::json;
using Steady = std::chrono::steady_clock;

namespace {

constexpr const char* board = "city-and-hackney";
constexpr int clients = 64;
constexpr std::size_t items_at_a_time = 16;

// Holds the posts that draft, reword and drop an action, and keep the plan it is in.
constexpr const char* people = R"([[person]]
id = "everybody"
name = "Every Body"
mail = "everybody@chscb.example"
phone = "020 7946 0300"
posts = [{ post = "qa-officer", from = "2025-01-01" }, { post = "qa-chair", from = "2025-01-01" },
  { post = "business-manager", from = "2025-01-01" }]
)";

std::string text_of(const json::object& row, const char* name) {
  return std::string{row.at(name).as_string()};
}

// One question about one item, and its answer.
struct Asked {
  enum class What { start, reword, drop, read } what = What::read;
  std::string item;  // reference
  std::string text;  // of a start or reword: what it made of the action; of a read: what was seen
  std::optional<std::int64_t> expected;
  Steady::time_point begun, ended;
  int status = 0;
  std::int64_t version = 0;
  std::string state;
  std::string detail;  // of a refusal
};

// The items that clients work on; a dropped one is replaced.
class Shared {
 public:
  std::string take(std::mt19937& random) {
    const std::lock_guard lock{mutex_};
    return items_.size() < items_at_a_time ? std::string{} : items_[random() % items_.size()];
  }
  void add(const std::string& item) {
    const std::lock_guard lock{mutex_};
    items_.push_back(item);
  }
  // Stays for a while: what comes after the end must be refused.
  void dropped(const std::string& item) {
    const std::lock_guard lock{mutex_};
    old_.push_back(item);
    if (old_.size() > 4) {
      std::erase(items_, old_.front());
      old_.erase(old_.begin());
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> items_, old_;
};

class Client {
 public:
  Client(int number, unsigned seed, const RunningService& service, std::string plan, Shared& shared)
      : number_(number), random_(seed), service_(service), plan_(std::move(plan)), shared_(shared) {}

  void run(Steady::time_point until) {
    while (Steady::now() < until) {
      try {
        one();
      } catch (const std::exception& error) {
        faults.push_back(error.what());
        return;
      }
    }
  }

  std::vector<Asked> asked;
  std::vector<std::string> faults;
  int repeats = 0;

 private:
  struct Sent {
    std::string path, body, key, answer;
  };

  void one() {
    const std::string item = shared_.take(random_);
    if (item.empty()) return start();
    switch (random_() % 20) {
      case 0: return drop(item);
      case 1: return repeat();
      case 2: return use_key_twice();
      case 3:
      case 4:
      case 5:
      case 6: return read(item);
      default: return reword(item);
    }
  }

  std::string new_key() { return fmt::format("{}-{}", number_, ++keys_); }

  // Sends and notes when; what is done is remembered, to be sent once more.
  cli::Reply send(Asked& question, const std::string& path, const json::object& body) {
    Sent sent{path, json::serialize(body), new_key(), {}};
    question.begun = Steady::now();
    auto reply = service_.ask("POST", sent.path, sent.body, sent.key);
    question.ended = Steady::now();
    question.status = reply.status;
    const auto answer = json::parse(reply.body).as_object();
    if (reply.ok()) {
      question.item = text_of(answer, "reference");
      question.version = answer.at("version").as_int64();
      question.state = text_of(answer, "state");
      seen_[question.item] = question.version;
      sent.answer = reply.body;
      if (sent_.size() < 100) sent_.push_back(std::move(sent));
      else sent_[random_() % sent_.size()] = std::move(sent);
    } else {
      question.detail = text_of(answer, "detail");
    }
    asked.push_back(question);
    return reply;
  }

  void start() {
    Asked question;
    question.what = Asked::What::start;
    question.text = fmt::format("Action of client {}, {}", number_, keys_);
    const json::object body{{"event", "propose-action"},
                            {"fields", json::object{{"scope", "systemic"},
                                                    {"source_kind", "learning-review"},
                                                    {"owner_post", "police/lead"},
                                                    {"action_text", question.text}}}};
    if (send(question, "/items/" + plan_ + "/events", body).ok()) shared_.add(asked.back().item);
  }

  std::optional<std::int64_t> expectation(const std::string& item) {
    const auto known = seen_.find(item);
    if (known == seen_.end() || random_() % 3 == 0) return std::nullopt;
    return known->second;  // others have been there since, most often
  }

  void reword(const std::string& item) {
    Asked question;
    question.what = Asked::What::reword;
    question.item = item;
    question.text = fmt::format("Reworded by client {}, {}", number_, keys_);
    question.expected = expectation(item);
    json::object body{{"event", "reword-action"},
                      {"fields", json::object{{"action_text", question.text}}}};
    if (question.expected) body["expected_version"] = *question.expected;
    send(question, "/items/" + item + "/events", body);
  }

  void drop(const std::string& item) {
    Asked question;
    question.what = Asked::What::drop;
    question.item = item;
    question.expected = expectation(item);
    json::object body{{"event", "drop-action"}, {"reason", "Enough"}};
    if (question.expected) body["expected_version"] = *question.expected;
    if (send(question, "/items/" + item + "/events", body).ok()) shared_.dropped(item);
  }

  void read(const std::string& item) {
    Asked question;
    question.item = item;
    question.begun = Steady::now();
    const auto reply = service_.ask("GET", "/items/" + item);
    question.ended = Steady::now();
    question.status = reply.status;
    const auto answer = json::parse(reply.body).as_object();
    if (reply.ok()) {
      question.version = answer.at("version").as_int64();
      question.state = text_of(answer, "state");
      question.text = text_of(answer.at("fields").as_object(), "action_text");
      seen_[item] = question.version;
    }
    asked.push_back(question);
  }

  void repeat() {
    if (sent_.empty()) return;
    const Sent& sent = sent_[random_() % sent_.size()];
    const auto reply = service_.ask("POST", sent.path, sent.body, sent.key);
    ++repeats;
    if (reply.body != sent.answer) faults.push_back("asked again, it answered otherwise: " + reply.body);
  }

  void use_key_twice() {
    if (sent_.empty()) return;
    const Sent& sent = sent_[random_() % sent_.size()];
    const auto reply = service_.ask("POST", sent.path, sent.body + " ", sent.key);
    if (reply.status != 409) faults.push_back("a key served for two requests: " + reply.body);
  }

  int number_;
  std::mt19937 random_;
  const RunningService& service_;
  std::string plan_;
  Shared& shared_;
  int keys_ = 0;
  std::map<std::string, std::int64_t> seen_;
  std::vector<Sent> sent_;
};

// One item's life as the answers tell it, and whether each of them can be true.
class Life {
 public:
  void add(const Asked& asked) { asked_.push_back(asked); }

  std::vector<std::string> faults() {
    for (const Asked& asked : asked_)
      if (asked.what != Asked::What::read && asked.status == 200 &&
          !done_.emplace(asked.version, &asked).second)
        fault(asked, "two changes made the same version");
    check_changes();
    for (const Asked& asked : asked_) check(asked);
    return std::move(faults_);
  }
  std::int64_t last() const { return done_.empty() ? 0 : done_.rbegin()->first; }

 private:
  void fault(const Asked& asked, const std::string& what) {
    faults_.push_back(fmt::format("{} version {} (expected {}): {}: {}", asked.item, asked.version,
                                  asked.expected.value_or(0), asked.status, what));
  }

  void check_changes() {
    std::int64_t next = 1;
    Steady::time_point latest_begin{};
    for (const auto& [version, change] : done_) {
      if (version != next++) fault(*change, "a version is missing before this one");
      if (change->ended < latest_begin) fault(*change, "it was answered before an earlier version was asked for");
      latest_begin = std::max(latest_begin, change->begun);
      const bool is_drop = change->what == Asked::What::drop;
      if ((version == 1) != (change->what == Asked::What::start)) fault(*change, "a start in the middle");
      if (change->state != (is_drop ? "dropped" : "drafted")) fault(*change, "its state is " + change->state);
      if (is_drop && version != last()) fault(*change, "something was done after the end");
      if (change->expected && *change->expected + 1 != version) fault(*change, "it expected another version");
    }
  }

  // Versions that the item can have had between question and answer.
  std::int64_t lowest(const Asked& asked) const {
    std::int64_t version = 0;
    for (const auto& [number, change] : done_)
      if (change->ended < asked.begun) version = std::max(version, number);
    return version;
  }
  std::int64_t highest(const Asked& asked) const {
    std::int64_t version = 0;
    for (const auto& [number, change] : done_)
      if (change->begun < asked.ended) version = std::max(version, number);
    return version;
  }

  void check(const Asked& asked) {
    if (asked.status == 200 && asked.what != Asked::What::read) return;
    const std::int64_t low = lowest(asked), high = highest(asked);
    if (asked.status == 200) {
      if (asked.version < low || asked.version > high)
        return fault(asked, fmt::format("it was between {} and {} then", low, high));
      if (!done_.contains(asked.version) || !done_.contains(1))
        return fault(asked, "nobody made this version");
      const Asked& change = *done_.at(asked.version);
      // A drop leaves the words as they were.
      const Asked& worded =
          change.what == Asked::What::drop ? *std::prev(done_.find(asked.version))->second : change;
      if (asked.state != change.state || asked.text != worded.text)
        fault(asked, "it shows what that version never was");
    } else if (asked.status == 409) {
      if (!asked.expected || (low == high && low == *asked.expected))
        fault(asked, "nobody else had changed it");
    } else if (asked.status == 422) {
      if (!done_.contains(high) || done_.at(high)->what != Asked::What::drop)
        fault(asked, "it was refused, and could be done: " + asked.detail);
    } else {
      fault(asked, "no such answer is meant: " + asked.detail);
    }
  }

  std::vector<Asked> asked_;
  std::map<std::int64_t, const Asked*> done_;
  std::vector<std::string> faults_;
};

int number_from(const char* name, int otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::atoi(given);
}

}  // namespace

TEST_CASE("sixty-four clients at once are each told what can be true", "[e2e][many-clients]") {
  const auto seed = static_cast<unsigned>(
      number_from("ASSURED_CLIENTS_SEED", static_cast<int>(std::random_device{}() >> 1)));
  const std::chrono::seconds length{number_from("ASSURED_CLIENTS_SECONDS", 10)};
  fmt::print("seed {}; repeat with ASSURED_CLIENTS_SEED={}\n", seed, seed);
  const Folder folder;
  config::Settings settings = service_settings(folder.path);
  settings.users[::getuid()][board] = "everybody";
  settings.connections_per_user = clients;  // they are all one user here
  RunningService service{settings, *parse_instant("2026-09-01T09:00:00Z")};
  service.start();
  REQUIRE(service.ask("POST", "/people", people).ok());
  const auto plan = service.ask("POST", "/events", R"({"event":"begin-plan"})");
  INFO(plan.body);
  REQUIRE(plan.ok());

  Shared shared;
  std::vector<Client> all;
  for (int i = 0; i < clients; ++i)
    all.emplace_back(i, seed + static_cast<unsigned>(i), service,
                     text_of(json::parse(plan.body).as_object(), "reference"), shared);
  const auto until = Steady::now() + length;
  std::vector<std::thread> threads;
  for (Client& client : all) threads.emplace_back([&client, until] { client.run(until); });
  for (std::thread& thread : threads) thread.join();
  service.settle();
  CHECK(service.stop() == 0);

  std::map<std::string, Life> lives;
  std::map<int, int> by_status;
  int repeats = 0;
  std::vector<Steady::duration> times;
  for (const Client& client : all) {
    for (const auto& fault : client.faults) FAIL_CHECK(fault);
    repeats += client.repeats;
    for (const Asked& asked : client.asked) {
      lives[asked.item].add(asked);
      ++by_status[asked.status];
      times.push_back(asked.ended - asked.begun);
    }
  }
  store::StoreOptions options;
  options.path = database_path(settings.state_folder).string();
  const auto store = store::open_store(options);
  std::int64_t changes = 0;
  for (auto& [reference, life] : lives) {
    for (const auto& fault : life.faults()) FAIL_CHECK(fault);
    const auto item = store->reader(board)->find_item(reference);
    REQUIRE(item.has_value());
    CHECK(item->version == life.last());
    changes += life.last();
  }
  CHECK(store->verify(board).faults.empty());
  // All kinds of answers came.
  for (const int status : {200, 409, 422}) CHECK(by_status[status] > 20);
  CHECK(repeats > 20);
  std::sort(times.begin(), times.end());
  const auto ms = [&](std::size_t per_mille) {
    return std::chrono::duration<double, std::milli>(times[(times.size() - 1) * per_mille / 1000]).count();
  };
  fmt::print("{} s: {} answers, {} changes of {} items, {} conflicts, {} refusals, {} repeats; answered in "
             "{:.1f} ms (median), {:.1f} ms (99 %)\n",
             length.count(), times.size(), changes, lives.size(), by_status[409], by_status[422], repeats,
             ms(500), ms(990));
}
