// What requests may look like: keys, depth, names that are there twice, methods.
#include <catch2/catch.hpp>

#include "tests/e2e/example_board.hpp"

using namespace assured;
using namespace assured::test;

namespace {

namespace json = boost::json;

web::Response ask_with_key(ExampleBoard& board, uid_t uid, const std::string& path, const std::string& body,
                           const std::string& key) {
  web::Request request;
  request.method = "POST";
  request.target = std::string{"/v1/boards/"} + board_id + path;
  request.body = body;
  request.uid = uid;
  request.idempotency_key = key;
  return web::handle(request, board.api);
}

std::string detail_of(const web::Response& response) {
  return text_of(json::parse(response.body).as_object(), "detail");
}

// A store of files where something happens just before bytes are kept.
class FilesWithAMoment : public FileStore {
 public:
  explicit FilesWithAMoment(FileStore& files) : files_(files) {}
  std::string put(std::string_view board, std::string_view bytes) override {
    if (moment) moment();
    return files_.put(board, bytes);
  }
  std::optional<std::string> find(std::string_view board, std::string_view digest) override {
    return files_.find(board, digest);
  }
  std::size_t sweep(std::string_view board, const std::vector<std::string>& named, Instant now) override {
    return files_.sweep(board, named, now);
  }
  std::function<void()> moment;

 private:
  FileStore& files_;
};

// The example board with an action that its chair may drop, which finishes it.
struct ActionBoard : ExampleBoard {
  ActionBoard() {
    const auto others = api.find_person;
    constexpr uid_t manager = 1600;
    api.find_person = [this, others](uid_t uid, std::string_view board) -> std::optional<std::string> {
      return uid == manager ? holder_of("business-manager") : others(uid, board);
    };
    const auto plan = text_of(get(manager, "POST", "/events", R"({"event":"begin-plan"})"), "reference");
    action = text_of(get(qa_officer, "POST", "/items/" + plan + "/events",
                         R"({"event":"propose-action","fields":{"scope":"systemic","source_kind":
                             "learning-review","owner_post":"police/lead","action_text":"Do it"}})"),
                     "reference");
    files_path = "/items/" + action + "/files?kind=evidence&type=pdf";
  }
  void finish() {
    get(qa_chair, "POST", "/items/" + action + "/events", R"({"event":"drop-action","reason":"Enough"})");
  }
  std::string action, files_path;
};

}  // namespace

TEST_CASE("an upload repeated under its key is answered as the first time, though the item is finished",
          "[web]") {
  ActionBoard board;
  const std::string pdf = "%PDF-1.7 evidence";
  const auto first = ask_with_key(board, qa_officer, board.files_path, pdf, "upload-1");
  REQUIRE(first.status == 201);
  board.finish();
  const auto again = ask_with_key(board, qa_officer, board.files_path, pdf, "upload-1");
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(ask_with_key(board, qa_officer, board.files_path, pdf, "upload-2").status == 422);
  CHECK(board.get(qa_officer, "GET", "/items/" + board.action + "/files").at("files").as_array().size() == 1);
}

TEST_CASE("an item that is finished while a file comes takes it no more", "[web]") {
  ActionBoard board;
  FilesWithAMoment files{board.files};
  web::Api api{*board.store, files, board.programmes, board.writer, board.clock, board.api.find_person,
               board.api.is_operator, board.api.health};
  files.moment = [&] { board.finish(); };
  web::Request request;
  request.method = "POST";
  request.target = std::string{"/v1/boards/"} + board_id + board.files_path;
  request.body = "%PDF-1.7 evidence";
  request.uid = qa_officer;
  CHECK(web::handle(request, api).status == 422);
  CHECK(board.get(qa_officer, "GET", "/items/" + board.action + "/files").at("files").as_array().empty());
}

TEST_CASE("rows of a bulk command may hold lists, and what is nested too deeply is told so", "[web]") {
  ExampleBoard board;
  const std::string children = "/items/" + board.start_audit() + "/children/events";
  const auto done = board.ask(qa_officer, "POST", children,
                              R"({"event":"raise-concern","rows":[{"fields":{"subject_kind":"child",
                                  "made_safe":"made-safe","what":"words","addressed":["police"]}}]})");
  INFO(done.body);
  CHECK(done.status == 200);
  const auto deep = board.ask(qa_officer, "POST", "/events", R"({"event":[[[[[[[[[[1]]]]]]]]]]})");
  CHECK(deep.status == 400);
  CHECK_THAT(detail_of(deep), Catch::Contains("too deeply nested"));
}

TEST_CASE("a member that is there twice is refused by its name", "[web]") {
  ExampleBoard board;
  const auto field_of = [&](const char* body) {
    const auto refused = board.ask(qa_officer, "POST", "/events", body);
    INFO(refused.body);
    CHECK(refused.status == 400);
    return text_of(json::parse(refused.body).as_object(), "field");
  };
  CHECK(field_of(R"({"event":"propose-theme","event":"begin-plan"})") == "event");
  CHECK(field_of(R"({"event":"propose-theme","fields":{"theme":"A","them\u0065":"B"}})") == "theme");
  // The same name in two objects is no such thing.
  CHECK(board.ask(qa_officer, "POST", "/events",
                  R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"},
                      "assign":{"theme":"nobody"}})").body.find("twice") == std::string::npos);
}

TEST_CASE("a method that a path does not have is answered with those it has", "[web]") {
  ExampleBoard board;
  const auto allowed = [&](const std::string& method, const std::string& path) {
    const auto refused = board.ask(qa_officer, method, path);
    CHECK(refused.status == 405);
    return refused.allow;
  };
  CHECK(allowed("DELETE", "/items") == "GET");
  CHECK(allowed("HEAD", "/meetings") == "GET, POST");
  CHECK(allowed("GET", "/events") == "POST");
  CHECK(allowed("HEAD", "/v1/health") == "GET");
}
