// `assured simulate`: the real engine, store and scheduler on a virtual clock (SEMANTICS.md 17).
#pragma once

#include <string>

namespace assured {

struct SimulateOptions {
  std::string programme;  // path; empty: the one that the story names, from beside the story or
                          // from config/programmes
  std::string story;      // path
  bool json = false;      // what happened, as JSON lines
  std::string record;     // write what happened, as expectations, to this file ("-": print them);
                          // empty: do not
  bool coverage = false;  // print what of the programme the story did not exercise
  std::string into;       // keep the database in this state folder; empty: a temporary one
  bool rebase_to_now = false;  // move the story so that its last step is now
};

// Plays the story. Returns the exit code: 0 when every expectation holds, 1 when one does not (the
// first is named), 78 when programme, people or story have mistakes.
int run_simulate(const SimulateOptions& options);

}  // namespace assured
