// What was measured, as a table for people and as JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assured::bench {

// What docs call a goal: a bound on the figure, or on its ratio to the limit.
struct Goal {
  enum class Of { figure, ratio } of = Of::figure;
  enum class Sense { at_least, at_most } sense = Sense::at_most;
  double bound = 0;
};
inline Goal figure_at_most(double bound) { return {Goal::Of::figure, Goal::Sense::at_most, bound}; }
inline Goal ratio_at_most(double bound) { return {Goal::Of::ratio, Goal::Sense::at_most, bound}; }
inline Goal ratio_at_least(double bound) { return {Goal::Of::ratio, Goal::Sense::at_least, bound}; }

// One line of the table. `figures` and `limits` have a value a round; a ratio is taken within its round.
struct Row {
  std::string what;
  std::string unit;  // "/s", "us", "s", "MB"
  std::vector<double> figures;
  std::vector<double> limits;     // empty: nothing to hold it against
  std::optional<Goal> goal = {};  // none: for information
  std::string note = {};
};

struct Median {
  double middle = 0, least = 0, most = 0;
};
// `values` is not empty.
Median median_of(std::vector<double> values);
std::vector<double> ratios_of(const Row& row);
// Nothing where there is no goal. Judged by the medians.
std::optional<bool> is_met(const Row& row);

std::string to_table(const std::vector<Row>& rows);
std::string to_json(const std::vector<Row>& rows);

// How long `work` takes.
double seconds_of(const std::function<void()>& work);

}  // namespace assured::bench
