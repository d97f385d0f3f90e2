#include "daemon/restore.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>

#include "daemon/backup_archive.hpp"
#include "daemon/boards.hpp"
#include "daemon/document_files.hpp"
#include "daemon/durable_file.hpp"
#include "daemon/state_lock.hpp"
#include "store/board_rows.hpp"
#include "store/file_store.hpp"
#include "store/store.hpp"

namespace assured {

namespace {

namespace fs = std::filesystem;

// Where a backup is unpacked within the state folder. While there is something in the first, the folder is no
// state; the second is of no consequence to the state around it.
constexpr const char* unpacked_all = "restoring";
constexpr const char* unpacked_board = "restoring-board";

// Writes what a backup holds below a folder; of documents those of one board alone where there is one.
class Unpacker final : public BackupTaker {
 public:
  Unpacker(fs::path folder, std::string board) : folder_(std::move(folder)), board_(std::move(board)) {}

  void begin(const Manifest& manifest) override {
    if (manifest.schema > store::known_schema())
      throw IoError(fmt::format("it is newer than this program: its database has had migration {}, and "
                                "the program knows up to {}; install {} or a newer one",
                                manifest.schema, store::known_schema(), manifest.program));
    const auto& boards = manifest.boards;
    if (board_.empty() || std::any_of(boards.begin(), boards.end(),
                                      [&](const auto& known) { return known.board == board_; }))
      return;
    std::vector<std::string> names;
    for (const auto& known : boards) names.push_back(known.board);
    throw IoError(fmt::format("it holds no board {}; it holds: {}", board_, fmt::join(names, ", ")));
  }
  void begin(const BackupEntry& entry) override {
    const std::string of = board_of_entry(entry.path);
    if (!board_.empty() && !of.empty() && of != board_) return;
    const fs::path path = folder_ / entry.path;  // the manifest was checked: it stays below
    fs::create_directories(path.parent_path());
    out_.emplace(path, OutputFile::If::absent);
  }
  void take(std::string_view part) override {
    if (out_) out_->write(part);
  }
  void end() override {
    if (out_) out_->sync();
    out_.reset();
  }

 private:
  fs::path folder_;
  std::string board_;
  std::optional<OutputFile> out_;
};

// What a manifest leaves out was neither unpacked nor checked. A backup that was sealed cannot lack it.
void check_content(const RestoreCommand& command, const Manifest& manifest, const fs::path& database) {
  const auto content = store::read_content(database);
  std::set<std::string> boards, files;
  for (const auto& known : manifest.boards) boards.insert(known.board);
  for (const auto& entry : manifest.entries) files.insert(entry.path);
  bool well = boards.size() == content.boards.size();
  for (const auto& known : content.boards) well = well && boards.contains(known.board);
  for (const auto& named : content.files) well = well && files.contains(path_of_document(named));
  if (!well)
    throw IoError(fmt::format("{}: its database holds boards or names documents that its manifest does not. "
                              "Nothing was restored.",
                              command.file.string()));
}

// Unpacks the backup, brings its database to this schema and follows the journals' chains. Throws: IoError.
Manifest unpack(const RestoreCommand& command, const fs::path& folder) {
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::owner_all);
  Manifest manifest;
  try {
    Unpacker unpacker{folder, command.board};
    manifest = read_backup(command.key, source_of_file(command.file), unpacker);
  } catch (const IoError& error) {
    throw IoError(fmt::format("{}: {}. Nothing was restored.", command.file.string(), error.what()));
  }
  check_content(command, manifest, folder / database_name);
  store::StoreOptions options;
  options.path = (folder / database_name).string();
  const auto store = store::open_store(options);
  std::vector<store::BoardHead> chains = manifest.boards;
  if (manifest.is_whole)
    chains.push_back({std::string{Store::operator_board}, manifest.operator_head});
  for (const auto& [board, head] : chains) {
    if (!command.board.empty() && board != command.board) continue;
    const auto report = store->verify(board);
    std::string fault = report.faults.empty() ? "" : report.faults.front();
    if (fault.empty() && store->head(board) != head) fault = "its head is not the manifest's";
    if (!fault.empty())
      throw IoError(fmt::format("{}: the journal of {} in it does not hold: {}. Nothing was restored.",
                                command.file.string(), board, fault));
  }
  return manifest;
}

store::RestoreNote note_of(const RestoreCommand& command, const Manifest& manifest, std::string text,
                           Instant now) {
  store::RestoreNote note;
  note.head.actor = command.actor;
  note.head.kind = "restore";
  note.head.occurred_at = now;
  note.text = std::move(text);
  note.hold = fmt::format("restored at {} from the backup of {}: mail waits until it is released",
                          to_text(now), to_text(manifest.made_at));
  return note;
}

// Removes on its way out what was unpacked, unless it is kept.
class Unpacked {
 public:
  explicit Unpacked(fs::path path) : path_(std::move(path)) { fs::remove_all(path_); }
  ~Unpacked() {
    std::error_code ignored;  // the next restore removes it
    if (!kept_) fs::remove_all(path_, ignored);
  }
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;
  void keep() { kept_ = true; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool kept_ = false;
};

// A folder for a whole state: there is nothing in it but a lock, or what a restore that was cut short left.
class EmptyState {
 public:
  explicit EmptyState(const fs::path& folder) : folder_(folder), is_new_(!fs::exists(folder)) {
    std::set<std::string> allowed{"lock", "lost+found", unpacked_all, unpacked_board};
    if (fs::exists(folder / unpacked_all)) allowed.insert({"files", std::string{message_id_key_name}});
    if (!is_new_)
      for (const auto& entry : fs::directory_iterator(folder))
        if (!allowed.contains(entry.path().filename().string()))
          throw IoError(fmt::format(
              "{}: this folder is not empty, and a restore overwrites no state. Name an empty folder with "
              "--state, move this one away first, or restore one board with --board.",
              folder.string()));
    fs::create_directories(folder);
    if (is_new_) fs::permissions(folder, fs::perms::owner_all);
    lock_.emplace(folder);
    // Once the lock is held nobody else unpacks here. What marks the rest as left over goes last.
    for (const fs::path& left : {files_path(folder), folder / message_id_key_name, folder / unpacked_board,
                                folder / unpacked_all})
      fs::remove_all(left);
  }
  ~EmptyState() {
    std::error_code ignored;
    if (is_new_ && !is_filled_) fs::remove_all(folder_, ignored);
  }
  EmptyState(const EmptyState&) = delete;
  EmptyState& operator=(const EmptyState&) = delete;
  void filled() { is_filled_ = true; }

 private:
  fs::path folder_;
  bool is_new_;
  bool is_filled_ = false;
  std::optional<StateLock> lock_;
};

RestoreReport restore_all(const RestoreCommand& command, Instant now) {
  EmptyState state{command.state_folder};
  Unpacked unpacked{command.state_folder / unpacked_all};
  RestoreReport report;
  report.manifest = unpack(command, unpacked.path());
  std::vector<std::string> heads;
  for (const auto& [board, head] : report.manifest.boards) heads.push_back(board + " " + head);
  const auto note = note_of(command, report.manifest,
                            fmt::format("from the backup of {} by {}: {}", to_text(report.manifest.made_at),
                                        report.manifest.program, fmt::join(heads, ", ")),
                            now);
  report.hold = note.hold;
  store::hold_restored(unpacked.path() / database_name, note, now);
  const fs::path files = files_path(unpacked.path());
  fs::create_directories(files);
  fs::permissions(files, fs::perms::owner_all);
  if (!report.manifest.files_key.empty())
    store::write_files_key_id(files, report.manifest.files_key);
  give_to_owner_of(command.state_folder, unpacked.path());
  give_to_owner_of(command.state_folder, command.state_folder / "lock");
  sync_tree(unpacked.path());

  // From here on what is there is whole: cut short it is begun anew, and what is moved is not lost.
  unpacked.keep();
  state.filled();
  rename_file(files, files_path(command.state_folder));
  if (fs::exists(unpacked.path() / message_id_key_name))
    rename_file(unpacked.path() / message_id_key_name, command.state_folder / message_id_key_name);
  sync_folder(command.state_folder);
  rename_file(unpacked.path() / database_name, database_path(command.state_folder));
  sync_folder(command.state_folder);
  fs::remove_all(unpacked.path());
  return report;
}

// Documents that need another key than the state's could be read by nobody.
void check_files_key(const fs::path& state_folder, const Manifest& manifest) {
  const std::string here = store::files_key_id(files_path(state_folder));
  if (manifest.files_key.empty() || here.empty() || here == manifest.files_key) return;
  throw IoError(fmt::format("The backup's documents are encrypted under the key {}, and those of this state "
                            "under the key {}. Nothing was restored.",
                            manifest.files_key, here));
}

// Content that has its name already is replaced: it may be what was damaged.
void put_documents(const fs::path& unpacked, const fs::path& state_folder, const Manifest& manifest,
                   const std::string& board) {
  const fs::path files = files_path(state_folder);
  fs::create_directories(files / board);
  if (!manifest.files_key.empty() && store::files_key_id(files).empty())
    store::write_files_key_id(files, manifest.files_key);
  for (const BackupEntry& entry : manifest.entries) {
    if (board_of_entry(entry.path) != board) continue;
    const fs::path to = state_folder / entry.path;
    fs::create_directories(to.parent_path());
    rename_file(unpacked / entry.path, to);
  }
  give_to_owner_of(state_folder, files);
  sync_tree(files / board);
  sync_folder(files);
  sync_folder(state_folder);
}

bool same_file(const fs::path& a, const fs::path& b) {
  if (!fs::exists(a) || !fs::exists(b)) return false;
  const auto read = [](const fs::path& path) {
    std::string bytes(4096, '\0');
    bytes.resize(source_of_file(path)(bytes.data(), bytes.size()));
    return bytes;
  };
  return read(a) == read(b);
}

RestoreReport restore_board(const RestoreCommand& command, Instant now) {
  const fs::path live = database_path(command.state_folder);
  if (!fs::exists(live))
    throw IoError(fmt::format("{}: there is no database here. One board is restored into a state that is "
                              "there; without --board all of a backup goes into an empty folder.",
                              command.state_folder.string()));
  refuse_unfinished_restore(command.state_folder);
  const StateLock lock{command.state_folder};
  const Unpacked unpacked{command.state_folder / unpacked_board};
  RestoreReport report;
  report.manifest = unpack(command, unpacked.path());
  check_files_key(command.state_folder, report.manifest);
  report.other_message_ids = !same_file(unpacked.path() / message_id_key_name,
                                        command.state_folder / message_id_key_name);
  store::StoreOptions options;
  options.path = live.string();
  report.head_before = store::open_store(options)->head(command.board);  // and brings its schema up
  const auto& boards = report.manifest.boards;
  const auto found = std::find_if(boards.begin(), boards.end(), [&](const auto& known) {
    return known.board == command.board;
  });
  const auto note =
      note_of(command, report.manifest,
              fmt::format("board {} from the backup of {} by {}: {}, which stood at {}", command.board,
                          to_text(report.manifest.made_at), report.manifest.program, found->head,
                          report.head_before),
              now);
  report.hold = note.hold;
  put_documents(unpacked.path(), command.state_folder, report.manifest, command.board);
  store::replace_board(live, unpacked.path() / database_name, command.board, note, now);
  return report;
}

}  // namespace

RestoreReport restore(const RestoreCommand& command, Instant now) {
  if (!fs::is_regular_file(command.file))
    throw IoError(fmt::format("{}: there is no backup of this name", command.file.string()));
  return command.board.empty() ? restore_all(command, now) : restore_board(command, now);
}

void refuse_unfinished_restore(const fs::path& state_folder) {
  std::error_code failed;
  const fs::path left = state_folder / unpacked_all;
  if (!fs::is_directory(left, failed) || fs::is_empty(left, failed)) return;
  throw IoError(fmt::format("{}: a restore into this folder was cut short; run `assured restore` again, or "
                            "name another folder",
                            state_folder.string()));
}

void remove_unpacked(const std::filesystem::path& state_folder) {
  fs::remove_all(state_folder / unpacked_board);
}

}  // namespace assured
