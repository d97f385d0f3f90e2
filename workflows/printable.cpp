#include "workflows/printable.hpp"

#include <fmt/format.h>

#include "workflows/value.hpp"

namespace assured {

namespace {

// Of the character that begins `text`; 0 when it is not one of UTF-8.
std::size_t length_of_first(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (is_utf8(text.substr(0, length))) return length;
  return 0;
}

// Below space, delete, and U+0080 to U+009F, which terminals obey as well.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

bool is_printable(std::string_view text) { return printable(text) == text; }

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of_first(text);
    const std::string_view bytes = text.substr(0, length == 0 ? 1 : length);
    if (length > 0 && !is_control(bytes))
      out += bytes;
    else
      for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    text.remove_prefix(bytes.size());
  }
  return out;
}

}  // namespace assured
