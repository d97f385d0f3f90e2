// What a backup says of itself: the first entry of its archive, manifest.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/board_rows.hpp"
#include "workflows/instant.hpp"

namespace assured {

inline constexpr std::string_view manifest_name = "manifest.json";
inline constexpr std::string_view database_name = "assured.db";
inline constexpr std::string_view message_id_key_name = "message-id.key";

// One file of the archive besides the manifest: the database, the key of Message-IDs (S10.4), or a
// document as it is stored, "files/BOARD/DI/DIGEST".
struct BackupEntry {
  std::string path;
  std::uint64_t bytes = 0;
  std::string digest;  // BLAKE2b-256 of these bytes, hex
};

struct Manifest {
  std::string program;  // "assured 0.1.0"
  std::int64_t schema = 0;
  Instant made_at;
  bool is_whole = true;  // all boards and the operator's chain
  std::vector<store::BoardHead> boards;
  std::string operator_head;  // of a whole one
  std::string files_key;      // the id of the key that documents need; empty: none
  std::vector<BackupEntry> entries;
};

std::string to_json(const Manifest& manifest);
// Every path is one of the three above, each at most once, and the database is there.
// Throws: IoError, which says what is wrong in words for a person.
Manifest parse_manifest(std::string_view json);

// The board of a document's path; empty for the others.
std::string board_of_entry(std::string_view path);
std::string path_of_document(const store::NamedFile& file);

}  // namespace assured
