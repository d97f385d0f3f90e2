// The board's own: its calendar, meetings, people and the drawing of its process.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace assured::cli {

int list_calendar(const Target& target, const Query& query) {
  return ask(target, "GET", board_path(target, "calendar", query), "", [](const json::object& answer) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : rows_of(answer, "holidays")) {
      const auto& row = entry.as_object();
      rows.push_back({text_of(row, "date"), "closed", text_of(row, "title"), "by rule"});
    }
    for (const auto& entry : rows_of(answer, "overrides")) {
      const auto& row = entry.as_object();
      rows.push_back({text_of(row, "date"), flag_of(row, "closed") ? "closed" : "open",
                      text_of(row, "title"), "on record"});
    }
    fmt::print("Holidays of {} in {}, and every day on record\n", text_of(answer, "nation"),
               text_of(answer, "year"));
    print_table({"DATE", "", "WHY", "SOURCE"}, rows);
  });
}

int change_day(const Target& target, const std::string& date, bool closed, const std::string& why) {
  json::object body;
  body["date"] = date;
  body["closed"] = closed;
  body["title"] = why;
  return ask(target, "POST", board_path(target, "calendar"), json::serialize(body),
             [](const json::object& answer) {
               fmt::print("{} is {} ({}); running deadlines are counted anew\n",
                          text_of(answer, "date"), flag_of(answer, "closed") ? "closed" : "open",
                          text_of(answer, "title"));
             },
             {{"title", "--why"}});
}

int list_meetings(const Target& target, const Query& query) {
  return ask(target, "GET", board_path(target, "meetings", query), "", [](const json::object& answer) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : rows_of(answer, "meetings")) {
      const auto& row = entry.as_object();
      rows.push_back({text_of(row, "id"), text_of(row, "body"), text_of(row, "start_local"),
                      text_of(row, "state")});
    }
    print_table({"MEETING", "BODY", "START", "STATE"}, rows);
  });
}

int change_meeting(const Target& target, const MeetingOptions& options) {
  json::object body;
  std::string path = "meetings";
  if (options.what == "plan") {
    body["body"] = options.body;
  } else {
    body["what"] = options.what;
    path = fmt::format("meetings/{}", options.meeting);
  }
  put(body, "start", options.start);
  return ask(target, "POST", board_path(target, path), json::serialize(body),
             [](const json::object& answer) {
               fmt::print("meeting {} of {}, {}: {}\n", text_of(answer, "id"), text_of(answer, "body"),
                          text_of(answer, "start_local"), text_of(answer, "state"));
               for (const auto& warning : rows_of(answer, "warnings"))
                 fmt::print("  warning: {}\n", on_screen(warning.as_string()));
               const auto& asks = rows_of(answer, "could_rebind");
               if (asks.empty()) return;
               fmt::print("These wait for a later meeting and stay as they are, unless you rebind them:\n");
               for (const auto& entry : asks) {
                 const auto& row = entry.as_object();
                 fmt::print("  {}: {}, due {}; assuredctl rebind {} {}\n", text_of(row, "reference"),
                            text_of(row, "title"), text_of(row, "due_local"), text_of(row, "id"),
                            text_of(answer, "id"));
               }
             });
}

int rebind(const Target& target, long long obligation, long long meeting) {
  json::object body;
  body["meeting"] = meeting;
  return ask(target, "POST", board_path(target, fmt::format("obligations/{}/rebind", obligation)),
             json::serialize(body), [](const json::object& answer) {
               fmt::print("{}: bound to the earlier meeting\n", text_of(answer, "reference"));
             });
}

int list_people(const Target& target, const Query& query) {
  return ask(target, "GET", board_path(target, "people", query), "", [](const json::object& answer) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : rows_of(answer, "people")) {
      const auto& person = entry.as_object();
      const std::vector<Cell> who{text_of(person, "id"), text_of(person, "name"),
                                  text_of(person, "mail"), text_of(person, "phone")};
      for (const auto& held : rows_of(person, "posts")) {
        const auto& post = held.as_object();
        rows.push_back(who);
        for (const char* member : {"post", "from", "to"}) rows.back().push_back(text_of(post, member));
      }
      if (rows_of(person, "posts").empty()) rows.push_back(who);
    }
    print_table({"PERSON", "NAME", "MAIL", "PHONE", "POST", "FROM", "TO"}, rows);
  });
}

int load_people(const Target& target, const std::string& file) {
  std::ifstream input{file, std::ios::binary};
  if (!input) throw Usage(fmt::format("{}: this file cannot be read.", file));
  std::stringstream text;
  text << input.rdbuf();
  Query query;
  if (extension_of(file) == "csv") query["format"] = "csv";
  return ask(target, "POST", board_path(target, "people", query), text.str(), [](const json::object& answer) {
    fmt::print("{} people with {} posts loaded\n", text_of(answer, "persons"),
               text_of(answer, "holdings"));
  });
}

int print_graph(const Target& target, const std::string& format) {
  const Reply reply = send_request(target.socket, "GET",
                                   board_path(target, "programme/graph", {{"format", format}}), "");
  if (!reply.ok()) return say_problem(target, reply);
  if (target.json) {
    json::object body;
    body["format"] = format;
    body["graph"] = reply.body;
    fmt::print("{}\n", json::serialize(body));
  } else {
    fmt::print("{}", on_screen(reply.body, Lines::kept));
  }
  return 0;
}

}  // namespace assured::cli
