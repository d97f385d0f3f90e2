// A store that fails, or lets something happen first, when a test says so.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "workflows/store.hpp"

namespace assured::test {

class FailingStore : public Store {
 public:
  explicit FailingStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  class Tx : public WriteTx {
   public:
    Tx(std::unique_ptr<WriteTx> tx, FailingStore& store) : tx_(std::move(tx)), store_(store) {}
    BoardWriter& board(std::string_view id) override { return tx_->board(id); }
    void note_operator(const JournalHead& head, std::string_view text, Instant now) override {
      tx_->note_operator(head, text, now);
    }
    bool try_within(const std::function<bool()>& work) override { return tx_->try_within(work); }
    void commit() override {
      if (store_.commits_fail) throw StoreError("the disk is full", true);
      tx_->commit();
      ++store_.commits;
      if (store_.after_commit) std::exchange(store_.after_commit, {})();
    }

   private:
    std::unique_ptr<WriteTx> tx_;
    FailingStore& store_;
  };

  std::unique_ptr<WriteTx> begin(Urgency urgency = Urgency::people) override {
    if (begins_fail) throw StoreError("the disk is gone", true);
    if (before_begin) std::exchange(before_begin, {})();
    return std::make_unique<Tx>(store_->begin(urgency), *this);
  }
  std::unique_ptr<BoardReader> reader(std::string_view board) override {
    if (reads_fail) throw StoreError("the disk is gone", true);
    return store_->reader(board);
  }
  std::vector<std::string> boards() override { return store_->boards(); }
  std::vector<DueKey> due(Instant now, std::size_t limit, const DueKey& after = {}) override {
    return store_->due(now, limit, after);
  }
  std::optional<Instant> next_due_at(Instant after) override { return store_->next_due_at(after); }
  VerifyReport verify(std::string_view board) override { return store_->verify(board); }
  std::string head(std::string_view board) override { return store_->head(board); }

  std::function<void()> before_begin;  // once, before the next transaction
  std::function<void()> after_commit;  // once, while the next transaction that is committed has not ended
  std::atomic<bool> begins_fail{false}, commits_fail{false}, reads_fail{false};
  std::atomic<int> commits{0};

 private:
  std::unique_ptr<Store> store_;
};

}  // namespace assured::test
