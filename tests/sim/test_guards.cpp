// Guards on items that went their way through a real store: what each asks for, both ways, and in which
// order an event forgets, takes, is judged and sets.
#include <fmt/format.h>

#include "tests/support/broken_programme.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/files.hpp"

using namespace assured;
using namespace assured::test;

namespace {

std::string requiring(std::string_view event, std::string_view guards) {
  return std::string{small_programme_toml} + fmt::format(R"toml(
[[kind.audit.field]]
name = "next_on"
type = "date"
class = "internal"
[[kind.audit.transition]]
from = ["planned"]
event = "{}"
by = ["board:qa-officer"]
takes = ["next_on"]
requires = [{}]
)toml",
                                                         event, guards);
}

// Refusals, or "ok", of an event that gives `next_on`, where it is guarded so; now is 2 November 2026
// and `held_on` 1 October.
std::string with_date(std::string_view guard, std::string date) {
  CommandWorld world{requiring("set-next", guard)};
  return refusal(world.act("officer", world.plan_audit(), "set-next", {{"next_on", std::move(date)}}));
}

}  // namespace

TEST_CASE("a span before a date has two ends", "[guards]") {
  constexpr auto guard = R"({ field = "next_on", within = "12mo", before = "held_on" })";
  CHECK(with_date(guard, "2025-09-30") == "refused: “Next on” is more than 12mo before “Held on”");
  CHECK(with_date(guard, "2025-10-01") == "ok");
  CHECK(with_date(guard, "2026-10-01") == "ok");
  CHECK(with_date(guard, "2026-10-02") ==
        "refused: “Next on” lies after “Held on”; give the last date before that");
  CHECK(with_date(guard, "2036-10-01") ==
        "refused: “Next on” lies after “Held on”; give the last date before that");
}

TEST_CASE("a span after a date has two ends", "[guards]") {
  constexpr auto guard = R"({ field = "next_on", within = "6mo", after = "held_on" })";
  CHECK(with_date(guard, "2026-10-01") == "refused: “Next on” must be later than “Held on”");
  CHECK(with_date(guard, "2026-10-02") == "ok");
  CHECK(with_date(guard, "2027-04-01") == "ok");
  CHECK(with_date(guard, "2027-04-02") == "refused: “Next on” is more than 6mo after “Held on”");
}

TEST_CASE("what has happened is not dated in the future", "[guards]") {
  constexpr auto guard = R"({ field = "next_on", not_after = "now" })";
  CHECK(with_date(guard, "2026-11-02") == "ok");
  CHECK(with_date(guard, "2026-11-03") == "refused: “Next on” must not be later than today");
}

TEST_CASE("what alternatives lack alike is said once, and what one needs together stays together", "[guards]") {
  const auto needs = [](std::string_view guards) {
    CommandWorld world{requiring("set-next", guards)};
    return refusal(world.act("officer", world.plan_audit(), "set-next"));
  };
  const std::string date = "“Next on” (next_on) is not filled in", reason = "a reason is needed";
  CHECK(needs(R"({ any = [{ field = "next_on" }, { reason = true }, { field = "next_on", not_after = "now" }] })") ==
        "refused: " + date + ", or " + reason);
  CHECK(needs(R"({ field = "next_on" }, { field = "next_on", not_after = "now" })") == "refused: " + date);
  CHECK(needs(R"({ any = [{ linked = "follows" }, { all_of = [{ field = "next_on" }, { reason = true }] }] })") ==
        "refused: it is not linked to its follows, or " + date + " and " + reason);
}

TEST_CASE("an event that fills a field can ask that it was empty", "[guards]") {
  CommandWorld world{std::string{small_programme_toml} + R"toml(
[[kind.audit.field]]
name = "told_at"
type = "instant"
class = "internal"
[[kind.audit.transition]]
from = ["planned"]
event = "tell-once"
by = ["board:qa-officer"]
requires = [{ not = { field = "told_at" }, says = "they were told already" }]
effects = [{ set = "told_at", value = "now" }]
)toml"};
  const ItemId audit = world.plan_audit();
  CHECK(refusal(world.act("officer", audit, "tell-once")) == "ok");
  CHECK(refusal(world.act("officer", audit, "tell-once")) == "refused: they were told already");
  ok(world.correct("officer", audit));  // the wrong button is another matter
  CHECK(refusal(world.act("officer", audit, "tell-once")) == "ok");
}

TEST_CASE("a field that an event clears and takes is given anew or missing", "[guards]") {
  CommandWorld world{std::string{small_programme_toml} + R"toml(
[[kind.audit.transition]]
from = ["planned"]
event = "change-theme"
by = ["board:qa-officer"]
takes = ["theme"]
requires = [{ field = "theme" }]
effects = [{ clear = "theme" }]
)toml"};
  const ItemId audit = world.plan_audit();
  CHECK(refusal(world.act("officer", audit, "change-theme")) == "refused: “Theme” (theme) is not filled in");
  CHECK(world.item(audit).fields.contains("theme"));  // a refused try leaves all as it was
  CHECK(refusal(world.act("officer", audit, "change-theme", {{"theme", "Missing school"}})) == "ok");
  CHECK(world.item(audit).fields.contains("theme"));
}

TEST_CASE("a document that a transition asks for must be attached, in that version", "[guards][files]") {
  CommandWorld world{replaced(std::string{small_programme_toml}, R"(event = "accept"
to = "accepted"
by = ["board:qa-officer"]
)",
                              R"(event = "accept"
to = "accepted"
by = ["board:qa-officer"]
takes = ["files_read"]
requires = [{ file = "tool", version = "files_read" }]
)") + R"toml(
[[kind.return.file]]
name = "tool"
title = "Completed tool"
types = ["txt"]
[[kind.return.file]]
name = "letter"
types = ["txt"]
)toml"};
  const ItemId return_ = world.send_out(world.plan_audit());
  world.allocate(return_);
  ok(world.act("nurse", return_, "submit", {{"files_read", "3"}, {"last_involvement", "2026-09-01"}}));
  const auto attach = [&](std::string kind) {
    AttachFile file;
    file.board = world.board();
    file.item = return_;
    file.kind = std::move(kind);
    file.type = "txt";
    file.digest = std::string(64, 'a');
    file.bytes = 3;
    file.caller = world.caller("nhs-lead");
    const auto tx = world.store().begin();
    ok(attach_file(*tx, world.programmes(), file, world.now()));
    tx->commit();
  };
  const auto accept = [&](std::string version) {
    return refusal(world.act("officer", return_, "accept", {{"files_read", std::move(version)}}));
  };
  attach("letter");
  CHECK(accept("1") == "refused: “Completed tool” is not attached; attach the document first");
  attach("tool");
  CHECK(accept("2") ==
        "refused: “Files read” is not the number of an attached version of “Completed tool”");
  attach("tool");
  CHECK(accept("2") == "ok");
}

TEST_CASE("where an item begins, its siblings are counted with it", "[guards]") {
  CommandWorld world{std::string{small_programme_toml} + R"toml(
[kind.visit]
title = "Visit"
parent = "audit"
initial = "booked"
[kind.visit.start]
event = "book-visit"
by = ["board:qa-officer"]
takes = ["side"]
requires = [{ count = "visit", below = "parent", where = { state = "booked", side = "north" }, at_most = 1 }]
[[kind.visit.field]]
name = "side"
type = "enumeration"
values = ["north", "south"]
class = "internal"
indexed = true
[kind.visit.state.booked]
owner = "board:qa-officer"
deadline = { after = "5wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed"
[[kind.visit.transition]]
from = ["booked"]
event = "visit"
to = "made"
by = ["board:qa-officer"]
[kind.visit.state.made]
final = true
)toml"};
  const ItemId audit = world.plan_audit();
  const ItemId other = world.plan_audit();
  const auto book = [&](ItemId of, std::string side) {
    return world.act("officer", of, "book-visit", {{"side", std::move(side)}});
  };
  const ItemId first = ok(book(audit, "north")).item;
  CHECK(refusal(book(audit, "north")) == "refused: 2 north visits that are \"Booked\" remain, at most 1 may");
  CHECK(refusal(book(audit, "south")) == "ok");
  CHECK(refusal(book(other, "north")) == "ok");  // of another audit
  ok(world.act("officer", first, "visit"));
  CHECK(refusal(book(audit, "north")) == "ok");
}

TEST_CASE("a chair can be asked to stand apart from agencies and from whoever owns the audit", "[guards]") {
  CommandWorld world{std::string{small_programme_toml} + R"toml(
[[kind.audit.transition]]
from = ["planned"]
event = "appoint"
by = ["board:qa-officer"]
requires = [{ assigned = "session-chair", board_member = true, no_agency = true, none_of = ["owner"] }]
effects = [{ assign = "session-chair" }]
)toml",
                     small_people() + R"toml(
[[person]]
id = "both"
name = "Both Ways"
mail = "both@nhs.example"
posts = [{ post = "qa-chair", from = "2026-01-01" }, { post = "nhs/director", from = "2026-01-01" }]
[[person]]
id = "apart"
name = "A Part"
mail = "apart@riverton.example"
posts = [{ post = "qa-chair", from = "2026-01-01" }]
)toml"};
  const ItemId audit = world.plan_audit();
  const auto appoint = [&](std::string person) {
    return refusal(world.act("officer", audit, "appoint", {}, {{"session-chair", std::move(person)}}));
  };
  CHECK(appoint("nurse") == "refused: the session chair must hold a post of the board");
  CHECK(appoint("both") ==
        "refused: the session chair holds a post of an agency; name somebody who holds none");
  CHECK(appoint("officer") == "refused: the session chair is who owns this; name somebody else");
  CHECK(appoint("apart") == "ok");
}

TEST_CASE("a meeting is planned by any name of its body", "[meetings]") {
  CommandWorld world;
  CHECK(ok(world.plan("qa sub committee", "2026-11-10 10:00")).body == "qa-subgroup");
  CHECK(ok(world.plan("Quality Assurance Sub-Group", "2026-11-11 10:00")).body == "qa-subgroup");
  CHECK(refusal(world.plan("QA", "2026-11-12 10:00")) == "invalid: there is no body “QA” on this board");
}

TEST_CASE("guards that make no sense are told when the programme is read", "[programme][broken]") {
  const auto told_of = [](std::string_view guard) {
    const std::vector<std::string> all = told(requiring("set-next", guard));
    return all.empty() ? std::string{"loads"} : all.front().substr(all.front().find(": ") + 2);
  };
  CHECK(told_of(R"({ count = "return", below = "parent", at_most = 1 })").find(
            "only where an item begins below a parent can others of the parent be counted") !=
        std::string::npos);
  CHECK(told_of(R"({ count = "return", below = "root", at_most = 1 })").find("only \"parent\" has a meaning") !=
        std::string::npos);
  CHECK(told_of(R"({ file = "tool" })").find("kind 'audit' takes no file 'tool'") != std::string::npos);
  CHECK(told_of(R"({ field = "next_on", not_after = "theme" })").find("the field 'theme' is no date") !=
        std::string::npos);
  CHECK(told_of(R"({ field = "next_on", within = "6mo" })").find("say before which date 'within' counts") !=
        std::string::npos);
  CHECK(told_of(R"({ field = "next_on", within = "6mo", after = "held_on" })") == "loads");
  const std::string shared = replaced(std::string{small_programme_toml}, R"(title = "The Board"
)",
                                      R"(title = "The Board"
aliases = ["qa sub committee"]
)");
  REQUIRE(told(shared).size() == 1);
  CHECK(told(shared).front().find("means the body") != std::string::npos);
}
