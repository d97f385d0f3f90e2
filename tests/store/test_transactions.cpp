// Savepoints inside a transaction, and whose turn it is to write (S14.1).
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "store/store.hpp"
#include "store/writer_gate.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/recording_vfs.hpp"
#include "tests/support/sample_board.hpp"

using namespace assured;
using namespace assured::store;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

void start_audit(BoardWriter& board, std::int64_t id) {
  Decision decision;
  decision.items.push_back({std::nullopt, sample_item(id, "audit", {}, ItemId{id})});
  board.write(sample_head("start", ItemId{id}), decision, sample_start());
}

}  // namespace

TEST_CASE("what is undone within a transaction leaves no trace in it", "[store]") {
  const auto store = open_temporary_store();
  fill_sample_board(*store);
  {
    const auto tx = store->begin();
    BoardWriter& board = tx->board(sample_board_id);
    const auto start = [&](std::int64_t id) { start_audit(board, id); };
    CHECK(tx->try_within([&] {
      start(5);
      return true;
    }));
    CHECK_FALSE(tx->try_within([&] {
      start(6);
      return false;
    }));
    CHECK_FALSE(board.find_item(ItemId{6}));
    CHECK_THROWS_AS(tx->try_within([&]() -> bool {
      start(6);
      throw IoError("the caller's own trouble");
    }),
                    IoError);
    // A write that failed is undone with the rest of its command, and the others are kept.
    CHECK_THROWS_AS(tx->try_within([&] {
      start(7);
      start(5);
      return true;
    }),
                    StoreError);
    CHECK(board.take_ids().next_item == 6);
    CHECK(tx->try_within([&] {
      start(6);
      // Work within work: its undoing does not reach outside.
      CHECK_FALSE(tx->try_within([&] {
        start(7);
        return false;
      }));
      return true;
    }));
    tx->commit();
  }
  const auto reader = store->reader(sample_board_id);
  CHECK(reader->find_item(ItemId{5}));
  CHECK(reader->find_item(ItemId{6}));
  CHECK_FALSE(reader->find_item(ItemId{7}));
  // The chain has no hole where something was undone.
  CHECK(store->verify(sample_board_id).faults.empty());
  CHECK(store->verify(sample_board_id).rows == 10);
}

TEST_CASE("work that hides a failed write is not kept", "[store]") {
  const auto store = open_temporary_store();
  fill_sample_board(*store);
  const auto tx = store->begin();
  BoardWriter& board = tx->board(sample_board_id);
  CHECK_THROWS_AS(tx->try_within([&] {
    CHECK_THROWS_AS(start_audit(board, 1), StoreError);
    return true;
  }),
                  StoreError);
  // Outside a savepoint a failed write spoils the transaction, for what follows as for COMMIT.
  CHECK_THROWS_AS(start_audit(board, 1), StoreError);
  CHECK_THROWS_AS(start_audit(board, 5), StoreError);
  CHECK_THROWS_AS(tx->try_within([] { return true; }), StoreError);
  CHECK_THROWS_AS(tx->commit(), StoreError);
}

TEST_CASE("a transaction that a full disk ended may be tried again", "[store]") {
  RecordingVfs vfs{"full-disk"};
  vfs.record(false);
  StoreOptions options;
  options.path = "board.db";
  options.vfs = vfs.name();
  const auto store = open_store(options);
  fill_sample_board(*store);
  const auto is_retryable = [](const auto& work) {
    try {
      work();
    } catch (const StoreError& error) {
      return error.retryable;
    }
    return false;
  };
  {
    const auto tx = store->begin();
    CHECK(tx->try_within([&] {
      start_audit(tx->board(sample_board_id), 5);
      return true;
    }));
    vfs.limit_room(100'000);
    CHECK(is_retryable([&] {
      tx->try_within([&] {
        // More than SQLite keeps in memory, so that it must write before COMMIT.
        for (int i = 0; i < 16; ++i)
          tx->board(sample_board_id).put_value("v" + std::to_string(i), std::string(1'000'000, 'x'));
        return true;
      });
    }));
    vfs.limit_room({});
    // Those who share the transaction are as little to blame as the one before.
    CHECK(is_retryable([&] { tx->try_within([] { return true; }); }));
    CHECK(is_retryable([&] { tx->commit(); }));
  }
  CHECK_FALSE(store->reader(sample_board_id)->find_item(ItemId{5}));
  const auto tx = store->begin();
  start_audit(tx->board(sample_board_id), 5);
  tx->commit();
  CHECK(store->verify(sample_board_id).faults.empty());
}

namespace {

// Lets a worker and then a person stand before a taken gate; who writes first when it opens.
std::vector<std::string> order_of(WriterGate& gate, std::chrono::milliseconds worker_waits) {
  std::vector<std::string> order;  // written inside a turn only
  std::thread worker, person;
  {
    const WriterGate::Turn taken{gate, Urgency::people, 1min};
    worker = std::thread{[&] {
      const WriterGate::Turn turn{gate, Urgency::workers, 1min};
      order.emplace_back("worker");
    }};
    while (gate.waiting() < 1) std::this_thread::yield();
    const auto until = std::chrono::steady_clock::now() + worker_waits;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    person = std::thread{[&] {
      const WriterGate::Turn turn{gate, Urgency::people, 1min};
      order.emplace_back("person");
    }};
    while (gate.waiting() < 2) std::this_thread::yield();
  }
  worker.join();
  person.join();
  return order;
}

}  // namespace

TEST_CASE("people write before workers, but not for ever", "[store]") {
  WriterGate patient{1min};
  CHECK(order_of(patient, 0ms) == std::vector<std::string>{"person", "worker"});
  WriterGate impatient{1ms};
  CHECK(order_of(impatient, 20ms) == std::vector<std::string>{"worker", "person"});
}

TEST_CASE("who has waited too long is told to come again, and blocks nobody", "[store]") {
  WriterGate gate{1min};
  {
    const WriterGate::Turn taken{gate, Urgency::people, 1min};
    for (const auto urgency : {Urgency::people, Urgency::workers}) {
      try {
        const WriterGate::Turn turn{gate, urgency, 1ms};
        FAIL("two writers at once");
      } catch (const StoreError& error) {
        CHECK(error.retryable);
      }
    }
    CHECK(gate.waiting() == 0);
  }
  const WriterGate::Turn worker{gate, Urgency::workers, 1ms};
}
