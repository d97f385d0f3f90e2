// The rows of whole boards, for backups and restores. Tables are taken from the database's own schema,
// so that one that is added later is not forgotten; every key begins with board (S16.1).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/store.hpp"

namespace assured::store {

// What a database file is, without bringing it to this program's schema.
struct BoardHead {
  std::string board;
  std::string head;  // as Store::head()
};
struct NamedFile {
  std::string board;
  std::string digest;
};
struct DatabaseContent {
  std::int64_t schema = 0;         // its last migration
  std::vector<BoardHead> boards;   // by name, without the operator's
  std::string operator_head;
  std::vector<NamedFile> files;    // each once, by board and digest
};

// The last migration that this program knows.
std::int64_t known_schema();

// Writes what the database at `path` holds at one instant into the new file `copy`, whoever else works on
// it meanwhile; of `boards` alone, without the operator's chain, when there are any. Not synced.
// Throws: StoreError (a board that is not there; a database newer than the program).
void copy_database(const std::filesystem::path& path, const std::filesystem::path& copy,
                   const std::vector<std::string>& boards);
// Throws: StoreError.
DatabaseContent read_content(const std::filesystem::path& path);

// What a restore leaves behind in a board, in the transaction that brings its rows.
struct RestoreNote {
  JournalHead head;
  std::string text;  // of the operator's chain
  std::string hold;  // why its mail is held from now on (S16.3)
};

// Replaces all rows of `board` in the database at `path` by those of `copy`, a database of this program's
// schema, in one transaction; other boards' rows are not touched. Throws: StoreError; nothing was changed
// then.
void replace_board(const std::filesystem::path& path, const std::filesystem::path& copy,
                   std::string_view board, const RestoreNote& note, Instant now);
// The same holds and note in a database that was restored as a whole.
void hold_restored(const std::filesystem::path& path, const RestoreNote& note, Instant now);

}  // namespace assured::store
