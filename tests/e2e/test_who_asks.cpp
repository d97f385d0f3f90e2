// Who is somebody on a board, and what refusals may tell whoever may not see a thing (S14.4, DESIGN.md 10).
#include <catch2/catch.hpp>

#include "tests/e2e/example_board.hpp"

using namespace assured;
using namespace assured::test;

namespace {

namespace json = boost::json;

constexpr uid_t somebody = 1500;  // whom the settings map to `is`

struct MappedBoard : ExampleBoard {
  MappedBoard() {
    const auto others = api.find_person;
    api.find_person = [this, others](uid_t uid, std::string_view board) {
      return uid == somebody && board == board_id ? std::optional{is} : others(uid, board);
    };
  }
  std::string is;
};

std::string detail_of(const web::Response& response) {
  return text_of(json::parse(response.body).as_object(), "detail");
}

}  // namespace

TEST_CASE("whoever holds no post today is nobody, though the settings name them", "[web]") {
  MappedBoard board;
  board.start_audit();
  board.get(operator_only, "POST", "/people", R"([[person]]
id = "has-left"
name = "Has Left"
mail = "has.left@chscb.example"
posts = [{ post = "qa-officer", from = 2026-01-01, to = 2026-09-02 }]
)");
  board.is = "has-left";
  CHECK(board.ask(somebody, "GET", "/items").status == 200);  // their last day
  CHECK(board.get(somebody, "GET", "/v1/boards").at("boards").as_array().size() == 1);

  board.clock.now_ += std::chrono::hours{24};
  for (const std::string who : {"has-left", "never-came"}) {
    board.is = who;
    for (const auto* path : {"/items", "/items/1", "/obligations", "/meetings", "/calendar", "/outbox",
                             "/journal", "/people", "/programme/graph"}) {
      const auto refused = board.ask(somebody, "GET", path);
      INFO(who << " " << path);
      CHECK(refused.status == 403);
      CHECK_THAT(detail_of(refused), Catch::Contains(who) && Catch::Contains("holds no post on this board today") &&
                                         Catch::Contains("people file"));
    }
    CHECK(board.ask(somebody, "POST", "/events", theme_event).status == 403);
    CHECK(board.get(somebody, "GET", "/v1/boards").at("boards").as_array().empty());
    CHECK(board.ask(somebody, "GET", "/v1/health").status == 200);
  }
}

TEST_CASE("an operator whose post has ended stays an operator, and no more", "[web]") {
  MappedBoard board;
  board.is = "never-came";
  board.api.is_operator = [](uid_t uid) { return uid == somebody; };
  CHECK(board.ask(somebody, "GET", "/people").status == 200);
  CHECK(board.ask(somebody, "GET", "/items").status == 403);
  CHECK(text_of(board.get(somebody, "GET", "/v1/boards").at("boards").as_array().at(0).as_object(), "person").empty());
}

TEST_CASE("an event on all children passes over those that the caller may not see, and tells nothing of them",
          "[web]") {
  ExampleBoard board;
  const std::string audit = board.start_audit();
  const std::string children = "/items/" + audit + "/children/events";
  const auto concern = text_of(
      board.get(qa_officer, "POST", "/items/" + audit + "/events", concern_event), "reference");
  REQUIRE(board.ask(nhs_lead, "GET", "/items/" + concern).status == 404);

  // As if there were none, in the words for that.
  const std::string event = R"({"event":"address-also","kind":"concern"})";
  const auto refused = board.ask(nhs_lead, "POST", children, event);
  CHECK(refused.status == 422);
  CHECK(detail_of(refused) == "nothing of that kind and state is below this item");
  const auto named = board.ask(
      nhs_lead, "POST", children,
      R"({"event":"address-also","rows":[{"item":")" + concern + R"("}]})");
  CHECK(named.status == 404);
  // Those who see it are told what is missing.
  CHECK_THAT(detail_of(board.ask(qa_officer, "POST", children, event)), Catch::Contains(concern));
}
