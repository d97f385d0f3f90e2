// Disposing of everything in the databases that the stories leave, one root after the other: the
// journal verifies in between, and what is not disposed of yet stays as it was (S13.2).
#include "daemon/system_zones.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/played_story.hpp"

using namespace assured;

namespace {

JournalHead by_operator(std::string kind) {
  JournalHead head;
  head.actor = "system";
  head.kind = std::move(kind);
  return head;
}

// Stories end in the middle of things: what is still owed or to be sent is closed for good.
void finish(BoardWriter& board, ItemId root, Instant now) {
  ItemFilter tree;
  tree.root = root;
  tree.limit = 100'000;
  std::set<ItemId> items;
  for (const Item& item : board.list_items(tree)) items.insert(item.id);
  Decision decision;
  for (const Obligation& was : board.open_obligations_of({items.begin(), items.end()})) {
    Obligation closed = was;
    closed.closed_at = now;
    closed.next_at = std::nullopt;
    decision.obligations.push_back({was, closed});
  }
  for (const Prompt& was : board.list_prompts(100'000, {})) {
    if (was.state != PromptState::pending || !items.contains(was.item)) continue;
    Prompt superseded = was;
    superseded.state = PromptState::superseded;
    decision.prompts.push_back({was, superseded});
  }
  board.write(by_operator("finish"), decision, now);
  for (Notice notice : board.list_notices(100'000, {})) {
    if (is_final(notice.state)) continue;
    notice.state = NoticeState::expired;
    board.write_notice_states(by_operator("notice"), {notice}, now);
  }
}

}  // namespace

TEST_CASE("a board is disposed of root by root", "[sim][disposal]") {
  for (const char* name : {"city-and-hackney", "self-assessment"}) {
    INFO(name);
    const auto shipped = test::read_shipped_story(name);
    const auto store = store::open_temporary_store(1);
    StoryRun run;
    run.programme = shipped.programme;
    run.people = shipped.people;
    run.store = store.get();
    REQUIRE(run_story(shipped.story, run, SystemZones{})->ok);
    const std::string board = shipped.programme->establishment.board;
    const auto reader = store->reader(board);
    const Instant now = reader->list_journal(0, 100'000).back().at;

    ItemFilter roots;
    roots.parent = ItemId{};
    roots.limit = 1000;
    std::size_t disposed = 0;
    for (const Item& root : reader->list_items(roots)) {
      std::vector<Item> others;
      {
        const auto tx = store->begin();
        BoardWriter& writer = tx->board(board);
        finish(writer, root.id, now);
        ItemFilter all;
        all.limit = 100'000;
        for (const Item& item : writer.list_items(all))
          if (item.root != root.id) others.push_back(item);
        const auto done = writer.dispose(by_operator("dispose"), root.id, now);
        INFO((done ? "" : done.error().message));
        REQUIRE(done);
        disposed += done->items;
        tx->commit();
      }
      INFO(root.reference);
      const auto report = store->verify(board);
      INFO((report.faults.empty() ? "" : report.faults.front()));
      REQUIRE(report.faults.empty());
      for (const Item& other : others) CHECK(reader->find_item(other.id) == other);
    }
    CHECK(disposed >= 15);
    CHECK(reader->list_obligations({}).empty());
    CHECK(reader->list_notices(10, {}).empty());
    CHECK(reader->list_prompts(10, {}).empty());
  }
}
