// A disk that takes no more writes from the nth on: SQLite's own file system with its system calls in
// our hands, so that errno goes the way it goes on a real machine.
#pragma once

#include <cstdint>

namespace assured::test {

// One at a time in a process; all databases of the process are on it. Thread: safe, apart from its ends.
class FailingDisk {
 public:
  FailingDisk();
  ~FailingDisk();  // the disk is well again
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  // The nth write from now, and all after it, fail with `error` (ENOSPC, EROFS). 1 is the next one. Making a
  // file larger, or a new one, is a write.
  void fail_from(std::uint64_t nth, int error);
  void mend();
  // Whether a write has failed since fail_from().
  bool has_failed() const;
};

}  // namespace assured::test
