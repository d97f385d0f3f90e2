// Items as lists: filtered, sorted, and the rolling plan by agency.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace assured::cli {

namespace {

// What has no date comes last.
std::string sort_key(const json::object& row, const std::string& by) {
  if (by != "due") return text_of(row, by);
  const std::string due = text_of(row, "due_at");
  return due.empty() ? "~" : due;
}

// Every page of a list of items. A refusal ends it: nothing then, and `code` is its exit code.
std::optional<json::array> all_items(const Target& target, Query query, int& code) {
  json::array items;
  query.erase("limit");
  for (;;) {
    const Reply reply = send_request(target.socket, "GET", board_path(target, "items", query), "");
    if (!reply.ok()) {
      code = say_problem(target, reply);
      return std::nullopt;
    }
    const auto body = json::parse(reply.body).as_object();
    for (const auto& row : rows_of(body, "items")) items.push_back(row);
    const std::string next = text_of(body, "next");
    if (next.empty()) return items;
    query["after"] = next;
  }
}

std::vector<Cell> item_cells(const json::object& row) {
  const bool late = flag_of(row, "late");
  return {text_of(row, "id"),
          text_of(row, "reference"),
          text_of(row, "kind"),
          text_of(row, "state"),
          text_of(row, "agency"),
          {text_of(row, "due_local"), late},
          {late ? "late" : "", true},
          text_of(row, "owed_by"),
          text_of(row, "owes")};
}

void print_items(const json::object& answer) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& entry : rows_of(answer, "items")) rows.push_back(item_cells(entry.as_object()));
  print_table({"ID", "REFERENCE", "KIND", "STATE", "AGENCY", "DUE", "", "OWED BY", "WHAT"}, rows);
  if (const auto next = text_of(answer, "next"); !next.empty()) fmt::print("More: --after {}\n", next);
}

long long days_late(const json::object& row) {
  const auto* days = row.if_contains("days_late");
  return days != nullptr && days->is_int64() ? days->get_int64() : 0;
}

}  // namespace

int list_items(const Target& target, const Query& query, const std::string& sort) {
  if (sort.empty()) return ask(target, "GET", board_path(target, "items", query), "", print_items);
  // Sorted over all pages, and cut afterwards: the first by date may be the last by number.
  std::size_t limit = std::string::npos;
  if (const auto given = query.find("limit"); given != query.end() && !given->second.empty()) {
    const char* end = given->second.data() + given->second.size();
    if (const auto [stop, failed] = std::from_chars(given->second.data(), end, limit);
        failed != std::errc{} || stop != end || limit == 0)
      throw Usage("--limit takes a whole number above 0.");
  }
  int code = 0;
  auto items = all_items(target, query, code);
  if (!items) return code;
  std::stable_sort(items->begin(), items->end(), [&](const json::value& a, const json::value& b) {
    return sort_key(a.as_object(), sort) < sort_key(b.as_object(), sort);
  });
  if (items->size() > limit) items->resize(limit);
  json::object answer;
  answer["items"] = std::move(*items);
  if (target.json)
    fmt::print("{}\n", json::serialize(answer));
  else
    print_items(answer);
  return 0;
}

int print_plan(const Target& target, const Query& query) {
  int code = 0;
  auto items = all_items(target, query, code);
  if (!items) return code;
  std::map<std::string, std::vector<const json::object*>> by_agency;
  for (const auto& entry : *items)
    by_agency[text_of(entry.as_object(), "agency")].push_back(&entry.as_object());
  json::array agencies;
  for (auto& [agency, rows] : by_agency) {
    std::stable_sort(rows.begin(), rows.end(), [](const json::object* a, const json::object* b) {
      if (days_late(*a) != days_late(*b)) return days_late(*a) > days_late(*b);
      return sort_key(*a, "due") < sort_key(*b, "due");
    });
    std::vector<std::vector<Cell>> cells;
    json::array shown;
    std::size_t late = 0;
    for (const json::object* row : rows) {
      if (flag_of(*row, "late")) ++late;
      shown.push_back(*row);
      const auto* rating = row->if_contains("rating");
      cells.push_back({text_of(*row, "reference"), text_of(*row, "state_title"),
                       text_of(*row, "due_local"),
                       {days_late(*row) > 0 ? fmt::format("{} d late", days_late(*row))
                        : flag_of(*row, "late") ? "late"
                                                : "",
                        true},
                       rating == nullptr ? std::string{} : text_of(rating->as_object(), "colour"),
                       text_of(*row, "owed_by"), text_of(*row, "owes")});
    }
    json::object group;
    group["agency"] = agency;
    group["late"] = late;
    group["items"] = std::move(shown);
    agencies.push_back(std::move(group));
    if (target.json) continue;
    fmt::print("{}: {} open, {} late\n", agency.empty() ? "the board" : agency, rows.size(), late);
    print_table({"REFERENCE", "STATE", "DUE", "", "RATED", "OWED BY", "WHAT"}, cells);
    fmt::print("\n");
  }
  if (target.json) {
    json::object answer;
    answer["agencies"] = std::move(agencies);
    fmt::print("{}\n", json::serialize(answer));
  } else if (by_agency.empty()) {
    fmt::print("Nothing is open.\n");
  }
  return 0;
}

}  // namespace assured::cli
