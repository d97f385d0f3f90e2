// The bytes of a file, bounded, and their digest.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "workflows/result.hpp"

namespace assured::config {

// BLAKE2b-256 of `text` in hex: the name under which definitions are stored (S1.2).
std::string digest_of(std::string_view text);

// The text of one file. Throws: IoError (not there, not readable, larger than `bytes_max`).
std::string read_text_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace assured::config
