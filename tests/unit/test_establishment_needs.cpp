// A programme's establishment against what runs (S1.3), message by message.
#include "tests/support/broken_programme.hpp"
#include "workflows/establishment_needs.hpp"
#include "workflows/roles.hpp"

namespace assured::test {
namespace {

const std::string small{small_programme_toml};
const std::string version = "version 0123456789ab of the definition, which running items are on";

Programme read(const std::string& toml,
               const std::vector<SourceText>& texts = small_programme_templates()) {
  auto reading = parse_programme({{"small.toml", toml}}, texts);
  if (!reading.programme) throw std::logic_error(to_text(reading.mistakes.front()));
  return std::move(*reading.programme);
}

std::string without(std::string text, std::string_view from, std::string_view until) {
  const auto begin = text.find(from);
  const auto end = text.find(until, begin + from.size());
  if (begin == text.npos || end == text.npos) throw std::logic_error("not in the text");
  return text.erase(begin, end - begin);
}

// What the establishment of `now` lacks for items on the definition of `then`, and for `needs`.
Told lacking(const Programme& now, const Programme& then, const StoredNeeds& needs = {}) {
  Told out;
  for (const Mistake& mistake : check_establishment_against(
           now.establishment,
           {{"0123456789abcdef", std::make_shared<const Definition>(then.definition)}}, needs))
    out.push_back(to_text(mistake));
  return out;
}

TEST_CASE("what is there is enough", "[programme]") {
  const Programme programme = read(small);
  CHECK(lacking(programme, programme,
                {{{"nhs/lead", "it owes"}}, {{"nhs", "X is its"}}, {{"board", "it meets"}}}) ==
        Told{});
}

TEST_CASE("what rows hold may not be gone", "[programme]") {
  const Programme programme = read(small);
  CHECK(lacking(programme, programme,
                {{{"nhs/nurse", "it owes “return the audit” of QRT-7F3K"},
                  {"secretary", "“ann” holds it"}},
                 {{"probation", "QRT-7F3K is its"}},
                 {{"panel", "it meets on 2026-12-10T14:00:00Z"}}}) ==
        Told{"small.toml: agency.nhs.post.nurse: the post 'nhs/nurse' is gone, and it owes “return "
             "the audit” of QRT-7F3K (a post is ended, not deleted: write it again with successor "
             "= \"POST\")",
             "small.toml: post.secretary: the post 'secretary' is gone, and “ann” holds it (a post "
             "is ended, not deleted: write it again with successor = \"POST\")",
             "small.toml: agency.probation: the agency 'probation' is gone, and QRT-7F3K is its "
             "(an agency is ended, not deleted: write it again with successor = \"AGENCY\")",
             "small.toml: body.panel: the body 'panel' is gone, and it meets on "
             "2026-12-10T14:00:00Z (write it again until its last meeting was held or cancelled "
             "and nothing waits for it)"});
}

TEST_CASE("a post that a running definition names may not be gone", "[programme]") {
  // The new programme has no sub-group's chair any more: the independent chair approves.
  std::string toml = without(small, "[post.qa-chair]", "[post.qa-officer]");
  toml = replaced(toml, "members = [\"qa-chair\", \"nhs/lead\"]", "members = [\"chair\", \"nhs/lead\"]");
  toml = replaced(toml, "by = [\"board:qa-chair\"]", "by = [\"board:chair\"]");
  CHECK(lacking(read(toml), read(small)) ==
        Told{"small.toml: post.qa-chair: the post 'qa-chair' is gone, and 'board:qa-chair' stands in " +
             version + " (a post is ended, not deleted: write it again with successor = \"POST\")"});
  // Ended with a successor, it is there.
  CHECK(lacking(read(replaced(small, "[post.qa-chair]\n", "[post.qa-chair]\nsuccessor = \"chair\"\n")),
                read(small)) == Told{});
}

TEST_CASE("each agency has the posts that a running definition tells", "[programme]") {
  const std::string then =
      replaced(small, "to = [\"owner\", \"agency:lead\"]", "to = [\"owner\", \"agency:director\"]");
  std::string now = small;
  now = replaced(now, "[agency.police.post.director]\ntitle = \"Superintendent\"\nabove = \"chair\"\n",
                 "");
  now = replaced(now, "above = \"police/director\"", "above = \"business-manager\"");
  CHECK(lacking(read(now), read(then)) ==
        Told{"small.toml:72:1: agency.police: no post of 'police' has the role 'director', and "
             "'agency:director' stands in " +
             version +
             " (add one, or write the one that was there again with successor = \"POST\")"});
}

TEST_CASE("a body and its ladder stay for the definitions that name them", "[programme]") {
  // The new programme reports to the board itself, which is chased by a ladder of its own.
  std::string toml = without(small, "[body.qa-subgroup]", "[body.board]");
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"next qa-subgroup - 5wd", "next board - 5wd"},
           {"approve = \"qa-subgroup\"", "approve = \"board\""},
           {"approved_by = [\"qa-subgroup\"] }, { met = \"qa-subgroup\" }",
            "approved_by = [\"board\"] }, { met = \"board\" }"},
           {"\"board:chair\", \"body:qa-subgroup\"", "\"board:chair\", \"body:board\""},
           {"ladder = \"chasing\", source", "ladder = \"dates\", source"}})
    toml = replaced(toml, from, to);
  toml += "[ladder.dates]\nfamily = \"C\"\n[[ladder.dates.rung]]\nat = \"+1wd\"\nto = [\"owner\"]\n"
          "template = \"late\"\nrepeat = { every = \"5wd\", until = \"closed\" }\n";
  CHECK(lacking(read(toml), read(small)) ==
        Told{"small.toml: body.qa-subgroup: the body 'qa-subgroup' is gone, and it stands in " +
                 version + " (write it again, or move those items first (assured migrate-programme))",
             "small.toml:36:1: body.board.set_date.ladder: there is no ladder 'dates' in " + version +
                 " (name one that both versions have, or move those items first (assured "
                 "migrate-programme))"});
}

TEST_CASE("a rewording shows no slot that an older version does not have", "[programme]") {
  auto texts = small_programme_templates();
  for (SourceText& text : texts)
    if (text.file == "templates/moved.mustache")
      text.text = "Subject: {{reference}} has moved\n\nIt is due on {{due}}: {{obligation}}.\n";
  const Programme now = read(
      replaced(small, "[template.moved]\nslots = [\"reference\", \"due\"]",
               "[template.moved]\nslots = [\"reference\", \"due\", \"obligation\"]"),
      texts);
  CHECK(lacking(now, read(small)) ==
        Told{"templates/moved.mustache:3:23: template.moved: 'obligation' is not among the slots of "
             "this template, in " +
             version +
             " (word it without, or move those items first (assured migrate-programme))"});
}

TEST_CASE("successors are followed three times, and never in a circle", "[programme]") {
  const auto with = [](std::vector<std::pair<std::string, std::string>> successors) {
    std::string toml = small;
    for (const auto& [post, next] : successors)
      toml = replaced(toml, "[post." + post + "]\n",
                      "[post." + post + "]\nsuccessor = \"" + next + "\"\n");
    return toml;
  };
  CHECK(told(with({{"qa-officer", "qa-chair"},
                   {"qa-chair", "business-manager"},
                   {"business-manager", "chair"}})) == Told{});
  CHECK(told(with({{"administrator", "qa-officer"},
                   {"qa-officer", "qa-chair"},
                   {"qa-chair", "business-manager"},
                   {"business-manager", "chair"}})) ==
        Told{"small.toml:61:1: post.administrator.successor: 'administrator' is followed through 4 "
             "successors, and 3 are the most (name the one that acts today)"});
  CHECK(told(with({{"qa-officer", "qa-chair"}, {"qa-chair", "qa-officer"}})) ==
        Told{"small.toml:52:1: post.qa-chair.successor: these posts succeed one another in a circle: "
             "qa-chair, qa-officer, qa-chair (the last of them has no successor)"});
}

TEST_CASE("a post and an agency that were ended act through those that followed", "[programme]") {
  std::string toml = replaced(small, "[agency.nhs]\n", "[agency.nhs]\nsuccessor = \"trust\"\n");
  toml = replaced(toml, "[agency.police]\n",
                  "[agency.trust]\ntitle = \"Trust\"\nsuccessor = \"police\"\n\n[agency.police]\n");
  toml = replaced(toml, "[post.administrator]\n", "[post.administrator]\nsuccessor = \"qa-officer\"\n");
  const Programme programme = read(toml);
  Item item;
  item.kind = "return";
  item.state = "notified";
  item.agency = "nhs";
  People people;
  people.persons = {{"olu", "Olu", "olu@riverton.example", ""}};
  people.holdings = {{"olu", "qa-officer", *parse_date("2026-01-01"), {}}};
  const std::vector<Assignment> nobody;
  const RoleScope scope{programme.establishment, programme.definition, item, nobody, people, {}};
  CHECK(resolve({RoleTerm::Kind::agency, "lead"}, scope) ==
        std::vector<Party>{{Party::Kind::post, "police/lead"}});
  CHECK(resolve({RoleTerm::Kind::board, "administrator"}, scope) ==
        std::vector<Party>{{Party::Kind::post, "qa-officer"}});
  // What was addressed before it was ended reaches the successor's holder.
  const auto points = contact_points({Party::Kind::post, "administrator"}, scope,
                                     *parse_date("2026-11-02"));
  REQUIRE(points.size() == 1);
  CHECK(points[0].address == "olu@riverton.example");
}

}  // namespace
}  // namespace assured::test
