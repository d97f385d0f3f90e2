// From what is due to bytes in the outbox: rung, prompt, next date, notice, journal.
#include <fmt/format.h>

#include "bench/limits/recorded_writes.hpp"
#include "bench/measure.hpp"
#include "bench/world.hpp"

namespace assured::bench {

std::vector<Row> measure_planning(const Options& options) {
  const WorldFiles files = make_world({options.due, options.due, Dates::tonight}, options.work);
  Recording recording;
  {
    const auto state = copy_state(files, options.work / "planning");
    Recorder recorder;
    OpenWorld world{{files.programme}, state, night()};
    recorder.take();
    world.scheduler.run_once(night());
    world.planner.run_once(night());
    recording = recorder.take();
  }
  const auto rows = static_cast<double>(recording.rows());
  Row rate{fmt::format("planning of {} due: rung, prompt, notice bytes, next date, journal", options.due), "rows/s",
           {}, {}, ratio_at_least(0.5)};
  rate.note = fmt::format("limit: the same {:.1f} rows for each in {} transactions",
                          rows / static_cast<double>(options.due), recording.transactions.size());
  Row whole{fmt::format("planning of {} due", options.due), "s", {}, {}, figure_at_most(0.3)};
  Row firing{"of it, firing rungs", "s", {}, {}, {}};
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const auto limit_state = copy_state(files, options.work / "planning");
    double limit = 0;
    {
      Replay replay{recording, database_path(limit_state)};
      limit = seconds_of([&] { replay.run(recording.transactions.size()); });
    }
    OpenWorld world{{files.programme}, copy_state(files, options.work / "planning"), night()};
    const double fired = seconds_of([&] { world.scheduler.run_once(night()); });
    const double planned = seconds_of([&] { world.planner.run_once(night()); });
    rate.figures.push_back(rows / (fired + planned));
    rate.limits.push_back(rows / limit);
    whole.figures.push_back(fired + planned);
    whole.limits.push_back(limit);
    firing.figures.push_back(fired);
  }
  return {rate, whole, firing};
}

}  // namespace assured::bench
