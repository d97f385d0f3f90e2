#include "store/digest.hpp"

#include <sodium.h>

#include "workflows/result.hpp"

namespace assured::store {
namespace {

constexpr std::size_t digest_bytes = 32;

void start_sodium() {
  static const bool ready = sodium_init() >= 0;
  ASSURED_ASSERT(ready);
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string blake2b(std::string_view bytes) {
  start_sodium();
  std::string out(digest_bytes, '\0');
  crypto_generichash(bytes_of(out), out.size(), bytes_of(bytes), bytes.size(), nullptr, 0);
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes_of(bytes), bytes.size());
  out.pop_back();
  return out;
}

std::string from_hex(std::string_view hex) {
  std::string out(hex.size() / 2, '\0');
  std::size_t length = 0;
  if (hex.size() % 2 != 0 || sodium_hex2bin(bytes_of(out), out.size(), hex.data(), hex.size(),
                                            nullptr, &length, nullptr) != 0)
    return {};
  // sodium_hex2bin stops at the first other character without an error when it is told no end.
  return length == out.size() ? out : std::string{};
}

std::string blake2b_hex(std::string_view bytes) { return to_hex(blake2b(bytes)); }

struct Digester::State {
  crypto_generichash_state hash;
};

Digester::Digester() : state_(std::make_unique<State>()) {
  start_sodium();
  crypto_generichash_init(&state_->hash, nullptr, 0, digest_bytes);
}
Digester::~Digester() = default;

void Digester::add(std::string_view bytes) {
  crypto_generichash_update(&state_->hash, bytes_of(bytes), bytes.size());
}

std::string Digester::hex() {
  std::string out(digest_bytes, '\0');
  crypto_generichash_final(&state_->hash, bytes_of(out), out.size());
  return to_hex(out);
}

std::string random_bytes(std::size_t count) {
  start_sodium();
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

}  // namespace assured::store
