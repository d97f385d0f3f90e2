// The API without sockets: what each caller may ask, and what bad requests get.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "tests/e2e/example_board.hpp"
#include "web/problem.hpp"
#include "web/target.hpp"

using namespace assured;
using namespace assured::test;

namespace {

namespace json = boost::json;

// The member `code` of a refusal, after checking that its status is the document's.
std::string code_of(const web::Response& response) {
  CHECK(response.content_type == "application/problem+json");
  const auto body = json::parse(response.body).as_object();
  CHECK(body.at("status").as_int64() == response.status);
  CHECK_FALSE(body.at("detail").as_string().empty());
  return text_of(body, "code");
}

}  // namespace

TEST_CASE("each error code has its own status and name", "[web]") {
  CHECK(web::status_of(Errc::invalid) == 400);
  CHECK(web::status_of(Errc::forbidden) == 403);
  CHECK(web::status_of(Errc::not_found) == 404);
  CHECK(web::status_of(Errc::conflict) == 409);
  CHECK(web::status_of(Errc::refused) == 422);
  CHECK(web::status_of(Errc::internal) == 500);
  CHECK(web::status_of(Errc::unavailable) == 503);
  const auto response = web::problem({Errc::refused, "3 of 5 \"cases\"", "case"});
  const auto body = json::parse(response.body).as_object();
  CHECK(text_of(body, "type") == "urn:assured:problem:refused");
  CHECK(text_of(body, "detail") == "3 of 5 \"cases\"");
  CHECK(text_of(body, "field") == "case");
}

TEST_CASE("paths and queries are decoded, broken ones refused", "[web]") {
  const auto target = web::parse_target("/v1/boards/a%20b/items?kind=audit&state=x%26y");
  REQUIRE(target);
  CHECK(target->segments == std::vector<std::string>{"v1", "boards", "a b", "items"});
  CHECK(target->query.at("state") == "x&y");
  CHECK_FALSE(web::parse_target("/v1/%zz"));
  CHECK_FALSE(web::parse_target("no-slash"));
}

TEST_CASE("openapi.yaml describes the operations there are, and no others", "[web]") {
  std::ifstream file{ASSURED_SOURCE_DIR "/web/openapi.yaml"};
  std::set<std::string> described;
  std::string path;
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view below = "  /v1/boards/{board}/";
    if (line.starts_with("  /v1/") && line.ends_with(":")) {
      path.clear();
      if (!line.starts_with(below)) continue;
      path = line.substr(below.size(), line.size() - below.size() - 1);
      for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
        path.replace(open, path.find('}') - open + 1, "*");
    } else if (line == "components:") {
      break;
    } else if (!path.empty() && (line == "    get:" || line == "    post:")) {
      described.insert((line == "    get:" ? "GET " : "POST ") + path);
    }
  }
  const auto there = web::list_operations();
  CHECK(described == std::set<std::string>{there.begin(), there.end()});
  CHECK(there.size() > 15);
}

TEST_CASE("anybody may ask whether the service is well, and nothing else (S14.4)", "[web]") {
  ExampleBoard board;
  CHECK(board.ask(nobody, "GET", "/v1/health").status == 200);
  CHECK(board.get(nobody, "GET", "/v1/boards").at("boards").as_array().empty());
  for (const auto* path : {"/items", "/obligations", "/outbox", "/journal", "/meetings"})
    CHECK(code_of(board.ask(nobody, "GET", path)) == "forbidden");
  CHECK(code_of(board.ask(nobody, "POST", "/events", theme_event)) == "forbidden");
  // The same words for a board that there is not.
  CHECK(board.ask(nobody, "GET", "/v1/boards/elsewhere/items").body ==
        board.ask(nobody, "GET", "/items").body);
}

TEST_CASE("what is not in the API is said to be so", "[web]") {
  ExampleBoard board;
  CHECK(code_of(board.ask(qa_officer, "GET", "/v1/nothing")) == "not_found");
  CHECK(code_of(board.ask(qa_officer, "GET", "/items/1/2/3")) == "not_found");
  CHECK(board.ask(qa_officer, "DELETE", "/items").status == 405);
  CHECK(board.ask(qa_officer, "POST", "/v1/health").status == 405);
  CHECK(code_of(board.ask(qa_officer, "GET", "/v1/%")) == "invalid");
}

TEST_CASE("an event that may happen changes the item and says what is owed", "[web]") {
  ExampleBoard board;
  const auto made = board.get(qa_officer, "POST", "/events", theme_event);
  CHECK(text_of(made, "state") == "proposed");
  REQUIRE_FALSE(made.at("opened").as_array().empty());

  const auto item = board.get(qa_officer, "GET", "/items/" + text_of(made, "reference"));
  CHECK(text_of(item.at("fields").as_object(), "theme") == "Neglect");
  CHECK(item.at("version").as_int64() == 1);
  CHECK_FALSE(item.at("obligations").as_array().empty());
  CHECK_FALSE(item.at("history").as_array().empty());
  bool found = false;
  for (const auto& offer : item.at("offers").as_array()) {
    if (text_of(offer.as_object(), "event") != "open-selection") continue;
    found = true;
    CHECK_FALSE(offer.as_object().at("missing").as_array().empty());
  }
  CHECK(found);
  // By id as well as by reference.
  CHECK(board.get(qa_officer, "GET", "/items/" + std::to_string(item.at("id").as_int64())) == item);

  const auto listed = board.get(qa_officer, "GET", "/items?kind=audit&open=true").at("items");
  REQUIRE(listed.as_array().size() == 1);
  CHECK(text_of(listed.as_array()[0].as_object(), "owes") == "agree the theme");
  CHECK(board.get(qa_officer, "GET", "/items?kind=case").at("items").as_array().empty());
}

TEST_CASE("refusals say what is missing, and change nothing", "[web]") {
  ExampleBoard board;
  const std::string audit = board.start_audit();
  const std::string events = "/items/" + audit + "/events";
  CHECK(code_of(board.ask(qa_officer, "POST", "/events",
                          R"({"event":"propose-theme","fields":{"theme":"X"}})")) == "refused");
  CHECK(code_of(board.ask(police_lead, "POST", "/events", theme_event)) == "forbidden");
  CHECK(code_of(board.ask(qa_officer, "POST", events, R"({"event":"open-selection"})")) == "refused");
  CHECK(code_of(board.ask(qa_officer, "POST", events,
                          R"({"event":"open-selection","expected_version":7})")) == "conflict");
  CHECK(code_of(board.ask(qa_officer, "POST", "/items/NO-SUCH/events",
                          R"({"event":"open-selection"})")) == "not_found");
  CHECK(board.get(qa_officer, "GET", "/items").at("items").as_array().size() == 1);
  CHECK(board.get(qa_officer, "GET", "/items/" + audit).at("version").as_int64() == 1);
}

TEST_CASE("bad requests name the member that is wrong", "[web]") {
  ExampleBoard board;
  struct Bad {
    const char* body;
    const char* field;
  };
  for (const Bad& bad : {
           Bad{R"({"event":"propose-theme","feilds":{}})", "feilds"},
           Bad{R"({"event":7})", "event"},
           Bad{R"({})", "event"},
           Bad{R"({"event":"propose-theme","fields":[]})", "fields"},
           Bad{R"({"event":"propose-theme","fields":{"theme":{"deep":1}}})", "theme"},
           Bad{R"({"event":"propose-theme","fields":{"theme":1.5}})", "theme"},
           Bad{R"({"event":"propose-theme","occurred_at":"yesterday"})", "occurred_at"},
           Bad{R"({"event":"propose-theme","expected_version":"1"})", "expected_version"},
       }) {
    const auto response = board.ask(qa_officer, "POST", "/events", bad.body);
    INFO(bad.body << " -> " << response.body);
    CHECK(code_of(response) == "invalid");
    const auto body = json::parse(response.body).as_object();
    REQUIRE(body.contains("field"));
    CHECK(text_of(body, "field") == bad.field);
  }
  for (const auto* body : {"", "[]", "{", "{\"a\":\"\xff\"}", "[[[[[[[[[[[["})
    CHECK(code_of(board.ask(qa_officer, "POST", "/events", body)) == "invalid");
  for (const auto* path : {"/items?limit=0", "/items?limit=501", "/items?limit=x", "/items?open=1", "/items?limti=5",
                           "/obligations?open=maybe", "/meetings?x",
                           "/obligations?due_before=soon", "/journal?after=-1"})
    CHECK(code_of(board.ask(qa_officer, "GET", path)) == "invalid");
}

TEST_CASE("protected values go to the board's side and the item's own agency only", "[web]") {
  ExampleBoard board;
  const std::string concern = board.raise_concern();
  const auto ours = board.get(qa_officer, "GET", "/items/" + concern);
  CHECK(text_of(ours.at("fields").as_object(), "what") == "secret words");
  CHECK(ours.at("hidden_fields").as_int64() == 0);
  // A concern is the board's; an agency sees its own answer and no more.
  const auto theirs = board.ask(police_lead, "GET", "/items/" + concern);
  CHECK(theirs.status == 404);
  CHECK(theirs.body.find("secret words") == std::string::npos);
  CHECK(board.ask(police_lead, "GET", "/items/" + concern + "/snapshots").status == 404);
  const auto snapshots = board.get(qa_officer, "GET", "/items/" + concern + "/snapshots");
  CHECK(json::serialize(snapshots).find("secret words") != std::string::npos);
  // Nor does it stand in what lists, journals or outbox print.
  for (const auto* path : {"/items", "/journal", "/outbox", "/obligations"})
    CHECK(board.ask(qa_officer, "GET", path).body.find("secret words") == std::string::npos);
}

TEST_CASE("an agency sees its own answers and not another's", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  const auto all = board.get(qa_officer, "GET", "/items?kind=answer").at("items").as_array();
  REQUIRE(all.size() == 2);
  const auto theirs = board.get(police_lead, "GET", "/items?kind=answer").at("items").as_array();
  REQUIRE(theirs.size() == 1);
  CHECK(text_of(theirs[0].as_object(), "agency") == "police");
  for (const auto& item : all) {
    const auto& row = item.as_object();
    const bool own = text_of(row, "agency") == "police";
    const std::string path = "/items/" + text_of(row, "reference");
    CHECK(board.ask(police_lead, "GET", path).status == (own ? 200 : 404));
    const auto event = board.ask(police_lead, "POST", path + "/events", R"({"event":"see"})");
    INFO(event.body);
    CHECK(event.status == (own ? 200 : 404));
  }
  const auto owed = board.get(police_lead, "GET", "/obligations");
  for (const auto& row : owed.at("obligations").as_array())
    CHECK(text_of(row.as_object(), "owed_by").find("nhs-east") == std::string::npos);
  CHECK(code_of(board.ask(police_lead, "GET", "/outbox")) == "forbidden");
  CHECK(code_of(board.ask(police_lead, "GET", "/journal")) == "forbidden");
}

TEST_CASE("whoever raised a disagreement with another agency follows it, and a third agency does not", "[web]") {
  ExampleBoard board;
  const auto audit = text_of(board.get(qa_officer, "POST", "/events", theme_event), "reference");
  const auto raised = board.get(
      police_lead, "POST", "/items/" + audit + "/events",
      R"({"event":"raise-challenge","fields":{"respondent":"hackney-csc/lead","issue":"the threshold"}})");
  const std::string path = "/items/" + text_of(raised, "reference");
  const auto seen = board.get(police_lead, "GET", path);
  CHECK(text_of(seen, "agency") == "hackney-csc");
  CHECK(text_of(seen.at("fields").as_object(), "raised_by") == "police/lead");
  CHECK(text_of(seen.at("fields").as_object(), "issue") == "the threshold");
  CHECK(board.ask(police_lead, "GET", path + "/notices").status == 200);
  for (const auto* what : {"", "/snapshots", "/notices", "/files"})
    CHECK(board.ask(nhs_lead, "GET", path + what).status == 404);
  CHECK(board.get(nhs_lead, "GET", "/items?kind=challenge").at("items").as_array().empty());
  const std::string rise = R"({"event":"rise","reason":"no answer that helps"})";
  CHECK(board.ask(nhs_lead, "POST", path + "/events", rise).status == 404);
  CHECK(board.ask(police_lead, "POST", path + "/events", rise).status == 200);
}

TEST_CASE("an obligation is acknowledged by who owes it, for a span that is one", "[web]") {
  ExampleBoard board;
  board.raise_concern();
  std::int64_t seen = 0;
  const auto owed = board.get(police_lead, "GET", "/obligations");
  for (const auto& row : owed.at("obligations").as_array())
    if (text_of(row.as_object(), "owed_by") == "post:police/lead" &&
        text_of(row.as_object(), "name") == "see the concern")
      seen = row.as_object().at("id").as_int64();
  REQUIRE(seen != 0);
  const std::string path = "/obligations/" + std::to_string(seen) + "/acknowledge";
  CHECK(code_of(board.ask(police_lead, "POST", path, R"({"for":"1day"})")) == "invalid");
  CHECK(code_of(board.ask(police_lead, "POST", path, R"({})")) == "invalid");
  CHECK(code_of(board.ask(nhs_lead, "POST", path, R"({"for":"1h"})")) == "not_found");
  CHECK(code_of(board.ask(police_lead, "POST", "/obligations/99999/acknowledge",
                          R"({"for":"1h"})")) == "not_found");
  const auto done = board.ask(police_lead, "POST", path, R"({"for":"1h"})");
  INFO(done.body);
  CHECK((done.status == 200 || code_of(done) == "refused"));  // as the ladder's ack_max says
}

TEST_CASE("meetings are planned, moved and held by the board's side", "[web]") {
  ExampleBoard board;
  CHECK(code_of(board.ask(police_lead, "POST", "/meetings",
                          R"({"body":"qa-subgroup","start":"2026-10-01 10:00"})")) == "forbidden");
  CHECK(code_of(board.ask(qa_officer, "POST", "/meetings",
                          R"({"body":"qa-subgroup","start":"soon"})")) == "invalid");
  const auto made = board.get(qa_officer, "POST", "/meetings",
                              R"({"body":"qa-subgroup","start":"2026-10-01 10:00"})");
  CHECK(text_of(made, "start_at") == "2026-10-01T09:00:00Z");  // summer time
  const std::string path = "/meetings/" + std::to_string(made.at("id").as_int64());
  CHECK(code_of(board.ask(qa_officer, "POST", path, R"({"what":"forget"})")) == "invalid");
  const auto moved =
      board.get(qa_officer, "POST", path, R"({"what":"move","start":"2026-11-03 10:00"})");
  CHECK(text_of(moved, "start_at") == "2026-11-03T10:00:00Z");
  CHECK(moved.at("warnings").as_array().empty());
  const auto warning = [&](const char* start) {
    const auto answer = board.get(qa_officer, "POST", path,
                                  R"({"what":"move","start":")" + std::string{start} + "\"}");
    return std::string{answer.at("warnings").as_array().at(0).as_string()};
  };
  CHECK(warning("2026-12-25 10:00") == "nobody works on 2026-12-25 (Christmas Day)");
  CHECK(warning("2026-11-07 10:00") == "nobody works on 2026-11-07 (Saturday)");
  CHECK(warning("2026-11-04 03:00") == "03:00 lies outside office hours");
  CHECK(board.get(police_lead, "GET", "/meetings").at("meetings").as_array().size() == 1);
}

TEST_CASE("people are loaded by operators, whole or not at all", "[web]") {
  ExampleBoard board;
  const std::string good = R"([[person]]
id = "new-person"
name = "New Person"
mail = "new.person@chscb.example"
posts = [{ post = "administrator", from = "2026-01-01" }]
)";
  CHECK(code_of(board.ask(qa_officer, "POST", "/people", good)) == "forbidden");
  const auto loaded = board.get(operator_only, "POST", "/people", good);
  CHECK(loaded.at("persons").as_int64() == 1);
  const auto bad = board.ask(operator_only, "POST", "/people",
                             good + "[[person]]\nid = \"x\"\nname = \"X\"\nmail = \"x@elsewhere.com\"\n"
                                    "posts = [{ post = \"nobody\", from = \"2026-01-01\" }]\n");
  CHECK(code_of(bad) == "invalid");
  const auto rows = json::parse(bad.body).as_object().at("rows").as_array();
  REQUIRE_FALSE(rows.empty());
  CHECK(rows[0].as_object().at("row").as_int64() == 2);
  CHECK_FALSE(board.store->reader(board_id)->load_people()->find_person("x"));
}

TEST_CASE("the programme is drawn for whoever is on the board", "[web]") {
  ExampleBoard board;
  CHECK(board.ask(police_lead, "GET", "/programme/graph?format=dot").body.find("digraph") !=
        std::string::npos);
  CHECK(board.ask(police_lead, "GET", "/programme/graph").status == 200);
  CHECK(code_of(board.ask(police_lead, "GET", "/programme/graph?format=png")) == "invalid");
}
