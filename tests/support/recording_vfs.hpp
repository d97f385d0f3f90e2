// A file system for SQLite that lives in memory and remembers every write, truncation, sync and
// deletion in order, so that a test can ask what a disk would hold had the power gone at any point.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace assured::test {

using Bytes = std::vector<std::uint8_t>;
using Files =
    std::map<std::string, Bytes>;  // by name; without the WAL's index, which no disk keeps

struct FileOperation {
  // A removal lasts once its folder was synced. SQLite does that with a removal when told to, and
  // with the first sync of a journal or WAL that it opened to write.
  enum class Kind { write, truncate, sync, remove, sync_folder } kind = Kind::write;
  std::string file;
  std::size_t offset = 0;  // write; size for truncate
  Bytes bytes;             // write
};

// Registered with SQLite under `name` for as long as it lives; connections must close before it
// goes. Thread: one at a time.
class RecordingVfs {
 public:
  explicit RecordingVfs(std::string name);
  ~RecordingVfs();
  RecordingVfs(const RecordingVfs&) = delete;
  RecordingVfs& operator=(const RecordingVfs&) = delete;

  const std::string& name() const { return name_; }
  // The files as the programs see them, and what was done to them.
  const std::vector<FileOperation>& operations() const { return operations_; }
  // Starts again from `files`, with nothing recorded. No connection may be open.
  void start_from(Files files);
  // Off: what is done is not recorded (checking a rebuilt disk).
  void record(bool on) { recording_ = on; }
  // The disk is full once it has taken so many bytes more; none: it never is.
  void limit_room(std::optional<std::size_t> bytes) { room_ = bytes; }
  bool take_room(std::size_t bytes) {
    if (!room_) return true;
    if (*room_ < bytes) return false;
    *room_ -= bytes;
    return true;
  }

  struct Open;  // one open file; SQLite's side of it is in the source
  struct Shared {
    Bytes bytes;
    // The WAL's index: memory shared by the connections, with its eight locks.
    std::vector<Bytes> index_regions;
    int index_users = 0;
    std::map<int, int> index_shared;
    std::map<int, const Open*> index_exclusive;
    int shared = 0;
    const Open* reserved = nullptr;
    const Open* exclusive = nullptr;
  };
  std::map<std::string, Shared>& files() { return files_; }
  void add(FileOperation operation);

 private:
  std::string name_;
  void* registration_;
  std::map<std::string, Shared> files_;
  std::vector<FileOperation> operations_;
  bool recording_ = true;
  std::optional<std::size_t> room_;
};

// Follows operations from the first on and knows at each point what is on the disk for certain, and
// what is only on its way.
class Disk {
 public:
  // How much of what was not synced the power loss leaves.
  enum class Loss {
    all_unsynced,   // nothing that was not synced
    random_subset,  // each unsynced operation is there or not
    torn_sectors    // each 512-byte sector of each unsynced write is there or not
  };

  void apply(const FileOperation& operation);
  bool has_unsynced() const { return !unsynced_.empty(); }
  // The files after a power loss now.
  Files after_loss(Loss loss, std::mt19937_64& random) const;

 private:
  Files synced_;
  std::vector<FileOperation> unsynced_;
};

}  // namespace assured::test
