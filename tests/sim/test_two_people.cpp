// What nobody does alone, nor for themselves: putting an end to what is urgent (DESIGN.md 12, S5.3,
// S15.3); and what reaches somebody although a post is empty or has changed hands.
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

namespace assured::test {
namespace {

using Lines = std::vector<std::string>;

const std::string small{small_programme_toml};

std::string with_person(std::string_view id, std::string_view posts) {
  return small_people() + "[[person]]\nid = \"" + std::string{id} + "\"\nname = \"" + std::string{id} +
         "\"\nmail = \"" + std::string{id} + "@nhs.example\"\nposts = [" + std::string{posts} + "]\n";
}

TEST_CASE("a concern is undone by two people, neither of the agency that it is about", "[sim][correct]") {
  CommandWorld world(small, with_person("lay", "{ post = \"qa-chair\", from = 2026-01-01 }, "
                                               "{ post = \"nhs/director\", from = 2026-01-01 }"));
  const ItemId concern = world.raise_concern(world.plan_audit());
  CHECK(refusal(world.correct("lay", concern)) ==
        "forbidden: this is about immediate risk; somebody who holds no post in the agency concerned "
        "must correct it");
  ok(world.correct("officer", concern));
  CHECK(world.item(concern).state == "raised");
  CHECK(world.open(concern) == Lines{"answer the concern"});
  CHECK(world.journal_lines(concern, "correct") == Lines{"proposed; a second person must agree"});
  const std::string alone =
      "refused: this is about immediate risk; a second person of the board must agree to correct it";
  CHECK(refusal(world.correct("officer", concern)) == alone);
  // Somebody else typing for the one who proposed it is no second person.
  Command for_her;
  for_her.board = world.board();
  for_her.item = concern;
  for_her.event = "correct";
  for_her.reason = "wrong button";
  for_her.caller = world.caller("admin", "qa-officer");
  CHECK(refusal(world.apply(for_her)) == alone);
  CHECK_FALSE(world.correct("lay", concern));
  ok(world.correct("manager", concern));
  CHECK(world.item(concern).state == voided_state);
  CHECK(world.open(concern).empty());
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("what was proposed a day ago is proposed anew before it is undone", "[sim][correct]") {
  CommandWorld world(replaced(std::string{small}, "correct_within = \"1d\"", "correct_within = \"3d\""));
  const ItemId concern = world.raise_concern(world.plan_audit());
  ok(world.correct("officer", concern));
  world.set_clock("2026-11-03 09:01");
  ok(world.correct("manager", concern));
  CHECK(world.item(concern).state == "raised");
  ok(world.correct("officer", concern));
  CHECK(world.item(concern).state == voided_state);
}

TEST_CASE("what was answered since is corrected by one person", "[sim][correct]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  ok(world.act("nhs-lead", concern, "answer"));
  // Going back asks again for the answer, which closes nothing that is urgent.
  ok(world.correct("officer", concern));
  CHECK(world.open(concern) == Lines{"answer the concern"});
}

TEST_CASE("a suspension of what is urgent takes two humans, and none who owes it", "[sim][suspend]") {
  CommandWorld world(small, with_person("lay", "{ post = \"chair\", from = 2026-01-01 }, "
                                               "{ post = \"nhs/lead\", from = 2026-01-01 }"));
  const ItemId concern = world.raise_concern(world.plan_audit());
  const ObligationId owed = world.obligation(concern, "answer the concern").id;
  const std::string owes = "forbidden: whoever owes this cannot suspend it; somebody else must";
  CHECK(refusal(world.suspend(world.caller("lay"), owed, "4h")) == owes);
  // The same typed by somebody else for a post that she holds.
  CHECK(refusal(world.suspend(world.caller("admin", "chair"), owed, "4h")) == owes);
  ok(world.suspend(world.caller("admin", "business-manager"), owed, "4h"));
  CHECK(refusal(world.suspend(world.caller("manager"), owed, "4h")) ==
        "refused: a second person must agree to this suspension");
  CHECK(refusal(world.suspend(world.caller("officer", "administrator"), owed, "4h")) ==
        "refused: a second person must agree to this suspension");
  ok(world.suspend(world.caller("officer"), owed, "4h"));
  CHECK(world.text(world.obligation(concern, "answer the concern").held_until) == "2026-11-02 13:00");
}

TEST_CASE("nothing is suspended for ever, or for nothing", "[sim][suspend]") {
  CommandWorld world(replaced(small, "[ladder.returns]\nfamily = \"C\"\n",
                              "[ladder.returns]\nfamily = \"C\"\nsuspend_max = \"5wd\"\n"));
  const ItemId audit = world.plan_audit();
  const ObligationId planned = world.obligation(audit, "planned").id;
  const ObligationId notified = world.obligation(world.send_out(audit), "agency notified").id;
  CHECK(refusal(world.suspend(world.caller("admin"), notified, "6wd")) ==
        "refused: this can be suspended for at most 5wd at a time");
  CHECK(refusal(world.suspend(world.caller("admin"), notified, "50y")) ==
        "refused: this can be suspended for at most 5wd at a time");
  CHECK(refusal(world.suspend(world.caller("admin"), notified, "0h")) ==
        "invalid: say for how long, such as 4h or 2wd");
  ok(world.suspend(world.caller("admin"), notified, "5wd"));
  CHECK(refusal(world.suspend(world.caller("admin"), planned, "21wd")) ==
        "refused: this has been done; there is nothing left to wait for");
}

TEST_CASE("nothing happened to an item before it came into its state", "[sim][occurred]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.set_clock("2026-11-04 09:00");
  const ItemId return_ = world.send_out(audit);
  world.set_clock("2026-11-05 09:00");
  world.allocate(return_);
  world.set_clock("2026-11-06 09:00");
  Command submit;
  submit.board = world.board();
  submit.item = return_;
  submit.event = "submit";
  submit.fields = {{"files_read", "3"}, {"last_involvement", "2026-08-01"}};
  submit.caller = world.caller("nhs-lead");
  submit.caller.occurred_at = world.at("2026-11-04 12:00");
  CHECK(refusal(world.apply(submit)) ==
        "invalid: it cannot have happened before the item came into its present state");
  submit.caller.occurred_at = world.at("2026-11-05 12:00");
  ok(world.apply(submit));
  // What is begun below an item may have been seen before the item moved on.
  Command raise;
  raise.board = world.board();
  raise.item = audit;
  raise.event = "raise-concern";
  raise.fields = {{"about", "nhs"}};
  raise.caller = world.caller("officer");
  raise.caller.occurred_at = world.at("2026-11-03 12:00");
  ok(world.apply(raise));
}

TEST_CASE("whoever takes a role over hears once of what it owes (S3.4)", "[sim]") {
  CommandWorld world(replaced(small, "from = [\"notified\"]\nevent = \"allocate\"",
                              "from = [\"notified\", \"allocated\"]\nevent = \"allocate\""),
                     with_person("second", "{ post = \"administrator\", from = 2026-01-01 }"));
  const ItemId return_ = world.send_out(world.plan_audit());
  world.allocate(return_);
  world.pass();
  world.heard();
  ok(world.act("nhs-lead", return_, "allocate", {{"no_worker_reason", "nobody"}}, {{"auditor", "second"}}));
  world.pass();
  CHECK(world.heard() == Lines{"2026-11-02 09:00 second hand-over"});
}

TEST_CASE("an agency that was excused can be asked again, and asking nobody is refused (S9.3)", "[sim]") {
  CommandWorld world(replaced(small, "[kind.return]\n",
                              "[[kind.audit.transition]]\nfrom = [\"running\"]\nevent = \"ask-also\"\n"
                              "by = [\"board:qa-officer\"]\ntakes = [\"involved\"]\n"
                              "effects = [{ create = \"return\", each = \"involved\" }]\n[kind.return]\n"));
  const ItemId audit = world.plan_audit();
  ok(world.act("officer", audit, "send-out", {{"involved", "nhs,police"}}));
  const auto returns = [&] {
    ItemFilter filter;
    filter.kind = "return";
    return world.reader()->list_items(filter);
  };
  REQUIRE(returns().size() == 2);
  CHECK(refusal(world.act("officer", audit, "ask-also", {{"involved", "nhs"}})) ==
        "refused: everybody who is named has one already");
  ok(world.act("chair", returns()[0].id, "excuse", {}, {}, "not involved"));
  ok(world.act("officer", audit, "ask-also", {{"involved", returns()[0].agency}}));
  REQUIRE(returns().size() == 3);
  CHECK(returns()[2].agency == returns()[0].agency);
  CHECK(world.open(returns()[2].id) == Lines{"agency notified"});
}

TEST_CASE("urgent word for an empty post goes to the next above at once, who fills it too", "[sim]") {
  std::string people = small_people();
  const auto at = people.find("[[person]]\nid = \"nhs-lead\"");
  people.erase(at, people.find("[[person]]", at + 1) - at);
  CommandWorld world(replaced(small, "requires = [{ field = \"about\" }]\n",
                              "requires = [{ field = \"about\" }]\n"
                              "effects = [{ tell = [\"agency:lead\"], template = \"unsafe\", family = \"A\" }]\n"),
                     people);
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.pass();
  const auto heard = world.heard();
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.front() == "2026-11-02 09:00 nhs-director unsafe");
  const auto open = world.open(concern);
  CHECK(std::count(open.begin(), open.end(), "name somebody: nhs/lead") == 1);
}

TEST_CASE("whoever finished it does not accept it, whatever they hold by now", "[sim]") {
  CommandWorld world(replaced(small, "event = \"accept\"\nto = \"accepted\"\nby = [\"board:qa-officer\"]\n",
                              "event = \"accept\"\nto = \"accepted\"\nby = [\"board:qa-officer\"]\n"
                              "requires = [{ not_by = [\"agency:lead\"], since_entry = true }]\n"));
  const ItemId return_ = world.send_out(world.plan_audit());
  world.allocate(return_);
  ok(world.act("nhs-lead", return_, "submit", {{"files_read", "3"}, {"last_involvement", "2026-08-01"}}));
  world.set_clock("2026-11-10 09:00");
  // She leaves the agency and joins the board team.
  std::string people = "[[person]]\nid = \"nhs-lead\"\nname = \"nhs-lead\"\nmail = \"lead@nhs.example\"\n"
                       "posts = [{ post = \"nhs/lead\", from = 2026-01-01, to = 2026-11-09 }, "
                       "{ post = \"qa-officer\", from = 2026-11-09 }]\n";
  ok(world.load(people));
  CHECK(refusal(world.act("nhs-lead", return_, "accept")) ==
        "refused: this must be done by somebody else than whoever owns it");
  ok(world.act("officer", return_, "accept"));
}

}  // namespace
}  // namespace assured::test
