// Items on several definitions at once: which of them an event is decided by, and what is loaded for
// it (S1.2).
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

namespace assured::test {
namespace {

const std::string first =
    replaced(std::string{small_programme_toml}, "agency_from = \"about\"\n[kind.concern.start]",
             "agency_from = \"about\"\nalways_current = true\n[kind.concern.start]");

std::vector<std::string> offered(CommandWorld& world, ItemId id) {
  const auto programmes = world.current_programmes().get();
  const Item item = world.item(id);
  const Rules rules = programmes->rules(programmes->get_board(world.board()), item.programme);
  const auto reader = world.reader();
  FactsNeeded needed;
  for (const char* event : {"send-out", "withdraw"}) {
    Event asked;
    asked.name = event;
    const FactsNeeded more = facts_needed(rules, &item, {}, asked);
    needed.counts.insert(needed.counts.end(), more.counts.begin(), more.counts.end());
  }
  const Facts facts = load_facts(*reader, rules, item, needed);
  std::vector<std::string> events;
  for (const Offer& offer : list_offers(rules, item, facts, world.now()))
    events.push_back(offer.event);
  return events;
}

TEST_CASE("a concern begins by its present name, on an audit of before the name changed", "[sim]") {
  CommandWorld world(first);
  const ItemId audit = world.plan_audit();
  world.replace_programme(replaced(first, "event = \"raise-concern\"", "event = \"tell-us\""), "second");
  CHECK(offered(world, audit) == std::vector<std::string>{"send-out", "withdraw", "tell-us"});
  CHECK(refusal(world.act("officer", audit, "raise-concern", {{"about", "nhs"}})) ==
        "not_found: “raise-concern” is no longer how anything begins here; what can begin now: tell-us");
  const auto told = ok(world.act("officer", audit, "tell-us", {{"about", "nhs"}}));
  CHECK(world.item(told.item).programme == "second");
  CHECK(world.item(audit).programme == "small");
}

TEST_CASE("a state that only the older definition knows keeps no concern from being raised", "[sim]") {
  const auto limited = [](std::string_view states) {
    return replaced(first, "[kind.concern.start]\nevent = \"raise-concern\"\n",
                    "[kind.concern.start]\nevent = \"raise-concern\"\nparent_in = [" +
                        std::string{states} + "]\n");
  };
  CommandWorld world(limited("\"planned\", \"running\""));
  const ItemId audit = world.plan_audit();
  // Renamed throughout: what is running stays in a state that the current definition has not.
  std::string renamed = limited("\"scoping\", \"running\"");
  renamed = replaced(renamed, "initial = \"planned\"", "initial = \"scoping\"");
  renamed = replaced(renamed, "[kind.audit.state.planned]", "[kind.audit.state.scoping]");
  renamed = replaced(renamed, "from = [\"planned\"]", "from = [\"scoping\"]");
  world.replace_programme(renamed, "second");
  CHECK(world.item(world.raise_concern(audit)).programme == "second");
  // Where the current definition knows the state, it is the one that says whether.
  const ItemId later = world.plan_audit();
  ok(world.act("manager", later, "withdraw", {}, {}, "not this year"));
  CHECK(refusal(world.act("officer", later, "raise-concern", {{"about", "nhs"}})) ==
        "refused: “raise-concern” is too early or too late here");
}

TEST_CASE("where the current definition has no concerns, those of the audit's own begin", "[sim]") {
  CommandWorld world(first);
  const ItemId audit = world.plan_audit();
  std::string renamed = first;
  const auto rename = [&renamed](std::string_view was, std::string_view now) {
    for (auto at = renamed.find(was); at != std::string::npos; at = renamed.find(was, at + now.size()))
      renamed.replace(at, was.size(), now);
  };
  rename("kind.audit", "kind.review");
  rename("parent = \"audit\"", "parent = \"review\"");
  world.replace_programme(renamed, "second");
  CHECK(world.item(world.raise_concern(audit)).programme == "small");
}

TEST_CASE("a newer concern's date moves with its older audit's", "[sim]") {
  const std::string movable = replaced(
      first, "[kind.return]\n",
      "[[kind.audit.transition]]\nfrom = [\"planned\"]\nevent = \"move\"\nby = [\"board:qa-officer\"]\n"
      "takes = [\"held_on\"]\n[kind.return]\n");
  CommandWorld world(movable);
  const ItemId audit = world.plan_audit();
  const ItemId older = world.raise_concern(audit);
  world.replace_programme(
      replaced(movable, "[kind.concern.state.raised]\n",
               "[[kind.concern.obligation]]\nname = \"speak on it\"\nowed_by = \"agency:lead\"\n"
               "opens_on = [\"state:raised\"]\ncloses_on = [\"event:answer\"]\n"
               "due = { after = \"2wd\", from = \"parent.held_on\" }\nfamily = \"C\"\n"
               "source = \"local policy, to be confirmed\"\nladder = \"chasing\"\n"
               "[kind.concern.state.raised]\n"),
      "second");
  const ItemId newer = world.raise_concern(audit);
  ok(world.act("officer", audit, "move", {{"held_on", "2026-11-16"}}));
  CHECK(world.text(world.obligation(newer, "speak on it").due_at) == "2026-11-18 17:00");
  CHECK(world.open(older) == std::vector<std::string>{"answer the concern"});
}

TEST_CASE("an item on a definition that is not known yet is asked for again", "[sim]") {
  CommandWorld world(first);
  const auto programmes = world.current_programmes().get();
  const auto& board = programmes->get_board(world.board());
  try {
    programmes->rules(board, "put in force since");
    FAIL("it has rules");
  } catch (const StoreError& error) {
    CHECK(error.retryable);
  }
}

TEST_CASE("what a newer concern looks at is loaded for an event of its older audit", "[sim]") {
  // The audit's own definition knows nothing of notes, and of no meeting that concerns wait for.
  std::string cascading =
      replaced(replaced(first, "effects = [{ cascade = \"withdraw-return\", kind = \"return\" }]",
                        "effects = [{ cascade = \"withdraw-return\", kind = \"return\" }, "
                        "{ cascade = \"set-aside\", kind = \"concern\" }]"),
               "[ladder.chasing]",
               "[kind.concern.state.set-aside]\nowner = \"board:qa-officer\"\n"
               "[[kind.concern.transition]]\nfrom = [\"raised\"]\nevent = \"set-aside\"\n"
               "to = \"set-aside\"\nby = [\"board:qa-officer\"]\n"
               "[[kind.concern.transition]]\nfrom = [\"set-aside\"]\nevent = \"end\"\n"
               "to = \"answered\"\nby = [\"board:qa-officer\"]\n[ladder.chasing]");
  // What is of family A ends by events of its own only.
  cascading = replaced(cascading, "family = \"A\"\nladder = \"unsafe\"",
                       "family = \"C\"\nladder = \"chasing\"");
  cascading = replaced(cascading, "[kind.return]\n",
                       "[[kind.audit.obligation]]\nname = \"keep watch\"\nowed_by = \"board:qa-officer\"\n"
                       "opens_on = [\"state:running\"]\ncloses_on = [\"state:reporting\"]\n"
                       "due = { after = \"24h\", from = \"entry\" }\nfamily = \"A\"\n"
                       "source = \"local policy, to be confirmed\"\nladder = \"unsafe\"\n[kind.return]\n");
  CommandWorld world(cascading);
  const ItemId audit = world.plan_audit();
  const ItemId older = world.raise_concern(audit);
  std::string newer = replaced(
      cascading, "[kind.concern.state.set-aside]\nowner = \"board:qa-officer\"\n",
      "[kind.concern.state.set-aside]\nowner = \"board:qa-officer\"\n"
      "deadline = { at = \"next qa-subgroup - 5wd\", from = \"entry\" }\nladder = \"chasing\"\n"
      "family = \"C\"\nsource = \"local policy, to be confirmed\"\n"
      "[kind.note]\ntitle = \"Note\"\nparent = \"concern\"\ninitial = \"kept\"\n"
      "[kind.note.start]\nevent = \"note\"\nby = [\"anyone\"]\n"
      "[kind.note.state.kept]\nfinal = true\n");
  newer = replaced(newer, "event = \"set-aside\"\nto = \"set-aside\"\nby = [\"board:qa-officer\"]\n",
                   "event = \"set-aside\"\nto = \"set-aside\"\nby = [\"board:qa-officer\"]\n"
                   "requires = [{ count = \"note\", where = { state = [\"kept\"] }, at_least = 1, "
                   "says = \"1 note is needed\" }]\n");
  world.replace_programme(newer, "second");
  const ItemId raised = world.raise_concern(audit);
  ok(world.plan("qa-subgroup", "2026-12-10 14:00"));
  CHECK(refusal(world.act("manager", audit, "withdraw", {}, {}, "not this year")) ==
        "refused: 1 note is needed");
  ok(world.act("officer", raised, "note"));
  ok(world.act("manager", audit, "withdraw", {}, {}, "not this year"));
  CHECK(world.item(older).state == "set-aside");
  CHECK(world.item(raised).state == "set-aside");
  // Five working days before the meeting on 10 December.
  CHECK(world.open(raised) == std::vector<std::string>{"answer the concern", "set aside"});
  CHECK(world.text(world.obligation(raised, "set aside").due_at) == "2026-12-03 17:00");
  CHECK(world.store().verify(world.board()).faults.empty());
}

}  // namespace
}  // namespace assured::test
