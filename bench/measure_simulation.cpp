// The virtual clock: the shipped story of one board, played by the program.
#include <stdexcept>

#include "bench/measure.hpp"
#include "bench/service.hpp"

namespace assured::bench {

std::vector<Row> measure_simulation(const Options& options) {
  Row row{"simulation: the City & Hackney story, one board", "s", {}, {}, figure_at_most(0.5)};
  for (std::size_t round = 0; round < options.rounds; ++round)
    row.figures.push_back(seconds_of([] {
      Child child{{"/bin/sh", "-c",
                   "exec " ASSURED_BINARY_DIR "/daemon/assured simulate --programme " ASSURED_SOURCE_DIR
                   "/config/programmes/city-and-hackney --story " ASSURED_SOURCE_DIR
                   "/tests/stories/city-and-hackney.toml >/dev/null"}};
      if (child.wait() != 0) throw std::runtime_error("bench: the story failed");
    }));
  return {row};
}

}  // namespace assured::bench
