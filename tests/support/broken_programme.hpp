// The small programme with a piece replaced, and every mistake that is told about it.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/small_programme.hpp"

namespace assured::test {

using Told = std::vector<std::string>;

inline Told told(const ProgrammeReading& reading) {
  Told out;
  for (const auto& mistake : reading.mistakes) out.push_back(to_text(mistake));
  if (reading.programme.has_value() != out.empty())
    throw std::logic_error("a programme is refused with mistakes, or loads without one");
  return out;
}

inline Told told(std::string_view toml) { return told(read_small_programme(toml)); }

}  // namespace assured::test
