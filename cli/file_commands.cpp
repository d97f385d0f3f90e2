// Documents, who read them, and the working of deadlines.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace assured::cli {

namespace {

std::string files_path(const FileOptions& options) {
  return fmt::format("items/{}/files", encoded(options.item));
}

}  // namespace

int list_files(const Target& target, const FileOptions& options) {
  return ask(target, "GET", board_path(target, files_path(options)), "",
             [](const json::object& answer) {
               std::vector<std::vector<Cell>> rows;
               for (const auto& entry : rows_of(answer, "files")) {
                 const auto& row = entry.as_object();
                 rows.push_back({text_of(row, "kind"), text_of(row, "version"),
                                 text_of(row, "name"), text_of(row, "bytes"),
                                 text_of(row, "added_local"), text_of(row, "actor")});
               }
               print_table({"KIND", "VERSION", "NAME", "BYTES", "ADDED", "BY"}, rows);
             });
}

int attach_file(const Target& target, const FileOptions& options) {
  std::ifstream in(options.path, std::ios::binary);
  if (!in) throw Usage(fmt::format("{}: this file cannot be read.", options.path));
  std::ostringstream bytes;
  bytes << in.rdbuf();
  Query query{{"kind", options.kind}, {"type", extension_of(options.path)}};
  if (!options.for_post.empty()) query["for_post"] = options.for_post;
  if (!options.channel.empty()) query["channel"] = options.channel;
  return ask(target, "POST", board_path(target, files_path(options), query), bytes.str(),
             [](const json::object& answer) {
               fmt::print("kept as \"{}\", {} bytes\n", text_of(answer, "name"),
                          text_of(answer, "bytes"));
             });
}

int fetch_file(const Target& target, const FileOptions& options) {
  if (std::filesystem::exists(options.path))
    throw Usage(fmt::format("{}: there is something of this name already.", options.path));
  const Reply reply =
      send_request(target.socket, "GET",
                   board_path(target, fmt::format("{}/{}/{}", files_path(options),
                                                  encoded(options.kind), options.version)),
                   "");
  if (!reply.ok()) return say_problem(target, reply);
  std::ofstream out(options.path, std::ios::binary);
  out << reply.body;
  out.close();
  if (!out) throw Usage(fmt::format("{}: this file cannot be written.", options.path));
  if (target.json) {
    json::object body;
    body["path"] = options.path;
    body["bytes"] = reply.body.size();
    fmt::print("{}\n", json::serialize(body));
  } else {
    fmt::print("{}: {} bytes\n", options.path, reply.body.size());
  }
  return 0;
}

int list_snapshots(const Target& target, const std::string& item) {
  return ask(target, "GET", board_path(target, fmt::format("items/{}/snapshots", encoded(item))),
             "", [](const json::object& answer) {
               for (const auto& entry : rows_of(answer, "snapshots")) {
                 const auto& row = entry.as_object();
                 fmt::print("{}  {} by {}\n", text_of(row, "recorded_local"), text_of(row, "event"),
                            text_of(row, "actor"));
                 if (const auto reason = text_of(row, "reason"); !reason.empty())
                   fmt::print("  {:<24} {}\n", "because", reason);
                 if (const auto* fields = row.if_contains("fields"))
                   for (const auto& field : fields->as_object())
                     fmt::print("  {:<24} {}\n", on_screen(field.key()),
                                text_of(fields->as_object(), field.key()));
               }
             });
}

int list_reads(const Target& target, const std::string& item) {
  return ask(target, "GET", board_path(target, fmt::format("items/{}/reads", encoded(item))), "",
             [](const json::object& answer) {
               std::vector<std::vector<Cell>> rows;
               for (const auto& entry : rows_of(answer, "reads")) {
                 const auto& row = entry.as_object();
                 rows.push_back(
                     {text_of(row, "read_local"), text_of(row, "person"), text_of(row, "what")});
               }
               print_table({"WHEN", "WHO", "WHAT"}, rows);
             });
}

int show_working(const Target& target, long long obligation) {
  return ask(
      target, "GET", board_path(target, fmt::format("obligations/{}", obligation)), "",
      [](const json::object& answer) {
        const std::string due = text_of(answer, "due_local");
        fmt::print("{} on {}, owed by {}\nrule: {}\ndue:  {}\n", text_of(answer, "title"),
                   text_of(answer, "reference"), text_of(answer, "owed_by"),
                   text_of(answer, "rule"), due.empty() ? "no date yet" : due);
        std::vector<std::vector<Cell>> rows;
        for (const auto& entry : rows_of(answer, "working")) {
          const auto& row = entry.as_object();
          const std::string counted = text_of(row, "counted");
          rows.push_back(
              {text_of(row, "date"), counted == "0" ? "skipped" : counted, text_of(row, "reason")});
        }
        if (!rows.empty()) print_table({"DAY", "COUNTED", "WHY"}, rows);
        rows.clear();
        for (const auto& entry : rows_of(answer, "fired")) {
          const auto& row = entry.as_object();
          rows.push_back({text_of(row, "fired_local"), text_of(row, "rung"), text_of(row, "to")});
        }
        if (!rows.empty()) print_table({"TOLD AT", "RUNG", "WHO"}, rows);
      });
}

}  // namespace assured::cli
