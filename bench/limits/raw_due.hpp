// A limit: what is due, read by one prepared statement of SQLite's C API.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/limits/raw_database.hpp"

namespace assured::bench {

struct RawDue {
  std::int64_t next_at_ms = 0;
  std::string board;
  std::int64_t obligation = 0;
};

class RawDueReader {
 public:
  explicit RawDueReader(const std::filesystem::path& database);
  // Throws: std::runtime_error.
  std::vector<RawDue> read(std::int64_t now_ms);

 private:
  RawDatabase database_;
  RawStatement statement_;
};

}  // namespace assured::bench
