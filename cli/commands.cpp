#include "cli/commands.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "cli/exit_codes.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace assured::cli {

namespace {

json::object pairs(const std::vector<std::string>& given, const char* option) {
  json::object out;
  for (const auto& pair : given) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Usage(fmt::format("{} takes name=value, not \"{}\".", option, pair));
    out[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return out;
}

// "missing" as one line below the offer it belongs to.
void print_offers(const json::object& item) {
  const auto& offers = rows_of(item, "offers");
  if (offers.empty()) return;
  fmt::print("\nWhat can happen next\n");
  for (const auto& entry : offers) {
    const auto& offer = entry.as_object();
    fmt::print("  {:<24} {}\n", text_of(offer, "event"), text_of(offer, "title"));
    for (const auto& missing : rows_of(offer, "missing"))
      fmt::print("  {:<24}   missing: {}\n", "", on_screen(missing.as_string()));
  }
}

std::vector<Cell> obligation_cells(const json::object& row) {
  const bool late = flag_of(row, "late");
  std::string due = text_of(row, "due_local");
  if (due.empty()) due = "(waits)";
  const bool closed = !flag_of(row, "open");
  return {text_of(row, "id"),
          text_of(row, "title") + (text_of(row, "round") == "1" ? "" : " #" + text_of(row, "round")),
          text_of(row, "owed_by"),
          {due, late},
          text_of(row, "family"),
          text_of(row, "rungs_fired"),
          closed ? "closed by " + text_of(row, "closed_by") : std::string{late ? "late" : "open"}};
}

// What one journal row did to the item itself; what it did to others is only counted, as one event can
// touch a hundred of them.
std::string lines_of(const json::object& row, const std::string& item) {
  std::string text;
  std::size_t others = 0;
  for (const auto& entry : rows_of(row, "lines")) {
    const auto& line = entry.as_object();
    if (text_of(line, "item") != item) {
      ++others;
      continue;
    }
    if (!text.empty()) text += "; ";
    text += text_of(line, "text");
  }
  if (others > 0) text += fmt::format("{}and {} more on other items", text.empty() ? "" : "; ", others);
  return text;
}

void print_history(const json::array& history, const std::string& item) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& entry : history) {
    const auto& row = entry.as_object();
    const std::string for_post = text_of(row, "for_post");
    rows.push_back({text_of(row, "seq"), text_of(row, "recorded_local"),
                    text_of(row, "actor") + (for_post.empty() ? "" : " for " + for_post),
                    text_of(row, "what"), lines_of(row, item)});
  }
  print_table({"SEQ", "RECORDED", "BY", "WHAT", "CHANGES"}, rows);
}

void say_proposed(const json::object& answer) {
  fmt::print("{}: proposed; a second person of the board must agree, by the same command\n", text_of(answer, "reference"));
}

// A field, role or link of the programme may bear such a name as well; whoever gave one means that.
OptionNames event_options(const json::object& body) {
  OptionNames options{{"reason", "--reason"},
                      {"for_post", "--for-post"},
                      {"channel", "--channel"},
                      {"occurred_at", "--occurred"},
                      {"expected_version", "--expected-version"}};
  for (const char* given : {"fields", "assign", "links"})
    if (const auto* pairs = body.if_contains(given))
      for (const auto& pair : pairs->as_object()) options.erase(std::string{pair.key()});
  return options;
}

json::object event_body(const EventOptions& options) {
  json::object body;
  body["event"] = options.event;
  body["fields"] = pairs(options.fields, "--field");
  body["assign"] = pairs(options.assign, "--assign");
  put(body, "reason", options.reason);
  put(body, "for_post", options.for_post);
  put(body, "channel", options.channel);
  put(body, "occurred_at", options.occurred_at);
  if (options.expected_version) body["expected_version"] = *options.expected_version;
  return body;
}

void print_outcome(const json::object& answer) {
  for (const auto& entry : rows_of(answer, "created")) {
    const auto& row = entry.as_object();
    if (text_of(row, "id") == text_of(answer, "id")) continue;
    const std::string agency = text_of(row, "agency");
    fmt::print("  made {} {}{}{}\n", text_of(row, "kind"), text_of(row, "reference"),
               agency.empty() ? "" : " of ", agency);
  }
  for (const auto& entry : rows_of(answer, "opened")) {
    const auto& row = entry.as_object();
    const std::string due = text_of(row, "due_local");
    fmt::print("  owed: {} by {}{}{}\n", text_of(row, "title"), text_of(row, "owed_by"),
               due.empty() ? "" : ", due ", due);
  }
  for (const auto& warning : rows_of(answer, "warnings"))
    fmt::print("  warning: {}\n", on_screen(warning.as_string()));
}

int hold(const Target& target, const HoldOptions& options, const char* action, const char* why_name) {
  json::object body;
  put(body, "for", options.hold_for);
  put(body, why_name, options.why);
  put(body, "for_post", options.for_post);
  put(body, "channel", options.channel);
  return ask(target, "POST",
             board_path(target, fmt::format("obligations/{}/{}", options.obligation, action)),
             json::serialize(body), [&](const json::object& answer) {
               const auto& held = rows_of(answer, "held");
               if (flag_of(answer, "proposed")) say_proposed(answer);
               for (const auto& entry : held)
                 fmt::print("{}: the chasing of “{}” waits until {}\n", text_of(answer, "reference"),
                            text_of(entry.as_object(), "title"),
                            text_of(entry.as_object(), "held_until_local"));
             },
             {{"for", "--for"},
              {why_name, fmt::format("--{}", why_name)},
              {"for_post", "--for-post"},
              {"channel", "--channel"}});
}

}  // namespace

int send_event(const Target& target, const EventOptions& options) {
  json::object body = event_body(options);
  body["links"] = pairs(options.links, "--link");
  const std::string path = options.item.empty()
                               ? std::string{"events"}
                               : fmt::format("items/{}/events", encoded(options.item));
  return ask(target, "POST", board_path(target, path), json::serialize(body),
             [](const json::object& answer) {
               if (flag_of(answer, "proposed")) return say_proposed(answer);
               fmt::print("{} is now {}\n", text_of(answer, "reference"), text_of(answer, "state"));
               print_outcome(answer);
             },
             event_options(body));
}

int send_children_event(const Target& target, const EventOptions& options,
                        const ChildrenOptions& children) {
  json::object body = event_body(options);
  if (children.table.empty()) {
    put(body, "kind", children.kind);
    put(body, "state", children.state);
  } else {
    std::ifstream input{children.table, std::ios::binary};
    if (!input) throw Usage(fmt::format("{}: this file cannot be read.", children.table));
    std::stringstream text;
    text << input.rdbuf();
    body["csv"] = text.str();
    boost::system::error_code failed;
    json::parse(json::serialize(body["csv"]), failed);
    if (failed || text.str().find('\0') != std::string::npos)
      throw Usage(fmt::format("{}: this file is not UTF-8; save it as \"CSV UTF-8\".", children.table));
  }
  return ask(target, "POST",
             board_path(target, fmt::format("items/{}/children/events", encoded(options.item))),
             json::serialize(body), [](const json::object& answer) {
               fmt::print("{}: {} changed, {} begun\n", text_of(answer, "reference"),
                          text_of(answer, "changed"), rows_of(answer, "created").size());
               print_outcome(answer);
             },
             event_options(body));
}

int acknowledge(const Target& target, const HoldOptions& options) {
  return hold(target, options, "acknowledge", "progress");
}

int suspend(const Target& target, const HoldOptions& options) {
  return hold(target, options, "suspend", "reason");
}

int show_item(const Target& target, const std::string& item) {
  return ask(target, "GET", board_path(target, "items/" + encoded(item)), "",
             [](const json::object& answer) {
               const std::string agency = text_of(answer, "agency");
               fmt::print("{}  {}{}{}\n{} since {}, version {}\n", text_of(answer, "reference"),
                          text_of(answer, "kind_title"), agency.empty() ? "" : " of ", agency,
                          text_of(answer, "state_title"), text_of(answer, "entered_local"),
                          text_of(answer, "version"));
               if (const auto* fields = answer.if_contains("fields"))
                 for (const auto& field : fields->as_object())
                   fmt::print("  {:<24} {}\n", on_screen(field.key()),
                              text_of(fields->as_object(), field.key()));
               if (text_of(answer, "hidden_fields") != "0")
                 fmt::print("  ({} more that are not yours to see)\n", text_of(answer, "hidden_fields"));
               if (const auto* rating = answer.if_contains("rating")) {
                 const auto& row = rating->as_object();
                 fmt::print("  {:<24} {} ({}): {}{}\n", "rated by its dates", text_of(row, "colour"),
                            text_of(row, "meaning"), text_of(row, "reason"),
                            flag_of(row, "disagrees") ? "; the owner says otherwise" : "");
                 if (text_of(row, "days_slipped") != "0")
                   fmt::print("  {:<24} {} days\n", "slipped by", text_of(row, "days_slipped"));
               }
               for (const auto& entry : rows_of(answer, "assignments")) {
                 const auto& row = entry.as_object();
                 fmt::print("  {:<24} {}{}\n", text_of(row, "role"), text_of(row, "person"),
                            text_of(row, "to_local").empty() ? "" : " (ended)");
               }
               for (const auto& entry : rows_of(answer, "links")) {
                 const auto& row = entry.as_object();
                 fmt::print("  {:<24} {} {}\n", text_of(row, "kind"),
                            flag_of(row, "outgoing") ? "to" : "from", text_of(row, "reference"));
               }
               if (const auto& owed = rows_of(answer, "obligations"); !owed.empty()) {
                 fmt::print("\nObligations\n");
                 std::vector<std::vector<Cell>> rows;
                 for (const auto& row : owed) rows.push_back(obligation_cells(row.as_object()));
                 print_table({"ID", "WHAT", "OWED BY", "DUE", "FAMILY", "RUNGS", ""}, rows);
               }
               print_offers(answer);
               fmt::print("\nHistory\n");
               print_history(rows_of(answer, "history"), text_of(answer, "id"));
             });
}

int list_obligations(const Target& target, const Query& query) {
  return ask(target, "GET", board_path(target, "obligations", query), "",
             [](const json::object& answer) {
               std::vector<std::vector<Cell>> rows;
               for (const auto& entry : rows_of(answer, "obligations")) {
                 auto cells = obligation_cells(entry.as_object());
                 cells.insert(cells.begin() + 1, text_of(entry.as_object(), "reference"));
                 rows.push_back(std::move(cells));
               }
               print_table({"ID", "ITEM", "WHAT", "OWED BY", "DUE", "FAMILY", "RUNGS", ""}, rows);
               if (const auto next = text_of(answer, "next"); !next.empty())
                 fmt::print("More: --after {}\n", next);
             });
}

namespace {

void print_health_tables(const json::object& body) {
  fmt::print("{}, version {}, since {}\n", text_of(body, "status"), text_of(body, "version"),
             text_of(body, "started_at"));
  for (const auto& reason : rows_of(body, "reasons"))
    fmt::print("{}: {}\n", text_of(reason.as_object(), "level"), text_of(reason.as_object(), "text"));
  std::vector<std::vector<Cell>> rows;
  for (const auto& entry : rows_of(body, "workers")) {
    const auto& row = entry.as_object();
    const bool ok = flag_of(row, "ok");
    rows.push_back({text_of(row, "name"), {ok ? "ok" : "failing", !ok}, text_of(row, "last_pass"),
                    text_of(row, "busy_since"), text_of(row, "trouble_since"), text_of(row, "trouble")});
  }
  fmt::print("\n");
  print_table({"WORKER", "", "LAST PASS", "BUSY SINCE", "TROUBLE SINCE", "WORDS"}, rows);
  const json::object& mail = body.at("mail").as_object();
  const json::object& database = body.at("database").as_object();
  std::string on_hold;
  for (const auto& board : rows_of(mail, "boards_on_hold")) {
    if (!on_hold.empty()) on_hold += " ";
    on_hold += on_screen(board.as_string());
  }
  fmt::print("\n");
  print_table({"MAIL", "", ""},
              {{"mode", text_of(mail, "mode"), text_of(mail, "way")},
               {"relay in trouble since", text_of(mail, "relay_trouble_since"), text_of(mail, "relay_said")},
               {"not gone out, held", text_of(mail, "unsent"), text_of(mail, "held")},
               {"oldest not gone out", text_of(mail, "oldest_unsent"), ""},
               {"of immediate risk", text_of(mail, "oldest_unsent_urgent"), ""},
               {"boards on hold", on_hold, ""}});
  fmt::print("\n");
  const bool stored = flag_of(database, "ok");
  print_table({"DATABASE", "READ AT", "WORDS"}, {{{stored ? "ok" : "failing", !stored},
                                                  text_of(database, "read_at"), text_of(database, "trouble")}});
}

}  // namespace

int list_journal(const Target& target, const Query& query) {
  return ask(target, "GET", board_path(target, "journal", query), "", [](const json::object& answer) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : rows_of(answer, "journal")) {
      const auto& row = entry.as_object();
      const std::string for_post = text_of(row, "for_post");
      rows.push_back({text_of(row, "seq"), text_of(row, "recorded_local"),
                      text_of(row, "actor") + (for_post.empty() ? "" : " for " + for_post),
                      text_of(row, "what"), text_of(row, "reference"),
                      text_of(row, "chain").substr(0, 12)});
    }
    print_table({"SEQ", "RECORDED", "BY", "WHAT", "ITEM", "CHAIN"}, rows);
    if (const auto next = text_of(answer, "next"); !next.empty()) fmt::print("More: --after {}\n", next);
  });
}

int print_health(const Target& target) {
  const Reply reply = send_request(target.socket, "GET", "/v1/health", "");
  boost::system::error_code failed;
  const json::value parsed = json::parse(reply.body, failed);
  // A service that cannot even say how it is answers with a problem.
  if (failed || !parsed.is_object() || !parsed.as_object().contains("reasons")) return say_problem(target, reply);
  if (target.json)
    fmt::print("{}\n", reply.body);
  else
    print_health_tables(parsed.as_object());
  return reply.ok() ? 0 : exit_of("unavailable");
}

int list_boards(const Target& target) {
  return ask(target, "GET", "/v1/boards", "", [](const json::object& answer) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : rows_of(answer, "boards")) {
      const auto& row = entry.as_object();
      rows.push_back({text_of(row, "id"), text_of(row, "title"), text_of(row, "person")});
    }
    print_table({"BOARD", "TITLE", "YOU ARE"}, rows);
  });
}

}  // namespace assured::cli
