#include "workflows/toml_text.hpp"

#include <algorithm>
#include <cstdint>

namespace assured::reading {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t key_parts_max = 64;

// The index of the last character of the string that begins at `at`; that of `text` where it does not
// end. A string on one line that has no end goes up to the line's: the parser refuses it there.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool multiline = text.size() > at + 2 && text[at + 1] == quote && text[at + 2] == quote;
  const std::size_t quotes = multiline ? 3 : 1;
  std::size_t run = 0;  // of quotes just passed
  for (std::size_t i = at + quotes; i < text.size(); ++i) {
    if (!multiline && text[i] == '\n') return i - 1;
    run = text[i] == quote ? run + 1 : 0;
    if (run == quotes) {
      // """two quotes may stand before the end"""""
      for (int more = 0; multiline && more < 2 && i + 1 < text.size() && text[i + 1] == quote; ++more)
        ++i;
      return i;
    }
    if (quote == '"' && text[i] == '\\') ++i;
  }
  return text.size();
}

toml::source_position position_of(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = at - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0: the first line
  return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
}

// Refuses what the parser does not survive. Follows strings and comments as it does; where a text is no
// TOML the parser stops before the two could part.
void check_text(std::string_view text) {
  std::size_t parts = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '.':
        if (++parts > key_parts_max)
          throw toml::parse_error{"a key has at most 64 parts", position_of(text, i)};
        break;
      case '"':
      case '\'':
        i = end_of_string(text, i);
        break;
      case '#':
        i = std::min(text.find('\n', i), text.size());
        parts = 1;
        break;
      case '=':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}':
      case '\n':
        parts = 1;
        break;
      default:
        break;
    }
  }
}

}  // namespace

toml::table parse_toml(std::string_view text, std::string_view source) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  check_text(text);
  return toml::parse(text, source);
}

}  // namespace assured::reading
