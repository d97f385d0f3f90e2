// The one file that a backup is: a tar archive, sealed under a key (store/sealed_stream.hpp) or plain, so that
// `tar` reads it. The manifest comes first.
#pragma once

#include <memory>

#include "daemon/backup_manifest.hpp"
#include "store/sealed_stream.hpp"

namespace assured {

class ArchiveWriter {
 public:
  // `key` empty: plain. Bytes go to `sink`. Throws: IoError, and what `sink` throws, from every call.
  ArchiveWriter(std::string_view key, const Manifest& manifest, store::ByteSink sink);
  ~ArchiveWriter();
  // In the manifest's order, with exactly the bytes that it says.
  void add(const BackupEntry& entry, const store::ByteSource& bytes);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Takes what a backup holds, in its order.
class BackupTaker {
 public:
  virtual ~BackupTaker() = default;
  virtual void begin(const Manifest&) {}
  virtual void begin(const BackupEntry&) {}
  virtual void take(std::string_view) {}  // of the entry begun last
  virtual void end() {}                   // of it; its size and digest were right
};

// Reads a backup to its end and checks all of it: every chunk, every digest, nothing missing, nothing more.
// `key` may be empty; of a plain one it does not matter. What the taker got of a backup that is refused in the
// end is worth nothing.
// Throws: IoError (what is wrong, as words that follow the file's name), and what `source` and `taker` throw.
Manifest read_backup(std::string_view key, const store::ByteSource& source, BackupTaker& taker);

}  // namespace assured
