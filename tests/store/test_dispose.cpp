// Removing the content of a tree of items (S13.2, S13.3), and the operator's chain (S13.4).
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "store/body.hpp"
#include "store/digest.hpp"
#include "store/journal.hpp"
#include "store/sqlite_driver.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::store;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* secret = "what the mother told the nurse in March";
const Instant later = sample_start() + 100h;

// The sample's audit (1) and its tree, and a plan (5) with an action (6) that outlive it: changed in
// one command with the audit's, linked to it, and told of in one mail with it.
struct World {
  TemporaryFolder folder;
  StoreOptions options;
  std::unique_ptr<Store> store;
  std::unique_ptr<Connection> raw;

  World() {
    options.path = folder.file("store.db");
    options.synchronous = Synchronous::off;
    store = open_store(options);
    fill_sample_board(*store);
    share();
    SqliteOptions sqlite{options.path};
    sqlite.synchronous = Synchronous::off;
    raw = open_sqlite(sqlite);
    raw->run_script("PRAGMA foreign_keys = OFF");
  }
  void share() {
    in_transaction(*store, [](BoardWriter& board) {
      Decision both;
      auto plan = sample_item(5, "plan", {}, ItemId{5});
      auto action = sample_item(6, "action", ItemId{5}, ItemId{5});
      action.fields.emplace("text", FieldValue{FieldClass::internal, std::string{"Train them"}});
      both.items = {{std::nullopt, plan}, {std::nullopt, action}};
      const auto audit = board.find_item(ItemId{1});
      auto told = *audit;
      ++told.version;
      told.fields["notes"] = FieldValue{FieldClass::protected_, std::string{secret}};
      both.items.push_back({audit, told});
      both.links.push_back({std::nullopt, {ItemId{6}, ItemId{1}, "source", later, {}}});
      for (std::int64_t id : {3, 4})
        both.prompts.push_back({std::nullopt, sample_prompt(id, ItemId{id == 3 ? 1 : 6}, {})});
      board.write(sample_head("ratify", ItemId{1}), both, later);
    });
    in_transaction(*store, [](BoardWriter& board) {
      Notice grouped;
      grouped.item = ItemId{6};
      grouped.prompts = {PromptId{3}, PromptId{4}};
      grouped.created_at = later;
      board.write_notices(sample_head("notice", {}),
                          {noticed(*board.find_prompt(PromptId{3})),
                           noticed(*board.find_prompt(PromptId{4}))},
                          {{grouped, "two things"}}, later);
    });
    change_action("1");
  }
  // A command on the action alone.
  void change_action(std::string progress) {
    in_transaction(*store, [&](BoardWriter& board) {
      const auto was = board.find_item(ItemId{6});
      auto now = *was;
      ++now.version;
      now.fields["progress"] = FieldValue{FieldClass::internal, progress};
      Decision decision;
      decision.items.push_back({was, now});
      board.write(sample_head("progress", ItemId{6}), decision, later);
    });
  }
  void close_obligations() {
    in_transaction(*store, [](BoardWriter& board) {
      Decision decision;
      for (const auto& was : board.list_obligations({})) {
        auto now = was;
        now.closed_at = later;
        now.closed_by = "final";
        now.next_at = std::nullopt;
        decision.obligations.push_back({was, now});
      }
      board.write(sample_head("close", ItemId{1}), decision, later);
    });
  }
  void settle_prompts() {
    in_transaction(*store, [](BoardWriter& board) {
      Decision decision;
      for (const auto& was : board.list_prompts(10, {})) {
        if (was.state != PromptState::pending) continue;
        auto now = was;
        now.state = PromptState::superseded;
        decision.prompts.push_back({was, now});
      }
      board.write(sample_head("prompt", ItemId{1}), decision, later);
    });
  }
  void settle_notices(NoticeState state) {
    in_transaction(*store, [&](BoardWriter& board) {
      for (auto notice : board.list_notices(10, {})) {
        notice.state = state;
        board.write_notice_states(sample_head("notice", notice.item), {notice}, later);
      }
    });
  }
  void finish() {
    close_obligations();
    settle_prompts();
    settle_notices(NoticeState::accepted);
  }
  Result<Disposal> dispose(std::int64_t id) {
    const auto tx = store->begin();
    auto head = sample_head("anything", {});
    head.reason = "kept for six years";
    auto done = tx->board(sample_board_id).dispose(head, ItemId{id}, later + 1h);
    if (done) tx->commit();
    return done;
  }
  std::vector<std::string> faults() { return store->verify(sample_board_id).faults; }
  std::unique_ptr<BoardReader> reader() { return store->reader(sample_board_id); }
};

std::string refusal(const Result<Disposal>& result) {
  return result ? "done" : result.error().message;
}

// Rewrites the body of the newest journal row with a right digest and chain, as somebody who knows
// how could, before a head has left the machine.
void forge_newest(World& world, const std::function<void(Body&)>& change) {
  auto query = world.raw->query(
      "SELECT j.seq, j.at, j.actor, j.for_post, j.channel, j.kind, j.item, j.occurred_at, b.salt,"
      " b.body, (SELECT p.chain FROM journal p WHERE p.seq = j.seq - 1)"
      " FROM journal j JOIN journal_bodies b ON b.seq = j.seq ORDER BY j.seq DESC LIMIT 1");
  REQUIRE(query.step());
  JournalHeader header{query.integer(0), query.integer(1), query.text(2), query.text(3),
                       query.text(4),    query.text(5),    {},            query.integer(7)};
  if (!query.is_null(6)) header.item = query.integer(6);
  Body body = parse_body(query.text(9));
  change(body);
  const std::string text = to_json(body);
  const std::string digest = body_digest(from_hex(query.text(8)), text);
  const std::string chain =
      next_chain(from_hex(query.text(10)), sample_board_id, header, digest);
  world.raw->query("UPDATE journal SET digest = $digest, chain = $chain WHERE seq = $seq")
      .bind("$digest", to_hex(digest))
      .bind("$chain", to_hex(chain))
      .bind("$seq", header.seq)
      .run();
  world.raw->query("UPDATE journal_bodies SET body = $body WHERE seq = $seq")
      .bind("$body", text)
      .bind("$seq", header.seq)
      .run();
}

}  // namespace

TEST_CASE("a tree that still has something open is not disposed of", "[store]") {
  World world;
  const std::string head = world.store->head(sample_board_id);
  CHECK(refusal(world.dispose(99)) == "There is no such item.");
  CHECK_THAT(refusal(world.dispose(2)), Catch::StartsWith("Only a whole audit"));
  CHECK(refusal(world.dispose(1)) ==
        "Somebody still owes “submit” on it; finish or withdraw it first.");
  world.close_obligations();
  const std::string waits = "Mail about it still waits to be sent or released; see the outbox.";
  CHECK(refusal(world.dispose(1)) == waits);  // a prompt is pending
  world.settle_prompts();
  CHECK(refusal(world.dispose(1)) == waits);  // notices are
  world.settle_notices(NoticeState::held);
  CHECK(refusal(world.dispose(1)) == waits);
  CHECK(world.reader()->find_item(ItemId{1})->state == "allocated");
  CHECK(world.faults().empty());
  world.settle_notices(NoticeState::accepted);
  CHECK(refusal(world.dispose(1)) == "done");
  CHECK(refusal(world.dispose(1)) == "This item was disposed of before.");
  CHECK(world.store->head(sample_board_id) != head);
}

TEST_CASE("of what was disposed of, references and the journal's chain remain", "[store]") {
  World world;
  world.finish();
  in_transaction(*world.store,
                 [](BoardWriter& board) { board.add_read({later, "sam-reed", ItemId{1}, "notes"}); });
  const auto action = world.reader()->find_item(ItemId{6});
  const auto plan_prompt = world.reader()->find_prompt(PromptId{4});
  const auto rows = world.store->verify(sample_board_id).rows;
  const auto done = world.dispose(1);
  REQUIRE(done);
  CHECK(done->items == 4);
  CHECK(done->bodies > 4);
  CHECK(world.faults().empty());
  CHECK(world.store->verify(sample_board_id).rows == rows + 2);

  const auto reader = world.reader();
  for (std::int64_t id = 1; id <= 4; ++id) {
    const auto item = reader->find_item(ItemId{id});
    REQUIRE(item);
    CHECK(item->state == disposed_state);
    CHECK(item->reference == fmt::format("QRT-{:04}", id));
    CHECK(item->fields.empty());
    CHECK(item->agency.empty());
    CHECK(reader->obligations_of(ItemId{id}).empty());
    CHECK(reader->assignments_of({ItemId{id}}).empty());
    CHECK(reader->approvals_of(ItemId{id}).empty());
    for (const Link& link : reader->links_of(ItemId{id})) CHECK(link.from == ItemId{6});
    CHECK(reader->files_of(ItemId{id}).empty());
    CHECK(reader->list_reads(ItemId{id}, 10).empty());
    CHECK_FALSE(reader->last_event_of(ItemId{id}));
    for (const auto& row : reader->journal_of(ItemId{id}))
      CHECK((row.body.empty() || row.kind == "dispose" || row.kind == "restate"));
  }
  // That the action came from the audit is the action's own; a reference says nothing.
  REQUIRE(reader->links_of(ItemId{6}).size() == 1);
  CHECK(reader->links_of(ItemId{6}).front().to == ItemId{1});
  CHECK(reader->file_digests().empty());
  // What is not of the tree stays, and the mail about both is known by the prompt that is left.
  CHECK(reader->find_item(ItemId{6}) == action);
  CHECK(reader->find_prompt(PromptId{4}) == plan_prompt);
  CHECK_FALSE(reader->find_prompt(PromptId{3}));
  const auto notices = reader->list_notices(10, {});
  REQUIRE(notices.size() == 1);
  CHECK(notices.front().prompts == std::vector{PromptId{4}});
  CHECK_FALSE(reader->find_notice_bytes(notices.front().id));
  CHECK(reader->load_people()->persons.size() == 2);
  // Repeating a row is no event: it can neither be corrected nor does it show as set.
  const auto snapshots = reader->snapshots_of(ItemId{6});
  REQUIRE(snapshots.size() == 1);
  CHECK(snapshots.front().event == "progress");
  CHECK(reader->last_event_of(ItemId{6})->event == "progress");
  const auto rows_of_audit = reader->journal_of(ItemId{1});
  const auto by = std::find_if(rows_of_audit.begin(), rows_of_audit.end(),
                               [](const auto& row) { return row.kind == "dispose"; });
  REQUIRE(by != rows_of_audit.end());
  CHECK(by->actor == "jane-okafor");

  // The board goes on.
  world.change_action("2");
  CHECK(world.faults().empty());
}

TEST_CASE("what was removed is in no byte of the database", "[store]") {
  const auto holds_secret = [](const World& world) {
    for (const char* suffix : {"", "-wal"}) {
      std::ifstream file{world.options.path + suffix, std::ios::binary};
      std::stringstream bytes;
      bytes << file.rdbuf();
      if (bytes.str().find(secret) != std::string::npos) return true;
    }
    return false;
  };
  World world;
  world.finish();
  CHECK(holds_secret(world));
  REQUIRE(world.dispose(1));
  world.raw.reset();
  world.store.reset();  // the WAL goes back into the database
  CHECK_FALSE(holds_secret(world));
}

TEST_CASE("what one disposal repeated, the next one removes", "[store]") {
  World world;
  world.finish();
  REQUIRE(world.dispose(1));
  REQUIRE(world.dispose(5));
  CHECK(world.faults().empty());
  CHECK(world.reader()->find_item(ItemId{6})->state == disposed_state);
  CHECK(world.reader()->list_notices(10, {}).empty());
  CHECK(world.reader()->list_prompts(10, {}).empty());
  // Only disposals keep a body among the rows that concern items.
  auto query = world.raw->query(
      "SELECT DISTINCT j.kind FROM journal j JOIN journal_bodies b ON b.seq = j.seq"
      " WHERE j.seq IN (SELECT seq FROM journal_items)");
  REQUIRE(query.step());
  CHECK(query.text(0) == "dispose");
  CHECK_FALSE(query.step());
}

TEST_CASE("an event whose body went with another tree cannot be corrected into an older one",
          "[store]") {
  World world;
  world.finish();
  in_transaction(*world.store, [](BoardWriter& board) {
    Decision both;
    for (const std::int64_t id : {6, 1}) {
      const auto was = board.find_item(ItemId{id});
      auto now = *was;
      ++now.version;
      now.state = "closed";
      both.items.push_back({was, now});
    }
    board.write(sample_head("close", ItemId{6}), both, later);
  });
  REQUIRE(world.reader()->last_event_of(ItemId{6})->event == "close");
  REQUIRE(world.dispose(1));
  CHECK_FALSE(world.reader()->last_event_of(ItemId{6}));
  CHECK(world.faults().empty());
}

TEST_CASE("verify finds what was changed around a disposal", "[store]") {
  World world;
  world.finish();
  REQUIRE(world.dispose(1));
  REQUIRE(world.dispose(5));  // the newest row is then a disposal
  REQUIRE(world.faults().empty());
  const auto first = [&] {
    const auto faults = world.faults();
    return faults.empty() ? std::string{"no fault"} : faults.front();
  };
  SECTION("a tombstone") {
    world.raw->run_script("UPDATE items SET state = 'allocated' WHERE id = 3");
    CHECK(first() == "items (3): column state is not what the journal says");
  }
  SECTION("a tombstone that was given content") {
    world.raw->run_script("UPDATE items SET agency = 'police' WHERE id = 3");
    CHECK(first() == "items (3): column agency is not what the journal says");
  }
  SECTION("a row that came back") {
    world.raw->run_script(
        "INSERT INTO approvals VALUES ('riverton', 1, 'executive', 'jane-okafor', 1, 'chair', NULL)");
    CHECK(first() == "approvals (1, executive, jane-okafor, 1): no journal row wrote it");
  }
  SECTION("a body that is missing and no disposal removed") {
    world.raw->run_script("DELETE FROM journal_bodies WHERE seq = 1");
    CHECK(first() == "journal row 1: its body is missing");
  }
  SECTION("a body that was put back") {
    world.raw->run_script(
        "INSERT INTO journal_bodies SELECT board, 5, salt, body FROM journal_bodies WHERE seq = 1");
    CHECK_THAT(first(), Catch::StartsWith("journal row 5: its body is there, and row "));
  }
  SECTION("a disposal that lists a row too many") {
    forge_newest(world, [](Body& body) { body.disposed.insert(body.disposed.begin(), 1); });
    CHECK_THAT(first(), Catch::StartsWith("journal row 1: its body is there, and row "));
  }
  SECTION("a disposal that lists a row too many, whose body is gone too") {
    forge_newest(world, [](Body& body) { body.disposed.insert(body.disposed.begin(), 1); });
    world.raw->run_script("DELETE FROM journal_bodies WHERE seq = 1");
    CHECK(first() == "definitions (0a1b): no journal row wrote it");
  }
  SECTION("a disposal that lists itself") {
    const auto newest = world.store->verify(sample_board_id).rows;
    forge_newest(world, [&](Body& body) { body.disposed.push_back(newest); });
    CHECK_THAT(first(), Catch::Contains("which is not before it"));
  }
  SECTION("a disposal that leaves an item's content") {
    forge_newest(world, [](Body& body) {
      for (auto& change : body.changes)
        if (change.table->name == "items" && change.now) (*change.now)[8] = Cell{"police"};
    });
    CHECK_THAT(first(), Catch::Contains("is no tombstone"));
  }
  SECTION("a forged newest row that changes nothing is no fault: the test's own forging is right") {
    forge_newest(world, [](Body&) {});
    CHECK(first() == "no fault");
  }
}

TEST_CASE("the operator's chain is apart from the boards'", "[store]") {
  World world;
  const std::string head = world.store->head(sample_board_id);
  CHECK(world.store->verify(Store::operator_board).rows == 0);
  {
    const auto tx = world.store->begin();
    JournalHead by;
    by.actor = "uid 1000";
    by.kind = "start";
    by.occurred_at = later;
    tx->note_operator(by, "assured 0.1.0", later);
    CHECK_FALSE(tx->try_within([&] {
      tx->note_operator(by, "undone", later);
      return false;
    }));
    tx->note_operator(by, "assured 0.1.1", later);
    tx->commit();
  }
  CHECK(world.store->boards() == std::vector<std::string>{"riverton"});
  CHECK(world.store->head(sample_board_id) == head);
  CHECK_THAT(world.store->head(Store::operator_board), Catch::StartsWith("2:"));
  CHECK(world.store->verify(Store::operator_board).rows == 2);
  CHECK(world.store->verify(Store::operator_board).faults.empty());
  const auto rows = world.store->reader(Store::operator_board)->list_journal(0, 10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].actor == "uid 1000");
  CHECK_THAT(rows[1].body, Catch::Contains("assured 0.1.1"));
  world.raw->run_script("UPDATE journal SET actor = 'nobody' WHERE board = '@operator' AND seq = 1");
  CHECK_FALSE(world.store->verify(Store::operator_board).faults.empty());
  CHECK(world.faults().empty());
}
