// Files that a backup or a restore writes and reads in one go; nothing is there until it is whole on disk.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "store/sealed_stream.hpp"

namespace assured {

// A file that is being written, for its owner alone. Throws: IoError, from every call.
class OutputFile {
 public:
  enum class If { absent, replace };
  OutputFile(const std::filesystem::path& path, If is);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  void write(std::string_view bytes);
  void sync();

 private:
  std::filesystem::path path_;
  int fd_;
};

// The bytes of a file, from its beginning. Throws: IoError, from it too.
store::ByteSource source_of_file(const std::filesystem::path& path);

// Waits until the folder, or all that is in it, is on disk. Throws: IoError.
void sync_folder(const std::filesystem::path& folder);
void sync_tree(const std::filesystem::path& folder);
// Throws: IoError.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Root that works in another user's folder leaves nothing there that this user cannot read: gives `path`
// and all in it to the owner of `folder`. Throws: IoError.
void give_to_owner_of(const std::filesystem::path& folder, const std::filesystem::path& path);

}  // namespace assured
