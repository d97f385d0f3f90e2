// `assured check`: a programme's mistakes, or its graph; or the settings' mistakes.
#pragma once

#include <string>
#include <vector>

#include "workflows/programme.hpp"

namespace assured {

struct CheckOptions {
  std::string config;  // settings, and all that they name; in place of `path`
  std::string path;
  std::string graph;  // "", "dot", "mermaid" or "svg"
  std::string people;  // a people file: its mistakes, and the posts that nobody would be reached at
  bool json = false;
};

// Prints every mistake to standard error, also a zone that this machine does not know, or what was asked
// for to standard output; of settings also what will disappoint. Returns 0, 78 when the settings, the
// programme or the people file have mistakes, or 1 when the graph cannot be drawn or a post cannot be reached.
int run_check(const CheckOptions& options);

// What a start reads, as far as that can be told without the store: what of it can be done but will disappoint;
// `boards` is how many there are. Throws: ConfigError, with every mistake.
std::vector<Mistake> check_settings(const std::string& path, std::size_t& boards);

}  // namespace assured
