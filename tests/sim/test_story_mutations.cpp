// The stories notice every change: without any one rung, or with any one deadline a day later, the
// story of the programme fails.
#include <fmt/format.h>

#include <functional>

#include "daemon/system_zones.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/played_story.hpp"

using namespace assured;
using namespace assured::test;

namespace {

bool holds(const ShippedStory& shipped, std::shared_ptr<const Programme> programme) {
  StoryRun run;
  run.programme = std::move(programme);
  run.people = shipped.people;
  run.verify_journal = false;
  const auto result = run_story(shipped.story, run, SystemZones{});
  return result && result->ok;
}

// Changes one thing of a programme; false when there is nothing to change.
using Change = std::function<void(Programme&)>;

struct Mutation {
  std::string what;
  Change change;
};

std::vector<Mutation> without_each_rung(const Programme& programme) {
  std::vector<Mutation> all;
  for (const auto& [name, ladder] : programme.definition.ladders)
    for (std::size_t i = 0; i < ladder.rungs.size(); ++i)
      all.push_back(
          {fmt::format("ladder {} without its rung {}", name, to_text(ladder.rungs[i].at)),
           [name = name, i](Programme& p) {
             auto& rungs = p.definition.ladders.find(name)->second.rungs;
             rungs.erase(rungs.begin() + static_cast<std::ptrdiff_t>(i));
           }});
  return all;
}

// The least that can be written and is later by a day wherever it is counted from.
Span a_day_more(Span span) {
  switch (span.unit) {
    case Unit::minutes:
      return {span.count + 24 * 60, Unit::minutes};
    case Unit::hours:
      return {span.count + 24, Unit::hours};
    case Unit::weeks:
      return {7 * span.count + 1, Unit::days};
    case Unit::months:
      return {31 * span.count + 1, Unit::days};
    case Unit::years:
      return {366 * span.count + 1, Unit::days};
    case Unit::working_days:
    case Unit::days:
      break;
  }
  return {span.count + 1, span.unit};
}

void delay(DueRule& rule) {
  switch (rule.kind) {
    case DueRule::Kind::after:
      rule.after = a_day_more(rule.after);
      break;
    case DueRule::Kind::hours:
      rule.in_hours = a_day_more(rule.in_hours);
      rule.else_ = a_day_more(rule.else_);
      break;
    case DueRule::Kind::meeting:
      rule.offset = a_day_more(rule.offset);
      break;
    case DueRule::Kind::on:  // close of the day after the date in the field
      rule.kind = DueRule::Kind::after;
      rule.after = {1, Unit::days};
      break;
  }
}

std::vector<Mutation> each_deadline_later(const Programme& programme) {
  std::vector<Mutation> all;
  for (const auto& [kind, def] : programme.definition.kinds)
    for (std::size_t i = 0; i < def.obligations.size(); ++i) {
      const ObligationDef& o = def.obligations[i];
      const auto in = [kind = kind, i](Programme& p) -> ObligationDef& {
        return p.definition.kinds.find(kind)->second.obligations[i];
      };
      all.push_back({fmt::format("{}: “{}” ({}) a day later", kind, o.name, to_text(o.due)),
                     [in](Programme& p) { delay(in(p).due); }});
      if (o.due_again)
        all.push_back(
            {fmt::format("{}: “{}” again ({}) a day later", kind, o.name, to_text(*o.due_again)),
             [in](Programme& p) { delay(*in(p).due_again); }});
    }
  for (const auto& [body, def] : programme.establishment.bodies)
    all.push_back(
        {fmt::format("setting the next date of {} a day later", body), [body = body](Programme& p) {
           Span& within = p.establishment.bodies.find(body)->second.set_date_within;
           within = a_day_more(within);
         }});
  all.push_back({"naming somebody a day later", [](Programme& p) {
                   p.definition.vacancy.within = a_day_more(p.definition.vacancy.within);
                 }});
  return all;
}

// The mutations after which the story still holds: what it does not see.
std::string unseen(const std::string& story,
                   std::vector<Mutation> (*mutations_of)(const Programme&)) {
  const ShippedStory shipped = read_shipped_story(story);
  REQUIRE(holds(shipped, shipped.programme));
  const auto mutations = mutations_of(*shipped.programme);
  CHECK(mutations.size() >= 5);
  std::string survivors;
  for (const Mutation& mutation : mutations) {
    auto changed = std::make_shared<Programme>(*shipped.programme);
    mutation.change(*changed);
    if (holds(shipped, changed)) survivors += mutation.what + "\n";
  }
  return survivors;
}

}  // namespace

TEST_CASE("the City & Hackney story fails without any one rung", "[story][mutation]") {
  CHECK(unseen("city-and-hackney", without_each_rung) == "");
}

TEST_CASE("the City & Hackney story fails with any deadline a day later", "[story][mutation]") {
  CHECK(unseen("city-and-hackney", each_deadline_later) == "");
}

TEST_CASE("the self-assessment story fails without any one rung", "[story][mutation]") {
  CHECK(unseen("self-assessment", without_each_rung) == "");
}

TEST_CASE("the self-assessment story fails with any deadline a day later", "[story][mutation]") {
  CHECK(unseen("self-assessment", each_deadline_later) == "");
}
