// Text from outside made fit for a message.
#pragma once

#include <string>
#include <string_view>

namespace assured {

// `text` with an escape, "\x1b", for each byte of a control character and each that is not UTF-8: what a file
// or a caller sent is shown back on one line of a terminal, which would act on it, or in JSON.
std::string printable(std::string_view text);

// UTF-8, with no control character in it.
bool is_printable(std::string_view text);

}  // namespace assured
