#include "store/store.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "store/digest.hpp"
#include "store/indexed.hpp"
#include "store/migrations.hpp"
#include "store/read_port.hpp"
#include "store/verify.hpp"
#include "store/writer.hpp"
#include "store/writer_gate.hpp"

namespace assured::store {
namespace {

// Idle read connections that are kept; more may be open at once.
constexpr std::size_t idle_readers_max = 8;

// How long a worker's write lets people's go first. Well below the busy wait, so that a worker's
// turn comes before it is told to try again.
constexpr std::chrono::milliseconds worker_yields_max{1000};

// One seek a board, where DISTINCT would read the whole journal.
constexpr std::string_view list_boards =
    "WITH RECURSIVE found (board) AS (SELECT MIN(board) FROM journal UNION ALL"
    " SELECT (SELECT MIN(j.board) FROM journal j WHERE j.board > f.board) FROM found f"
    " WHERE f.board IS NOT NULL) SELECT board FROM found WHERE board IS NOT NULL";

// Read connections that rest between uses, with their statements prepared.
class ReaderPool {
 public:
  explicit ReaderPool(SqliteOptions options) : options_(std::move(options)) {}

  std::unique_ptr<Connection> take() {
    {
      const std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return open_sqlite(options_);
  }
  void give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock{mutex_};
    if (idle_.size() < idle_readers_max) idle_.push_back(std::move(connection));
  }

 private:
  SqliteOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

class Borrowed {
 public:
  explicit Borrowed(ReaderPool& pool) : pool_(pool), connection_(pool.take()) {}
  ~Borrowed() { pool_.give_back(std::move(connection_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_.get(); }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> connection_;
};

// Base from member: the connection must be there before the ReadPort over it.
struct HasConnection {
  explicit HasConnection(ReaderPool& pool) : connection(pool) {}
  Borrowed connection;
};

class Reader final : private HasConnection, public ReadPort<BoardReader> {
 public:
  Reader(ReaderPool& pool, std::string board, PeopleCache& people)
      : HasConnection(pool), ReadPort<BoardReader>(*connection, std::move(board), people) {}
};

class Transaction final : public WriteTx {
 public:
  Transaction(Connection& connection, WriterGate& gate, Urgency urgency,
              const StoreOptions& options, PeopleCache& people)
      : connection_(connection),
        people_(people),
        turn_(gate, urgency, options.busy_wait),
        reference_seed_(options.reference_seed) {
    connection_.begin_write();
  }
  ~Transaction() override {
    if (!done_) connection_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  BoardWriter& board(std::string_view id) override {
    ASSURED_ASSERT(id != Store::operator_board);
    return writer_of(id);
  }

  bool try_within(const std::function<bool()>& work) override {
    ASSURED_ASSERT(!done_);
    if (given_up_)
      throw StoreError("The database gave up this transaction, as it does when the disk is full.", true);
    if (failed_) throw StoreError("A write of this transaction failed before.", false);
    connection_.begin_savepoint();
    try {
      if (!work()) {
        undo();
        return false;
      }
      if (failed_) throw StoreError("A write failed, so none of this work was kept.", false);
      connection_.keep_savepoint();
    } catch (...) {
      undo();
      throw;
    }
    return true;
  }

  void note_operator(const JournalHead& head, std::string_view text, Instant now) override {
    writer_of(Store::operator_board).note(head, text, now);
  }

  void commit() override {
    ASSURED_ASSERT(!done_);
    if (failed_)
      throw StoreError("A write of this transaction failed, so none of it was kept.", given_up_);
    try {
      connection_.commit();
    } catch (...) {
      connection_.rollback();
      done_ = true;
      throw;
    }
    done_ = true;
  }

 private:
  Writer& writer_of(std::string_view id) {
    const auto found = boards_.find(id);
    if (found != boards_.end()) return *found->second;
    auto writer = std::make_unique<Writer>(connection_, std::string{id}, people_, reference_seed_, failed_);
    return *boards_.emplace(std::string{id}, std::move(writer)).first->second;
  }

  // What failed is gone with the work. Where the database has given up the whole transaction, as on
  // a full disk, there is no savepoint to go back to, and nothing of it may be committed.
  void undo() noexcept {
    try {
      connection_.undo_to_savepoint();
      failed_ = false;
    } catch (const StoreError&) {
      failed_ = given_up_ = true;
    }
  }

  Connection& connection_;
  PeopleCache& people_;
  WriterGate::Turn turn_;
  std::optional<std::uint64_t> reference_seed_;
  std::map<std::string, std::unique_ptr<Writer>, std::less<>> boards_;
  bool failed_ = false;
  bool given_up_ = false;  // by the database: what comes after it may be tried again
  bool done_ = false;
};

// A folder of our own, gone with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "assured-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw IoError(fmt::format("No temporary folder could be made: {}.",
                                std::error_code(errno, std::generic_category()).message()));
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // a folder left behind under the system's temporary one does no harm
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(std::string_view name) const {
    return (std::filesystem::path{path_} / name).string();
  }

 private:
  std::string path_;
};

class SqlStore final : public Store {
 public:
  SqlStore(const StoreOptions& options, std::optional<TemporaryFolder> folder)
      : folder_(std::move(folder)),
        options_(options),
        pool_(SqliteOptions{options.path, options.vfs, options.synchronous, options.busy_wait}),
        writer_(open_sqlite({options.path, options.vfs, options.synchronous, options.busy_wait})) {
    migrate(*writer_, embedded::migrations());
  }

  std::unique_ptr<WriteTx> begin(Urgency urgency) override {
    return std::make_unique<Transaction>(*writer_, gate_, urgency, options_, people_);
  }

  std::unique_ptr<BoardReader> reader(std::string_view board) override {
    return std::make_unique<Reader>(pool_, std::string{board}, people_);
  }

  std::vector<std::string> boards() override {
    const Borrowed connection{pool_};
    auto query = connection->query(list_boards);
    std::vector<std::string> out;
    while (query.step())
      if (query.text(0) != operator_board) out.push_back(query.text(0));
    return out;
  }

  std::vector<DueKey> due(Instant now, std::size_t limit, const DueKey& after) override {
    const Borrowed connection{pool_};
    auto query = connection->query(due_obligations);
    query.bind("$now", to_ms(now))
        .bind("$limit", static_cast<std::int64_t>(limit))
        .bind("$after_at", to_ms(after.next_at))
        .bind("$after_board", after.board)
        .bind("$after_id", after.obligation.value);
    std::vector<DueKey> out;
    while (query.step())
      out.push_back({from_ms(query.integer(0)), query.text(1), ObligationId{query.integer(2)}});
    return out;
  }

  std::optional<Instant> next_due_at(Instant after) override {
    const Borrowed connection{pool_};
    auto query = connection->query(next_due_obligation);
    query.bind("$after", to_ms(after));
    if (!query.step()) return std::nullopt;
    return from_ms(query.integer(0));
  }

  VerifyReport verify(std::string_view board) override {
    const Borrowed connection{pool_};
    connection->begin_read();
    try {
      auto report = verify_board(*connection, board);
      connection->rollback();
      return report;
    } catch (...) {
      connection->rollback();
      throw;
    }
  }

  std::string head(std::string_view board) override {
    const Borrowed connection{pool_};
    const auto head = read_chain_head(*connection, board);
    return fmt::format("{}:{}", head.seq, to_hex(head.chain));
  }

 private:
  std::optional<TemporaryFolder> folder_;  // goes last
  StoreOptions options_;
  PeopleCache people_;
  ReaderPool pool_;
  std::unique_ptr<Connection> writer_;
  WriterGate gate_{worker_yields_max};
};

}  // namespace

std::unique_ptr<Store> open_store(const StoreOptions& options) {
  return std::make_unique<SqlStore>(options, std::nullopt);
}

std::unique_ptr<Store> open_temporary_store(std::optional<std::uint64_t> reference_seed) {
  TemporaryFolder folder;
  StoreOptions options;
  options.path = folder.file("store.db");
  options.synchronous = Synchronous::off;
  options.reference_seed = reference_seed;
  return std::make_unique<SqlStore>(options, std::move(folder));
}

}  // namespace assured::store
