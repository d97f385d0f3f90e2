#include "config/text_file.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace assured::config {

namespace fs = std::filesystem;

std::string read_text_file(const fs::path& path, std::size_t bytes_max) {
  std::error_code failed;
  if (!fs::exists(path, failed)) throw IoError(fmt::format("{}: there is no such file", path.string()));
  if (fs::is_directory(path, failed))
    throw IoError(fmt::format("{}: this is a folder, not a file", path.string()));
  if (!fs::is_regular_file(path, failed))  // reading a pipe would wait for somebody to write
    throw IoError(fmt::format("{}: this is no ordinary file", path.string()));
  std::ifstream file{path, std::ios::binary};
  if (!file) throw IoError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  // In pieces, so that a text takes what it has and not what it might; of a file that is too large, a piece
  // more than allowed is read and never the whole.
  std::string text;
  for (std::array<char, 64 * 1024> piece{}; file && text.size() <= bytes_max;) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > bytes_max)
    throw IoError(fmt::format("{}: larger than {} bytes", path.string(), bytes_max));
  return text;
}

std::string digest_of(std::string_view text) {
  if (sodium_init() < 0) throw IoError("libsodium could not be initialised");
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace assured::config
