// Files by digest in the state folder: `<folder>/<board>/<first two of the digest>/<digest>`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/files.hpp"

namespace assured::store {

// Writes aside, syncs, renames and syncs the folder, so that a name is only there with its whole
// content (S16.2). Readable by the service's own user alone.
class FolderFiles final : public FileStore {
 public:
  // Throws: IoError when the folder cannot be made.
  explicit FolderFiles(std::filesystem::path folder);

  std::string put(std::string_view board, std::string_view bytes) override;
  std::optional<std::string> find(std::string_view board, std::string_view digest) override;
  std::size_t sweep(std::string_view board, const std::vector<std::string>& named,
                    Instant now) override;

 private:
  std::filesystem::path path_of(std::string_view board, std::string_view digest) const;

  std::filesystem::path folder_;
};

}  // namespace assured::store
