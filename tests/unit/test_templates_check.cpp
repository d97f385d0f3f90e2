// What a template's text may say (S10.6), and how mistakes in it are told.
#include "tests/support/broken_programme.hpp"

namespace assured::test {
namespace {

// The small programme with another text for the template `due-soon`.
Told told_with(const std::string& text) {
  auto templates = small_programme_templates();
  for (auto& file : templates)
    if (file.file == "templates/due-soon.mustache") file.text = text;
  return told(parse_programme({{"small.toml", std::string{small_programme_toml}}}, templates));
}

const std::string at = "templates/due-soon.mustache:";

TEST_CASE("declared slots, sections on them and comments are allowed", "[programme][template]") {
  CHECK(told_with("Subject: {{ reference }}\n\n{{! for the board }}{{#due}}Due {{due}}.{{/due}}"
                  "{{^due}}No date yet.{{/due}}\n")
            .empty());
}

TEST_CASE("three braces are refused", "[programme][template]") {
  CHECK(told_with("Subject: x\n\nDue {{{due}}}.\n") ==
        Told{at + "3:5: template.due-soon: three braces are not allowed (write {{due}})"});
}

TEST_CASE("an ampersand is refused", "[programme][template]") {
  CHECK(told_with("Subject: x\n\nHello\n{{&due}}\n") ==
        Told{at + "4:1: template.due-soon: '&' is not allowed in a tag (write {{due}})"});
}

TEST_CASE("partials are refused", "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{> footer}}\n") ==
        Told{at +
             "3:1: template.due-soon: one template cannot take in another (write the text out)"});
}

TEST_CASE("other braces are refused", "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{=<% %>=}}\n") ==
        Told{at + "3:1: template.due-soon: the braces cannot be changed (write {{ and }})"});
}

TEST_CASE("a tag that is not closed is told", "[programme][template]") {
  CHECK(told_with("Subject: x\n\nDue {{due\n") ==
        Told{at + "3:5: template.due-soon: this tag is not closed (end it with }})"});
}

TEST_CASE("a section that is not ended is told where it begins", "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{#due}}Due.\n") ==
        Told{at + "3:1: template.due-soon: '{{#due}}' is not ended (write {{/due}})"});
}

TEST_CASE("an end without a beginning is told", "[programme][template]") {
  CHECK(told_with("Subject: x\n\nDue.{{/due}}\n") ==
        Told{at + "3:5: template.due-soon: '{{/due}}' ends what was not begun (remove it)"});
}

TEST_CASE("sections may not cross", "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{#due}}{{#reference}}x{{/due}}{{/reference}}\n") ==
        Told{at + "3:1: template.due-soon: '{{#due}}' is not ended (write {{/due}})",
             at + "3:24: template.due-soon: '{{/due}}' ends what was not begun (end "
                  "'{{#reference}}' first)"});
}

TEST_CASE("an unknown slot is told with the one that was probably meant", "[programme][template]") {
  CHECK(told_with("Subject: {{referense}}\n\nHello\n") ==
        Told{at +
             "1:10: template.due-soon: there is no slot 'referense' (did you mean 'reference'?)"});
}

TEST_CASE("a slot that the definition does not declare is a change of the definition",
          "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{agency}}\n") ==
        Told{at +
             "3:1: template.due-soon: 'agency' is not among the slots of this template (add it "
             "to slots in [template.due-soon], which is a change of the definition)"});
}

TEST_CASE("a field that the definition does not declare cannot be worded in",
          "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{field.finding}}\n") ==
        Told{at + "3:1: template.due-soon: 'field.finding' is not among the slots of this template "
                  "(add it to slots in [template.due-soon], which is a change of the definition)"});
}

TEST_CASE("the missed rungs are a list", "[programme][template]") {
  CHECK(told_with("Subject: x\n\n{{when}}\n") ==
        Told{at + "3:1: template.due-soon: 'when' is known inside {{#missed}} only (write "
                  "{{#missed}}{{when}}{{/missed}})"});
}

TEST_CASE("a text begins with its subject", "[programme][template]") {
  CHECK(told_with("Dear colleague\n\nHello\n").at(0) ==
        at + "1:1: template.due-soon: the first line is not the subject (begin with \"Subject: "
             "...\")");
}

TEST_CASE("an empty line follows the subject", "[programme][template]") {
  CHECK(told_with("Subject: x\nHello\n").at(0) ==
        at + "2:1: template.due-soon: there is no empty line after the subject (put an empty line "
             "between the subject and the text)");
}

TEST_CASE("a text without a definition is told", "[programme][template]") {
  auto templates = small_programme_templates();
  templates.push_back({"templates/lates.mustache", "Subject: x\n\nHello\n"});
  CHECK(told(parse_programme({{"small.toml", std::string{small_programme_toml}}}, templates)) ==
        Told{"templates/lates.mustache:1:1: template.lates: there is no template 'lates' (did you "
             "mean 'late'?)"});
}

TEST_CASE("a definition without a text is told", "[programme][template]") {
  auto templates = small_programme_templates();
  templates.erase(templates.begin());
  CHECK(told(parse_programme({{"small.toml", std::string{small_programme_toml}}}, templates)) ==
        Told{"small.toml:359:11: template.closed: this template has no text (add the file "
             "closed.mustache)"});
}

TEST_CASE("two texts of one template are told", "[programme][template]") {
  auto templates = small_programme_templates();
  templates.push_back({"more/late.mustache", "Subject: x\n\nHello\n"});
  CHECK(told(parse_programme({{"small.toml", std::string{small_programme_toml}}}, templates)) ==
        Told{"more/late.mustache:1:1: template.late: two texts of one template (the other is "
             "templates/late.mustache; keep one of them)"});
}

// S10.6: public fields go out unless they are free text; internal ones as enumeration, date,
// number.
TEST_CASE("the class and the type of a field decide whether mail may show it",
          "[programme][template]") {
  const auto shows = [](const std::string& type, const std::string& field_class) {
    std::string toml =
        replaced(std::string{small_programme_toml}, "slots = [\"reference\", \"field.held_on\"]",
                 "slots = [\"reference\", \"field.held_on\", \"field.extra\"]");
    toml = replaced(toml, "[[kind.audit.field]]\nname = \"theme\"",
                    "[[kind.audit.field]]\nname = \"extra\"\ntype = \"" + type + "\"\nclass = \"" +
                        field_class + "\"\n" + (type == "enumeration" ? "values = [\"a\"]\n" : "") +
                        "[[kind.audit.field]]\nname = \"theme\"");
    return told(toml).empty();
  };
  for (const std::string type : {"enumeration", "date", "number"}) {
    CHECK(shows(type, "internal"));
    CHECK(shows(type, "public"));
    CHECK_FALSE(shows(type, "protected"));
  }
  for (const std::string type : {"boolean", "instant", "agencies", "person", "post"}) {
    CHECK_FALSE(shows(type, "internal"));
    CHECK(shows(type, "public"));
    CHECK_FALSE(shows(type, "protected"));
  }
  for (const std::string field_class : {"internal", "public", "protected"})
    CHECK_FALSE(shows("text", field_class));
}

// S10.6: family A takes reference, times and the numbers to call, whatever sends it.
TEST_CASE("mail of family A does not say what is owed, nor where it stands",
          "[programme][template]") {
  for (const std::string slot : {"kind", "state", "board", "agency", "post", "recipient", "rung",
                                 "owner", "contact_name", "contact_mail", "why", "count",
                                 "obligation", "days_late", "lateness", "what_next"}) {
    const auto toml =
        replaced(std::string{small_programme_toml}, "slots = [\"reference\", \"due\", \"urgent_phone\"]",
                 "slots = [\"reference\", \"due\", \"urgent_phone\", \"" + slot + "\"]");
    CHECK(told(toml) == Told{"small.toml:358:1: template.unsafe.slots: '" + slot +
                             "' cannot stand in mail of family A (show the reference, times and "
                             "the numbers to call)"});
  }
}

TEST_CASE("mail of family A shows references, times and numbers", "[programme][template]") {
  CHECK(told(replaced(std::string{small_programme_toml},
                      "slots = [\"reference\", \"due\", \"urgent_phone\"]",
                      "slots = [\"reference\", \"parent_reference\", \"opened\", \"occurred\", "
                      "\"due\", \"due_date\", \"due_time\", \"missed\", \"down_from\", "
                      "\"down_to\", \"contact_phone\", \"urgent_phone\"]"))
            .empty());
}

TEST_CASE("an urgent hand-over is held to what family A may show", "[programme][template]") {
  CHECK(told(replaced(std::string{small_programme_toml}, "hand_over_urgent = \"unsafe\"",
                      "hand_over_urgent = \"hand-over\"")) ==
        Told{"small.toml:364:1: template.hand-over.slots: 'obligation' cannot stand in mail of "
             "family A (show the reference, times and the numbers to call)"});
}

TEST_CASE("an urgent new date is held to what family A may show", "[programme][template]") {
  CHECK(told(replaced(std::string{small_programme_toml}, "moved_urgent = \"unsafe\"",
                      "moved_urgent = \"late\"")) ==
        Told{"small.toml:356:1: template.late.slots: 'obligation' cannot stand in mail of family A "
             "(show the reference, times and the numbers to call)",
             "small.toml:356:1: template.late.slots: 'what_next' cannot stand in mail of family A "
             "(show the reference, times and the numbers to call)"});
}

TEST_CASE("a ladder of family A needs the urgent notices", "[programme][template]") {
  CHECK(told(replaced(std::string{small_programme_toml},
                      "moved_urgent = \"unsafe\"\nhand_over_urgent = \"unsafe\"\n", "")) ==
        Told{"small.toml:19:2: notices.moved_urgent: this key is missing (name a template that "
             "shows the reference, times and the numbers to call; a ladder of family A needs it)",
             "small.toml:19:2: notices.hand_over_urgent: this key is missing (name a template that "
             "shows the reference, times and the numbers to call; a ladder of family A needs it)"});
}

TEST_CASE("an urgent notice names a template that is there", "[programme][template]") {
  CHECK(told(replaced(std::string{small_programme_toml}, "moved_urgent = \"unsafe\"",
                      "moved_urgent = \"unsaf\"")) ==
        Told{"small.toml:22:1: notices.moved_urgent: there is no template 'unsaf' (did you mean "
             "'unsafe'?)"});
}

}  // namespace
}  // namespace assured::test
