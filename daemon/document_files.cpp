#include "daemon/document_files.hpp"

#include "config/key_file.hpp"
#include "daemon/boards.hpp"

namespace assured {

std::filesystem::path files_path(const std::filesystem::path& state_folder) {
  return state_folder / "files";
}

std::string read_files_key(const config::Settings& settings) {
  if (!settings.files_key) return {};
  auto reading = config::read_key(*settings.files_key, "files");
  if (reading.mistake) throw ConfigError({std::move(*reading.mistake)});
  return std::move(reading.key);
}

store::FolderFiles open_files(const config::Settings& settings) {
  std::string key = read_files_key(settings);
  try {
    return store::FolderFiles{files_path(settings.state_folder), std::move(key)};
  } catch (const store::WrongFilesKey& error) {
    const SourcePlace place =
        settings.files_key ? settings.files_key->place : SourcePlace{settings.source.string(), 0, 0};
    throw ConfigError({{place, "files", error.what(), ""}});
  }
}

}  // namespace assured
