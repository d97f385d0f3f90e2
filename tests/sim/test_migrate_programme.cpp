// Items that move to another version of their programme (S1.2): what they owe goes on.
#include <fmt/format.h>

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

namespace assured::test {
namespace {

const std::string small{small_programme_toml};

std::vector<std::string> whys(const MigrationPlan& plan) {
  std::vector<std::string> result;
  for (const Hindrance& hindrance : plan.hindrances) result.push_back(hindrance.why);
  return result;
}

// Every row of the board, as far as a migration could change it.
std::vector<std::pair<Item, std::vector<Obligation>>> rows(CommandWorld& world) {
  std::vector<std::pair<Item, std::vector<Obligation>>> result;
  for (const Item& item : world.reader()->list_items({}))
    result.emplace_back(item, world.reader()->obligations_of(item.id));
  return result;
}

// The ladder of returns with a reminder two days before, and nothing after the first escalation.
std::string with_other_ladder() {
  return replaced(replaced(small,
                           "[[ladder.returns.rung]]\nat = \"-5wd\"\nto = [\"owner\"]\n"
                           "template = \"due-soon\"\n",
                           "[[ladder.returns.rung]]\nat = \"-5wd\"\nto = [\"owner\"]\n"
                           "template = \"due-soon\"\n"
                           "[[ladder.returns.rung]]\nat = \"-2wd\"\nto = [\"owner\"]\n"
                           "template = \"due-soon\"\n"),
                  "[[ladder.returns.rung]]\nat = \"+5wd\"\nto = [\"owner.above2\", "
                  "\"board:qa-officer\"]\n",
                  "[[ladder.returns.rung]]\nat = \"+3wd\"\nto = [\"owner.above2\", "
                  "\"board:qa-officer\"]\n");
}

std::string without_first_escalation() {
  return replaced(small,
                  "[[ladder.returns.rung]]\nat = \"+1wd\"\nto = [\"owner\", \"agency:lead\"]\n"
                  "template = \"late\"\n",
                  "");
}

TEST_CASE("a change that an item does not notice keeps everything that is owed", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  const auto acknowledged = world.obligation(return_, "return the audit");
  ok(world.acknowledge(world.caller("nurse"), acknowledged.id, "2d"));
  const auto before = world.obligation(return_, "return the audit");
  world.replace_programme(replaced(small, "title = \"Ask the agencies\"\n", "title = \"Ask\"\n"),
                          "second");
  const auto plan = world.migrate(audit);
  CHECK(whys(plan).empty());
  CHECK(plan.decision.items.size() == 2);
  CHECK(plan.decision.obligations.empty());
  for (const ItemId id : {audit, return_}) CHECK(world.item(id).programme == "second");
  CHECK(world.obligation(return_, "return the audit") == before);
  CHECK(world.journal_lines(return_, "migrate-programme") ==
        std::vector<std::string>{
            "from definition small in “allocated” to second in “allocated”"});
  CHECK(world.store().verify(world.board()).faults.empty());
  // Again there is nothing left to do.
  CHECK(world.migrate(audit).decision.items.empty());
  CHECK(list_roots_behind(*world.reader(), "second").empty());
}

TEST_CASE("what was disposed of hinders no move", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  {
    const auto tx = world.store().begin();
    BoardWriter& writer = tx->board(world.board());
    Decision closed;
    for (const Obligation& was : writer.list_obligations({})) {
      Obligation now = was;
      now.closed_at = world.now();
      now.next_at = std::nullopt;
      closed.obligations.push_back({was, now});
    }
    for (const Prompt& was : writer.list_prompts(100, {})) {
      Prompt now = was;
      now.state = PromptState::superseded;
      closed.prompts.push_back({was, now});
    }
    writer.write({}, closed, world.now());
    REQUIRE(writer.dispose({}, audit, world.now()));
    tx->commit();
  }
  world.replace_programme(replaced(small, "title = \"Ask the agencies\"\n", "title = \"Ask\"\n"),
                          "second");
  CHECK(whys(world.migrate(audit)).empty());
  CHECK(world.item(audit).state == disposed_state);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a new item begins with the new definition; a child stays with its parent's", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.replace_programme(replaced(small, "title = \"Ask the agencies\"\n", "title = \"Ask\"\n"),
                          "second");
  CHECK(world.item(world.send_out(audit)).programme == "small");
  CHECK(world.item(world.plan_audit()).programme == "second");
  CHECK(list_roots_behind(*world.reader(), "second") == std::vector<ItemId>{audit});
}

TEST_CASE("a new concern begins with the new definition, whatever its audit is on", "[sim]") {
  const std::string first = replaced(small, "agency_from = \"about\"\n[kind.concern.start]",
                                     "agency_from = \"about\"\nalways_current = true\n"
                                     "[kind.concern.start]");
  CommandWorld world(first);
  const ItemId audit = world.plan_audit();
  const ItemId before = world.raise_concern(audit);
  world.heard();
  // The board has mended its rules since: half the time, and a ladder of another name.
  std::string mended = replaced(first, "due = { after = \"24h\", from = \"entry\" }",
                                "due = { after = \"12h\", from = \"entry\" }");
  for (auto at = mended.find("unsafe.rung"); at != std::string::npos; at = mended.find("unsafe.rung"))
    mended.replace(at, 6, "danger");
  mended = replaced(mended, "[ladder.unsafe]", "[ladder.danger]");
  mended = replaced(mended, "ladder = \"unsafe\"", "ladder = \"danger\"");
  world.replace_programme(mended, "second");
  const ItemId after = world.raise_concern(audit);
  CHECK(world.item(before).programme == "small");
  CHECK(world.item(after).programme == "second");
  CHECK(world.item(audit).programme == "small");
  CHECK(world.text(world.obligation(before, "answer the concern").due_at) == "2026-11-03 09:00");
  CHECK(world.text(world.obligation(after, "answer the concern").due_at) == "2026-11-02 21:00");
  // Both ladders run beside one another, and each concern ends by its own rules.
  world.run_until("2026-11-02 21:00");
  CHECK(world.heard() == std::vector<std::string>{"2026-11-02 17:00 nhs-lead unsafe [-4h]",
                                                  "2026-11-02 21:00 nhs-lead unsafe [0h]",
                                                  "2026-11-02 21:00 nhs-director unsafe [0h]"});
  ok(world.act("nhs-lead", after, "answer"));
  ok(world.act("nhs-lead", before, "answer"));
  CHECK(world.open(before).empty());
  CHECK(world.open(after).empty());
  // The audit goes on under the definition that it began with.
  const ItemId return_ = world.send_out(audit);
  CHECK(world.item(return_).programme == "small");
  world.allocate(return_);
  world.accept(return_);
  CHECK(world.item(audit).state == "reporting");
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("another due rule moves the date, and says why", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);  // due 20wd after 2 November: 30 November
  world.run_until("2026-11-24 12:00");
  CHECK(world.heard() == std::vector<std::string>{"2026-11-23 09:00 nhs-lead due-soon [-5wd]"});
  world.replace_programme(
      replaced(small, "due = { after = \"20wd\", from = \"entry\" }\ndue_again",
               "due = { after = \"25wd\", from = \"entry\" }\ndue_again"),
      "second");
  const auto before = world.obligation(return_, "return the audit");
  REQUIRE(whys(world.migrate(audit)).empty());
  const auto after = world.obligation(return_, "return the audit");
  CHECK(after.id == before.id);
  CHECK(after.round == before.round);
  CHECK(after.fired == before.fired);
  CHECK(after.due_version == before.due_version + 1);
  CHECK(world.text(before.due_at) == "2026-11-30 17:00");
  CHECK(world.text(after.due_at) == "2026-12-07 17:00");
  CHECK(after.first_due_at == before.first_due_at);
  CHECK(world.journal_lines(return_, "migrate-programme").back() ==
        "return the audit: from 2026-11-30T17:00:00Z to 2026-12-07T17:00:00Z, because "
        "migration");
  // S5.2: the same rung fires for the new date.
  world.run_until("2026-12-01 00:00");
  CHECK(world.heard() == std::vector<std::string>{"2026-11-30 09:00 nhs-lead due-soon [-5wd]"});
}

TEST_CASE("another ladder: what lies ahead fires, what is past does not", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);  // due on 30 November
  world.run_until("2026-11-24 12:00");
  CHECK(world.heard() == std::vector<std::string>{"2026-11-23 09:00 nhs-lead due-soon [-5wd]"});

  SECTION("a step between two of the old") {
    world.replace_programme(with_other_ladder(), "second");
    REQUIRE(whys(world.migrate(audit)).empty());
    world.run_until("2026-12-03 12:00");
    CHECK(world.heard() == std::vector<std::string>{"2026-11-26 09:00 nhs-lead due-soon [-2wd]",
                                                    "2026-12-01 09:00 nhs-lead late [+1wd]",
                                                    "2026-12-03 09:00 chair late [+3wd]",
                                                    "2026-12-03 09:00 officer late [+3wd]"});
  }
  SECTION("a step that fired under a number that is another one now") {
    world.run_until("2026-12-01 12:00");
    world.heard();
    world.replace_programme(with_other_ladder(), "second");
    REQUIRE(whys(world.migrate(audit)).empty());
    const auto moved = world.obligation(return_, "return the audit");
    CHECK(world.text(moved.due_at) == "2026-11-30 17:00");
    world.run_until("2026-12-03 12:00");
    CHECK(world.heard() == std::vector<std::string>{"2026-12-03 09:00 chair late [+3wd]",
                                                    "2026-12-03 09:00 officer late [+3wd]"});
    CHECK(world.store().verify(world.board()).faults.empty());
  }
  SECTION("a step that takes the number of one that fired") {
    world.run_until("2026-12-02 12:00");
    CHECK(world.heard() == std::vector<std::string>{"2026-12-01 09:00 nhs-lead late [+1wd]"});
    world.replace_programme(without_first_escalation(), "second");
    REQUIRE(whys(world.migrate(audit)).empty());
    world.run_until("2026-12-07 12:00");
    CHECK(world.heard() == std::vector<std::string>{"2026-12-07 09:00 chair late [+5wd]",
                                                    "2026-12-07 09:00 officer late [+5wd]"});
  }
  SECTION("a step that repeats goes on in its own time") {
    world.run_until("2026-12-08 12:00");  // +5wd on 7 December, then every five days
    CHECK(world.heard().back() == "2026-12-07 09:00 officer late [+5wd]");
    world.replace_programme(without_first_escalation(), "second");
    REQUIRE(whys(world.migrate(audit)).empty());
    world.run_until("2026-12-15 12:00");
    std::vector<std::string> heard = world.heard();
    std::erase_if(heard, [](const std::string& line) { return line.find("[+5wd") == line.npos; });
    CHECK(heard == std::vector<std::string>{"2026-12-14 09:00 chair late [+5wd#1]",
                                            "2026-12-14 09:00 officer late [+5wd#1]"});
  }
}

TEST_CASE("what is about to be sent is sent first", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  world.run_until("2026-11-22 12:00");
  world.set_clock("2026-11-23 09:30");  // the reminder of 09:00 was not fired yet
  world.replace_programme(with_other_ladder(), "second");
  CHECK(whys(world.migrate(audit)) ==
        std::vector<std::string>{"“return the audit” has something to send that is due or on its "
                                 "way; let the service send it, and try again"});
  CHECK(world.item(audit).programme == "small");
  world.pass();
  CHECK(whys(world.migrate(audit)).empty());
  CHECK(world.heard() == std::vector<std::string>{"2026-11-23 09:30 nhs-lead due-soon [-5wd]"});
}

TEST_CASE("a duty that is gone ends, one that is new begins", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  CHECK(world.open(audit) == std::vector<std::string>{"collect the returns"});
  world.run_until("2026-11-04 12:00");
  world.heard();
  world.replace_programme(
      replaced(replaced(small, "name = \"collect the returns\"", "name = \"gather the returns\""),
               "due = { after = \"30wd\", from = \"entry\" }",
               "due = { after = \"10wd\", from = \"entry\" }"),
      "second");
  REQUIRE(whys(world.migrate(audit)).empty());
  CHECK(world.open(audit) == std::vector<std::string>{"gather the returns"});
  CHECK(world.obligation(audit, "collect the returns").closed_by == "migration");
  CHECK(world.text(world.obligation(audit, "gather the returns").due_at) == "2026-11-16 17:00");
  CHECK(world.open(return_).size() == 1);  // its own is as it was
  world.run_until("2026-11-17 12:00");
  const auto heard = world.heard();
  CHECK(std::count(heard.begin(), heard.end(), "2026-11-12 09:00 officer due-soon [-2wd]") == 1);
  CHECK(std::count(heard.begin(), heard.end(), "2026-11-17 09:00 officer late [+1wd]") == 1);
}

TEST_CASE("a new duty that is late from its first day is told of once, at once", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.send_out(audit);
  world.run_until("2026-11-27 12:00");
  world.heard();
  world.replace_programme(
      replaced(replaced(small, "name = \"collect the returns\"", "name = \"gather the returns\""),
               "due = { after = \"30wd\", from = \"entry\" }",
               "due = { after = \"10wd\", from = \"entry\" }"),
      "second");
  REQUIRE(whys(world.migrate(audit)).empty());
  world.run_until("2026-11-28 12:00");
  CHECK(world.heard() == std::vector<std::string>{"2026-11-27 12:00 officer late [+1wd]",
                                                  "2026-11-27 12:00 manager late [+1wd]"});
}

TEST_CASE("what was done in a state is not asked for again", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.audit_in_reporting();
  const auto before = rows(world);
  world.replace_programme(replaced(small, "title = \"Ask the agencies\"\n", "title = \"Ask\"\n"),
                          "second");
  REQUIRE(whys(world.migrate(audit)).empty());
  const auto after = rows(world);
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].second == before[i].second);
}

TEST_CASE("family A keeps its date where the new one would be later, and never loses it",
          "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId concern = world.raise_concern(audit);
  const auto before = world.obligation(concern, "answer the concern");
  const auto with_due = [&](std::string_view due) {
    return replaced(small, "due = { after = \"24h\", from = \"entry\" }",
                    fmt::format("due = {{ after = \"{}\", from = \"entry\" }}", due));
  };
  world.replace_programme(with_due("48h"), "later");
  REQUIRE(whys(world.migrate(audit)).empty());
  auto after = world.obligation(concern, "answer the concern");
  CHECK(after == before);
  CHECK(world.journal_lines(concern, "migrate-programme").back() ==
        "answer the concern stays due 2026-11-03T09:00:00Z: it is about immediate risk");

  world.replace_programme(with_due("12h"), "earlier");
  REQUIRE(whys(world.migrate(audit)).empty());
  after = world.obligation(concern, "answer the concern");
  CHECK(after.id == before.id);
  CHECK(world.text(after.due_at) == "2026-11-02 21:00");

  world.replace_programme(
      replaced(with_due("12h"), "name = \"answer the concern\"", "name = \"say what was done\""),
      "gone");
  CHECK(whys(world.migrate(audit)) ==
        std::vector<std::string>{"“answer the concern” is about immediate risk and open, and the "
                                 "new definition would end it"});
  CHECK(world.obligation(concern, "answer the concern") == after);
}

TEST_CASE("an item whose state has no namesake holds back its whole tree until it is mapped",
          "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  const auto before = rows(world);
  std::string renamed = small;
  for (auto at = renamed.find("\"allocated\""); at != std::string::npos;
       at = renamed.find("\"allocated\""))
    renamed.replace(at, 11, "\"named\"");
  renamed = replaced(renamed, "state.allocated]", "state.named]");
  renamed = replaced(renamed, "state:allocated", "state:named");
  world.replace_programme(renamed, "second");
  const auto plan = world.migrate(audit);
  CHECK(whys(plan) ==
        std::vector<std::string>{"a return has no state “allocated” in the new definition; say "
                                 "which one stands for “allocated”: return.allocated=STATE"});
  CHECK(plan.hindrances.front().item == return_);
  CHECK(rows(world) == before);

  CHECK(whys(world.migrate(audit, {{{"return", "allocated"}, "accepted"}})) ==
        std::vector<std::string>{"“allocated” is not final and “accepted” is final; a migration "
                                 "neither finishes nor reopens"});
  const auto owed = world.obligation(return_, "return the audit");
  REQUIRE(whys(world.migrate(audit, {{{"return", "allocated"}, "named"}})).empty());
  CHECK(world.item(return_).state == "named");
  CHECK(world.item(return_).entered_at == before[1].first.entered_at);
  CHECK(world.obligation(return_, "return the audit") == owed);
  ok(world.act("nurse", return_, "submit", {{"files_read", "3"}, {"last_involvement", "2026-09-01"}}));
}

TEST_CASE("a state that is called otherwise keeps its deadline", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const auto before = world.obligation(audit, "planned");
  world.replace_programme(replaced(small, "title = \"Planned\"", "title = \"Still planned\""),
                          "second");
  REQUIRE(whys(world.migrate(audit)).empty());
  const auto after = world.obligation(audit, "still planned");
  CHECK(after.id == before.id);
  CHECK(after.due_at == before.due_at);
  CHECK(after.due_version == before.due_version);
  CHECK(world.open(audit) == std::vector<std::string>{"still planned"});
}

TEST_CASE("fields keep their values and their protection", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const auto field = [](std::string_view type, std::string_view field_class) {
    return replaced(small, "name = \"theme\"\ntype = \"text\"\nclass = \"internal\"",
                    fmt::format("name = \"theme\"\ntype = \"{}\"\nclass = \"{}\"", type,
                                field_class));
  };
  world.replace_programme(field("number", "internal"), "number");
  CHECK(whys(world.migrate(audit)) ==
        std::vector<std::string>{
            "what its field “theme” holds is no number of the new definition"});
  world.replace_programme(field("text", "public"), "public");
  CHECK(whys(world.migrate(audit)) ==
        std::vector<std::string>{"its field “theme” is internal and would become public; what was "
                                 "typed keeps its protection, so leave the class as it is"});
  world.replace_programme(field("text", "protected"), "protected");
  REQUIRE(whys(world.migrate(audit)).empty());
  CHECK(world.item(audit).fields.at("theme").field_class() == FieldClass::protected_);
  CHECK(world.store().verify(world.board()).faults.empty());

  std::string without = replaced(small, "[[kind.audit.field]]\nname = \"theme\"", "[[kind.audit.field]]\nname = \"topic\"");
  without = replaced(without, "takes = [\"theme\", \"area\"", "takes = [\"topic\", \"area\"");
  without = replaced(without, "{ field = \"theme\" }", "{ field = \"topic\" }");
  world.replace_programme(without, "without");
  CHECK(whys(world.migrate(audit)) ==
        std::vector<std::string>{"its field “theme” is not in the new definition"});
}

TEST_CASE("what was done before a migration cannot be corrected after it", "[sim]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  world.replace_programme(replaced(small, "title = \"Ask the agencies\"\n", "title = \"Ask\"\n"),
                          "second");
  REQUIRE(whys(world.migrate(audit)).empty());
  CHECK(refusal(world.correct("officer", audit)) ==
        "refused: it was moved to another version of the programme since; what was done before "
        "cannot be corrected any more");
  CHECK(refusal(world.correct("officer", return_)) ==
        "conflict: something else has happened since; it cannot be undone any more");
}

}  // namespace
}  // namespace assured::test
