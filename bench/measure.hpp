// What is measured: each function makes the rows of one part of the table.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "bench/report.hpp"

namespace assured::bench {

struct Options {
  std::filesystem::path work;      // where worlds lie; on the disk that is to be measured
  std::size_t rounds = 5;
  std::size_t items = 1'000'000;   // of the large world
  std::size_t due = 10'000;        // in the nightly job
  std::size_t commands = 400;      // by one client, a round
  std::size_t mails = 4'000;       // by several connections, a round
  std::size_t boards = 150;        // in the year of many boards
};

std::vector<Row> measure_commands(const Options& options);
std::vector<Row> measure_passes(const Options& options);
std::vector<Row> measure_planning(const Options& options);
std::vector<Row> measure_sending(const Options& options);
std::vector<Row> measure_nightly(const Options& options);
std::vector<Row> measure_start(const Options& options);
std::vector<Row> measure_http(const Options& options);
std::vector<Row> measure_simulation(const Options& options);
std::vector<Row> measure_boards(const Options& options);  // once, whatever the rounds

}  // namespace assured::bench
