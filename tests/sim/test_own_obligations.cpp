// Obligations that the engine opens by itself: for a post that nobody holds, a date that nobody has
// set, mail that the detectors held (S3.5, S7.3, S12.4).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

const std::string vacancy = "name somebody: business-manager";
const std::string set_date = "set the next date: qa-subgroup";

// The post above the one that owes an audit is empty until `person()` is loaded.
std::string nobody_manages() {
  std::string all = small_people();
  const auto from = all.find("[[person]]\nid = \"manager\"");
  return all.erase(from, all.find("[[person]]", from + 1) - from);
}

constexpr std::string_view manager =
    "[[person]]\nid = \"manager\"\nname = \"manager\"\nmail = \"manager@riverton.example\"\n"
    "posts = [{ post = \"business-manager\", from = 2026-01-01 }]\n";

// The officer may withdraw an audit, so that one can end while nobody manages.
std::string officer_withdraws() {
  return replaced(std::string{small_programme_toml},
                  "event = \"withdraw\"\nto = \"closed\"\nby = [\"board:business-manager\"]",
                  "event = \"withdraw\"\nto = \"closed\"\nby = [\"board:qa-officer\"]");
}

// While an audit runs, two papers wait for the sub-group; each is done by an event of its own.
std::string two_papers() {
  std::string more;
  for (const std::string paper : {"minutes", "agenda"})
    more += R"([[kind.audit.obligation]]
name = ")" + paper + R"("
owed_by = "board:qa-officer"
opens_on = ["state:running"]
closes_on = ["event:)" + paper + R"(-done", "state:reporting"]
due = { at = "next qa-subgroup - 5wd", from = "entry" }
source = "local policy, to be confirmed"
family = "C"
ladder = "chasing"
[[kind.audit.transition]]
from = ["running"]
event = ")" + paper + R"(-done"
by = ["board:qa-officer"]
)";
  const std::string before = "[[kind.audit.transition]]\nfrom = [\"planned\"]\n";
  return replaced(std::string{small_programme_toml}, before, more + before);
}

}  // namespace

// --- name somebody

TEST_CASE("a vacant post is asked for once, whichever items find it empty", "[sim][vacancy]") {
  CommandWorld world(small_programme_toml, nobody_manages());
  const ItemId first = world.plan_audit();
  world.set_clock("2026-11-02 09:10");
  const ItemId second = world.plan_audit();
  world.run_until("2026-12-01 10:00");
  CHECK(world.open(first) == Lines{"planned", vacancy});
  CHECK(world.open(second) == Lines{"planned"});
  CHECK(world.reader()->open_vacancies() == Lines{vacancy});
  const auto& establishment = world.programmes().get_board(world.board()).current->establishment;
  CHECK(title_of(vacancy, establishment) == "name somebody: Business manager");
  CHECK(title_of(set_date, establishment) == "set the next date: Quality Assurance Sub-Group");
  for (const std::string other : {"planned", "name somebody: nobody is named", "name somebody", "set the next date: x"})
    CHECK(title_of(other, establishment) == other);

  ok(world.load(manager));
  CHECK(world.open(first) == Lines{"planned"});
  CHECK(world.reader()->open_vacancies().empty());
}

TEST_CASE("mail about a vacant post says its title", "[sim][vacancy]") {
  CommandWorld world(small_programme_toml, nobody_manages());
  world.plan_audit();
  world.run_until("2026-12-10 10:00");
  const auto told = std::count_if(
      world.relay.accepted.begin(), world.relay.accepted.end(),
      [](const Outgoing& mail) { return mail.bytes.find("name somebody: Business manager") != std::string::npos; });
  CHECK(told > 0);
  for (const Outgoing& mail : world.relay.accepted) CHECK(mail.bytes.find("somebody: business-manager") == std::string::npos);
}

TEST_CASE("a post still vacant when its item ends is asked for by another's next rung",
          "[sim][vacancy]") {
  CommandWorld world(officer_withdraws(), nobody_manages());
  const ItemId first = world.plan_audit();
  const ItemId second = world.plan_audit();
  world.run_until("2026-12-02 10:00");
  REQUIRE(world.open(first) == Lines{"planned", vacancy});
  ok(world.act("officer", first, "withdraw", {}, {}, "no longer needed"));
  CHECK(world.open(first).empty());
  world.run_until("2026-12-08 08:59");
  CHECK(world.open(second) == Lines{"planned"});
  world.run_until("2026-12-08 09:00");
  CHECK(world.open(second) == Lines{"planned", vacancy});
}

TEST_CASE("a correction gives a vacancy back where the post is still asked for by nobody",
          "[sim][vacancy]") {
  CommandWorld world(officer_withdraws(), nobody_manages());
  const ItemId first = world.plan_audit();
  const ItemId second = world.plan_audit();
  world.run_until("2026-12-07 16:00");
  ok(world.act("officer", first, "withdraw", {}, {}, "no longer needed"));
  SECTION("nothing happened since") {
    ok(world.correct("officer", first));
    CHECK(world.open(first) == Lines{"planned", vacancy});
  }
  SECTION("another item asks for it by now") {
    world.run_until("2026-12-08 10:00");
    REQUIRE(world.open(second) == Lines{"planned", vacancy});
    ok(world.correct("officer", first));
    world.run_until("2026-12-08 11:00");
    CHECK(world.open(first) == Lines{"planned"});
    CHECK(world.open(second) == Lines{"planned", vacancy});
  }
  SECTION("the post has somebody by now") {
    ok(world.load(manager));
    ok(world.correct("officer", first));
    CHECK(world.open(first) == Lines{"planned"});
  }
  CHECK(world.store().verify(world.board()).faults.empty());
}

// --- set the next date

TEST_CASE("a date is owed until the last that waits for it is done", "[sim][meeting]") {
  CommandWorld world(two_papers());
  const ItemId audit = world.plan_audit();
  world.send_out(audit);
  REQUIRE(world.obligation(audit, set_date).is_open());
  const ObligationId owed = world.obligation(audit, set_date).id;
  ok(world.act("officer", audit, "minutes-done"));
  CHECK(world.obligation(audit, set_date).id == owed);
  CHECK(world.obligation(audit, set_date).is_open());

  world.set_clock("2026-11-03 09:00");
  ok(world.act("officer", audit, "agenda-done"));
  const Obligation ended = world.obligation(audit, set_date);
  CHECK(ended.closed_by == "nothing waits for it");
  CHECK(world.text(ended.closed_at) == "2026-11-03 09:00");
  CHECK(world.open(audit) == Lines{"collect the returns"});
  CHECK(world.journal_lines(audit, "agenda-done").back() ==
        "set the next date: qa-subgroup (round 1) by nothing waits for it");

  ok(world.correct("officer", audit));
  CHECK(world.obligation(audit, set_date).is_open());
  CHECK(world.obligation(audit, "agenda").is_open());
}

TEST_CASE("a date that something else waits for at once stays owed as it was", "[sim][meeting]") {
  CommandWorld world(two_papers());
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  const Obligation owed = world.obligation(audit, set_date);
  world.allocate(return_);
  world.set_clock("2026-11-04 09:00");
  world.accept(return_);  // both papers close; the report to the sub-group opens
  REQUIRE(world.open(audit).size() == 2);
  CHECK(world.obligation(audit, set_date) == owed);  // its round, due date and rungs
}

// --- look at held mail

TEST_CASE("mail that was held is looked at by the board team, once an item", "[sim][held]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const auto hold = [&] {
    const auto tx = world.store().begin();
    BoardWriter& writer = tx->board(world.board());
    const Item item = *writer.find_item(audit);
    Facts facts = load_facts(writer, world.rules(), item, FactsNeeded{});
    facts.ids = writer.take_ids();
    Decision decision = decide_held(world.rules(), item, facts, "may hold a date of birth",
                                    world.now());
    if (decision.obligations.empty()) return decision;
    JournalHead head;
    head.actor = "system";
    head.kind = "held";
    head.item = audit;
    head.occurred_at = world.now();
    writer.write(head, decision, world.now());
    tx->commit();
    return decision;
  };
  hold();
  CHECK(world.open(audit) == Lines{"planned", std::string{look_at_held}});
  const Obligation owed = world.obligation(audit, look_at_held);
  CHECK(owed.owed_by == "post:administrator");
  CHECK(world.text(owed.due_at) == "2026-11-04 17:00");
  CHECK(owed.ladder == "chasing");
  CHECK(world.journal_lines(audit, "held").front() == "may hold a date of birth");
  CHECK(hold().obligations.empty());  // it is open already

  {
    const auto tx = world.store().begin();
    BoardWriter& writer = tx->board(world.board());
    JournalHead head;
    head.actor = "system";
    head.kind = "released";
    head.item = audit;
    head.occurred_at = world.now();
    writer.write(head,
                 decide_close(world.rules(), *writer.find_item(audit), owed, "nothing is held",
                              world.now()),
                 world.now());
    tx->commit();
  }
  CHECK(world.open(audit) == Lines{"planned"});
  CHECK(world.obligation(audit, look_at_held).closed_by == "nothing is held");
  hold();
  CHECK(world.obligation(audit, look_at_held).round == 2);
  CHECK(world.store().verify(world.board()).faults.empty());
}
