// What falls due together, in the running service: routine rungs wake the planner when all of them have fired,
// so that a reader gets few mails and not one for each few rungs.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_service.hpp"

using namespace assured;
using namespace assured::test;
namespace fs = std::filesystem;

namespace {

std::string read_all(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// How many mails each address got, by the lines "To:" of what was written.
std::map<std::string, int> mails_by_address(const fs::path& folder) {
  std::map<std::string, int> counts;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() != ".eml") continue;
    const std::string mail = read_all(entry.path());
    const auto at = mail.find("\nTo: ");
    REQUIRE(at != std::string::npos);
    ++counts[mail.substr(at + 5, mail.find('\r', at) - at - 5)];
  }
  return counts;
}

}  // namespace

TEST_CASE("a hundred reminders of one morning are a few mails", "[e2e][night]") {
  const Folder folder;
  fs::create_directories(folder.path / "state");
  config::Settings settings = service_settings(folder.path);
  settings.users[::getuid()]["city-and-hackney"] = "tom-adeyemi";
  RunningService service{settings, *parse_instant("2026-09-01T08:00:00Z")};
  service.start();
  REQUIRE(service.ask("POST", "/people", read_all(ASSURED_SOURCE_DIR "/tests/stories/city-and-hackney.people.toml")).ok());
  constexpr int themes = 110;  // a mail holds fifty matters
  for (int i = 0; i < themes; ++i)
    REQUIRE(service.ask("POST", "/events",
                        R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"inspection"}})").ok());
  // Two working days before 30 of them are over, which is the first that anybody hears.
  const Instant morning = *parse_instant("2026-10-09T08:00:00Z");
  for (Instant next = service.settle(); next < morning; next = service.settle()) service.move_to(next);
  REQUIRE(mails_by_address(folder.path / "mail").empty());
  service.move_to(morning);
  service.settle();
  const auto counts = mails_by_address(folder.path / "mail");
  REQUIRE(counts.size() == 1);
  CHECK(counts.begin()->second == 3);
}
