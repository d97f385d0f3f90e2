#include <catch2/catch.hpp>

#include "cli/exit_codes.hpp"
#include "cli/session.hpp"
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

TEST_CASE("what others wrote does not steer the terminal", "[cli]") {
  CHECK(on_screen("Zoë – 20 °C") == "Zoë – 20 °C");
  CHECK(on_screen("a\x1b[2J\x07\x7f") == "a\\x1b[2J\\x07\\x7f");
  CHECK(on_screen("\xc2\x9b" "2J") == "\\x9b2J");  // the one character that means ESC [
  CHECK(on_screen("one\r\ntwo\tthree\rfour") == "one two three\\x0dfour");
  CHECK(on_screen("one\r\ntwo\tthree\x1b", Lines::kept) == "one\ntwo\tthree\\x1b");
  const auto row = json::parse(R"({"theme":"x\u001b[2J","n":7})").as_object();
  CHECK(cli::text_of(row, "theme") == "x\\x1b[2J");
  CHECK(cli::text_of(row, "n") == "7");
}

TEST_CASE("the type of a file is that of its name, in any letters", "[cli]") {
  CHECK(extension_of("var/UP.CSV") == "csv");
  CHECK(extension_of("a.b/people.Toml") == "toml");
  CHECK(extension_of("a.b/people").empty());
}
