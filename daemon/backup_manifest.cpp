#include "daemon/backup_manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "workflows/mistakes.hpp"
#include "workflows/printable.hpp"
#include "workflows/result.hpp"

namespace assured {

namespace json = boost::json;

namespace {

constexpr std::int64_t format_known = 1;
constexpr std::size_t digest_letters = 64;
constexpr std::uint64_t message_id_key_bytes = 32;

[[noreturn]] void wrong(std::string_view what) {
  throw IoError(fmt::format("its manifest cannot be used: {}", what));
}

std::string text_of(const json::object& row, const char* name) {
  const json::value* value = row.if_contains(name);
  if (value == nullptr || !value->is_string()) wrong(fmt::format("“{}” is no text", name));
  return std::string{value->get_string()};
}

std::int64_t number_of(const json::object& row, const char* name) {
  const json::value* value = row.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0)
    wrong(fmt::format("“{}” is no number", name));
  return value->get_int64();
}

const json::array& rows_of(const json::object& row, const char* name) {
  const json::value* value = row.if_contains(name);
  if (value == nullptr || !value->is_array()) wrong(fmt::format("“{}” is no list", name));
  for (const json::value& entry : value->get_array())
    if (!entry.is_object()) wrong(fmt::format("“{}” holds something else than rows", name));
  return value->get_array();
}

bool is_digest(std::string_view text) {
  return text.size() == digest_letters &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_head(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && is_digest(text.substr(colon + 1)) &&
         text.find_first_not_of("0123456789") == colon;
}

// Its names become files on disk: nothing but what a backup writes is taken.
void check_entry(const Manifest& manifest, const BackupEntry& entry) {
  if (!is_digest(entry.digest)) wrong("a digest is none");
  if (entry.path == database_name) return;
  if (entry.path == message_id_key_name && entry.bytes == message_id_key_bytes) return;
  const std::string board = board_of_entry(entry.path);
  const bool is_known = !board.empty() &&
                        std::any_of(manifest.boards.begin(), manifest.boards.end(),
                                    [&](const auto& known) { return known.board == board; });
  if (!is_known) wrong("it names a file that is none of a backup's");
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  json::array boards, entries;
  for (const auto& [board, head] : manifest.boards)
    boards.push_back(json::object{{"board", board}, {"head", head}});
  for (const auto& entry : manifest.entries)
    entries.push_back(
        json::object{{"path", entry.path}, {"bytes", entry.bytes}, {"digest", entry.digest}});
  return json::serialize(json::object{{"format", format_known},
                                      {"program", manifest.program},
                                      {"schema", manifest.schema},
                                      {"made_at", to_text(manifest.made_at)},
                                      {"whole", manifest.is_whole},
                                      {"boards", std::move(boards)},
                                      {"operator_head", manifest.operator_head},
                                      {"files_key", manifest.files_key},
                                      {"entries", std::move(entries)}});
}

Manifest parse_manifest(std::string_view text) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(json::string_view{text.data(), text.size()}, failed);
  if (failed || !parsed.is_object()) wrong("it is no JSON object");
  const json::object& row = parsed.get_object();
  if (const auto format = number_of(row, "format"); format != format_known)
    throw IoError(fmt::format("it has the form {}, and this program knows the form {}; use the program "
                              "that wrote it, or a newer one",
                              format, format_known));
  Manifest manifest;
  manifest.program = text_of(row, "program");
  if (!is_printable(manifest.program)) wrong("“program” has control characters");
  manifest.schema = number_of(row, "schema");
  const auto made_at = parse_instant(text_of(row, "made_at"));
  if (!made_at) wrong("“made_at” is no instant");
  manifest.made_at = *made_at;
  const json::value* whole = row.if_contains("whole");
  if (whole == nullptr || !whole->is_bool()) wrong("“whole” is neither true nor false");
  manifest.is_whole = whole->get_bool();
  for (const json::value& entry : rows_of(row, "boards")) {
    const auto& board = entry.get_object();
    manifest.boards.push_back({text_of(board, "board"), text_of(board, "head")});
    if (!reading::is_plain_name(manifest.boards.back().board) || !is_head(manifest.boards.back().head))
      wrong("a board or its journal's head is none");
  }
  manifest.operator_head = text_of(row, "operator_head");
  manifest.files_key = text_of(row, "files_key");
  if (manifest.files_key.find_first_not_of("0123456789abcdef") != std::string::npos)
    wrong("“files_key” is no key's id");
  std::set<std::string> seen;
  for (const json::value& listed : rows_of(row, "entries")) {
    const auto& file = listed.get_object();
    BackupEntry entry{text_of(file, "path"), static_cast<std::uint64_t>(number_of(file, "bytes")),
                      text_of(file, "digest")};
    check_entry(manifest, entry);
    if (!seen.insert(entry.path).second) wrong("it names a file twice");
    manifest.entries.push_back(std::move(entry));
  }
  if (!seen.contains(std::string{database_name})) wrong("it names no database");
  return manifest;
}

std::string board_of_entry(std::string_view path) {
  constexpr std::string_view folder = "files/";
  if (!path.starts_with(folder)) return {};
  path.remove_prefix(folder.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view board = path.substr(0, slash), rest = path.substr(slash + 1);
  if (!reading::is_plain_name(board) || rest.size() != 3 + digest_letters || rest[2] != '/' ||
      !is_digest(rest.substr(3)) || rest.substr(0, 2) != rest.substr(3, 2))
    return {};
  return std::string{board};
}

std::string path_of_document(const store::NamedFile& file) {
  return fmt::format("files/{}/{}/{}", file.board, file.digest.substr(0, 2), file.digest);
}

}  // namespace assured
