// State folders with the example boards' stories in them, and what tests of backups compare.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "daemon/backup.hpp"
#include "daemon/boards.hpp"
#include "daemon/document_files.hpp"
#include "daemon/restore.hpp"
#include "daemon/simulate.hpp"
#include "store/digest.hpp"
#include "store/sealed_stream.hpp"
#include "store/sqlite_driver.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"

namespace assured::test {

inline constexpr const char* city = "city-and-hackney";

inline std::unique_ptr<Store> open_state(const std::filesystem::path& folder) {
  store::StoreOptions options;
  options.path = database_path(folder).string();
  return store::open_store(options);
}

// Plays a shipped story into a new state folder.
inline void play_into(const std::filesystem::path& folder, const std::string& story) {
  SimulateOptions options;
  options.story = ASSURED_SOURCE_DIR "/tests/stories/" + story + ".toml";
  options.into = folder.string();
  options.record = (folder.string() + ".recorded");  // says nothing on the terminal then
  if (run_simulate(options) != 0) throw std::runtime_error("the story does not play");
}

inline Instant last_row_of(Store& store, std::string_view board) {
  Instant last = Instant::min();
  std::int64_t after = 0;
  for (auto page = store.reader(board)->list_journal(after, 500); !page.empty();
       page = store.reader(board)->list_journal(after, 500)) {
    after = page.back().seq;
    last = page.back().at;
  }
  return last;
}

using Rows = std::set<std::vector<store::Cell>>;

// All rows of all tables, by table and board.
inline std::map<std::pair<std::string, std::string>, Rows> all_rows(
    const std::filesystem::path& folder) {
  const auto connection = store::open_sqlite({database_path(folder).string()});
  std::map<std::pair<std::string, std::string>, Rows> rows;
  store::Query tables = connection->query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations'");
  while (tables.step()) {
    store::Query run = connection->query("SELECT * FROM " + tables.text(0));
    while (run.step()) rows[{tables.text(0), run.text(0)}].insert(run.row());
  }
  return rows;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Every file below a folder, with its bytes.
inline std::map<std::string, std::string> tree_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> tree;
  if (!std::filesystem::exists(folder)) return tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      tree[std::filesystem::relative(entry.path(), folder).string()] = bytes_of(entry.path());
  return tree;
}

// A document of the board's first item, as the API attaches one.
inline std::string attach_document(Store& store, store::FolderFiles& files, const std::string& bytes,
                                   Instant now) {
  FileRecord file;
  file.item = ItemId{1};
  file.kind = "report";
  file.version = 1;
  file.type = "txt";
  file.digest = files.put(city, bytes);
  file.bytes = static_cast<std::int64_t>(bytes.size());
  file.at = now;
  file.actor = "test";
  JournalHead head;
  head.actor = "test";
  head.kind = "file";
  head.item = file.item;
  head.occurred_at = now;
  const auto tx = store.begin();
  tx->board(city).write_file(head, file, now);
  tx->commit();
  return file.digest;
}

}  // namespace assured::test
