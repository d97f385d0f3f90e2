#include "config/secret_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "config/text_file.hpp"

namespace assured::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t secret_bytes_max = 1024;

// What is wrong with a file, and its remedy.
struct Wrong {
  std::string message;
  std::string remedy;
};

// Others' bits, and the group's writing: a file that root owns and the service's group reads is well.
bool is_too_open(const fs::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (found.st_mode & (S_IRWXO | S_IWGRP)) != 0;
}

std::optional<Wrong> read_line(const fs::path& path, const std::string& what, std::string& line) {
  const std::string remedy = fmt::format("the file holds the {} and nothing else, on one line", what);
  std::string text;
  try {
    text = read_text_file(path, secret_bytes_max);
  } catch (const IoError& error) {
    return Wrong{error.what(), remedy};
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (text.empty() || std::any_of(text.begin(), text.end(), is_control))
    return Wrong{fmt::format("{}: this is no {} on one line", path.string(), what), remedy};
  line = std::move(text);
  return std::nullopt;
}

std::optional<Wrong> read_credential(const SecretSource& source, std::string& text) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  const fs::path path = folder == nullptr ? fs::path{} : fs::path{folder} / source.credential;
  std::error_code failed;
  if (folder == nullptr || !fs::exists(path, failed))
    return Wrong{fmt::format("the service manager gave no credential “{}”", source.credential),
                 fmt::format("write LoadCredential={}:/path/to/file into the service's unit",
                             source.credential)};
  return read_line(path, source.what, text);
}

}  // namespace

SecretReading read_secret(const SecretSource& source) {
  SecretReading reading;
  const bool from_file = source.credential.empty();
  const std::string file = source.file.string();
  std::optional<Wrong> wrong;
  if (!from_file) {
    wrong = read_credential(source, reading.text);
  } else if (is_too_open(source.file)) {
    wrong = Wrong{fmt::format("{}: others than its owner may read or change this file", file),
                  fmt::format("chmod 600 {}, and change the {} if others could read it", file,
                              source.what)};
  } else {
    wrong = read_line(source.file, source.what, reading.text);
  }
  if (wrong)
    reading.mistake = Mistake{source.place, source.name + (from_file ? "_file" : "_credential"),
                              std::move(wrong->message), std::move(wrong->remedy)};
  return reading;
}

}  // namespace assured::config
