// The people file as spreadsheets write it: a row for each post that somebody holds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "workflows/csv_text.hpp"
#include "workflows/mistakes.hpp"
#include "workflows/printable.hpp"
#include "workflows/reading_people.hpp"
#include "workflows/value.hpp"

namespace assured {

namespace {

constexpr std::array<std::string_view, 7> columns{"person", "name", "mail", "phone",
                                                  "post",   "from", "to"};

using Cells = std::vector<std::string>;

class CsvReader {
 public:
  CsvReader(const Establishment& establishment, PeopleFile& file)
      : establishment_(establishment), file_(file) {}

  // Which column is where. False when the header cannot be read.
  bool read_header(const Cells& header) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      const std::string name = trimmed(header[i]);
      if (std::find(columns.begin(), columns.end(), name) == columns.end())
        error(1, name, sentence("There is no such column",
                                reading::suggest(name, {columns.begin(), columns.end()})));
      else if (!places_.emplace(name, i).second)
        error(1, name, "This column is there twice.");
    }
    for (const std::string_view name : columns)
      if (!places_.contains(name) && name != "phone" && name != "to")
        error(1, name, "This column is missing; the first row names the columns.");
    return file_.errors.empty();
  }

  void read_row(std::size_t number, const Cells& cells) {
    const auto is_blank = [](const std::string& cell) { return trimmed(cell).empty(); };
    if (std::all_of(cells.begin(), cells.end(), is_blank)) return;
    if (cells.size() > places_.size()) {
      error(number, {}, "This row has more fields than the first one has columns.");
      return;
    }
    for (const std::string& cell : cells)
      if (!is_utf8(cell)) {
        error(number, {}, "This row is not UTF-8; save the file as \"CSV UTF-8\".");
        return;
      }
    if (!std::all_of(cells.begin(), cells.end(), [](const std::string& c) { return is_printable(c); })) {
      error(number, {}, "Write each field on one line, without tabs and other control characters.");
      return;
    }
    const auto domain = read_person(number, cells);
    Holding holding;
    holding.person = text(cells, "person");
    holding.post = required(number, cells, "post");
    const auto from = date(number, cells, "from");
    if (text(cells, "from").empty()) error(number, "from", "Say since when the post is held.");
    if (from) holding.from = *from;
    holding.to = date(number, cells, "to");
    add_holding(holding, from.has_value(), domain, establishment_, number, file_);
  }

 private:
  static std::string trimmed(const std::string& cell) {
    const auto first = cell.find_first_not_of(" \t");
    return first == std::string::npos ? std::string{}
                                      : cell.substr(first, cell.find_last_not_of(" \t") - first + 1);
  }

  void error(std::size_t row, std::string_view field, std::string_view message) {
    file_.errors.push_back({row, printable(field), printable(message)});
  }

  std::string text(const Cells& cells, std::string_view column) const {
    const auto place = places_.find(column);
    return place == places_.end() || place->second >= cells.size() ? std::string{}
                                                                   : trimmed(cells[place->second]);
  }

  std::string required(std::size_t row, const Cells& cells, std::string_view column) {
    std::string found = text(cells, column);
    if (found.empty()) error(row, column, "This is missing.");
    return found;
  }

  std::optional<Date> date(std::size_t row, const Cells& cells, std::string_view column) {
    const std::string written = text(cells, column);
    if (written.empty()) return std::nullopt;
    if (const auto parsed = parse_date(written)) return *parsed;
    error(row, column, "Write a date that exists as 2026-09-01.");
    return std::nullopt;
  }

  // Somebody's first row says who they are; further ones may repeat it or leave it out.
  std::optional<std::string> read_person(std::size_t row, const Cells& cells) {
    const std::string id = required(row, cells, "person");
    if (const auto known = rows_.find(id); !id.empty() && known != rows_.end()) {
      const auto& [first, domain] = known->second;
      const Person& person = file_.persons[first.second];
      for (const auto& [column, is] :
           {std::pair{"name", &person.name}, std::pair{"mail", &person.mail},
            std::pair{"phone", &person.phone}}) {
        std::string again = text(cells, column);
        if (is == &person.mail) again = with_small_domain(std::move(again));
        if (!again.empty() && again != *is)
          error(row, column, fmt::format("Row {} says something else of the same person.", first.first));
      }
      return domain;
    }
    Person person;
    person.id = id;
    person.name = required(row, cells, "name");
    person.mail = with_small_domain(required(row, cells, "mail"));
    person.phone = text(cells, "phone");
    const auto domain = check_person(person, row, file_);
    rows_[id] = {{row, file_.persons.size()}, domain};
    file_.persons.push_back(std::move(person));
    return domain;
  }

  const Establishment& establishment_;
  PeopleFile& file_;
  std::map<std::string, std::size_t, std::less<>> places_;  // of columns
  // Of people: their first row, their place in the file's persons, the domain of their mail.
  std::map<std::string, std::pair<std::pair<std::size_t, std::size_t>, std::optional<std::string>>> rows_;
};

}  // namespace

PeopleFile parse_people_csv(std::string_view csv, const Establishment& establishment) {
  PeopleFile file;
  const CsvTable table = split_csv(csv);
  const std::vector<Cells>& rows = table.rows;
  // A spreadsheet's other encodings: UTF-16 has no rows that could be named, a later row of Latin-1 has.
  if (csv.find('\0') != std::string_view::npos ||
      (!rows.empty() && !std::all_of(rows.front().begin(), rows.front().end(), is_utf8))) {
    file.errors.push_back({1, {}, "This file is not UTF-8; save it as \"CSV UTF-8\"."});
    return file;
  }
  if (!table.is_closed) {
    file.errors.push_back({rows.size(), {}, "A quote that begins here is not closed."});
    return file;
  }
  if (const auto separator = other_separator(table); !separator.empty()) {
    file.errors.push_back({1, {}, fmt::format("This file has {} between its columns; save it with commas.", separator)});
    return file;
  }
  if (rows.size() < 2) {
    file.errors.push_back({0, {}, "There are no people: the first row names the columns, the others "
                                  "say who holds which post."});
    return file;
  }
  CsvReader reader{establishment, file};
  if (!reader.read_header(rows.front())) return file;
  for (std::size_t i = 1; i < rows.size(); ++i) reader.read_row(i + 1, rows[i]);
  return file;
}

}  // namespace assured
