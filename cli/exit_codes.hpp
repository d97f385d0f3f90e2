// The one table of assuredctl's exit codes; `assuredctl --help` and the manual print it.
#pragma once

#include <array>
#include <string_view>

namespace assured::cli {

struct ExitCode {
  int exit;
  std::string_view code;  // member `code` of a problem document
  std::string_view meaning;
};

inline constexpr int exit_usage = 2;
inline constexpr int exit_unreachable = 9;

inline constexpr std::array exit_codes{
    ExitCode{0, "", "done"},
    ExitCode{1, "internal", "something failed in the service; its log says what"},
    ExitCode{exit_usage, "", "the command line is wrong"},
    ExitCode{3, "invalid", "a value is not right; the field is named"},
    ExitCode{4, "not_found", "there is no such thing, or it is not yours to see"},
    ExitCode{5, "conflict", "somebody else changed it; read it again"},
    ExitCode{6, "refused", "the board's process does not allow it yet; what is missing is said"},
    ExitCode{7, "forbidden", "it is not yours to do"},
    ExitCode{8, "unavailable", "the service cannot do it now; try again"},
    ExitCode{exit_unreachable, "", "nobody answers on the socket"},
};

constexpr int exit_of(std::string_view code) {
  for (const ExitCode& row : exit_codes)
    if (!row.code.empty() && row.code == code) return row.exit;
  return 1;
}

}  // namespace assured::cli
