#include "store/body.hpp"

#include <boost/json.hpp>
#include <utility>

namespace assured::store {
namespace {

namespace json = boost::json;

[[noreturn]] void fail() { throw StoreError("A journal body cannot be read; run verify.", false); }

json::string_view js(std::string_view text) { return {text.data(), text.size()}; }

json::value to_json_value(const Cell& cell, const json::storage_ptr& memory) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return json::value(*number, memory);
  if (const auto* text = std::get_if<std::string>(&cell)) return json::value(js(*text), memory);
  return json::value(nullptr, memory);
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

json::object encode(const Change& change, const json::storage_ptr& memory) {
  const Table& table = *change.table;
  const Row& named = change.now ? *change.now : *change.was;
  json::array key(memory);
  for (std::size_t i = 0; i < table.keys; ++i) key.push_back(to_json_value(named[i], memory));
  json::object out(memory);
  out["t"] = js(table.name);
  out["k"] = std::move(key);
  if (change.was) {
    json::object was(memory);
    for (std::size_t i = table.keys; i < table.columns.size(); ++i)
      if (!std::holds_alternative<std::monostate>((*change.was)[i]))
        was[js(table.columns[i])] = to_json_value((*change.was)[i], memory);
    out["was"] = std::move(was);
  }
  if (change.now) {
    json::object now(memory);
    for (std::size_t i = table.keys; i < table.columns.size(); ++i) {
      const Cell& cell = (*change.now)[i];
      const bool changed =
          change.was ? cell != (*change.was)[i] : !std::holds_alternative<std::monostate>(cell);
      if (changed) now[js(table.columns[i])] = to_json_value(cell, memory);
    }
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
  // All of it goes at once: taken from few large pieces, and none of them freed one by one.
  json::monotonic_resource pieces;
  const json::storage_ptr memory = &pieces;
  json::array changes(memory), lines(memory);
  for (const auto& change : body.changes) changes.emplace_back(encode(change, memory));
  for (const auto& line : body.lines)
    lines.emplace_back(json::object(
        {{"item", line.item.value}, {"what", js(line.what)}, {"text", js(line.text)}}, memory));
  json::object out(memory);
  out["changes"] = std::move(changes);
  out["lines"] = std::move(lines);
  if (!body.reason.empty()) out["reason"] = js(body.reason);
  if (!body.disposed.empty())
    out["disposed"] = json::array(body.disposed.begin(), body.disposed.end(), memory);
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
