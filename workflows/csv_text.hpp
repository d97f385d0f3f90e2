// Tables as spreadsheets write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assured {

struct CsvTable {
  std::vector<std::vector<std::string>> rows;
  bool is_closed = true;  // false: a quote that begins in the last row is not closed
};

// The rows of a table (RFC 4180): a field with commas, quotes or line ends stands in quotes, a quote in
// it is doubled. A blank line is a row of one empty field. A byte order mark is passed over.
CsvTable split_csv(std::string_view csv);

// What stands between the columns where it is no comma, "semicolons" or "tabs", as spreadsheets of other
// settings write them: the whole first row is then one field. Empty: nothing of the kind.
std::string_view other_separator(const CsvTable& table);

}  // namespace assured
