// Keys that encrypt what leaves the service (backups) or lies still (documents): 32 bytes in base64, on
// one line of a file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace assured::config {

struct KeyReading {
  std::string key;  // its 32 bytes; empty when there is a mistake
  std::optional<Mistake> mistake;
};

// Reads the key that the table `table` ("backup", "files") names, as a relay's password is read.
KeyReading read_key(const KeySettings& settings, std::string_view table);

// Makes a new key at random in a new file that only its owner reads, and makes it durable.
// Throws: IoError, also when there is a file of that name.
void make_key_file(const std::filesystem::path& path);

}  // namespace assured::config
