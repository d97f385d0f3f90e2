// Two boards on one store: what is about risk goes first, whoever's it is, and else they take turns.
#include <fmt/format.h>

#include <array>

#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;
using Lines = std::vector<std::string>;

namespace {

// Each with mail of its own.
struct TwoBoards {
  TwoBoards() {
    Programmes programmes;
    for (const std::string_view board : boards) {
      auto reading = read_small_programme(
          replaced(std::string{small_programme_toml}, "board = \"riverton\"",
                   fmt::format("board = \"{}\"", board)));
      reading.programme->definition.digest = "small";
      ok(programmes.set_board(std::make_shared<const Programme>(std::move(*reading.programme)),
                              "small", zones, {}));
    }
    in_force.replace(std::move(programmes));
    for (const std::string_view board : boards) {
      const auto tx = store->begin();
      const PeopleFile people = parse_people(
          small_people(), "people.toml", in_force.get()->get_board(board).current->establishment);
      ok(load_people(*tx, *in_force.get(), board, people, who("admin"), now));
      tx->commit();
    }
  }
  static Caller who(std::string person) {
    Caller caller;
    caller.person = std::move(person);
    return caller;
  }
  ItemId act(std::string_view board, std::string person, ItemId item, std::string event, Texts fields) {
    Command command;
    command.board = board;
    command.item = item;
    command.event = std::move(event);
    command.fields = std::move(fields);
    command.caller = who(std::move(person));
    const auto tx = store->begin();
    const ItemId made = ok(assured::apply(*tx, *in_force.get(), command, now)).item;
    tx->commit();
    return made;
  }
  // A concern, whose first rung is due, and an audit to be reminded of.
  void owe(std::string_view board, int concerns) {
    const ItemId audit = act(board, "officer", {}, "plan-audit",
                             {{"theme", "Neglect"}, {"area", "north"}, {"held_on", "2026-10-01"}});
    for (int i = 0; i < concerns; ++i) act(board, "officer", audit, "raise-concern", {{"about", "nhs"}});
  }
  // Boards in the order in which messages were begun, with their class: "riverton!" is urgent.
  Lines order() const {
    Lines lines;
    for (const Outgoing& one : relay.tried) lines.push_back(one.board + (one.urgent ? "!" : ""));
    return lines;
  }

  static constexpr std::array<std::string_view, 2> boards{"oakley", "riverton"};
  std::unique_ptr<Store> store = store::open_temporary_store(1);
  SystemZones zones;
  CurrentProgrammes in_force{Programmes{}};
  notifiers::MailRenderer renderer;
  ScriptedNotifier relay;
  SharedNotifier shared{relay};
  Instant now = *parse_instant("2026-11-02T09:00:00Z");
  std::vector<std::string> planned;
  Scheduler scheduler{*store, in_force};
  Planner planner{*store, in_force, renderer, {"key", "riverton.example"},
                  [this](const WorkReport& report) { planned.push_back(report.board); }};
  Sender sender{*store, in_force, shared, SenderSettings{.messages_per_minute = [] { return 6u; }}};
};

}  // namespace

TEST_CASE("risk goes before boards, and boards take turns", "[sim][lease]") {
  TwoBoards world;
  world.owe("oakley", 9);
  world.owe("riverton", 2);
  world.scheduler.note_alive(world.now);
  world.planner.run_once(world.now);
  world.sender.run_once(world.now);
  world.relay.tried.clear();
  // Everything falls due at once: what is urgent of both, and their reminders.
  world.now = *parse_instant("2026-11-26T09:00:00Z");
  world.scheduler.note_alive(world.now);
  world.scheduler.run_once(world.now);
  world.planned.clear();
  world.planner.run_once(world.now);
  for (int minute = 0; minute < 60 && world.sender.run_once(world.now) != Instant::max(); ++minute)
    world.now += std::chrono::minutes{1};

  const Lines order = world.order();
  const auto first = [&](std::string_view what) {
    return std::find(order.begin(), order.end(), what) - order.begin();
  };
  const auto last = [&](std::string_view what) {
    return order.rend() - std::find(order.rbegin(), order.rend(), what) - 1;
  };
  REQUIRE(std::count(order.begin(), order.end(), "oakley!") > 12);
  REQUIRE(std::count(order.begin(), order.end(), "riverton!") >= 2);
  REQUIRE(first("riverton") < static_cast<std::ptrdiff_t>(order.size()));
  REQUIRE(first("oakley") < static_cast<std::ptrdiff_t>(order.size()));
  // The small board is served in the first minute, however much the other has.
  CHECK(first("riverton!") < 6);
  CHECK(last("riverton!") < last("oakley!"));
  // Nothing routine of either before all that is urgent of both.
  CHECK(first("oakley") > last("oakley!"));
  CHECK(first("riverton") > last("oakley!"));
}

TEST_CASE("what is urgent is planned for all boards before what is routine for any", "[sim][lease]") {
  TwoBoards world;
  world.owe("oakley", 0);
  world.now = *parse_instant("2026-11-26T09:00:00Z");
  world.owe("riverton", 1);
  world.now = *parse_instant("2026-11-27T09:00:00Z");
  world.scheduler.note_alive(world.now);
  world.scheduler.run_once(world.now);
  world.planner.run_once(world.now);
  REQUIRE(world.planned.size() >= 2);
  CHECK(world.planned.front() == "riverton");  // oakley, the first by name, has a reminder alone
  CHECK(world.planned.back() == "oakley");
}
