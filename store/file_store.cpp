#include "store/file_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "store/digest.hpp"
#include "store/sealed_stream.hpp"

namespace assured::store {

namespace {

namespace fs = std::filesystem;

// An orphan younger than this may belong to a command whose transaction has not ended yet.
constexpr auto orphan_age_min = std::chrono::hours{24};

const SealMagic& document_magic() {
  static const SealMagic magic{"assured file"};
  return magic;
}

// No board has a name that begins with a dot.
constexpr const char* key_id_name = ".key-id";

[[noreturn]] void fail(const fs::path& path, std::string_view doing) {
  throw IoError(fmt::format("{}: cannot {}: {}", path.filename().string(), doing,
                            std::system_category().message(errno)));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags, mode)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void sync_folder(const fs::path& folder) {
  const Descriptor fd(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) fail(folder, "sync the folder");
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// `path` is there with all of `bytes` or not at all.
void write_whole(const fs::path& path, std::string_view bytes) {
  // A name of its own for each writer: two may store the same bytes at once.
  static std::atomic<unsigned> counter{0};
  const fs::path aside = path.parent_path() / fmt::format(".{}.{}.{}", path.filename().string(),
                                                          ::getpid(), counter.fetch_add(1));
  {
    const Descriptor fd(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd.get() < 0) fail(path, "be made");
    const auto give_up = [&](std::string_view doing) {
      const int saved = errno;
      ::unlink(aside.c_str());
      errno = saved;
      fail(path, doing);
    };
    for (std::string_view rest = bytes; !rest.empty();) {
      const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) give_up("be written");
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(fd.get()) != 0) give_up("be synced");
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) fail(path, "be renamed");
  sync_folder(path.parent_path());
}

// The file's bytes; nothing when there is none.
std::optional<std::string> read_whole(const fs::path& path) {
  const Descriptor fd(path, O_RDONLY | O_CLOEXEC);
  if (fd.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(path, "be opened");
  }
  std::string bytes;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, "be read");
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string board_key(std::string_view key, std::string_view board) {
  return derived_key(key, fmt::format("documents of board {}", board));
}

}  // namespace

std::string files_key_id(const fs::path& folder) {
  std::string id = read_whole(folder / key_id_name).value_or("");
  if (id.ends_with('\n')) id.pop_back();
  return id;
}

void write_files_key_id(const fs::path& folder, std::string_view id) {
  write_whole(folder / key_id_name, fmt::format("{}\n", id));
}

bool is_sealed_document(const fs::path& file) {
  const auto bytes = read_whole(file);
  return bytes && is_sealed(*bytes, document_magic());
}

void check_files_key(const fs::path& folder, std::string_view key) {
  const std::string needed = files_key_id(folder);
  if (needed.empty() || (!key.empty() && key_id(key) == needed)) return;
  throw WrongFilesKey(
      key.empty()
          ? fmt::format("documents were encrypted under the key {}, and the settings name none; name "
                        "its file in [files]",
                        needed)
          : fmt::format("documents were encrypted under the key {}, and the settings name the key {}; "
                        "name the former's file in [files] again",
                        needed, key_id(key)));
}

FolderFiles::FolderFiles(fs::path folder, std::string key)
    : folder_(std::move(folder)), key_(std::move(key)) {
  check_files_key(folder_, key_);
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw IoError(fmt::format("{}: {}", folder_.string(), error.message()));
  fs::permissions(folder_, fs::perms::owner_all, error);
  // Before the first document is sealed, so that none is ever found without knowing its key's id.
  if (!key_.empty() && files_key_id(folder_).empty()) write_files_key_id(folder_, key_id(key_));
}

fs::path FolderFiles::path_of(std::string_view board, std::string_view digest) const {
  return folder_ / board / digest.substr(0, 2) / digest;
}

std::string FolderFiles::put(std::string_view board, std::string_view bytes) {
  const std::string digest = to_hex(blake2b(bytes));
  const fs::path path = path_of(board, digest);
  if (fs::exists(path)) return digest;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw IoError(fmt::format("files: {}", error.message()));
  if (key_.empty())
    write_whole(path, bytes);
  else
    write_whole(path, seal(board_key(key_, board), document_magic(), digest, bytes));
  sync_folder(path.parent_path().parent_path());
  return digest;
}

std::optional<std::string> FolderFiles::find(std::string_view board, std::string_view digest) {
  if (!is_digest(digest)) return std::nullopt;
  auto bytes = read_whole(path_of(board, digest));
  // What fits its name is what was stored, however it begins.
  if (!bytes || to_hex(blake2b(*bytes)) == digest) return bytes;
  if (is_sealed(*bytes, document_magic())) {
    if (key_.empty())
      throw WrongFilesKey(fmt::format("{}: it is encrypted, and the settings name no key; name its "
                                      "file in [files]",
                                      digest));
    try {
      bytes = unseal(board_key(key_, board), document_magic(), digest, *bytes);
    } catch (const SealError& error) {
      if (error.why == SealError::Why::wrong_key)
        throw WrongFilesKey(fmt::format("{}: it is encrypted under another key than [files] names",
                                        digest));
      throw IoError(fmt::format("{}: {}", digest, error.what()));
    }
  }
  if (to_hex(blake2b(*bytes)) != digest)
    throw IoError(fmt::format("{}: the file is damaged: it no longer fits its digest", digest));
  return bytes;
}

std::size_t FolderFiles::sweep(std::string_view board, const std::vector<std::string>& named,
                               Instant now) {
  const fs::path folder = folder_ / board;
  std::size_t removed = 0;
  if (!fs::exists(folder)) return removed;
  std::vector<std::string> sorted = named;
  std::sort(sorted.begin(), sorted.end());
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (std::binary_search(sorted.begin(), sorted.end(), entry.path().filename().string()))
      continue;
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) != 0) continue;
    const auto written = from_ms(static_cast<std::int64_t>(status.st_mtime) * 1000);
    if (now - written < orphan_age_min) continue;
    if (::unlink(entry.path().c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace assured::store
