// Work of the scheduler's pass and of decide(), counted in instructions by callgrind: the same on a busy
// machine. bench/counts runs it; each figure is a dump by its name.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <exception>
#include <iostream>
#include <stdexcept>

#include "bench/world.hpp"
#include "workflows/decide.hpp"

namespace {

using namespace assured;
using namespace assured::bench;

constexpr std::size_t actions = 1000;

// Once before, so that statements are prepared and caches filled.
template <class Work>
void count(const char* name, const Work& work) {
  work();
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
}

void count_passes(const std::filesystem::path& work) {
  {
    const WorldFiles files = make_world({actions}, work);
    OpenWorld world{{files.programme}, copy_state(files, work / "counts"), idle_at()};
    world.scheduler.run_once(idle_at());
    count("scheduler pass, 0 due", [&] { world.scheduler.run_once(idle_at()); });
  }
  const WorldFiles files = make_world({actions, 50, Dates::tonight}, work);
  OpenWorld world{{files.programme}, copy_state(files, work / "counts"), night()};
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  world.scheduler.run_once(night());
  CALLGRIND_DUMP_STATS_AT("scheduler pass, 1000 due");
  CALLGRIND_ZERO_STATS;
  world.planner.run_once(night());
  CALLGRIND_DUMP_STATS_AT("planner pass, 1000 prompts of 50 readers");
  CALLGRIND_STOP_INSTRUMENTATION;
}

// decide() alone, its facts loaded before.
void count_decide(OpenWorld& world, const char* name, const std::optional<Item>& item, const Event& event) {
  const auto programmes = world.programmes.get();
  const Rules rules = programmes->rules(programmes->get_board(board_id), "");
  const auto reader = world.store->reader(board_id);
  const Item* subject = item ? &*item : nullptr;
  const auto above = item ? reader->list_ancestors(*item) : std::vector<Item>{};
  Facts facts =
      load_facts(*reader, rules, item.value_or(Item{}), facts_needed(rules, subject, above, event));
  facts.ids = {1'000'000, 1'000'000, 1'000'000, 1};
  if (const auto decision = decide(rules, subject, facts, event, working_at()); !decision)
    throw std::runtime_error(fmt::format("bench: {}: {}", name, decision.error().message));
  count(name, [&] { (void)decide(rules, subject, facts, event, working_at()); });
}

Event event_by(const char* name, const char* person, std::map<std::string, Value> fields, const char* reason = "") {
  Event event;
  event.name = name;
  event.actor = person;
  event.fields = std::move(fields);
  event.reason = reason;
  event.occurred_at = working_at();
  return event;
}

void count_decisions(const std::filesystem::path& work) {
  const WorldSpec spec{actions};
  const WorldFiles files = make_world(spec, work);
  OpenWorld world{{files.programme}, copy_state(files, work / "counts"), working_at()};
  const auto reader = world.store->reader(board_id);
  const auto action = reader->find_item(action_id(spec, 0));
  const auto text = [](const char* words) { return Value{std::string{words}}; };
  count_decide(world, "decide, propose a theme", std::nullopt,
               event_by("propose-theme", "the-team",
                        {{"theme", text("Neglect")}, {"theme_source", text("learning-review")}}));
  count_decide(world, "decide, propose an action", reader->find_item(ItemId{1}),
               event_by("propose-action", "the-team",
                        {{"scope", text("systemic")}, {"source_kind", text("audit")}, {"owner_post", text("police/lead")}}));
  count_decide(world, "decide, report progress", action,
               event_by("progress", user, {{"progress_text", text("In use")}, {"owner_rating", text("on-track")}}));
  count_decide(world, "decide, finish an action", action,
               event_by("finish", user, {{"evidence", text("20 of 20 files")}}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    std::cerr << "usage: assured_counts WORK-FOLDER\n";
    return 2;
  }
  try {
    const auto work = std::filesystem::absolute(argv[1]);
    count_passes(work);
    count_decisions(work);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
