// Meetings, closed days and people as commands: what they move, open and close (S3.4, S3.5, S5,
// S7).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;
using What = MeetingCommand::What;

namespace {

constexpr std::string_view report = "report to the sub-group";
constexpr std::string_view set_date = "set the next date: qa-subgroup";

// "2026-12-03 17:00 v1".
std::string due(CommandWorld& world, ItemId item, std::string_view name) {
  const Obligation o = world.obligation(item, name);
  return world.text(o.due_at) + " v" + std::to_string(o.due_version);
}

std::string person(std::string_view id, std::string_view mail, std::string_view posts) {
  return "[[person]]\nid = \"" + std::string{id} + "\"\nname = \"" + std::string{id} +
         "\"\nmail = \"" + std::string{mail} + "\"\nposts = [" + std::string{posts} + "]\n";
}

// Everybody but one.
std::string people_without(std::string_view id) {
  std::string all = small_people();
  const auto from = all.find("[[person]]\nid = \"" + std::string{id} + "\"");
  const auto to = all.find("[[person]]", from + 1);
  return all.erase(from, to - from);
}

}  // namespace

// --- meetings

TEST_CASE("without a meeting the date is owed, and planning one ends that", "[sim][meeting]") {
  CommandWorld world;
  const ItemId audit = world.audit_in_reporting();
  CHECK(due(world, audit, report) == "none v1");
  CHECK(due(world, audit, set_date) == "2026-11-09 17:00 v1");
  CHECK(world.obligation(audit, set_date).owed_by == "post:administrator");

  world.run_until("2026-11-03 09:00");
  const Meeting meeting = ok(world.plan("qa-subgroup", "2026-12-10 14:00"));
  ok(world.plan("board", "2026-11-20 14:00"));  // another body's meeting is nothing to it
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-03 17:00 v1");  // its first date is no move
  CHECK(world.obligation(audit, report).meeting == meeting.id);
  CHECK(world.obligation(audit, report).first_due_at == world.at("2026-12-03 17:00"));
  CHECK(world.open(audit) == Lines{std::string{report}});
  CHECK(world.obligation(audit, set_date).closed_by == "meeting planned");
  CHECK(world.text(world.obligation(audit, set_date).closed_at) == "2026-11-03 09:00");
}

TEST_CASE("a meeting that moves moves what is bound to it", "[sim][meeting]") {
  CommandWorld world;
  const Meeting meeting = ok(world.plan("qa-subgroup", "2026-12-10 14:00"));
  const ItemId audit = world.audit_in_reporting();
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-03 17:00 v1");
  ok(world.change(What::move, meeting.id, "2026-12-17 14:00"));
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-10 17:00 v2");
  CHECK(world.obligation(audit, report).first_due_at == world.at("2026-12-03 17:00"));
  CHECK(world.journal_lines(audit, "moved") ==
        Lines{"report to the sub-group: from 2026-12-03T17:00:00Z to 2026-12-10T17:00:00Z, because "
              "move-meeting of qa-subgroup"});
  // Another hour of the same day leaves a deadline in working days alone.
  ok(world.change(What::move, meeting.id, "2026-12-17 10:00"));
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-10 17:00 v2");
  CHECK(world.journal_lines(audit, "moved").size() == 1);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a due instant that stays on its date keeps its version", "[sim][meeting]") {
  CommandWorld world(replaced(std::string{small_programme_toml}, "\"next qa-subgroup - 5wd\"",
                              "\"next qa-subgroup\""));
  const Meeting meeting = ok(world.plan("qa-subgroup", "2026-12-10 14:00"));
  const ItemId audit = world.audit_in_reporting();
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-10 14:00 v1");
  ok(world.change(What::move, meeting.id, "2026-12-10 10:00"));
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-10 10:00 v1");
  CHECK(world.journal_lines(audit, "moved").size() == 1);
  ok(world.change(What::move, meeting.id, "2026-12-11 10:00"));
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-11 10:00 v2");
}

TEST_CASE("a cancelled meeting leaves its deadlines to the next, or to nobody", "[sim][meeting]") {
  CommandWorld world;
  const Meeting first = ok(world.plan("qa-subgroup", "2026-12-10 14:00"));
  const Meeting second = ok(world.plan("qa-subgroup", "2027-01-14 14:00"));
  const ItemId audit = world.audit_in_reporting();
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-03 17:00 v1");
  ok(world.change(What::cancel, first.id));
  world.pass();
  CHECK(due(world, audit, report) == "2027-01-07 17:00 v2");
  CHECK(world.obligation(audit, report).meeting == second.id);
  CHECK(world.open(audit) == Lines{std::string{report}});

  world.run_until("2026-11-04 09:00");
  ok(world.change(What::cancel, second.id));
  world.pass();
  CHECK(due(world, audit, report) == "none v2");
  CHECK_FALSE(world.obligation(audit, report).meeting);
  CHECK(world.open(audit) == Lines{std::string{report}, std::string{set_date}});
  CHECK(due(world, audit, set_date) == "2026-11-11 17:00 v1");
  CHECK(refusal(world.change(What::cancel, second.id)) ==
        "refused: this meeting is cancelled; only a planned one can change");

  ok(world.plan("qa-subgroup", "2027-01-21 14:00"));
  world.pass();
  CHECK(due(world, audit, report) == "2027-01-14 17:00 v3");
  CHECK(world.open(audit) == Lines{std::string{report}});
}

TEST_CASE("an earlier meeting asks, and moves nothing by itself", "[sim][meeting]") {
  CommandWorld world;
  const Meeting bound = ok(world.plan("qa-subgroup", "2026-12-10 14:00"));
  const ItemId audit = world.audit_in_reporting();
  const Meeting earlier = ok(world.plan("qa-subgroup", "2026-12-08 14:00"));
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-03 17:00 v1");

  const auto ask = [&](const Meeting& meeting) {
    std::vector<ObligationId> ids;
    for (const Obligation& o :
         could_rebind(*world.reader(), world.programmes(), world.board(), meeting))
      ids.push_back(o.id);
    return ids;
  };
  const ObligationId owed = world.obligation(audit, report).id;
  CHECK(ask(earlier) == std::vector{owed});
  CHECK(ask(bound).empty());
  // Five working days before this one lie before the anchor: no answer could bind to it.
  const Meeting too_soon = ok(world.plan("qa-subgroup", "2026-11-06 14:00"));
  CHECK(ask(too_soon).empty());
  CHECK(refusal(world.rebind(owed, too_soon.id)) ==
        "refused: this deadline does not wait for a later meeting of that body");
  CHECK(refusal(world.rebind(owed, MeetingId{99})) ==
        "not_found: there is no such planned meeting");

  ok(world.rebind(owed, earlier.id));
  CHECK(due(world, audit, report) == "2026-12-01 17:00 v2");
  CHECK(world.obligation(audit, report).meeting == earlier.id);
  CHECK(world.journal_lines(audit, "rebind") ==
        Lines{"report to the sub-group: from 2026-12-03T17:00:00Z to 2026-12-01T17:00:00Z, because "
              "an earlier meeting was planned"});
  CHECK(ask(earlier).empty());
  world.pass();
  CHECK(due(world, audit, report) == "2026-12-01 17:00 v2");  // the answer holds
}

TEST_CASE("meetings lie ahead when planned, and behind when held", "[sim][meeting]") {
  CommandWorld world;
  CHECK(refusal(world.plan("qa-subgroup", "2026-11-02 09:00")) ==
        "invalid: a meeting begins in the future");
  CHECK(refusal(world.plan("quality", "2026-12-10 14:00")) ==
        "invalid: there is no body “quality” on this board");
  const Meeting meeting = ok(world.plan("qa-subgroup", "2026-11-12 14:00"));
  CHECK(refusal(world.change(What::move, meeting.id, "2026-11-02 08:00")) ==
        "invalid: a meeting begins in the future");
  for (const What what : {What::plan, What::move}) {
    const auto at = [&](const char* start) {
      return refusal(what == What::plan ? world.plan("qa-subgroup", start) : world.change(what, meeting.id, start));
    };
    CHECK(at("2028-11-03 14:00") == "invalid: this lies more than two years ahead; look at the year");
    CHECK(at("2062-11-12 14:00") == "invalid: this lies more than two years ahead; look at the year");
  }
  ok(world.change(What::cancel, ok(world.plan("qa-subgroup", "2028-11-02 09:00")).id));
  CHECK(refusal(world.change(What::hold, meeting.id)) ==
        "refused: this meeting lies ahead; it cannot have been held");
  CHECK(refusal(world.change(What::hold, MeetingId{99})) == "not_found: there is no such meeting");
  const ItemId audit = world.audit_in_reporting();
  world.run_until("2026-11-12 14:00");
  ok(world.change(What::hold, meeting.id));
  world.pass();
  CHECK(due(world, audit, report) == "2026-11-05 17:00 v1");  // due when it was, and late now
  CHECK(world.open(audit) == Lines{std::string{report}});
  CHECK(refusal(world.change(What::cancel, meeting.id)) ==
        "refused: this meeting is held; only a planned one can change");
}

// --- the calendar

TEST_CASE("a closed day moves the deadlines that count it, and no other", "[sim][calendar]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();  // 20wd
  const ItemId other = world.plan_audit();
  const ItemId return_ = world.send_out(other);       // 5wd
  const ItemId concern = world.raise_concern(audit);  // 24h
  CHECK(due(world, audit, "planned") == "2026-11-30 17:00 v1");
  CHECK(due(world, other, "collect the returns") == "2026-12-14 17:00 v1");
  ok(world.close_day("2026-11-10"));
  ok(world.close_day("2026-11-14"));  // a Saturday
  world.pass();
  CHECK(due(world, audit, "planned") == "2026-12-01 17:00 v2");
  CHECK(due(world, other, "collect the returns") == "2026-12-15 17:00 v2");
  CHECK(due(world, return_, "agency notified") == "2026-11-09 17:00 v1");
  CHECK(due(world, concern, "answer the concern") == "2026-11-03 09:00 v1");
  CHECK(world.journal_lines(return_, "moved").empty());
  CHECK(world.journal_lines(concern, "moved").empty());
  CHECK(world.journal_lines(audit, "moved") ==
        Lines{"planned: from 2026-11-30T17:00:00Z to 2026-12-01T17:00:00Z, because 2026-11-10 is "
              "closed and 2026-11-14 is closed"});
  CHECK(world.journal_lines(other, "moved").size() == 1);

  // Open again after all.
  ok(world.close_day("2026-11-10", false));
  world.pass();
  CHECK(due(world, audit, "planned") == "2026-11-30 17:00 v3");
  CHECK(world.journal_lines(audit, "moved").back() ==
        "planned: from 2026-12-01T17:00:00Z to 2026-11-30T17:00:00Z, because 2026-11-10 is open");
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a closed day moves a reminder though the deadline stays", "[sim][calendar]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-27 10:00");
  world.heard();
  // Late is told a working day after the 30th: no longer on 1 December.
  ok(world.close_day("2026-12-01"));
  world.run_until("2026-12-02 10:00");
  CHECK(due(world, audit, "planned") == "2026-11-30 17:00 v1");
  CHECK(world.heard() ==
        Lines{"2026-12-02 09:00 officer late [+1wd]", "2026-12-02 09:00 manager late [+1wd]"});
}

// --- people

TEST_CASE("a new holder hears once of all that is open, and of no old rung", "[sim][people]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId other = world.plan_audit();
  world.run_until("2026-12-02 10:00");
  CHECK(world.heard().size() == 6);  // both audits are late
  const std::string change =
      person("officer", "officer@riverton.example",
             "{ post = \"qa-officer\", from = 2026-01-01, to = 2026-12-02 }") +
      person("newcomer", "newcomer@riverton.example",
             "{ post = \"qa-officer\", from = 2026-12-02 }");
  ok(world.load(change));
  ok(world.load(change));  // once more changes nothing
  world.run_until("2026-12-03 10:00");
  CHECK(world.heard() ==
        Lines{"2026-12-02 10:00 newcomer hand-over", "2026-12-02 10:00 newcomer hand-over"});
  CHECK(world.journal_lines(audit, "hand-over") ==
        Lines{"planned is now with a new holder of post:qa-officer"});
  CHECK(world.journal_lines(other, "hand-over").size() == 1);
  // The next step, a repeat, is theirs.
  world.run_until("2026-12-08 10:00");
  CHECK(world.heard() ==
        Lines{"2026-12-08 09:00 newcomer late [+1wd#1]", "2026-12-08 09:00 newcomer late [+1wd#1]",
              "2026-12-08 09:00 manager late [+1wd#1]", "2026-12-08 09:00 manager late [+1wd#1]"});
}

TEST_CASE("a post that a rung finds empty must be filled", "[sim][people]") {
  CommandWorld world(small_programme_toml, people_without("manager"));
  const ItemId audit = world.plan_audit();
  world.run_until("2026-12-01 10:00");
  CHECK(world.heard() ==
        Lines{"2026-11-26 09:00 officer due-soon [-2wd]", "2026-12-01 09:00 officer late [+1wd]"});
  CHECK(world.open(audit) == Lines{"planned", "name somebody: business-manager"});
  const Obligation vacancy = world.obligation(audit, "name somebody: business-manager");
  CHECK(vacancy.owed_by == "post:administrator");
  CHECK(world.text(vacancy.due_at) == "2026-12-03 17:00");
  CHECK(vacancy.ladder == "chasing");

  // Somebody else's new post does not fill it.
  ok(world.load(person("deputy", "deputy@riverton.example",
                       "{ post = \"administrator\", from = 2026-01-01 }")));
  CHECK(world.obligation(audit, "name somebody: business-manager").is_open());
  world.pass();
  world.heard();
  ok(world.load(person("manager", "manager@riverton.example",
                       "{ post = \"business-manager\", from = 2026-01-01 }")));
  CHECK(world.open(audit) == Lines{"planned"});
  const Obligation filled = world.obligation(audit, "name somebody: business-manager");
  CHECK(filled.closed_by == "somebody named");
  world.run_until("2026-12-08 10:00");
  CHECK(world.heard() ==
        Lines{"2026-12-08 09:00 officer late [+1wd#1]", "2026-12-08 09:00 manager late [+1wd#1]"});
}

TEST_CASE("a rung that nobody would read tells the next one now", "[sim][people]") {
  CommandWorld world(small_programme_toml, people_without("nhs-lead"));
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.run_until("2026-11-03 05:00");
  CHECK(world.heard() == Lines{"2026-11-03 05:00 nhs-director unsafe [0h]"});
  CHECK(world.open(concern) == Lines{"answer the concern", "name somebody: nhs/lead"});
  ok(world.load(
      person("nhs-lead", "lead@nhs.example", "{ post = \"nhs/lead\", from = 2026-01-01 }")));
  world.pass();
  CHECK(world.open(concern) == Lines{"answer the concern"});
  CHECK(world.heard() == Lines{"2026-11-03 05:00 nhs-lead unsafe"});
}

TEST_CASE("one bad row refuses the whole file", "[sim][people]") {
  CommandWorld world;
  const auto before = *world.reader()->load_people();
  CHECK(refusal(world.load(person("newcomer", "newcomer@riverton.example",
                                  "{ post = \"qa-officer\", from = 2026-11-01 }") +
                           person("other", "other@elsewhere.example",
                                  "{ post = \"nhs/lead\", from = 2026-11-01 }"))) ==
        "invalid: row 2: The address is in none of the domains of Riverton NHS Trust "
        "(nhs.example).");
  CHECK(world.reader()->load_people()->persons == before.persons);
  CHECK(world.reader()->load_people()->holdings == before.holdings);
  CHECK(refusal(world.load("")) == "invalid: row 0: The file is empty.");
}

TEST_CASE("one human under two posts gets one mail a rung", "[sim][people]") {
  CommandWorld world;
  ok(world.load(person("officer", "officer@riverton.example",
                       "{ post = \"qa-officer\", from = 2026-01-01 }, "
                       "{ post = \"business-manager\", from = 2026-01-01 }") +
                person("manager", "manager@riverton.example",
                       "{ post = \"business-manager\", from = 2026-01-01, to = 2026-10-01 }")));
  const ItemId audit = world.plan_audit();
  world.run_until("2026-12-01 10:00");
  CHECK(world.heard() ==
        Lines{"2026-11-26 09:00 officer due-soon [-2wd]", "2026-12-01 09:00 officer late [+1wd]"});
  const auto prompts = world.reader()->prompts_of(world.obligation(audit, "planned").id);
  REQUIRE(prompts.size() == 3);
  CHECK(prompts[2].to == "post:business-manager");
  CHECK(prompts[2].state == PromptState::superseded);
  CHECK(prompts[2].why == "the same person was told of this step through another post");
}
