// What was made is looked at again when it is first taken to be sent (S10.2, S10.3, S16.3), and what waits
// is taken in order of risk, at a pace.
#include <fmt/format.h>

#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

const std::string officer = "officer@riverton.example";
const std::string manager = "manager@riverton.example";
const std::string lead = "lead@nhs.example";

SendAnswer in_trouble(const Outgoing&) { return SendAnswer::relay_trouble; }

std::size_t count_tried(const CommandWorld& world, std::string_view address) {
  return static_cast<std::size_t>(
      std::count_if(world.relay.tried.begin(), world.relay.tried.end(),
                    [&](const Outgoing& one) { return one.address == address; }));
}

std::vector<Notice> notices_to(CommandWorld& world, std::string_view address) {
  auto notices = world.reader()->list_notices(500, {});
  std::erase_if(notices, [&](const Notice& n) { return n.address != address; });
  return notices;
}

// Somebody who holds the officer's post beside whoever else does.
std::string another_officer(std::string_view id, std::string_view from) {
  return fmt::format(
      "[[person]]\nid = \"{0}\"\nname = \"{0}\"\nmail = \"{0}@riverton.example\"\n"
      "posts = [{{ post = \"qa-officer\", from = {1} }}]\n",
      id, from);
}

// They hold another post now, which owes nothing.
void give_up(CommandWorld& world, std::string_view id) {
  ok(world.load(fmt::format("[[person]]\nid = \"{0}\"\nname = \"{0}\"\nmail = \"{0}@riverton.example\"\n"
                            "posts = [{{ post = \"qa-chair\", from = 2026-01-01 }}]\n",
                            id)));
}

// Mail to the officer is made, and the relay takes none of it: something else is tried first.
ItemId wait_for_the_officer(CommandWorld& world) {
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.relay.tried.clear();
  world.heard();
  world.make_mail("2026-11-26 09:00");
  REQUIRE(notices_to(world, officer).size() == 1);
  return audit;
}

}  // namespace

TEST_CASE("what is done before its mail was begun is not sent", "[sim][lease]") {
  CommandWorld world;
  const ItemId audit = wait_for_the_officer(world);
  world.send_out(audit);  // ends “planned”
  world.pass();
  CHECK(count_tried(world, officer) == 0);
  const Notice notice = notices_to(world, officer).at(0);
  CHECK(notice.state == NoticeState::superseded);
  const Prompt prompt = *world.reader()->find_prompt(notice.prompts.at(0));
  CHECK(prompt.state == PromptState::superseded);
  CHECK(prompt.why == "“planned” was done before this was sent");
  CHECK(world.sender().health().planned_anew == 1);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("of a mail about several matters, what is still true is planned anew", "[sim][lease]") {
  CommandWorld world;
  const ItemId done = world.plan_audit();
  const ItemId open = world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.relay.tried.clear();
  world.make_mail("2026-11-26 09:00");
  REQUIRE(notices_to(world, officer).at(0).prompts.size() == 2);
  world.send_out(done);
  world.relay.tried.clear();
  world.pass();
  const auto notices = notices_to(world, officer);
  REQUIRE(notices.size() == 2);
  CHECK(notices[0].state == NoticeState::superseded);
  CHECK(notices[1].state == NoticeState::accepted);
  REQUIRE(notices[1].prompts.size() == 1);
  CHECK(world.reader()->find_prompt(notices[1].prompts[0])->item == open);
  CHECK(count_tried(world, officer) == 1);
}

TEST_CASE("a mail that was begun once goes with its bytes, whatever is true since", "[sim][lease]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.relay.tried.clear();
  world.relay.answer = [](const Outgoing&) { return SendAnswer::unknown; };
  world.run_until("2026-11-26 09:00");
  world.send_out(audit);
  world.relay.answer = {};
  world.run_until("2026-11-26 09:05");
  const Notice notice = notices_to(world, officer).at(0);
  CHECK(notice.state == NoticeState::accepted);
  CHECK(count_tried(world, officer) == 2);
  CHECK(world.relay.tried.back().bytes == world.relay.tried.front().bytes);
}

TEST_CASE("nothing leaves where the mode forbids it, though it was begun before", "[sim][lease]") {
  CommandWorld world;
  wait_for_the_officer(world);
  const bool maybe_taken = GENERATE(false, true);
  world.relay.answer = [&](const Outgoing&) {
    return maybe_taken ? SendAnswer::unknown : SendAnswer::try_later;
  };
  world.pass();
  REQUIRE(count_tried(world, officer) == 1);
  const std::string bytes = world.relay.tried.back().bytes;
  world.relay.answer = {};
  SECTION("observe") { world.mail_policy.mode = MailPolicy::Mode::observe; }
  SECTION("redirect") {
    world.mail_policy.mode = MailPolicy::Mode::redirect;
    world.mail_policy.redirect_to = "trial@elsewhere.example";
  }
  SECTION("domains") { world.mail_policy.domains = {"nhs.example"}; }
  SECTION("a hold") { world.hold_outbox("restored from Monday's backup"); }
  world.run_until("2026-11-26 12:00");
  CHECK(count_tried(world, officer) == 1);
  const Notice held = notices_to(world, officer).at(0);
  CHECK(held.state == NoticeState::held);
  // Let go, it is the mail that it was.
  world.mail_policy = {};
  auto tx = world.store().begin();
  ok(release_notice(*tx, world.programmes(), {world.board(), "checked", world.caller("officer")}, held.id,
                    world.now()));
  tx->commit();
  tx.reset();
  world.pass();
  REQUIRE(count_tried(world, officer) == 2);
  CHECK(world.relay.tried.back().bytes == bytes);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("the mode and the holds are those of the moment of sending", "[sim][lease]") {
  CommandWorld world;
  wait_for_the_officer(world);
  const auto prompt = [&] {
    return *world.reader()->find_prompt(notices_to(world, officer).at(0).prompts.at(0));
  };
  SECTION("observe") {
    world.mail_policy.mode = MailPolicy::Mode::observe;
    world.pass();
    CHECK(prompt().state == PromptState::held);
    CHECK(prompt().why == "the service only observes (mode = \"observe\"): nothing leaves");
  }
  SECTION("domains") {
    world.mail_policy.domains = {"nhs.example"};
    world.pass();
    CHECK(prompt().state == PromptState::held);
    CHECK(prompt().why.find("mail.domains") != std::string::npos);
  }
  SECTION("redirected: made anew with its banner") {
    world.mail_policy.mode = MailPolicy::Mode::redirect;
    world.mail_policy.redirect_to = "trial@elsewhere.example";
    world.pass();
    CHECK(prompt().state == PromptState::noticed);
    CHECK(count_tried(world, "trial@elsewhere.example") == 1);
    // And back: what was made for the trial is not sent to the reader as it is.
    CHECK(world.relay.tried.back().bytes.find("Redirected.") != std::string::npos);
  }
  SECTION("the outbox is held; what an operator lets go goes") {
    world.hold_outbox("restored from Monday's backup");
    world.pass();
    CHECK(prompt().state == PromptState::held);
    CHECK(prompt().why == "restored from Monday's backup");
    CHECK(count_tried(world, officer) == 0);
    auto tx = world.store().begin();
    ok(release_prompt(*tx, world.programmes(), {world.board(), "checked", world.caller("officer")},
                      prompt().id, world.now()));
    tx->commit();
    tx.reset();
    world.pass();
    CHECK(count_tried(world, officer) == 1);
    CHECK(world.store().verify(world.board()).faults.empty());
    return;
  }
  SECTION("somebody else holds the post") {
    ok(world.load("[[person]]\nid = \"officer\"\nname = \"officer\"\nmail = \"officer@riverton.example\"\n"
                  "posts = [{ post = \"qa-officer\", from = 2026-01-01, to = 2026-11-26 }]\n"
                  "[[person]]\nid = \"next\"\nname = \"next\"\nmail = \"next@riverton.example\"\n"
                  "posts = [{ post = \"qa-officer\", from = 2026-11-26 }]\n"));
    world.pass();
    CHECK(count_tried(world, "next@riverton.example") >= 1);
  }
  CHECK(notices_to(world, officer).at(0).state == NoticeState::superseded);
  CHECK(count_tried(world, officer) == 0);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a later step takes the place of one that was made and not begun (S10.3)", "[sim][lease]") {
  CommandWorld world;
  const ItemId audit = wait_for_the_officer(world);
  // The relay has been out of reach for days; the next rung is due.
  world.make_mail("2026-12-01 09:00");
  world.pass();
  CHECK(count_tried(world, officer) == 1);
  const auto prompts = world.reader()->prompts_of(world.obligation(audit, "planned").id);
  CHECK(prompts.at(0).state == PromptState::superseded);
  CHECK(prompts.at(0).why == "a later step goes to the same post");
}

TEST_CASE("what was leased and not begun counts no attempt", "[sim][lease]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.relay.answer = in_trouble;
  world.set_clock("2026-11-03 09:00");
  world.pass();
  std::size_t begun = 0;
  for (const Notice& notice : world.reader()->list_notices(500, {})) begun += notice.attempts;
  CHECK(begun == world.relay.tried.size());
  CHECK(begun == 1);
  // So the other one can still be taken back.
  const std::string begun_for = world.relay.tried.front().address;
  ok(world.act("nhs-lead", concern, "answer"));
  world.relay.answer = {};
  world.run_until("2026-11-03 09:20");
  for (const std::string& address : {lead, std::string{"director@nhs.example"}})
    CHECK(notices_to(world, address).at(0).state ==
          (address == begun_for ? NoticeState::accepted : NoticeState::superseded));
}

TEST_CASE("urgent mail that the relay will not have leaves room for routine mail", "[sim][lease]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-25 09:00");
  // Many concerns, all of which the relay refuses by a policy of its own, again and again.
  for (int i = 0; i < 80; ++i) world.raise_concern(audit);
  world.relay.answer = [](const Outgoing& message) {
    return message.urgent ? SendAnswer::relay_trouble : SendAnswer::accepted;
  };
  world.run_until("2026-11-26 08:59");
  world.relay.tried.clear();
  world.run_until("2026-11-26 09:15");
  CHECK(count_tried(world, officer) == 1);
  CHECK(world.sender().health().troubles > 50);
}

TEST_CASE("a hand-over that is over before the morning is not told", "[sim][lease]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.set_clock("2026-11-02 19:00");  // nothing routine goes before the morning
  ok(world.load(another_officer("first", "2026-11-02")));
  world.run_until("2026-11-02 20:00");
  const auto hand_overs = [&] {
    Lines states;
    for (const Prompt& prompt : world.reader()->prompts_of(world.obligation(audit, "planned").id))
      states.push_back(fmt::format("{} {}", to_text(prompt.state), prompt.why));
    return states;
  };
  REQUIRE(hand_overs() == Lines{"pending "});
  SECTION("done meanwhile") {
    world.send_out(audit);
    world.run_until("2026-11-03 09:00");
    CHECK(hand_overs() == Lines{"superseded “planned” was done before this was sent"});
  }
  SECTION("handed over to one more meanwhile") {
    ok(world.load(another_officer("second", "2026-11-02")));
    world.run_until("2026-11-03 09:00");
    CHECK(hand_overs() == Lines{"noticed ", "noticed "});
    CHECK(notices_to(world, "first@riverton.example").size() == 1);
    CHECK(notices_to(world, "second@riverton.example").size() == 1);
  }
  SECTION("handed over to somebody else meanwhile") {
    give_up(world, "first");
    world.run_until("2026-11-03 09:00");
    CHECK(hand_overs() == Lines{"superseded “planned” is owed by somebody else now"});
  }
  SECTION("as it was") {
    world.run_until("2026-11-03 09:00");
    CHECK(hand_overs() == Lines{"noticed "});
  }
}

TEST_CASE("two words of no rung about one due date have ids of their own", "[sim][lease]") {
  CommandWorld world;
  world.plan_audit();
  const auto take_over = [&] {
    ok(world.load(another_officer("first", "2026-01-01")));
    world.pass();
  };
  take_over();
  world.run_until("2026-11-02 10:00");
  give_up(world, "first");
  take_over();
  std::set<std::string> ids;
  for (const Notice& notice : notices_to(world, "first@riverton.example")) ids.insert(notice.message_id);
  CHECK(ids.size() == 2);
}

TEST_CASE("whoever takes a post over hears of it alone (S3.4)", "[sim][lease]") {
  CommandWorld world(replaced(std::string{small_programme_toml}, "title = \"Quality assurance officer\"",
                              "title = \"Quality assurance officer\"\nmailbox = \"qa@riverton.example\""));
  world.plan_audit();
  // Not whoever holds it already, nor its mailbox.
  ok(world.load(another_officer("first", "2026-01-01")));
  world.pass();
  REQUIRE(world.relay.tried.size() == 1);
  CHECK(world.relay.tried[0].address == "first@riverton.example");
  CHECK(world.heard() == Lines{"2026-11-02 09:00 first hand-over"});
  // Two who begin on one day hear each for themselves.
  ok(world.load(another_officer("second", "2026-01-01") + another_officer("third", "2026-01-01")));
  world.pass();
  CHECK(world.heard() == Lines{"2026-11-02 09:00 second hand-over", "2026-11-02 09:00 third hand-over"});
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a hand-over that was made is not sent to whoever holds the post no longer", "[sim][lease]") {
  CommandWorld world;
  world.plan_audit();
  ok(world.load(another_officer("first", "2026-01-01")));
  world.make_mail("2026-11-02 09:01");
  REQUIRE(notices_to(world, "first@riverton.example").size() == 1);
  give_up(world, "first");
  world.pass();
  CHECK(count_tried(world, "first@riverton.example") == 0);
  CHECK(notices_to(world, "first@riverton.example").at(0).state == NoticeState::superseded);
}

TEST_CASE("a matter in two readers' mails goes to each once, whatever happens to the other mail", "[sim][lease]") {
  CommandWorld world;
  const ItemId shared = world.plan_audit();
  ok(world.load(another_officer("second", "2026-01-01")));
  world.run_until("2026-11-26 08:59");
  world.heard();
  world.make_mail("2026-11-26 09:00");
  const std::string second = "second@riverton.example", moved = "moved@riverton.example";
  REQUIRE(notices_to(world, officer).at(0).prompts == notices_to(world, second).back().prompts);
  SECTION("dropped, because its address is another now") {
    std::string elsewhere = another_officer("second", "2026-01-01");
    elsewhere.replace(elsewhere.find(second), second.size(), moved);
    ok(world.load(elsewhere));
    world.run_until("2026-11-26 09:10");
    // The other mail is the one that was made first, not one made anew.
    CHECK(notices_to(world, officer).size() == 1);
    CHECK(notices_to(world, moved).size() == 1);
    CHECK(notices_to(world, second).back().item == ItemId{});  // "your address was changed"
  }
  SECTION("bounced") {
    world.relay.answer = [&](const Outgoing& message) {
      return message.address == second ? SendAnswer::bounced : SendAnswer::accepted;
    };
    world.run_until("2026-11-26 09:10");
    CHECK(count_tried(world, officer) == 1);
  }
  CHECK(world.reader()->prompts_of(world.obligation(shared, "planned").id).back().state == PromptState::noticed);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("an address that is a person's and a post's mailbox gets one mail, and keeps it", "[sim][lease]") {
  // The officer's own address is the administrator's mailbox as well.
  CommandWorld world(replaced(std::string{small_programme_toml}, "mailbox = \"office@riverton.example\"",
                              "mailbox = \"officer@Riverton.Example\""));  // a domain is the same in capitals
  SECTION("live") {}
  SECTION("redirected") {
    world.mail_policy.mode = MailPolicy::Mode::redirect;
    world.mail_policy.redirect_to = "trial@elsewhere.example";
  }
  world.plan_audit();
  ok(world.load("[[person]]\nid = \"manager\"\nname = \"manager\"\nmail = \"manager@riverton.example\"\n"
                "posts = [{ post = \"chair\", from = 2026-01-01 }]\n"));  // nobody is business manager
  world.run_until("2026-11-26 08:59");
  world.relay.tried.clear();
  world.heard();
  world.run_until("2026-12-08 12:00");
  std::set<std::string> at;
  for (const std::string& heard : world.heard())
    if (heard.find(" officer ") != std::string::npos) at.insert(heard.substr(0, 16));
  std::size_t mails = 0;
  for (const Notice& notice : world.reader()->list_notices(500, {}))
    if (notice.person == "officer" && notice.created_at > world.at("2026-11-26 08:59")) {
      CHECK(notice.state == NoticeState::accepted);
      ++mails;
    }
  CHECK(mails == at.size());
  CHECK(world.sender().health().planned_anew == 0);
}

TEST_CASE("under redirect, who was told of a rung is known by who they are", "[sim][lease]") {
  CommandWorld world;
  world.mail_policy.mode = MailPolicy::Mode::redirect;
  world.mail_policy.redirect_to = "office@riverton.example";
  // One human in both posts of a rung.
  ok(world.load("[[person]]\nid = \"officer\"\nname = \"officer\"\nmail = \"officer@riverton.example\"\n"
                "posts = [{ post = \"qa-officer\", from = 2026-01-01 },"
                " { post = \"business-manager\", from = 2026-01-01 }]\n"
                "[[person]]\nid = \"manager\"\nname = \"manager\"\nmail = \"manager@riverton.example\"\n"
                "posts = [{ post = \"chair\", from = 2026-01-01 }]\n"));
  const ItemId audit = world.plan_audit();
  world.run_until("2026-12-01 08:59");
  world.heard();
  // The second word is planned apart from the first: it waited for the first to be taken (S6.3).
  world.relay.answer = [](const Outgoing&) { return SendAnswer::try_later; };
  world.run_until("2026-12-01 09:00");
  world.relay.answer = {};
  world.run_until("2026-12-01 12:00");
  CHECK(world.heard() == Lines{"2026-12-01 09:01 officer late [+1wd]"});
  const auto prompts = world.reader()->prompts_of(world.obligation(audit, "planned").id);
  CHECK(prompts.back().why == "the same person was told of this step through another post");
}

TEST_CASE("no more goes to one reader in an hour than is set; immediate risk always", "[sim][pace]") {
  CommandWorld world;
  world.mail_policy.per_person_per_hour = 2;
  world.plan_audit();
  const std::string a = "a@riverton.example";
  ok(world.load(another_officer("a", "2026-01-01")));
  world.run_until("2026-11-26 08:59");
  world.relay.tried.clear();
  world.heard();
  // A reminder, then twice a hand-over.
  world.set_clock("2026-11-26 09:00");
  world.pass();
  CHECK(count_tried(world, a) == 1);
  world.set_clock("2026-11-26 09:10");
  give_up(world, "a");
  ok(world.load(another_officer("a", "2026-11-26")));
  world.pass();
  CHECK(count_tried(world, a) == 2);
  world.set_clock("2026-11-26 09:20");
  give_up(world, "a");
  ok(world.load(another_officer("a", "2026-11-26") + another_officer("b", "2026-11-26")));
  world.pass();
  CHECK(count_tried(world, a) == 2);
  const Notice waiting = notices_to(world, a).back();
  CHECK(waiting.state == NoticeState::deferred);
  CHECK(waiting.attempts == 0);
  CHECK(waiting.next_try_at == world.at("2026-11-26 10:00"));
  CHECK(count_tried(world, "b@riverton.example") == 1);  // others are not kept waiting by it
  world.run_until("2026-11-26 09:59");
  CHECK(count_tried(world, a) == 2);
  world.run_until("2026-11-26 10:00");
  CHECK(count_tried(world, a) == 3);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("no more goes to the relay in a minute than is set, what is urgent first", "[sim][pace]") {
  CommandWorld world;
  world.messages_per_minute = 3;
  const ItemId audit = world.plan_audit();
  for (int i = 0; i < 4; ++i) world.raise_concern(audit);
  world.run_until("2026-11-03 04:59");
  world.relay.tried.clear();
  world.run_until("2026-11-03 05:00");  // a reminder of each concern
  CHECK(world.relay.tried.size() == 3);
  world.run_until("2026-11-03 05:00");
  CHECK(world.relay.tried.size() == 3);
  for (const Notice& notice : notices_to(world, lead))
    if (notice.state != NoticeState::accepted) CHECK(notice.attempts == 0);
  world.run_until("2026-11-03 05:01");
  CHECK(world.relay.tried.size() == 4);
  CHECK(world.relay.accepted.size() >= 4);
}

TEST_CASE("of two words that a deadline moved, written in one night, the later goes", "[sim][lease]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-12-01 20:00");  // late since yesterday, and told so; the window is closed
  world.heard();
  for (const auto* day : {"2026-11-26", "2026-11-27"}) {
    ok(world.close_day(day));
    world.pass();
  }
  CHECK(world.heard().empty());
  std::vector<std::string> why;
  world.run_until("2026-12-02 08:30");
  for (const Prompt& prompt : world.reader()->prompts_about(audit))
    if (prompt.template_name == "moved" && prompt.to == "post:qa-officer") why.push_back(prompt.why);
  CHECK(why == Lines{"the deadline moved again before this was sent", ""});
  const Lines heard = world.heard();
  CHECK(std::count(heard.begin(), heard.end(), "2026-12-02 08:00 officer moved") == 1);
}

TEST_CASE("that something can be done now is not said when it has been done", "[sim][lease]") {
  CommandWorld world{replaced(std::string{small_programme_toml}, "event = \"close\"\nto = \"closed\"\n",
                              "event = \"close\"\nto = \"closed\"\nready = \"hand-over\"\n")};
  const ItemId audit = world.audit_in_reporting();
  const MeetingId meeting = ok(world.plan("qa-subgroup", "2026-11-12 19:00")).id;
  world.run_until("2026-11-12 20:00");
  world.heard();
  ok(world.change(MeetingCommand::What::hold, meeting));
  ok(world.act("qa-chair", audit, "approve"));
  world.pass();
  const auto ready = [&] {
    std::vector<Prompt> found;
    for (const Prompt& prompt : world.reader()->prompts_about(audit))
      if (prompt.template_name == "hand-over" && !prompt.obligation) found.push_back(prompt);
    return found;
  };
  REQUIRE(ready().size() == 1);
  CHECK(ready().front().state == PromptState::pending);  // until the window opens
  SECTION("done in the night") {
    ok(world.act("officer", audit, "close"));
    world.run_until("2026-11-13 09:00");
    CHECK(ready().front().state == PromptState::superseded);
    CHECK(ready().front().why == "the item has moved on");
  }
  SECTION("still to do") {
    world.run_until("2026-11-13 09:00");
    CHECK(ready().front().state == PromptState::noticed);
  }
}
