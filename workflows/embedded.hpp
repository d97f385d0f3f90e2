// Files compiled into the program: migrations, default templates, the example board.
#pragma once

#include <span>
#include <string_view>

namespace assured::embedded {

struct File {
  std::string_view path;  // relative to the folder that embeds it
  std::string_view text;
};

std::span<const File> migrations();     // store/migrations, in order of number
std::span<const File> example_board();  // config: programme, people and story of the example

}  // namespace assured::embedded
