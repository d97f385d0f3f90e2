// Start-up after kill -9, and memory when nothing happens, with very many items.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/measure.hpp"
#include "bench/service.hpp"
#include "bench/world.hpp"

namespace assured::bench {

std::vector<Row> measure_start(const Options& options) {
  const WorldSpec spec{options.items};
  const WorldFiles files = make_world(spec, options.work);
  const auto state = copy_state(files, options.work / "start");
  Row start{fmt::format("start to ready after kill -9, {} items", options.items), "s", {}, {}, figure_at_most(0.15)};
  Row memory{fmt::format("memory: idle with {} items", options.items), "MB", {}, {}, figure_at_most(25)};
  Service{{files.programme, state}}.stop();  // the first start on a copy writes what it has to
  for (std::size_t round = 0; round < options.rounds; ++round) {
    Service killed{{files.programme, state}};
    HttpConnection connection{killed.socket()};
    for (std::size_t n = 0; n < 50; ++n)
      connection.ask("POST",
                     fmt::format("/v1/boards/{}/items/{}/events", board_id, action_id(spec, n * spec.owners % spec.actions).value),
                     R"({"event":"progress","fields":{"progress_text":"In use","owner_rating":"on-track"}})");
    killed.kill();
    Service again{{files.programme, state}};
    start.figures.push_back(again.start_seconds());
    std::this_thread::sleep_for(std::chrono::seconds{2});  // until its workers have looked and rest
    memory.figures.push_back(again.memory_mb("VmRSS"));
    again.stop();
  }
  return {start, memory};
}

}  // namespace assured::bench
