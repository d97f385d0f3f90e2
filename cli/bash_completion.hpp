// Completion of command lines by bash, made from the program's own tree of commands, so that it knows
// what the program knows. Both programs link it, and nothing of the client's.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace assured::cli {

// The script for /usr/share/bash-completion/completions: subcommands, options, enumerated values; and
// files where an option's or an argument's type is named FILE, folders where it is named FOLDER.
// What is in no group is hidden from --help, and left out here too.
std::string bash_completion(const CLI::App& app);

// Adds the hidden subcommand `completion`, which prints that script. Call it when all others are there.
// Owner: `app` outlives its parsing, which is when the script is made.
void add_completion(CLI::App& app);

}  // namespace assured::cli
