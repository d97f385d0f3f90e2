#include <catch2/catch.hpp>

#include "config/programme_files.hpp"
#include "config/settings.hpp"
#include "config/text_file.hpp"

using namespace assured;
using namespace assured::config;

namespace {

constexpr std::string_view least = R"(state_folder = "state"
from_domain = "board.example"
programmes = ["programmes/one"]
)";

std::vector<std::string> mistakes_of(std::string_view toml) {
  std::vector<std::string> texts;
  for (const auto& m : parse_settings(toml, "/etc/assured/assured.toml").mistakes)
    texts.push_back(std::to_string(m.place.line) + " " + m.key + ": " + m.message);
  return texts;
}

}  // namespace

TEST_CASE("the least settings get technical defaults and paths beside the file", "[settings]") {
  const auto reading = parse_settings(least, "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  const Settings& settings = *reading.settings;
  CHECK(settings.state_folder == "/etc/assured/state");
  CHECK(settings.socket_path == "/etc/assured/state/assured.sock");
  CHECK(settings.mail_folder == "/etc/assured/state/mail");
  REQUIRE(settings.programmes.size() == 1);
  CHECK(settings.programmes[0].path == "/etc/assured/programmes/one");
  CHECK(settings.programmes[0].place.line == 3);
  CHECK(settings.sleep_max == std::chrono::seconds{30});
  CHECK(settings.log_level == "info");
  CHECK_FALSE(settings.is_operator(0));
}

TEST_CASE("calendars are paths beside the file, and may be left out", "[settings]") {
  CHECK(parse_settings(least, "/etc/assured/assured.toml").settings->calendars.empty());
  const std::string two =
      std::string{least} + "calendars = [\"calendars/scotland.toml\", \"/srv/local.toml\"]\n";
  const auto reading = parse_settings(two, "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  REQUIRE(reading.settings->calendars.size() == 2);
  CHECK(reading.settings->calendars[0].path == "/etc/assured/calendars/scotland.toml");
  CHECK(reading.settings->calendars[0].place.line == 4);
  CHECK(reading.settings->calendars[1].path == "/srv/local.toml");
  CHECK(mistakes_of(std::string{least} + "calendars = \"scotland.toml\"\n") ==
        std::vector<std::string>{"4 calendars: this must be a list of one path or more"});
  CHECK(mistakes_of(std::string{least} + "calendars = [\"a.toml\", 7]\n") ==
        std::vector<std::string>{"4 calendars: this must be a path in quotes"});
}

TEST_CASE("a uid is one person on each board it is mapped on (S14.4)", "[settings]") {
  const auto reading = parse_settings(std::string{least} + R"(
operators = [0, 12]
[[user]]
uid = 1000
board = "one"
person = "jane"
[[user]]
uid = 1000
board = "two"
person = "jane-two"
)", "assured.toml");
  REQUIRE(reading.settings);
  CHECK(reading.settings->find_person(1000, "one") == "jane");
  CHECK(reading.settings->find_person(1000, "two") == "jane-two");
  CHECK_FALSE(reading.settings->find_person(1000, "three"));
  CHECK_FALSE(reading.settings->find_person(1001, "one"));
  CHECK(reading.settings->is_operator(12));
}

TEST_CASE("every mistake in the settings is shown at once, with line and key", "[settings]") {
  CHECK(mistakes_of(R"(state_folder = 3
from_domain = "Board Example"
sleep_s_max = 301
log_level = "loud"
sleep = 5
operators = ["root"]
[[user]]
uid = -1
board = "one"
[[user]]
uid = 5
board = "one"
person = "a"
[[user]]
uid = 5
board = "one"
person = "b"
)") == std::vector<std::string>{
               "1 state_folder: this must be a text in quotes",
               "1 programmes: this setting is missing",
               "2 from_domain: this must be a domain in small letters",
               "3 sleep_s_max: this must be a whole number from 1 to 300",
               "4 log_level: there is no such level",
               "5 sleep: there is no setting of this name",
               "6 operators: this must be a whole number from 0 to 4294967294",
               "7 user.person: this setting is missing",
               "8 user.uid: this must be a whole number from 0 to 4294967294",
               "14 user.uid: user 5 is mapped twice on board one",
           });
}

TEST_CASE("settings that are no TOML, or only a byte order mark, are refused with a place",
          "[settings]") {
  CHECK(mistakes_of("state_folder = \n").size() == 1);
  CHECK(mistakes_of("a = 1\na = 2\n").front().starts_with("2 "));
  CHECK(mistakes_of("\xEF\xBB\xBF").size() == 3);
  CHECK(parse_settings(std::string{"\xEF\xBB\xBF"} + std::string{least}, "x").settings);
}

TEST_CASE("a socket path that the system has no room for is a mistake, not a failing bind",
          "[settings]") {
  const std::string toml = std::string{least} + "socket = \"/" + std::string(120, 's') + "\"\n";
  CHECK(mistakes_of(toml) ==
        std::vector<std::string>{"4 socket: the path of a socket has at most 107 bytes"});
}

TEST_CASE("a settings file that is not there says so", "[settings]") {
  const auto reading = load_settings("/nonexistent/assured.toml");
  REQUIRE(reading.mistakes.size() == 1);
  CHECK(reading.mistakes[0].message == "/nonexistent/assured.toml: there is no such file");
}

TEST_CASE("the settings that are shipped have no mistake", "[settings]") {
  const auto reading = load_settings(ASSURED_SOURCE_DIR "/config/assured.toml");
  for (const auto& mistake : reading.mistakes) UNSCOPED_INFO(to_text(mistake));
  REQUIRE(reading.settings);
  CHECK(reading.settings->programmes[0].path ==
        ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney");
}

TEST_CASE("the digest of a text is its BLAKE2b-256", "[settings]") {
  // Vector: BLAKE2b-256 of the empty string.
  CHECK(digest_of("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}
