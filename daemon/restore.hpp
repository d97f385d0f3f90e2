// `assured restore`: a state folder, or one board of it, as a backup holds it (S16.3).
#pragma once

#include <filesystem>
#include <string>

#include "daemon/backup_manifest.hpp"

namespace assured {

struct RestoreCommand {
  std::filesystem::path file;
  std::filesystem::path state_folder;
  std::string board;  // empty: all, into an empty folder
  std::string key;    // empty: only a plain one can be read
  std::string actor;  // "uid 1000"
};

struct RestoreReport {
  Manifest manifest;
  std::string hold;              // why mail is held from now on
  std::string head_before;       // of the one board; "0:..." when it was not there
  bool other_message_ids = false;  // one board: what fires again goes out under new Message-IDs
};

// Everything is checked before anything is put in place: every chunk and digest, the schema (an older one is
// brought up), and the journals' chains in the unpacked copy. Afterwards mail is held, what the backup had
// under way too, and the operator's chain says what was restored. The state's lock is held meanwhile.
//
// All boards: the folder must be empty or absent; unpacked aside and renamed, the database last. When it was cut
// short the folder is refused by the service, and restoring again begins anew.
// One board: its rows are replaced in one transaction; its documents are added. Others are not touched. Cut
// short, it has either happened or not.
// Throws: IoError, StoreError; nothing was changed then, and what was unpacked is gone.
RestoreReport restore(const RestoreCommand& command, Instant now);

// Throws: IoError, when a restore of all boards into this folder was cut short.
void refuse_unfinished_restore(const std::filesystem::path& state_folder);
// Removes the copy of the database that a restore of one board leaves when it is killed. The state's lock is
// held.
void remove_unpacked(const std::filesystem::path& state_folder);

}  // namespace assured
