#include "web/target.hpp"

// The one file that compiles Boost.URL, and the only one that uses it.
#include <boost/url/src.hpp>

namespace assured::web {

namespace urls = boost::urls;

namespace {

// Well-formed UTF-8 without NUL (Unicode 15, table 3-7).
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    if (length > 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return false;
    }
    i += length;
  }
  return true;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  const auto view = urls::parse_origin_form(target);
  if (!view) return std::nullopt;
  Target parsed;
  for (const auto& segment : view->segments()) parsed.segments.emplace_back(segment);
  for (const auto& param : view->params()) parsed.query[std::string{param.key}] = param.value;
  // What is decoded here may be stored and must come out as JSON again.
  for (const auto& segment : parsed.segments)
    if (!is_utf8(segment)) return std::nullopt;
  for (const auto& [name, value] : parsed.query)
    if (!is_utf8(name) || !is_utf8(value)) return std::nullopt;
  return parsed;
}

std::string encode_segment(std::string_view segment) {
  return urls::encode(segment, urls::unreserved_chars);
}

}  // namespace assured::web
