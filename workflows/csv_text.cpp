#include "workflows/csv_text.hpp"

#include <utility>

namespace assured {

CsvTable split_csv(std::string_view csv) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (csv.starts_with(byte_order_mark)) csv.remove_prefix(byte_order_mark.size());
  CsvTable table;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false, begun = false;
  const auto end_cell = [&] { row.push_back(std::exchange(cell, {})); };
  const auto end_row = [&] {
    end_cell();
    table.rows.push_back(std::exchange(row, {}));
    begun = false;
  };
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    const bool doubled = quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"';
    if (doubled) ++i;
    if (c == '"' && !doubled && (quoted || cell.empty())) {
      quoted = !quoted;
      begun = true;
    } else if (!quoted && c == ',') {
      end_cell();
      begun = true;
    } else if (!quoted && c == '\n') {
      end_row();
    } else if (quoted || c != '\r') {
      cell += c;
      begun = true;
    }
  }
  if (begun) end_row();
  table.is_closed = !quoted;
  return table;
}

std::string_view other_separator(const CsvTable& table) {
  if (table.rows.empty() || table.rows.front().size() != 1) return {};
  const std::string& head = table.rows.front().front();
  if (head.find(';') != std::string::npos) return "semicolons";
  return head.find('\t') == std::string::npos ? std::string_view{} : "tabs";
}

}  // namespace assured
