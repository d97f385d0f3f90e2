#include "store/sqlite_driver.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

#include "workflows/result.hpp"

namespace assured::store {
namespace {

struct CloseHandle {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

// Worth waiting for and repeating: locks go away, disks are emptied. The rest stays as it is.
bool is_retryable(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return true;
    default:
      return false;
  }
}

// SQLite's texts name tables and columns, never what is in them, so they may be logged.
[[noreturn]] void fail(sqlite3* handle, int code, std::string_view doing) {
  const int extended = handle != nullptr ? sqlite3_extended_errcode(handle) : code;
  const char* said = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  throw StoreError(
      fmt::format("The database could not {}: {} (SQLite code {}).", doing, said, extended),
      is_retryable(code));
}

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(sqlite3* handle, const std::string& sql) : handle_(handle) {
    const int code = sqlite3_prepare_v3(handle, sql.c_str(), static_cast<int>(sql.size() + 1),
                                        SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
    if (code != SQLITE_OK) fail(handle, code, "prepare a statement");
    const int count = sqlite3_bind_parameter_count(statement_);
    for (int i = 1; i <= count; ++i) {
      const char* name = sqlite3_bind_parameter_name(statement_, i);
      names_.emplace_back(name == nullptr ? "" : name);
    }
  }
  ~SqliteStatement() override { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  void bind_null(const char* name) override { check(sqlite3_bind_null(statement_, index(name))); }
  void bind_integer(const char* name, std::int64_t value) override {
    check(sqlite3_bind_int64(statement_, index(name), value));
  }
  void bind_text(const char* name, std::string_view value) override {
    check(sqlite3_bind_text64(statement_, index(name), value.data() == nullptr ? "" : value.data(),
                              value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  void bind_bytes(const char* name, std::string_view value) override {
    check(sqlite3_bind_blob64(statement_, index(name), value.data() == nullptr ? "" : value.data(),
                              value.size(), SQLITE_TRANSIENT));
  }
  bool step() override {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(handle_, code, "run a statement");
  }
  int column_count() const override { return sqlite3_column_count(statement_); }
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string text(int column) const override {
    // sqlite3_column_blob gives text and bytes alike; the pointer is null for an empty one.
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr ? std::string{} : std::string(data, static_cast<std::size_t>(size));
  }
  Cell cell(int column) const override {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_NULL:
        return std::monostate{};
      case SQLITE_INTEGER:
        return integer(column);
      default:
        return text(column);
    }
  }
  void reset() noexcept override {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  // Most often they are bound in the order of the text: the search begins behind the one before.
  int index(std::string_view name) {
    for (std::size_t tried = 0; tried < names_.size(); ++tried, ++next_) {
      if (next_ == names_.size()) next_ = 0;
      if (names_[next_] == name) return static_cast<int>(++next_);
    }
    throw StoreError(fmt::format("A statement has no parameter {}.", name), false);
  }
  void check(int code) const {
    if (code != SQLITE_OK) fail(handle_, code, "take a parameter");
  }

  sqlite3* handle_;
  sqlite3_stmt* statement_ = nullptr;
  // Of parameters, in order. Copies: SQLite frees its own when it prepares a statement anew, as it may for a
  // value that lets a partial index serve.
  std::vector<std::string> names_;
  std::size_t next_ = 0;  // where the search for the next one begins
};

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(const SqliteOptions& options) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(
        options.path.c_str(), &opened,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        options.vfs.empty() ? nullptr : options.vfs.c_str());
    handle_.reset(opened);
    if (code != SQLITE_OK) fail(opened, code, fmt::format("open {}", options.path));
    sqlite3_busy_timeout(opened, static_cast<int>(options.busy_wait.count()));
    // Off by default in SQLite for old programs' sake: "text" in double quotes would be a string.
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    run_script("PRAGMA journal_mode = WAL");
    run_script(options.synchronous == Synchronous::full ? "PRAGMA synchronous = FULL"
                                                        : "PRAGMA synchronous = OFF");
    run_script("PRAGMA foreign_keys = ON");
    run_script("PRAGMA cell_size_check = ON");
    // What is removed is overwritten, not only unlinked (S13.2).
    run_script("PRAGMA secure_delete = ON");
  }
  ~SqliteConnection() override { drop_statements(); }

  void run_script(std::string_view sql) override {
    const std::string text{sql};
    const int code = sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(handle_.get(), code, "run a script");
  }
  void begin_write() override { query("BEGIN IMMEDIATE").run(); }
  void begin_read() override { query("BEGIN").run(); }
  void commit() override { query("COMMIT").run(); }
  void rollback() noexcept override {
    // After some failures (disk full) SQLite has rolled back by itself.
    if (sqlite3_get_autocommit(handle_.get()) == 0)
      sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

 private:
  std::unique_ptr<Statement> prepare(const std::string& sql) override {
    return std::make_unique<SqliteStatement>(handle_.get(), sql);
  }
  Handle handle_;
};

}  // namespace

std::unique_ptr<Connection> open_sqlite(const SqliteOptions& options) {
  return std::make_unique<SqliteConnection>(options);
}

}  // namespace assured::store
