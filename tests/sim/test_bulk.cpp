// One event on many children, or the start of many (S8.1).
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/apply_bulk.hpp"

namespace assured::test {
namespace {

Result<Outcome> all(CommandWorld& world, BulkCommand command) {
  command.board = world.board();
  const auto tx = world.store().begin();
  auto outcome = apply_bulk(*tx, world.programmes(), command, world.now());
  if (outcome) tx->commit();
  return outcome;
}

BulkCommand command_of(CommandWorld& world, ItemId parent, std::string event) {
  BulkCommand command;
  command.parent = parent;
  command.event = std::move(event);
  command.caller = world.caller("officer");
  return command;
}

// Returns of both agencies, each with its auditor.
struct TwoReturns {
  CommandWorld world;
  ItemId audit = world.plan_audit();
  std::vector<ItemId> returns;
  TwoReturns() {
    ok(world.act("officer", audit, "send-out", {{"involved", "nhs,police"}}));
    ItemFilter filter;
    filter.parent = audit;
    for (const Item& item : world.reader()->list_items(filter)) returns.push_back(item.id);
    REQUIRE(returns.size() == 2);
  }
  std::vector<std::string> states() {
    std::vector<std::string> result;
    for (const ItemId id : returns) result.push_back(world.item(id).state);
    return result;
  }
};

TEST_CASE("one event on all children is one command, and its gate is looked at once", "[sim][bulk]") {
  TwoReturns two;
  CommandWorld& world = two.world;
  BulkCommand excuse = command_of(world, two.audit, "excuse");
  excuse.caller = world.caller("chair");
  excuse.kind = "return";
  excuse.states = {"notified"};
  CHECK(refusal(all(world, excuse)) == "refused: row 1 (" + world.item(two.returns[0]).reference +
                                           "): a reason is needed");
  CHECK(two.states() == std::vector<std::string>{"notified", "notified"});
  excuse.reason = "neither was involved";
  const auto rows_before = world.store().verify(world.board()).rows;
  const Outcome done = ok(all(world, excuse));
  CHECK(done.item == two.audit);
  CHECK(world.store().verify(world.board()).rows == rows_before + 1);
  CHECK(two.states() == std::vector<std::string>{"excused", "excused"});
  // Nothing was accepted, so the audit stays where it is: the gate saw both excused.
  CHECK(world.item(two.audit).state == "running");
  CHECK(refusal(all(world, excuse)) == "refused: nothing of that kind and state is below this item");

  // It was done on the audit, and is undone there, whole.
  CHECK_THAT(refusal(world.correct("manager", two.returns[1], "the wrong audit")),
             Catch::StartsWith("refused: there is no event on this item"));
  ok(world.correct("manager", two.audit, "the wrong audit"));
  CHECK(two.states() == std::vector<std::string>{"notified", "notified"});
  CHECK(world.open(two.returns[0]) == std::vector<std::string>{"agency notified"});
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a gate above opens once all rows of one command are done", "[sim][bulk]") {
  TwoReturns two;
  CommandWorld& world = two.world;
  for (const ItemId id : two.returns) {
    const bool nhs = world.item(id).agency == "nhs";
    ok(world.act(nhs ? "nhs-lead" : "police-lead", id, "allocate", {{"no_worker_reason", "nobody"}},
                 {{"auditor", nhs ? "nurse" : "police-lead"}}));
    ok(world.act(nhs ? "nhs-lead" : "police-lead", id, "submit",
                 {{"files_read", "3"}, {"last_involvement", "2026-08-01"}}));
  }
  BulkCommand accept = command_of(world, two.audit, "accept");
  for (const ItemId id : two.returns) accept.rows.push_back({accept.rows.size() + 1, id, {}, {}});
  const Outcome done = ok(all(world, accept));
  CHECK(two.states() == std::vector<std::string>{"accepted", "accepted"});
  CHECK(world.item(two.audit).state == "reporting");
  const auto steps = std::count_if(done.decision.lines.begin(), done.decision.lines.end(),
                                   [](const JournalLine& line) { return line.what == "all-in"; });
  CHECK(steps == 1);
}

TEST_CASE("rows of a table start children, all or none", "[sim][bulk]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  BulkCommand import = command_of(world, audit, "raise-concern");
  import.rows = {{2, {}, {{"about", "nhs"}}, {}}, {3, {}, {{"about", "police"}}, {}}, {4, {}, {}, {}}};
  CHECK_THAT(refusal(all(world, import)), Catch::StartsWith("refused: row 4: "));
  CHECK(world.reader()->list_items({}).size() == 1);
  import.rows.pop_back();
  CHECK(ok(all(world, import)).created.size() == 2);
  // What is said for all fills what a row leaves out.
  import.rows = {{2, {}, {}, {}}, {3, {}, {{"about", "police"}}, {}}};
  import.fields = {{"about", "nhs"}};
  const Outcome done = ok(all(world, import));
  REQUIRE(done.created.size() == 2);
  CHECK(world.item(done.created[0]).agency != world.item(done.created[1]).agency);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a bulk command names the row that is wrong", "[sim][bulk]") {
  TwoReturns two;
  CommandWorld& world = two.world;
  const ItemId other = world.plan_audit();
  BulkCommand excuse = command_of(world, two.audit, "excuse");
  excuse.reason = "not involved";
  const auto with = [&](std::vector<BulkCommand::Row> rows) {
    excuse.rows = std::move(rows);
    return all(world, excuse);
  };
  const auto elsewhere = with({{1, two.returns[0], {}, {}}, {2, other, {}, {}}});
  CHECK(refusal(elsewhere) == "not_found: row 2: there is no such item below this one");
  CHECK(elsewhere.error().field == "rows[2].item");
  CHECK(refusal(with({{1, two.returns[0], {}, {}}, {2, two.returns[0], {}, {}}})) ==
        "invalid: row 2 (" + world.item(two.returns[0]).reference + "): this item has a row already");
  const auto field = with({{1, two.returns[0], {{"colour", "red"}}, {}}});
  CHECK(field.error().field == "rows[1].colour");
  CHECK(refusal(with({{1, {}, {}, {}}})) ==
        "not_found: row 1: “excuse” is nothing that can be done to “audit”");
  CHECK_THAT(refusal(with({{1, two.returns[0], {}, {}}})), Catch::StartsWith("forbidden: row 1 ("));
  excuse.event = "withdraw";
  CHECK(refusal(with({{1, {}, {}, {}}})) == "invalid: row 1: “withdraw” starts nothing below this item");
  excuse.event = "correct";
  CHECK_THAT(refusal(with({{1, two.returns[0], {}, {}}})), Catch::StartsWith("invalid: correct the item itself"));
  excuse.event = "excuse";
  excuse.expected_version = 1;
  CHECK_THAT(refusal(with({{1, two.returns[0], {}, {}}})), Catch::StartsWith("conflict: "));
  CHECK(two.states() == std::vector<std::string>{"notified", "notified"});
}

TEST_CASE("children that the caller may not see are no rows", "[sim][bulk]") {
  TwoReturns two;
  CommandWorld& world = two.world;
  const ItemId hidden = two.returns[0];
  BulkCommand excuse = command_of(world, two.audit, "excuse");
  excuse.caller = world.caller("chair");
  excuse.reason = "not involved";
  excuse.may_see = [&](const Item& item) { return item.id != hidden; };
  excuse.rows = {{1, hidden, {}, {}}};
  CHECK(refusal(all(world, excuse)) == "not_found: row 1: there is no such item below this one");
  excuse.rows.clear();
  excuse.kind = "return";
  ok(all(world, excuse));
  CHECK(two.states() == std::vector<std::string>{"notified", "excused"});
  CHECK(refusal(all(world, [&] {
          BulkCommand none = excuse;
          none.may_see = [](const Item&) { return false; };
          return none;
        }())) == "refused: nothing of that kind and state is below this item");
}

}  // namespace
}  // namespace assured::test
