#include "daemon/state_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workflows/result.hpp"

namespace assured {

StateLock::StateLock(const std::filesystem::path& folder) {
  const auto path = folder / "lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  if (fd_ >= 0) ::close(fd_);
  throw IoError(fmt::format("{}: another service runs on this state folder; stop it first",
                            folder.string()));
}

StateLock::~StateLock() { ::close(fd_); }

}  // namespace assured
