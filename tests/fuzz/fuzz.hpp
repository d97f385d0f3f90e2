// What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput(): libFuzzer drives it
// (preset `fuzz`), and corpus_main.cpp runs it over its corpus as an ordinary test. What must hold is
// said with ASSURED_ASSERT, which is on in every build and aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "workflows/printable.hpp"
#include "workflows/programme.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace assured::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// `text` up to `mark`, and what stands behind it; the second is empty where there is no `mark`.
inline std::pair<std::string_view, std::string_view> cut(std::string_view text,
                                                         std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + mark.size())};
}

// What readers of files promise: a value or mistakes, never both, and each mistake one readable line.
inline void check_mistakes(bool has_value, const std::vector<Mistake>& mistakes) {
  ASSURED_ASSERT(has_value == mistakes.empty());
  for (const Mistake& mistake : mistakes) {
    ASSURED_ASSERT(!mistake.message.empty());
    ASSURED_ASSERT(is_printable(to_text(mistake)));
  }
}

// The same for a refusal. `lines`: it may be several lines, one a mistake.
inline void check_error(const Error& error, bool lines = false) {
  ASSURED_ASSERT(!error.message.empty());
  std::string_view rest = error.message;
  while (lines && rest.find('\n') != std::string_view::npos) {
    const auto [line, behind] = cut(rest, "\n");
    ASSURED_ASSERT(!line.empty() && is_printable(line));
    rest = behind;
  }
  ASSURED_ASSERT(is_printable(rest));
}

}  // namespace assured::fuzz
