// Mail that cannot reach whom it was for: others of the rung and the next rung are told, and the board
// team sees it (S11.5).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

auto bounces_for(std::set<std::string> addresses) {
  return [addresses = std::move(addresses)](const Outgoing& message) {
    return addresses.contains(message.address) ? SendAnswer::bounced : SendAnswer::accepted;
  };
}

std::size_t count_tried(const CommandWorld& world, std::string_view address) {
  return static_cast<std::size_t>(
      std::count_if(world.relay.tried.begin(), world.relay.tried.end(),
                    [&](const Outgoing& one) { return one.address == address; }));
}

std::size_t count_open(CommandWorld& world, ItemId item, std::string_view name) {
  const auto open = world.open(item);
  return static_cast<std::size_t>(std::count(open.begin(), open.end(), name));
}

// Of what was heard, what is about immediate risk: not what the board team is reminded of besides.
Lines heard_urgent(CommandWorld& world) {
  Lines heard = world.heard();
  std::erase_if(heard, [](const std::string& one) { return one.find(" unsafe ") == one.npos; });
  return heard;
}

bool says(const Lines& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

const std::string lead = "lead@nhs.example";
const std::string director = "director@nhs.example";
const std::string officer = "officer@riverton.example";

}  // namespace

TEST_CASE("immediate risk: the next rung hears in the minute in which an address fails (S11.5)",
          "[sim][bounce]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.run_until("2026-11-03 04:59");
  world.heard();
  world.relay.answer = bounces_for({lead});
  world.run_until("2026-11-03 05:00");  // four hours before it is due
  CHECK(world.heard() == Lines{"2026-11-03 05:00 nhs-director unsafe [0h]"});
  // Not again at the rung's own time; it repeats from when it was told.
  world.run_until("2026-11-03 08:59");
  CHECK(world.heard().empty());
  world.run_until("2026-11-03 09:00");
  CHECK(heard_urgent(world) == Lines{"2026-11-03 09:00 nhs-director unsafe [0h#1]"});
  CHECK(world.store().verify(world.board()).faults.empty());

  // The board team sees which address, and says when it has seen to it.
  const Obligation look = world.obligation(concern, look_at_bounced);
  CHECK(look.owed_by == "post:administrator");
  CHECK(says(world.journal_lines(concern, "bounced"),
             "“answer the concern” to post:nhs/lead was refused for good: a person's own address"));
  HeldMail command{world.board(), "the address is mended", world.caller("officer")};
  const auto tx = world.store().begin();
  ok(resolve_held(*tx, world.programmes(), command, look.id, world.now()));
  tx->commit();
  CHECK(count_open(world, concern, look_at_bounced) == 0);
}

TEST_CASE("routine: the next rung is told at once, within the hours of sending", "[sim][bounce]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.heard();
  SECTION("refused for good") {
    world.relay.answer = bounces_for({officer});
    world.run_until("2026-11-26 09:00");
    CHECK(world.heard() == Lines{"2026-11-26 09:00 manager late [+1wd]"});
  }
  SECTION("refused for good when nothing may be sent any more") {
    world.relay.answer = [&](const Outgoing& message) {
      if (message.address != officer) return SendAnswer::accepted;
      return world.now() < world.at("2026-11-26 20:00") ? SendAnswer::try_later
                                                        : SendAnswer::bounced;
    };
    world.run_until("2026-11-27 07:59");
    CHECK(world.heard().empty());
    world.run_until("2026-11-27 08:00");
    CHECK(world.heard() == Lines{"2026-11-27 08:00 manager late [+1wd]"});
  }
  SECTION("somebody has it in hand: nobody above is told meanwhile (S15.1)") {
    world.relay.answer = [](const Outgoing&) { return SendAnswer::try_later; };
    world.run_until("2026-11-26 09:00");
    ok(world.acknowledge(world.caller("officer"), world.obligation(audit, "planned").id, "3d"));
    world.relay.answer = bounces_for({officer});
    world.run_until("2026-11-27 12:00");
    CHECK(world.heard().empty());
  }
  CHECK(count_open(world, audit, look_at_bounced) == 1);
}

TEST_CASE("whoever else holds the post by then is told of the rung", "[sim][bounce]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.relay.answer = [](const Outgoing& message) {
    return message.address == lead ? SendAnswer::try_later : SendAnswer::accepted;
  };
  world.run_until("2026-11-03 05:00");
  ok(world.load("[[person]]\nid = \"deputy\"\nname = \"deputy\"\nmail = \"deputy@nhs.example\"\n"
                "posts = [{ post = \"nhs/lead\", from = 2026-11-03 }]\n"));
  world.run_until("2026-11-03 05:01");
  world.heard();  // the deputy's hand-over
  world.relay.answer = bounces_for({lead});
  world.run_until("2026-11-03 05:06");
  Lines heard = world.heard();
  for (std::string& one : heard) one = one.substr(17);
  std::sort(heard.begin(), heard.end());
  CHECK(heard == Lines{"deputy unsafe [-4h]", "nhs-director unsafe [0h]"});
  // Each once: what was recorded for a term stands once in the obligation.
  const Obligation owed = world.obligation(concern, "answer the concern");
  CHECK(std::count_if(owed.fired.begin(), owed.fired.end(), [](const FiredRung& f) {
          return f.rung == 0 && f.to == "post:nhs/lead";
        }) == 1);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("an assignee who cannot be reached: the post that assigned hears, once", "[sim][bounce]") {
  CommandWorld world;
  const ItemId return_ = world.send_out(world.plan_audit());
  ok(world.act("nhs-lead", return_, "allocate", {{"no_worker_reason", "closed case"}},
               {{"auditor", "nhs-director"}}));
  const Obligation owed = world.obligation(return_, "return the audit");
  CHECK(owed.owed_by == "assigned:auditor");
  world.run_until("2026-11-23 08:59");
  world.heard();
  world.relay.answer = bounces_for({director});
  world.run_until("2026-11-23 09:00");
  // Both the post's own word of this rung and the next rung's: the later one stands for both (S10.3).
  CHECK(world.heard() == Lines{"2026-11-23 09:00 nhs-lead late [+1wd]"});
}

TEST_CASE("mail that is given up after days is told to the next rung too", "[sim][bounce]") {
  CommandWorld world;
  const ItemId return_ = world.send_out(world.plan_audit());
  ok(world.act("nhs-lead", return_, "allocate", {{"no_worker_reason", "closed case"}},
               {{"auditor", "nhs-director"}}));
  world.run_until("2026-11-23 08:59");
  world.heard();
  world.relay.answer = [](const Outgoing& message) {
    return message.address == director ? SendAnswer::unknown : SendAnswer::accepted;
  };
  world.run_until("2026-11-28 08:00");
  Lines heard = world.heard();
  std::erase_if(heard, [](const std::string& one) { return !one.ends_with("nhs-lead late [+1wd]"); });
  CHECK(heard.empty());
  world.run_until("2026-11-30 09:00");  // given up on Saturday 28
  heard = world.heard();
  CHECK(std::count(heard.begin(), heard.end(), "2026-11-30 08:00 nhs-lead late [+1wd]") == 1);
  CHECK(says(world.journal_lines(return_, "bounced"), "was given up"));
}

TEST_CASE("nobody can be reached at all: it ends with the board team, and does not go round",
          "[sim][bounce]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId concern = world.raise_concern(audit);
  world.relay.answer = [](const Outgoing&) { return SendAnswer::bounced; };
  world.run_until("2026-11-03 05:00");
  // Each once: the lead at the first rung, the director at the second.
  CHECK(count_tried(world, lead) == 1);
  CHECK(count_tried(world, director) == 1);
  CHECK(count_open(world, concern, look_at_bounced) == 1);
  // Further only by the ladder's own repeats, each four hours; the board team's ladder as well.
  world.run_until("2026-11-09 05:00");
  CHECK(count_tried(world, director) == 1 + 6 * 6);
  CHECK(count_open(world, concern, look_at_bounced) == 1);
  CHECK(count_open(world, audit, look_at_bounced) == 0);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a mail about several matters: each next rung is told, the board team once",
          "[sim][bounce]") {
  CommandWorld world;
  std::vector<ItemId> audits;
  for (int i = 0; i < 3; ++i) audits.push_back(world.plan_audit());
  world.run_until("2026-11-26 08:59");
  world.heard();
  world.relay.answer = bounces_for({officer});
  world.run_until("2026-11-26 09:00");
  CHECK(count_tried(world, officer) == 1);
  CHECK(world.heard() == Lines(3, "2026-11-26 09:00 manager late [+1wd]"));
  CHECK(count_open(world, audits[0], look_at_bounced) == 1);
  CHECK(count_open(world, audits[1], look_at_bounced) == 0);
}

TEST_CASE("what was done before its mail came back is told to nobody above", "[sim][bounce]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.relay.answer = [](const Outgoing&) { return SendAnswer::try_later; };
  world.run_until("2026-11-03 05:00");
  ok(world.act("nhs-lead", concern, "answer"));
  world.heard();
  world.relay.answer = bounces_for({lead});
  world.run_until("2026-11-03 12:00");
  CHECK(heard_urgent(world).empty());
  CHECK(count_tried(world, director) == 0);
  CHECK(count_open(world, concern, look_at_bounced) == 1);  // the address is as dead as it was
}
