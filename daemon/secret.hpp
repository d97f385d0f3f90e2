// The key of one installation, for Message-IDs (S10.4).
#pragma once

#include <filesystem>
#include <string>

namespace assured {

// The 32 bytes kept in the file `message-id.key` of the state folder (mode 0600); made at random the
// first time. It travels with a backup, so that a rung fired again after a restore bears the same id.
// Throws: IoError.
std::string secret_of(const std::filesystem::path& state_folder);

}  // namespace assured
