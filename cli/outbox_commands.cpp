// Mail: what was sent, what waits, what is held and what becomes of it.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace assured::cli {

namespace {

void print_prompts(const json::array& prompts) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& entry : prompts) {
    const auto& row = entry.as_object();
    if (text_of(row, "state") == "noticed") continue;  // shown as the notices made from it
    rows.push_back({text_of(row, "id"), text_of(row, "reference"), text_of(row, "to"),
                    text_of(row, "template"), text_of(row, "family"),
                    text_of(row, "not_before_local"),
                    {text_of(row, "state"), text_of(row, "state") == "held"},
                    text_of(row, "why")});
  }
  if (rows.empty()) return;
  print_table({"PROMPT", "ITEM", "TO", "TEMPLATE", "FAMILY", "NOT BEFORE", "STATE", "WHY"}, rows);
  fmt::print("\n");
}

void print_notices(const json::array& notices) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& entry : notices) {
    const auto& row = entry.as_object();
    const std::string state = text_of(row, "state");
    rows.push_back({text_of(row, "id"), text_of(row, "reference"), text_of(row, "to"),
                    text_of(row, "address"), text_of(row, "template"),
                    text_of(row, "created_local"),
                    {state, state == "held" || state == "bounced"},
                    text_of(row, "attempts"), text_of(row, "next_try_local"), text_of(row, "said")});
  }
  print_table({"NOTICE", "ITEM", "TO", "ADDRESS", "TEMPLATE", "MADE", "STATE", "TRIES", "NEXT TRY",
               "THE RELAY SAID"},
              rows);
}

void print_outbox(const json::object& answer) {
  print_prompts(rows_of(answer, "prompts"));
  print_notices(rows_of(answer, "notices"));
  if (const auto* counts = answer.if_contains("counts"))
    fmt::print("\n{} wait to be sent, {} are held\n", text_of(counts->as_object(), "unsent"),
               text_of(counts->as_object(), "held"));
  // The oldest come first; what waits may be pages away.
  if (const auto next = text_of(answer, "next_prompt"); !next.empty())
    fmt::print("More: --after_prompt {} --after_notice {}; only what waits: --state pending, --state deferred\n",
               next, text_of(answer, "next_notice"));
}

}  // namespace

int list_outbox(const Target& target, const Query& query) {
  return ask(target, "GET", board_path(target, "outbox", query), "", print_outbox);
}

int list_held(const Target& target) {
  json::object all;
  Query query{{"state", "held"}};
  for (;;) {
    const Reply reply = send_request(target.socket, "GET", board_path(target, "outbox", query), "");
    if (!reply.ok()) return say_problem(target, reply);
    auto page = json::parse(reply.body).as_object();
    query["after_prompt"] = text_of(page, "next_prompt");
    query["after_notice"] = text_of(page, "next_notice");
    for (const char* list : {"prompts", "notices"}) {
      if (!all.contains(list)) all[list] = json::array{};
      for (const auto& row : rows_of(page, list)) all[list].as_array().push_back(row);
    }
    all["counts"] = page["counts"];
    if (query["after_prompt"].empty()) break;
  }
  if (target.json)
    fmt::print("{}\n", json::serialize(all));
  else
    print_outbox(all);
  return 0;
}

int list_notices_of(const Target& target, const std::string& item) {
  return ask(target, "GET", board_path(target, fmt::format("items/{}/notices", encoded(item))), "",
             [](const json::object& answer) {
               print_prompts(rows_of(answer, "prompts"));
               print_notices(rows_of(answer, "notices"));
             });
}

int show_notice(const Target& target, long long notice) {
  const Reply reply = send_request(target.socket, "GET",
                                   board_path(target, fmt::format("outbox/notices/{}", notice)), "");
  if (!reply.ok()) return say_problem(target, reply);
  if (target.json) {
    json::object body;
    body["notice"] = notice;
    body["bytes"] = reply.body;
    fmt::print("{}\n", json::serialize(body));
  } else {
    fmt::print("{}", on_screen(reply.body, Lines::kept));
  }
  return 0;
}

int end_hold(const Target& target, const HeldOptions& options, const std::string& action) {
  json::object body;
  body["reason"] = options.reason;
  return ask(target, "POST",
             board_path(target, fmt::format("outbox/{}s/{}/{}", options.what, options.id, action)),
             json::serialize(body), [&](const json::object& answer) {
               fmt::print("{} {} about {} is {}\n", options.what, text_of(answer, "id"), text_of(answer, "reference"),
                          action == "expire" ? "given up"
                                             : "released; it goes unless the mode or a hold keeps it back");
             });
}

int end_outbox_hold(const Target& target, const std::string& reason, bool give_up) {
  json::object body;
  body["reason"] = reason;
  body["give_up"] = give_up;
  return ask(target, "POST", board_path(target, "outbox/hold/end"), json::serialize(body),
             [](const json::object& answer) {
               fmt::print("mail is on hold no more: {} released, {} given up\n",
                          text_of(answer, "released"), text_of(answer, "given_up"));
             });
}

int say_looked_at(const Target& target, const HeldOptions& options) {
  json::object body;
  body["reason"] = options.reason;
  return ask(target, "POST",
             board_path(target, fmt::format("obligations/{}/resolve", options.id)),
             json::serialize(body), [&](const json::object& answer) {
               fmt::print("noted about {}\n", text_of(answer, "reference"));
             });
}

}  // namespace assured::cli
