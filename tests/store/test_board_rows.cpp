// Whole boards copied and put back: every table, and no other board's rows.
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "store/board_rows.hpp"
#include "store/sqlite_driver.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/temporary_folder.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::store;
using namespace assured::test;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view other_board = "northbank";

std::unique_ptr<Store> open(const fs::path& path) {
  StoreOptions options;
  options.path = path.string();
  options.synchronous = Synchronous::off;
  return open_store(options);
}

// All tables that the database has, without the one that belongs to no board.
std::vector<std::string> tables_in(Connection& connection) {
  std::vector<std::string> names;
  Query run = connection.query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations' ORDER BY name");
  while (run.step()) names.push_back(run.text(0));
  return names;
}

using Rows = std::set<std::vector<Cell>>;

// Every row of a board, by table.
std::map<std::string, Rows> rows_of(const fs::path& path, std::string_view board) {
  const auto connection = open_sqlite({path.string()});
  std::map<std::string, Rows> rows;
  for (const auto& table : tables_in(*connection)) {
    Query run = connection->query("SELECT * FROM " + table + " WHERE board = $board");
    run.bind("$board", board);
    Rows& of = rows[table];
    while (run.step()) of.insert(run.row());
  }
  return rows;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

RestoreNote sample_note() {
  RestoreNote note;
  note.head.actor = "uid 0";
  note.head.kind = "restore";
  note.head.occurred_at = sample_start();
  note.text = "what was restored";
  note.hold = "restored just now";
  return note;
}

// Two boards, each with something in every table, and a copy of them as they were at first.
struct TwoBoards {
  TwoBoards() {
    const auto store = open(path);
    fill_sample_board(*store);
    fill_sample_board(*store, other_board);
    const auto tx = store->begin();
    tx->note_operator(sample_head("start", {}), "assured", sample_start());
    tx->commit();
  }
  // What happens on both after the copy.
  void go_on() {
    const auto store = open(path);
    for (const auto board : {sample_board_id, other_board})
      in_transaction(*store, board, [&](BoardWriter& writer) {
        Decision start;
        start.items.push_back({std::nullopt, sample_item(9, "audit", {}, ItemId{9})});
        writer.write(sample_head("start", ItemId{9}), start, sample_start());
        writer.put_value("heartbeat", "later");
        writer.add_read({sample_start(), "sam-reed", ItemId{9}, "field theme"});
        writer.put_answer("uid:1000", "key-2", "hash", "{}", sample_start());
        writer.lease_notices({NoticeId{1}}, sample_start());
      });
  }
  TemporaryFolder folder;
  fs::path path = folder.path() / "live.db";
  fs::path copy = folder.path() / "copy.db";
};

}  // namespace

TEST_CASE("the sample board has something in every table there is", "[board-rows]") {
  const TwoBoards boards;
  for (const auto& [table, rows] : rows_of(boards.path, sample_board_id)) {
    CAPTURE(table);
    CHECK_FALSE(rows.empty());  // a table that is added later needs a sample row, or what follows is blind
  }
}

TEST_CASE("a copy holds every row of all boards, while somebody writes", "[board-rows]") {
  TwoBoards boards;
  const auto store = open(boards.path);
  const auto tx = store->begin();  // a writer in the middle keeps nobody waiting, and is not in the copy
  tx->board(sample_board_id).put_value("heartbeat", "not committed");
  copy_database(boards.path, boards.copy, {});
  tx->commit();
  CHECK(open(boards.copy)->reader(sample_board_id)->find_value("heartbeat") == "1795251600000");
  for (const auto board : {other_board, Store::operator_board})
    CHECK(rows_of(boards.copy, board) == rows_of(boards.path, board));
  const auto content = read_content(boards.copy);
  CHECK(content.schema == known_schema());
  REQUIRE(content.boards.size() == 2);
  CHECK(content.boards[0].board == other_board);
  CHECK(content.boards[0].head == store->head(other_board));
  CHECK(content.operator_head == store->head(Store::operator_board));
  REQUIRE(content.files.size() == 2);
  CHECK(content.files[1].digest == std::string(64, 'c'));
}

TEST_CASE("a copy of one board holds no letter of another, nor of what was done here", "[board-rows]") {
  const TwoBoards boards;
  copy_database(boards.path, boards.copy, {std::string{sample_board_id}});
  CHECK(rows_of(boards.copy, sample_board_id) == rows_of(boards.path, sample_board_id));
  const std::string bytes = bytes_of(boards.copy);
  CHECK(bytes.find(sample_board_id) != std::string::npos);
  CHECK(bytes.find(other_board) == std::string::npos);
  CHECK(bytes.find(Store::operator_board) == std::string::npos);
  CHECK(open(boards.copy)->verify(sample_board_id).faults.empty());
  fs::remove(boards.copy);
  CHECK_THROWS_WITH(copy_database(boards.path, boards.copy, {"southbank"}),
                    Catch::Contains("no board southbank") && Catch::Contains("northbank, riverton"));
}

TEST_CASE("a board that is put back is as it was in every table, and no other is touched", "[board-rows]") {
  TwoBoards boards;
  copy_database(boards.path, boards.copy, {});
  const auto was = rows_of(boards.copy, sample_board_id);
  boards.go_on();
  const auto other = rows_of(boards.path, other_board);
  const auto operators = rows_of(boards.path, Store::operator_board).at("journal");

  replace_board(boards.path, boards.copy, sample_board_id, sample_note(), sample_start());
  auto is = rows_of(boards.path, sample_board_id);
  // What must differ: mail is held, and what was under way is begun anew.
  const auto store = open(boards.path);
  CHECK(store->reader(sample_board_id)->find_value(outbox_hold_value) == "restored just now");
  CHECK(store->reader(sample_board_id)->find_value("heartbeat") == "1795251600000");
  is["named_values"] = was.at("named_values");
  for (const auto& [table, rows] : was) {
    CAPTURE(table);
    CHECK(is.at(table) == rows);
  }
  CHECK(rows_of(boards.path, other_board) == other);
  const auto now = rows_of(boards.path, Store::operator_board).at("journal");
  CHECK(now.size() == operators.size() + 1);
  CHECK(std::includes(now.begin(), now.end(), operators.begin(), operators.end()));
  const auto rows = store->reader(Store::operator_board)->list_journal(0, 10);
  CHECK(rows.back().kind == "restore");
  CHECK(rows.back().actor == "uid 0");
  CHECK_THAT(rows.back().body, Catch::Contains("what was restored"));
  for (const auto board : {sample_board_id, other_board, Store::operator_board})
    CHECK(store->verify(board).faults.empty());
}

TEST_CASE("a board is put where it never was", "[board-rows]") {
  TwoBoards boards;
  copy_database(boards.path, boards.copy, {std::string{sample_board_id}});
  const fs::path elsewhere = boards.folder.path() / "elsewhere.db";
  open(elsewhere);
  replace_board(elsewhere, boards.copy, sample_board_id, sample_note(), sample_start());
  CHECK(open(elsewhere)->verify(sample_board_id).faults.empty());
  // Here every table was empty: one that is forgotten shows.
  auto is = rows_of(elsewhere, sample_board_id);
  const auto was = rows_of(boards.path, sample_board_id);
  is["named_values"] = was.at("named_values");
  for (const auto& [table, rows] : was) {
    CAPTURE(table);
    CHECK(is.at(table) == rows);
  }
}

TEST_CASE("mail that was under way in the copy is begun anew, and released mail is held again (S16.3)",
          "[board-rows]") {
  TwoBoards boards;
  {
    const auto store = open(boards.path);
    in_transaction(*store, [](BoardWriter& writer) {
      writer.lease_notices({NoticeId{1}}, sample_start());
      auto was = *writer.find_prompt(PromptId{2});
      auto prompt = was;
      prompt.why = std::string{released};
      Decision decision;
      decision.prompts.push_back({was, prompt});
      writer.write(sample_head("release", {}), decision, sample_start());
    });
  }
  hold_restored(boards.path, sample_note(), sample_start());
  const auto store = open(boards.path);
  for (const auto board : {sample_board_id, other_board}) {
    const auto reader = store->reader(board);
    CHECK(reader->find_value(outbox_hold_value) == "restored just now");
    const auto notice = reader->find_notice(NoticeId{1});
    CHECK(notice->attempts == 0);
    CHECK(notice->state == NoticeState::pending);
    CHECK(reader->find_prompt(PromptId{2})->why.empty());
    CHECK(store->verify(board).faults.empty());
  }
  // Once more: what the first hold kept back waits for the end of the second.
  in_transaction(*store, [](BoardWriter& writer) {
    auto was = *writer.find_prompt(PromptId{2});
    auto prompt = was;
    prompt.state = PromptState::held;
    prompt.why = "restored just now";
    Decision decision;
    decision.prompts.push_back({was, prompt});
    writer.write(sample_head("prompt", {}), decision, sample_start());
  });
  auto again = sample_note();
  again.hold = "restored once more";
  hold_restored(boards.path, again, sample_start());
  CHECK(store->reader(sample_board_id)->find_prompt(PromptId{2})->why == "restored once more");
  CHECK(store->verify(sample_board_id).faults.empty());
}

TEST_CASE("a table whose key does not begin with board is refused, and nothing is replaced", "[board-rows]") {
  TwoBoards boards;
  copy_database(boards.path, boards.copy, {});
  open_sqlite({boards.path.string()})->run_script("CREATE TABLE stray (id INTEGER PRIMARY KEY)");
  CHECK_THROWS_WITH(
      replace_board(boards.path, boards.copy, sample_board_id, sample_note(), sample_start()),
      Catch::Contains("stray"));
  CHECK(open(boards.path)->verify(sample_board_id).faults.empty());
  CHECK_FALSE(open(boards.path)->reader(sample_board_id)->find_value(outbox_hold_value));
}
