// Broken programmes: states, posts and ladders that lead nowhere. One test each, with the exact
// messages.
#include "tests/support/broken_programme.hpp"

namespace assured::test {
namespace {

TEST_CASE("a state that cannot be reached", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, "[kind.audit.state.closed]",
                  R"([kind.audit.state.parked]
owner = "board:qa-officer"
deadline = { after = "5wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed"
[kind.audit.state.closed])");
  CHECK(told(toml) == Told{"small.toml:107:19: kind.audit.state.parked: no item can get into this "
                           "state (lead a transition to it, or remove it)"});
}

TEST_CASE("a final state with an exit", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(from = ["submitted"]
event = "accept")",
                  R"(from = ["submitted", "accepted"]
event = "accept")");
  CHECK(told(toml) ==
        Told{"small.toml:258:1: kind.return.transition[4].from: the state 'accepted' is final, and "
             "this leads out of it (remove it from the list, or remove final = true)"});
}

TEST_CASE("a state without an owner", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Returns are out"
owner = "board:qa-officer")",
                  R"(title = "Returns are out")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:97:1: kind.audit.state.running.owner: this key is missing (a state that is not final has an owner: owner = "board:qa-officer"))"});
}

TEST_CASE("a state in which nobody owes anything", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Planned"
owner = "board:qa-officer"
deadline = { after = "20wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed")",
                  R"(title = "Planned"
owner = "board:qa-officer")");
  CHECK(told(toml) ==
        Told{"small.toml:90:19: kind.audit.state.planned: nobody owes anything in this state (give "
             "it a deadline, or let an obligation open on state:planned)"});
}

TEST_CASE("a state that nothing leads out of", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([kind.concern.state.answered]
title = "Answered"
final = true)",
                  R"([kind.concern.state.answered]
title = "Answered"
owner = "agency:lead"
deadline = { after = "5wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed")");
  CHECK(told(toml) ==
        Told{"small.toml:289:21: kind.concern.state.answered: nothing leads out of this state, and "
             "it is not final (add a transition from it, or write final = true)",
             "small.toml:289:21: kind.concern.state.answered: 'answered' is never closed: nothing "
             "that ends it can happen from state 'answered' (name an event or a state in closes_on "
             "that can be reached)"});
}

TEST_CASE("an event after which nothing is owed", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(closes_on = ["event:submit"])",
                  R"(closes_on = ["event:submit", "event:note"])");
  toml = replaced(toml, R"([[kind.return.transition]]
from = ["allocated"]
event = "submit")",
                  R"([[kind.return.transition]]
from = ["allocated"]
event = "note"
by = ["agency:lead"]
[[kind.return.transition]]
from = ["allocated"]
event = "submit")");
  CHECK(told(toml) == Told{"small.toml:241:1: kind.return.transition[2]: after 'note' the item can "
                           "stand in 'allocated' with nothing owed (let an obligation open on it, "
                           "or stay open until the state is left)"});
}

TEST_CASE("an obligation that is never closed", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([kind.concern.state.answered]
title = "Answered"
final = true)",
                  R"([kind.concern.state.answered]
title = "Answered"
owner = "agency:lead")");
  toml =
      replaced(toml, R"(closes_on = ["event:answer"])", R"(closes_on = ["event:raise-concern"])");
  toml = replaced(toml, R"(event = "answer"
to = "answered"
by = ["agency:lead"])",
                  R"(event = "answer"
to = "answered"
by = ["agency:lead"]
[[kind.concern.transition]]
from = ["answered"]
event = "ask-again"
to = "raised"
by = ["agency:lead"])");
  CHECK(told(toml) ==
        Told{"small.toml:296:1: kind.concern.obligation[1]: 'answer the concern' is never closed: "
             "nothing that ends it can happen from state 'raised' or 'answered' (name an event or "
             "a state in closes_on that can be reached)"});
}

TEST_CASE("an obligation that is never opened", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(opens_on = ["state:running"])", R"(opens_on = ["event:withdraw"])");
  CHECK(told(toml) ==
        Told{"small.toml:97:19: kind.audit.state.running: nobody owes anything in this state (give "
             "it a deadline, or let an obligation open on state:running)",
             "small.toml:128:1: kind.audit.obligation[1]: 'collect the returns' is never opened "
             "(name a state or an event in opens_on that can be reached)"});
}

TEST_CASE("auto steps in a circle", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([[kind.audit.transition]]
from = ["reporting"]
event = "approve")",
                  R"([[kind.audit.transition]]
from = ["reporting"]
event = "reopen"
to = "running"
auto = true
[[kind.audit.transition]]
from = ["reporting"]
event = "approve")");
  CHECK(told(toml) ==
        Told{"small.toml:150:1: kind.audit.transition[2].auto: these steps happen by themselves in "
             "a circle: running, reporting, running (let a person or time do one of them)"});
}

TEST_CASE("an event that is never taken", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([[kind.return.transition]]
from = ["submitted"]
event = "accept"
to = "accepted"
by = ["board:qa-officer"])",
                  R"([[kind.return.transition]]
from = ["submitted"]
event = "accept"
to = "accepted"
by = ["board:qa-officer"]
[[kind.return.transition]]
from = ["submitted"]
event = "accept"
to = "excused"
by = ["board:qa-officer"])");
  CHECK(told(toml) ==
        Told{"small.toml:262:1: kind.return.transition[5]: 'accept' in state 'submitted' is never "
             "taken this way (the one in line 257 comes first and has no guard)"});
}

TEST_CASE("a kind that nothing makes", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(
      toml, R"(effects = [{ create = "return", each = "involved", copy = { area = "area" } }])",
      R"(effects = [{ tell = ["board:chair"], template = "closed" }])");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:175:7: kind.return: nothing makes an item of kind 'return' (add [kind.return.start], or { create = "return" } to an event))"});
}

TEST_CASE("a step by itself that names somebody", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(to = "reporting"
auto = true)",
                  R"(to = "reporting"
auto = true
by = ["board:chair"])");
  CHECK(told(toml) == Told{"small.toml:151:1: kind.audit.transition[2].by: nobody does this; it "
                           "happens by itself (remove 'by')"});
}

TEST_CASE("a step that nobody may do", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(event = "answer"
to = "answered"
by = ["agency:lead"])",
                  R"(event = "answer"
to = "answered")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:305:1: kind.concern.transition[1].by: this key is missing (say who may do it: ["agency:lead"]))"});
}

TEST_CASE("a meeting of a body that there is not", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(at = "next qa-subgroup - 5wd")", R"(at = "next qa-group - 5wd")");
  CHECK(told(toml) ==
        Told{"small.toml:103:1: kind.audit.state.reporting.deadline: there is no body 'qa-group' "
             "whose meeting this could be (known: board, qa-subgroup)"});
}

TEST_CASE("a meeting that is not named", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(at = "next qa-subgroup - 5wd")", R"(at = "the next meeting")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:103:14: kind.audit.state.reporting.deadline.at: 'the next meeting' does not name a meeting (write "next BODY", or "next BODY - 5wd"))"});
}

TEST_CASE("a met guard with an unknown body", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"({ met = "qa-subgroup" })", R"({ met = "executive" })");
  CHECK(told(toml) == Told{"small.toml:165:50: kind.audit.transition[4].requires[2].met: there is "
                           "no body 'executive' (known: board, qa-subgroup)"});
}

TEST_CASE("posts above one another in a circle", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([post.chair]
title = "Independent chair")",
                  R"([post.chair]
title = "Independent chair"
above = "qa-chair")");
  CHECK(told(toml) == Told{"small.toml:48:1: post.chair.above: these posts stand above one another "
                           "in a circle: chair, qa-chair, chair (leave 'above' out at the top)"});
}

TEST_CASE("an unknown post above", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Named nurse"
above = "nhs/director")",
                  R"(title = "Named nurse"
above = "nhs/directer")");
  CHECK(told(toml) == Told{"small.toml:67:1: agency.nhs.post.lead.above: there is no post "
                           "'nhs/directer' (did you mean 'nhs/director'?)"});
}

TEST_CASE("an unknown member of a body", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(members = ["chair"])", R"(members = ["chairs"])");
  CHECK(told(toml) == Told{"small.toml:43:1: body.board.members: there is no post 'chairs' (did "
                           "you mean 'chair'?)"});
}

TEST_CASE("a ladder that goes past the top", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Director of nursing"
above = "chair")",
                  R"(title = "Director of nursing")");
  CHECK(told(toml) ==
        Told{"small.toml:336:1: ladder.returns.rung[3].to: 'owner.above2' goes past the top for "
             "'nhs/lead', who may owe 'return the audit' (name a post, or say who is above)"});
}

TEST_CASE("a role that nobody holds at one agency", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, "[agency.police.post.lead]", "[agency.police.post.officer]");
  CHECK(told(toml) == Told{"small.toml:181:1: kind.return.state.notified.owner: nobody has the "
                           "role 'lead' at 'police' (add [agency.police.post.lead])",
                           "small.toml:225:1: kind.return.obligation[1].fallback: nobody has the "
                           "role 'lead' at 'police' (add [agency.police.post.lead])",
                           "small.toml:288:1: kind.concern.state.raised.owner: nobody has the role "
                           "'lead' at 'police' (add [agency.police.post.lead])",
                           "small.toml:298:1: kind.concern.obligation[1].owed_by: nobody has the "
                           "role 'lead' at 'police' (add [agency.police.post.lead])",
                           "small.toml:333:1: ladder.returns.rung[2].to: nobody has the role "
                           "'lead' at 'police' (add [agency.police.post.lead])"});
}

TEST_CASE("a ladder that nothing uses", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([ladder.unsafe]
family = "A")",
                  R"([ladder.spare]
family = "C"
[[ladder.spare.rung]]
at = "0d"
to = ["board:chair"]
template = "late"
[ladder.unsafe]
family = "A")");
  CHECK(told(toml) == Told{"small.toml:341:9: ladder.spare: no obligation uses this ladder (name "
                           "it in one, or remove it)"});
}

TEST_CASE("rungs out of order", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(at = "-5wd"
to = ["owner"])",
                  R"(at = "+2wd"
to = ["owner"])");
  CHECK(told(toml) == Told{"small.toml:332:1: ladder.returns.rung[2].at: the rungs are out of "
                           "order: 1wd comes before 2wd (put the rungs in order of time)"});
}

TEST_CASE("rungs out of order in different units", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(at = "-5wd"
to = ["owner"])",
                  R"(at = "+4w"
to = ["owner"])");
  CHECK(told(toml) == Told{"small.toml:332:1: ladder.returns.rung[2].at: the rungs are out of "
                           "order: 1wd comes before 4w (put the rungs in order of time)"});
}

TEST_CASE("an obligation and its ladder of different families", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(family = "A"
ladder = "unsafe")",
                  R"(family = "B"
ladder = "unsafe")");
  CHECK(told(toml) ==
        Told{"small.toml:303:1: kind.concern.obligation[1].family: this is of family B, and its "
             "ladder 'unsafe' of family A (choose a ladder of the same family)"});
}

TEST_CASE("1day is no unit", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(correct_within = "1d")", R"(correct_within = "1day")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:11:1: correct_within: "1day" is not a length of time. Write 1d (calendar days) or 1wd (working days). The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.)"});
}

TEST_CASE("a due date without a unit", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(due = { after = "30wd", from = "entry" })",
                  R"(due = { after = "30", from = "entry" })");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:133:9: kind.audit.obligation[1].due.after: "30" is not a length of time. A number needs its unit: 30d or 30wd? The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.)"});
}

TEST_CASE("a due date that says nothing", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml =
      replaced(toml, R"(due = { after = "30wd", from = "entry" })", R"(due = { from = "entry" })");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:133:7: kind.audit.obligation[1].due: this does not say when it is due (write { after = "5wd", from = "entry" }, { in_hours = "2h", else = "4h", from = "now" }, { at = "next BODY" } or { on = "a_date_field" }))"});
}

TEST_CASE("a due date of two forms", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(due = { after = "30wd", from = "entry" })",
                  R"(due = { after = "30wd", on = "held_on", from = "entry" })");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:133:7: kind.audit.obligation[1].due: 'after' and 'on' cannot stand together (write { after = "5wd", from = "entry" }, { in_hours = "2h", else = "4h", from = "now" }, { at = "next BODY" } or { on = "a_date_field" }))"});
}

TEST_CASE("a deadline that does not say from when", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml =
      replaced(toml, R"(due = { after = "30wd", from = "entry" })", R"(due = { after = "30wd" })");
  CHECK(told(toml) ==
        Told{"small.toml:133:7: kind.audit.obligation[1].due.from: this key is missing (say what "
             "it counts from: entry, created, now, or the name of a field)"});
}

// S15.4
TEST_CASE("only the first clock of family A can be acknowledged", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([ladder.unsafe]
family = "A")",
                  R"([ladder.unsafe]
family = "A"
ack_max = "1h")");
  CHECK(told(toml).empty());
  toml = replaced(toml, R"([[kind.concern.transition]])",
                  R"([[kind.concern.obligation]]
name = "give assurance"
owed_by = "agency:lead"
opens_on = ["state:raised"]
closes_on = ["event:answer"]
due = { after = "48h", from = "entry" }
source = "local policy, to be confirmed"
family = "A"
ladder = "unsafe"
[[kind.concern.transition]])");
  CHECK(told(toml) ==
        Told{"small.toml:313:1: kind.concern.obligation[2].ladder: 'give assurance' is of family A "
             "and not the first such duty of its kind, so it cannot be acknowledged; its ladder "
             "'unsafe' has ack_max (choose a ladder without ack_max; only 'answer the concern' may "
             "have one)"});
  CHECK(told(replaced(toml, "ack_max = \"1h\"\n", "")).empty());
}

}  // namespace
}  // namespace assured::test
