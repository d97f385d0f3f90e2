#include "store/sealed_stream.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "store/digest.hpp"

namespace assured::store {

namespace {

constexpr std::uint32_t seal_version = 1;
constexpr std::size_t key_id_bytes = 8;
// A header that asks for more is damaged, or was made to make us run out of memory.
constexpr std::uint32_t chunk_bytes_max = 16 * 1024 * 1024;
static_assert(seal_key_bytes == crypto_secretstream_xchacha20poly1305_KEYBYTES);
static_assert(seal_key_bytes == crypto_generichash_KEYBYTES);
static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == 24);

// Where the parts of the header stand.
constexpr std::size_t version_at = seal_magic_bytes;
constexpr std::size_t chunk_at = version_at + 4;
constexpr std::size_t key_id_at = chunk_at + 4;
constexpr std::size_t stream_at = key_id_at + key_id_bytes;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void put_number(std::string& header, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8)
    header += static_cast<char>(static_cast<unsigned char>(number >> shift));
}

std::uint32_t number_at(std::string_view header, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number |= std::uint32_t{static_cast<unsigned char>(header[at + i])} << (8 * i);
  return number;
}

// Different uses of one key get keys of their own, so that none helps against another.
std::string keyed_digest(std::string_view key, std::string_view purpose, std::size_t size) {
  ASSURED_ASSERT(key.size() == seal_key_bytes);
  ASSURED_ASSERT(sodium_init() >= 0);
  std::string out(size, '\0');
  crypto_generichash(bytes_of(out), out.size(), bytes_of(purpose), purpose.size(), bytes_of(key),
                     key.size());
  return out;
}

std::string raw_key_id(std::string_view key) {
  return keyed_digest(key, "assured key id", crypto_generichash_BYTES_MIN).substr(0, key_id_bytes);
}

[[noreturn]] void damaged(const char* how) {
  throw SealError(SealError::Why::damaged, fmt::format("it is damaged: {}", how));
}

}  // namespace

std::string key_id(std::string_view key) { return to_hex(raw_key_id(key)); }

std::string derived_key(std::string_view key, std::string_view purpose) {
  return keyed_digest(key, fmt::format("assured derived key: {}", purpose), seal_key_bytes);
}

struct Sealer::State {
  crypto_secretstream_xchacha20poly1305_state stream;
  std::string header_and_about;  // authenticated with each chunk
  std::string pending;
  std::string sealed;
  ByteSink sink;
};

Sealer::Sealer(std::string_view key, const SealMagic& magic, std::string_view about, ByteSink sink)
    : state_(std::make_unique<State>()) {
  std::string header = magic.text;
  put_number(header, seal_version);
  put_number(header, seal_chunk_bytes);
  header += raw_key_id(key);
  header.resize(seal_header_bytes);
  const std::string stream_key = derived_key(key, "stream");
  crypto_secretstream_xchacha20poly1305_init_push(&state_->stream, bytes_of(header) + stream_at,
                                                  bytes_of(stream_key));
  state_->sink = std::move(sink);
  state_->header_and_about = header + std::string{about};
  state_->pending.reserve(seal_chunk_bytes);
  state_->sink(header);
}

Sealer::~Sealer() = default;

void Sealer::push(bool is_last) {
  State& s = *state_;
  s.sealed.resize(s.pending.size() + crypto_secretstream_xchacha20poly1305_ABYTES);
  crypto_secretstream_xchacha20poly1305_push(
      &s.stream, bytes_of(s.sealed), nullptr, bytes_of(s.pending), s.pending.size(),
      bytes_of(s.header_and_about), s.header_and_about.size(),
      is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
              : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
  s.pending.clear();
  s.sink(s.sealed);
}

void Sealer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    // A full chunk waits for more, so that the last one is never empty but of an empty stream.
    if (state_->pending.size() == seal_chunk_bytes) push(false);
    const auto part = bytes.substr(0, seal_chunk_bytes - state_->pending.size());
    state_->pending += part;
    bytes.remove_prefix(part.size());
  }
}

void Sealer::finish() { push(true); }

struct Unsealer::State {
  crypto_secretstream_xchacha20poly1305_state stream;
  std::string header_and_about;
  std::string sealed;
  std::string opened;
  std::size_t chunk_bytes = 0;
  ByteSource source;
  bool is_over = false;
};

Unsealer::Unsealer(std::string_view key, const SealMagic& magic, std::string_view about,
                   ByteSource source)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.source = std::move(source);
  std::string header(seal_header_bytes, '\0');
  if (s.source(header.data(), header.size()) != header.size() || !is_sealed(header, magic))
    damaged("its beginning is not there");
  if (number_at(header, version_at) != seal_version)
    throw SealError(SealError::Why::newer, "it was written in a form that this program does not know");
  s.chunk_bytes = number_at(header, chunk_at);
  if (s.chunk_bytes == 0 || s.chunk_bytes > chunk_bytes_max) damaged("its header makes no sense");
  if (header.substr(key_id_at, key_id_bytes) != raw_key_id(key))
    throw SealError(SealError::Why::wrong_key,
                    fmt::format("it needs the key {}, and this is the key {}", key_id_of(header, magic),
                                key_id(key)));
  const std::string stream_key = derived_key(key, "stream");
  crypto_secretstream_xchacha20poly1305_init_pull(&s.stream, bytes_of(header) + stream_at,
                                                  bytes_of(stream_key));
  s.header_and_about = header + std::string{about};
}

Unsealer::~Unsealer() = default;

std::string_view Unsealer::read() {
  State& s = *state_;
  if (s.is_over) return {};
  constexpr std::size_t around = crypto_secretstream_xchacha20poly1305_ABYTES;
  s.sealed.resize(s.chunk_bytes + around);
  const std::size_t size = s.source(s.sealed.data(), s.sealed.size());
  if (size < around) damaged("its end is missing");
  s.opened.resize(size - around);
  unsigned long long length = 0;
  unsigned char tag = 0;
  if (crypto_secretstream_xchacha20poly1305_pull(&s.stream, bytes_of(s.opened), &length, &tag,
                                                 bytes_of(s.sealed), size,
                                                 bytes_of(s.header_and_about),
                                                 s.header_and_about.size()) != 0)
    damaged("a part of it was changed or cut");
  if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) {
    char more = 0;
    if (s.source(&more, 1) != 0) damaged("something stands behind its end");
    s.is_over = true;
  } else if (tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE || length == 0) {
    damaged("a part of it is of no known kind");
  }
  return s.opened;
}

bool is_sealed(std::string_view bytes, const SealMagic& magic) {
  return bytes.starts_with(magic.text);
}

std::string key_id_of(std::string_view header, const SealMagic& magic) {
  if (header.size() < seal_header_bytes || !is_sealed(header, magic)) return {};
  return to_hex(header.substr(key_id_at, key_id_bytes));
}

std::string seal(std::string_view key, const SealMagic& magic, std::string_view about,
                 std::string_view bytes) {
  std::string out;
  Sealer sealer{key, magic, about, [&](std::string_view part) { out += part; }};
  sealer.write(bytes);
  sealer.finish();
  return out;
}

std::string unseal(std::string_view key, const SealMagic& magic, std::string_view about,
                   std::string_view sealed) {
  Unsealer unsealer{key, magic, about, [&](char* into, std::size_t size) {
                      const auto part = sealed.substr(0, size);
                      std::copy(part.begin(), part.end(), into);
                      sealed.remove_prefix(part.size());
                      return part.size();
                    }};
  std::string out;
  for (auto part = unsealer.read(); !part.empty(); part = unsealer.read()) out += part;
  return out;
}

}  // namespace assured::store
