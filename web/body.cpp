#include "web/body.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <string>
#include <vector>

namespace assured::web {

namespace json = boost::json;

namespace {

// The deepest body has lists in a row's `fields`: {rows: [{fields: {addressed: [...]}}]}. A little more, so
// that what is nested wrongly is told by its name.
constexpr std::size_t depth_max = 8;

// Finds the first name that an object has twice; all else passes by. The handler that basic_parser asks for.
struct NamesOnce {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Code = boost::system::error_code;

  bool on_object_begin(Code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    open.pop_back();
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, Code&) {
    name.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Code& code) {
    name.append(part.data(), part.size());
    if (!open.back().insert(name).second) {
      code = json::error::extra_data;
      return false;
    }
    name.clear();
    return true;
  }
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, Code&) { return true; }
  bool on_string(json::string_view, std::size_t, Code&) { return true; }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, Code&) { return true; }
  bool on_double(double, json::string_view, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }

  std::vector<std::set<std::string>> open;  // the names so far of each object that is open
  std::string name;
};

}  // namespace

Result<json::object> parse_body(std::string_view body) {
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = depth_max;
  json::value parsed = json::parse(json::string_view{body.data(), body.size()}, failed, {}, options);
  if (failed == json::error::too_deep)
    return Error{Errc::invalid, "The request's body is too deeply nested."};
  if (failed || !parsed.is_object())
    return Error{Errc::invalid, "The request's body must be one JSON object."};
  json::basic_parser<NamesOnce> names{options};
  names.write_some(false, body.data(), body.size(), failed);
  if (failed)
    return Error{Errc::invalid, "This is there twice in one object; say it once.", names.handler().name};
  return std::move(parsed.as_object());
}

}  // namespace assured::web
