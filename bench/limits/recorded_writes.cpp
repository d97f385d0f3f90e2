#define SQLITE_ENABLE_PREUPDATE_HOOK  // for the declarations; Debian's library has them
#include "bench/limits/recorded_writes.hpp"

#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace assured::bench {
namespace {

// One for the process, since SQLite's automatic extensions are.
struct Recorded {
  std::mutex mutex;
  bool on = false;
  Recording done;
  std::vector<RowWrite> open;
  std::map<std::string, std::size_t> by_text;
  std::map<std::string, std::vector<std::string>> columns;  // by table

  std::size_t statement(const std::string& text) {
    const auto [at, is_new] = by_text.emplace(text, done.statements.size());
    if (is_new) done.statements.push_back(text);
    return at->second;
  }
};
Recorded& recorded() {
  static Recorded all;
  return all;
}

RawCell cell_of(sqlite3_value* value) {
  const auto bytes = [&](const void* data) {
    return std::string{static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value))};
  };
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return sqlite3_value_int64(value);
    case SQLITE_TEXT: return bytes(sqlite3_value_text(value));
    case SQLITE_BLOB: return Blob{bytes(sqlite3_value_blob(value))};
    default: return std::monostate{};  // the schema has no other
  }
}

bool same(const RawCell& a, const RawCell& b) {
  if (a.index() != b.index()) return false;
  if (const auto* blob = std::get_if<Blob>(&a)) return blob->bytes == std::get<Blob>(b).bytes;
  if (const auto* text = std::get_if<std::string>(&a)) return *text == std::get<std::string>(b);
  if (const auto* number = std::get_if<std::int64_t>(&a)) return *number == std::get<std::int64_t>(b);
  return true;
}

// Called inside the write, where no statement may run on the connection: names are read by another.
const std::vector<std::string>& columns_of(sqlite3* database, const std::string& table) {
  auto& known = recorded().columns[table];
  if (!known.empty()) return known;
  const RawDatabase other = open_raw(sqlite3_db_filename(database, "main"));
  const RawStatement names = prepare_raw(other, "SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
  while (sqlite3_step(names.get()) == SQLITE_ROW)
    known.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(names.get(), 0)));
  return known;
}

std::string insert_text(const std::string& table, const std::vector<std::string>& columns) {
  std::string names, marks;
  for (const std::string& column : columns) {
    names += (names.empty() ? "" : ", ") + column;
    marks += marks.empty() ? "?" : ", ?";
  }
  return "INSERT INTO " + table + " (" + names + ") VALUES (" + marks + ")";
}

void note_row(void*, sqlite3* database, int operation, const char*, const char* table_name, sqlite3_int64 was,
              sqlite3_int64) {
  Recorded& all = recorded();
  if (!all.on) return;
  const std::string table{table_name};
  const auto& columns = columns_of(database, table);
  RowWrite write;
  std::string text = operation == SQLITE_INSERT   ? insert_text(table, columns)
                     : operation == SQLITE_DELETE ? "DELETE FROM " + table
                                                  : std::string{};
  for (int i = 0; operation != SQLITE_DELETE && i < static_cast<int>(columns.size()); ++i) {
    sqlite3_value* value = nullptr;
    sqlite3_preupdate_new(database, i, &value);
    RawCell now = cell_of(value);
    if (operation == SQLITE_UPDATE) {
      sqlite3_preupdate_old(database, i, &value);
      if (same(now, cell_of(value))) continue;
      text += (text.empty() ? "UPDATE " + table + " SET " : ", ") + columns[static_cast<std::size_t>(i)] + " = ?";
    }
    write.values.push_back(std::move(now));
  }
  if (text.empty()) return;  // an update that changed nothing
  if (operation != SQLITE_INSERT) {
    text += " WHERE rowid = ?";
    write.values.emplace_back(std::int64_t{was});
  }
  write.statement = all.statement(text);
  all.open.push_back(std::move(write));
}

int note_commit(void*) {
  Recorded& all = recorded();
  const std::lock_guard lock{all.mutex};
  if (all.on && !all.open.empty()) all.done.transactions.push_back(std::exchange(all.open, {}));
  return 0;
}

void note_rollback(void*) { recorded().open.clear(); }

int watch(sqlite3* database, char**, const sqlite3_api_routines*) {
  sqlite3_preupdate_hook(database, note_row, nullptr);
  sqlite3_commit_hook(database, note_commit, nullptr);
  sqlite3_rollback_hook(database, note_rollback, nullptr);
  return SQLITE_OK;
}
using EntryPoint = void (*)();

}  // namespace

std::size_t Recording::rows() const {
  std::size_t count = 0;
  for (const auto& transaction : transactions) count += transaction.size();
  return count;
}

Recorder::Recorder() {
  Recorded& all = recorded();
  all.done = {};
  all.open.clear();
  all.by_text.clear();
  all.on = true;
  sqlite3_auto_extension(reinterpret_cast<EntryPoint>(&watch));
}

Recorder::~Recorder() {
  recorded().on = false;
  sqlite3_cancel_auto_extension(reinterpret_cast<EntryPoint>(&watch));
}

Recording Recorder::take() {
  Recorded& all = recorded();
  const std::lock_guard lock{all.mutex};
  Recording taken;
  taken.statements = all.done.statements;  // indexes stay good for what comes
  taken.transactions = std::exchange(all.done.transactions, {});
  return taken;
}

Replay::Replay(const Recording& recording, const std::filesystem::path& database)
    : recording_(recording),
      database_(open_raw(database.string())),
      begin_(prepare_raw(database_, "BEGIN IMMEDIATE")),
      commit_(prepare_raw(database_, "COMMIT")) {
  for (const std::string& text : recording.statements) statements_.push_back(prepare_raw(database_, text));
}

void Replay::write(const RowWrite& row) {
  sqlite3_stmt* statement = statements_[row.statement].get();
  int at = 0;
  for (const RawCell& cell : row.values) {
    ++at;
    if (const auto* number = std::get_if<std::int64_t>(&cell))
      sqlite3_bind_int64(statement, at, *number);
    else if (const auto* text = std::get_if<std::string>(&cell))
      sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    else if (const auto* blob = std::get_if<Blob>(&cell))
      sqlite3_bind_blob64(statement, at, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
    else
      sqlite3_bind_null(statement, at);
  }
  check_raw(database_, sqlite3_step(statement));
  sqlite3_reset(statement);
}

void Replay::run(std::size_t count) {
  for (const auto last = next_ + count; next_ < last; ++next_) {
    if (next_ >= recording_.transactions.size()) throw std::runtime_error("limit: nothing more was recorded");
    check_raw(database_, sqlite3_step(begin_.get()));
    sqlite3_reset(begin_.get());
    for (const RowWrite& row : recording_.transactions[next_]) write(row);
    check_raw(database_, sqlite3_step(commit_.get()));
    sqlite3_reset(commit_.get());
  }
}

}  // namespace assured::bench
