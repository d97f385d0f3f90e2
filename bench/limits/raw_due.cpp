#include "bench/limits/raw_due.hpp"

namespace assured::bench {

RawDueReader::RawDueReader(const std::filesystem::path& database)
    : database_(open_raw(database.string())),
      statement_(prepare_raw(database_, "SELECT next_at, board, id FROM obligations WHERE closed_at IS NULL"
                                        " AND next_at <= ? ORDER BY next_at, board, id")) {}

std::vector<RawDue> RawDueReader::read(std::int64_t now_ms) {
  sqlite3_stmt* statement = statement_.get();
  sqlite3_bind_int64(statement, 1, now_ms);
  std::vector<RawDue> due;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW)
    due.push_back({sqlite3_column_int64(statement, 0),
                   {reinterpret_cast<const char*>(sqlite3_column_text(statement, 1)),
                    static_cast<std::size_t>(sqlite3_column_bytes(statement, 1))},
                   sqlite3_column_int64(statement, 2)});
  check_raw(database_, code);
  sqlite3_reset(statement);
  return due;
}

}  // namespace assured::bench
