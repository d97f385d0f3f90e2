// SQLite behind the statement interface: its C API with owners around the handles.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "store/statement.hpp"

namespace assured::store {

// How much a commit waits for. `full` loses nothing that was answered, by power loss either; `off`
// is for stores that nobody will miss, such as a simulation's.
enum class Synchronous { full, off };

struct SqliteOptions {
  std::string path;
  std::string vfs = {};  // empty: the system's own
  Synchronous synchronous = Synchronous::full;
  // How long a statement waits for another process's lock (a backup, a check) before it fails.
  std::chrono::milliseconds busy_wait{5000};
};

// Opens or makes the database file: WAL, foreign keys on.
// Throws: StoreError.
std::unique_ptr<Connection> open_sqlite(const SqliteOptions& options);

}  // namespace assured::store
