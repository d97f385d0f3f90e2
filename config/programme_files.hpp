// Programmes and people as files on disk: the one place that turns paths into the texts that the
// parsers take.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/text_file.hpp"
#include "workflows/directory.hpp"
#include "workflows/programme.hpp"

namespace assured::config {

// The texts of one programme, in the order of their names.
struct ProgrammeTexts {
  std::vector<SourceText> toml;
  std::vector<SourceText> templates;  // every *.mustache of the folder and of its templates/
  std::vector<Mistake> mistakes;      // files that cannot be read, or are too large
};

// `path` is a TOML file (templates: `templates/` beside it, when there is such a folder) or a folder,
// whose *.toml are the programme, its *.people.toml left out. Where `path` does not exist, `path`.toml
// is tried, so that a programme keeps its name when its file becomes a folder.
ProgrammeTexts read_programme_texts(const std::filesystem::path& path,
                                    const ProgrammeLimits& limits = {});

struct LoadedProgramme {
  ProgrammeReading reading;
  std::string digest;  // BLAKE2b-256 of the definition's text, hex; empty when there are mistakes
  std::string files_digest;  // the same of all its files, wording and establishment too
};

// Reads, parses and checks; the definition in the answer bears its digest.
LoadedProgramme load_programme(const std::filesystem::path& path);

// A file of people (S1.4) for a board, a table where it is called *.csv, else TOML; one that cannot be read is a row error of row 0.
PeopleFile load_people_file(const std::filesystem::path& path, const Establishment& establishment);

// People files and stories are far smaller; what is larger is a mistake in the path.
inline constexpr std::size_t people_bytes_max = 4 * 1024 * 1024;

}  // namespace assured::config
