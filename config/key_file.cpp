#include "config/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/secret_file.hpp"
#include "workflows/result.hpp"

namespace assured::config {

namespace {

constexpr std::size_t key_bytes = 32;

// Empty for anything but the base64 of 32 bytes.
std::string decode_key(const std::string& text) {
  std::string key(key_bytes, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(key.data()), key.size(),
                                       text.data(), text.size(), nullptr, &length, &end,
                                       sodium_base64_VARIANT_ORIGINAL);
  const bool is_whole = failed == 0 && length == key_bytes && end == text.data() + text.size();
  return is_whole ? key : std::string{};
}

}  // namespace

KeyReading read_key(const KeySettings& settings, std::string_view table) {
  const std::string name = fmt::format("{}.key", table);
  SecretReading secret =
      read_secret({settings.file, settings.credential, settings.place, name, "key"});
  KeyReading reading;
  reading.mistake = std::move(secret.mistake);
  if (reading.mistake) return reading;
  reading.key = decode_key(secret.text);
  if (reading.key.empty())
    reading.mistake =
        Mistake{settings.place, name + (settings.credential.empty() ? "_file" : "_credential"),
                "this is no key: a key is the base64 of 32 bytes, on one line",
                "`assured key FILE` makes one"};
  return reading;
}

void make_key_file(const std::filesystem::path& path) {
  if (sodium_init() < 0) throw IoError("libsodium could not be initialised");
  unsigned char key[key_bytes];
  randombytes_buf(key, sizeof key);
  std::string text(sodium_base64_encoded_len(sizeof key, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
  text.back() = '\n';  // in place of the NUL
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    throw IoError(errno == EEXIST
                      ? fmt::format("{}: this file exists, and what it opens would be lost with it; "
                                    "name another",
                                    path.string())
                      : fmt::format("{}: cannot be made: {}", path.string(), std::strerror(errno)));
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  const int failure = errno;
  ::close(file);
  if (written) return;
  ::unlink(path.c_str());
  throw IoError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(failure)));
}

}  // namespace assured::config
