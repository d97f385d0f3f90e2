#include "bench/limits/raw_database.hpp"

#include <stdexcept>

namespace assured::bench {

void check_raw(const RawDatabase& database, int code) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
    throw std::runtime_error(std::string{"limit: "} + sqlite3_errmsg(database.get()));
}

RawDatabase open_raw(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  RawDatabase database{opened};
  check_raw(database, code);
  for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
                             "PRAGMA cell_size_check = ON", "PRAGMA secure_delete = ON"})
    check_raw(database, sqlite3_exec(opened, pragma, nullptr, nullptr, nullptr));
  return database;
}

RawStatement prepare_raw(const RawDatabase& database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  check_raw(database, sqlite3_prepare_v3(database.get(), sql.c_str(), static_cast<int>(sql.size() + 1),
                                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return RawStatement{statement};
}

}  // namespace assured::bench
