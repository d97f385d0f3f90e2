#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

namespace assured::bench {
namespace {

namespace json = boost::json;

std::string number(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.3g}", value);
}

std::string text_of(const std::vector<double>& values, std::string_view unit) {
  if (values.empty()) return "";
  const Median m = median_of(values);
  const std::string space = unit.empty() || unit.starts_with('/') ? "" : " ";
  if (values.size() == 1) return fmt::format("{}{}{} (n=1)", number(m.middle), space, unit);
  return fmt::format("{}{}{} ({}-{})", number(m.middle), space, unit, number(m.least), number(m.most));
}

std::string text_of(const Row& row, const Goal& goal) {
  const std::string_view sense = goal.sense == Goal::Sense::at_least ? ">=" : "<=";
  if (goal.of == Goal::Of::ratio) return fmt::format("{} {} x", sense, number(goal.bound));
  return fmt::format("{} {} {}", sense, number(goal.bound), row.unit);
}

std::string_view verdict(const Row& row) {
  const auto met = is_met(row);
  if (!met) return row.figures.empty() ? "not measured" : "";
  return *met ? "met" : "MISSED";
}

json::array to_array(const std::vector<double>& values) {
  json::array out;
  for (const double value : values) out.emplace_back(value);
  return out;
}

}  // namespace

Median median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double middle = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {middle, values.front(), values.back()};
}

std::vector<double> ratios_of(const Row& row) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(row.figures.size(), row.limits.size()); ++i)
    ratios.push_back(row.figures[i] / row.limits[i]);
  return ratios;
}

std::optional<bool> is_met(const Row& row) {
  if (!row.goal || row.figures.empty()) return std::nullopt;
  const bool of_ratio = row.goal->of == Goal::Of::ratio;
  if (of_ratio && row.limits.empty()) return std::nullopt;
  const double value = median_of(of_ratio ? ratios_of(row) : row.figures).middle;
  return row.goal->sense == Goal::Sense::at_least ? value >= row.goal->bound : value <= row.goal->bound;
}

std::string to_table(const std::vector<Row>& rows) {
  std::string out = "| what | figure | limit | ratio | goal | |\n|---|---|---|---|---|---|\n";
  for (const Row& row : rows)
    out += fmt::format("| {}{} | {} | {} | {} | {} | {} |\n", row.what,
                       row.note.empty() ? "" : fmt::format(" ({})", row.note), text_of(row.figures, row.unit),
                       text_of(row.limits, row.unit), text_of(ratios_of(row), ""),
                       row.goal ? text_of(row, *row.goal) : "", verdict(row));
  return out;
}

std::string to_json(const std::vector<Row>& rows) {
  json::array all;
  for (const Row& row : rows) {
    json::object one{{"what", row.what},   {"unit", row.unit}, {"figures", to_array(row.figures)},
                     {"limits", to_array(row.limits)}, {"note", row.note}};
    if (row.goal)
      one["goal"] = json::object{{"of", row.goal->of == Goal::Of::ratio ? "ratio" : "figure"},
                                 {"sense", row.goal->sense == Goal::Sense::at_least ? "at least" : "at most"},
                                 {"bound", row.goal->bound}};
    if (const auto met = is_met(row)) one["met"] = *met;
    all.push_back(std::move(one));
  }
  return json::serialize(all) + "\n";
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace assured::bench
