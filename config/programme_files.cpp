#include "config/programme_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured::config {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view people_suffix = ".people.toml";

std::vector<fs::path> files_of(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{folder, failed}) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == extension && !name.starts_with('.') &&
        !name.ends_with(people_suffix))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // whatever order the folder lists them in
  return files;
}

void read_into(const fs::path& path, std::size_t bytes_max, std::vector<SourceText>& texts,
               std::vector<Mistake>& mistakes) {
  try {
    texts.push_back({path.string(), read_text_file(path, bytes_max)});
  } catch (const IoError& error) {
    mistakes.push_back({{path.string(), 0, 0}, "", error.what(), ""});
  }
}

}  // namespace

ProgrammeTexts read_programme_texts(const fs::path& path, const ProgrammeLimits& limits) {
  ProgrammeTexts texts;
  std::error_code failed;
  fs::path chosen = path;
  if (!fs::exists(chosen, failed) && fs::exists(path.string() + ".toml", failed))
    chosen = path.string() + ".toml";
  if (!fs::exists(chosen, failed)) {
    texts.mistakes.push_back({{path.string(), 0, 0}, "",
                              "there is no such file or folder",
                              "give the path of a programme's TOML file, or of its folder"});
    return texts;
  }

  const bool is_folder = fs::is_directory(chosen, failed);
  const fs::path folder = is_folder ? chosen : chosen.parent_path();
  const auto toml = is_folder ? files_of(folder, ".toml") : std::vector<fs::path>{chosen};
  auto mustache = files_of(folder / "templates", ".mustache");
  if (is_folder) {
    const auto beside = files_of(folder, ".mustache");
    mustache.insert(mustache.end(), beside.begin(), beside.end());
  }
  for (const auto& file : toml) read_into(file, limits.file_bytes_max, texts.toml, texts.mistakes);
  for (const auto& file : mustache)
    read_into(file, limits.file_bytes_max, texts.templates, texts.mistakes);
  if (is_folder && toml.empty())
    texts.mistakes.push_back({{chosen.string(), 0, 0}, "", "no TOML file is in this folder",
                              "put the programme there, in one or more files named *.toml"});
  return texts;
}

LoadedProgramme load_programme(const fs::path& path) {
  LoadedProgramme loaded;
  const ProgrammeTexts texts = read_programme_texts(path);
  if (!texts.toml.empty()) loaded.reading = parse_programme(texts.toml, texts.templates);
  if (!texts.mistakes.empty()) {
    loaded.reading.programme.reset();
    loaded.reading.mistakes.insert(loaded.reading.mistakes.begin(), texts.mistakes.begin(),
                                   texts.mistakes.end());
  }
  if (loaded.reading.programme) {
    loaded.digest = digest_of(loaded.reading.programme->text);
    loaded.reading.programme->definition.digest = loaded.digest;
    std::string digests;
    for (const auto* files : {&texts.toml, &texts.templates})
      for (const SourceText& file : *files) digests += digest_of(file.file) + digest_of(file.text);
    loaded.files_digest = digest_of(digests);
  }
  return loaded;
}

PeopleFile load_people_file(const fs::path& path, const Establishment& establishment) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  try {
    const std::string text = read_text_file(path, people_bytes_max);
    return extension == ".csv" ? parse_people_csv(text, establishment)
                               : parse_people(text, path.string(), establishment);
  } catch (const IoError& error) {
    PeopleFile file;
    file.errors.push_back({0, "", error.what()});
    return file;
  }
}

}  // namespace assured::config
