#include "tests/support/failing_disk.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>

namespace assured::test {

namespace {

// SQLite's table of system calls knows functions only.
std::atomic<std::uint64_t> writes_left{UINT64_MAX};
std::atomic<int> error_to_give{0};
std::atomic<bool> failed{false};

bool refuses() {
  if (error_to_give == 0) return false;
  if (writes_left > 0 && --writes_left > 0) return false;
  failed = true;
  errno = error_to_give;
  return true;
}

ssize_t failing_write(int file, const void* bytes, std::size_t count) {
  return refuses() ? -1 : ::write(file, bytes, count);
}
ssize_t failing_pwrite(int file, const void* bytes, std::size_t count, off_t at) {
  return refuses() ? -1 : ::pwrite(file, bytes, count, at);
}
int failing_truncate(int file, off_t size) { return refuses() ? -1 : ::ftruncate(file, size); }
int failing_open(const char* path, int flags, int mode) {
  // A full or read-only disk opens what is there already, the latter to read only.
  const bool makes = (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
  if (makes && refuses()) return -1;
  return ::open(path, flags, static_cast<mode_t>(mode));
}

struct Replaced {
  const char* name;
  sqlite3_syscall_ptr function;
};

std::array<Replaced, 5> replacements() {
  return {{{"write", reinterpret_cast<sqlite3_syscall_ptr>(failing_write)},
           {"pwrite", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite)},
           {"pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(failing_pwrite)},
           {"ftruncate", reinterpret_cast<sqlite3_syscall_ptr>(failing_truncate)},
           {"open", reinterpret_cast<sqlite3_syscall_ptr>(failing_open)}}};
}

}  // namespace

FailingDisk::FailingDisk() {
  sqlite3_initialize();
  sqlite3_vfs* system = sqlite3_vfs_find("unix");
  for (const Replaced& one : replacements()) {
    // Which of the writes there are depends on how SQLite was built.
    if (system->xGetSystemCall(system, one.name) == nullptr) continue;
    if (system->xSetSystemCall(system, one.name, one.function) != SQLITE_OK)
      throw std::runtime_error("SQLite does not let its system calls be replaced");
  }
}

FailingDisk::~FailingDisk() {
  mend();
  sqlite3_vfs* system = sqlite3_vfs_find("unix");
  for (const Replaced& one : replacements()) system->xSetSystemCall(system, one.name, nullptr);
}

void FailingDisk::fail_from(std::uint64_t nth, int error) {
  failed = false;
  writes_left = nth;
  error_to_give = error;
}

void FailingDisk::mend() { error_to_give = 0; }
bool FailingDisk::has_failed() const { return failed; }

}  // namespace assured::test
