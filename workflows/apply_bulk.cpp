#include "workflows/apply_bulk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/applying.hpp"
#include "workflows/deciding.hpp"

namespace assured {

namespace {

struct Step {
  std::size_t row;
  ItemId on;  // the child, or the parent under which one starts
  Event event;
};

// Which row it was, for somebody who sent a table.
Error in_row(Error error, std::size_t row, const std::string& reference) {
  error.message = fmt::format("row {}{}: {}", row,
                              reference.empty() ? "" : fmt::format(" ({})", reference), error.message);
  error.field = error.field.empty() ? fmt::format("rows[{}]", row)
                                    : fmt::format("rows[{}].{}", row, error.field);
  return error;
}

Result<std::vector<BulkCommand::Row>> rows_of(BoardReader& reader, const BulkCommand& command) {
  if (!command.rows.empty()) return command.rows;
  ItemFilter filter;
  filter.parent = command.parent;
  filter.kind = command.kind;
  filter.states = command.states;
  filter.limit = bulk_rows_max + 1;
  std::vector<BulkCommand::Row> rows;
  for (;;) {
    const auto page = reader.list_items(filter);
    for (const Item& child : page)
      if (!is_gone(child.state) && command.may_see(child))
        rows.push_back({rows.size() + 1, child.id, {}, {}});
    // Those that were passed over do not count: the page after this one may hold more.
    if (page.size() < filter.limit || rows.size() > bulk_rows_max) break;
    filter.after = page.back().id;
  }
  if (rows.empty()) return Error{Errc::refused, "nothing of that kind and state is below this item", "kind"};
  return rows;
}

// Each row's event on its item, with the texts read. `kinds`: of the children.
Result<std::vector<Step>> read_steps(BoardReader& reader, const Rules& rules, const Item& parent,
                                     const BulkCommand& command, Instant now,
                                     std::set<std::string>& kinds,
                                     std::vector<std::string>& warnings) {
  const auto rows = rows_of(reader, command);
  if (!rows) return rows.error();
  if (rows->size() > bulk_rows_max)
    return Error{Errc::invalid, fmt::format("at most {} at a time", bulk_rows_max), "rows"};
  std::vector<Step> steps;
  std::set<ItemId> seen;
  for (const BulkCommand::Row& row : *rows) {
    std::optional<Item> child;
    if (row.item) {
      child = reader.find_item(row.item);
      if (!child || child->parent != parent.id || !command.may_see(*child))
        return in_row({Errc::not_found, "there is no such item below this one", "item"}, row.number, {});
      if (!seen.insert(row.item).second)
        return in_row({Errc::invalid, "this item has a row already", "item"}, row.number, child->reference);
      if (is_gone(child->state))
        return in_row({Errc::refused, "it was undone, or its content removed", "item"}, row.number,
                      child->reference);
      kinds.insert(child->kind);
    }
    const Item& on = child ? *child : parent;
    if (const auto rule = find_event_rule(rules, &on, command.event);
        rule && !child && rule->start == nullptr)
      return in_row({Errc::invalid, fmt::format("“{}” starts nothing below this item", command.event),
                     "item"},
                    row.number, {});
    const std::string reference = child ? child->reference : std::string{};
    if (auto fits = check_occurred(command.caller.occurred_at.value_or(now), &on, now); !fits)
      return in_row(fits.error(), row.number, reference);
    Command one;
    one.event = command.event;
    one.fields = row.fields;
    one.fields.insert(command.fields.begin(), command.fields.end());
    Step step{row.number, on.id, event_of(command.caller, command.event, now)};
    step.event.assign = row.assign;
    step.event.assign.insert(command.assign.begin(), command.assign.end());
    step.event.reason = command.reason;
    if (auto read = read_fields(rules, reader, &on, one, step.event, warnings); !read)
      return in_row(read.error(), row.number, reference);
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<Decision> decide_bulk(const Rules& rules, const Item& parent, const Facts& facts,
                             const std::vector<Step>& steps, Instant now) {
  if (auto fits = check_event(rules, facts, &parent, steps.front().event, now); !fits)
    return fits.error();
  Deciding deciding(rules, facts, steps.front().event, now);
  deciding.add(parent);
  deciding.touch(parent.id);  // whose event it is
  for (const Step& step : steps) {
    deciding.event = step.event;
    const std::string reference = step.on == parent.id ? std::string{} : deciding.item(step.on).reference;
    if (auto done = deciding.run(step.on); !done) return in_row(done.error(), step.row, reference);
  }
  if (auto settled = deciding.settle(); !settled) return settled.error();
  Decision decision = deciding.take();
  decision.subject = parent.id;
  return decision;
}

}  // namespace

Result<Outcome> apply_bulk(WriteTx& tx, const Programmes& programmes, const BulkCommand& command,
                           Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  if (auto known = check_channel(command.caller); !known) return known.error();
  if (command.event == "correct")
    return Error{Errc::invalid, "correct the item itself: what was done to many below it was done on it", "event"};
  const auto parent = writer.find_item(command.parent);
  if (!parent) return Error{Errc::not_found, "there is no such item", "item"};
  if (is_gone(parent->state))
    return Error{Errc::refused, "it was undone, or its content removed; nothing can begin or end on it",
                 "item"};
  if (command.expected_version && *command.expected_version != parent->version)
    return Error{Errc::conflict, "somebody else changed this item; read it again", "expected_version"};

  const Rules rules = programmes.rules(**board, parent->programme);
  std::set<std::string> kinds;
  std::vector<std::string> warnings;
  const auto steps = read_steps(writer, rules, *parent, command, now, kinds, warnings);
  if (!steps) return steps.error();
  const Event& event = steps->front().event;
  const FactsNeeded needed =
      facts_needed_below(rules, *parent, writer.list_ancestors(*parent), kinds, event);
  Facts facts = load_facts(writer, rules, *parent, needed);
  auto decision = decide_with_ids(
      writer, facts.ids, [&] { return decide_bulk(rules, *parent, facts, *steps, now); });
  if (!decision) return decision.error();
  Outcome outcome = outcome_of(
      writer, head_of(command.caller, command.event, parent->id, event.occurred_at, command.reason),
      std::move(*decision), parent->id, now);
  outcome.warnings = std::move(warnings);
  return outcome;
}

}  // namespace assured
