// People and the posts they hold (S1.4), and the file that says so.
#include <algorithm>
#include <fstream>

#include "config/programme_files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/small_programme.hpp"
#include "tests/support/temporary_folder.hpp"
#include "workflows/directory.hpp"
#include "workflows/printable.hpp"

namespace assured::test {
namespace {

const std::string two_people = R"(
[[person]]
id = "ann-lee"
name = "Ann Lee"
mail = "ann.lee@nhs.example"
phone = "01234 1"
posts = [{ post = "nhs/lead", from = 2026-09-01 }]

[[person]]
id = "bo-day"
name = "Bo Day"
mail = "bo@riverton.example"
posts = [
  { post = "qa-officer", from = "2026-09-01", to = "2026-12-01" },
  { post = "chair", from = 2026-12-01 },
]
)";

PeopleFile read(const std::string& toml) {
  return parse_people(toml, "people.toml", small_programme().establishment);
}

std::vector<std::string> errors_of(const std::string& toml) {
  std::vector<std::string> told;
  for (const auto& error : read(toml).errors)
    told.push_back(std::to_string(error.row) + " " + error.field + ": " + error.message);
  return told;
}

using Told = std::vector<std::string>;

Date day(std::string_view text) { return *parse_date(text); }

TEST_CASE("people and their posts are read", "[people]") {
  const auto file = read(two_people);
  CHECK(file.errors.empty());
  REQUIRE(file.persons.size() == 2);
  CHECK(file.persons[0] == Person{"ann-lee", "Ann Lee", "ann.lee@nhs.example", "01234 1"});
  REQUIRE(file.holdings.size() == 3);
  CHECK(file.holdings[0] == Holding{"ann-lee", "nhs/lead", day("2026-09-01"), std::nullopt});
  CHECK(file.holdings[1] == Holding{"bo-day", "qa-officer", day("2026-09-01"), day("2026-12-01")});
}

TEST_CASE("a post is held from its first day to the day before its end", "[people]") {
  const auto file = read(two_people);
  People people{file.persons, file.holdings};
  if (GENERATE(false, true)) people.index();
  CHECK(people.posts_of("bo-day", day("2026-08-31")).empty());
  CHECK(people.posts_of("bo-day", day("2026-09-01")) == std::vector<std::string>{"qa-officer"});
  CHECK(people.posts_of("bo-day", day("2026-11-30")) == std::vector<std::string>{"qa-officer"});
  CHECK(people.posts_of("bo-day", day("2026-12-01")) == std::vector<std::string>{"chair"});
  CHECK(people.posts_of_between("bo-day", day("2026-11-30"), day("2026-12-01")) ==
        std::vector<std::string>{"qa-officer", "chair"});
  CHECK(people.posts_of_between("bo-day", day("2026-12-01"), day("2026-12-31")) ==
        std::vector<std::string>{"chair"});
  CHECK(people.posts_of_between("bo-day", day("2026-01-01"), day("2026-08-31")).empty());
  CHECK(people.holders_of("chair", day("2026-12-01")) == std::vector<std::string>{"bo-day"});
  CHECK(people.holders_of("chair", day("2026-11-30")).empty());
  REQUIRE(people.find_person("ann-lee"));
  CHECK(people.find_person("ann-lee")->name == "Ann Lee");
  CHECK(people.find_person("nobody") == nullptr);
}

TEST_CASE("a post held twice is named once", "[people]") {
  People people{{},
                      {{"ann", "chair", day("2026-01-01"), day("2026-02-01")},
                       {"ann", "chair", day("2026-03-01"), std::nullopt}}};
  if (GENERATE(false, true)) people.index();
  CHECK(people.posts_of_between("ann", day("2026-01-01"), day("2026-12-31")) ==
        std::vector<std::string>{"chair"});
}

TEST_CASE("parties are read as they are written", "[people]") {
  for (const std::string text : {"post:nhs-east/lead", "post:qa-officer", "assigned:auditor", "person:ann-lee",
                                 "address:ann@board.example"}) {
    const auto party = parse_party(text);
    REQUIRE(party);
    CHECK(to_text(*party) == text);
  }
  for (const std::string text : {"", "post:", "post", "human:ann", ":x"})
    CHECK_FALSE(parse_party(text));
}

TEST_CASE("every row of a people file is read and every error told", "[people]") {
  CHECK(errors_of(R"(
[[person]]
id = "Ann Lee"
mail = "ann.lee@elsewhere.example"
posts = [{ post = "nhs/lead", from = 2026-09-01 }]
[[person]]
id = "bo-day"
name = "Bo Day"
mail = "bo"
fone = "1"
posts = [{ post = "qa-oficer", from = "2026-02-30" }]
[[person]]
id = "bo-day"
name = "Bo Day again"
mail = "bo@hackney.gcsx.gov.uk"
posts = [{ post = "chair", from = 2026-09-01, to = 2026-09-01 }, { post = "chair" }]
[[person]]
id = "cy"
name = "Cy"
mail = "cy@riverton.example"
)") == Told{"1 name: This is missing.",
            "1 id: Use small letters, digits, - and _, beginning with a letter.",
            "1 mail: The address is in none of the domains of Riverton NHS Trust (nhs.example).",
            "2 fone: There is no such key (known: id, name, mail, phone, posts).",
            "2 mail: This is not a mail address.",
            "2 from: Write a date that exists as 2026-09-01.",
            "2 post: There is no post 'qa-oficer' (did you mean 'qa-officer'?).",
            "3 id: There are two people with the id 'bo-day'.",
            "3 mail: Mail to this domain is no longer delivered (gsi, gse, gsx, gcsx and pnn have "
            "ended); ask for the new address.",
            "3 to: The post ends before it begins; 'to' is the first day on which it is no longer "
            "held.",
            "3 from: Say since when the post is held.",
            "4 posts: Name at least one post: posts = [{ post = \"qa-officer\", from = 2026-09-01 "
            "}]."});
}

TEST_CASE("retired mail domains are refused, their namesakes are not", "[people]") {
  const auto with_mail = [](const std::string& mail) {
    return errors_of("[[person]]\nid = \"a\"\nname = \"A\"\nmail = \"" + mail +
                     "\"\nposts = [{ post = \"chair\", from = 2026-09-01 }]\n");
  };
  for (const std::string mail : {"a@hackney.gsi.gov.uk", "a@GCSX.gov.uk", "a@x.gse.gov.uk",
                                 "a@x.gsx.gov.uk", "a@met.pnn.police.uk"})
    CHECK(with_mail(mail).size() == 1);
  for (const std::string mail : {"a@hackney.gov.uk", "a@mygsi.gov.uk", "a@police.uk"})
    CHECK(with_mail(mail).empty());
  for (const std::string mail : {"a", "@x.example", "a@b@x.example", "a b@x.example", "a@x",
                                 "a@x.example,b@x.example", "<a@x.example>"})
    CHECK(with_mail(mail) == Told{"1 mail: This is not a mail address."});
}

TEST_CASE("the domains of an agency are compared without regard to capitals", "[people]") {
  CHECK(errors_of("[[person]]\nid = \"a\"\nname = \"A\"\nmail = \"A@NHS.Example\"\n"
                  "posts = [{ post = \"nhs/lead\", from = 2026-09-01 }]\n")
            .empty());
}

TEST_CASE("a people file that is no TOML, or holds no people, is told", "[people]") {
  CHECK(errors_of("[[person]\n") ==
        Told{"0 : Line 1 of people.toml is not TOML: Error while parsing table header: "
             "expected ']', saw '\\n'."});
  CHECK(errors_of("") == Told{"0 : The file is empty."});
  CHECK(errors_of("\xEF\xBB\xBF") == Told{"0 : The file is empty."});
  CHECK(errors_of("[[persons]]\nid = \"a\"\n") ==
        Told{"0 persons: There is no such key (did you mean 'person'?).",
             "0 person: There is no [[person]] table in this file."});
}

// --- as a table

const std::string table_of_people =
    "\xEF\xBB\xBFperson,name,mail,phone,post,from,to\r\n"
    "ann-lee,\"Lee, Ann\",ann.lee@nhs.example,01234 1,nhs/lead,2026-09-01,\r\n"
    "bo-day,Bo Day,bo@riverton.example,,qa-officer,2026-09-01,2026-12-01\r\n"
    ",,,,,,\r\n"
    "bo-day,,,,chair,2026-12-01,\r\n";

std::vector<std::string> errors_of_csv(const std::string& csv) {
  std::vector<std::string> told;
  for (const auto& error : parse_people_csv(csv, small_programme().establishment).errors)
    told.push_back(std::to_string(error.row) + " " + error.field + ": " + error.message);
  return told;
}

TEST_CASE("a table of people says what the TOML file says", "[people]") {
  const PeopleFile csv = parse_people_csv(table_of_people, small_programme().establishment);
  const PeopleFile toml = read(two_people);
  REQUIRE(csv.errors.empty());
  CHECK(csv.persons.at(0).name == "Lee, Ann");
  CHECK(csv.persons.at(1) == toml.persons.at(1));
  CHECK(csv.holdings == toml.holdings);
  // Columns in another order, without those that may be absent.
  CHECK(errors_of_csv("post,from,person,mail,name\nqa-officer,2026-09-01,bo-day,bo@riverton.example,Bo").empty());
}

TEST_CASE("each row of a table is told what is wrong with it", "[people]") {
  const std::string header = "person,name,mail,phone,post,from,to\n";
  const std::string good = "bo-day,Bo,bo@riverton.example,,qa-officer,2026-09-01,\n";
  REQUIRE(errors_of_csv(header + good).empty());
  CHECK(errors_of_csv("") == Told{"0 : There are no people: the first row names the columns, the "
                                  "others say who holds which post."});
  CHECK(errors_of_csv("person,name,post,from,post,mial\n" + good) ==
        Told{"1 post: This column is there twice.",
             "1 mial: There is no such column (did you mean 'mail'?).",
             "1 mail: This column is missing; the first row names the columns."});
  CHECK(errors_of_csv(header + good + "x y,X,x@riverton.example,,qa-officr,2026-02-30,\n" +
                      "z,,z@pnn.police.uk,,qa-officer,,\n") ==
        Told{"3 id: Use small letters, digits, - and _, beginning with a letter.",
             "3 from: Write a date that exists as 2026-09-01.",
             "3 post: There is no post 'qa-officr' (did you mean 'qa-officer'?).",
             "4 name: This is missing.",
             "4 mail: Mail to this domain is no longer delivered (gsi, gse, gsx, gcsx and pnn have "
             "ended); ask for the new address.",
             "4 from: Say since when the post is held."});
  CHECK(errors_of_csv(header + good + "bo-day,Bob,,,chair,2026-12-01,2026-11-01\n") ==
        Told{"3 name: Row 2 says something else of the same person.",
             "3 to: The post ends before it begins; 'to' is the first day on which it is no longer held."});
  CHECK(errors_of_csv(header + good + "one,two,three,4,5,6,7,8\n") ==
        Told{"3 : This row has more fields than the first one has columns."});
  CHECK(errors_of_csv(header + "bo,B\xF6,bo@riverton.example,,qa-officer,2026-09-01,\n") ==
        Told{"2 : This row is not UTF-8; save the file as \"CSV UTF-8\"."});
  CHECK(errors_of_csv(header + "bo,\"B\no\",bo@riverton.example,,qa-officer,2026-09-01,\n") ==
        Told{"2 : Write each field on one line, without tabs and other control characters."});
  CHECK(errors_of_csv(header + good + "\"bo") == Told{"3 : A quote that begins here is not closed."});
}

TEST_CASE("a table that is not UTF-8 is told how to be saved", "[people]") {
  const Told told{"1 : This file is not UTF-8; save it as \"CSV UTF-8\"."};
  CHECK(errors_of_csv("person,n\xE4me,mail,post,from\nbo-day,Bo,bo@riverton.example,chair,2026-09-01\n") == told);
  std::string utf16 = "\xFF\xFE";
  for (const char c : table_of_people.substr(3)) (utf16 += c) += '\0';
  CHECK(errors_of_csv(utf16) == told);
  CHECK(errors_of_csv(utf16.substr(2)) == told);
  CHECK(errors_of("[[person]]\nname = \"B\xF6\"\n") == Told{"0 : This file is not UTF-8; save it as UTF-8."});
}

TEST_CASE("a table with other separators is told how to be saved", "[people]") {
  std::string semicolons = table_of_people, tabs = table_of_people;
  std::replace(semicolons.begin(), semicolons.end(), ',', ';');
  std::replace(tabs.begin(), tabs.end(), ',', '\t');
  CHECK(errors_of_csv(semicolons) == Told{"1 : This file has semicolons between its columns; save it with commas."});
  CHECK(errors_of_csv(tabs) == Told{"1 : This file has tabs between its columns; save it with commas."});
}

TEST_CASE("a people file is a table where its name says so", "[people]") {
  const TemporaryFolder folder;
  const Establishment establishment = small_programme().establishment;
  for (const std::string name : {"people.csv", "PEOPLE.CSV"}) {
    std::ofstream{folder.path() / name} << table_of_people;
    const auto file = config::load_people_file(folder.path() / name, establishment);
    CHECK(file.errors.empty());
    CHECK_FALSE(file.persons.empty());
  }
  std::ofstream{folder.path() / "people.toml"} << table_of_people;
  CHECK_FALSE(config::load_people_file(folder.path() / "people.toml", establishment).errors.empty());
}

TEST_CASE("a post named twice from one day ends once", "[people]") {
  const std::string rows =
      "person,name,mail,phone,post,from,to\n"
      "bo-day,Bo,bo@riverton.example,,chair,2026-09-01,2026-12-01\n"
      "bo-day,,,,qa-officer,2026-09-01,\n";
  CHECK(errors_of_csv(rows + "bo-day,,,,chair,2026-09-01,2027-01-01\n") ==
        Told{"4 to: An earlier row says that bo-day holds this post from the same day, with another end; keep the "
             "right one of the two."});
  CHECK(errors_of_csv(rows + "bo-day,,,,chair,2026-09-01,\n").size() == 1);
  CHECK(errors_of_csv(rows + "bo-day,,,,chair,2027-09-01,\n").empty());  // again later, as somebody may
  // Said twice alike it is one.
  const auto alike =
      parse_people_csv(rows + "bo-day,,,,chair,2026-09-01,2026-12-01\n", small_programme().establishment);
  CHECK(alike.errors.empty());
  CHECK(alike.holdings.size() == 2);
  CHECK(errors_of("[[person]]\nid = \"a\"\nname = \"A\"\nmail = \"a@riverton.example\"\nposts = [{ post = "
                  "\"chair\", from = 2026-09-01 }, { post = \"chair\", from = 2026-09-01, to = 2026-10-01 }]\n")
            .size() == 1);
}

// Errors of one person who is right but for this.
std::vector<std::string> errors_with(const std::string& id, const std::string& name, const std::string& mail,
                                     const std::string& phone = "1") {
  return errors_of("[[person]]\nid = \"" + id + "\"\nname = \"" + name + "\"\nmail = \"" + mail +
                   "\"\nphone = \"" + phone + "\"\nposts = [{ post = \"chair\", from = 2026-09-01 }]\n");
}

TEST_CASE("nobody is called what the journal calls the service", "[people]") {
  for (const std::string id : {"system", "operator", "time"})
    CHECK(errors_with(id, "A", "a@x.example") ==
          Told{"1 id: \"" + id + "\" is what the journal calls the service itself; choose another id."});
  CHECK(errors_with("uid:1000", "A", "a@x.example").size() == 1);
  CHECK(errors_with("systematic", "A", "a@x.example").empty());
}

TEST_CASE("what is longer than a mail or a table takes is refused", "[people]") {
  const auto many = [](std::size_t count, const std::string& text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
  };
  CHECK(errors_with(many(100, "a"), many(200, "ö"), many(64, "a") + "@x.example", many(100, "1")).empty());
  CHECK(errors_with(many(101, "a"), many(201, "ö"), "a@x.example", many(101, "1")) ==
        Told{"1 id: Write at most 100 characters.", "1 name: Write at most 200 characters.",
             "1 phone: Write at most 100 characters."});
  const Told too_long{"1 mail: A mail address has at most 254 characters, 64 of them before the '@'."};
  CHECK(errors_with("a", "A", many(65, "a") + "@x.example") == too_long);
  CHECK(errors_with("a", "A", "a@" + many(125, "x.") + "xx").empty());  // 254
  CHECK(errors_with("a", "A", "ab@" + many(125, "x.") + "xx") == too_long);
}

TEST_CASE("an address is one that relays take without quotes", "[people]") {
  for (const std::string mail : {"k..osei@x.example", ".k@x.example", "k.@x.example", "a(b)c@x.example",
                                 "a[b]@x.example", "a:b@x.example", "a@x..example", "a@x_y.example", "ö@x.example",
                                 "@", "a@"})
    CHECK(errors_with("a", "A", mail) == Told{"1 mail: This is not a mail address."});
  CHECK(errors_with("a", "A", "a(b)c\\\\d@x.example").size() == 1);
  for (const std::string mail : {"o'neil@x.example", "a+b@x.example", "a_b-c.d@x-y.example", "1@1.example"})
    CHECK(errors_with("a", "A", mail).empty());
}

TEST_CASE("domains of addresses are kept in small letters, what stands before them as it is", "[people]") {
  const auto toml = read("[[person]]\nid = \"a\"\nname = \"A\"\nmail = \"Ann.Lee@NHS.Example\"\n"
                         "posts = [{ post = \"nhs/lead\", from = 2026-09-01 }]\n");
  REQUIRE(toml.errors.empty());
  CHECK(toml.persons.at(0).mail == "Ann.Lee@nhs.example");
  const auto csv = parse_people_csv("person,name,mail,post,from\na,A,Ann.Lee@NHS.example,nhs/lead,2026-09-01\n"
                                    "a,,Ann.Lee@nhs.Example,chair,2026-09-01\n",
                                    small_programme().establishment);
  REQUIRE(csv.errors.empty());
  CHECK(csv.persons.at(0).mail == "Ann.Lee@nhs.example");
}

TEST_CASE("what comes from outside is shown without what a terminal obeys", "[people]") {
  CHECK(printable("Zoë – ok") == "Zoë – ok");
  CHECK(printable("a\x1b[2J\n\x7f") == "a\\x1b[2J\\x0a\\x7f");
  CHECK(printable("\xc2\x9b" "2J") == "\\xc2\\x9b2J");  // the one character that means ESC [
  CHECK(printable("B\xF6 \xff\xfe") == "B\\xf6 \\xff\\xfe");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  CHECK_FALSE(is_printable("B\xF6"));
  CHECK(is_printable("Bö"));
}

}  // namespace
}  // namespace assured::test
