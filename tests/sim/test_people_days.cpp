// Changes of holders that were loaded ahead, and people who leave with work on their hands (S3.2, S3.4).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

std::string person(std::string_view id, std::string_view mail, std::string_view posts) {
  return "[[person]]\nid = \"" + std::string{id} + "\"\nname = \"" + std::string{id} +
         "\"\nmail = \"" + std::string{mail} + "\"\nposts = [" + std::string{posts} + "]\n";
}

}  // namespace

TEST_CASE("a holder loaded ahead is handed what is open on the day they begin", "[sim][people]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  ok(world.load(person("officer", "officer@riverton.example",
                       "{ post = \"qa-officer\", from = 2026-01-01, to = 2026-11-09 }") +
                person("newcomer", "newcomer@riverton.example",
                       "{ post = \"qa-officer\", from = 2026-11-09 }")));
  world.run_until("2026-11-08 23:00");
  CHECK(world.heard() == Lines{});
  world.run_until("2026-11-11 10:00");
  // Written at midnight, sent when the window opens; once, though two days have passed.
  CHECK(world.heard() == Lines{"2026-11-09 08:00 newcomer hand-over"});
  CHECK(world.journal_lines(audit, "hand-over").size() == 1);
}

TEST_CASE("a post that was empty is filled on the day its holder begins", "[sim][people]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  ok(world.load(person("manager", "manager@riverton.example",
                       "{ post = \"business-manager\", from = 2026-01-01, to = 2026-11-20 }") +
                person("next", "next@riverton.example",
                       "{ post = \"business-manager\", from = 2026-12-04 }")));
  world.run_until("2026-12-01 10:00");
  CHECK(world.open(audit) == Lines{"planned", "name somebody: business-manager"});
  world.run_until("2026-12-03 23:00");
  CHECK(world.open(audit) == Lines{"planned", "name somebody: business-manager"});
  world.run_until("2026-12-04 07:00");
  CHECK(world.open(audit) == Lines{"planned"});
}

TEST_CASE("what an auditor owes falls back to the lead on the day they leave", "[sim][people]") {
  CommandWorld world;
  ok(world.load(person("nurse", "nurse@nhs.example",
                       "{ post = \"nhs/lead\", from = 2026-01-01, to = 2026-11-16 }")));
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  CHECK(world.obligation(return_, "return the audit").owed_by == "assigned:auditor");
  const auto due = world.obligation(return_, "return the audit").due_at;
  world.run_until("2026-11-15 23:00");
  CHECK(world.obligation(return_, "return the audit").owed_by == "assigned:auditor");
  world.run_until("2026-11-16 07:00");
  const Obligation fallen = world.obligation(return_, "return the audit");
  CHECK(fallen.owed_by == "post:nhs/lead");
  CHECK(fallen.due_at == due);
  CHECK(fallen.due_version == 1);
  CHECK(world.journal_lines(return_, "left") ==
        Lines{"the auditor has left", "return the audit is now owed by post:nhs/lead"});
}
