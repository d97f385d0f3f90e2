#include "workflows/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }

}  // namespace

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_control);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_control(c))
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

}  // namespace assured
