// `assured backup`: one file that holds a state folder as it was at one instant, while the service works
// on it (S16.2).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/backup_manifest.hpp"

namespace assured {

struct BackupCommand {
  std::filesystem::path state_folder;
  // A file that is not there yet, or a folder, which gets one named by the time.
  std::filesystem::path target;
  std::vector<std::string> boards;  // empty: all, with the operator's chain
  std::string key;                  // 32 bytes; empty: plain
  std::size_t keep = 0;             // of a folder's backups, the newest that stay; 0: all
};

struct BackupReport {
  std::filesystem::path file;
  std::uint64_t bytes = 0;
  Manifest manifest;
  std::vector<std::filesystem::path> removed;  // older ones, when the new one was whole
};

// The database first, then the documents that it names (each was there before its row), so that every file
// that the copy names is in the backup. Written aside, synced, read back to its end, then renamed.
// Only reads the state; needs no lock of the service, but one backup at a time.
// Throws: IoError (a file of that name is there; a document is missing or damaged, each named; the disk);
// StoreError. Nothing is left behind then, and no older backup was removed.
BackupReport make_backup(const BackupCommand& command, Instant now);

}  // namespace assured
