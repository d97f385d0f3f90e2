// One program at a time works on a state folder.
#pragma once

#include <filesystem>

namespace assured {

// Held while it lives. Two services would send everything twice; a command that rewrites rows must not
// do so under a service.
class StateLock {
 public:
  // The folder is there. Throws: IoError when another program holds it.
  explicit StateLock(const std::filesystem::path& folder);
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace assured
