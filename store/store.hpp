// Opens the store (workflows/store.hpp) on SQLite.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "store/sqlite_driver.hpp"
#include "workflows/store.hpp"

namespace assured::store {

struct StoreOptions {
  std::string path;      // the database file; made when it is not there
  std::string vfs = {};  // for tests: a SQLite VFS by name; empty: the system's own
  Synchronous synchronous = Synchronous::full;
  // How long a write waits for another thread's or process's to end, before StoreError (retryable).
  std::chrono::milliseconds busy_wait{5000};
  // For simulations: references of new items repeat from run to run. Otherwise they are random.
  std::optional<std::uint64_t> reference_seed = {};
};

// Opens the database and brings it to this program's schema.
//
// One write transaction at a time: begin() waits for the other to end, and a worker's lets people's
// go first for a second at most. Each reader() has a connection of its own and sees, with every call, what
// was committed by then. A writer sees its own writes; a write that threw makes commit() throw too.
// Everything that came from a Store must end before it.
//
// Throws: StoreError, also when the database is newer than the program.
std::unique_ptr<Store> open_store(const StoreOptions& options);

// A store in a new folder under the system's temporary one, removed with the store; nothing waits
// for the disk. For simulations and tests.
std::unique_ptr<Store> open_temporary_store(std::optional<std::uint64_t> reference_seed = {});

}  // namespace assured::store
