// Documents attached to items: evidence, accepted returns, reports (CH-24, S12.3, S16.2). The bytes
// lie in a FileStore by digest and never change; what they are is a journaled row.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/apply.hpp"

namespace assured {

// Where bytes lie, by board and digest. Thread: safe.
class FileStore {
 public:
  virtual ~FileStore() = default;
  // Makes `bytes` durable and returns their digest (BLAKE2b-256, hex). Storing the same bytes again
  // changes nothing. Throws: IoError.
  virtual std::string put(std::string_view board, std::string_view bytes) = 0;
  // The bytes, checked against their digest; nothing when there are none. Throws: IoError
  // (damaged).
  virtual std::optional<std::string> find(std::string_view board, std::string_view digest) = 0;
  // Removes what no row names and what has lain longer than a day; returns how many.
  virtual std::size_t sweep(std::string_view board, const std::vector<std::string>& named,
                            Instant now) = 0;
};

// "QRT-7F3K return v2.pdf": the only name a file has; the one it was uploaded under is not kept.
std::string file_name(const FileRecord& file, std::string_view reference);

// What a file's first bytes must be for its type; true when they fit.
bool looks_like(std::string_view type, std::string_view bytes);

// A file whose bytes are in the FileStore already, to be attached.
struct AttachFile {
  std::string board;
  ItemId item;
  std::string kind;  // one that the programme declares for the item's kind
  std::string type;  // "pdf"
  std::string digest;
  std::int64_t bytes = 0;
  Caller caller;
};

// Checks what can be known before the bytes are stored: kind, type, size, whose it is.
// Errors: not_found, invalid (kind, type, size, content), forbidden, refused (the item is
// finished).
Result<Item> check_attachment(BoardReader& reader, const Programmes& programmes,
                              const AttachFile& command, std::string_view bytes, Instant now);

// Adds the next version of the item's file of that kind; earlier ones stay.
Result<FileRecord> attach_file(WriteTx& tx, const Programmes& programmes, const AttachFile& command,
                               Instant now);

}  // namespace assured
