#include "daemon/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace assured {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, std::string_view doing) {
  throw IoError(fmt::format("{}: cannot {}: {}", path.string(), doing, std::strerror(errno)));
}

void sync_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) fail(path, "be opened");
  const int failed = ::fsync(fd);
  const int failure = errno;
  ::close(fd);
  errno = failure;
  if (failed != 0) fail(path, "be synced");
}

}  // namespace

OutputFile::OutputFile(const fs::path& path, If is)
    : path_(path),
      fd_(::open(path.c_str(),
                 O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (is == If::absent ? O_EXCL : O_TRUNC),
                 S_IRUSR | S_IWUSR)) {
  if (fd_ < 0) fail(path_, "be made");
  if (::fchmod(fd_, S_IRUSR | S_IWUSR) == 0) return;  // one that was left behind may be wider
  ::close(fd_);
  fail(path_, "be closed to others");
}

OutputFile::~OutputFile() { ::close(fd_); }

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::sync() {
  if (::fsync(fd_) != 0) fail(path_, "be synced");
}

store::ByteSource source_of_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path, "be opened");
  const std::shared_ptr<const int> file{new int{fd}, [](const int* held) {
                                          ::close(*held);
                                          delete held;
                                        }};
  return [path, file](char* into, std::size_t size) {
    std::size_t filled = 0;
    while (filled < size) {
      const ssize_t n = ::read(*file, into + filled, size - filled);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(path, "be read");
      if (n == 0) break;
      filled += static_cast<std::size_t>(n);
    }
    return filled;
  };
}

void sync_folder(const fs::path& folder) { sync_path(folder, O_DIRECTORY); }

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    sync_path(entry.path(), entry.is_directory() ? O_DIRECTORY : O_NOFOLLOW);
  sync_folder(folder);
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) fail(to, "be put in place");
}

void give_to_owner_of(const fs::path& folder, const fs::path& path) {
  if (::geteuid() != 0) return;
  struct stat owner {};
  if (::stat(folder.c_str(), &owner) != 0) fail(folder, "be read");
  const auto give = [&](const fs::path& one) {
    if (::lchown(one.c_str(), owner.st_uid, owner.st_gid) != 0) fail(one, "be given to its owner");
  };
  give(path);
  if (!fs::is_directory(path)) return;
  for (const auto& entry : fs::recursive_directory_iterator(path)) give(entry.path());
}

}  // namespace assured
