#include "daemon/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/text_file.hpp"

namespace assured {

namespace {

constexpr std::size_t secret_bytes = 32;

}  // namespace

std::string secret_of(const std::filesystem::path& state_folder) {
  const auto path = state_folder / "message-id.key";
  if (std::filesystem::exists(path)) {
    std::string secret = config::read_text_file(path, secret_bytes);
    if (secret.size() != secret_bytes)
      throw IoError(fmt::format("{}: must have {} bytes; restore it from a backup", path.string(),
                                secret_bytes));
    return secret;
  }
  if (sodium_init() < 0) throw IoError("libsodium could not be initialised");
  std::string secret(secret_bytes, '\0');
  randombytes_buf(secret.data(), secret.size());
  const auto aside = path.string() + ".part";
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = file >= 0 &&
                       ::write(file, secret.data(), secret.size()) ==
                           static_cast<ssize_t>(secret.size()) &&
                       ::fsync(file) == 0;
  const int failure = errno;
  if (file >= 0) ::close(file);
  if (!written || std::rename(aside.c_str(), path.c_str()) != 0)
    throw IoError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(failure)));
  return secret;
}

}  // namespace assured
