// The small interface between the store and a database: connections, and statements kept prepared.
// A driver implements these two classes; the SQL above them is shared (DESIGN.md 9).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace assured::store {

// One column of one row. Bytes have their own calls, since only one table holds them.
using Cell = std::variant<std::monostate, std::int64_t, std::string>;

// One prepared statement. Parameters are named `$name` in the text and bound by that name.
// Throws: StoreError, from every call.
class Statement {
 public:
  virtual ~Statement() = default;
  virtual void bind_null(const char* name) = 0;
  virtual void bind_integer(const char* name, std::int64_t value) = 0;
  // `value` is copied.
  virtual void bind_text(const char* name, std::string_view value) = 0;
  virtual void bind_bytes(const char* name, std::string_view value) = 0;
  // True while there is a row; its columns are then readable, from 0.
  virtual bool step() = 0;
  virtual int column_count() const = 0;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string text(int column) const = 0;  // also bytes
  virtual Cell cell(int column) const = 0;
  // Ends the run and forgets what was bound.
  virtual void reset() noexcept = 0;
};

class Connection;

// One run of a statement; gives the statement back to its connection's cache at the end.
// Owner: the connection, which must live longer.
class Query {
 public:
  using Idle = std::vector<std::unique_ptr<Statement>>;
  // `idle`: where the statement goes back to.
  Query(Idle& idle, std::unique_ptr<Statement> statement) : idle_(&idle), statement_(std::move(statement)) {}
  ~Query();
  Query(Query&&) noexcept = default;
  Query& operator=(Query&&) = delete;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(const char* name, std::int64_t value) {
    statement_->bind_integer(name, value);
    return *this;
  }
  Query& bind(const char* name, std::string_view value) {
    statement_->bind_text(name, value);
    return *this;
  }
  Query& bind_bytes(const char* name, std::string_view value) {
    statement_->bind_bytes(name, value);
    return *this;
  }
  Query& bind_cell(const char* name, const Cell& value);

  bool step() { return statement_->step(); }
  // Runs a statement to its end, for one that gives no rows.
  void run();
  bool is_null(int column) const { return statement_->is_null(column); }
  std::int64_t integer(int column) const { return statement_->integer(column); }
  std::string text(int column) const { return statement_->text(column); }
  // The whole row, in the order of the statement's columns.
  std::vector<Cell> row() const;

 private:
  Idle* idle_;
  std::unique_ptr<Statement> statement_;
};

// Serves one thread at a time. Throws: StoreError, from every call.
class Connection {
 public:
  virtual ~Connection() = default;
  // Prepared on first use and kept; a text in use twice at once has two statements.
  Query query(std::string_view sql);
  // Several statements without parameters or rows: migrations.
  virtual void run_script(std::string_view sql) = 0;
  // Takes the one writer's place at once, so that a later statement cannot fail for it.
  virtual void begin_write() = 0;
  // One snapshot for all reads until commit() or rollback().
  virtual void begin_read() = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;
  // Inside a write: keep_savepoint() or undo_to_savepoint() ends the last one begun.
  void begin_savepoint() { query("SAVEPOINT within").run(); }
  void keep_savepoint() { query("RELEASE SAVEPOINT within").run(); }
  void undo_to_savepoint() {
    query("ROLLBACK TO SAVEPOINT within").run();
    keep_savepoint();
  }

 protected:
  virtual std::unique_ptr<Statement> prepare(const std::string& sql) = 0;
  // For a driver's destructor: statements must go before the connection does.
  void drop_statements() { idle_.clear(); }

 private:
  // Finds a text by a view of it, so that a query that is prepared already copies nothing.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, Query::Idle, Hash, std::equal_to<>> idle_;  // its values stay in place
};

}  // namespace assured::store
