#include "store/body.hpp"

#include <boost/json.hpp>
#include <utility>

namespace assured::store {
namespace {

namespace json = boost::json;

[[noreturn]] void fail() { throw StoreError("A journal body cannot be read; run verify.", false); }

json::string_view js(std::string_view text) { return {text.data(), text.size()}; }

json::value to_json_value(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  if (const auto* text = std::get_if<std::string>(&cell)) return json::value(js(*text));
  return nullptr;
}

Cell cell_from(const json::value& value) {
  if (value.is_null()) return {};
  if (const auto* number = value.if_int64()) return *number;
  const auto* text = value.if_string();
  if (text == nullptr) fail();
  return std::string{text->data(), text->size()};
}

// Writes over `row` the columns that `object` names, none of them of the key.
void read_columns(const Table& table, const json::object& object, Row& row) {
  std::size_t read = 0;
  for (std::size_t i = table.keys; i < table.columns.size(); ++i) {
    const auto* value = object.if_contains(js(table.columns[i]));
    if (value == nullptr) continue;
    row[i] = cell_from(*value);
    ++read;
  }
  if (read != object.size()) fail();
}

json::object encode(const Change& change) {
  const Table& table = *change.table;
  json::array key;
  for (const auto& cell : change.key()) key.push_back(to_json_value(cell));
  json::object out{{"t", js(table.name)}, {"k", std::move(key)}};
  if (change.was) {
    json::object was;
    for (std::size_t i = table.keys; i < table.columns.size(); ++i)
      if (!std::holds_alternative<std::monostate>((*change.was)[i]))
        was[js(table.columns[i])] = to_json_value((*change.was)[i]);
    out["was"] = std::move(was);
  }
  if (change.now) {
    const Row before = change.was.value_or(Row(table.columns.size()));
    json::object now;
    for (std::size_t i = table.keys; i < table.columns.size(); ++i)
      if ((*change.now)[i] != before[i])
        now[js(table.columns[i])] = to_json_value((*change.now)[i]);
    out["now"] = std::move(now);
  }
  return out;
}

const json::object& as_object(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) fail();
  return *object;
}

const json::array& array_member(const json::object& object, json::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* array = value == nullptr ? nullptr : value->if_array();
  if (array == nullptr) fail();
  return *array;
}

std::string text_member(const json::object& object, json::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) fail();
  return {text->data(), text->size()};
}

Change decode(const json::object& object) {
  Change change;
  change.table = find_table(text_member(object, "t"));
  if (change.table == nullptr) fail();
  const auto& key = array_member(object, "k");
  if (key.size() != change.table->keys) fail();
  Row row(change.table->columns.size());
  for (std::size_t i = 0; i < key.size(); ++i) row[i] = cell_from(key[i]);
  if (const auto* was = object.if_contains("was")) {
    read_columns(*change.table, as_object(*was), row);
    change.was = row;
  }
  if (const auto* now = object.if_contains("now")) {
    read_columns(*change.table, as_object(*now), row);
    change.now = row;
  }
  if (!change.was && !change.now) fail();
  return change;
}

}  // namespace

std::string to_json(const Body& body) {
  json::array changes, lines;
  for (const auto& change : body.changes) changes.emplace_back(encode(change));
  for (const auto& line : body.lines)
    lines.emplace_back(
        json::object{{"item", line.item.value}, {"what", js(line.what)}, {"text", js(line.text)}});
  json::object out{{"changes", std::move(changes)}, {"lines", std::move(lines)}};
  if (!body.reason.empty()) out["reason"] = js(body.reason);
  if (!body.disposed.empty())
    out["disposed"] = json::array(body.disposed.begin(), body.disposed.end());
  if (body.restates) out["restates"] = true;
  return json::serialize(out);
}

Body parse_body(std::string_view text) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // what people typed is kept byte for byte
  boost::system::error_code code;
  const auto value = json::parse(js(text), code, {}, options);
  if (code) fail();
  const auto& object = as_object(value);
  Body body;
  for (const auto& change : array_member(object, "changes"))
    body.changes.push_back(decode(as_object(change)));
  for (const auto& line : array_member(object, "lines")) {
    const auto& row = as_object(line);
    const auto* item = row.if_contains("item");
    if (item == nullptr || !item->is_int64()) fail();
    body.lines.push_back(
        {ItemId{item->get_int64()}, text_member(row, "what"), text_member(row, "text")});
  }
  if (object.contains("reason")) body.reason = text_member(object, "reason");
  if (object.contains("disposed"))
    for (const auto& seq : array_member(object, "disposed")) {
      if (!seq.is_int64()) fail();
      body.disposed.push_back(seq.get_int64());
    }
  if (const auto* restates = object.if_contains("restates"))
    body.restates = restates->is_bool() && restates->get_bool();
  return body;
}

std::set<std::int64_t> items_of(const std::vector<Change>& changes) {
  std::set<std::int64_t> items;
  for (const auto& change : changes)
    for (const Row* row :
         {change.was ? &*change.was : nullptr, change.now ? &*change.now : nullptr})
      if (row != nullptr)
        for (const auto column : change.table->item_columns)
          if (const auto* id = std::get_if<std::int64_t>(&(*row)[column])) items.insert(*id);
  return items;
}

}  // namespace assured::store
