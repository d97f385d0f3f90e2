// Clocks that are set: what waits by the clock before, and what a clock that is not trusted leaves (S16.3).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;

TEST_CASE("a clock that is set back keeps no new mail waiting for the old time", "[sim][clock]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  world.relay.answer = [](const Outgoing&) { return SendAnswer::relay_trouble; };
  world.run_until("2026-11-03 13:00");
  REQUIRE(world.sender().health().trouble_since.has_value());
  world.heard();
  world.set_clock_back("2026-11-03 10:00");
  world.relay.answer = {};
  ok(world.load("[[person]]\nid = \"newcomer\"\nname = \"New Comer\"\nmail = \"newcomer@riverton.example\"\n"
                "posts = [{ post = \"qa-officer\", from = 2026-11-03 }]\n"));
  world.run_until("2026-11-03 10:05");
  CHECK(world.heard() == std::vector<std::string>{"2026-11-03 10:00 newcomer hand-over"});
  CHECK_FALSE(world.sender().health().trouble_since.has_value());
}

TEST_CASE("a clock that is set back keeps no deferred mail waiting for the old time", "[sim][clock]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  world.pass();
  world.relay.answer = [](const Outgoing&) { return SendAnswer::try_later; };
  world.run_until("2026-11-04 13:00");
  const auto waits_until = [&] { return *world.reader()->next_try_at(); };
  REQUIRE(waits_until() > world.now());
  world.heard();
  world.relay.answer = {};
  SECTION("while it runs") { world.set_clock_back("2026-11-03 10:00"); }
  SECTION("while it was down") {
    world.set_clock_back("2026-11-03 10:00");
    world.restart();
  }
  world.pass();
  CHECK_FALSE(world.heard().empty());
  CHECK_FALSE(world.reader()->next_try_at().has_value());
}

TEST_CASE("while the clock is not trusted the scheduler leaves no sign of life", "[sim][clock]") {
  CommandWorld world;
  bool waits = false;
  Scheduler scheduler{world.store(), world.current_programmes(), {}, [&](Instant) { return waits; }};
  const auto alive = [&] { return world.reader()->find_value("alive").value_or("(none)"); };
  scheduler.run_once(world.now());
  const std::string trusted = alive();
  CHECK(trusted == to_text(world.now()));
  waits = true;
  scheduler.run_once(world.now() + 3h);
  CHECK(alive() == trusted);
  // Set right again: the gap is not taken for downtime, nor forgotten.
  waits = false;
  scheduler.run_once(world.now() + 2min);
  CHECK(alive() == to_text(world.now() + 2min));
}

TEST_CASE("a word written under a clock that was ahead goes on the next morning", "[sim][clock]") {
  CommandWorld world;
  world.plan_audit();
  world.set_clock("2027-06-01 20:00");
  ok(world.load("[[person]]\nid = \"newcomer\"\nname = \"newcomer\"\nmail = \"newcomer@riverton.example\"\n"
                "posts = [{ post = \"qa-officer\", from = 2026-01-01 }]\n"));
  world.set_clock_back("2026-11-03 10:00");
  SECTION("at once") {}
  SECTION("after a restart") { world.restart(); }
  world.run_until("2026-11-03 10:05");
  const auto heard = world.heard();
  CHECK(std::count(heard.begin(), heard.end(), "2026-11-03 10:00 newcomer hand-over") == 1);
}
