// Aligned columns for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assured::cli {

// Whether standard output takes colours: a terminal, and the user has not said NO_COLOR.
bool wants_colour();

// Text of others made fit for a terminal, which would obey the control characters in it: each as an escape,
// "\\x1b", a line's end as a space unless lines are kept.
enum class Lines { joined, kept };
std::string on_screen(std::string_view text, Lines lines = Lines::joined);

struct Cell {
  Cell(std::string text_) : text(std::move(text_)) {}
  Cell(const char* text_) : text(text_) {}
  Cell(std::string text_, bool alarming_) : text(std::move(text_)), alarming(alarming_) {}
  std::string text;
  bool alarming = false;  // shown in red where colours are
};

// Rows below `head`, columns as wide as their widest cell; no trailing spaces.
std::string to_table(const std::vector<std::string>& head, const std::vector<std::vector<Cell>>& rows,
                     bool colour);
// The same on standard output.
void print_table(const std::vector<std::string>& head, const std::vector<std::vector<Cell>>& rows);

}  // namespace assured::cli
