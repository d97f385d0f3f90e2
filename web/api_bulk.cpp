// One event on many children of an item, or the start of many, from rows or from a table.
#include <fmt/format.h>

#include "web/json_text.hpp"
#include "web/problem.hpp"
#include "workflows/apply_bulk.hpp"
#include "workflows/csv_text.hpp"

namespace assured::web {

namespace {

constexpr std::string_view assign_prefix = "assign:";

Result<BulkCommand::Row> read_row(Context& context, const json::value& entry, std::size_t number) {
  const std::string place = fmt::format("rows[{}]", number);
  if (!entry.is_object()) return Error{Errc::invalid, "A row is an object.", place};
  BulkCommand::Row row;
  row.number = number;
  for (const auto& member : entry.get_object())
    if (member.key() != "item" && member.key() != "fields" && member.key() != "assign")
      return Error{Errc::invalid, "A row has item, fields and assign.",
                   fmt::format("{}.{}", place, std::string_view{member.key()})};
  const auto reference = read_text(entry.get_object(), "item");
  const auto fields = read_texts(entry.get_object(), "fields");
  const auto assign = read_texts(entry.get_object(), "assign");
  const auto in_row = [&](const Error& error) {
    return Error{error.code, error.message, fmt::format("{}.{}", place, error.field)};
  };
  if (!reference) return in_row(reference.error());
  if (!fields) return in_row(fields.error());
  if (!assign) return in_row(assign.error());
  if (!reference->empty()) {
    const auto item = find_item(context, *reference);
    if (!item) return in_row({item.error().code, item.error().message, "item"});
    row.item = item->id;
  }
  row.fields = *fields;
  row.assign = *assign;
  return row;
}

Result<void> read_rows(Context& context, const json::object& body, BulkCommand& command) {
  const json::value* rows = body.if_contains("rows");
  if (rows == nullptr || rows->is_null()) return {};
  if (!rows->is_array() || rows->get_array().empty())
    return Error{Errc::invalid, "This must be a list with at least one row.", "rows"};
  for (const json::value& entry : rows->get_array()) {
    auto row = read_row(context, entry, command.rows.size() + 1);
    if (!row) return row.error();
    command.rows.push_back(std::move(*row));
  }
  return {};
}

// The first row names the columns: item, assign:ROLE, or a field. An empty cell says nothing.
Result<void> read_table(Context& context, const json::object& body, BulkCommand& command) {
  const auto csv = read_text(body, "csv");
  if (!csv) return csv.error();
  if (csv->empty()) return {};
  if (!command.rows.empty())
    return Error{Errc::invalid, "Send rows or a table, not both.", "csv"};
  const CsvTable table = split_csv(*csv);
  if (!table.is_closed)
    return Error{Errc::invalid,
                 fmt::format("row {}: a quote that begins here is not closed", table.rows.size()), "csv"};
  if (const auto separator = other_separator(table); !separator.empty())
    return Error{Errc::invalid, fmt::format("This file has {} between its columns; save it with commas.", separator),
                 "csv"};
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const auto& cells = table.rows[i];
    const auto& columns = table.rows.front();
    if (cells.size() == 1 && cells.front().empty()) continue;
    if (cells.size() > columns.size())
      return Error{Errc::invalid,
                   fmt::format("row {}: there are more fields than the first row has columns", i + 1),
                   "csv"};
    BulkCommand::Row row;
    row.number = i + 1;  // as spreadsheets count
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (cells[c].empty()) continue;
      if (columns[c] == "item") {
        const auto item = find_item(context, cells[c]);
        if (!item)
          return Error{item.error().code, fmt::format("row {}: {}", i + 1, item.error().message), "csv"};
        row.item = item->id;
      } else if (columns[c].starts_with(assign_prefix)) {
        row.assign[columns[c].substr(assign_prefix.size())] = cells[c];
      } else {
        row.fields[columns[c]] = cells[c];
      }
    }
    command.rows.push_back(std::move(row));
  }
  if (command.rows.empty())
    return Error{Errc::invalid, "There are no rows: the first one names the columns.", "csv"};
  return {};
}

// Every child of a kind, in a state or in any.
Result<void> read_filter(const Context& context, const json::object& body, BulkCommand& command) {
  const auto kind = read_text(body, "kind");
  const auto state = read_text(body, "state");
  if (!kind) return kind.error();
  if (!state) return state.error();
  if (!command.rows.empty()) {
    if (kind->empty() && state->empty()) return {};
    return Error{Errc::invalid, "Send rows, or a kind and a state, not both.", "kind"};
  }
  if (kind->empty()) return Error{Errc::invalid, "Send rows, or the kind of all that is meant.", "kind"};
  if (!knows_kind(context, *kind))
    return Error{Errc::invalid, "The board's programme has no such kind of item.", "kind"};
  if (!state->empty() && !knows_state(context, *kind, *state))
    return Error{Errc::invalid, "There is no such state.", "state"};
  command.kind = *kind;
  if (!state->empty()) command.states = {*state};
  return {};
}

}  // namespace

// items/{item}/children/events
Response post_children_event(Context& context, const Segments& rest) {
  const auto body = read_object(context.request.body,
                                {"event", "rows", "csv", "kind", "state", "fields", "assign", "reason",
                                 "for_post", "channel", "occurred_at", "expected_version"});
  if (!body) return problem(body.error());
  const auto parent = find_item(context, rest[1]);
  if (!parent) return problem(parent.error());
  auto shared = read_command(context, *body);
  if (!shared) return problem(shared.error());
  BulkCommand command;
  command.board = context.board_id;
  command.parent = parent->id;
  command.event = shared->event;
  command.fields = std::move(shared->fields);
  command.assign = std::move(shared->assign);
  command.reason = std::move(shared->reason);
  command.caller = std::move(shared->caller);
  command.expected_version = shared->expected_version;
  command.may_see = [&](const Item& child) { return context.may_see(child); };
  for (const auto& read : {read_rows(context, *body, command), read_table(context, *body, command),
                           read_filter(context, *body, command)})
    if (!read) return problem(read.error());
  if (command.rows.size() > bulk_rows_max)
    return problem({Errc::invalid, fmt::format("At most {} at a time.", bulk_rows_max), "rows"});
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto outcome = apply_bulk(tx, programmes, command, now);
                  if (!outcome) return outcome.error();
                  return Done{json::serialize(outcome_json(context, *outcome))};
                });
}

}  // namespace assured::web
