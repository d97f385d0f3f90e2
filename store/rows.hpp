// The journaled tables and how the domain's types become their rows and come back. One list of
// columns a table serves its statements, the journal's bodies and the replay, so that they cannot
// disagree.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/statement.hpp"
#include "workflows/item.hpp"

namespace assured::store {

// Cells in the order of a table's columns, without board.
using Row = std::vector<Cell>;

// A table that the journal covers.
struct Table {
  std::string name;
  std::vector<std::string> columns;       // the key first; `board` stands before them all
  std::size_t keys = 1;                   // how many of the columns make the key
  std::vector<std::size_t> item_columns;  // those that name an item this row concerns
  // The statements, made from the columns.
  std::string select;  // "SELECT columns FROM name WHERE board = $board"
  std::string find;    // by key
  std::string insert;  // gives a row unless the key is taken
  std::string remove;  // by key

  Row key_of(const Row& row) const {
    return Row(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(keys));
  }
};

const Table& items_table();
const Table& obligations_table();
const Table& fired_rungs_table();
const Table& assignments_table();
const Table& links_table();
const Table& approvals_table();
const Table& meetings_table();
const Table& persons_table();
const Table& holdings_table();
const Table& prompts_table();
const Table& notices_table();
const Table& notice_prompts_table();
const Table& definitions_table();
const Table& calendar_overrides_table();
const Table& files_table();

std::span<const Table* const> journaled_tables();
const Table* find_table(std::string_view name);

// "items (7)", for faults. Keys are ids and names, never values of fields; see S12.2.
std::string describe(const Table& table, const Row& key);

Row to_row(const Item& item);
Row to_row(const Obligation& obligation);  // without its fired rungs, which have their own rows
Row to_row(const FiredRung& fired, std::int64_t seq);
Row to_row(const Assignment& assignment);
Row to_row(const Link& link);
Row to_row(const Approval& approval);
Row to_row(const FileRecord& file);
Row to_row(const Meeting& meeting);
Row to_row(const Person& person);
Row to_row(const Holding& holding);
Row to_row(const Prompt& prompt);
Row to_row(const Notice& notice);  // without its prompts and its delivery: journaled states only
Row to_row(NoticeId notice, PromptId prompt);
Row to_row(const CalendarOverride& day);

// Throws: StoreError, for a row that this program cannot have written.
Item item_from(const Row& row);
Obligation obligation_from(const Row& row);
FiredRung fired_rung_from(const Row& row);
Assignment assignment_from(const Row& row);
Link link_from(const Row& row);
Approval approval_from(const Row& row);
FileRecord file_from(const Row& row);
Meeting meeting_from(const Row& row);
Person person_from(const Row& row);
Holding holding_from(const Row& row);
Prompt prompt_from(const Row& row);
Notice notice_from(const Row& row);
NoticeState notice_state_from(std::string_view text);
CalendarOverride calendar_override_from(const Row& row);

}  // namespace assured::store
