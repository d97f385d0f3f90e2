#include "web/target.hpp"

// The one file that compiles Boost.URL, and the only one that uses it.
#include <boost/url/src.hpp>

#include "workflows/value.hpp"

namespace assured::web {

namespace urls = boost::urls;

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
