// The loop around a worker: when it passes, and what failures do. Waits are real but end by events.
#include <catch2/catch.hpp>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "daemon/supervisor.hpp"
#include "daemon/worker_loop.hpp"

using namespace assured;
using namespace std::chrono_literals;

namespace {

class FixedClock : public Clock {
 public:
  Instant now() const override { return *parse_instant("2026-09-01T09:00:00Z"); }
};

// Does what the test says in each pass.
class Scripted : public Worker {
 public:
  explicit Scripted(std::function<Instant(int pass)> script) : script_(std::move(script)) {}
  std::string_view name() const override { return "scripted"; }
  Instant run_once(Instant) override { return script_(++passes); }
  std::atomic<int> passes = 0;

 private:
  std::function<Instant(int)> script_;
};

struct Bench {
  explicit Bench(std::function<Instant(int)> script)
      : worker(std::move(script)),
        loop(worker, clock, io, pool, [] { return 60s; }, [this](const std::string& name, const std::string& what) {
          fatal = name + ": " + what;
        }, [this] { return steady.load(); }) {}
  ~Bench() { pool.join(); }
  FixedClock clock;
  boost::asio::io_context io{1};
  boost::asio::thread_pool pool{1};
  Scripted worker;
  std::string fatal;
  std::atomic<Steady> steady{Steady{1h}};  // stands until the test moves it
  // Names of what stands still when a minute is the limit.
  std::vector<std::string> stuck() const {
    std::vector<std::string> names;
    for (const Stuck& one : find_stuck({loop.progress()}, steady.load(), 1min)) names.push_back(one.why);
    return names;
  }
  WorkerLoop loop;
};

}  // namespace

TEST_CASE("waits double up to the longest, and start again after a success", "[daemon]") {
  Backoff backoff{1s, 60s};
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 8; ++i) waits.push_back(backoff.next().count());
  CHECK(waits == std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 60, 60});
  backoff.reset();
  CHECK(backoff.next() == 1s);
}

TEST_CASE("what may take its time is stuck later, and what is due in time is not excused", "[daemon]") {
  const Steady begun{1h};
  const Progress message{"a message", begun, {}, 130s};
  CHECK(find_stuck({message}, begun + 189s, 1min).empty());
  const auto stuck = find_stuck({message}, begun + 190s, 1min);
  REQUIRE(stuck.size() == 1);
  CHECK(stuck.front().why == "it is busy with one thing for more than 190 s");
  CHECK(find_stuck({{"a turn", {}, begun, 130s}}, begun + 60s, 1min).size() == 1);
}

TEST_CASE("a sleeping worker is woken by a commit, and stopped in its sleep", "[daemon]") {
  Bench* at = nullptr;
  Bench bench{[&at](int pass) {
    if (pass < 3) at->loop.wake();  // as a commit would, here while the pass still runs
    if (pass == 3) boost::asio::post(at->io, [&] { at->loop.stop(); });
    return Instant::max();
  }};
  at = &bench;
  bench.loop.start();
  CHECK(bench.loop.running());
  bench.io.run();  // ends because the loop does
  CHECK_FALSE(bench.loop.running());
  CHECK(bench.worker.passes == 3);
  CHECK(bench.loop.health().last_pass == bench.clock.now());
  CHECK_FALSE(bench.loop.progress().busy_since);
  CHECK_FALSE(bench.loop.progress().due_at);
}

TEST_CASE("a worker that is due again at once passes again at once", "[daemon]") {
  Bench* at = nullptr;
  Bench bench{[&at](int pass) {
    if (pass == 5) boost::asio::post(at->io, [&] { at->loop.stop(); });
    return at->clock.now();
  }};
  at = &bench;
  bench.loop.start();
  bench.io.run();
  CHECK(bench.worker.passes == 5);
}

TEST_CASE("a failing store or disk shows in the health and is tried again", "[daemon]") {
  const int failure = GENERATE(0, 1, 2);
  CAPTURE(failure);
  Bench* at = nullptr;
  web::WorkerHealth during;
  Bench bench{[&](int pass) -> Instant {
    if (pass == 1) {
      at->loop.wake();  // else the test would wait for the back-off
      if (failure == 0) throw StoreError("disk full", true);
      if (failure == 1) throw IoError("disk full");
      throw std::filesystem::filesystem_error("disk full", {});
    }
    during = at->loop.health();
    boost::asio::post(at->io, [&] { at->loop.stop(); });
    return Instant::max();
  }};
  at = &bench;
  bench.loop.start();
  bench.io.run();
  CHECK(during.trouble.find("disk full") != std::string::npos);
  CHECK_FALSE(during.last_pass);
  CHECK(during.trouble_since == bench.clock.now());
  CHECK(during.store_failed == (failure == 0));
  CHECK(during.busy_since == bench.clock.now());
  CHECK_FALSE(bench.loop.health().trouble_since);
  CHECK_FALSE(bench.loop.health().busy_since);
  CHECK(bench.loop.health().trouble.empty());
  CHECK(bench.fatal.empty());
}

TEST_CASE("what waiting cannot mend ends the loop and names the worker", "[daemon]") {
  Bench bench{[](int) -> Instant { throw std::logic_error("broken"); }};
  bench.loop.start();
  bench.io.run();
  CHECK(bench.fatal == "scripted: broken");
  CHECK_FALSE(bench.loop.running());
  CHECK(bench.loop.health().trouble == "broken");
}

TEST_CASE("a pass that takes too long stands still; what wakes it meanwhile is its next turn", "[watchdog]") {
  Bench* at = nullptr;
  std::vector<std::vector<std::string>> seen;
  Bench bench{[&](int pass) {
    if (pass == 1) {
      at->loop.wake();
      at->steady = at->steady.load() + 59s;
      seen.push_back(at->stuck());
      at->steady = at->steady.load() + 2s;
      seen.push_back(at->stuck());
    }
    if (pass == 2) boost::asio::post(at->io, [&] { at->loop.stop(); });
    return Instant::max();
  }};
  at = &bench;
  bench.loop.start();
  bench.io.run();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].empty());
  REQUIRE(seen[1].size() == 1);
  CHECK(seen[1][0] == "it is busy with one thing for more than 60 s");
  CHECK(bench.stuck().empty());
}

TEST_CASE("a wake-up that is lost is seen, and so is a pass whose time came and that did not begin",
          "[watchdog]") {
  Bench* at = nullptr;
  Bench bench{[&](int pass) {
    if (pass == 1) boost::asio::post(at->io, [&] { at->io.stop(); });
    return Instant::max();
  }};
  at = &bench;
  bench.loop.start();
  // Nothing runs the loop: what was to begin at once does not.
  bench.steady = bench.steady.load() + 61s;
  REQUIRE(bench.stuck().size() == 1);
  CHECK(bench.stuck()[0] == "it did not begin what was due 60 s ago");
  bench.io.run();
  bench.io.restart();
  while (bench.loop.progress().busy_since) bench.io.run_one();  // its pass may still be on its way back
  // Asleep for its 60 s at most.
  CHECK(bench.stuck().empty());
  bench.steady = bench.steady.load() + 119s;
  CHECK(bench.stuck().empty());
  SECTION("its own time came") { bench.steady = bench.steady.load() + 2s; }
  SECTION("a commit woke it") {
    bench.steady = bench.steady.load() - 118s;
    bench.loop.wake();
    bench.steady = bench.steady.load() + 61s;
  }
  CHECK(bench.stuck().size() == 1);
}

TEST_CASE("the watchdog is fed while all moves, and at no other time", "[watchdog]") {
  boost::asio::io_context io{1};
  int looks = 0, fed = 0;
  const auto look = [&]() -> std::vector<Stuck> {
    ++looks;
    if (looks == 6) io.stop();
    if (looks == 2 || looks == 3) return {{"writer", "it is busy"}};
    return {};
  };
  boost::asio::co_spawn(io, feed_watchdog(io, 2ms, look, [&] { ++fed; }), boost::asio::detached);
  io.run();
  CHECK(looks == 6);
  CHECK(fed == 4);
}
