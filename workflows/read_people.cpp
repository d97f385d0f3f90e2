// The people file: data that a board changes weekly (S1.4), read with row-level errors.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workflows/directory.hpp"
#include "workflows/mistakes.hpp"
#include "workflows/printable.hpp"
#include "workflows/reading_people.hpp"
#include "workflows/toml_text.hpp"
#include "workflows/value.hpp"

namespace assured {

namespace {

using reading::suggest;

// One [[person]] table being read.
class PersonRow {
 public:
  PersonRow(const toml::table& table, std::size_t row, PeopleFile& file)
      : table_(table), row_(row), file_(file) {}

  void error(const std::string& field, const std::string& message) const {
    file_.errors.push_back({row_, printable(field), printable(message)});
  }

  std::string text(const toml::table& table, const std::string& field, bool required) const {
    const auto* node = table.get(field);
    if (!node) {
      if (required) error(field, "This is missing.");
      return {};
    }
    const auto written = node->value_exact<std::string>();
    if (!written || written->find_first_not_of(" \t") == std::string::npos) {
      error(field, "Write a text in quotes.");
      return {};
    }
    if (!is_printable(*written)) {
      error(field, "Write it on one line, without tabs and other control characters.");
      return {};
    }
    return *written;
  }

  // A date as TOML knows it, or in quotes.
  std::optional<Date> date(const toml::table& table, const std::string& field) const {
    const auto* node = table.get(field);
    if (!node) return std::nullopt;
    std::string written;
    if (const auto* day = node->as_date())
      written = fmt::format("{:04}-{:02}-{:02}", day->get().year, day->get().month, day->get().day);
    else if (const auto quoted = node->value_exact<std::string>())
      written = *quoted;
    const auto parsed = parse_date(written);
    if (parsed) return *parsed;
    error(field, "Write a date that exists as 2026-09-01.");
    return std::nullopt;
  }

  void unknown_keys(const toml::table& table, const std::vector<std::string>& known) const {
    for (const auto& [key, node] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        error(std::string{key.str()}, sentence("There is no such key", suggest(key.str(), known)));
  }

  void read(const Establishment& establishment, std::set<std::string>& ids);

 private:
  void read_holding(const toml::table& entry, const Establishment& establishment,
                    const std::string& person, const std::optional<std::string>& domain);

  const toml::table& table_;
  std::size_t row_;
  PeopleFile& file_;
};

void PersonRow::read_holding(const toml::table& entry, const Establishment& establishment,
                             const std::string& person, const std::optional<std::string>& domain) {
  unknown_keys(entry, {"post", "from", "to"});
  Holding holding;
  holding.person = person;
  holding.post = text(entry, "post", true);
  if (!entry.contains("from")) error("from", "Say since when the post is held.");
  const auto from = date(entry, "from");
  if (from) holding.from = *from;
  holding.to = date(entry, "to");
  add_holding(holding, from.has_value(), domain, establishment, row_, file_);
}

void PersonRow::read(const Establishment& establishment, std::set<std::string>& ids) {
  unknown_keys(table_, {"id", "name", "mail", "phone", "posts"});
  Person person;
  person.id = text(table_, "id", true);
  person.name = text(table_, "name", true);
  person.mail = with_small_domain(text(table_, "mail", true));
  person.phone = text(table_, "phone", false);
  if (!person.id.empty() && !ids.insert(person.id).second)
    error("id", fmt::format("There are two people with the id '{}'.", person.id));
  const auto domain = check_person(person, row_, file_);
  const auto* node = table_.get("posts");
  const auto* posts = node ? node->as_array() : nullptr;
  if (!posts || posts->empty()) {
    error("posts",
          "Name at least one post: posts = [{ post = \"qa-officer\", from = 2026-09-01 }].");
  } else {
    for (const auto& entry : *posts) {
      if (const auto* holding = entry.as_table())
        read_holding(*holding, establishment, person.id, domain);
      else
        error("posts", "Write each post as { post = \"...\", from = 2026-09-01 }.");
    }
  }
  file_.persons.push_back(std::move(person));
}

}  // namespace

PeopleFile parse_people(std::string_view toml, std::string_view source,
                        const Establishment& establishment) {
  PeopleFile file;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (toml.substr(0, 3) == byte_order_mark) toml.remove_prefix(3);
  if (toml.empty()) {
    file.errors.push_back({0, {}, "The file is empty."});
    return file;
  }
  if (!is_utf8(toml)) {
    file.errors.push_back({0, {}, "This file is not UTF-8; save it as UTF-8."});
    return file;
  }
  try {
    const auto root = reading::parse_toml(toml, source);
    for (const auto& [key, node] : root)
      if (key.str() != "person")
        file.errors.push_back(
            {0, printable(key.str()),
             sentence("There is no such key", suggest(key.str(), {"person"}))});
    const auto* rows = root.get_as<toml::array>("person");
    if (!rows) {
      file.errors.push_back({0, "person", "There is no [[person]] table in this file."});
      return file;
    }
    std::set<std::string> ids;
    std::size_t number = 0;
    for (const auto& entry : *rows) {
      ++number;
      if (const auto* table = entry.as_table())
        PersonRow{*table, number, file}.read(establishment, ids);
      else
        file.errors.push_back({number, "person", "Write each person as a [[person]] table."});
    }
  } catch (const toml::parse_error& error) {
    file.errors.push_back({0,
                           {},
                           printable(fmt::format("Line {} of {} is not TOML: {}.",
                                                          error.source().begin.line, source,
                                                          error.description()))});
  }
  return file;
}

}  // namespace assured
