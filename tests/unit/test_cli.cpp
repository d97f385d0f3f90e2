#include <catch2/catch.hpp>

#include "cli/exit_codes.hpp"
#include "cli/table.hpp"
#include "web/problem.hpp"

using namespace assured;
using namespace assured::cli;

TEST_CASE("columns are as wide as their widest cell, in characters", "[cli]") {
  CHECK(to_table({"NAME", "DUE"}, {{"Zoë", "now"}, {"Bartholomew", "2026-11-21"}, {"x", ""}}, false) ==
        "NAME         DUE\n"
        "Zoë          now\n"
        "Bartholomew  2026-11-21\n"
        "x\n");
  CHECK(to_table({"ONE"}, {}, false) == "ONE\n");
}

TEST_CASE("colours stand around the cell alone, and only where they are wanted", "[cli]") {
  const std::vector<std::vector<Cell>> rows{{{"late", true}, "x"}};
  CHECK(to_table({"A", "B"}, rows, true) ==
        "\x1b[1mA\x1b[0m     \x1b[1mB\x1b[0m\n\x1b[31mlate\x1b[0m  x\n");
  CHECK(to_table({"A", "B"}, rows, false) == "A     B\nlate  x\n");
}

TEST_CASE("each refusal of the service has an exit code of its own", "[cli]") {
  std::vector<int> exits;
  for (const Errc code : {Errc::invalid, Errc::not_found, Errc::conflict, Errc::refused,
                          Errc::forbidden, Errc::unavailable, Errc::internal}) {
    const int exit = exit_of(web::name_of(code));
    CHECK(exit != 0);
    CHECK(exit != exit_usage);
    CHECK(exit != exit_unreachable);
    CHECK(std::find(exits.begin(), exits.end(), exit) == exits.end());
    exits.push_back(exit);
  }
}
