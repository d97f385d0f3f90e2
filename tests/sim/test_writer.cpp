// The one writer: who shares a commit, who is answered when, and what a failure leaves (S14.1, S14.2).
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "daemon/writer.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/recording_vfs.hpp"

using namespace assured;
using assured::test::FailingStore;

namespace {

struct StoppedClock : Clock {
  Instant now() const override { return now_; }
  Instant now_ = *parse_instant("2026-11-02T09:00:00Z");
};

struct World {
  explicit World(std::unique_ptr<Store> on = store::open_temporary_store()) : store(std::move(on)) {}

  FailingStore store;
  CurrentProgrammes programmes{Programmes{}};
  StoppedClock clock;
  std::atomic<int> committed{0};
  Writer writer{store, programmes, clock, [this] { ++committed; }};

  // Writes `value` under `name`; refuses when told to.
  Result<std::string> put(const std::string& name, const std::string& value, bool refuse = false,
                          const std::string& key = {}) {
    web::Request request;
    request.method = "POST";
    request.target = "/" + name;
    request.body = value;
    request.idempotency_key = key;
    return writer.submit({"board", "officer", request,
                          [&](WriteTx& tx, const Programmes&, Instant) -> Result<web::Done> {
                            tx.board("board").put_value(name, value);
                            if (refuse) return Error{Errc::refused, "not today"};
                            return web::Done{"wrote " + value};
                          }});
  }
  std::string value(const std::string& name) {
    return store.reader("board")->find_value(name).value_or("(none)");
  }
};

}  // namespace

TEST_CASE("an answer is given once it is durable, a refusal leaves nothing", "[writer]") {
  World world;
  CHECK(*world.put("a", "1") == "wrote 1");
  CHECK(world.value("a") == "1");
  const auto refused = world.put("a", "2", true);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::refused);
  CHECK(world.value("a") == "1");
  CHECK(world.store.commits == 1);  // nothing was written, so nothing was committed
  CHECK(world.committed == 1);
}

TEST_CASE("those who wait together share a commit, each with its own savepoint", "[writer]") {
  World world;
  constexpr int clients = 24;
  // The first holds the writer until all the others wait.
  std::promise<void> holds, all_wait;
  std::vector<std::thread> threads;
  std::vector<std::string> answers(clients);
  std::atomic<int> not_durable{0}, not_refused{0};  // the test's own macros are for one thread
  web::Request none;
  threads.emplace_back([&] {
    const auto first = world.writer.submit(
        {"board", "officer", none, [&](WriteTx&, const Programmes&, Instant) -> Result<web::Done> {
           holds.set_value();
           all_wait.get_future().wait();
           return Error{Errc::refused, "only here to hold it up"};
         }});
    if (first) ++not_refused;
  });
  holds.get_future().wait();
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([&, i] {
      const std::string n = std::to_string(i);
      const auto answer = world.put("v" + n, n, i % 4 == 0);
      answers[static_cast<std::size_t>(i)] = answer ? *answer : answer.error().message;
      // Durable by the time it is answered.
      if (answer && world.value("v" + n) != n) ++not_durable;
    });
  while (world.writer.counts().waiting < clients) std::this_thread::yield();
  all_wait.set_value();
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < clients; ++i) {
    const std::string n = std::to_string(i);
    CHECK(answers[static_cast<std::size_t>(i)] == (i % 4 == 0 ? "not today" : "wrote " + n));
    CHECK(world.value("v" + n) == (i % 4 == 0 ? "(none)" : n));
  }
  CHECK(not_durable == 0);
  CHECK(not_refused == 0);
  CHECK(world.store.commits < clients / 2);
}

TEST_CASE("when COMMIT fails, all of the group are told, and the next one works", "[writer]") {
  World world;
  world.store.commits_fail = true;
  const auto failed = world.put("a", "1");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Errc::unavailable);
  CHECK(world.value("a") == "(none)");
  CHECK(world.committed == 0);
  world.store.commits_fail = false;
  world.store.begins_fail = true;
  CHECK(world.put("a", "2").error().code == Errc::unavailable);
  world.store.begins_fail = false;
  // It shows in the health for a while, though nobody may come again.
  CHECK(world.writer.health().trouble == "the disk is gone");
  CHECK(world.writer.health().store_failed);
  CHECK(world.writer.health().trouble_since == world.clock.now());
  CHECK_FALSE(world.writer.health().last_pass);
  world.clock.now_ += std::chrono::minutes{2};
  CHECK(world.writer.health().trouble.empty());
  CHECK(*world.put("a", "3") == "wrote 3");
  CHECK(world.value("a") == "3");
}

TEST_CASE("when the disk is full, all who share the group may try again", "[writer]") {
  test::RecordingVfs vfs{"full-disk"};
  vfs.record(false);
  store::StoreOptions options;
  options.path = "board.db";
  options.vfs = vfs.name();
  World world{store::open_store(options)};
  web::Request none;
  std::promise<void> holds, all_wait;
  std::thread holder{[&] {
    const auto held = world.writer.submit(
        {"board", "officer", none, [&](WriteTx&, const Programmes&, Instant) -> Result<web::Done> {
           holds.set_value();
           all_wait.get_future().wait();
           return Error{Errc::refused, "only here to hold it up"};
         }});
    (void)held;
  }};
  holds.get_future().wait();
  std::atomic<int> may_try_again{0};
  std::vector<std::thread> threads;
  // The second of them finds the disk full, before COMMIT.
  for (const std::size_t size : {1u, 16'000'000u, 2u}) {
    const std::size_t before = world.writer.counts().waiting;
    threads.emplace_back([&, size] {
      try {
        const auto answer = world.put("v" + std::to_string(size), std::string(size, 'x'));
        may_try_again += !answer && answer.error().code == Errc::unavailable;
      } catch (const StoreError& error) {
        may_try_again += error.retryable;
      }
    });
    while (world.writer.counts().waiting == before) std::this_thread::yield();
  }
  vfs.limit_room(100'000);
  all_wait.set_value();
  for (std::thread& thread : threads) thread.join();
  holder.join();
  CHECK(may_try_again == 3);
  vfs.limit_room({});
  CHECK(world.value("v1") == "(none)");
  CHECK(*world.put("v1", "x") == "wrote x");
}

TEST_CASE("one command's failure is its own", "[writer]") {
  World world;
  web::Request none;
  CHECK_THROWS_AS(
      world.writer.submit({"board", "officer", none,
                           [&](WriteTx& tx, const Programmes&, Instant) -> Result<web::Done> {
                             tx.board("board").put_value("a", "1");
                             throw StoreError("a row is not as it should be", false);
                           }}),
      StoreError);
  CHECK(world.value("a") == "(none)");
  CHECK(*world.put("a", "2") == "wrote 2");
}

TEST_CASE("a repeat of a request gets the first answer, and does nothing (S14.2)", "[writer]") {
  World world;
  CHECK(*world.put("a", "1", false, "key-1") == "wrote 1");
  world.put("a", "9").value();
  CHECK(*world.put("a", "1", false, "key-1") == "wrote 1");
  CHECK(world.value("a") == "9");
  const auto other = world.put("a", "2", false, "key-1");
  REQUIRE_FALSE(other);
  CHECK(other.error().code == Errc::conflict);
  CHECK(other.error().field == "Idempotency-Key");
  // A refusal is not kept: what was missing may be there next time.
  CHECK_FALSE(world.put("b", "1", true, "key-2"));
  CHECK(*world.put("b", "1", false, "key-2") == "wrote 1");
}

TEST_CASE("a command that is not answered shows as the writer standing still, and each is counted", "[writer]") {
  World world;
  std::atomic<Steady> steady{Steady{std::chrono::hours{1}}};
  Writer writer{world.store, world.programmes, world.clock, [] {}, [&] { return steady.load(); }};
  CHECK_FALSE(writer.progress().busy_since);
  web::Request none;
  std::promise<void> holds, go_on;
  std::thread first{[&] {
    const auto refused = writer.submit(
        {"board", "officer", none, [&](WriteTx&, const Programmes&, Instant) -> Result<web::Done> {
           holds.set_value();
           go_on.get_future().wait();
           return Error{Errc::conflict, "somebody else"};
         }});
    (void)refused;
  }};
  holds.get_future().wait();
  steady = steady.load() + std::chrono::seconds{40};
  std::thread second{[&] {
    const auto done = writer.submit(
        {"board", "officer", none, [](WriteTx& tx, const Programmes&, Instant) -> Result<web::Done> {
           tx.board("board").put_value("a", "1");
           return web::Done{"wrote"};
         }});
    (void)done;
  }};
  while (writer.counts().waiting == 0) std::this_thread::yield();
  steady = steady.load() + std::chrono::seconds{21};
  const auto stuck = find_stuck({writer.progress()}, steady.load(), std::chrono::minutes{1});
  REQUIRE(stuck.size() == 1);
  CHECK(stuck[0].name == "writer");
  go_on.set_value();
  first.join();
  second.join();
  CHECK_FALSE(writer.progress().busy_since);
  const auto counts = writer.counts();
  CHECK(counts.outcomes.at("conflict") == 1);
  CHECK(counts.outcomes.at("accepted") == 1);
  CHECK(counts.commands == 2);
}

TEST_CASE("a record of reads is kept and wakes nobody", "[writer]") {
  World world;
  web::Request none;
  const auto kept = world.writer.submit(
      {"board", "officer", none, [&](WriteTx& tx, const Programmes&, Instant) -> Result<web::Done> {
         tx.board("board").put_value("a", "1");
         return web::Done{"", {}, false};
       }});
  REQUIRE(kept);
  CHECK(world.value("a") == "1");
  CHECK(world.store.commits == 1);
  CHECK(world.committed == 0);
}
