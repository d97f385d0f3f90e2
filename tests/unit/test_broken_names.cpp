// Broken programmes: names that mean nothing. One test each, with the exact messages.
#include "tests/support/broken_programme.hpp"

namespace assured::test {
namespace {

TEST_CASE("an unknown state is told, with the one that was probably meant", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(from = ["planned"]
event = "send-out"
to = "running")",
                  R"(from = ["planned"]
event = "send-out"
to = "runing")");
  CHECK(told(toml) == Told{"small.toml:140:1: kind.audit.transition[1].to: kind 'audit' has no "
                           "state 'runing' (did you mean 'running'?)"});
}

TEST_CASE("an obligation by a name that is the engine's own", "[programme][broken]") {
  for (const std::string name :
       {"name somebody: chair", "set the next date: qa-subgroup", "look at held mail"}) {
    const std::string toml =
        replaced(std::string{small_programme_toml}, "name = \"collect the returns\"",
                 "name = \"" + name + "\"");
    CHECK(told(toml) == Told{"small.toml:129:1: kind.audit.obligation[1].name: “" + name +
                             "” is an obligation that the engine opens itself (choose another "
                             "name)"});
  }
}

TEST_CASE("an unknown state to begin in", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Audit"
initial = "planned")",
                  R"(title = "Audit"
initial = "planed")");
  CHECK(told(toml) == Told{"small.toml:84:1: kind.audit.initial: kind 'audit' has no state "
                           "'planed' (did you mean 'planned'?)"});
}

TEST_CASE("an unknown state to leave", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(from = ["running"]
event = "all-in")",
                  R"(from = ["runing"]
event = "all-in")");
  CHECK(told(toml) == Told{"small.toml:147:1: kind.audit.transition[2].from: kind 'audit' has no "
                           "state 'runing' (did you mean 'running'?)"});
}

TEST_CASE("an unknown state that opens an obligation", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(opens_on = ["state:running"])", R"(opens_on = ["state:runing"])");
  CHECK(told(toml) == Told{"small.toml:131:1: kind.audit.obligation[1].opens_on: kind 'audit' has "
                           "no state 'runing' (did you mean 'running'?)"});
}

TEST_CASE("fields that are to hold posts, and hold none", "[programme][broken]") {
  const std::string toml{small_programme_toml};
  CHECK(told(replaced(toml, "agency_from = \"about\"\n", "agency_from = \"about\"\nseen_by = [\"about\", \"by\"]\n")) ==
        Told{"small.toml:280:1: kind.concern.seen_by: the field 'about' does not hold a post (give it type "
             "= \"post\")",
             "small.toml:280:1: kind.concern.seen_by: kind 'concern' has no field 'by' (known: about)"});
  CHECK(told(replaced(toml, "to = \"answered\"\nby = [\"agency:lead\"]", "to = \"answered\"\nby = [\"field:about\"]")) ==
        Told{"small.toml:309:1: kind.concern.transition[1].by: the field 'about' does not hold a post (give it "
             "type = \"post\")"});
  CHECK(told(replaced(toml, "requires = [{ field = \"about\" }]\n[kind.concern.state",
                      "requires = [{ field = \"about\" }]\neffects = [{ set = \"about\", value = \"acting-post\" }]\n"
                      "[kind.concern.state")) ==
        Told{"small.toml:286:29: kind.concern.start.effects[1].value: the field 'about' does not hold a post "
             "(give it type = \"post\")"});
}

TEST_CASE("an unknown guard", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(requires = [{ field = "involved" }, { field = "theme" }])",
                  R"(requires = [{ field = "involved" }, { feild = "theme" }])");
  CHECK(told(toml) == Told{"small.toml:144:37: kind.audit.transition[1].requires[2]: there is no "
                           "guard 'feild' (did you mean 'field'?)"});
}

TEST_CASE("a guard that is two guards at once", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(requires = [{ field = "about" }])",
                  R"(requires = [{ field = "about", reason = true }])");
  CHECK(told(toml) == Told{"small.toml:285:32: kind.concern.start.requires[1].reason: this guard "
                           "is a 'field' and a 'reason' at once (write two guards)"});
}

TEST_CASE("an unknown key in a guard", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml =
      replaced(toml, R"({ field = "files_read" },)", R"({ field = "files_read", atleast = 3 },)");
  CHECK(
      told(toml) ==
      Told{"small.toml:248:27: kind.return.transition[2].requires[1].atleast: there is no such key "
           "here (known: after, before, equals, field, not_after, one_of, outside, says, specific, within)"});
}

TEST_CASE("an unknown effect", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(effects = [{ approve = "qa-subgroup" }])",
                  R"(effects = [{ aprove = "qa-subgroup" }])");
  CHECK(told(toml) == Told{"small.toml:159:12: kind.audit.transition[3].effects[1]: there is no "
                           "effect 'aprove' (did you mean 'approve'?)"});
}

TEST_CASE("an unknown assigned role", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(owner = "assigned:auditor")", R"(owner = "assigned:auditer")");
  CHECK(told(toml) == Told{"small.toml:188:1: kind.return.state.allocated.owner: no event of kind "
                           "'return' assigns 'auditer' (did you mean 'auditor'?)"});
}

TEST_CASE("an unknown role at an agency", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(to = ["owner", "agency:lead"])", R"(to = ["owner", "agency:leed"])");
  CHECK(told(toml) == Told{"small.toml:333:1: ladder.returns.rung[2].to: no agency has a post with "
                           "the role 'leed' (did you mean 'lead'?)"});
}

TEST_CASE("an unknown post of the board", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(to = ["owner.above2", "board:qa-officer"])",
                  R"(to = ["owner.above2", "board:qa-oficer"])");
  CHECK(told(toml) == Told{"small.toml:337:1: ladder.returns.rung[3].to: the board has no post "
                           "'qa-oficer' (did you mean 'qa-officer'?)"});
}

TEST_CASE("an unknown body as a role", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"("body:qa-subgroup"])", R"("body:qa-group"])");
  CHECK(told(toml) == Told{"small.toml:166:14: kind.audit.transition[4].effects[1].tell: there is "
                           "no body 'qa-group' (known: board, qa-subgroup)"});
}

TEST_CASE("a role term that says nothing", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(by = ["board:qa-chair"])", R"(by = ["the chair"])");
  CHECK(told(toml) == Told{"small.toml:158:1: kind.audit.transition[3].by: 'the chair' does not "
                           "say who (write owner, owner.above, owner.above2, assigned:ROLE, "
                           "agency:ROLE, board:POST, body:BODY or anyone)"});
}

TEST_CASE("an agency role on an item without an agency", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(tell = ["board:chair",)", R"(tell = ["agency:lead",)");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:166:14: kind.audit.transition[4].effects[1].tell: an item of kind 'audit' has no agency of its own (name a post of the board, or say agency_from = "FIELD"))"});
}

TEST_CASE("an unknown template in a rung", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(to = ["owner", "owner.above"]
template = "late")",
                  R"(to = ["owner", "owner.above"]
template = "lat")");
  CHECK(told(toml) == Told{"small.toml:321:1: ladder.chasing.rung[2].template: there is no "
                           "template 'lat' (did you mean 'late'?)"});
}

TEST_CASE("an unknown template in an effect", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(template = "closed" }])", R"(template = "closd" }])");
  CHECK(told(toml) == Told{"small.toml:166:58: kind.audit.transition[4].effects[1].template: there "
                           "is no template 'closd' (did you mean 'closed'?)"});
}

TEST_CASE("an unknown template for moved deadlines", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(moved = "moved")", R"(moved = "move")");
  CHECK(
      told(toml) ==
      Told{"small.toml:20:1: notices.moved: there is no template 'move' (did you mean 'moved'?)"});
}

TEST_CASE("an unknown field in a guard", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"({ field = "theme" }])", R"({ field = "thema" }])");
  CHECK(told(toml) == Told{"small.toml:144:39: kind.audit.transition[1].requires[2].field: kind "
                           "'audit' has no field 'thema' (did you mean 'theme'?)"});
}

TEST_CASE("an unknown field of the parent", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(before = "parent.held_on")", R"(before = "parent.held")");
  CHECK(told(toml) == Told{"small.toml:249:50: kind.return.transition[2].requires[2].before: kind "
                           "'audit' has no field 'held' (did you mean 'held_on'?)"});
}

TEST_CASE("an unknown field that an event takes", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(takes = ["involved"])", R"(takes = ["involve"])");
  CHECK(told(toml) == Told{"small.toml:143:1: kind.audit.transition[1].takes: kind 'audit' has no "
                           "field 'involve' (did you mean 'involved'?)"});
}

TEST_CASE("an unknown field that a deadline counts from", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(due = { after = "30wd", from = "entry" })",
                  R"(due = { after = "30wd", from = "held" })");
  CHECK(told(toml) == Told{"small.toml:133:1: kind.audit.obligation[1].due: kind 'audit' has no "
                           "field 'held' (did you mean 'held_on'?)"});
}

TEST_CASE("a deadline that counts from no date", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(due = { after = "30wd", from = "entry" })",
                  R"(due = { after = "30wd", from = "theme" })");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:133:1: kind.audit.obligation[1].due: the field 'theme' is no date (give it type = "date" or "instant"))"});
}

TEST_CASE("an unknown event that closes an obligation", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(closes_on = ["event:submit"])", R"(closes_on = ["event:submitted"])");
  CHECK(told(toml) == Told{"small.toml:227:1: kind.return.obligation[1].closes_on: kind 'return' "
                           "has no event 'submitted' (did you mean 'submit'?)"});
}

TEST_CASE("an unknown event that is cascaded", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(cascade = "withdraw-return")", R"(cascade = "withdraw")");
  CHECK(told(toml) == Told{"small.toml:173:14: kind.audit.transition[5].effects[1].cascade: kind "
                           "'return' has no event 'withdraw' (did you mean 'withdraw-return'?)"});
}

TEST_CASE("an unknown kind in a count", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"({ count = "return")", R"({ count = "retrun")");
  CHECK(told(toml) == Told{"small.toml:153:5: kind.audit.transition[2].requires[2].count: there is "
                           "no kind 'retrun' (did you mean 'return'?)"});
}

TEST_CASE("an unknown key of a kind", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Audit"
initial)",
                  R"(titel = "Audit"
initial)");
  CHECK(
      told(toml) ==
      Told{"small.toml:83:1: kind.audit.titel: there is no such key here (did you mean 'title'?)"});
}

TEST_CASE("an unknown key at the top", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(correct_within = "1d")",
                  R"(correct_within = "1d"
corect_within = "1d")");
  CHECK(told(toml) == Told{"small.toml:12:1: corect_within: there is no such key here (did you "
                           "mean 'correct_within'?)"});
}

TEST_CASE("an unknown table at the top", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, "[area.south]", "[areas.south]");
  CHECK(told(toml) ==
        Told{"small.toml:33:2: areas: there is no such key here (did you mean 'area'?)"});
}

TEST_CASE("an unknown ladder", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(family = "A"
ladder = "unsafe")",
                  R"(family = "A"
ladder = "unsaf")");
  CHECK(told(toml) == Told{"small.toml:304:1: kind.concern.obligation[1].ladder: there is no "
                           "ladder 'unsaf' (did you mean 'unsafe'?)"});
}

TEST_CASE("a board's id that cannot name a folder, or is the operator's", "[programme][broken]") {
  for (const std::string id : {"@operator", "../riverton", "River ton"}) {
    std::string toml{small_programme_toml};
    toml = replaced(toml, R"(board = "riverton")", "board = \"" + id + "\"");
    CHECK(told(toml) == Told{"small.toml:3:1: board: '" + id +
                             "' cannot be a name (use small letters, digits, - and _, beginning "
                             "with a letter)"});
  }
}

}  // namespace
}  // namespace assured::test
