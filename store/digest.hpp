// BLAKE2b (libsodium), as the journal's chain, notices and definitions use it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace assured::store {

// 32 bytes, as they are.
std::string blake2b(std::string_view bytes);
std::string to_hex(std::string_view bytes);
// Errors: an empty string for text that is not hex.
std::string from_hex(std::string_view hex);
// What a definition is pinned by (S1.2) and a notice's bytes are known by (S10.5).
std::string blake2b_hex(std::string_view bytes);
// The same of bytes that come in parts, in hex.
class Digester {
 public:
  Digester();
  ~Digester();
  void add(std::string_view bytes);
  std::string hex();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};
// From the system, for salts and references.
std::string random_bytes(std::size_t count);

}  // namespace assured::store
