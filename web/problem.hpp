// Refusals as HTTP: the one table from error codes to statuses, and the document (RFC 9457).
#pragma once

#include <string_view>

#include "web/api.hpp"

namespace assured::web {

int status_of(Errc code);
std::string_view name_of(Errc code);  // "refused": stable, for programs; in the member `code`

Response problem(const Error& error);
// For what HTTP itself refuses (405, 408, 413), which no error code stands for.
Response problem(int status, std::string_view code, std::string_view title, std::string_view detail);

}  // namespace assured::web
