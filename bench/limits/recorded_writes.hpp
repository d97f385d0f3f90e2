// A limit: the rows that the service wrote, written again by prepared statements of SQLite's C API in the
// same transactions, into a copy of the database as it was before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "bench/limits/raw_database.hpp"

namespace assured::bench {

struct Blob {
  std::string bytes;
};
using RawCell = std::variant<std::monostate, std::int64_t, std::string, Blob>;

// One row inserted, updated (the columns that changed, found by rowid) or deleted.
struct RowWrite {
  std::size_t statement = 0;
  std::vector<RawCell> values;
};

struct Recording {
  std::vector<std::string> statements;
  std::vector<std::vector<RowWrite>> transactions;

  std::size_t rows() const;
};

// While one exists, every connection that this process opens reports the rows it writes. What a savepoint
// takes back is not noticed: record what succeeds. Thread: one writer at a time.
class Recorder {
 public:
  Recorder();
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  // What was committed since it began, or since the last call.
  Recording take();
};

class Replay {
 public:
  // `recording` outlives it. Throws: std::runtime_error, from every call.
  Replay(const Recording& recording, const std::filesystem::path& database);
  // The next `count` transactions, each with a COMMIT of its own.
  void run(std::size_t count);

 private:
  void write(const RowWrite& row);

  const Recording& recording_;
  RawDatabase database_;
  RawStatement begin_, commit_;
  std::vector<RawStatement> statements_;
  std::size_t next_ = 0;
};

}  // namespace assured::bench
