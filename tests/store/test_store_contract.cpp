// The port's contract (workflows/store.hpp), one body for each driver there is.
#include <filesystem>

#include "store/digest.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

struct SqliteDriver {
  TemporaryFolder folder;
  std::unique_ptr<Store> store = open();
  std::unique_ptr<Store> open() {
    store::StoreOptions options;
    options.path = folder.file("store.db");
    options.synchronous = store::Synchronous::off;
    options.busy_wait = 50ms;
    return store::open_store(options);
  }
  void reopen() {
    store.reset();
    store = open();
  }
};

std::vector<std::int64_t> ids_of(const std::vector<Item>& items) {
  std::vector<std::int64_t> ids;
  for (const auto& item : items) ids.push_back(item.id.value);
  return ids;
}

using Ids = std::vector<std::int64_t>;

}  // namespace

#define EACH_DRIVER SqliteDriver

TEMPLATE_TEST_CASE("what is written is read back equal, also after the store was closed", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  driver.reopen();
  const auto board = driver.store->reader(sample_board_id);

  const auto audit = board->find_item(ItemId{1});
  REQUIRE(audit);
  CHECK_FALSE(audit->parent);
  CHECK(audit->root == ItemId{1});
  CHECK(audit->fields.at("agencies") ==
        FieldValue{FieldClass::public_, std::vector<std::string>{"police", "health"}});
  const auto returned = board->find_item("QRT-0002");
  REQUIRE(returned);
  CHECK(returned->id == ItemId{2});
  CHECK(returned->fields.at("files_read") == FieldValue{FieldClass::protected_, true});
  CHECK(returned->fields.at("pages") == FieldValue{FieldClass::public_, std::int64_t{12}});
  CHECK(returned->fields.at("read_on") ==
        FieldValue{FieldClass::internal, Date{std::chrono::days{20'700}}});
  CHECK(returned->fields.at("passed_at") == FieldValue{FieldClass::internal, sample_start()});
  CHECK_FALSE(returned->fields.at("notes").is_set());
  CHECK_FALSE(board->find_item(ItemId{99}));
  CHECK_FALSE(board->find_item("QRT-0099"));

  auto waits = sample_obligation(2, ItemId{3}, "submit");
  waits.next_at = sample_start() + 30h;
  waits.seniors_wait_until = Instant::max();
  waits.seniors_wait_rungs = {2, 3};
  CHECK(board->find_obligation(ObligationId{2}) == waits);
  const auto fired = board->find_obligation(ObligationId{1});
  REQUIRE(fired);
  REQUIRE(fired->fired.size() == 1);
  CHECK(fired->fired.front() == FiredRung{ObligationId{1}, 1, 0, 0, "post:riverton-health/lead",
                                          sample_start() + 24h, sample_start() + 24h});

  CHECK(board->assignments_of({ItemId{1}, ItemId{2}}) ==
        std::vector{Assignment{ItemId{2}, "auditor", "sam-reed", "riverton-health/lead",
                               sample_start(), std::nullopt}});
  const std::vector link{Link{ItemId{4}, ItemId{3}, "source", sample_start(), std::nullopt}};
  CHECK(board->links_of(ItemId{4}) == link);
  CHECK(board->links_of(ItemId{3}) == link);
  CHECK(board->links_of(ItemId{1}).empty());
  CHECK(board->approvals_of(ItemId{1}) ==
        std::vector{Approval{ItemId{1}, "executive", "jane-okafor", "qa-officer", sample_start(),
                             std::nullopt}});
  CHECK(board->list_meetings("") ==
        std::vector{
            Meeting{MeetingId{1}, "qa-subgroup", sample_start() + 240h, Meeting::State::planned}});
  CHECK(board->list_meetings("executive").empty());
  CHECK(board->find_meeting(MeetingId{1}).has_value());
  const auto people = *board->load_people();
  REQUIRE(people.persons.size() == 2);
  CHECK(people.persons.front().mail == "jane@riverton.example");
  REQUIRE(people.holdings.size() == 2);
  CHECK(people.holdings.back().to == Date{std::chrono::days{21'000}});
  CHECK(board->find_definition("0a1b") == "format = 1\n");
  CHECK_FALSE(board->find_definition("ffff"));
  REQUIRE(board->calendar_overrides().size() == 1);
  CHECK(board->calendar_overrides().front().title == "A day of mourning");
  CHECK(board->find_value("heartbeat") == "1795251600000");
  CHECK_FALSE(board->find_value("cursor"));
  REQUIRE(board->files_of(ItemId{2}).size() == 1);
  CHECK(board->files_of(ItemId{2}).front().bytes == 2048);
  CHECK(board->files_of(ItemId{2}).front().digest == std::string(64, 'c'));
  CHECK(driver.store->boards() == std::vector<std::string>{"riverton"});
}

TEMPLATE_TEST_CASE("items are listed, counted and followed up and down the tree", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto board = driver.store->reader(sample_board_id);

  CHECK(ids_of(board->list_items({})) == Ids{1, 2, 3, 4});
  ItemFilter filter;
  filter.kind = "return";
  CHECK(ids_of(board->list_items(filter)) == Ids{2, 3});
  filter.after = ItemId{2};
  CHECK(ids_of(board->list_items(filter)) == Ids{3});
  filter = {};
  filter.limit = 2;
  CHECK(ids_of(board->list_items(filter)) == Ids{1, 2});
  filter = {};
  filter.states = {"closed", "allocated"};
  CHECK(board->list_items(filter).size() == 4);
  filter.states = {"closed"};
  CHECK(board->list_items(filter).empty());
  filter = {};
  filter.parent = ItemId{1};
  CHECK(ids_of(board->list_items(filter)) == Ids{2, 3});
  filter.parent = ItemId{};
  CHECK(ids_of(board->list_items(filter)) == Ids{1});
  filter = {};
  filter.root = ItemId{1};
  filter.agency = "riverton-health";
  CHECK(ids_of(board->list_items(filter)) == Ids{2, 3, 4});
  filter = {};
  filter.open_only = true;
  CHECK(ids_of(board->list_items(filter)) == Ids{2, 3});

  filter = {};
  filter.programme = "0a1b";
  CHECK(ids_of(board->list_items(filter)) == Ids{1, 2, 3, 4});
  filter.programme = "ffff";
  CHECK(board->list_items(filter).empty());

  CHECK(ids_of(board->list_ancestors(*board->find_item(ItemId{4}))) == Ids{2, 1});
  CHECK(board->list_ancestors(*board->find_item(ItemId{1})).empty());
  CHECK(ids_of(board->list_descendants(ItemId{1}, {"return", "action"})) == Ids{2, 3, 4});
  CHECK(ids_of(board->list_descendants(ItemId{1}, {"action"})) == Ids{4});
  CHECK(ids_of(board->list_descendants(ItemId{2}, {"return", "action"})) == Ids{4});
  CHECK(board->list_descendants(ItemId{3}, {"return", "action"}).empty());
  CHECK(board->list_descendants(ItemId{1}, {}).empty());

  const auto count = [&](std::int64_t scope, std::string kind, Where where = {}) {
    return board->count_descendants({ItemId{scope}, std::move(kind), std::move(where)});
  };
  CHECK(count(1, "return") == 2);
  CHECK(count(1, "audit") == 0);
  CHECK(count(2, "action") == 1);
  CHECK(count(3, "action") == 0);
  CHECK(count(1, "return", {{"allocated", "closed"}, {}}) == 2);
  CHECK(count(1, "return", {{"closed"}, {}}) == 0);
  CHECK(count(1, "return", {{}, {{"grade", "good"}}}) == 1);
  CHECK(count(1, "return", {{}, {{"grade", "good"}, {"pages", "12"}}}) == 1);
  CHECK(count(1, "return", {{}, {{"grade", "good"}, {"pages", "13"}}}) == 0);
  CHECK(count(1, "return", {{"allocated"}, {{"files_read", "true"}}}) == 1);
  CHECK(count(1, "return", {{}, {{"notes", ""}}}) == 0);  // not set is no text

  in_transaction(*driver.store, [](BoardWriter& writer) {
    const auto was = writer.find_item(ItemId{3});
    auto voided = *was;
    voided.state = std::string{voided_state};
    voided.version = 2;
    Decision decision;
    decision.items.push_back({was, voided});
    writer.write(sample_head("correct", ItemId{3}), decision, sample_start());
  });
  CHECK(count(1, "return") == 1);
}

TEMPLATE_TEST_CASE("obligations are listed by item, debtor and due date", "[store]", EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  in_transaction(*driver.store, [](BoardWriter& board) {
    const auto was = board.find_obligation(ObligationId{2});
    auto closed = *was;
    closed.closed_at = sample_start() + 1h;
    closed.closed_by = "submit";
    Decision decision;
    decision.obligations.push_back({was, closed});
    board.write(sample_head("submit", ItemId{3}), decision, sample_start() + 1h);
  });
  const auto board = driver.store->reader(sample_board_id);
  CHECK(board->list_obligations({}).size() == 1);
  ObligationFilter filter;
  filter.open_only = false;
  CHECK(board->list_obligations(filter).size() == 2);
  filter.after = ObligationId{1};
  CHECK(board->list_obligations(filter).size() == 1);
  filter = {};
  filter.item = ItemId{3};
  CHECK(board->list_obligations(filter).empty());
  filter = {};
  filter.owed_by = "post:riverton-health/lead";
  CHECK(board->list_obligations(filter).size() == 1);
  filter.owed_by = "post:police/lead";
  CHECK(board->list_obligations(filter).empty());
  filter = {};
  filter.due_before = sample_start() + 48h;
  CHECK(board->list_obligations(filter).empty());
  filter.due_before = sample_start() + 49h;
  CHECK(board->list_obligations(filter).size() == 1);
  CHECK(board->count_overdue(sample_start() + 48h) == 0);
  CHECK(board->count_overdue(sample_start() + 49h) == 1);
  const auto open = board->open_obligations_of({ItemId{2}, ItemId{3}});
  REQUIRE(open.size() == 1);
  CHECK(open.front().fired.size() == 1);
  CHECK(board->obligations_of(ItemId{3}).size() == 1);
}

TEMPLATE_TEST_CASE("vacancies are known by the names of what is owed, while it is open", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto board = driver.store->reader(sample_board_id);
  CHECK(board->open_vacancies().empty());
  in_transaction(*driver.store, [](BoardWriter& writer) {
    Decision decision;
    std::int64_t id = writer.take_ids().next_obligation;
    for (const char* name : {"name somebody: police/lead", "name somebody: board/chair",
                             "name somebody", "name somebody;", "Name somebody: x"})
      decision.obligations.push_back({std::nullopt, sample_obligation(id++, ItemId{2}, name)});
    // The same vacancy on another item counts once; what is closed does not count.
    decision.obligations.push_back(
        {std::nullopt, sample_obligation(id++, ItemId{3}, "name somebody: police/lead")});
    auto closed = sample_obligation(id++, ItemId{2}, "name somebody: health/lead");
    closed.closed_at = sample_start();
    decision.obligations.push_back({std::nullopt, closed});
    writer.write(sample_head("rung", ItemId{2}), decision, sample_start());
  });
  CHECK(board->open_vacancies() ==
        std::vector<std::string>{"name somebody: board/chair", "name somebody: police/lead"});
}

TEMPLATE_TEST_CASE("the definitions that items are on are listed once", "[store]", EACH_DRIVER) {
  TestType driver;
  CHECK(driver.store->reader(sample_board_id)->definitions_in_use().empty());
  fill_sample_board(*driver.store);
  in_transaction(*driver.store, [](BoardWriter& writer) {
    Decision decision;
    for (std::int64_t id : {5, 6}) {
      auto item = sample_item(id, "audit", {}, ItemId{id});
      item.programme = id == 5 ? "ffff" : "0000";
      decision.items.push_back({std::nullopt, item});
    }
    writer.write(sample_head("start", ItemId{5}), decision, sample_start());
  });
  CHECK(driver.store->reader(sample_board_id)->definitions_in_use() ==
        std::vector<std::string>{"0000", "0a1b", "ffff"});
}

TEMPLATE_TEST_CASE("what is due is found in order, and no longer when closed", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  CHECK_FALSE(driver.store->next_due_at(Instant::min()));
  fill_sample_board(*driver.store);
  Store& store = *driver.store;
  CHECK(store.next_due_at(Instant::min()) == sample_start() + 30h);
  CHECK(store.due(sample_start() + 30h - 1ms, 10).empty());
  const auto first = store.due(sample_start() + 30h, 10);
  REQUIRE(first.size() == 1);
  CHECK(first.front().board == "riverton");
  CHECK(first.front().obligation == ObligationId{2});
  CHECK(first.front().next_at == sample_start() + 30h);
  const auto both = store.due(sample_start() + 48h, 10);
  REQUIRE(both.size() == 2);
  CHECK(both.back().obligation == ObligationId{1});
  CHECK(store.due(sample_start() + 48h, 1).size() == 1);
  // Paging goes on behind the last key, so that rows nobody works on hold up no others.
  const auto rest = store.due(sample_start() + 48h, 10, both.front());
  REQUIRE(rest.size() == both.size() - 1);
  CHECK(rest.front().obligation == both[1].obligation);
  CHECK(store.next_due_at(both.front().next_at) == both[1].next_at);

  in_transaction(store, [](BoardWriter& board) {
    const auto was = board.find_obligation(ObligationId{2});
    auto closed = *was;
    closed.closed_at = sample_start() + 1h;
    Decision decision;
    decision.obligations.push_back({was, closed});
    board.write(sample_head("submit", ItemId{3}), decision, sample_start() + 1h);
  });
  CHECK(store.next_due_at(Instant::min()) == sample_start() + 48h);
}

TEMPLATE_TEST_CASE("prompts wait for their time, risk to a child first; notices keep their bytes",
                   "[store]", EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto board = driver.store->reader(sample_board_id);
  // Prompt 1 was noticed; 2 is of family A.
  CHECK(board->find_prompt(PromptId{1})->state == PromptState::noticed);
  CHECK(board->find_prompt(PromptId{1})->missed == std::vector{sample_start() + 23h});
  CHECK(board->next_pending_prompt_at() == sample_start() + 24h);
  in_transaction(*driver.store, [](BoardWriter& writer) {
    Decision decision;
    for (std::int64_t id : {3, 4}) {
      auto prompt = sample_prompt(id, ItemId{2}, ObligationId{1});
      prompt.rung = static_cast<int>(id);
      if (id == 4) prompt.not_before += 1h;
      decision.prompts.push_back({std::nullopt, prompt});
    }
    writer.write(sample_head("rung", ItemId{2}), decision, sample_start() + 24h);
  });
  const auto pending = [&](Instant now, std::size_t limit) {
    std::vector<std::int64_t> ids;
    for (const auto& prompt : board->pending_prompts(now, limit)) ids.push_back(prompt.id.value);
    return ids;
  };
  CHECK(pending(sample_start() + 24h - 1ms, 10).empty());
  CHECK(pending(sample_start() + 24h, 10) == Ids{2, 3});
  CHECK(pending(sample_start() + 25h, 10) == Ids{2, 3, 4});
  CHECK(pending(sample_start() + 25h, 2) == Ids{2, 3});
  CHECK(pending(sample_start() + 25h, 1) == Ids{2});
  CHECK(board->prompts_of(ObligationId{1}).size() == 3);
  const auto ids_of = [](const std::vector<Prompt>& prompts) {
    Ids ids;
    for (const Prompt& prompt : prompts) ids.push_back(prompt.id.value);
    return ids;
  };
  CHECK(ids_of(board->prompts_from(ObligationId{1}, PromptId{})) == Ids{1, 3, 4});
  CHECK(ids_of(board->prompts_from(ObligationId{1}, PromptId{3})) == Ids{3, 4});
  CHECK(board->prompts_from(ObligationId{1}, PromptId{5}).empty());
  // One step to several: what differs in any of its three numbers, or is another obligation's, is not it.
  in_transaction(*driver.store, [](BoardWriter& writer) {
    Decision decision;
    for (std::int64_t id : {11, 12, 13, 14, 15}) {
      auto prompt = sample_prompt(id, ItemId{2}, ObligationId{1});
      prompt.rung = id == 13 ? 6 : 7;
      prompt.cycle = id == 14 ? 1 : 0;
      prompt.due_version = id == 15 ? 2 : 1;
      prompt.not_before += 100h;
      decision.prompts.push_back({std::nullopt, prompt});
    }
    writer.write(sample_head("rung", ItemId{2}), decision, sample_start() + 24h);
  });
  CHECK(ids_of(board->prompts_of_step(*board->find_prompt(PromptId{12}))) == Ids{11, 12});
  CHECK(ids_of(board->prompts_of_step(*board->find_prompt(PromptId{15}))) == Ids{15});
  CHECK(ids_of(board->prompts_of_step(*board->find_prompt(PromptId{1}))) == Ids{1});  // 2 is another obligation's
  CHECK(board->list_prompts(10, PromptId{1}).size() == 8);
  CHECK(board->list_prompts(2, {}).size() == 2);

  const auto notices = board->notices_of(PromptId{1});
  REQUIRE(notices.size() == 1);
  CHECK(notices.front().digest == store::blake2b_hex("To: Sam\r\n\r\nDue."));
  CHECK(board->find_notice_bytes(notices.front().id) == "To: Sam\r\n\r\nDue.");
  CHECK_FALSE(board->find_notice_bytes(NoticeId{99}));
  in_transaction(*driver.store, [&](BoardWriter& writer) {
    auto accepted = notices.front();
    accepted.state = NoticeState::accepted;
    accepted.final_at = sample_start() + 25h;
    writer.write_notice_states(sample_head("notice", ItemId{2}), {accepted}, sample_start() + 25h);
  });
  REQUIRE(board->list_notices(10, {}).size() == 1);
  CHECK(board->list_notices(10, {}).front().state == NoticeState::accepted);
  CHECK(board->list_notices(10, NoticeId{1}).empty());
  CHECK(driver.store->verify(sample_board_id).faults.empty());
}

TEMPLATE_TEST_CASE("a prompt that nobody is to be told keeps the state it is given", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  in_transaction(*driver.store, [](BoardWriter& board) {
    auto prompt = *board.find_prompt(PromptId{2});
    prompt.state = PromptState::superseded;
    prompt.why = "the return came in";
    CHECK(board
              .write_notices(sample_head("notice", {}), {{board.find_prompt(PromptId{2}), prompt}},
                             {}, sample_start())
              .empty());
  });
  const auto prompt = driver.store->reader(sample_board_id)->find_prompt(PromptId{2});
  CHECK(prompt->state == PromptState::superseded);
  CHECK(prompt->why == "the return came in");
}

TEMPLATE_TEST_CASE("a transaction is all or nothing", "[store]", EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const std::string head = driver.store->head(sample_board_id);
  const auto write_audit = [](BoardWriter& board, std::int64_t id) {
    Decision decision;
    decision.items.push_back({std::nullopt, sample_item(id, "audit", {}, ItemId{id})});
    board.write(sample_head("start", ItemId{id}), decision, sample_start());
  };

  SECTION("one that is not committed leaves nothing, and readers do not see it before") {
    {
      const auto tx = driver.store->begin();
      write_audit(tx->board(sample_board_id), 5);
      CHECK(tx->board(sample_board_id).find_item(ItemId{5}));
      CHECK_FALSE(driver.store->reader(sample_board_id)->find_item(ItemId{5}));
    }
    CHECK_FALSE(driver.store->reader(sample_board_id)->find_item(ItemId{5}));
    CHECK(driver.store->head(sample_board_id) == head);
  }
  SECTION("one in which a write failed cannot be committed") {
    const auto tx = driver.store->begin();
    write_audit(tx->board(sample_board_id), 5);
    CHECK_THROWS_AS(write_audit(tx->board(sample_board_id), 5), StoreError);
    CHECK_THROWS_AS(tx->commit(), StoreError);
  }
  SECTION("a decision on rows that have changed since is refused") {
    const auto tx = driver.store->begin();
    auto& board = tx->board(sample_board_id);
    auto was = *board.find_item(ItemId{1});
    was.version = 7;
    auto now = was;
    now.version = 8;
    Decision decision;
    decision.items.push_back({was, now});
    CHECK_THROWS_AS(board.write(sample_head("select", ItemId{1}), decision, sample_start()),
                    StoreError);
  }
  SECTION("a rung cannot be stored as fired twice") {
    const auto tx = driver.store->begin();
    auto& board = tx->board(sample_board_id);
    auto now = *board.find_obligation(ObligationId{1});
    auto was = now;
    was.fired.clear();
    Decision decision;
    decision.obligations.push_back({was, now});
    CHECK_THROWS_AS(board.write(sample_head("rung", ItemId{2}), decision, sample_start()),
                    StoreError);
  }
  SECTION("a child whose parent is nowhere is refused at the commit") {
    const auto tx = driver.store->begin();
    Decision decision;
    decision.items.push_back({std::nullopt, sample_item(9, "return", ItemId{77}, ItemId{1})});
    tx->board(sample_board_id).write(sample_head("x", ItemId{9}), decision, sample_start());
    CHECK_THROWS_AS(tx->commit(), StoreError);
  }
  SECTION("a second writer waits, then is told to come again") {
    const auto tx = driver.store->begin();
    try {
      // Another process's writer: the same file, opened again.
      const auto other = driver.open();
      other->begin();
      FAIL("two writers at once");
    } catch (const StoreError& error) {
      CHECK(error.retryable);
    }
  }
  CHECK(driver.store->verify(sample_board_id).faults.empty());
  // Whatever happened, the store goes on.
  in_transaction(*driver.store, [&](BoardWriter& board) { write_audit(board, 6); });
  CHECK(driver.store->reader(sample_board_id)->find_item(ItemId{6}));
}

TEMPLATE_TEST_CASE("ids are free until they are used, and references' seeds differ", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto tx = driver.store->begin();
  auto& board = tx->board(sample_board_id);
  const IdPool ids = board.take_ids();
  CHECK(ids.next_item == 5);
  CHECK(ids.next_obligation == 3);
  CHECK(ids.next_prompt == 3);
  Decision decision;
  decision.items.push_back({std::nullopt, sample_item(5, "audit", {}, ItemId{5})});
  board.write(sample_head("start", ItemId{5}), decision, sample_start());
  const IdPool after = board.take_ids();
  CHECK(after.next_item == 6);
  CHECK(after.seed != ids.seed);
}

TEMPLATE_TEST_CASE("boards do not see one another", "[store]", EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto tx = driver.store->begin();
  auto& other = tx->board("lakeside");
  CHECK_FALSE(other.find_item(ItemId{1}));
  CHECK(other.take_ids().next_item == 1);
  Decision decision;
  auto item = sample_item(1, "audit", {}, ItemId{1});
  item.reference = "LKS-0001";
  decision.items.push_back({std::nullopt, item});
  auto due_early = sample_obligation(1, ItemId{1}, "scope");
  due_early.next_at = sample_start();
  decision.obligations.push_back({std::nullopt, due_early});
  CHECK(other.write(sample_head("start", ItemId{1}), decision, sample_start()) == 1);
  CHECK(other.find_item(ItemId{1})->reference == "LKS-0001");
  CHECK(tx->board(sample_board_id).find_item(ItemId{1})->reference == "QRT-0001");
  tx->commit();
  CHECK(driver.store->boards() == std::vector<std::string>{"lakeside", "riverton"});
  // The scheduler's index alone crosses them.
  const auto due = driver.store->due(sample_start() + 30h, 10);
  REQUIRE(due.size() == 2);
  CHECK(due.front().board == "lakeside");
  CHECK(driver.store->verify("lakeside").faults.empty());
  CHECK(driver.store->verify("lakeside").rows == 1);
}

TEMPLATE_TEST_CASE("people are read as they are, whoever read them before", "[store]", EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto name_of = [&](BoardReader& reader) { return reader.load_people()->find_person("sam-reed")->name; };
  const auto rename = [](BoardWriter& board, const char* name) {
    board.write_people(sample_head("people", {}), {{"sam-reed", name, "s@p.example", ""}}, {}, sample_start());
  };
  const auto reader = driver.store->reader(sample_board_id);
  const std::string before = name_of(*reader);
  {
    const auto tx = driver.store->begin();
    rename(tx->board(sample_board_id), "Never Kept");
    CHECK(name_of(tx->board(sample_board_id)) == "Never Kept");
    CHECK(name_of(*reader) == before);
  }
  CHECK(name_of(*reader) == before);
  in_transaction(*driver.store, [&](BoardWriter& board) {
    CHECK_FALSE(board.load_people()->find_person("sam-reed")->name == "Never Kept");
    CHECK_FALSE(driver.store->reader(sample_board_id)->load_people()->persons.empty());
    rename(board, "Sam Other");
  });
  CHECK(name_of(*reader) == "Sam Other");
}

TEMPLATE_TEST_CASE("people loaded again change what differs and no more", "[store]", EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto people = *driver.store->reader(sample_board_id)->load_people();
  const std::string head = driver.store->head(sample_board_id);
  in_transaction(*driver.store, [&](BoardWriter& board) {
    board.write_people(sample_head("people", {}), people.persons, people.holdings, sample_start());
  });
  CHECK(driver.store->head(sample_board_id) == head);

  // Sam is named with another post; Jane is not named, and stays.
  const Holding holding{"sam-reed", "police/lead", Date{std::chrono::days{20'900}}, std::nullopt};
  in_transaction(*driver.store, [&](BoardWriter& board) {
    board.write_people(sample_head("people", {}), {{"sam-reed", "Sam Reed", "s@p.example", ""}},
                       {holding}, sample_start());
  });
  const auto after = *driver.store->reader(sample_board_id)->load_people();
  CHECK(after.persons.size() == 2);
  REQUIRE(after.holdings.size() == 2);
  CHECK(after.holdings.front() == people.holdings.front());
  CHECK(after.holdings.back() == holding);
  CHECK(driver.store->verify(sample_board_id).faults.empty());
}

TEMPLATE_TEST_CASE("the last event on an item comes back as the rows it changed", "[store]",
                   EACH_DRIVER) {
  TestType driver;
  fill_sample_board(*driver.store);
  const auto reader = driver.store->reader(sample_board_id);
  const auto started = reader->last_event_of(ItemId{1});
  REQUIRE(started);
  CHECK(started->event == "start");
  CHECK(started->items.size() == 4);
  CHECK_FALSE(started->items.front().was);
  // Return 2 was changed by its parent's event and a rung, never by one of its own.
  CHECK_FALSE(reader->last_event_of(ItemId{2}));

  Item before, after;
  Obligation open;
  in_transaction(*driver.store, [&](BoardWriter& board) {
    before = *board.find_item(ItemId{2});
    after = before;
    after.state = "submitted";
    after.version = 2;
    after.fields["grade"] = FieldValue{FieldClass::internal, std::string{"weak"}};
    open = *board.find_obligation(ObligationId{1});
    auto closed = open;
    closed.closed_at = sample_start() + 30h;
    closed.closed_by = "submit";
    closed.next_at = std::nullopt;
    Decision decision;
    decision.items.push_back({before, after});
    decision.obligations.push_back({open, closed});
    board.write(sample_head("submit", ItemId{2}), decision, sample_start() + 30h);
  });
  // An acknowledgement and a rung later are no events on the item, and change no `was`.
  in_transaction(*driver.store, [&](BoardWriter& board) {
    const auto was = board.find_obligation(ObligationId{1});
    auto now = *was;
    now.fired.push_back({now.id, 1, 1, 0, now.owed_by, sample_start() + 31h, sample_start() + 31h});
    Decision decision;
    decision.obligations.push_back({was, now});
    auto head = sample_head("rung", ItemId{2});
    head.actor = "time";
    board.write(head, decision, sample_start() + 31h);
  });
  const auto event = reader->last_event_of(ItemId{2});
  REQUIRE(event);
  CHECK(event->event == "submit");
  CHECK(event->recorded_at == sample_start() + 30h);
  REQUIRE(event->items.size() == 1);
  CHECK(event->items.front().was == before);
  CHECK(event->items.front().now == after);
  REQUIRE(event->obligations.size() == 1);
  CHECK(event->obligations.front().was == open);
  CHECK(event->obligations.front().now.closed_by == "submit");

  const auto rows = reader->journal_of(ItemId{2});
  REQUIRE(rows.size() >= 3);
  CHECK(rows.back().kind == "rung");
  CHECK(rows[rows.size() - 2].kind == "submit");
  CHECK(rows[rows.size() - 2].channel == "phone");
  CHECK(rows[rows.size() - 2].occurred_at == sample_start() - 1min);
  CHECK(reader->list_journal(event->seq - 1, 1).front().seq == event->seq);
}
