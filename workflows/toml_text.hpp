// TOML of any origin made tables: the one way to toml++ for every reader.
#pragma once

// toml++ 3.3 takes for impossible what a file can hold ("[!]") and aborts, though the lines that follow
// refuse it in words. A release of ours is built without its assertions, and so are all others.
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

#include <string_view>

namespace assured::reading {

// toml::parse(), and what toml++ 3.3 does not survive is refused before: a text that is a byte order
// mark and nothing else reads as an empty one; a key of more than 64 parts ("a.b.c...") is an error,
// since tables as deep as a file is long are freed by recursion, which ends the process; so is a letter
// outside quotes and comments that is not ASCII, which no TOML has, for whose places in tables of its own
// toml++ has undefined behaviour.
// Throws: toml::parse_error.
toml::table parse_toml(std::string_view text, std::string_view source);

}  // namespace assured::reading
