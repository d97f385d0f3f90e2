// Mail on its way: who waits for whom, what a retry sends, and what a restart sends again (S6.3,
// S10).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

// Tries for one address.
std::vector<Outgoing> tried_for(const CommandWorld& world, std::string_view address) {
  std::vector<Outgoing> found;
  for (const Outgoing& one : world.relay.tried)
    if (one.address == address) found.push_back(one);
  return found;
}

Lines accepted_by(const CommandWorld& world) {
  Lines addresses;
  for (const Outgoing& one : world.relay.accepted) addresses.push_back(one.address);
  return addresses;
}

auto try_later_for(std::string address) {
  return [address = std::move(address)](const Outgoing& message) {
    return message.address == address ? SendAnswer::try_later : SendAnswer::accepted;
  };
}

const std::string officer = "officer@riverton.example";
const std::string manager = "manager@riverton.example";

}  // namespace

TEST_CASE("an escalation waits for its owner's mail, for a working day at most", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.heard();
  world.relay.answer = try_later_for(officer);
  world.set_clock("2026-12-01 09:00");
  world.pass();
  CHECK(world.heard().empty());
  CHECK(tried_for(world, manager).empty());
  world.set_clock("2026-12-02 08:59");
  world.pass();
  CHECK(world.heard().empty());
  world.set_clock("2026-12-02 09:00");
  world.pass();
  CHECK(world.heard() == Lines{"2026-12-02 09:00 manager late [+1wd]"});
}

TEST_CASE("once the owner's mail is taken, or refused, the escalation goes", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.heard();
  world.relay.answer = try_later_for(officer);
  world.set_clock("2026-12-01 09:00");
  world.pass();
  world.set_clock("2026-12-01 12:00");
  SECTION("taken") {
    world.relay.answer = {};
    world.run_until("2026-12-01 12:05");
    CHECK(world.heard() ==
          Lines{"2026-12-01 12:00 officer late [+1wd]", "2026-12-01 12:01 manager late [+1wd]"});
  }
  SECTION("refused") {
    world.relay.answer = [](const Outgoing& message) {
      return message.address == officer ? SendAnswer::bounced : SendAnswer::accepted;
    };
    world.run_until("2026-12-01 12:05");
    CHECK(world.heard() == Lines{"2026-12-01 12:01 manager late [+1wd]"});
    const std::size_t tries = tried_for(world, officer).size();
    world.run_until("2026-12-01 15:00");
    CHECK(tried_for(world, officer).size() == tries);  // never again
  }
}

TEST_CASE("what is about immediate risk waits for nobody", "[sim][send]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  world.run_until("2026-11-03 08:59");
  world.heard();
  world.relay.answer = try_later_for("lead@nhs.example");
  world.set_clock("2026-11-03 09:00");
  world.pass();
  CHECK(world.heard() == Lines{"2026-11-03 09:00 nhs-director unsafe [0h]"});
}

TEST_CASE("every retry sends the same bytes under the same id", "[sim][send]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.relay.answer = try_later_for(officer);
  world.run_until("2026-11-26 09:10");
  // What has changed since does not reach a message that is made already.
  ok(world.close_day("2026-11-30"));
  world.run_until("2026-11-26 09:15");
  world.restart();
  world.run_until("2026-11-26 09:20");
  world.relay.answer = {};
  world.run_until("2026-11-26 09:30");

  const auto tries = tried_for(world, officer);
  REQUIRE(tries.size() > 10);
  for (const Outgoing& one : tries) {
    CHECK(one.message_id == tries[0].message_id);
    CHECK(one.bytes == tries[0].bytes);
    CHECK(one.id == tries[0].id);
  }
  CHECK(tries[0].bytes.find("Message-Id: <" + tries[0].message_id + ">") != std::string::npos);
  CHECK(world.heard() == Lines{"2026-11-26 09:21 officer due-soon [-2wd]"});
  CHECK(accepted_by(world) == Lines{officer});
  const auto prompts = world.reader()->prompts_of(world.obligation(audit, "planned").id);
  REQUIRE(prompts.size() == 1);
  const auto notices = world.reader()->notices_of(prompts[0].id);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].state == NoticeState::accepted);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a restart sends what was made and not taken, and nothing twice", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.relay.accepted.clear();
  // The power fails while the manager's message is being handed over; the officer's has gone.
  world.relay.answer = [](const Outgoing& message) -> SendAnswer {
    if (message.address == manager) throw IoError("the power failed");
    return SendAnswer::accepted;
  };
  world.set_clock("2026-12-01 09:00");
  CHECK_THROWS_AS(world.pass(), IoError);
  CHECK(accepted_by(world) == Lines{officer});

  world.relay.answer = {};
  world.restart();
  world.run_until("2026-12-01 09:10");
  CHECK(accepted_by(world) == Lines{officer, manager});
  const auto tries = tried_for(world, manager);
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].bytes == tries[1].bytes);
  CHECK(tries[0].message_id == tries[1].message_id);
  world.restart();
  world.run_until("2026-12-01 09:30");
  CHECK(accepted_by(world) == Lines{officer, manager});
}

TEST_CASE("taken but not recorded goes again, recognisable by its id", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.set_clock("2026-11-26 09:00");
  world.relay.answer = [](const Outgoing&) -> SendAnswer { throw IoError("the power failed"); };
  CHECK_THROWS_AS(world.pass(), IoError);
  world.relay.answer = {};
  world.restart();
  world.pass();
  const auto tries = tried_for(world, officer);
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].message_id == tries[1].message_id);
  CHECK(tries[0].bytes == tries[1].bytes);
}
