#include "daemon/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/backup_archive.hpp"
#include "daemon/boards.hpp"
#include "daemon/document_files.hpp"
#include "daemon/durable_file.hpp"
#include "store/board_rows.hpp"
#include "store/digest.hpp"
#include "store/file_store.hpp"

namespace assured {

namespace {

namespace fs = std::filesystem;

// How many missing documents are named; the rest are counted.
constexpr std::size_t named_max = 20;
// Behind the name of a file that is not whole yet.
constexpr const char* part = ".part";

// A folder in the state folder for the copy of the database, which is as secret as the database; gone with its
// owner, or, when that was killed, with the next backup.
class Workplace {
 public:
  explicit Workplace(const fs::path& state_folder) : path_(state_folder / "backup.part") {
    if (::mkdir(path_.c_str(), S_IRWXU) != 0 && errno != EEXIST)
      throw IoError(fmt::format("{}: cannot be made: {}", path_.string(),
                                std::error_code(errno, std::generic_category()).message()));
    lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
      if (lock_ >= 0) ::close(lock_);
      throw IoError(fmt::format("{}: another backup is being made of this state; wait for it",
                                state_folder.string()));
    }
    for (const auto& left : fs::directory_iterator(path_)) fs::remove_all(left);
  }
  ~Workplace() {
    std::error_code ignored;  // the next backup removes what could not be removed
    fs::remove_all(path_, ignored);
    ::close(lock_);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  fs::path file(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_;
  int lock_ = -1;
};

BackupEntry entry_of(std::string path, const fs::path& file) {
  BackupEntry entry{std::move(path), 0, {}};
  const auto source = source_of_file(file);
  store::Digester digest;
  std::string block(64 * 1024, '\0');
  while (const std::size_t n = source(block.data(), block.size())) {
    digest.add(std::string_view{block}.substr(0, n));
    entry.bytes += n;
  }
  entry.digest = digest.hex();
  return entry;
}

// What lies plain has its own digest as name; what is sealed can be checked only with its key, as reading it
// does.
bool is_well(const BackupEntry& entry, const fs::path& file, const std::string& digest) {
  return entry.digest == digest || store::is_sealed_document(file);
}

void add_documents(Manifest& manifest, const fs::path& state_folder,
                   const std::vector<store::NamedFile>& files) {
  std::vector<std::string> lost;
  for (const auto& named : files) {
    const std::string path = path_of_document(named);
    const fs::path file = state_folder / path;
    if (!fs::is_regular_file(file)) {
      lost.push_back(fmt::format("{} is missing", path));
      continue;
    }
    BackupEntry entry = entry_of(path, file);
    if (!is_well(entry, file, named.digest))
      lost.push_back(fmt::format("{} is damaged", path));
    else
      manifest.entries.push_back(std::move(entry));
  }
  if (lost.empty()) return;
  const std::size_t count = lost.size();
  lost.resize(std::min(count, named_max));
  throw IoError(fmt::format("The database names {} documents that are not whole, so no backup was made:\n"
                            "  {}\nRestore an older backup into an empty folder, copy them from there, then try "
                            "again.",
                            count, fmt::join(lost, "\n  ")));
}

Manifest describe(const BackupCommand& command, const fs::path& database, Instant now) {
  const auto content = store::read_content(database);
  Manifest manifest;
  manifest.program = "assured " ASSURED_VERSION;
  manifest.schema = content.schema;
  manifest.made_at = now;
  manifest.is_whole = command.boards.empty();
  manifest.boards = content.boards;
  manifest.operator_head = content.operator_head;
  manifest.files_key = store::files_key_id(files_path(command.state_folder));
  manifest.entries.push_back(entry_of(std::string{database_name}, database));
  // Without it rungs that fire again after a restore would go out under new Message-IDs (S10.4).
  if (const fs::path key = command.state_folder / message_id_key_name; fs::exists(key))
    manifest.entries.push_back(entry_of(std::string{message_id_key_name}, key));
  add_documents(manifest, command.state_folder, content.files);
  return manifest;
}

void write_archive(const BackupCommand& command, const Manifest& manifest, const fs::path& database,
                   const fs::path& aside) {
  OutputFile out{aside, OutputFile::If::replace};
  ArchiveWriter archive{command.key, manifest, [&](std::string_view bytes) { out.write(bytes); }};
  for (const BackupEntry& entry : manifest.entries)
    archive.add(entry, source_of_file(entry.path == database_name ? database
                                                                   : command.state_folder / entry.path));
  archive.finish();
  out.sync();
}

// "assured-20261121T192200Z.backup" and ".tar": their order by name is that of their times.
std::string name_of(Instant now, bool is_plain) {
  std::string time = to_text(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  if (const auto dot = time.find('.'); dot != std::string::npos) time = time.substr(0, dot) + 'Z';
  return fmt::format("assured-{}.{}", time, is_plain ? "tar" : "backup");
}

bool is_our_name(const std::string& name) {
  const auto matches = [&](std::string_view pattern) {
    return name.size() == pattern.size() &&
           std::equal(name.begin(), name.end(), pattern.begin(), [](char c, char p) {
             return p == '0' ? c >= '0' && c <= '9' : c == p;
           });
  };
  return matches("assured-00000000T000000Z.backup") || matches("assured-00000000T000000Z.tar");
}

// And what a backup that was killed left there: only one is made at a time.
std::vector<fs::path> remove_older(const fs::path& folder, std::size_t keep) {
  std::vector<fs::path> ours;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (is_our_name(entry.path().filename().string())) ours.push_back(entry.path());
    if (entry.path().extension() == part && is_our_name(entry.path().stem().string()))
      ::unlink(entry.path().c_str());
  }
  if (ours.size() <= keep) return {};
  std::sort(ours.begin(), ours.end());
  ours.resize(ours.size() - keep);
  for (const auto& old : ours)
    if (::unlink(old.c_str()) != 0)
      throw IoError(fmt::format("{}: the new backup is whole, and this older one cannot be removed",
                                old.string()));
  return ours;
}

}  // namespace

BackupReport make_backup(const BackupCommand& command, Instant now) {
  const fs::path live = database_path(command.state_folder);
  if (!fs::exists(live)) throw IoError(fmt::format("{}: there is no database here", live.string()));
  const bool into_folder = fs::is_directory(command.target);
  if (command.keep > 0 && !into_folder)
    throw IoError(fmt::format("{}: --keep needs a folder that is there, to keep backups in",
                              command.target.string()));
  BackupReport report;
  report.file = into_folder ? command.target / name_of(now, command.key.empty()) : command.target;
  if (fs::exists(report.file))
    throw IoError(fmt::format("{}: this file exists, and a backup overwrites nothing; name another, or a "
                              "folder",
                              report.file.string()));

  const Workplace workplace{command.state_folder};
  const fs::path copy = workplace.file(database_name);
  store::copy_database(live, copy, command.boards);
  report.manifest = describe(command, copy, now);
  const fs::path aside = report.file.string() + part;
  try {
    write_archive(command, report.manifest, copy, aside);
    // A disk that lies is found now, not on the day it is needed.
    BackupTaker nothing;
    if (to_json(read_backup(command.key, source_of_file(aside), nothing)) != to_json(report.manifest))
      throw IoError("what was read back is not what was written");
    rename_file(aside, report.file);
  } catch (...) {
    ::unlink(aside.c_str());
    throw;
  }
  sync_folder(fs::absolute(report.file).parent_path());
  report.bytes = fs::file_size(report.file);
  if (command.keep > 0) report.removed = remove_older(command.target, command.keep);
  return report;
}

}  // namespace assured
