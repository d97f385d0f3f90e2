// What is done to the installation: the operator's chain (S13.4), disposal, one process on a folder.
#include "daemon/dispose.hpp"
#include "daemon/housekeeper.hpp"
#include "daemon/state_lock.hpp"
#include "tests/e2e/example_board.hpp"
#include "tests/support/catch.hpp"

namespace assured::test {
namespace {

std::vector<JournalRow> operator_rows(Store& store) {
  return store.reader(Store::operator_board)->list_journal(0, 100);
}

constexpr const char* theme =
    R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";

std::string start_audit(ExampleBoard& board) {
  const auto made = board.get(qa_officer, "POST", "/events", theme);
  return {made.at("reference").as_string().c_str()};
}

TEST_CASE("the operator's chain tells what a start stored, once", "[e2e]") {
  ExampleBoard board;
  const auto rows = operator_rows(*board.store);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].kind == "definition");
  CHECK(rows[0].actor == "system");
  CHECK_THAT(rows[0].body, Catch::Contains("board city-and-hackney: definition "));
  const std::vector<config::CalendarSource> files{
      {ASSURED_SOURCE_DIR "/config/calendars/england-and-wales.toml", {}}};
  for (int start = 0; start < 2; ++start)
    open_boards(*board.store, {{programme_path, {}}}, board.zones, board.clock.now_, files);
  REQUIRE(operator_rows(*board.store).size() == 2);
  CHECK(operator_rows(*board.store)[1].kind == "calendar");
  CHECK_THAT(operator_rows(*board.store)[1].body, Catch::Contains("5 days from calendar files"));
  CHECK(board.store->verify(Store::operator_board).faults.empty());
}

TEST_CASE("a disposal says why it cannot be, and is noted when it was", "[e2e]") {
  ExampleBoard board;
  const std::string reference = start_audit(board);
  const auto refused = [&](DisposeCommand command) {
    const auto done = dispose_item(*board.store, command, board.clock.now_);
    return done ? std::string{"done"} : done.error().message;
  };
  DisposeCommand command{board_id, reference, "kept for six years", "uid 1000"};
  CHECK(refused({board_id, reference, "", "uid 1000"}) ==
        "Say why, such as the retention rule that applies.");
  CHECK(refused({"nowhere", reference, "why", "uid 1000"}) == "There is no such board.");
  CHECK(refused({"@operator", reference, "why", "uid 1000"}) == "There is no such board.");
  CHECK(refused({board_id, "AAA-0000", "why", "uid 1000"}) ==
        "The board has no item of this reference.");
  CHECK_THAT(refused(command), Catch::StartsWith("Somebody still owes “"));
  CHECK(operator_rows(*board.store).size() == 1);

  {
    const auto tx = board.store->begin();
    BoardWriter& writer = tx->board(board_id);
    Decision close;
    for (const Obligation& was : writer.list_obligations({})) {
      Obligation closed = was;
      closed.closed_at = board.clock.now_;
      closed.next_at = std::nullopt;
      close.obligations.push_back({was, closed});
    }
    for (const Prompt& was : writer.list_prompts(100, {})) {
      Prompt settled = was;
      settled.state = PromptState::superseded;
      close.prompts.push_back({was, settled});
    }
    writer.write({}, close, board.clock.now_);
    tx->commit();
  }
  CHECK(refused(command) == "done");
  const auto rows = operator_rows(*board.store);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].kind == "dispose");
  CHECK(rows[1].actor == "uid 1000");
  CHECK_THAT(rows[1].body, Catch::Contains(reference) && !Catch::Contains("six years"));
  CHECK(board.store->verify(board_id).faults.empty());
  // The API shows the tombstone and offers nothing on it.
  const auto item = board.get(qa_officer, "GET", "/items/" + reference);
  CHECK(item.at("state").as_string() == "disposed");
  CHECK(item.at("final").as_bool());
}

TEST_CASE("one process works on a state folder at a time", "[e2e]") {
  const Folder folder;
  {
    const StateLock lock{folder.path};
    CHECK_THROWS_WITH(StateLock{folder.path}, Catch::Contains("stop it first"));
  }
  const StateLock again{folder.path};
}

TEST_CASE("once a day what was kept for long enough goes, and the journal still holds", "[e2e]") {
  ExampleBoard board;
  start_audit(board);
  {
    const auto tx = board.store->begin();
    BoardWriter& writer = tx->board(board_id);
    for (int i = 0; i < 3; ++i) {
      const Instant at = board.clock.now_ - std::chrono::days{10 * i};
      writer.put_answer("officer", "key-" + std::to_string(i), "hash", "{}", at);
      writer.add_read({at, "officer", ItemId{1}, "field theme"});
    }
    tx->commit();
  }
  Retention keep;
  keep.reads = std::chrono::days{15};
  Housekeeper housekeeper{*board.store, board.files, board.programmes, [&] { return keep; }};
  const Instant next = housekeeper.run_once(board.clock.now_);
  CHECK(next == board.clock.now_ + std::chrono::days{1});
  const auto reader = board.store->reader(board_id);
  CHECK(reader->find_answer("officer", "key-0"));
  CHECK_FALSE(reader->find_answer("officer", "key-1"));  // seven days
  CHECK(reader->list_reads(ItemId{1}, 10).size() == 2);
  CHECK(board.store->verify(board_id).faults.empty());
  // Woken earlier it has nothing to do.
  CHECK(housekeeper.run_once(board.clock.now_ + std::chrono::hours{1}) == next);
}

}  // namespace
}  // namespace assured::test
