// Files by digest in the state folder: `<folder>/<board>/<first two of the digest>/<digest>`. With a key
// they are sealed, each board's under a key of its own made from it; names remain the digests of what
// was stored. What was stored before there was a key stays as it is, and is read as before.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/files.hpp"

namespace assured::store {

// The key of the settings does not open what is stored, or there is none.
class WrongFilesKey : public IoError {
 public:
  using IoError::IoError;
};

// The id of the key that documents in `folder` were sealed under; empty: none ever was.
// Throws: IoError.
std::string files_key_id(const std::filesystem::path& folder);
// Notes it, durably; for a restore. Throws: IoError.
void write_files_key_id(const std::filesystem::path& folder, std::string_view id);
// Whether the file begins as a sealed document does. Throws: IoError.
bool is_sealed_document(const std::filesystem::path& file);
// Throws: WrongFilesKey when `key` (empty: none) is another than documents in `folder` need. Writes
// nothing.
void check_files_key(const std::filesystem::path& folder, std::string_view key);

// Writes aside, syncs, renames and syncs the folder, so that a name is only there with its whole
// content (S16.2). Readable by the service's own user alone.
class FolderFiles final : public FileStore {
 public:
  // `key`: 32 bytes, or none. Throws: IoError when the folder cannot be made; WrongFilesKey.
  explicit FolderFiles(std::filesystem::path folder, std::string key = {});

  std::string put(std::string_view board, std::string_view bytes) override;
  std::optional<std::string> find(std::string_view board, std::string_view digest) override;
  std::size_t sweep(std::string_view board, const std::vector<std::string>& named,
                    Instant now) override;

 private:
  std::filesystem::path path_of(std::string_view board, std::string_view digest) const;

  std::filesystem::path folder_;
  std::string key_;
};

}  // namespace assured::store
