// Bytes sealed under a key with libsodium's secretstream: a plain header, then chunks each of which is
// authenticated with its place, the last one marked. What was cut, swapped, repeated or changed is
// never handed out. Documents at rest and backups are written so (S16.2).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "workflows/result.hpp"

namespace assured::store {

inline constexpr std::size_t seal_key_bytes = 32;
inline constexpr std::size_t seal_magic_bytes = 16;
inline constexpr std::size_t seal_header_bytes = seal_magic_bytes + 4 + 4 + 8 + 24;
inline constexpr std::uint32_t seal_chunk_bytes = 64 * 1024;

// What sealed bytes are: they begin with it, in 16 bytes padded with NUL, and what is sealed as one
// thing is not opened as another.
struct SealMagic {
  explicit SealMagic(std::string_view name) : text(seal_magic_bytes, '\0') {
    text.replace(0, name.size(), name);
  }
  std::string text;
};

// Which key it was, in 16 letters: nothing about the key follows from it. People compare it too.
std::string key_id(std::string_view key);
// A key for one use of `key`, such as a board's own. Throws nothing; `key` has seal_key_bytes.
std::string derived_key(std::string_view key, std::string_view purpose);

// What was to be opened cannot be: why.
class SealError : public IoError {
 public:
  enum class Why { damaged, wrong_key, newer };
  SealError(Why why_, const std::string& what) : IoError(what), why(why_) {}
  Why why;
};

// Takes all that it is given. May throw.
using ByteSink = std::function<void(std::string_view bytes)>;
// Fills what it can of `into`; fewer only at the end. May throw.
using ByteSource = std::function<std::size_t(char* into, std::size_t size)>;

class Sealer {
 public:
  // The header goes to `sink` at once. `about` is not stored: who opens must know the same.
  Sealer(std::string_view key, const SealMagic& magic, std::string_view about, ByteSink sink);
  ~Sealer();
  void write(std::string_view bytes);
  // Without it the stream has no end, and is refused.
  void finish();

 private:
  struct State;
  void push(bool is_last);
  std::unique_ptr<State> state_;
};

class Unsealer {
 public:
  // Reads the header. Throws: SealError.
  Unsealer(std::string_view key, const SealMagic& magic, std::string_view about, ByteSource source);
  ~Unsealer();
  // The bytes of the next chunk; empty at the end, behind which nothing may stand.
  // Valid until the next call. Throws: SealError.
  std::string_view read();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether bytes begin as sealed ones of that kind do.
bool is_sealed(std::string_view bytes, const SealMagic& magic);
// Of a header, whose key it needs; empty for bytes that are none.
std::string key_id_of(std::string_view header, const SealMagic& magic);

// All at once.
std::string seal(std::string_view key, const SealMagic& magic, std::string_view about,
                 std::string_view bytes);
std::string unseal(std::string_view key, const SealMagic& magic, std::string_view about,
                   std::string_view sealed);

}  // namespace assured::store
