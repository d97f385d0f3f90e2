// Commands on the real store: acknowledging and suspending what is owed, undoing the last event,
// and who may type for whom (S5.3, S9.2, S14, S15.1).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

// --- acknowledge

TEST_CASE("an acknowledgement is cut to the ladder's longest, and its rungs wait", "[sim][ack]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const Obligation before = world.obligation(audit, "planned");
  CHECK(world.text(before.due_at) == "2026-11-30 17:00");
  world.run_until("2026-11-26 10:00");
  CHECK(world.heard() == Lines{"2026-11-26 09:00 officer due-soon [-2wd]"});

  ok(world.acknowledge(world.caller("officer"), before.id, "10d"));
  const Obligation held = world.obligation(audit, "planned");
  CHECK(world.text(held.held_until) == "2026-12-01 17:00");  // five days, not ten
  CHECK(held.due_at == before.due_at);
  CHECK(held.due_version == 1);
  CHECK(held.acknowledged_rung == 1);
  CHECK(world.journal_lines(audit, "acknowledge") == Lines{"planned until 2026-12-01T17:00:00Z"});

  world.run_until("2026-12-01 16:59");
  CHECK(world.heard().empty());
  world.run_until("2026-12-01 17:30");
  CHECK(world.heard() ==
        Lines{"2026-12-01 17:00 officer late [+1wd]", "2026-12-01 17:00 manager late [+1wd]"});
}

TEST_CASE("a shorter acknowledgement ends when it says", "[sim][ack]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ObligationId owed = world.obligation(audit, "planned").id;
  ok(world.acknowledge(world.caller("officer"), owed, "2d"));
  CHECK(world.text(world.obligation(audit, "planned").held_until) == "2026-11-04 17:00");
}

TEST_CASE("rungs that wait behind an acknowledgement fire as one", "[sim][ack]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ObligationId owed = world.obligation(audit, "planned").id;
  world.run_until("2026-11-26 08:00");
  ok(world.acknowledge(world.caller("officer"), owed, "5d"));
  world.run_until("2026-12-01 17:00");
  CHECK(world.heard() ==
        Lines{"2026-12-01 17:00 officer late [+1wd]", "2026-12-01 17:00 manager late [+1wd]"});
  const auto prompts = world.reader()->prompts_of(owed);
  REQUIRE(prompts.size() == 2);
  CHECK(prompts[0].to == "post:qa-officer");
  CHECK(prompts[0].missed ==
        std::vector{world.at("2026-11-26 09:00"), world.at("2026-12-01 09:00")});
  CHECK_FALSE(prompts[0].down_from);  // nothing was down
  CHECK(prompts[1].to == "post:business-manager");
  CHECK(prompts[1].missed.empty());
}

TEST_CASE("a second acknowledgement on the same rung needs progress", "[sim][ack]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ObligationId owed = world.obligation(audit, "planned").id;
  world.run_until("2026-11-26 10:00");
  ok(world.acknowledge(world.caller("officer"), owed, "1d"));
  CHECK(refusal(world.acknowledge(world.caller("officer"), owed, "2d")) ==
        "refused: it was acknowledged before: say in a line what has been done since");
  CHECK(world.text(world.obligation(audit, "planned").held_until) == "2026-11-27 17:00");
  ok(world.acknowledge(world.caller("officer"), owed, "2d", "two of three cases are chosen"));
  CHECK(world.text(world.obligation(audit, "planned").held_until) == "2026-11-28 17:00");
  // The next rung is another matter: it can be acknowledged without a line.
  world.run_until("2026-12-01 09:30");
  CHECK(world.obligation(audit, "planned").acknowledged_rung == 1);
  ok(world.acknowledge(world.caller("officer"), owed, "1d"));
  CHECK(world.obligation(audit, "planned").acknowledged_rung == 2);
}

TEST_CASE("only who owes it, or was told, acknowledges it", "[sim][ack]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ObligationId owed = world.obligation(audit, "planned").id;
  const std::string no = "forbidden: only whoever owes this, or was told of it, may acknowledge it";
  CHECK(refusal(world.acknowledge(world.caller("police-lead"), owed, "1d")) == no);
  CHECK(refusal(world.acknowledge(world.caller("manager"), owed, "1d")) == no);
  CHECK(refusal(world.acknowledge(world.caller("nobody"), owed, "1d")) ==
        "forbidden: you are not on the board's list of people");
  // To say that one acts for the owner is not enough (S14.3).
  CHECK(refusal(world.acknowledge(world.caller("police-lead", "qa-officer"), owed, "1d")) ==
        "forbidden: only the board team may act on behalf of another post");
  CHECK_FALSE(world.obligation(audit, "planned").held_until);

  ok(world.acknowledge(world.caller("admin", "qa-officer"), owed, "1d"));  // on the phone
  CHECK(world.text(world.obligation(audit, "planned").held_until) == "2026-11-03 17:00");
  world.run_until("2026-12-01 09:30");  // the manager has been told now
  ok(world.acknowledge(world.caller("manager"), owed, "1d"));
  CHECK(world.text(world.obligation(audit, "planned").held_until) == "2026-12-02 17:00");
}

TEST_CASE("what is about immediate risk, or is done, is not acknowledged", "[sim][ack]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId concern = world.raise_concern(audit);
  const ObligationId owed = world.obligation(concern, "answer the concern").id;
  CHECK(refusal(world.acknowledge(world.caller("nhs-lead"), owed, "1h")) ==
        "refused: “answer the concern” cannot be acknowledged: it needs an answer");
  ok(world.act("nhs-lead", concern, "answer"));
  CHECK(refusal(world.acknowledge(world.caller("nhs-lead"), owed, "1h")) ==
        "refused: this has been done; there is nothing left to wait for");
  CHECK(refusal(world.acknowledge(world.caller("nhs-lead"), ObligationId{999}, "1h")) ==
        "not_found: there is no such obligation");
}

// --- suspend

TEST_CASE("two people suspend what is about immediate risk, for a day at most", "[sim][suspend]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  const auto now = [&] { return world.obligation(concern, "answer the concern"); };
  const ObligationId owed = now().id;
  CHECK(world.text(now().due_at) == "2026-11-03 09:00");
  world.run_until("2026-11-02 10:00");

  const std::string too_long =
      "refused: what is about immediate risk can be suspended for at most 24 hours at a time";
  CHECK(refusal(world.suspend(world.caller("officer"), owed, "25h")) == too_long);
  CHECK(refusal(world.suspend(world.caller("officer"), owed, "1d")) == too_long);
  ok(world.suspend(world.caller("officer"), owed, "24h"));
  CHECK_FALSE(now().held_until);  // proposed only
  const std::string second = "refused: a second person must agree to this suspension";
  CHECK(refusal(world.suspend(world.caller("officer"), owed, "24h")) == second);
  CHECK(refusal(world.suspend(world.caller("officer", "chair"), owed, "24h")) == second);
  CHECK(refusal(world.suspend(world.caller("chair"), owed, "25h")) == too_long);
  CHECK_FALSE(now().held_until);
  ok(world.suspend(world.caller("chair"), owed, "24h"));
  CHECK(world.text(now().held_until) == "2026-11-03 10:00");
  CHECK(world.text(now().due_at) == "2026-11-03 09:00");
  CHECK(now().due_version == 1);

  // Renewed by two people again.
  ok(world.suspend(world.caller("chair"), owed, "24h"));
  CHECK(world.text(now().held_until) == "2026-11-03 10:00");

  world.run_until("2026-11-03 09:59");
  CHECK(world.heard().empty());
  world.run_until("2026-11-03 10:00");
  CHECK(world.heard() == Lines{"2026-11-03 10:00 nhs-lead unsafe [0h]",
                               "2026-11-03 10:00 nhs-director unsafe [0h]"});
}

TEST_CASE("a proposal to suspend stands for a day", "[sim][suspend]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  const auto owed = [&] { return world.obligation(concern, "answer the concern"); };
  world.set_clock("2026-11-02 10:00");
  ok(world.suspend(world.caller("officer"), owed().id, "1h"));
  SECTION("for all of it") {
    world.set_clock("2026-11-03 10:00");
    ok(world.suspend(world.caller("chair"), owed().id, "1h"));
    CHECK(world.text(owed().held_until) == "2026-11-03 11:00");
  }
  SECTION("and no minute more: the second person proposes anew") {
    world.set_clock("2026-11-03 10:01");
    ok(world.suspend(world.caller("chair"), owed().id, "1h"));
    CHECK_FALSE(owed().held_until);
    CHECK(refusal(world.suspend(world.caller("chair"), owed().id, "1h")) ==
          "refused: a second person must agree to this suspension");
    ok(world.suspend(world.caller("officer"), owed().id, "1h"));
    CHECK(world.text(owed().held_until) == "2026-11-03 11:01");
  }
}

TEST_CASE("one person of the board suspends a chase, nobody of an agency", "[sim][suspend]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  const ObligationId owed = world.obligation(return_, "agency notified").id;
  const std::string no = "forbidden: only the board team may suspend what is owed";
  CHECK(refusal(world.suspend(world.caller("nhs-lead"), owed, "5wd")) == no);
  CHECK(refusal(world.suspend(world.caller("nhs-lead", "qa-officer"), owed, "5wd")) ==
        "forbidden: only the board team may act on behalf of another post");
  CHECK(refusal(world.suspend(world.caller("admin"), owed, "5wd", "")) ==
        "invalid: a reason is needed");
  CHECK_FALSE(world.obligation(return_, "agency notified").held_until);
  ok(world.suspend(world.caller("admin"), owed, "20wd"));
  CHECK(world.text(world.obligation(return_, "agency notified").held_until) == "2026-11-30 17:00");
  CHECK(world.text(world.obligation(return_, "agency notified").due_at) == "2026-11-09 17:00");
  CHECK(world.journal_lines(return_, "suspend") ==
        Lines{"agency notified until 2026-11-30T17:00:00Z"});
}

// --- when it occurred

TEST_CASE("every command says when it happened, within what can be", "[sim][occurred]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();  // at 09:00
  const ObligationId owed = world.obligation(audit, "planned").id;
  world.set_clock("2026-11-02 11:00");
  Caller early = world.caller("officer"), late = early, right = early;
  early.occurred_at = world.at("2026-11-02 08:59");
  late.occurred_at = world.at("2026-11-02 11:01");
  right.occurred_at = world.at("2026-11-02 10:00");
  const std::string before = "invalid: it cannot have happened before the item existed";
  const std::string future = "invalid: it cannot have happened in the future";
  const auto newest = [&](ItemId item) { return world.reader()->journal_of(item).back(); };

  CHECK(refusal(world.acknowledge(early, owed, "1d")) == before);
  CHECK(refusal(world.acknowledge(late, owed, "1d")) == future);
  ok(world.acknowledge(right, owed, "1d"));
  CHECK(newest(audit).kind == "acknowledge");
  CHECK(world.text(newest(audit).occurred_at) == "2026-11-02 10:00");
  CHECK(world.text(newest(audit).at) == "2026-11-02 11:00");

  Caller admin = world.caller("admin");
  admin.occurred_at = early.occurred_at;
  CHECK(refusal(world.suspend(admin, owed, "5wd")) == before);
  admin.occurred_at = late.occurred_at;
  CHECK(refusal(world.suspend(admin, owed, "5wd")) == future);
  admin.occurred_at = right.occurred_at;
  ok(world.suspend(admin, owed, "5wd"));
  CHECK(newest(audit).kind == "suspend");
  CHECK(world.text(newest(audit).occurred_at) == "2026-11-02 10:00");

  MeetingCommand plan{world.board(), MeetingCommand::What::plan, {}, "qa-subgroup",
                      world.at("2026-12-10 14:00"), late};
  const auto change = [&] {
    const auto tx = world.store().begin();
    auto changed = change_meeting(*tx, world.programmes(), plan, world.now());
    if (changed) tx->commit();
    return changed;
  };
  CHECK(refusal(change()) == future);
  plan.caller = right;
  ok(change());
  const auto rows = world.reader()->list_journal(0, 1000);
  CHECK(rows.back().kind == "plan-meeting");
  CHECK(world.text(rows.back().occurred_at) == "2026-11-02 10:00");

  // The report waits for that meeting; an earlier one is planned.
  const ItemId reporting = world.audit_in_reporting();  // at 11:00
  const ObligationId waits = world.obligation(reporting, "report to the sub-group").id;
  const Meeting earlier = ok(world.plan("qa-subgroup", "2026-11-26 14:00"));
  world.set_clock("2026-11-02 12:00");
  const auto bind = [&](const Caller& caller) {
    const auto tx = world.store().begin();
    auto bound = rebind(*tx, world.programmes(), {world.board(), waits, earlier.id, caller},
                        world.now());
    if (bound) tx->commit();
    return bound;
  };
  CHECK(refusal(bind(right)) == before);
  right.occurred_at = world.at("2026-11-02 12:01");
  CHECK(refusal(bind(right)) == future);
  right.occurred_at = world.at("2026-11-02 11:30");
  ok(bind(right));
  CHECK(newest(reporting).kind == "rebind");
  CHECK(world.text(newest(reporting).occurred_at) == "2026-11-02 11:30");
}

// --- correct

TEST_CASE("correcting sends everything back to where it was", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const Item was = world.item(audit);
  const Obligation owed = world.obligation(audit, "planned");
  world.set_clock("2026-11-02 11:00");
  const ItemId return_ = world.send_out(audit);
  CHECK_FALSE(world.obligation(audit, "planned").is_open());
  CHECK(world.open(audit) == Lines{"collect the returns"});
  CHECK(world.open(return_) == Lines{"agency notified"});

  world.set_clock("2026-11-02 11:05");
  ok(world.correct("officer", audit));
  Item is = world.item(audit);
  CHECK(is.state == "planned");
  CHECK(is.version == 3);
  is.version = was.version;
  CHECK(is == was);  // fields and dates too
  CHECK(world.open(audit) == Lines{"planned"});
  const Obligation reopened = world.obligation(audit, "planned");
  CHECK(reopened == owed);  // its old due date, version and next step
  CHECK(world.item(return_).state == "voided");
  CHECK(world.open(return_).empty());
  CHECK(world.obligation(return_, "agency notified").closed_by == "corrected");
  CHECK(world.obligation(audit, "collect the returns").closed_by == "corrected");
  CHECK(world.store().verify(world.board()).faults.empty());

  // It goes on from there as if nothing had been.
  world.run_until("2026-11-26 10:00");
  CHECK(world.heard() == Lines{"2026-11-26 09:00 officer due-soon [-2wd]"});
}

TEST_CASE("correcting ends the assignments that the event made", "[sim][correct]") {
  CommandWorld world;
  const ItemId return_ = world.send_out(world.plan_audit());
  world.allocate(return_);
  CHECK(world.obligation(return_, "return the audit").owed_by == "assigned:auditor");
  world.set_clock("2026-11-02 09:30");
  ok(world.correct("officer", return_));
  const auto assignments = world.reader()->assignments_of({return_});
  REQUIRE(assignments.size() == 1);
  CHECK(assignments[0].role == "auditor");
  CHECK(assignments[0].person == "nurse");
  CHECK(world.text(assignments[0].to) == "2026-11-02 09:30");
  CHECK(world.item(return_).state == "notified");
  CHECK_FALSE(world.item(return_).fields.contains("no_worker_reason"));
  CHECK(world.open(return_) == Lines{"agency notified"});
}

TEST_CASE("correcting withdraws an approval, so that its gate closes again", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.audit_in_reporting();
  ok(world.act("qa-chair", audit, "approve"));
  world.set_clock("2026-11-02 09:10");
  ok(world.correct("officer", audit));
  const auto approvals = world.reader()->approvals_of(audit);
  REQUIRE(approvals.size() == 1);
  CHECK(world.text(approvals[0].withdrawn_at) == "2026-11-02 09:10");
  CHECK(refusal(world.act("officer", audit, "close"))
            .find("the approval of the Quality Assurance Sub-Group is not recorded") !=
        std::string::npos);
}

TEST_CASE("what led to something else can no longer be corrected", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  CHECK(refusal(world.correct("officer", audit)) ==
        "conflict: something else has happened since; it cannot be undone any more");
  CHECK(world.item(audit).state == "running");
  CHECK(world.item(return_).state == "allocated");
}

TEST_CASE("a correction keeps the suspension that was agreed on since", "[sim][correct]") {
  CommandWorld world(replaced(
      std::string{small_programme_toml}, "[kind.return]\n",
      "[[kind.audit.obligation]]\nname = \"hold it\"\nowed_by = \"board:qa-officer\"\n"
      "opens_on = [\"state:planned\"]\ncloses_on = [\"state:running\"]\n"
      "due = { after = \"5wd\", from = \"held_on\" }\nfamily = \"C\"\n"
      "source = \"local policy, to be confirmed\"\nladder = \"chasing\"\n"
      "[[kind.audit.transition]]\nfrom = [\"planned\"]\nevent = \"move\"\n"
      "by = [\"board:qa-officer\"]\ntakes = [\"held_on\"]\n[kind.return]\n"));
  const ItemId audit = world.plan_audit();
  const auto owed = [&] { return world.obligation(audit, "hold it"); };
  const auto planned = owed().due_at;
  ok(world.act("officer", audit, "move", {{"held_on", "2026-12-14"}}));
  CHECK(world.text(owed().due_at) == "2026-12-21 17:00");
  ok(world.suspend(world.caller("admin"), owed().id, "20wd"));
  ok(world.correct("manager", audit));
  CHECK(owed().due_at == planned);
  CHECK(world.text(owed().held_until) == "2026-11-30 17:00");
}

TEST_CASE("a correction has an author, a reason and a limit", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  CHECK(refusal(world.correct("nhs-lead", return_)) ==
        "forbidden: only the board team may correct an event");
  CHECK(refusal(world.correct("officer", return_, "")) == "invalid: a reason is needed");
  CHECK(refusal(world.correct("officer", {})) == "invalid: say which item to correct");
  world.run_until("2026-11-03 17:01");  // one day, and its close, have passed
  CHECK(refusal(world.correct("officer", return_)) ==
        "refused: “allocate” was longer ago than 1d; it can no longer be corrected");
  CHECK(world.item(return_).state == "allocated");
}

TEST_CASE("a correction is not itself corrected, but the right event can follow",
          "[sim][correct]") {
  CommandWorld world;
  const ItemId return_ = world.send_out(world.plan_audit());
  world.allocate(return_);
  world.set_clock("2026-11-03 17:00");  // the last moment
  ok(world.correct("officer", return_));
  CHECK(refusal(world.correct("officer", return_)) ==
        "refused: the last event was itself a correction; do the right thing instead");
  world.allocate(return_);
  CHECK(world.item(return_).state == "allocated");
  // Its work was opened twice: the corrected round stays on record.
  const Obligation again = world.obligation(return_, "return the audit");
  CHECK(again.round == 2);
  CHECK(again.is_open());
}

TEST_CASE("mail about what was undone is not sent", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId concern = world.raise_concern(audit);
  world.relay.answer = [](const Outgoing&) { return SendAnswer::accepted; };
  world.set_clock("2026-11-03 05:00");
  // The rung fires, but the sender has not come to it when the concern is undone.
  {
    Scheduler alone(world.store(), world.current_programmes());
    alone.note_alive(world.now());
    alone.run_once(world.now());
  }
  const auto prompts =
      world.reader()->prompts_of(world.obligation(concern, "answer the concern").id);
  REQUIRE(prompts.size() == 1);
  ok(world.correct("officer", concern));
  ok(world.correct("manager", concern));
  world.pass();
  CHECK(world.relay.tried.empty());
  const auto after = world.reader()->find_prompt(prompts[0].id);
  CHECK(after->state == PromptState::superseded);
  CHECK(after->why == "the item was undone");
}

// --- who, when and on which version

TEST_CASE("a command on an old version conflicts and changes nothing", "[sim][caller]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  CHECK(world.item(audit).version == 1);
  world.send_out(audit);
  Command late;
  late.item = audit;
  late.event = "withdraw";
  late.reason = "not needed";
  late.caller = world.caller("manager");
  late.expected_version = 1;
  CHECK(refusal(world.apply(late)) == "conflict: somebody else changed this item; read it again");
  CHECK(world.item(audit).version == 2);
  CHECK(world.item(audit).state == "running");
  late.expected_version = 2;
  const Outcome done = ok(world.apply(late));
  CHECK(done.version == 3);
  CHECK(done.state == "closed");
}

TEST_CASE("what is recorded later happened when it happened", "[sim][caller]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-11-04 12:00");
  Command command;
  command.item = audit;
  command.event = "send-out";
  command.fields = {{"involved", "nhs"}};
  command.caller = world.caller("officer");
  command.caller.occurred_at = world.at("2026-11-04 12:01");
  CHECK(refusal(world.apply(command)) == "invalid: it cannot have happened in the future");
  command.caller.occurred_at = world.at("2026-11-02 08:59");
  CHECK(refusal(world.apply(command)) ==
        "invalid: it cannot have happened before the item existed");
  command.caller.occurred_at = world.at("2026-11-03 09:00");
  const ItemId return_ = ok(world.apply(command)).created.at(0);
  CHECK(world.text(world.item(audit).entered_at) == "2026-11-03 09:00");
  CHECK(world.text(world.obligation(return_, "agency notified").due_at) == "2026-11-10 17:00");
  const auto rows = world.reader()->journal_of(audit);
  REQUIRE_FALSE(rows.empty());
  CHECK(rows.back().kind == "send-out");
  CHECK(world.text(rows.back().at) == "2026-11-04 12:00");
  CHECK(world.text(rows.back().occurred_at) == "2026-11-03 09:00");
}

TEST_CASE("the board types for others, an agency only for its own posts", "[sim][caller]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  Command command;
  command.item = return_;
  command.event = "allocate";
  command.fields = {{"no_worker_reason", "closed case"}};
  command.assign = {{"auditor", "nurse"}};
  command.caller = world.caller("police-lead", "nhs/lead");
  CHECK(refusal(world.apply(command)) ==
        "forbidden: only the board team may act on behalf of another post");
  command.caller = world.caller("police-lead");
  CHECK(refusal(world.apply(command)) == "forbidden: “allocate” is not for you to do here");
  command.caller = world.caller("officer", "nhs/leed");
  CHECK(refusal(world.apply(command)) == "invalid: there is no post “nhs/leed” on this board");
  command.caller = world.caller("nobody");
  CHECK(refusal(world.apply(command)) == "forbidden: you are not on the board's list of people");
  command.caller = world.caller("officer", "nhs/lead");
  ok(world.apply(command));
  const auto row = world.reader()->journal_of(return_).back();
  CHECK(row.actor == "officer");
  CHECK(row.for_post == "nhs/lead");
  CHECK(row.channel == "phone");
  CHECK(world.reader()->assignments_of({return_}).at(0).by_post == "nhs/lead");
}

TEST_CASE("a reference that is taken is drawn again", "[sim][commands]") {
  // The seed is fixed and the journals are equally long, so both worlds draw the same reference.
  const auto with_item_called = [](CommandWorld& world, const std::string& reference) {
    Item item;
    item.id = item.root = ItemId{1};
    item.kind = "audit";
    item.state = "closed";
    item.programme = "small";
    item.reference = reference;
    Decision decision;
    decision.items.push_back({std::nullopt, item});
    const auto tx = world.store().begin();
    tx->board(world.board()).write({}, decision, world.now());
    tx->commit();
  };
  CommandWorld free;
  with_item_called(free, "AAA-0000");
  const std::string drawn = free.item(free.plan_audit()).reference;
  CommandWorld taken;
  with_item_called(taken, drawn);
  const Item audit = taken.item(taken.plan_audit());
  CHECK(audit.reference != drawn);
  CHECK(taken.reader()->find_item(drawn)->id == ItemId{1});
  CHECK(taken.reader()->find_item(audit.reference)->id == audit.id);
  // Without the clash it would have been the same: the test forces what it means to.
  CommandWorld again;
  with_item_called(again, "AAA-0000");
  CHECK(again.item(again.plan_audit()).reference == drawn);
}

TEST_CASE("nothing begins on what was undone", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  ok(world.correct("officer", audit));
  CHECK(refusal(world.act("nhs-lead", audit, "raise-concern", {{"about", "nhs"}})) ==
        "refused: it was undone, or its content removed; nothing can begin or end on it");
}

TEST_CASE("what has something below it since is not undone", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  const ItemId concern = world.raise_concern(audit);
  CHECK(refusal(world.correct("officer", audit)) ==
        "conflict: something was begun below it since; undo that first");
  ok(world.correct("officer", concern));
  ok(world.correct("manager", concern));
  ok(world.correct("officer", audit));
  CHECK(world.open(audit).empty());
  CHECK(world.open(concern).empty());
}

TEST_CASE("a correction gives back the mail that the wrong button stopped", "[sim][correct]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  world.run_until("2026-12-01 08:00");
  world.heard();
  // The manager's waits for the officer's, which the relay does not take yet (S6.3).
  world.relay.answer = [](const Outgoing& message) {
    return message.address == "officer@riverton.example" ? SendAnswer::try_later
                                                         : SendAnswer::accepted;
  };
  world.set_clock("2026-12-01 09:00");
  world.pass();
  CHECK(world.heard().empty());
  world.send_out(audit);  // the wrong button: it ends “planned”
  world.set_clock("2026-12-01 09:30");
  world.pass();
  CHECK(world.heard().empty());
  ok(world.correct("officer", audit));
  world.relay.answer = {};
  world.run_until("2026-12-01 11:00");
  const auto heard = world.heard();
  CHECK(std::count_if(heard.begin(), heard.end(), [](const std::string& line) {
          return line.ends_with(" manager late [+1wd]");
        }) == 1);
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("the second person agrees to what was proposed, or to less", "[sim][suspend]") {
  CommandWorld world;
  const ItemId concern = world.raise_concern(world.plan_audit());
  const ObligationId owed = world.obligation(concern, "answer the concern").id;
  ok(world.suspend(world.caller("officer"), owed, "2h"));
  CHECK(refusal(world.suspend(world.caller("chair"), owed, "3h")) ==
        "refused: 2h was proposed; agree to that, or to less");
  ok(world.suspend(world.caller("chair"), owed, "1h"));
  CHECK(world.text(world.obligation(concern, "answer the concern").held_until) ==
        "2026-11-02 10:00");
}

TEST_CASE("a channel is one of three words, never a text of its own", "[sim][occurred]") {
  CommandWorld world;
  const ItemId audit = world.plan_audit();
  Caller caller = world.caller("officer");
  caller.channel = "phone, the mother of the child";
  CHECK(refusal(world.acknowledge(caller, world.obligation(audit, "planned").id, "1d")) ==
        "invalid: say phone, mail or meeting, or leave it out");
  caller.channel = "phone";
  ok(world.acknowledge(caller, world.obligation(audit, "planned").id, "1d"));
}
