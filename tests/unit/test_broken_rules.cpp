// Broken programmes: what is missing, and what the rules forbid. One test each, with the exact
// messages.
#include "tests/support/broken_programme.hpp"

namespace assured::test {
namespace {

TEST_CASE("a missing source of an obligation", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(due = { after = "30wd", from = "entry" }
source = "local policy, to be confirmed")",
                  R"(due = { after = "30wd", from = "entry" })");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:128:1: kind.audit.obligation[1].source: this key is missing (name the policy and its version, or write "local policy, to be confirmed"))"});
}

TEST_CASE("a missing source of a deadline", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(at = "next qa-subgroup - 5wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed")",
                  R"(at = "next qa-subgroup - 5wd", from = "entry" }
ladder = "chasing"
family = "C")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:100:1: kind.audit.state.reporting.source: this key is missing (name the policy and its version, or write "local policy, to be confirmed"))"});
}

TEST_CASE("a missing source of the rule for vacancies", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(within = "2wd"
ladder = "chasing"
source = "local policy, to be confirmed")",
                  R"(within = "2wd"
ladder = "chasing")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:13:1: vacancy.source: this key is missing (name the policy and its version, or write "local policy, to be confirmed"))"});
}

TEST_CASE("a missing source of a body's next date", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(members = ["chair"]
set_date = { by = "board:administrator", within = "5wd", ladder = "chasing", source = "local policy, to be confirmed" })",
                  R"(members = ["chair"]
set_date = { by = "board:administrator", within = "5wd", ladder = "chasing" })");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:44:12: body.board.set_date.source: this key is missing (name the policy and its version, or write "local policy, to be confirmed"))"});
}

TEST_CASE("a missing close of day", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(close_of_day = "17:00"
)",
                  "");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:1:1: close_of_day: this key is missing (write the time when a day's deadlines end: "17:00"))"});
}

TEST_CASE("a missing zone", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(zone = "Europe/London"
)",
                  "");
  CHECK(told(toml) ==
        Told{R"(small.toml:1:1: zone: this key is missing (write zone = "Europe/London"))"});
}

TEST_CASE("a missing contact", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([contact]
name = "Board office"
phone = "01234 567890"
mail = "office@riverton.example"
urgent_phone = "01234 999999"
)",
                  "");
  CHECK(told(toml) == Told{"small.toml:1:1: contact: this key is missing (say whom people can ask; "
                           "every mail names them)"});
}

TEST_CASE("a missing number to call with a ladder of family A", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(urgent_phone = "01234 999999"
)",
                  "");
  CHECK(told(toml) == Told{"small.toml:25:2: contact.urgent_phone: this key is missing (a ladder "
                           "of family A tells people which number to call)"});
}

TEST_CASE("a missing name", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(name = "answer the concern"
)",
                  "");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:296:1: kind.concern.obligation[1].name: this key is missing (say what is owed: "return the audit"))"});
}

TEST_CASE("an unknown nation", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(nation = "england-and-wales")", R"(nation = "england")");
  CHECK(told(toml) == Told{"small.toml:6:1: nation: there is no nation 'england' here (did you "
                           "mean 'england-and-wales'?)"});
}

TEST_CASE("a time that is none", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(morning = "09:00")", R"(morning = "9 o'clock")");
  CHECK(told(toml) ==
        Told{"small.toml:8:1: morning: '9 o'clock' is not a time of day (write 09:00 or 17:30)"});
}

TEST_CASE("a send window that ends before it begins", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(send_window = { from = "08:00", to = "18:00" })",
                  R"(send_window = { from = "18:00", to = "08:00" })");
  CHECK(told(toml) == Told{"small.toml:9:33: send_window.to: the hours end before they begin "
                           "(write the earlier time first)"});
}

TEST_CASE("a format of another time", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, "format = 1", "format = 2");
  CHECK(told(toml) ==
        Told{"small.toml:2:1: format: this program does not know format 2 (write format = 1)"});
}

TEST_CASE("a number where a text belongs", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(title = "Audit"
)",
                  R"(title = 7
)");
  CHECK(
      told(toml) ==
      Told{"small.toml:83:1: kind.audit.title: this is a number, not a text (write it in quotes)"});
}

TEST_CASE("an assignment that owes without a fallback", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(owed_by = "assigned:auditor"
fallback = "agency:lead")",
                  R"(owed_by = "assigned:auditor")");
  CHECK(
      told(toml) ==
      Told{
          R"(small.toml:222:1: kind.return.obligation[1].fallback: nobody owes this while no 'auditor' is assigned (write fallback = "agency:lead"))"});
}

TEST_CASE("a count by a field that is not indexed", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(
      toml, R"(effects = [{ create = "return", each = "involved", copy = { area = "area" } }])",
      R"(effects = [{ create = "return", each = "involved" }])");
  toml = replaced(toml, R"([[kind.return.field]]
name = "area"
type = "enumeration"
values = ["north", "south"]
class = "internal"
indexed = true)",
                  R"([[kind.return.field]]
name = "area"
type = "enumeration"
values = ["north", "south"]
class = "internal")");
  CHECK(
      told(toml) ==
      Told{
          "small.toml:153:55: kind.audit.transition[2].requires[2].where.area: items are counted "
          "by the field 'area', which is not indexed (add indexed = true to it in kind 'return')"});
}

TEST_CASE("a count by a value that a field cannot have", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(area = "north" }, at_least)", R"(area = "west" }, at_least)");
  CHECK(told(toml) ==
        Told{"small.toml:153:55: kind.audit.transition[2].requires[2].where.area: 'west' cannot be "
             "a value of the field 'area' (Choose one of: north, south.)"});
}

TEST_CASE("a count that does not say how many", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, ", at_least = 1, says", ", says");
  CHECK(told(toml) == Told{"small.toml:153:3: kind.audit.transition[2].requires[2].at_least: this "
                           "key is missing (say how many: at_least, at_most or exactly)"});
}

TEST_CASE("a join gate without an excuse", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(to = "excused"
excuse = true)",
                  R"(to = "excused")");
  CHECK(told(toml) == Told{"small.toml:152:5: kind.audit.transition[2].requires[1].all: one "
                           "'return' that never answers would hold this up for ever (give kind "
                           "'return' a transition with excuse = true into one of these states)"});
}

TEST_CASE("an excuse without a reason", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(by = ["board:chair"]
requires = [{ reason = true }])",
                  R"(by = ["board:chair"])");
  CHECK(told(toml) == Told{"small.toml:266:1: kind.return.transition[5].excuse: an excuse needs a "
                           "reason, which the report shows (add { reason = true } to 'requires')"});
}

TEST_CASE("a cascade over a concern", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(effects = [{ cascade = "withdraw-return", kind = "return" }])",
                  R"(effects = [{ cascade = "answer", kind = "concern" }])");
  CHECK(told(toml) == Told{"small.toml:173:34: kind.audit.transition[5].effects[1].kind: 'answer "
                           "the concern' of kind 'concern' is of family A and cannot be cascaded "
                           "away (end each of them by an event of its own)"});
}

TEST_CASE("a time step that names no obligation", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(event = "answer"
to = "answered"
by = ["agency:lead"])",
                  R"(event = "answer"
to = "answered"
by = ["agency:lead"]
[[kind.concern.transition]]
from = ["raised"]
event = "time"
to = "answered")");
  CHECK(told(toml) == Told{"small.toml:310:1: kind.concern.transition[2].expires: this key is "
                           "missing (name the obligation whose due date moves the item)"});
}

TEST_CASE("a time step that names an unknown obligation", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(event = "answer"
to = "answered"
by = ["agency:lead"])",
                  R"(event = "answer"
to = "answered"
by = ["agency:lead"]
[[kind.concern.transition]]
from = ["raised"]
event = "time"
expires = "answer a concern"
to = "answered")");
  CHECK(told(toml) ==
        Told{"small.toml:313:1: kind.concern.transition[2].expires: kind 'concern' has no "
             "obligation 'answer a concern' (did you mean 'answer the concern'?)"});
}

TEST_CASE("an event that the engine has already", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(from = ["reporting"]
event = "approve")",
                  R"(from = ["reporting"]
event = "correct")");
  CHECK(told(toml) == Told{"small.toml:157:1: kind.audit.transition[3].event: 'correct' is an "
                           "event that every item has already (give this event another name)"});
}

TEST_CASE("a state that the engine has already", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([kind.audit.state.closed]
title)",
                  R"([kind.audit.state.voided]
final = true
[kind.audit.state.closed]
title)");
  CHECK(told(toml) == Told{"small.toml:107:1: kind.audit.state.voided: every kind has a state "
                           "'voided' for what was undone (give this state another name)"});
  toml = replaced(toml, "audit.state.voided", "audit.state.disposed");
  CHECK(told(toml) == Told{"small.toml:107:1: kind.audit.state.disposed: every kind has a state "
                           "'disposed' for what was removed (give this state another name)"});
}

TEST_CASE("an approval that no event gives", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(approved_by = ["qa-subgroup"])", R"(approved_by = ["board"])");
  CHECK(told(toml) == Told{"small.toml:165:15: kind.audit.transition[4].requires[1].approved_by: "
                           "no event of kind 'audit' approves 'board' (known: qa-subgroup)"});
}

TEST_CASE("a name with capitals", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(name = "theme")", R"(name = "Theme")");
  toml = replaced(toml, R"(takes = ["theme",)", R"(takes = ["Theme",)");
  toml = replaced(toml, R"({ field = "theme" })", R"({ field = "Theme" })");
  CHECK(told(toml) == Told{"small.toml:111:1: kind.audit.field[1].name: 'Theme' cannot be a name "
                           "(use small letters, digits, - and _, beginning with a letter)"});
}

TEST_CASE("a template with a protected slot", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(slots = ["reference", "field.held_on"])",
                  R"(slots = ["reference", "field.held_on", "field.secret"])");
  toml = replaced(toml, R"([[kind.audit.field]]
name = "theme")",
                  R"([[kind.audit.field]]
name = "secret"
type = "date"
[[kind.audit.field]]
name = "theme")");
  CHECK(told(toml) ==
        Told{"small.toml:363:1: template.closed.slots: the field 'secret' of kind 'audit' is "
             "protected and cannot be in mail (remove it, and let the reader look it up)"});
}

TEST_CASE("a template with a slot of free text", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(slots = ["reference", "field.held_on"])",
                  R"(slots = ["reference", "field.held_on", "field.theme"])");
  CHECK(told(toml) ==
        Told{"small.toml:360:1: template.closed.slots: the field 'theme' of kind 'audit' is free "
             "text and cannot be in mail (remove it, or make it an enumeration)"});
}

TEST_CASE("a template with a slot of an unknown field", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(slots = ["reference", "field.held_on"])",
                  R"(slots = ["reference", "field.held_on", "field.held"])");
  CHECK(told(toml) == Told{"small.toml:360:1: template.closed.slots: kind 'audit' has no field "
                           "'held' (did you mean 'held_on'?)"});
}

TEST_CASE("a template with an unknown slot", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(slots = ["reference", "field.held_on"])",
                  R"(slots = ["referense", "reference", "field.held_on"])");
  CHECK(told(toml) == Told{"small.toml:360:1: template.closed.slots: there is no slot 'referense' "
                           "(did you mean 'reference'?)"});
}

TEST_CASE("a template of family A with a field", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(slots = ["reference", "due", "urgent_phone"])",
                  R"(slots = ["reference", "due", "urgent_phone", "field.about"])");
  CHECK(told(toml) == Told{"small.toml:358:1: template.unsafe.slots: 'field.about' cannot stand in "
                           "mail of family A (show the reference, times and the numbers to call)"});
}

TEST_CASE("a template that nothing uses", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, "[template.moved]",
                  R"([template.spare]
slots = []
[template.moved])");
  CHECK(told(toml) == Told{"small.toml:361:11: template.spare: nothing uses this template (name it "
                           "in a rung or an effect, or remove it)",
                           "small.toml:361:11: template.spare: this template has no text (add the "
                           "file spare.mustache)"});
}

TEST_CASE("a template without a table", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"([template.due-soon]
slots = ["reference", "obligation", "due"]
)",
                  "");
  CHECK(told(toml) == Told{"small.toml:317:1: ladder.chasing.rung[1].template: there is no "
                           "template 'due-soon' (known: closed, hand-over, late, moved, unsafe)",
                           "small.toml:330:1: ladder.returns.rung[1].template: there is no "
                           "template 'due-soon' (known: closed, hand-over, late, moved, unsafe)",
                           "templates/due-soon.mustache:1:1: template.due-soon: there is no "
                           "template 'due-soon' (known: closed, hand-over, late, moved, unsafe)"});
}

TEST_CASE("two obligations of one name", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(name = "collect the returns")", R"(name = "planned")");
  CHECK(told(toml) == Told{"small.toml:93:1: kind.audit.obligation: two obligations of one name, "
                           "'planned' (the other is in line 128)"});
}

// S12.1
TEST_CASE("a protected field is not copied into a freer one of a child", "[programme][broken]") {
  std::string toml{small_programme_toml};
  toml = replaced(toml, R"(name = "theme"
type = "text"
class = "internal")",
                  R"(name = "theme"
type = "text")");
  toml = replaced(toml, R"(name = "finding"
type = "text")",
                  R"(name = "finding"
type = "text"
class = "public")");
  toml = replaced(toml, "copy = { area = \"area\" }",
                  "copy = { area = \"area\", finding = \"theme\" }");
  CHECK(told(toml) ==
        Told{"small.toml:144:76: kind.audit.transition[1].effects[1].copy.finding: 'theme' is "
             "protected, and 'finding' only public (give 'finding' class = \"protected\", or do "
             "not copy it)"});
}

TEST_CASE("a field is not set from a stricter one", "[programme][broken]") {
  const auto with_classes = [](const std::string& from, const std::string& to) {
    std::string toml{small_programme_toml};
    toml = replaced(toml, R"([[kind.return.field]]
name = "finding"
type = "text")",
                    R"([[kind.return.field]]
name = "finding"
type = "text"
class = ")" + from + R"("
[[kind.return.field]]
name = "summary"
type = "text"
class = ")" + to + R"(")");
    return told(replaced(toml, R"(event = "accept"
to = "accepted")",
                         R"(event = "accept"
to = "accepted"
effects = [{ set = "summary", from = "finding" }])"));
  };
  const auto refused = [](const std::string& from, const std::string& to) {
    return Told{"small.toml:266:31: kind.return.transition[4].effects[1].from: 'finding' is " + from +
                ", and 'summary' only " + to + " (give 'summary' class = \"" + from +
                "\", or do not copy it)"};
  };
  for (const auto& [from, to] : {std::pair{"protected", "internal"}, std::pair{"protected", "public"},
                                 std::pair{"internal", "public"}})
    CHECK(with_classes(from, to) == refused(from, to));
  for (const auto& [from, to] :
       {std::pair{"protected", "protected"}, std::pair{"internal", "protected"},
        std::pair{"internal", "internal"}, std::pair{"public", "protected"},
        std::pair{"public", "internal"}, std::pair{"public", "public"}})
    CHECK(with_classes(from, to).empty());
}

}  // namespace
}  // namespace assured::test
