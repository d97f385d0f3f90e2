// Where the service keeps documents, opened with the key that the settings name (S16.2).
#pragma once

#include "config/settings.hpp"
#include "store/file_store.hpp"

namespace assured {

// The folder of the documents in a state folder.
std::filesystem::path files_path(const std::filesystem::path& state_folder);

// The key of [files]; empty when there is none. Throws: ConfigError.
std::string read_files_key(const config::Settings& settings);

// Throws: ConfigError, also when documents there need another key; IoError.
store::FolderFiles open_files(const config::Settings& settings);

}  // namespace assured
