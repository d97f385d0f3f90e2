// Documents, ratings and the reach of a board, on items that went their way through a real store.
#include "tests/support/broken_programme.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/files.hpp"
#include "workflows/rating.hpp"
#include "workflows/reach.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view file_toml = R"toml(
[[kind.return.file]]
name = "evidence"
types = ["pdf", "txt"]
mb_max = 1
[[kind.return.file]]
name = "summary"
types = ["docx"]
)toml";

constexpr std::string_view rating_toml = R"toml(
[[kind.audit.field]]
name = "own_view"
type = "enumeration"
values = ["well", "badly"]
class = "internal"
[[kind.audit.transition]]
from = ["planned", "running", "reporting"]
event = "rate"
by = ["board:qa-officer"]
takes = ["own_view"]
[kind.audit.rating]
own = "own_view"
own_well = ["well"]
amber_within = "5wd"
grey = ["reporting"]
blue = ["closed"]
source = "local policy, to be confirmed"
[kind.audit.rating.legend]
grey = "not counted"
green = "on track"
amber = "due within a week"
red = "late"
blue = "finished"
)toml";

std::string with(std::string_view more) {
  return std::string{small_programme_toml} + std::string{more};
}

struct FileWorld : CommandWorld {
  FileWorld() : CommandWorld(with(file_toml)) {
    return_ = send_out(plan_audit());
    command.board = board();
    command.item = return_;
    command.kind = "evidence";
    command.type = "pdf";
    command.caller = caller("nhs-lead");
  }
  std::string check(std::string_view bytes = "%PDF-1.7") {
    return refusal(check_attachment(*reader(), programmes(), command, bytes, now()));
  }
  FileRecord attach(std::string digest) {
    command.digest = std::move(digest);
    command.bytes = 8;
    const auto tx = store().begin();
    auto file = ok(attach_file(*tx, programmes(), command, now()));
    tx->commit();
    return file;
  }
  ItemId return_;
  AttachFile command;
};

// "amber: due in 7 days: planned".
std::string rated(CommandWorld& world, ItemId id) {
  const auto rating =
      rate(world.rules(), world.item(id), world.reader()->obligations_of(id), world.now());
  if (!rating) return "none";
  return std::string{to_text(rating->colour)} + ": " + rating->reason;
}

Rating rating_of(CommandWorld& world, ItemId id) {
  return rate(world.rules(), world.item(id), world.reader()->obligations_of(id), world.now())
      .value();
}

}  // namespace

// --- files

TEST_CASE("a file is of a kind, a type and a size that the programme allows", "[sim][files]") {
  FileWorld world;
  CHECK(world.check() == "ok");
  world.command.kind = "photo";
  CHECK(world.check() == "invalid: “return” takes these files: evidence, summary");
  world.command.kind = "evidence";
  world.command.type = "docx";
  CHECK(world.check("PK\x03\x04") == "invalid: “evidence” is one of: pdf, txt");
  world.command.type = "pdf";
  CHECK(world.check("") == "invalid: the file is empty");
  CHECK(world.check("%PDX-1.7") == "invalid: this is not a pdf file");
  CHECK(world.check("\x7f"
                    "ELF") == "invalid: this is not a pdf file");
  world.command.type = "txt";
  CHECK(world.check("a plain text") == "ok");
  CHECK(world.check(std::string_view{"a\0b", 3}) == "invalid: this is not a txt file");
  std::string megabyte = "%PDF-" + std::string(1024 * 1024 - 5, ' ');
  world.command.type = "pdf";
  CHECK(world.check(megabyte) == "ok");
  CHECK(world.check(megabyte + " ") == "invalid: the file is larger than 1 MB");
  world.command.item = world.item(world.return_).parent;
  CHECK(world.check() == "invalid: “audit” takes no files");
  world.command.item = ItemId{999};
  CHECK(world.check() == "not_found: there is no such item");
}

TEST_CASE("files come from the board, the owner or the agency", "[sim][files]") {
  FileWorld world;
  const std::string no =
      "forbidden: only the board team, its owner or its agency may add files to this";
  world.command.caller = world.caller("police-lead");
  CHECK(world.check() == no);
  world.command.caller = world.caller("nurse");  // not yet the auditor, and no longer in a post
  CHECK(world.check() == no);
  world.command.caller = world.caller("police-lead", "nhs/lead");
  CHECK(world.check() == "forbidden: only the board team may act on behalf of another post");
  world.command.caller = world.caller("nhs-director");
  CHECK(world.check() == "ok");
  world.command.caller = world.caller("admin");
  CHECK(world.check() == "ok");
  world.allocate(world.return_);
  world.command.caller = world.caller("nurse");
  CHECK(world.check() == "ok");
}

TEST_CASE("the files of a finished item no longer change", "[sim][files]") {
  FileWorld world;
  world.allocate(world.return_);
  world.accept(world.return_);
  CHECK(world.check() == "refused: it is finished; its files can no longer change");
}

TEST_CASE("each file of a kind is the next version, and earlier ones stay", "[sim][files]") {
  FileWorld world;
  const FileRecord first = world.attach(std::string(64, 'a'));
  const FileRecord second = world.attach(std::string(64, 'b'));
  world.command.kind = "summary";
  world.command.type = "docx";
  const FileRecord summary = world.attach(std::string(64, 'c'));
  CHECK(first.version == 1);
  CHECK(second.version == 2);
  CHECK(summary.version == 1);
  CHECK(world.reader()->files_of(world.return_) == std::vector{first, second, summary});
  CHECK(file_name(second, "QRT-7F3K") == "QRT-7F3K evidence v2.pdf");
  const auto row = world.reader()->journal_of(world.return_).back();
  CHECK(row.kind == "attach");
  CHECK(row.actor == "nhs-lead");
  CHECK(world.store().verify(world.board()).faults.empty());
}

// --- ratings

TEST_CASE("a rating follows the dates, in words", "[sim][rating]") {
  CommandWorld world(with(rating_toml));
  const ItemId audit = world.plan_audit();  // due on Monday 30 November, 17:00
  CHECK(rated(world, audit) == "green: due in 28 days: planned");
  CHECK(rating_of(world, audit).meaning == "on track");
  world.set_clock("2026-11-20 09:00");
  CHECK(rated(world, audit) == "green: due in 10 days: planned");
  world.set_clock("2026-11-23 09:00");
  CHECK(rated(world, audit) == "amber: due in 7 days: planned");
  world.set_clock("2026-11-29 09:00");
  CHECK(rated(world, audit) == "amber: due in 1 day: planned");
  world.set_clock("2026-11-30 17:00");
  CHECK(rated(world, audit) == "amber: due today: planned");
  CHECK(rating_of(world, audit).meaning == "due within a week");
  world.set_clock("2026-11-30 17:01");
  CHECK(rated(world, audit) == "red: late since earlier today: planned");
  world.set_clock("2026-12-01 09:00");
  CHECK(rated(world, audit) == "red: 1 day late: planned");
  world.set_clock("2026-12-03 09:00");
  CHECK(rated(world, audit) == "red: 3 days late: planned");
  CHECK(rating_of(world, audit).meaning == "late");
  const ItemId return_ = world.send_out(audit);
  CHECK(rated(world, return_) == "none");
  CHECK(rated(world, audit).starts_with("green: due in"));
}

TEST_CASE("some states are not rated by dates", "[sim][rating]") {
  CommandWorld world(with(rating_toml));
  const ItemId audit = world.audit_in_reporting();
  CHECK(rated(world, audit) == "grey: not counted yet");
  CHECK(rating_of(world, audit).meaning == "not counted");
  const ItemId other = world.plan_audit();
  const auto free = rate(world.rules(), world.item(other), {}, world.now());
  REQUIRE(free);
  CHECK(free->colour == Colour::green);
  CHECK(free->reason == "nothing is owed by a date");
  ok(world.act("manager", other, "withdraw", {}, {}, "not needed"));
  CHECK(rated(world, other) == "blue: finished");
}

TEST_CASE("the owner's own rating stands beside the dates", "[sim][rating]") {
  CommandWorld world(with(rating_toml));
  const ItemId audit = world.plan_audit();
  CHECK(rating_of(world, audit).own.empty());
  CHECK_FALSE(rating_of(world, audit).disagrees);
  ok(world.act("officer", audit, "rate", {{"own_view", "well"}}));
  CHECK(rating_of(world, audit).own == "well");
  CHECK_FALSE(rating_of(world, audit).disagrees);
  world.set_clock("2026-12-01 09:00");
  CHECK(rating_of(world, audit).disagrees);
  ok(world.act("officer", audit, "rate", {{"own_view", "badly"}}));
  CHECK(rating_of(world, audit).own == "badly");
  CHECK_FALSE(rating_of(world, audit).disagrees);
}

TEST_CASE("what slipped is counted from the first date", "[sim][rating]") {
  CommandWorld world(with(rating_toml));
  const ItemId audit = world.plan_audit();
  CHECK(rating_of(world, audit).days_slipped == 0);
  for (const auto* day : {"2026-11-10", "2026-11-11"}) ok(world.close_day(day));
  world.pass();
  CHECK(world.text(world.obligation(audit, "planned").due_at) == "2026-12-02 17:00");
  CHECK(rating_of(world, audit).days_slipped == 2);
  for (const auto* day : {"2026-11-10", "2026-11-11"}) ok(world.close_day(day, false));
  world.pass();
  CHECK(rating_of(world, audit).days_slipped == 0);
}

TEST_CASE("each mistake in a rating is told", "[sim][rating]") {
  const auto broken = [](std::string_view from, std::string_view to) {
    Lines mistakes = told(replaced(with(rating_toml), from, to));
    for (std::string& mistake : mistakes)  // without the place
      mistake.erase(0, mistake.find(": ") + 2);
    return mistakes;
  };
  CHECK(broken("own = \"own_view\"", "own = \"theme\"") ==
        Lines{"kind.audit.rating.own: 'theme' is no enumeration of this kind (name the field in "
              "which the owner says how it goes, or leave it out)",
              "kind.audit.rating.own_well: 'well' is none of the values of 'theme' (list values of "
              "that field)"});
  CHECK(broken("own_well = [\"well\"]", "own_well = [\"fine\", \"badly\"]") ==
        Lines{"kind.audit.rating.own_well: 'fine' is none of the values of 'own_view' (list values "
              "of that field)"});
  CHECK(broken("amber_within = \"5wd\"", "") ==
        Lines{"kind.audit.rating.amber_within: this key is missing (say when a date is near: "
              "\"10wd\")"});
  CHECK(broken("amber_within = \"5wd\"", "amber_within = \"5 days\"") ==
        Lines{"kind.audit.rating.amber_within: \"5 days\" is not a length of time. Write 5d "
              "(calendar days) or 5wd (working days). The units are 30min, 4h, 2wd (working days), "
              "10d, 2w, 6mo and 1y."});
  CHECK(broken("grey = [\"reporting\"]", "grey = [\"drafted\"]") ==
        Lines{"kind.audit.rating.grey: no state of this kind is called 'drafted' (list states of "
              "this kind)"});
  CHECK(broken("blue = [\"closed\"]", "blue = [\"done\"]") ==
        Lines{"kind.audit.rating.blue: no state of this kind is called 'done' (list states of this "
              "kind)"});
  CHECK(broken("red = \"late\"", "") ==
        Lines{"kind.audit.rating.legend: the legend does not say what red means (add red = "
              "\"...\")"});
  CHECK(broken("red = \"late\"", "red = \"late\"\npurple = \"odd\"") ==
        Lines{"kind.audit.rating.legend.purple: no rating is purple (the colours are grey, green, "
              "amber, red, blue)"});
}

// --- reach

TEST_CASE("posts that a rung would find empty are found beforehand", "[sim][reach]") {
  const Programme programme = small_programme();
  const Date day = ok(parse_date("2026-11-02"));
  PeopleFile file = parse_people(small_people(), "people.toml", programme.establishment);
  REQUIRE(file.errors.empty());
  People people{file.persons, file.holdings};
  const auto find = [&](const Programme& of) {
    Lines lines;
    for (const Unreachable& u : find_unreachable(of.definition, of.establishment, people, day)) {
      std::string line = u.post + " (" + u.title + "): " + u.why + ":";
      for (const std::string& ladder : u.ladders) line += " " + ladder;
      lines.push_back(std::move(line));
    }
    return lines;
  };
  CHECK(find(programme).empty());
  std::erase_if(people.holdings, [](const Holding& h) {
    return h.post == "chair" || h.post == "nhs/director" || h.post == "administrator";
  });
  for (Person& person : people.persons)
    if (person.id == "officer") person.mail.clear();
  CHECK(find(programme) ==
        Lines{"chair (Independent chair): nobody holds it and it has no mailbox: returns",
              "nhs/director (Director of nursing): nobody holds it and it has no mailbox: unsafe",
              "qa-officer (Quality assurance officer): its holder has no address and it has no "
              "mailbox: chasing returns"});
  // Whoever must name somebody, or set a meeting's date, is chased as well.
  const auto reading = read_small_programme(
      replaced(std::string{small_programme_toml}, "mailbox = \"office@riverton.example\"", ""));
  REQUIRE(reading.programme);
  const Lines found = find(*reading.programme);
  REQUIRE(found.size() == 4);
  CHECK(found[0] ==
        "administrator (Board administrator): nobody holds it and it has no mailbox: chasing");
}
