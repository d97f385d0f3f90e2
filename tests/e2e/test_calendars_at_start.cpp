// One-off holidays of the settings' calendar files, as a start records them (S5.4).
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "config/text_file.hpp"
#include "daemon/calendar_add.hpp"
#include "tests/e2e/example_board.hpp"
#include "tests/support/catch.hpp"

namespace assured::test {
namespace {

const std::string calendars_path = ASSURED_SOURCE_DIR "/config/calendars/";

std::vector<std::string> days_on_record(Store& store) {
  std::vector<std::string> days;
  for (const auto& day : store.reader(board_id)->calendar_overrides())
    days.push_back(to_text(day.date) + (day.closed ? " closed" : " open"));
  return days;
}

TEST_CASE("a start records the one-off holidays of the board's nation, once", "[e2e]") {
  ExampleBoard board;
  const std::vector<config::CalendarSource> files{{calendars_path + "scotland.toml", {}},
                                                  {calendars_path + "england-and-wales.toml", {}}};
  CHECK(days_on_record(*board.store).empty());
  const auto rows = [&] { return board.store->reader(board_id)->list_journal(0, 500); };
  const auto before = rows().size();
  const auto opened =
      open_boards(*board.store, {{programme_path, {}}}, board.zones, board.clock.now_, files);
  CHECK(days_on_record(*board.store) ==
        std::vector<std::string>{"2022-05-30 open", "2022-06-02 closed", "2022-06-03 closed",
                                 "2022-09-19 closed", "2023-05-08 closed"});
  const auto after = rows();
  REQUIRE(after.size() == before + 5);
  for (std::size_t i = before; i < after.size(); ++i) CHECK(after[i].actor == "system");
  CHECK(opened.get_board(board_id).calendar->closed_reason(*parse_date("2023-05-08")) ==
        "Bank holiday for the coronation of King Charles III");
  // Running deadlines are looked at again by the scheduler's next pass.
  {
    const auto tx = board.store->begin();
    CHECK_FALSE(tx->board(board_id).find_value("recompute").value_or("").empty());
  }

  open_boards(*board.store, {{programme_path, {}}}, board.zones, board.clock.now_, files);
  CHECK(rows().size() == before + 5);
}

TEST_CASE("a board's own word on a day stays", "[e2e]") {
  ExampleBoard board;
  Caller caller;
  caller.person = "test";
  {
    const auto tx = board.store->begin();
    REQUIRE(change_calendar(*tx, *board.programmes.get(), board_id,
                            {*parse_date("2023-05-08"), false, "We work"}, caller,
                            board.clock.now_));
    tx->commit();
  }
  open_boards(*board.store, {{programme_path, {}}}, board.zones, board.clock.now_,
              {{calendars_path + "england-and-wales.toml", {}}});
  CHECK(days_on_record(*board.store).back() == "2023-05-08 open");
}

TEST_CASE("a calendar file with mistakes stops the start", "[e2e]") {
  ExampleBoard board;
  const auto path = board.folder.path / "bad.toml";
  std::ofstream{path} << "nation = \"wales\"\n";
  try {
    open_boards(*board.store, {{programme_path, {}}}, board.zones, board.clock.now_,
                {{path, {"assured.toml", 4, 1}}});
    FAIL("it started");
  } catch (const ConfigError& error) {
    REQUIRE(error.mistakes.size() == 1);
    CHECK(to_text(error.mistakes[0]) ==
          "assured.toml:4:1: calendars: " + path.string() +
              ":1:10: nation: there is no such nation; write england-and-wales, scotland or "
              "northern-ireland");
  }
}

TEST_CASE("a day is added by an operator or the board's side, while the service is stopped",
          "[e2e]") {
  ExampleBoard board;
  config::Settings settings;
  settings.socket_path = board.folder.path / "assured.sock";
  settings.programmes = {{programme_path, {}}};
  settings.operators = {operator_only};
  settings.users[qa_officer][board_id] = board.holder_of("qa-officer");
  settings.users[nhs_lead][board_id] = board.holder_of("nhs-east/lead");
  CalendarAdd command{board_id, {*parse_date("2026-12-29"), true, "Office closed"}, nobody};
  const auto add = [&] {
    const auto done =
        add_calendar_day(*board.store, settings, command, board.zones, board.clock.now_);
    return done ? std::string{} : done.error().message;
  };
  for (const uid_t uid : {nobody, nhs_lead}) {
    command.uid = uid;
    CHECK(add() == "Only an operator, or somebody who holds a post of the board, may do this.");
  }
  CHECK(days_on_record(*board.store).empty());
  command.uid = qa_officer;
  CHECK(add().empty());
  command.uid = operator_only;
  command.day = {*parse_date("2026-12-30"), true, "Office closed"};
  CHECK(add().empty());
  CHECK(days_on_record(*board.store) ==
        std::vector<std::string>{"2026-12-29 closed", "2026-12-30 closed"});
  const auto rows = board.store->reader(board_id)->list_journal(0, 500);
  CHECK(rows[rows.size() - 2].actor == board.holder_of("qa-officer"));
  CHECK(rows.back().actor == "uid 1");

  command.board = "other";
  CHECK(add() == "There is no such board.");

  // Somebody listens: a service that would go on by its old calendar.
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  settings.socket_path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd, 1) == 0);
  command.board = board_id;
  command.day = {*parse_date("2026-12-31"), true, "Office closed"};
  CHECK(add() == "The service runs on " + settings.socket_path.string() +
                     ". Ask it: assuredctl calendar close 2026-12-31 --why \"Office closed\"");
  ::close(fd);
  CHECK(add().empty());
}

TEST_CASE("every calendar file that is shipped can be read", "[e2e]") {
  for (const std::string nation : {"england-and-wales", "scotland", "northern-ireland"}) {
    const auto file = parse_calendar_file(
        config::read_text_file(calendars_path + nation + ".toml", 100'000), nation);
    REQUIRE(file);
    CHECK(to_text(file->nation) == nation);
    CHECK(file->days.size() == 5);
    // Each says something that the rules do not.
    const Calendar rules{file->nation};
    for (const auto& day : file->days) CHECK(rules.is_working_day(day.date) == day.closed);
  }
}

}  // namespace
}  // namespace assured::test
