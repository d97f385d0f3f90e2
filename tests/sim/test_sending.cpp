// Mail on its way: who waits for whom, what a retry sends, and what a restart sends again (S6.3,
// S10).
#include <atomic>
#include <future>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

// Tries for one address.
std::vector<Outgoing> tried_for(const CommandWorld& world, std::string_view address) {
  std::vector<Outgoing> found;
  for (const Outgoing& one : world.relay.tried)
    if (one.address == address) found.push_back(one);
  return found;
}

Lines accepted_by(const CommandWorld& world) {
  Lines addresses;
  for (const Outgoing& one : world.relay.accepted) addresses.push_back(one.address);
  return addresses;
}

auto try_later_for(std::string address) {
  return [address = std::move(address)](const Outgoing& message) {
    return message.address == address ? SendAnswer::try_later : SendAnswer::accepted;
  };
}

// A relay that answers when it is told to.
class HangingRelay final : public Relay {
 public:
  std::unique_ptr<Notifier> connect() override { return std::make_unique<Hanging>(*this); }
  void let_go() { answer_.set_value(); }
  std::atomic<bool> asked = false;
  std::atomic<int> answers = 0;

 private:
  struct Hanging final : Notifier {
    explicit Hanging(HangingRelay& of) : relay(of) {}
    SendOutcome send(const Outgoing&) override {
      relay.asked = true;
      relay.answered_.wait();
      ++relay.answers;
      return {SendAnswer::accepted, 250, {}};
    }
    HangingRelay& relay;
  };
  std::promise<void> answer_;
  std::shared_future<void> answered_{answer_.get_future()};
};

// Not an exception that anything catches: the process is gone.
struct PowerFailed {};

const std::string officer = "officer@riverton.example";
const std::string manager = "manager@riverton.example";

}  // namespace

TEST_CASE("an escalation waits for its owner's mail, for a working day at most", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.heard();
  world.relay.answer = try_later_for(officer);
  world.set_clock("2026-12-01 09:00");
  world.pass();
  CHECK(world.heard().empty());
  CHECK(tried_for(world, manager).empty());
  world.set_clock("2026-12-02 08:59");
  world.pass();
  CHECK(world.heard().empty());
  world.set_clock("2026-12-02 09:00");
  world.pass();
  CHECK(world.heard() == Lines{"2026-12-02 09:00 manager late [+1wd]"});
}

TEST_CASE("once the owner's mail is taken, or refused, the escalation goes", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.heard();
  world.relay.answer = try_later_for(officer);
  world.set_clock("2026-12-01 09:00");
  world.pass();
  world.set_clock("2026-12-01 12:00");
  SECTION("taken") {
    world.relay.answer = {};
    world.run_until("2026-12-01 12:05");
    CHECK(world.heard() ==
          Lines{"2026-12-01 12:00 officer late [+1wd]", "2026-12-01 12:00 manager late [+1wd]"});
  }
  SECTION("refused") {
    world.relay.answer = [](const Outgoing& message) {
      return message.address == officer ? SendAnswer::bounced : SendAnswer::accepted;
    };
    world.run_until("2026-12-01 12:05");
    CHECK(world.heard() == Lines{"2026-12-01 12:00 manager late [+1wd]"});
    const std::size_t tries = tried_for(world, officer).size();
    world.run_until("2026-12-01 15:00");
    CHECK(tried_for(world, officer).size() == tries);  // never again
  }
}

TEST_CASE("what is about immediate risk waits for nobody", "[sim][send]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  world.run_until("2026-11-03 08:59");
  world.heard();
  world.relay.answer = try_later_for("lead@nhs.example");
  world.set_clock("2026-11-03 09:00");
  world.pass();
  CHECK(world.heard() == Lines{"2026-11-03 09:00 nhs-director unsafe [0h]"});
}

TEST_CASE("every retry sends the same bytes under the same id", "[sim][send]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.relay.answer = try_later_for(officer);
  world.run_until("2026-11-26 09:10");
  // What has changed since does not reach a message that is made already.
  ok(world.close_day("2026-11-30"));
  world.run_until("2026-11-26 09:15");
  world.restart();
  world.run_until("2026-11-26 09:55");
  world.relay.answer = {};
  world.run_until("2026-11-26 11:00");

  const auto tries = tried_for(world, officer);
  REQUIRE(tries.size() >= 5);
  for (const Outgoing& one : tries) {
    CHECK(one.message_id == tries[0].message_id);
    CHECK(one.bytes == tries[0].bytes);
    CHECK(one.id == tries[0].id);
  }
  CHECK(tries[0].bytes.find("Message-Id: <" + tries[0].message_id + ">") != std::string::npos);
  const auto heard = world.heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].ends_with(" officer due-soon [-2wd]"));
  CHECK(accepted_by(world) == Lines{officer});
  const auto prompts = world.reader()->prompts_of(world.obligation(audit, "planned").id);
  REQUIRE(prompts.size() == 1);
  const auto notices = world.reader()->notices_of(prompts[0].id);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].state == NoticeState::accepted);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("a restart sends what was made and not taken, and nothing twice", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.relay.accepted.clear();
  // The power fails while the manager's message is being handed over; the officer's has gone.
  world.relay.answer = [](const Outgoing& message) -> SendAnswer {
    if (message.address == manager) throw PowerFailed{};
    return SendAnswer::accepted;
  };
  world.set_clock("2026-12-01 09:00");
  CHECK_THROWS_AS(world.pass(), PowerFailed);
  CHECK(accepted_by(world) == Lines{officer});

  world.relay.answer = {};
  world.restart();
  world.run_until("2026-12-01 09:10");
  CHECK(accepted_by(world) == Lines{officer, manager});
  const auto tries = tried_for(world, manager);
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].bytes == tries[1].bytes);
  CHECK(tries[0].message_id == tries[1].message_id);
  world.restart();
  world.run_until("2026-12-01 09:30");
  CHECK(accepted_by(world) == Lines{officer, manager});
}

TEST_CASE("taken but not recorded goes again, recognisable by its id", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.set_clock("2026-11-26 09:00");
  world.relay.answer = [](const Outgoing&) -> SendAnswer { throw PowerFailed{}; };
  CHECK_THROWS_AS(world.pass(), PowerFailed);
  world.relay.answer = {};
  world.restart();
  world.pass();
  const auto tries = tried_for(world, officer);
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].message_id == tries[1].message_id);
  CHECK(tries[0].bytes == tries[1].bytes);
}

TEST_CASE("a deferred message is tried after a minute, then each time twice as long", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.relay.answer = try_later_for(officer);
  std::vector<std::string> times;
  world.relay.answer = [&](const Outgoing&) {
    times.push_back(world.text(world.now()));
    return SendAnswer::try_later;
  };
  world.run_until("2026-11-26 13:00");
  // 1, 2, 4, 8, ... minutes and up to a fifth more, four hours at most.
  REQUIRE(times.size() >= 7);
  CHECK(times.size() <= 9);
  CHECK(times[0] == "2026-11-26 09:00");
  CHECK(times[1] == "2026-11-26 09:01");
  const auto prompts = world.reader()->list_prompts(1, {});
  const auto notice = world.reader()->notices_of(prompts.at(0).id).at(0);
  CHECK(notice.state == NoticeState::deferred);
  CHECK(notice.attempts == times.size());
  CHECK(world.store().verify(world.board()).faults.empty());
  // After five days it is given up, and nobody waits for it any longer.
  world.relay.answer = try_later_for(officer);
  world.run_until("2026-12-02 12:00");
  CHECK(world.reader()->find_notice(notice.id)->state == NoticeState::expired);
}

TEST_CASE("a relay in trouble is nobody's fault: all wait, one is tried, then all go", "[sim][send]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  world.relay.tried.clear();
  world.relay.answer = [](const Outgoing&) { return SendAnswer::relay_trouble; };
  world.set_clock("2026-11-03 09:00");
  world.pass();
  // The first failed; nothing else was even tried.
  CHECK(world.relay.tried.size() == 1);
  CHECK(world.sender().health().trouble_since.has_value());
  world.run_until("2026-11-03 09:10");
  const std::size_t probes = world.relay.tried.size();
  CHECK(probes >= 5);
  CHECK(probes <= 12);
  for (const Notice& notice : world.reader()->list_notices(500, {}))
    if (!is_final(notice.state)) CHECK(notice.state == NoticeState::deferred);
  world.relay.answer = {};
  world.run_until("2026-11-03 09:15");
  // All but a routine message that was tried in vain, which waits for its own next try.
  for (const Notice& notice : world.reader()->list_notices(500, {}))
    CHECK((notice.state == NoticeState::accepted || notice.attempts > 1));
  world.run_until("2026-11-03 09:30");
  CHECK_FALSE(world.sender().health().trouble_since.has_value());
  for (const Notice& notice : world.reader()->list_notices(500, {}))
    CHECK(notice.state == NoticeState::accepted);
}

TEST_CASE("what waits for one reader goes in one mail, immediate risk alone", "[sim][send]") {
  CommandWorld world;
  for (int i = 0; i < 3; ++i) world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.relay.accepted.clear();
  world.run_until("2026-11-26 09:00");
  REQUIRE(accepted_by(world) == Lines{officer});
  CHECK(world.relay.accepted[0].bytes.find("3 matters wait for you") != std::string::npos);
  CHECK(world.heard().size() == 3);  // three prompts were told, by one mail
  const auto notices = world.reader()->list_notices(500, {});
  CHECK(notices.back().prompts.size() == 3);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("nobody gets two mails where one holds it all", "[sim][send]") {
  CommandWorld world;
  for (int i = 0; i < 30; ++i) world.plan_audit();  // for two readers, more than a transaction takes
  world.run_until("2026-12-01 08:59");
  world.relay.accepted.clear();
  world.run_until("2026-12-01 09:00");
  CHECK(accepted_by(world) == Lines{officer, manager});
}

TEST_CASE("a reader of two posts gets one mail, whoever else reads for one of them", "[sim][send]") {
  CommandWorld world;
  ok(world.load("[[person]]\nid = \"nhs-lead\"\nname = \"lead\"\nmail = \"lead@nhs.example\"\n"
                "posts = [{ post = \"nhs/lead\", from = 2026-01-01 },"
                " { post = \"qa-officer\", from = 2026-01-01 }]\n"));
  // On one morning, 24 returns of each agency are late and 24 other audits due soon: more than a transaction
  // takes, and the police's stand between the others'.
  std::vector<ItemId> audits;
  for (int i = 0; i < 48; ++i) audits.push_back(world.plan_audit());
  world.run_until("2026-11-18 10:00");
  for (int i = 0; i < 24; ++i)
    ok(world.act("officer", audits[static_cast<std::size_t>(i)], "send-out", {{"involved", "nhs,police"}}));
  world.run_until("2026-11-26 08:59");
  world.relay.accepted.clear();
  world.run_until("2026-11-26 09:00");
  Lines addresses = accepted_by(world);
  std::sort(addresses.begin(), addresses.end());
  CHECK(addresses == Lines{"lead@nhs.example", "lead@police.example", officer});
  for (const Outgoing& mail : world.relay.accepted)
    CHECK(mail.bytes.find(mail.address == "lead@nhs.example" ? "48 matters wait for you"
                                                             : "24 matters wait for you") !=
          std::string::npos);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("seniors wait no longer than a day for the owner's mail that is held once begun (S6.2)", "[sim][send]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.relay.answer = try_later_for(officer);
  world.down_until("2026-12-01 12:00");
  world.pass();
  REQUIRE(world.relay.tried.back().address == officer);
  // On its way, however long it takes.
  CHECK(world.obligation(audit, "planned").seniors_wait_until == Instant::max());
  world.mail_policy.mode = MailPolicy::Mode::observe;
  world.run_until("2026-12-01 12:10");
  CHECK(world.text(world.obligation(audit, "planned").seniors_wait_until) == "2026-12-02 12:01");
  world.mail_policy.mode = MailPolicy::Mode::live;
  world.heard();
  world.run_until("2026-12-02 12:00");
  CHECK(world.heard() == Lines{});
  world.run_until("2026-12-02 12:02");
  CHECK(world.heard() == Lines{"2026-12-02 12:01 manager late [+1wd]"});
}

TEST_CASE("mail that seems to name a person is held, and the board team looks at it (S12.4)",
          "[sim][send]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  // An NHS number in a field that mail may show; 943 476 5919 is the one that is printed in guidance.
  ok(world.act("nurse", return_, "submit",
               {{"files_read", "9434765919"}, {"last_involvement", "2026-09-01"}}));
  world.run_until("2026-11-13 10:00");
  std::vector<Notice> held;
  for (const Notice& notice : world.reader()->list_notices(500, {}))
    if (notice.state == NoticeState::held) held.push_back(notice);
  REQUIRE(held.size() == 1);
  CHECK(held[0].item == return_);
  for (const Outgoing& one : world.relay.tried)
    CHECK(one.bytes.find("9434765919") == std::string::npos);
  CHECK(world.open(return_) == Lines{"with the board", "look at held mail"});
  const ObligationId look = world.obligation(return_, look_at_held).id;
  CHECK(world.obligation(return_, look_at_held).owed_by == "post:administrator");

  HeldMail command{world.board(), "it is a count of files", {}};
  command.caller.person = "officer";
  auto tx = world.store().begin();
  // As long as mail is held, it was not looked at.
  CHECK(refusal(resolve_held(*tx, world.programmes(), command, look, world.now())) ==
        "refused: mail about it is still held: release or expire it first");
  SECTION("released") {
    ok(release_notice(*tx, world.programmes(), command, held[0].id, world.now()));
    tx->commit();
    tx.reset();
    world.heard();
    world.pass();
    CHECK(world.heard().size() == 1);
  }
  SECTION("expired") {
    ok(expire_notice(*tx, world.programmes(), command, held[0].id, world.now()));
    tx->commit();
    tx.reset();
    world.heard();
    world.pass();
    CHECK(world.heard().empty());
  }
  // Why it was decided is on record, beside what was decided.
  const auto journal = world.reader()->journal_of(return_);
  CHECK(std::any_of(journal.begin(), journal.end(), [&](const JournalRow& row) {
    return (row.kind == "release" || row.kind == "expire") &&
           row.body.find(command.reason) != std::string::npos;
  }));
  CHECK(world.open(return_) == Lines{"with the board"});
  CHECK(world.obligation(return_, look_at_held).closed_by == "looked at");
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("the mode says where mail may go", "[sim][send]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  const auto held_reasons = [&] {
    std::set<std::string> reasons;
    for (const Prompt& prompt : world.reader()->list_prompts(500, {}))
      if (prompt.state == PromptState::held) reasons.insert(prompt.why);
    return reasons;
  };
  SECTION("observe: nothing leaves, and nothing goes when the mode changes") {
    world.mail_policy.mode = MailPolicy::Mode::observe;
    world.run_until("2026-11-26 10:00");
    CHECK(world.relay.tried.empty());
    CHECK(held_reasons().size() == 1);
    world.mail_policy.mode = MailPolicy::Mode::live;
    world.run_until("2026-11-26 11:00");
    for (const Outgoing& one : world.relay.tried) CHECK_FALSE(one.address == officer);
  }
  SECTION("redirect: all to one address, which must be the board's own for immediate risk") {
    world.mail_policy.mode = MailPolicy::Mode::redirect;
    world.mail_policy.redirect_to = "trial@elsewhere.example";
    world.run_until("2026-11-26 10:00");
    REQUIRE_FALSE(world.relay.accepted.empty());
    for (const Outgoing& one : world.relay.accepted) {
      CHECK(one.address == "trial@elsewhere.example");
      CHECK_FALSE(one.urgent);
      CHECK(one.bytes.find("Redirected. This would have gone to ") != std::string::npos);
    }
    REQUIRE(held_reasons().size() == 1);
    CHECK(held_reasons().begin()->starts_with("mail about immediate risk is not redirected"));
  }
  SECTION("redirect to the board's own office: immediate risk too") {
    world.mail_policy.mode = MailPolicy::Mode::redirect;
    world.mail_policy.redirect_to = "office@riverton.example";
    world.run_until("2026-11-03 10:00");
    CHECK(std::any_of(world.relay.accepted.begin(), world.relay.accepted.end(),
                      [](const Outgoing& one) { return one.urgent; }));
    CHECK(held_reasons().empty());
  }
  SECTION("live, to some domains only") {
    world.mail_policy.domains = {"riverton.example"};
    world.run_until("2026-11-26 10:00");
    for (const Outgoing& one : world.relay.tried)
      CHECK(one.address.ends_with("@riverton.example"));
    REQUIRE(held_reasons().size() == 1);
    CHECK(held_reasons().begin()->find("mail.domains") != std::string::npos);
  }
}

TEST_CASE("mail of which nobody knows what became of it is given up in time too", "[sim][send]") {
  CommandWorld world;
  world.plan_audit();
  world.relay.answer = [](const Outgoing&) { return SendAnswer::unknown; };
  world.run_until("2026-11-26 09:00");
  const auto made = world.reader()->list_notices(500, {});
  REQUIRE(made.size() == 1);
  CHECK(made[0].state == NoticeState::unknown);
  world.run_until("2026-12-02 09:00");
  CHECK(world.reader()->find_notice(made[0].id)->state == NoticeState::expired);
}

TEST_CASE("one message that the relay will not have does not stop the others", "[sim][send]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-24 09:00");
  const ItemId concern = world.raise_concern(audit);
  // The relay refuses this mail by a policy of its own: trouble, and nobody's address.
  world.relay.answer = [](const Outgoing& message) {
    return message.address == "lead@nhs.example" ? SendAnswer::relay_trouble : SendAnswer::accepted;
  };
  world.run_until("2026-11-25 06:00");
  ok(world.act("nhs-lead", concern, "answer"));
  world.run_until("2026-11-26 09:30");
  CHECK(tried_for(world, "lead@nhs.example").size() > 100);
  CHECK(accepted_by(world) == Lines{officer});
}

TEST_CASE("a sender says since when a message is under way", "[sim][sending]") {
  CommandWorld world;
  world.plan_audit();
  world.run_until("2026-11-26 08:59");
  world.relay.answer = [](const Outgoing&) { return SendAnswer::relay_trouble; };
  world.make_mail("2026-11-26 09:00");
  HangingRelay relay;
  Sender sender{world.store(), world.current_programmes(), relay, SenderSettings{1}, {}, [] {}};
  CHECK_FALSE(sender.sending_since());
  const auto before = std::chrono::steady_clock::now();
  sender.run_once(world.now() + std::chrono::hours{1});
  while (!relay.asked) std::this_thread::yield();
  const auto since = sender.sending_since();
  REQUIRE(since);
  CHECK(*since >= before);
  CHECK(*since <= std::chrono::steady_clock::now());
  relay.let_go();
  while (sender.sending_since()) std::this_thread::yield();
}

TEST_CASE("what became of mails that came back together is recorded together (S11.4)", "[sim][sending]") {
  CommandWorld world;
  constexpr int mails = 20;
  const ItemId audit = world.plan_audit();
  for (int i = 0; i < mails; ++i) world.raise_concern(audit);
  world.run_until("2026-11-03 04:59");
  world.make_mail("2026-11-03 05:00");
  HangingRelay relay;
  Sender sender{world.store(), world.current_programmes(), relay, SenderSettings{4}, {}, [] {}};
  sender.run_once(world.now());
  const auto notices = [&] {
    std::vector<JournalRow> rows = world.reader()->list_journal(0, 10'000);
    std::erase_if(rows, [](const JournalRow& row) { return row.kind != "notice"; });
    return rows.size();
  };
  const std::size_t before = notices();
  REQUIRE(sender.health().in_hand == mails);
  relay.let_go();
  while (relay.answers < mails || sender.sending_since()) std::this_thread::yield();
  sender.run_once(world.now());
  CHECK(sender.health().accepted == mails);
  CHECK(notices() == before + 1);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("what one recipient's policy refuses stops nobody else's mail; what it refuses to all does",
          "[sim][send]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  SECTION("one") {
    world.relay.answer = [](const Outgoing& message) {
      return message.address == "lead@nhs.example" ? SendAnswer::not_allowed : SendAnswer::accepted;
    };
    world.run_until("2026-11-03 12:00");
    CHECK_FALSE(world.sender().health().trouble_since.has_value());
    CHECK(tried_for(world, "director@nhs.example").size() == 1);
    CHECK(tried_for(world, "lead@nhs.example").size() > 5);
  }
  SECTION("all") {
    world.run_until("2026-11-24 08:59");  // the officer is to be told of something too, soon
    world.relay.answer = [](const Outgoing&) { return SendAnswer::not_allowed; };
    world.run_until("2026-11-26 12:00");
    CHECK(world.sender().health().trouble_since.has_value());
  }
}

TEST_CASE("trouble with the relay loses no mail, however long it lasts", "[sim][send]") {
  CommandWorld world;
  world.raise_concern(world.plan_audit());
  world.run_until("2026-11-03 04:00");
  world.relay.tried.clear();
  world.relay.answer = [](const Outgoing&) { return SendAnswer::relay_trouble; };
  world.run_until("2026-11-03 09:00");
  const auto made = world.reader()->list_notices(500, {});
  world.run_until("2026-11-12 09:00");
  for (const Notice& notice : world.reader()->list_notices(500, {}))
    CHECK(notice.state != NoticeState::expired);
  // What the relay asks for patience with at its first try after that is not given up either.
  world.relay.answer = [](const Outgoing&) { return SendAnswer::try_later; };
  world.run_until("2026-11-12 09:30");
  for (const Notice& notice : made)
    CHECK(world.reader()->find_notice(notice.id)->state != NoticeState::expired);
}

TEST_CASE("immediate risk that may go to no address of a post is told to the next, and to the board team",
          "[sim][send]") {
  CommandWorld world;
  world.mail_policy.domains = {"riverton.example"};
  const ItemId concern = world.raise_concern(world.plan_audit());
  world.run_until("2026-11-03 05:01");
  const auto open = world.open(concern);
  CHECK(std::count(open.begin(), open.end(), "look at mail that was not delivered") == 1);
  const auto counts = world.reader()->outbox_counts();
  CHECK(counts.held == counts.held_urgent);
  CHECK(counts.held_urgent >= 2);  // the lead, and the director at once
}

TEST_CASE("the domain of an address has no case", "[sim][send]") {
  CommandWorld world;
  world.mail_policy.domains = {"riverton.example"};
  world.plan_audit();
  ok(world.load("[[person]]\nid = \"officer\"\nname = \"officer\"\nmail = \"Officer@Riverton.Example\"\n"
                "posts = [{ post = \"qa-officer\", from = 2026-01-01 }]\n"));
  world.run_until("2026-11-26 10:00");
  CHECK(world.reader()->outbox_counts().held == 0);
}
