// What is the board's own, through the API: its calendar, and mail that is held.
#include <set>

#include "daemon/workers.hpp"
#include "notifiers/renderer.hpp"
#include "tests/e2e/example_board.hpp"
#include "tests/support/catch.hpp"

using namespace assured;
using namespace assured::test;
namespace json = boost::json;

namespace {

// The open obligation of that name, with the working of its deadline.
json::object obligation(ExampleBoard& board, const std::string& name) {
  const auto all = board.get(qa_officer, "GET", "/obligations");
  for (const auto& row : all.at("obligations").as_array())
    if (text_of(row.as_object(), "name") == name)
      return board.get(qa_officer, "GET",
                       "/obligations/" + std::to_string(row.at("id").as_int64()));
  throw std::runtime_error("nobody owes: " + name);
}

// What the working says about a date: "counted 3", or why it was skipped.
std::string working(const json::object& obligation, const std::string& date) {
  for (const auto& line : obligation.at("working").as_array()) {
    const auto& row = line.as_object();
    if (text_of(row, "date") != date) continue;
    return row.at("counted").as_int64() > 0 ? "counted" : text_of(row, "reason");
  }
  return "(not there)";
}

// Plans mail; nothing is sent.
struct Planning {
  explicit Planning(ExampleBoard& board)
      : planner(*board.store, board.programmes, renderer, {"key", "board.example"}) {}
  notifiers::MailRenderer renderer;
  Planner planner;
};

std::int64_t first_id(const json::object& outbox, const char* what) {
  return outbox.at(what).as_array().at(0).as_object().at("id").as_int64();
}

const std::string closed_day = R"({"date":"2026-09-15","closed":true,"title":"Office closed"})";

}  // namespace

TEST_CASE("a day closed through the API moves running deadlines, without a restart (S5.4)", "[web]") {
  ExampleBoard board;
  board.start_audit();
  const auto before = obligation(board, "agree the theme");
  CHECK(text_of(before, "due_local") == "2026-10-13 17:00");
  CHECK(working(before, "2026-09-15") == "counted");

  Scheduler scheduler{*board.store, board.programmes};
  scheduler.run_once(board.clock.now_);
  const auto day = board.get(qa_officer, "POST", "/calendar", closed_day);
  CHECK(text_of(day, "date") == "2026-09-15");
  scheduler.run_once(board.clock.now_);
  const auto after = obligation(board, "agree the theme");
  CHECK(text_of(after, "due_local") == "2026-10-14 17:00");
  CHECK(text_of(after, "first_due_local") == "2026-10-13 17:00");
  CHECK(working(after, "2026-09-15") == "Office closed");

  // What begins afterwards is counted by it as well.
  const auto second = board.get(qa_officer, "POST", "/events", theme_event);
  CHECK(text_of(second.at("opened").as_array().at(0).as_object(), "due_local") == "2026-10-14 17:00");

  board.get(operator_only, "POST", "/calendar",
            R"({"date":"2026-09-15","closed":false,"title":"Open after all"})");
  scheduler.run_once(board.clock.now_);
  CHECK(text_of(obligation(board, "agree the theme"), "due_local") == "2026-10-13 17:00");
  CHECK(board.store->verify(board_id).faults.empty());
}

TEST_CASE("a day closed while a pass has begun is not worked out by the calendar before it", "[web]") {
  ExampleBoard board;
  board.start_audit();
  Scheduler scheduler{*board.store, board.programmes};
  board.store->before_begin = [&] { board.get(qa_officer, "POST", "/calendar", closed_day); };
  scheduler.run_once(board.clock.now_);
  CHECK(text_of(obligation(board, "agree the theme"), "due_local") == "2026-10-14 17:00");
}

TEST_CASE("the calendar shows holidays of a year and the days on record", "[web]") {
  ExampleBoard board;
  board.get(qa_officer, "POST", "/calendar", closed_day);
  for (const uid_t who : {qa_officer, police_lead, operator_only}) {
    const auto calendar = board.get(who, "GET", "/calendar?year=2027");
    CHECK(text_of(calendar, "nation") == "england-and-wales");
    CHECK(calendar.at("holidays").as_array().size() == 8);
    CHECK(text_of(calendar.at("holidays").as_array().at(0).as_object(), "date") == "2027-01-01");
    REQUIRE(calendar.at("overrides").as_array().size() == 1);
    CHECK(text_of(calendar.at("overrides").as_array().at(0).as_object(), "title") == "Office closed");
  }
  CHECK(board.get(qa_officer, "GET", "/calendar").at("year").as_int64() == 2026);
  CHECK(board.ask(nobody, "GET", "/calendar").status == 403);
  CHECK(board.ask(qa_officer, "GET", "/calendar?year=1812").status == 400);
}

TEST_CASE("a day that cannot be recorded changes nothing", "[web]") {
  ExampleBoard board;
  CHECK(board.ask(police_lead, "POST", "/calendar", closed_day).status == 403);
  for (const auto* bad : {R"({"date":"2026-02-30","closed":true,"title":"x"})",
                          R"({"date":"2026-09-15","title":"x"})", R"({"closed":true,"title":"x"})",
                          R"({"date":"2026-09-15","closed":true})",
                          R"({"date":"2026-09-15","closed":true,"title":"x","why":"y"})"})
    CHECK(board.ask(qa_officer, "POST", "/calendar", bad).status == 400);
  board.store->commits_fail = true;
  CHECK(board.ask(qa_officer, "POST", "/calendar", closed_day).status == 503);
  board.store->commits_fail = false;
  CHECK(board.get(qa_officer, "GET", "/calendar").at("overrides").as_array().empty());
  // Not in force either.
  const auto made = board.get(qa_officer, "POST", "/events", theme_event);
  CHECK(text_of(made.at("opened").as_array().at(0).as_object(), "due_local") == "2026-10-13 17:00");
}

TEST_CASE("a held prompt is planned again when an operator releases it, or given up (S16.3)", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  board.hold_outbox("restored from a backup");
  Planning planning{board};
  planning.planner.run_once(board.clock.now_);
  const auto held = board.get(operator_only, "GET", "/outbox?state=held");
  REQUIRE(held.at("prompts").as_array().size() >= 2);
  for (const auto& prompt : held.at("prompts").as_array())
    CHECK(text_of(prompt.as_object(), "why") == "restored from a backup");
  const auto id = first_id(held, "prompts");
  const std::string path = "/outbox/prompts/" + std::to_string(id);
  CHECK(board.ask(qa_officer, "POST", path + "/release", R"({"reason":"true"})").status == 403);
  CHECK(board.ask(operator_only, "POST", path + "/release", "{}").status == 400);
  CHECK(board.ask(operator_only, "POST", "/outbox/prompts/99999/release", R"({"reason":"x"})").status ==
        404);

  const auto released =
      board.get(operator_only, "POST", path + "/release", R"({"reason":"secret: it is true"})");
  CHECK(text_of(released, "state") == "pending");
  planning.planner.run_once(board.clock.now_);
  const auto noticed = board.store->reader(board_id)->find_prompt(PromptId{id});
  CHECK(noticed->state == PromptState::noticed);  // though the outbox is still held
  CHECK(board.ask(operator_only, "POST", path + "/release", R"({"reason":"again"})").status == 422);

  const auto rest = board.get(operator_only, "GET", "/outbox?state=held");
  CHECK(rest.at("prompts").as_array().size() == held.at("prompts").as_array().size() - 1);
  const auto next = first_id(rest, "prompts");
  const auto expired =
      board.get(operator_only, "POST", "/outbox/prompts/" + std::to_string(next) + "/expire",
                R"({"reason":"secret: sent by hand"})");
  CHECK(text_of(expired, "state") == "superseded");
  planning.planner.run_once(board.clock.now_);
  CHECK(board.store->reader(board_id)->find_prompt(PromptId{next})->state == PromptState::superseded);
  // Who did it is in the journal; what they typed is shown nowhere but with the protected values.
  const auto rows = board.store->reader(board_id)->list_journal(0, 500);
  CHECK(std::count_if(rows.begin(), rows.end(), [](const JournalRow& row) {
          return row.actor == "uid:1" && (row.kind == "release" || row.kind == "expire");
        }) == 2);
  for (const auto* shown : {"/outbox", "/journal"})
    CHECK(board.ask(qa_officer, "GET", shown).body.find("secret") == std::string::npos);
  CHECK(board.ask(qa_officer, "GET", "/items/" + text_of(released, "reference") + "/snapshots")
            .body.find("secret: it is true") !=
        std::string::npos);
  CHECK(board.store->verify(board_id).faults.empty());
}

TEST_CASE("after a restore the board's first command lets go what is about immediate risk (S16.3)",
          "[web]") {
  ExampleBoard board;
  const std::string concern = board.raise_concern();
  board.hold_outbox("restored from a backup");
  Planning planning{board};
  planning.planner.run_once(board.clock.now_);
  const auto count = [&](PromptState state, Family family) {
    const auto prompts = board.store->reader(board_id)->list_prompts(500, {}, state);
    return std::count_if(prompts.begin(), prompts.end(),
                         [&](const Prompt& prompt) { return (prompt.family == Family::a) == (family == Family::a); });
  };
  const auto urgent = count(PromptState::held, Family::a);
  const auto routine = count(PromptState::held, Family::c);
  REQUIRE(urgent >= 1);
  // An agency's command, a look, a command that is refused: none of them is the board at work.
  board.ask(police_lead, "POST", "/items/" + concern + "/events", R"({"event":"no-such"})");
  board.ask(qa_officer, "GET", "/items/" + concern);
  board.ask(qa_officer, "POST", "/items/" + concern + "/events", R"({"event":"no-such"})");
  CHECK(count(PromptState::held, Family::a) == urgent);

  board.start_audit();
  CHECK(count(PromptState::held, Family::a) == 0);
  CHECK(count(PromptState::pending, Family::a) == urgent);
  CHECK(count(PromptState::held, Family::c) == routine);
  const auto journal = board.store->reader(board_id)->list_journal(0, 1000);
  CHECK(std::count_if(journal.begin(), journal.end(), [&](const JournalRow& row) {
          return row.kind == "release" && row.actor == board.holder_of("qa-officer");
        }) == urgent);
  planning.planner.run_once(board.clock.now_);
  CHECK(count(PromptState::noticed, Family::a) == urgent);
  // What is raised now is not kept back either; routine mail is, until an operator has looked.
  board.raise_concern();
  planning.planner.run_once(board.clock.now_);
  CHECK(count(PromptState::held, Family::a) == 0);
  CHECK(count(PromptState::noticed, Family::a) > urgent);
  CHECK(count(PromptState::noticed, Family::c) == 0);
  CHECK(board.store->verify(board_id).faults.empty());
  // Another restore holds anew.
  board.hold_outbox("restored once more");
  board.ask(police_lead, "GET", "/items");
  CHECK(read_outbox_hold(*board.store->reader(board_id)).urgent == "restored once more");
}

TEST_CASE("the end of a hold releases what it kept back, or gives it up, and holds no more (S16.3)",
          "[web]") {
  for (const bool give_up : {false, true}) {
    ExampleBoard board;
    board.raise_concern();
    board.hold_outbox("restored from a backup");
    Planning planning{board};
    planning.planner.run_once(board.clock.now_);
    const auto held = [&] {
      return board.get(operator_only, "GET", "/outbox?state=held").at("prompts").as_array().size();
    };
    const std::size_t count = held();
    REQUIRE(count >= 2);
    {  // One that is held for a reason of its own stays.
      const auto tx = board.store->begin();
      BoardWriter& rows = tx->board(board_id);
      const Prompt was = rows.list_prompts(1, {}, PromptState::held).at(0);
      Prompt prompt = was;
      prompt.why = "nobody holds this post and it has no mailbox";
      Decision decision;
      decision.prompts.push_back({was, prompt});
      JournalHead head;
      head.actor = "test";
      head.kind = "prompt";
      head.occurred_at = board.clock.now_;
      rows.write(head, decision, board.clock.now_);
      tx->commit();
    }
    const std::string body =
        std::string{R"({"reason":"secret: looked through","give_up":)"} + (give_up ? "true}" : "false}");
    CHECK(board.ask(qa_officer, "POST", "/outbox/hold/end", body).status == 403);
    CHECK(board.ask(operator_only, "POST", "/outbox/hold/end", "{}").status == 400);
    const auto ended = board.get(operator_only, "POST", "/outbox/hold/end", body);
    CHECK(ended.at(give_up ? "given_up" : "released").to_number<std::size_t>() ==
          count - 1);
    CHECK(held() == 1);
    CHECK(board.ask(operator_only, "POST", "/outbox/hold/end", body).status == 422);

    planning.planner.run_once(board.clock.now_);
    CHECK(board.store->reader(board_id)->list_prompts(500, {}, PromptState::noticed).empty() == give_up);
    board.raise_concern();
    planning.planner.run_once(board.clock.now_);
    CHECK(held() == 1);
    CHECK_FALSE(board.store->reader(board_id)->list_prompts(500, {}, PromptState::noticed).empty());
    CHECK(board.store->verify(board_id).faults.empty());
    const auto rows = board.store->reader(Store::operator_board)->list_journal(0, 100);
    CHECK(rows.back().kind == "end-hold");
    CHECK(rows.back().body.find("secret") == std::string::npos);
  }
}

TEST_CASE("a held notice is sent as committed, or given up, and not when it is true no more", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  const auto path = [](NoticeId id) { return "/outbox/notices/" + std::to_string(id.value); };
  const auto first = path(board.hold_notice()), second = path(board.hold_notice());
  CHECK(board.get(operator_only, "GET", "/outbox?state=held").at("notices").as_array().size() == 2);
  CHECK(board.get(qa_officer, "GET", "/outbox").at("counts").as_object().at("held").as_int64() == 2);
  CHECK(board.ask(police_lead, "POST", first + "/release", R"({"reason":"x"})").status == 403);
  const auto released = board.get(operator_only, "POST", first + "/release", R"({"reason":"no name"})");
  CHECK(text_of(released, "state") == "pending");
  CHECK(released.at("attempts").as_int64() == 0);
  CHECK(released.contains("next_try_at"));
  CHECK(board.store->reader(board_id)->due_notices(board.clock.now_, 10).size() == 1);
  CHECK(board.ask(operator_only, "POST", first + "/expire", R"({"reason":"x"})").status == 422);
  const auto expired = board.get(operator_only, "POST", second + "/expire", R"({"reason":"a name"})");
  CHECK(text_of(expired, "state") == "expired");
  CHECK(board.get(operator_only, "GET", "/outbox?state=held").at("notices").as_array().empty());
  CHECK(board.get(operator_only, "GET", "/outbox?state=expired").at("notices").as_array().size() == 1);
  CHECK(board.ask(operator_only, "GET", "/outbox?state=lost").status == 400);
  CHECK(board.store->verify(board_id).faults.empty());
}

TEST_CASE("the board team need look no more when the last of an item's held mail is settled", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  const NoticeId held = board.hold_notice();
  const auto looks = [&] {
    const auto open = board.get(qa_officer, "GET", "/obligations");
    const auto& rows = open.at("obligations").as_array();
    return std::count_if(rows.begin(), rows.end(), [](const json::value& row) {
      return text_of(row.as_object(), "name") == look_at_held;
    });
  };
  board.ask_to_look(board.store->reader(board_id)->find_notice(held)->item);
  CHECK(looks() == 1);
  board.get(operator_only, "POST", "/outbox/notices/" + std::to_string(held.value) + "/expire",
            R"({"reason":"it names somebody"})");
  CHECK(looks() == 0);
  CHECK(board.store->verify(board_id).faults.empty());
}

TEST_CASE("whom an item's mail went to is for those who may see the rest of it", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  Planning planning{board};
  planning.planner.run_once(board.clock.now_);
  std::string own, other;
  const auto answers = board.get(qa_officer, "GET", "/items?kind=answer");
  for (const auto& row : answers.at("items").as_array())
    (text_of(row.as_object(), "agency") == "police" ? own : other) =
        text_of(row.as_object(), "reference");
  const auto theirs = board.get(police_lead, "GET", "/items/" + own + "/notices");
  REQUIRE_FALSE(theirs.at("notices").as_array().empty());
  for (const auto& notice : theirs.at("notices").as_array()) {
    CHECK(text_of(notice.as_object(), "to").find("police") != std::string::npos);
    CHECK(text_of(notice.as_object(), "reference") == own);
  }
  CHECK(board.ask(police_lead, "GET", "/items/" + other + "/notices").status == 404);
  const auto audit = text_of(
      board.get(qa_officer, "GET", "/items?kind=audit").at("items").as_array().at(0).as_object(),
      "reference");
  CHECK(board.ask(police_lead, "GET", "/items/" + audit + "/notices").status == 403);
  CHECK(board.get(qa_officer, "GET", "/items/" + audit + "/notices").at("notices").as_array().empty());
}

TEST_CASE("of a mail about two agencies' items each sees its own part alone", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  // As the planner joins them for somebody who holds a post in both.
  std::string own;
  {
    const auto tx = board.store->begin();
    BoardWriter& rows = tx->board(board_id);
    std::vector<Changed<Prompt>> prompts;
    Notice notice;
    for (const Prompt& was : rows.list_prompts(500, {}, PromptState::pending)) {
      const Item item = *rows.find_item(was.item);
      if (item.kind != "answer") continue;
      if (item.agency == "police") own = item.reference;
      if (item.agency != "police") {
        notice.item = was.item;
        notice.to = was.to;
      }
      Prompt noticed = was;
      noticed.state = PromptState::noticed;
      prompts.push_back({was, noticed});
      notice.prompts.push_back(was.id);
    }
    REQUIRE(prompts.size() >= 2);
    notice.address = "both@agency.example";
    notice.message_id = "both@board.example";
    notice.created_at = board.clock.now_;
    JournalHead head;
    head.actor = "system";
    head.kind = "notice";
    head.occurred_at = board.clock.now_;
    rows.write_notices(head, prompts, {{notice, "mail"}}, board.clock.now_);
    tx->commit();
  }
  const auto theirs = board.get(police_lead, "GET", "/items/" + own + "/notices").at("notices").as_array();
  REQUIRE(theirs.size() == 1);
  const auto& row = theirs[0].as_object();
  CHECK(text_of(row, "to").find("police") != std::string::npos);
  CHECK(text_of(row, "reference") == own);
  CHECK_FALSE(row.contains("prompts"));
}

TEST_CASE("a protected value on an item that agencies see is hidden from them, and its reads are kept",
          "[web]") {
  ExampleBoard board;
  const std::string audit =
      text_of(board.get(qa_officer, "POST", "/events",
                        R"({"event":"propose-theme","fields":{"theme":"Neglect",
                            "theme_source":"learning-review","complements":"secret words"}})"),
              "reference");
  const std::string path = "/items/" + audit;
  const auto id = obligation(board, "agree the theme").at("id").as_int64();
  const auto held = board.ask(qa_chair, "POST", "/obligations/" + std::to_string(id) + "/suspend",
                              R"({"for":"2d","reason":"secret reason"})");
  INFO(held.body);
  REQUIRE(held.status == 200);

  const auto reads = [&] {
    std::vector<std::string> lines;
    const auto body = board.get(qa_officer, "GET", path + "/reads");
    for (const auto& read : body.at("reads").as_array())
      lines.push_back(text_of(read.as_object(), "person") + " " + text_of(read.as_object(), "what"));
    return lines;
  };
  for (const uid_t agency : {police_lead, nhs_lead}) {
    const auto theirs = board.get(agency, "GET", path);
    CHECK(theirs.at("hidden_fields").as_int64() == 1);
    CHECK(text_of(theirs.at("fields").as_object(), "theme") == "Neglect");
    for (const auto* below : {"", "/snapshots", "/files", "/notices"})
      CHECK(board.ask(agency, "GET", path + below).body.find("secret") == std::string::npos);
    for (const auto* list : {"/items", "/obligations"})
      CHECK(board.ask(agency, "GET", list).body.find("secret") == std::string::npos);
  }
  for (const auto* below : {"/journal", "/outbox", "/items"})
    CHECK(board.ask(qa_officer, "GET", below).body.find("secret") == std::string::npos);
  CHECK(reads().empty());  // nobody has seen any of it

  const std::string tom = board.holder_of("qa-officer");
  const auto ours = board.get(qa_officer, "GET", path);
  CHECK(text_of(ours.at("fields").as_object(), "complements") == "secret words");
  // The history says what was done, not why in somebody's own words.
  CHECK(json::serialize(ours).find("secret reason") == std::string::npos);
  CHECK(reads() == std::vector<std::string>{tom + " field complements"});
  const auto snapshots = board.get(qa_officer, "GET", path + "/snapshots").at("snapshots");
  CHECK(text_of(snapshots.as_array().back().as_object(), "reason") == "secret reason");
  CHECK(text_of(snapshots.as_array().back().as_object(), "event") == "suspend");
  CHECK(reads() == std::vector<std::string>{tom + " reason of suspend", tom + " field complements",
                                            tom + " field complements"});
}

TEST_CASE("an agency's own words are its own and the board's", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  const auto answers = board.get(police_lead, "GET", "/items?kind=answer");
  const std::string path =
      "/items/" + text_of(answers.at("items").as_array().at(0).as_object(), "reference");
  board.get(police_lead, "POST", path + "/events",
            R"({"event":"respond","fields":{"response":"secret answer"}})");
  for (const uid_t who : {police_lead, qa_officer})
    CHECK(text_of(board.get(who, "GET", path).at("fields").as_object(), "response") ==
          "secret answer");
  CHECK(board.ask(nhs_lead, "GET", path).status == 404);
  CHECK(board.ask(nhs_lead, "GET", path + "/snapshots").status == 404);
  CHECK(board.get(qa_officer, "GET", path + "/reads").at("reads").as_array().size() == 2);
}

TEST_CASE("a reason typed about a parent is not shown with its children", "[web]") {
  ExampleBoard board;
  const std::string concern = board.raise_concern();
  const auto corrected = board.ask(qa_officer, "POST", "/items/" + concern + "/events",
                                   R"({"event":"correct","reason":"secret reason"})");
  INFO(corrected.body);
  REQUIRE(corrected.status == 200);
  const auto answers = board.get(police_lead, "GET", "/items?kind=answer");
  for (const auto& row : answers.at("items").as_array()) {
    const std::string path = "/items/" + text_of(row.as_object(), "reference");
    for (const auto* below : {"", "/snapshots"})
      CHECK(board.ask(police_lead, "GET", path + below).body.find("secret") == std::string::npos);
  }
  CHECK(board.ask(qa_officer, "GET", "/items/" + concern + "/snapshots").body.find("secret reason") !=
        std::string::npos);
}

TEST_CASE("a page of the outbox says where both of its lists go on", "[web]") {
  ExampleBoard board;
  for (int i = 0; i < 2; ++i) board.raise_concern();
  board.hold_notice();
  const auto whole = board.get(qa_officer, "GET", "/outbox");
  CHECK_FALSE(whole.contains("next_prompt"));
  std::set<std::int64_t> prompts, notices;
  std::string where;
  std::size_t pages = 0;
  for (; pages < 100; ++pages) {
    const auto page = board.get(qa_officer, "GET", "/outbox?limit=2" + where);
    for (const auto& row : page.at("prompts").as_array())
      CHECK(prompts.insert(row.as_object().at("id").as_int64()).second);
    for (const auto& row : page.at("notices").as_array())
      CHECK(notices.insert(row.as_object().at("id").as_int64()).second);
    if (!page.contains("next_prompt")) break;
    where = "&after_prompt=" + std::to_string(page.at("next_prompt").as_int64()) +
            "&after_notice=" + std::to_string(page.at("next_notice").as_int64());
  }
  CHECK(pages > 0);
  CHECK(prompts.size() == whole.at("prompts").as_array().size());
  CHECK(notices.size() == 1);
}
