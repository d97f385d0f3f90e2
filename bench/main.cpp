// assured_bench: measures the service beside its limits and prints the table of goals. See bench/run.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <array>
#include <exception>
#include <fstream>
#include <iostream>

#include "bench/measure.hpp"
#include "bench/service.hpp"
#include "daemon/boards.hpp"

namespace {

using namespace assured::bench;

struct Part {
  const char* name;
  std::vector<Row> (*measure)(const Options&);
  bool unasked = true;  // measured also where it is not named
};
constexpr std::array parts{
    Part{"commands", measure_commands}, Part{"passes", measure_passes},
    Part{"planning", measure_planning}, Part{"sending", measure_sending},
    Part{"nightly", measure_nightly},   Part{"start", measure_start},
    Part{"http", measure_http},         Part{"simulation", measure_simulation},
    Part{"boards", measure_boards, false},
};

int run(int argc, char** argv) {
  CLI::App app{"Measures the service beside its limits."};
  Options options;
  options.work = "bench-work";
  std::vector<std::string> only;
  std::string json, settings, clock;
  app.add_option("--work", options.work, "Where worlds lie, on the disk to be measured")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Rounds of each figure")->capture_default_str();
  app.add_option("--items", options.items, "Items of the large world")->capture_default_str();
  app.add_option("--due", options.due, "What is due in the nightly job")->capture_default_str();
  app.add_option("--commands", options.commands, "Commands a client and round")->capture_default_str();
  app.add_option("--mails", options.mails, "Mails a round")->capture_default_str();
  app.add_option("--boards", options.boards, "Boards of the part `boards`")->capture_default_str();
  app.add_option("--only", only, "commands, passes, planning, sending, nightly, start, http, simulation, boards")
      ->delimiter(',');
  app.add_option("--json", json, "Write the figures to this file as well");
  app.add_option("--serve", settings, "Run the service on a clock that standard input moves (internal)");
  app.add_option("--clock", clock, "Where that clock begins");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::err);
  if (!settings.empty()) return serve(settings, *assured::parse_instant(clock));

  options.work = std::filesystem::absolute(options.work);
  std::vector<Row> rows;
  for (const Part& part : parts) {
    const bool named = std::find(only.begin(), only.end(), part.name) != only.end();
    if (!named && (!only.empty() || !part.unasked)) continue;
    std::cerr << "measuring: " << part.name << std::endl;
    for (Row& row : part.measure(options)) rows.push_back(std::move(row));
  }
  std::cout << to_table(rows);
  if (!json.empty()) std::ofstream{json} << to_json(rows);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const assured::ConfigError& error) {
    for (const auto& mistake : error.mistakes) std::cerr << assured::to_text(mistake) << "\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
