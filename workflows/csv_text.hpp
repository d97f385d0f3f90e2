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

}  // namespace assured
