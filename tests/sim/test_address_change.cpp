// Whoever's address changes is told at the old one; mail that is about no item.
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

const std::string old_address = "nurse@nhs.example";
const std::string new_address = "nurse.new@nhs.example";

std::string nurse_at(std::string_view mail) {
  return "[[person]]\nid = \"nurse\"\nname = \"Ada Nurse\"\nmail = \"" + std::string{mail} +
         "\"\nposts = [{ post = \"nhs/lead\", from = 2026-01-01, to = 2026-03-01 }]\n";
}

// Where it was told, in order.
std::vector<std::string> told(const CommandWorld& world) {
  std::vector<std::string> addresses;
  for (const Outgoing& one : world.relay.tried)
    if (one.bytes.find("your mail address was changed") != std::string::npos)
      addresses.push_back(one.address);
  return addresses;
}

}  // namespace

TEST_CASE("a changed address is told to the old one, and to nobody else", "[sim][people]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const auto rows = world.reader()->journal_of(audit).size();
  world.set_clock("2026-11-07 23:00");  // a Saturday night: it does not wait for the send window
  ok(world.load(nurse_at(new_address)));
  world.pass();
  REQUIRE(told(world) == Lines{old_address});
  const std::string& mail = world.relay.tried.front().bytes;
  CHECK(mail.find("nurse.new") == std::string::npos);
  CHECK(mail.find("Ada") == std::string::npos);
  CHECK(world.reader()->journal_of(audit).size() == rows);

  SECTION("once: the same file again changes nothing") {
    ok(world.load(nurse_at(new_address)));
    world.pass();
    CHECK(told(world).size() == 1);
  }
  SECTION("another letter case of its domain is no other address; of what stands before it, it is") {
    ok(world.load(nurse_at("nurse.new@NHS.example")));
    world.pass();
    CHECK(told(world).size() == 1);
    ok(world.load(nurse_at("Nurse.new@nhs.example")));
    world.pass();
    CHECK(told(world) == Lines{old_address, new_address});
  }
  SECTION("each change is told, also one back and forth within a moment") {
    for (const auto& address : {old_address, new_address}) ok(world.load(nurse_at(address)));
    world.pass();
    CHECK(told(world) == Lines{old_address, new_address, old_address});
  }
}

TEST_CASE("an old address that is gone bounces, and nothing follows from it", "[sim][people]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const auto open = world.open(audit);
  world.relay.answer = [](const Outgoing& message) {
    return message.address == old_address ? SendAnswer::bounced : SendAnswer::accepted;
  };
  ok(world.load(nurse_at(new_address)));
  world.pass();
  const auto prompts = world.reader()->list_prompts(10, {}, std::nullopt);
  REQUIRE(prompts.size() == 1);
  CHECK(world.reader()->notices_of(prompts.front().id).front().state == NoticeState::bounced);
  CHECK(world.open(audit) == open);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("what is about no item is held, released and looked at again as other mail is", "[sim][people]") {
  CommandWorld world;
  const std::string changed = nurse_at(new_address);
  SECTION("after a restore") {
    world.hold_outbox("restored");
    ok(world.load(changed));
    world.pass();
    CHECK(world.relay.tried.empty());
    const auto held = world.reader()->list_prompts(10, {}, PromptState::held);
    REQUIRE(held.size() == 1);
    {
      auto tx = world.store().begin(Urgency::people);
      ok(release_prompt(*tx, world.programmes(), {world.board(), "it may go", world.caller("officer")},
                        held.front().id, world.now()));
      tx->commit();
    }
    world.pass();
    CHECK(told(world) == Lines{old_address});
  }
  SECTION("while mail is redirected") {
    world.mail_policy.mode = MailPolicy::Mode::redirect;
    world.mail_policy.redirect_to = "trial@riverton.example";
    ok(world.load(changed));
    world.pass();
    CHECK(told(world) == Lines{"trial@riverton.example"});
  }
}
