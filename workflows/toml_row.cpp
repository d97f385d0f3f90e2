#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "workflows/programme_reading.hpp"

namespace assured::reading {

namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date with a time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::optional<std::string> stored_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto* date = node.as_date())
    return fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
  return std::nullopt;
}

}  // namespace

Row::Row(const toml::table& table, const std::string& file, std::string path, Mistakes& mistakes)
    : table_(&table), file_(&file), path_(std::move(path)), mistakes_(&mistakes) {
  if (!path_.empty()) mistakes_->note_place(path_, place());
  for (const auto& [key, node] : *table_)
    mistakes_->note_place(path_of(key.str()), place_of(key.source()));
}

SourcePlace Row::place_of(const toml::source_region& source) const {
  return {*file_, source.begin.line, source.begin.column};
}

std::string Row::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

SourcePlace Row::place_of_key(std::string_view key) const {
  const auto found = table_->find(key);
  return found == table_->end() ? place() : place_of(found->first.source());
}

void Row::mistake(std::string_view key, std::string message, std::string remedy) const {
  mistakes_->add(place_of_key(key), path_of(key), std::move(message), std::move(remedy));
}

void Row::missing(std::string_view key, std::string remedy) const {
  mistake(key, "this key is missing", std::move(remedy));
}

const toml::node* Row::find(std::string_view key) {
  asked_.emplace(key);
  const auto found = table_->find(key);
  return found == table_->end() ? nullptr : &found->second;
}

bool Row::has(std::string_view key) { return find(key) != nullptr; }

std::optional<std::string> Row::text(std::string_view key) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  auto text = node->value_exact<std::string>();
  if (!text) {
    mistake(key, fmt::format("this is {}, not a text", type_name(*node)), "write it in quotes");
    return std::nullopt;
  }
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    mistake(key, "this text is empty", "write something, or leave the key out");
    return std::nullopt;
  }
  return text;
}

std::string Row::required_text(std::string_view key, std::string remedy) {
  if (!has(key)) {
    missing(key, std::move(remedy));
    return {};
  }
  return text(key).value_or(std::string{});
}

bool Row::flag(std::string_view key) {
  const auto* node = find(key);
  if (!node) return false;
  const auto flag = node->value_exact<bool>();
  if (!flag)
    mistake(key, fmt::format("this is {}, not true or false", type_name(*node)),
            "write true or false, without quotes");
  return flag.value_or(false);
}

std::optional<int> Row::number(std::string_view key) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  const auto number = node->value_exact<std::int64_t>();
  if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
    mistake(key, "this is not a whole number from 0 upwards", "write 5, without quotes");
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

std::vector<std::string> Row::texts(std::string_view key) {
  const auto* node = find(key);
  if (!node) return {};
  const auto* list = node->as_array();
  if (!list) {
    mistake(key, fmt::format("this is {}, not a list of texts", type_name(*node)),
            "write [\"one\", \"two\"]");
    return {};
  }
  std::vector<std::string> out;
  for (const auto& entry : *list) {
    if (auto text = entry.value_exact<std::string>())
      out.push_back(std::move(*text));
    else
      mistakes_->add(place_of(entry.source()), path_of(key),
                     fmt::format("there is {} in this list of texts", type_name(entry)),
                     "write it in quotes");
  }
  return out;
}

std::vector<std::string> Row::text_or_texts(std::string_view key) {
  const auto* node = find(key);
  if (!node || node->is_array()) return texts(key);
  auto one = text(key);
  return one ? std::vector<std::string>{std::move(*one)} : std::vector<std::string>{};
}

std::optional<std::string> Row::stored(std::string_view key) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  auto value = stored_text(*node);
  if (!value)
    mistake(key, fmt::format("this is {}, which is not a value of a field", type_name(*node)),
            "write a text, a whole number, true, false or a date");
  return value;
}

std::optional<Span> Row::span(std::string_view key, bool allow_sign) {
  const auto written = text(key);
  if (!written) return std::nullopt;
  const auto span = parse_span(*written, allow_sign);
  if (!span) {
    mistake(key, span.error().message);
    return std::nullopt;
  }
  return *span;
}

std::optional<TimeOfDay> Row::time(std::string_view key) {
  const auto written = text(key);
  if (!written) return std::nullopt;
  const auto time = parse_time_of_day(*written);
  if (!time) {
    mistake(key, fmt::format("'{}' is not a time of day", *written), "write 09:00 or 17:30");
    return std::nullopt;
  }
  return *time;
}

namespace {

constexpr std::string_view role_remedy =
    "write owner, owner.above, owner.above2, assigned:ROLE, agency:ROLE, board:POST, body:BODY or "
    "anyone";

std::string role_mistake(std::string_view text) {
  return fmt::format("'{}' does not say who", text);
}

}  // namespace

std::optional<RoleTerm> Row::role(std::string_view key) {
  if (!has(key)) return std::nullopt;
  const auto written = text(key);
  if (!written) return unread_role();
  const auto term = parse_role_term(*written);
  if (!term) {
    mistake(key, role_mistake(*written), std::string{role_remedy});
    return unread_role();
  }
  return term;
}

std::vector<RoleTerm> Row::roles(std::string_view key) {
  std::vector<RoleTerm> out;
  for (const auto& written : texts(key)) {
    const auto term = parse_role_term(written);
    if (!term) mistake(key, role_mistake(written), std::string{role_remedy});
    out.push_back(term.value_or(unread_role()));
  }
  return out;
}

std::optional<Family> Row::family(std::string_view key) {
  const auto written = text(key);
  if (!written) return std::nullopt;
  if (*written == "A") return Family::a;
  if (*written == "B") return Family::b;
  if (*written == "C") return Family::c;
  mistake(key, fmt::format("there is no family '{}'", *written),
          "write A for unsafe practice, B for professional disagreement, C for chasing");
  return std::nullopt;
}

std::optional<Row> Row::table(std::string_view key) {
  const auto* node = find(key);
  if (!node) return std::nullopt;
  const auto* table = node->as_table();
  if (!table) {
    mistake(key, fmt::format("this is {}, not a table", type_name(*node)),
            fmt::format("write {} = {{ ... }}, or a [{}] table", key, path_of(key)));
    return std::nullopt;
  }
  return Row{*table, *file_, path_of(key), *mistakes_};
}

std::vector<Row> Row::tables(std::string_view key) {
  const auto* node = find(key);
  if (!node) return {};
  const auto* list = node->as_array();
  if (!list) {
    mistake(key, fmt::format("this is {}, not a list of tables", type_name(*node)),
            fmt::format("write {} = [{{ ... }}], or [[{}]] tables", key, path_of(key)));
    return {};
  }
  std::vector<Row> rows;
  std::size_t index = 0;
  for (const auto& entry : *list) {
    ++index;
    const auto path = fmt::format("{}[{}]", path_of(key), index);
    if (const auto* table = entry.as_table())
      rows.emplace_back(*table, *file_, path, *mistakes_);
    else
      mistakes_->add(place_of(entry.source()), path,
                     fmt::format("this is {}, not a table", type_name(entry)), "write { ... }");
  }
  return rows;
}

std::vector<std::pair<std::string, Row>> Row::entries(std::string_view key) {
  const auto container = table(key);
  if (!container) return {};
  std::vector<std::pair<std::string, Row>> rows;
  for (const auto& [name, node] : *container->table_) {
    if (const auto* table = node.as_table())
      rows.emplace_back(
          std::string{name.str()},
          Row{*table, *file_, fmt::format("{}.{}", container->path_, name.str()), *mistakes_});
    else
      container->mistake(name.str(), fmt::format("this is {}, not a table", type_name(node)),
                         fmt::format("write a [{}.{}] table", container->path_, name.str()));
  }
  // toml++ sorts by name; the order in the file is the order in which people think.
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    const auto one = a.second.place(), other = b.second.place();
    return std::pair{one.line, one.column} < std::pair{other.line, other.column};
  });
  return rows;
}

std::vector<std::pair<std::string, std::string>> Row::all_stored(std::string_view except) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, node] : *table_)
    if (key.str() == except)
      continue;
    else if (auto value = stored(key.str()))
      out.emplace_back(std::string{key.str()}, std::move(*value));
  return out;
}

std::vector<std::string> Row::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, node] : *table_) out.emplace_back(key.str());
  return out;
}

void Row::finish() {
  const std::vector<std::string> known{asked_.begin(), asked_.end()};
  for (const auto& [key, node] : *table_) {
    if (asked_.find(key.str()) != asked_.end()) continue;
    mistake(key.str(), "there is no such key here", suggest(key.str(), known));
  }
}

bool note_name(const std::string& what, const std::string& path, const Row& row) {
  const auto first = row.mistakes().place_of(path);
  const auto here = row.place();
  if (first.file == here.file) return true;  // within one file TOML itself forbids it
  row.mistakes().add(here, path, fmt::format("two {} of one name", what),
                     fmt::format("the other is at {}:{}:{}; keep one of them", first.file,
                                 first.line, first.column));
  return false;
}

void parse_documents(const std::vector<SourceText>& files, const ProgrammeLimits& limits,
                     std::vector<Document>& documents, Mistakes& mistakes) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  documents.reserve(files.size());
  for (const auto& file : files) {
    const SourcePlace top{file.file, 1, 1};
    if (file.text.size() > limits.file_bytes_max) {
      mistakes.add({file.file, 0, 0}, {},
                   fmt::format("the file has {} bytes, more than the limit of {}", file.text.size(),
                               limits.file_bytes_max),
                   "spread the tables over several files in one folder");
      continue;
    }
    if (file.text == byte_order_mark) {
      mistakes.add(top, {}, "the file holds a byte order mark and nothing else",
                   "write the programme into it, or remove it");
      continue;
    }
    try {
      documents.push_back({file.file, parse_toml(file.text, file.file)});
    } catch (const toml::parse_error& error) {
      const auto at = error.source().begin;
      mistakes.add({file.file, at.line, at.column}, {},
                   fmt::format("this is not TOML: {}", error.description()),
                   "the rest of this file is read once this is put right");
    }
  }
}

}  // namespace assured::reading
