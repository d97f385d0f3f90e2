#include "web/problem.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "workflows/printable.hpp"

namespace assured::web {

namespace {

struct Row {
  Errc code;
  int status;
  std::string_view name;
  std::string_view title;
};

constexpr std::array table{
    Row{Errc::invalid, 400, "invalid", "Something in the request is not right"},
    Row{Errc::not_found, 404, "not_found", "There is nothing here"},
    Row{Errc::conflict, 409, "conflict", "Somebody else changed this"},
    Row{Errc::refused, 422, "refused", "The board's process does not allow this yet"},
    Row{Errc::forbidden, 403, "forbidden", "This is not yours to do"},
    Row{Errc::unavailable, 503, "unavailable", "The service cannot do this now"},
    Row{Errc::internal, 500, "internal", "Something went wrong here"},
};

const Row& row_of(Errc code) {
  for (const Row& row : table)
    if (row.code == code) return row;
  ASSURED_ASSERT(!"every error code has a row");
  return table.back();
}

Response document(int status, std::string_view code, std::string_view title,
                  std::string_view detail, std::string_view field) {
  boost::json::object body;
  body["type"] = fmt::format("urn:assured:problem:{}", code);
  body["title"] = title;
  body["status"] = status;
  body["code"] = code;
  body["detail"] = printable(detail);  // it may name what the caller sent
  if (!field.empty()) body["field"] = printable(field);
  return {status, "application/problem+json", boost::json::serialize(body)};
}

}  // namespace

int status_of(Errc code) { return row_of(code).status; }
std::string_view name_of(Errc code) { return row_of(code).name; }

Response problem(const Error& error) {
  const Row& row = row_of(error.code);
  return document(row.status, row.name, row.title, error.message, error.field);
}

Response problem(int status, std::string_view code, std::string_view title,
                 std::string_view detail) {
  return document(status, code, title, detail, "");
}

}  // namespace assured::web
