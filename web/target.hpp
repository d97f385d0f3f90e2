// The path and query of a request, decoded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assured::web {

struct Target {
  std::vector<std::string> segments;         // "/v1/boards/x" is {"v1", "boards", "x"}
  std::map<std::string, std::string> query;  // the last of equal names counts
};

// Nothing when `target` is no origin-form ("/path?query") or has a broken percent code.
std::optional<Target> parse_target(std::string_view target);

// `segment` with what a path cannot hold percent-encoded.
std::string encode_segment(std::string_view segment);

}  // namespace assured::web
