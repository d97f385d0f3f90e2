// Text from outside made fit for a message.
#pragma once

#include <string>
#include <string_view>

namespace assured {

// `text` with each control character as an escape, "\x1b": what a file or a caller sent is shown back
// on a terminal, which would act on it, and on one line.
std::string printable(std::string_view text);

// No control character in it.
bool is_printable(std::string_view text);

}  // namespace assured
