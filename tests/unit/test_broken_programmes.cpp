// Files that cannot be read, names declared twice, and several mistakes at once.
#include "tests/support/broken_programme.hpp"

namespace assured::test {
namespace {

const std::string whole{small_programme_toml};

Told told_of(std::vector<SourceText> files) {
  return told(parse_programme(files, small_programme_templates()));
}

TEST_CASE("a mistake of TOML is told with its place, and alone", "[programme][broken]") {
  CHECK(told(replaced(whole, "title = \"Audit\"\n", "title = \"Audit\n")) ==
        Told{"small.toml:83:15: this is not TOML: Error while parsing string: unescaped control "
             "characters other than TAB (U+0009) are explicitly prohibited (the rest of this file "
             "is read once this is put "
             "right)"});
}

TEST_CASE("a key that is written twice is a mistake of TOML", "[programme][broken]") {
  CHECK(
      told(
          replaced(whole, "morning = \"09:00\"\n", "morning = \"09:00\"\nmorning = \"09:30\"\n")) ==
      Told{"small.toml:9:11: this is not TOML: Error while parsing key-value pair: cannot redefine "
           "existing string 'morning' (the rest of this file is read once this is put right)"});
}

TEST_CASE("a table that is written twice is a mistake of TOML", "[programme][broken]") {
  CHECK(told(replaced(whole, "[area.south]", "[area.north]")) ==
        Told{"small.toml:33:1: this is not TOML: Error while parsing table header: cannot redefine "
             "existing table 'area.north' (the rest of this file is read once this is put right)"});
}

TEST_CASE("a byte order mark before the programme does no harm", "[programme]") {
  CHECK(told("\xEF\xBB\xBF" + whole).empty());
}

TEST_CASE("a byte order mark and nothing else is refused", "[programme][broken]") {
  CHECK(
      told("\xEF\xBB\xBF") ==
      Told{"small.toml:1:1: the file holds a byte order mark and nothing else (write the programme "
           "into it, or remove it)"});
}

TEST_CASE("lines may end as Windows ends them", "[programme]") {
  std::string windows;
  for (const char c : whole) windows += c == '\n' ? std::string{"\r\n"} : std::string{c};
  CHECK(told(windows).empty());
  auto templates = small_programme_templates();
  for (auto& file : templates) {
    std::string text;
    for (const char c : file.text) text += c == '\n' ? std::string{"\r\n"} : std::string{c};
    file.text = text;
  }
  const auto reading = parse_programme({{"small.toml", windows}}, templates);
  REQUIRE(reading.programme);
  CHECK(reading.programme->establishment.texts.at("closed").text == "Held on {{field.held_on}}.\n");
}

TEST_CASE("a file of 10 MB is refused unread, with the limit", "[programme][broken]") {
  CHECK(told(whole + std::string(10 * 1024 * 1024 - whole.size(), '#')) ==
        Told{"small.toml: the file has 10485760 bytes, more than the limit of 2097152 (spread the "
             "tables over several files in one folder)"});
}

TEST_CASE("the limit on a file can be set", "[programme]") {
  CHECK(parse_programme({{"small.toml", whole}}, small_programme_templates(), {whole.size()})
            .programme);
  CHECK(!parse_programme({{"small.toml", whole}}, small_programme_templates(), {whole.size() - 1})
             .programme);
}

TEST_CASE("no file at all is a mistake", "[programme][broken]") {
  CHECK(told_of({}) ==
        Told{": there is no .toml file here (name a programme file, or its folder)"});
}

TEST_CASE("an empty file lacks every required key", "[programme][broken]") {
  const auto all = told(parse_programme({{"small.toml", ""}}, {}));
  CHECK(all.size() == 14);  // thirteen keys, and a kind
  CHECK(all.front() == "small.toml:1:1: format: this key is missing (write format = 1)");
}

TEST_CASE("tables may be spread over files, in any order", "[programme]") {
  const auto cut = whole.find("[kind.audit]");
  const auto reading =
      parse_programme({{"kinds.toml", whole.substr(cut)}, {"board.toml", whole.substr(0, cut)}},
                      small_programme_templates());
  REQUIRE(told(reading).empty());
  CHECK(reading.programme->definition.kinds.size() == 3);
  CHECK(reading.programme->establishment.posts.size() == 9);
}

TEST_CASE("two kinds of one name name both places", "[programme][broken]") {
  CHECK(told_of({{"small.toml", whole},
                 {"more.toml",
                  "[kind.concern]\ninitial = \"raised\"\n[kind.concern.state.raised]\n"
                  "final = true\n"}}) ==
        Told{"more.toml:1:1: kind.concern: two kinds of one name (the other is at "
             "small.toml:275:7; keep one of them)"});
}

TEST_CASE("two ladders, templates, agencies, posts, bodies and areas of one name",
          "[programme][broken]") {
  CHECK(told_of({{"small.toml", whole},
                 {"more.toml",
                  "[area.north]\n"
                  "[agency.nhs]\ntitle = \"Another\"\n"
                  "[post.chair]\n"
                  "[template.late]\nslots = []\n"
                  "[ladder.unsafe]\nfamily = \"A\"\n"
                  "[[ladder.unsafe.rung]]\nat = \"0h\"\nto = [\"owner\"]\ntemplate = \"unsafe\"\n"
                  "[body.board]\nset_date = { by = \"board:chair\", within = \"5wd\", ladder = "
                  "\"chasing\", source = \"x\" }\n"}}) ==
        Told{"more.toml:1:1: area.north: two areas of one name (the other is at small.toml:31:7; "
             "keep one of them)",
             "more.toml:2:1: agency.nhs: two agencies of one name (the other is at "
             "small.toml:62:9; keep one of them)",
             "more.toml:4:1: post.chair: two posts of one name (the other is at small.toml:46:7; "
             "keep one of them)",
             "more.toml:5:1: template.late: two templates of one name (the other is at "
             "small.toml:355:11; keep one of them)",
             "more.toml:7:1: ladder.unsafe: two ladders of one name (the other is at "
             "small.toml:341:9; keep one of them)",
             "more.toml:13:1: body.board: two bodies of one name (the other is at small.toml:41:7; "
             "keep one of them)"});
}

TEST_CASE("a key outside tables stands in one file only", "[programme][broken]") {
  CHECK(told_of({{"small.toml", whole}, {"more.toml", "morning = \"08:30\"\n"}}) ==
        Told{"more.toml:1:1: morning: 'morning' is written in two files (the other is at "
             "small.toml:8:1; keep one of them)"});
}

TEST_CASE("with one file unreadable the others are read, but not checked for what it may hold",
          "[programme][broken]") {
  const auto cut = whole.find("[kind.audit]");
  const auto kinds = replaced(whole.substr(cut), "after = \"30wd\"", "after = \"30days\"");
  CHECK(
      told_of({{"board.toml", "board = \n"}, {"kinds.toml", kinds}}) ==
      Told{
          "board.toml:1:9: this is not TOML: Error while parsing key-value pair: expected value, "
          "saw '\\n' (the rest of this file is read once this is put right)",
          R"(kinds.toml:52:9: kind.audit.obligation[1].due.after: "30days" is not a length of time. Write 30d (calendar days) or 30wd (working days). The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.)"});
}

TEST_CASE("all mistakes are told at once, in order of place", "[programme][broken]") {
  std::string toml = whole;
  toml = replaced(toml, "correct_within = \"1d\"", "correct_within = \"1day\"");
  toml = replaced(toml, "title = \"Named nurse\"\nabove = \"nhs/director\"",
                  "title = \"Named nurse\"\nabove = \"nhs/directer\"");
  toml = replaced(toml, "event = \"send-out\"\nto = \"running\"",
                  "event = \"send-out\"\nto = \"runing\"");
  toml = replaced(toml, "{ field = \"files_read\" },", "{ feild = \"files_read\" },");
  toml = replaced(toml,
                  "due = { after = \"24h\", from = \"entry\" }\n"
                  "source = \"local policy, to be confirmed\"",
                  "due = { after = \"24h\", from = \"entry\" }");
  toml = replaced(toml, "[ladder.unsafe]\nfamily = \"A\"", "[ladder.unsafe]\nfamily = \"D\"");
  auto templates = small_programme_templates();
  templates[0].text += "{{{field.theme}}}\n";
  CHECK(
      told(parse_programme({{"small.toml", toml}}, templates)) ==
      Told{
          R"(small.toml:11:1: correct_within: "1day" is not a length of time. Write 1d (calendar days) or 1wd (working days). The units are 30min, 4h, 2wd (working days), 10d, 2w, 6mo and 1y.)",
          "small.toml:67:1: agency.nhs.post.lead.above: there is no post 'nhs/directer' (did you "
          "mean 'nhs/director'?)",
          "small.toml:140:1: kind.audit.transition[1].to: kind 'audit' has no state 'runing' (did "
          "you mean 'running'?)",
          "small.toml:248:3: kind.return.transition[2].requires[1]: there is no guard 'feild' (did "
          "you mean 'field'?)",
          R"(small.toml:296:1: kind.concern.obligation[1].source: this key is missing (name the policy and its version, or write "local policy, to be confirmed"))",
          "small.toml:341:1: ladder.unsafe.family: there is no family 'D' (write A for unsafe "
          "practice, B for professional disagreement, C for chasing)",
          "templates/closed.mustache:4:1: template.closed: three braces are not allowed (write "
          "{{field.theme}})"});
}

}  // namespace
}  // namespace assured::test
