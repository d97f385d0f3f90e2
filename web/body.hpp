// The text of a request's body as JSON.
#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "workflows/result.hpp"

namespace assured::web {

// One object, in which no member is named twice: which of the two was meant nobody can say (RFC 8259, 4).
// Errors: invalid.
Result<boost::json::object> parse_body(std::string_view body);

}  // namespace assured::web
