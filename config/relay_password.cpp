#include "config/relay_password.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "config/text_file.hpp"

namespace assured::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t password_bytes_max = 1024;

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

std::optional<Wrong> read_line(const fs::path& path, std::string& line) {
  constexpr const char* remedy = "the file holds the password and nothing else, on one line";
  std::string text;
  try {
    text = read_text_file(path, password_bytes_max);
  } catch (const IoError& error) {
    return Wrong{error.what(), remedy};
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (text.empty() || std::any_of(text.begin(), text.end(), is_control))
    return Wrong{fmt::format("{}: this is no password on one line", path.string()), remedy};
  line = std::move(text);
  return std::nullopt;
}

std::optional<Wrong> read_credential(const std::string& name, std::string& password) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  const fs::path path = folder == nullptr ? fs::path{} : fs::path{folder} / name;
  std::error_code failed;
  if (folder == nullptr || !fs::exists(path, failed))
    return Wrong{fmt::format("the service manager gave no credential “{}”", name),
                 fmt::format("write LoadCredential={}:/path/to/file into the service's unit", name)};
  return read_line(path, password);
}

}  // namespace

PasswordReading read_password(const RelaySettings& relay) {
  PasswordReading reading;
  if (relay.user.empty()) return reading;
  const bool from_file = relay.password_credential.empty();
  const std::string file = relay.password_file.string();
  std::optional<Wrong> wrong;
  if (!from_file) {
    wrong = read_credential(relay.password_credential, reading.password);
  } else if (is_too_open(relay.password_file)) {
    wrong = Wrong{fmt::format("{}: others than its owner may read or change this file", file),
                  fmt::format("chmod 600 {}, and change the password if others could read it", file)};
  } else {
    wrong = read_line(relay.password_file, reading.password);
  }
  if (wrong)
    reading.mistake = Mistake{relay.password_place,
                              from_file ? "relay.password_file" : "relay.password_credential",
                              std::move(wrong->message), std::move(wrong->remedy)};
  return reading;
}

}  // namespace assured::config
