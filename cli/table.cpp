#include "cli/table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace assured::cli {

namespace {

// Characters, not bytes: titles and names are UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string on_screen(std::string_view text, Lines lines) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, which some terminals obey as well.
    const bool two = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (byte == '\n' || byte == '\t')
      out += lines == Lines::kept ? text[i] : ' ';
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else if (two)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    else
      out += text[i];
  }
  return out;
}

bool wants_colour() { return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

std::string to_table(const std::vector<std::string>& head, const std::vector<std::vector<Cell>>& rows,
                     bool colour) {
  std::vector<std::size_t> widths;
  for (const auto& title : head) widths.push_back(width_of(title));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i].text));

  std::string out;
  const auto add = [&](const std::string& text, std::size_t column, std::size_t columns,
                       const char* style) {
    const bool styled = colour && *style != '\0' && !text.empty();
    if (styled) out += style;
    out += text;
    if (styled) out += "\x1b[0m";
    if (column + 1 < columns) out += std::string(widths[column] - width_of(text) + 2, ' ');
  };
  const auto end_line = [&] {
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  for (std::size_t i = 0; i < head.size(); ++i) add(head[i], i, head.size(), "\x1b[1m");
  end_line();
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      add(row[i].text, i, head.size(), row[i].alarming ? "\x1b[31m" : "");
    end_line();
  }
  return out;
}

void print_table(const std::vector<std::string>& head, const std::vector<std::vector<Cell>>& rows) {
  fmt::print("{}", to_table(head, rows, wants_colour()));
  if (rows.empty()) fmt::print("none\n");
}

}  // namespace assured::cli
