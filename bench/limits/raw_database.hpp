// A limit: SQLite's C API, with nothing around it but what ends a handle. Opened as the store opens its
// own files (store/sqlite_driver.cpp), so that a figure beside it differs by what we do and not by settings.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

namespace assured::bench {

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using RawDatabase = std::unique_ptr<sqlite3, CloseDatabase>;
using RawStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// Each throws std::runtime_error with SQLite's words.
RawDatabase open_raw(const std::string& path);
RawStatement prepare_raw(const RawDatabase& database, const std::string& sql);
void check_raw(const RawDatabase& database, int code);

}  // namespace assured::bench
