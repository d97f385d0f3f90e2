// Passes of the scheduler: with nothing due among few and among very many, and the read of what is due.
#include <fmt/format.h>

#include <stdexcept>

#include "bench/limits/raw_due.hpp"
#include "bench/measure.hpp"
#include "bench/world.hpp"

namespace assured::bench {
namespace {

constexpr std::size_t passes = 2000;
constexpr std::size_t batch = 200;  // as the scheduler reads

double idle_pass_us(OpenWorld& world) {
  world.scheduler.run_once(idle_at());  // leaves its sign of life, which the next ones need not
  return 1e6 / passes * seconds_of([&] {
           for (std::size_t i = 0; i < passes; ++i) world.scheduler.run_once(idle_at());
         });
}

std::size_t read_due(Store& store, Instant now) {
  std::size_t count = 0;
  for (DueKey after;;) {
    const auto due = store.due(now, batch, after);
    if (due.empty()) return count;
    count += due.size();
    after = due.back();
  }
}

Row measure_read(OpenWorld& world, RawDueReader& raw, const Options& options, Instant now, std::size_t expected) {
  Row row{fmt::format("scheduler, read of {} due among {}", expected, options.items), "us", {}, {}, {}};
  const std::size_t times = expected > 10'000 ? 1 : 20;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    row.limits.push_back(1e6 / static_cast<double>(times) * seconds_of([&] {
                           for (std::size_t i = 0; i < times; ++i)
                             if (raw.read(to_ms(now)).size() != expected) throw std::runtime_error("bench: limit");
                         }));
    row.figures.push_back(1e6 / static_cast<double>(times) * seconds_of([&] {
                            for (std::size_t i = 0; i < times; ++i)
                              if (read_due(*world.store, now) != expected)
                                throw std::runtime_error("bench: the world is not what it was");
                          }));
  }
  return row;
}

}  // namespace

std::vector<Row> measure_passes(const Options& options) {
  const WorldFiles many = make_world({options.items}, options.work);
  const WorldFiles few = make_world({1000}, options.work);
  const auto state = copy_state(many, options.work / "passes");
  OpenWorld large{{many.programme}, state, idle_at()};
  OpenWorld small{{few.programme}, copy_state(few, options.work / "passes-few"), idle_at()};
  RawDueReader raw{database_path(state)};

  const std::string what = fmt::format("scheduler pass, 0 due among {}", options.items);
  Row pass{what, "us", {}, {}, figure_at_most(50), "limit: the raw query, prepared"};
  Row growth{what, "us", {}, {}, ratio_at_most(1.5), "limit: the same among 1000"};
  for (std::size_t round = 0; round < options.rounds; ++round) {
    pass.limits.push_back(1e6 / passes * seconds_of([&] {
                            for (std::size_t i = 0; i < passes; ++i) raw.read(to_ms(idle_at()));
                          }));
    growth.limits.push_back(idle_pass_us(small));
    pass.figures.push_back(idle_pass_us(large));
    growth.figures.push_back(pass.figures.back());
  }
  std::vector<Row> rows{pass, growth};
  // What the passes met is due with what came before: each date adds to the one before.
  rows.push_back(measure_read(large, raw, options, first_due(), std::min<std::size_t>(options.items, 1000)));
  rows.back().goal = ratio_at_most(1.5);
  if (options.items >= 100'000) rows.push_back(measure_read(large, raw, options, many_due(), 100'000));
  return rows;
}

}  // namespace assured::bench
