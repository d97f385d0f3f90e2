#include "cli/session.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "cli/exit_codes.hpp"
#include "cli/table.hpp"

namespace assured::cli {

std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

namespace {

std::string only_board(const Target& target) {
  const Reply reply = send_request(target.socket, "GET", "/v1/boards", "");
  if (!reply.ok()) throw Unreachable("The service does not say which boards it has.");
  const auto body = json::parse(reply.body).as_object();
  const auto& boards = rows_of(body, "boards");
  if (boards.size() == 1) return text_of(boards[0].as_object(), "id");
  if (boards.empty())
    throw Usage("You are nobody on any board of this service. An operator maps users to people in "
                "assured.toml; those who hold no post today are nobody either.");
  std::string names;
  for (const auto& board : boards) names += " " + text_of(board.as_object(), "id");
  throw Usage(fmt::format("Say which board with --board:{}", names));
}

}  // namespace

std::string board_path(const Target& target, const std::string& path, const Query& query) {
  const std::string board = target.board.empty() ? only_board(target) : target.board;
  std::string full = fmt::format("/v1/boards/{}/{}", encoded(board), path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    full += fmt::format("{}{}={}", separator, name, encoded(value));
    separator = '&';
  }
  return full;
}

int say_problem(const Target& target, const Reply& reply, const OptionNames& options) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(reply.body, failed);
  if (failed || !parsed.is_object()) {
    constexpr std::size_t shown_max = 200;
    fmt::print(stderr, "The service answered {} and no reason that can be read; its log may hold one.\n",
               reply.status);
    if (!reply.body.empty())
      fmt::print(stderr, "It said: {}\n", on_screen(std::string_view{reply.body}.substr(0, shown_max)));
    return 1;
  }
  const json::object& body = parsed.as_object();
  std::string field = text_of(body, "field");
  if (const auto option = options.find(field); option != options.end()) field = option->second;
  if (target.json) fmt::print("{}\n", reply.body);
  fmt::print(stderr, "{}{}{}\n", field, field.empty() ? "" : ": ", text_of(body, "detail"));
  for (const auto& row : rows_of(body, "rows")) {
    const auto& error = row.as_object();
    fmt::print(stderr, "  row {}{}{}: {}\n", text_of(error, "row"),
               text_of(error, "field").empty() ? "" : ", ", text_of(error, "field"),
               text_of(error, "message"));
  }
  return exit_of(text_of(body, "code"));
}

int ask(const Target& target, const std::string& method, const std::string& path,
        const std::string& body, const std::function<void(const json::object&)>& print,
        const OptionNames& options) {
  const std::string key = method == "POST" ? new_idempotency_key() : std::string{};
  const Reply reply = send_request(target.socket, method, path, body, key);
  if (!reply.ok()) return say_problem(target, reply, options);
  if (target.json)
    fmt::print("{}\n", reply.body);
  else
    print(json::parse(reply.body).as_object());
  return 0;
}

std::string extension_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  if (!extension.empty()) extension.erase(0, 1);
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

void put(json::object& body, const char* name, const std::string& text) {
  if (!text.empty()) body[name] = text;
}

std::string text_of(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return on_screen(value->get_string());
  return json::serialize(*value);
}

bool flag_of(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array& rows_of(const json::object& body, std::string_view name) {
  static const json::array none;
  const json::value* value = body.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

}  // namespace assured::cli
