// The outbox (S10, S13.3): grouped notices, what is due to be sent, leases and deferrals; and what
// grows with it and goes after a while (S14.5).
#include <fmt/format.h>

#include "store/indexed.hpp"
#include "store/rows.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::store;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

const Instant start = sample_start() + 100h;

// A board with one item and nothing in its outbox.
struct World {
  TemporaryFolder folder;
  StoreOptions options;
  std::unique_ptr<Store> store;

  World() {
    options.path = folder.file("store.db");
    options.synchronous = Synchronous::off;
    store = open_store(options);
    in_transaction(*store, [](BoardWriter& board) {
      Decision decision;
      decision.items.push_back({std::nullopt, sample_item(1, "audit", {}, ItemId{1})});
      board.write(sample_head("start", ItemId{1}), decision, sample_start());
    });
  }
  std::unique_ptr<BoardReader> reader() { return store->reader(sample_board_id); }
  std::vector<std::string> faults() { return store->verify(sample_board_id).faults; }
  std::string head() { return store->head(sample_board_id); }

  // A notice from `prompts` new prompts.
  Notice make(Instant now, Family family = Family::c, NoticeState state = NoticeState::pending,
              int prompts = 1) {
    Notice made;
    in_transaction(*store, [&](BoardWriter& board) {
      Decision decision;
      std::vector<Changed<Prompt>> changes;
      Notice notice;
      notice.item = ItemId{1};
      notice.state = state;
      notice.created_at = now;
      for (int i = 0; i < prompts; ++i) {
        auto prompt = sample_prompt(board.take_ids().next_prompt + i, ItemId{1}, {});
        prompt.family = family;
        decision.prompts.push_back({std::nullopt, prompt});
        changes.push_back(noticed(prompt));
        notice.prompts.push_back(prompt.id);
      }
      board.write(sample_head("rung", ItemId{1}), decision, now);
      made = board.write_notices(sample_head("notice", ItemId{1}), changes, {{notice, "bytes"}}, now)
                 .front();
    });
    return made;
  }
  void lease(const Notice& notice, Instant until) {
    in_transaction(*store, [&](BoardWriter& board) { board.lease_notices({notice.id}, until); });
  }
  void defer(const Notice& notice, Instant until, std::string_view said = "451 4.7.1 later") {
    in_transaction(*store, [&](BoardWriter& board) {
      board.defer_notice(notice.id, NoticeState::deferred, until, said);
    });
  }
  void write_state(Notice notice, NoticeState state, Instant now) {
    notice.state = state;
    in_transaction(*store, [&](BoardWriter& board) {
      board.write_notice_states(sample_head("notice", ItemId{1}), {notice}, now);
    });
  }
  std::vector<std::int64_t> due(Instant now, std::size_t limit = 100) {
    std::vector<std::int64_t> ids;
    for (const Notice& notice : reader()->due_notices(now, limit)) ids.push_back(notice.id.value);
    return ids;
  }
};

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a grouped notice is found from each of its prompts, and says which they are",
          "[store]") {
  World world;
  const Notice grouped = world.make(start, Family::c, NoticeState::pending, 3);
  const Notice other = world.make(start);
  CHECK(grouped.prompts == std::vector{PromptId{1}, PromptId{2}, PromptId{3}});
  CHECK(grouped.digest.size() == 64);
  const auto reader = world.reader();
  for (const PromptId prompt : grouped.prompts) {
    CHECK(reader->find_prompt(prompt)->state == PromptState::noticed);
    CHECK(reader->notices_of(prompt) == std::vector{grouped});
  }
  CHECK(reader->notices_of(PromptId{4}) == std::vector{other});
  CHECK(reader->find_notice(grouped.id) == grouped);
  CHECK_FALSE(reader->find_notice(NoticeId{99}));
  CHECK(reader->list_notices(10, {}) == std::vector{grouped, other});
  CHECK(reader->list_journal(4, 10).size() == 1);  // of the second notice: one row
  CHECK(world.faults().empty());
}

TEST_CASE("urgent notices go first, then those never tried, then the longest due", "[store]") {
  World world;
  const Notice deferred = world.make(start);
  const Notice fresh = world.make(start + 2min);
  const Notice leased = world.make(start);
  const Notice urgent_tried = world.make(start + 1min, Family::a);
  const Notice urgent = world.make(start + 2min, Family::a);
  for (const Notice& tried : {deferred, leased, urgent_tried}) world.lease(tried, start + 3min);
  CHECK(world.due(start + 2min) == Ids{urgent.id.value, fresh.id.value});
  world.defer(deferred, start + 2min);
  world.defer(urgent_tried, start + 2min);
  // A lease counts as due from its end.
  CHECK(world.due(start + 3min) == Ids{urgent.id.value, urgent_tried.id.value, fresh.id.value,
                                       deferred.id.value, leased.id.value});
  CHECK(world.due(start + 3min, 3) == Ids{urgent.id.value, urgent_tried.id.value, fresh.id.value});
  CHECK(world.due(start + 3min, 0).empty());
  CHECK(world.due(start - 1ms).empty());
}

TEST_CASE("each class of what is due can be asked for alone", "[store]") {
  World world;
  const Notice fresh = world.make(start);
  const Notice tried = world.make(start);
  const Notice urgent_tried = world.make(start, Family::a);
  const Notice urgent = world.make(start, Family::a);
  for (const Notice& one : {tried, urgent_tried}) {
    world.lease(one, start + 1min);
    world.defer(one, start);
  }
  const auto due = [&](DeliveryClass of) {
    Ids ids;
    for (const Notice& notice : world.reader()->due_notices(start, 10, of))
      ids.push_back(notice.id.value);
    return ids;
  };
  CHECK(due(DeliveryClass::urgent_fresh) == Ids{urgent.id.value});
  CHECK(due(DeliveryClass::urgent_tried) == Ids{urgent_tried.id.value});
  CHECK(due(DeliveryClass::routine_fresh) == Ids{fresh.id.value});
  CHECK(due(DeliveryClass::routine_tried) == Ids{tried.id.value});
}

TEST_CASE("what was leased and not begun is given back without the attempt", "[store]") {
  World world;
  const Notice made = world.make(start);
  const auto give_back = [&](NoticeState as, Instant until) {
    in_transaction(*world.store, [&](BoardWriter& board) {
      board.give_back_notice(made.id, as, until);
    });
    return *world.reader()->find_notice(made.id);
  };
  world.lease(made, start + 1h);
  Notice now = give_back(NoticeState::deferred, start + 1min);
  CHECK(now.attempts == 0);
  CHECK(now.state == NoticeState::deferred);
  CHECK(now.next_try_at == start + 1min);
  // It is as fresh as it was; what was begun once stays so.
  CHECK(world.reader()->due_notices(start + 1min, 10, DeliveryClass::routine_fresh).size() == 1);
  world.lease(made, start + 1h);
  world.defer(made, start + 2min, "451 later");
  world.lease(made, start + 1h);
  now = give_back(NoticeState::unknown, start + 3min);
  CHECK(now.attempts == 1);
  CHECK(now.state == NoticeState::unknown);
  CHECK(now.said == "451 later");
  // Only of what is leased: twice takes one attempt off.
  CHECK(give_back(NoticeState::deferred, start).attempts == 1);
  const auto tx = world.store->begin();
  CHECK_THROWS_AS(
      tx->board(sample_board_id).give_back_notice(made.id, NoticeState::pending, start), StoreError);
}

TEST_CASE("thousands that were deferred neither hide a fresh notice nor cost a pass", "[store]") {
  World world;
  const Notice fresh = world.make(start + 1h);
  const auto raw = open_sqlite({world.options.path});
  raw->run_script("PRAGMA foreign_keys = OFF");
  raw->run_script(fmt::format(
      "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
      " INSERT INTO deliveries SELECT 'riverton', i, 0, 3, {}, 'deferred', '' FROM n",
      to_ms(start)));
  CHECK(world.due(start + 1h, 1) == Ids{fresh.id.value});
  CHECK(world.reader()->next_try_at() == start);
  const auto plan_of = [&](std::string_view sql) {
    auto query = raw->query("EXPLAIN QUERY PLAN " + std::string{sql});
    std::string plan;
    while (query.step()) plan += query.text(3) + "\n";
    return plan;
  };
  for (const auto& [sql, index] : {std::pair{fresh_deliveries, "deliveries_fresh"},
                                   {tried_deliveries, "deliveries_tried"},
                                   {earliest_delivery, "deliveries_by_time"},
                                   {vacancies, "obligations_vacancies"},
                                   {programmes_in_use, "items_by_programme"},
                                   {overdue_obligations, "obligations_open_by_due"},
                                   {remove_old_answers, "answers_by_age"},
                                   {remove_old_bytes, "notice_bytes_final"},
                                   {remove_old_reads, "reads_by_age"}}) {
    const std::string plan = plan_of(sql);
    INFO(sql << "\n" << plan);
    CHECK_THAT(plan, Catch::Contains(index));
    CHECK_THAT(plan, !Catch::Contains("TEMP B-TREE"));
    for (const char* table : {"deliveries", "obligations", "items", "answers", "notice_bytes", "reads"})
      CHECK_THAT(plan, !Catch::Contains("SCAN " + std::string{table}));
  }
}

// Found by measuring: to save sorting two rows, SQLite walked the whole board in the order of its key.
TEST_CASE("what belongs to one item or obligation is read from its own index", "[store]") {
  World world;
  const auto raw = open_sqlite({world.options.path});
  for (const auto& [sql, index] :
       {std::pair{obligations_table().select + std::string{of_item}, "(board=? AND item=?)"},
        {obligations_table().select + std::string{open_of_item}, "(board=? AND item=?)"},
        {prompts_table().select + std::string{of_item}, "prompts_by_item (board=? AND item=?)"},
        {prompts_table().select + std::string{of_obligation},
         "prompts_by_obligation (board=? AND obligation=?)"},
        {prompts_table().select + std::string{of_obligation_from},
         "prompts_by_obligation (board=? AND obligation=?)"},
        {prompts_table().select + std::string{of_step},
         "prompts_by_obligation (board=? AND obligation=?)"}}) {
    auto query = raw->query("EXPLAIN QUERY PLAN " + sql);
    REQUIRE(query.step());
    INFO(sql);
    CHECK_THAT(query.text(3), Catch::Contains(index));
  }
}

TEST_CASE("leases and deferrals show in the notice and leave no journal row", "[store]") {
  World world;
  const Notice made = world.make(start);
  CHECK(made.next_try_at == start);
  const std::string head = world.head();
  const auto notice = [&] { return *world.reader()->find_notice(made.id); };

  world.lease(made, start + 5min);
  CHECK(notice().state == NoticeState::leased);
  CHECK(notice().attempts == 1);
  CHECK(notice().next_try_at == start + 5min);
  CHECK(world.reader()->next_try_at() == start + 5min);

  world.defer(made, start + 10min, "451 4.7.1 " + std::string(189, 'x') + "é");
  CHECK(notice().state == NoticeState::deferred);
  CHECK(notice().attempts == 1);
  CHECK(notice().next_try_at == start + 10min);
  CHECK(notice().said == "451 4.7.1 " + std::string(189, 'x'));  // never half a letter

  world.lease(made, start + 20min);
  CHECK(notice().attempts == 2);
  // The process that held it is gone.
  in_transaction(*world.store, [](BoardWriter& board) { board.end_leases(); });
  CHECK(notice().state == NoticeState::unknown);
  CHECK(world.due(start) == Ids{made.id.value});
  CHECK(world.head() == head);
  CHECK(world.faults().empty());

  world.write_state(notice(), NoticeState::accepted, start + 30min);
  CHECK(notice().state == NoticeState::accepted);
  CHECK(notice().final_at == start + 30min);
  CHECK(notice().attempts == 0);
  CHECK_FALSE(notice().next_try_at);
  CHECK(world.due(start + 100h).empty());
  CHECK_FALSE(world.reader()->next_try_at());
  CHECK(world.head() != head);
  CHECK(world.faults().empty());
  // An answer that came too late changes nothing.
  world.defer(made, start + 40min);
  CHECK(notice().state == NoticeState::accepted);
}

TEST_CASE("a lease or a deferral cannot be written as a notice's state", "[store]") {
  World world;
  const Notice made = world.make(start);
  for (const auto state : {NoticeState::leased, NoticeState::deferred, NoticeState::unknown})
    CHECK_THROWS_AS(world.write_state(made, state, start), StoreError);
  for (const auto as : {NoticeState::pending, NoticeState::accepted, NoticeState::leased}) {
    const auto tx = world.store->begin();
    CHECK_THROWS_AS(tx->board(sample_board_id).defer_notice(made.id, as, start, ""), StoreError);
  }
}

TEST_CASE("a held notice waits for its release, and is then as urgent as it was", "[store]") {
  World world;
  const Notice routine = world.make(start);
  const Notice held = world.make(start, Family::a, NoticeState::held);
  CHECK(world.due(start) == Ids{routine.id.value});
  CHECK(world.faults().empty());
  world.write_state(held, NoticeState::pending, start + 1h);
  CHECK(world.reader()->find_notice(held.id)->next_try_at == start + 1h);
  CHECK(world.due(start + 1h) == Ids{held.id.value, routine.id.value});
  world.write_state(routine, NoticeState::held, start + 2h);
  CHECK(world.due(start + 2h) == Ids{held.id.value});
  CHECK(world.faults().empty());
}

TEST_CASE("the outbox is counted by what its notices wait for", "[store]") {
  World world;
  auto counts = world.reader()->outbox_counts();
  CHECK(counts.unsent == 0);
  CHECK_FALSE(counts.oldest_unsent);
  const Notice sent = world.make(start);
  const Notice first = world.make(start + 1min);
  const Notice second = world.make(start + 2min);
  const Notice third = world.make(start + 3min);
  world.make(start, Family::c, NoticeState::held);
  world.write_state(sent, NoticeState::accepted, start + 1h);
  world.defer(first, start + 1h);
  world.lease(second, start + 1h);
  in_transaction(*world.store, [&](BoardWriter& board) {
    board.defer_notice(third.id, NoticeState::unknown, start + 1h, "");
  });
  counts = world.reader()->outbox_counts();
  CHECK(counts.unsent == 3);
  CHECK(counts.oldest_unsent == start + 1min);
  CHECK_FALSE(counts.oldest_unsent_urgent);
  world.make(start + 4min, Family::a);
  CHECK(world.reader()->outbox_counts().oldest_unsent_urgent == start + 4min);
  CHECK(world.reader()->outbox_counts().oldest_unsent == start + 1min);
  CHECK(counts.deferred == 1);
  CHECK(counts.unknown == 1);
  CHECK(counts.held == 1);
}

TEST_CASE("verify finds a pending notice that nothing would send, and a delivery of none",
          "[store]") {
  World world;
  const Notice made = world.make(start);
  const Notice sent = world.make(start);
  world.write_state(sent, NoticeState::accepted, start);
  const auto raw = open_sqlite({world.options.path});
  raw->run_script("DELETE FROM deliveries");
  CHECK(world.faults() ==
        std::vector{fmt::format("deliveries ({}): it is missing, and the notice waits to be sent",
                                made.id.value)});
  raw->run_script(fmt::format(
      "INSERT INTO deliveries VALUES ('riverton', {}, 0, 0, 0, 'pending', ''),"
      " ('riverton', {}, 0, 0, 0, 'pending', '')",
      made.id.value, sent.id.value));
  CHECK(world.faults() ==
        std::vector{fmt::format("deliveries ({}): no notice of that number waits to be sent",
                                sent.id.value)});
}

TEST_CASE("an answer is kept under caller and key, once", "[store]") {
  World world;
  const std::string head = world.head();
  in_transaction(*world.store, [](BoardWriter& board) {
    board.put_answer("sam-reed", "k1", "aa", "{\"ok\":1}", start);
    board.put_answer("jane-okafor", "k1", "bb", "{\"ok\":2}", start);
  });
  const auto known = world.reader()->find_answer("sam-reed", "k1");
  REQUIRE(known);
  CHECK(known->hash == "aa");
  CHECK(known->answer == "{\"ok\":1}");
  CHECK(world.reader()->find_answer("jane-okafor", "k1")->hash == "bb");
  CHECK_FALSE(world.reader()->find_answer("sam-reed", "k2"));
  CHECK_FALSE(world.store->reader("lakeside")->find_answer("sam-reed", "k1"));
  const auto tx = world.store->begin();
  CHECK_THROWS_AS(tx->board(sample_board_id).put_answer("sam-reed", "k1", "cc", "", start),
                  StoreError);
  CHECK(world.head() == head);
}

TEST_CASE("what is old goes in bounded steps, and verify holds", "[store]") {
  World world;
  const std::string before_all = world.head();
  const auto remove = [&](Retained what, Instant before, std::size_t limit = 100) {
    std::size_t removed = 0;
    in_transaction(*world.store,
                   [&](BoardWriter& board) { removed = board.remove_old(what, before, limit); });
    return removed;
  };
  SECTION("answers") {
    in_transaction(*world.store, [](BoardWriter& board) {
      for (int i = 0; i < 5; ++i)
        board.put_answer("sam-reed", fmt::format("k{}", i), "aa", "", start + std::chrono::hours{i});
    });
    CHECK(remove(Retained::answers, start + 3h, 2) == 2);
    CHECK(remove(Retained::answers, start + 3h, 2) == 1);
    CHECK(remove(Retained::answers, start + 3h, 2) == 0);
    CHECK_FALSE(world.reader()->find_answer("sam-reed", "k2"));
    CHECK(world.reader()->find_answer("sam-reed", "k3"));
    CHECK(world.head() == before_all);
  }
  SECTION("records of reads") {
    in_transaction(*world.store, [](BoardWriter& board) {
      for (int i = 0; i < 3; ++i)
        board.add_read({start + std::chrono::hours{i}, "sam-reed", ItemId{1}, "notes"});
    });
    CHECK(remove(Retained::reads, start + 2h) == 2);
    REQUIRE(world.reader()->list_reads(ItemId{1}, 10).size() == 1);
    CHECK(world.reader()->list_reads(ItemId{1}, 10).front().at == start + 2h);
  }
  SECTION("the bytes of final notices; their digests stay") {
    const Notice early = world.make(start);
    const Notice late = world.make(start);
    const Notice waits = world.make(start);
    const Notice held = world.make(start, Family::c, NoticeState::held);
    world.write_state(early, NoticeState::accepted, start + 1h);
    world.write_state(late, NoticeState::bounced, start + 2h);
    const std::string head = world.head();
    CHECK(remove(Retained::notice_bytes, start + 2h) == 1);
    CHECK_FALSE(world.reader()->find_notice_bytes(early.id));
    CHECK(world.reader()->find_notice(early.id)->digest == early.digest);
    CHECK(world.reader()->find_notice_bytes(late.id));
    CHECK(remove(Retained::notice_bytes, start + 1000h) == 1);
    CHECK(world.reader()->find_notice_bytes(waits.id));
    CHECK(world.reader()->find_notice_bytes(held.id));
    CHECK(world.head() == head);
  }
  CHECK(world.faults().empty());
}
