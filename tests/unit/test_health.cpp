// The one word for how the service is, its reasons, and the metrics' text.
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/catch.hpp"
#include "web/metrics.hpp"

using namespace assured;
using namespace assured::web;
using namespace std::chrono_literals;

namespace {

const Instant now = *parse_instant("2026-11-03T12:00:00Z");

Health well() {
  Health health;
  health.started_at = now - 24h;
  for (const char* name : {"scheduler", "planner", "sender"}) health.workers.push_back({name, now - 1min, ""});
  health.stored = StoredHealth{};
  health.stored->read_at = now;
  return health;
}

struct Row {
  const char* what;
  void (*change)(Health&);
  Level level;
  const char* words;
};

}  // namespace

TEST_CASE("one word for all, with reasons that a business manager can act on", "[health]") {
  CHECK(reasons_of(well(), now).empty());
  CHECK(level_of({}) == Level::green);
  const auto row = GENERATE(values<Row>({
      {"store", [](Health& h) { h.workers[0] = {"scheduler", {}, "disk full", now - 2min, true}; }, Level::red,
       "database cannot be used since 2026-11-03 11:58 UTC"},
      {"worker", [](Health& h) { h.workers[2] = {"sender", {}, "broken", now - 2min}; }, Level::red,
       "sender has failed since 2026-11-03 11:58 UTC: no mail is sent"},
      {"stuck", [](Health& h) { h.stuck["writer"] = "it is busy"; }, Level::red, "stands still in one part (the writer)"},
      {"urgent", [](Health& h) { h.stored->oldest_unsent = h.stored->oldest_unsent_urgent = now - 16min; },
       Level::red, "immediate risk has not gone out since 2026-11-03 11:44 UTC"},
      {"routine", [](Health& h) { h.stored->oldest_unsent = now - 5h; }, Level::amber,
       "has not gone out since 2026-11-03 07:00 UTC"},
      {"relay", [](Health& h) { h.mail.trouble_since = now - 5min; }, Level::amber, "relay takes no mail since"},
      {"relay for long", [](Health& h) { h.mail.trouble_since = now - 61min; }, Level::red, "relay takes no mail"},
      {"urgent held", [](Health& h) { h.stored->held_urgent = 2; }, Level::red,
       "Mails about immediate risk are held (2) and will not go by themselves"},
      {"hold", [](Health& h) { h.stored->on_hold = {"riverton"}; }, Level::amber, "board riverton is held"},
      {"observe", [](Health& h) { h.mail.mode = "observe"; }, Level::amber, "Nobody gets mail"},
      {"redirect", [](Health& h) { h.mail.mode = "redirect"; }, Level::amber, "one address for trials"},
      {"clock", [](Health& h) { h.clock_trusted = false; }, Level::amber, "clock jumped forward"},
  }));
  CAPTURE(row.what);
  Health health = well();
  row.change(health);
  const auto reasons = reasons_of(health, now);
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].level == row.level);
  CHECK(level_of(reasons) == row.level);
  CHECK_THAT(reasons[0].text, Catch::Contains(row.words) && Catch::EndsWith("."));
}

TEST_CASE("what is not late yet is no reason, and the worst reason stands first", "[health]") {
  Health health = well();
  health.stored->oldest_unsent = health.stored->oldest_unsent_urgent = now - 14min;
  CHECK(reasons_of(health, now).empty());
  health.mail.mode = "observe";
  health.stuck["API"] = "it is busy";
  const auto reasons = reasons_of(health, now);
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].level == Level::red);
  CHECK(reasons[1].level == Level::amber);
}

namespace {

// Reads the text format as its specification says (exposition format 0.0.4), strictly. Returns what is wrong.
std::vector<std::string> mistakes_in(const std::string& text, std::map<std::string, double>& samples) {
  static const std::regex comment{R"(# (HELP|TYPE) ([a-z_]+) (.+))"};
  static const std::regex sample{R"(([a-z_]+)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? ([0-9.e+]+))"};
  std::vector<std::string> mistakes;
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::string family;
  std::istringstream lines{text};
  if (!text.ends_with('\n')) mistakes.emplace_back("the last line has no end");
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, comment)) {
      if (found[1] == "HELP" && !helped.insert(found[2]).second) mistakes.push_back("twice: " + line);
      if (found[1] == "TYPE") {
        family = found[2];
        if (!helped.contains(family) || !types.emplace(family, found[3]).second)
          mistakes.push_back("TYPE out of place: " + line);
      }
    } else if (std::regex_match(line, found, sample)) {
      const std::string name = found[1], labels = found[2];
      const bool is_histogram = types[family] == "histogram";
      const bool fits = name == family || (is_histogram && (name == family + "_bucket" || name == family + "_sum" ||
                                                            name == family + "_count"));
      if (!fits) mistakes.push_back("a sample of no family: " + line);
      if ((types[family] == "counter") != name.ends_with("_total")) mistakes.push_back("a counter's name: " + line);
      if (!name.starts_with("assured_")) mistakes.push_back("whose is it: " + line);
      if (!samples.emplace(name + labels, std::stod(found[4])).second) mistakes.push_back("twice: " + line);
    } else if (!std::regex_match(line, std::regex{R"([a-z_]+_bucket\{le="\+Inf"\} [0-9]+)"})) {
      mistakes.push_back("no such line: " + line);
    }
  }
  return mistakes;
}

}  // namespace

TEST_CASE("metrics are in Prometheus' text format, with what was counted", "[health]") {
  Health health = well();
  health.mail.trouble_since = now - 5min;
  health.mail.trouble = "421 jane@agency.example may not";
  health.workers[1].trouble = "no disk for Jane";
  health.workers[1].trouble_since = now - 1min;
  health.workers[1].store_failed = true;
  health.workers[2].busy_since = now - 2s;
  health.stored->overdue = {{"riverton", 3}, {"other", 0}};
  health.stored->oldest_unsent = now - 90s;
  Metrics metrics;
  metrics.commands.outcomes["accepted"] = 7;
  for (const std::size_t size : {1u, 3u, 4u, 64u}) metrics.commands.add_group(size);
  metrics.mail = {{"accepted", 5}, {"bounced", 1}};
  metrics.prompts_closed = {{"superseded", 2}};
  metrics.mails_planned = 4;
  metrics.relay_troubles = 9;
  const std::string text = to_prometheus(health, metrics, now);
  INFO(text);
  std::map<std::string, double> samples;
  CHECK(mistakes_in(text, samples) == std::vector<std::string>{});
  CHECK(samples.at("assured_commands_total{outcome=\"accepted\"}") == 7);
  CHECK(samples.at("assured_commands_total{outcome=\"unavailable\"}") == 0);
  CHECK(samples.at("assured_command_group_size_bucket{le=\"1\"}") == 1);
  CHECK(samples.at("assured_command_group_size_bucket{le=\"4\"}") == 3);
  CHECK(samples.at("assured_command_group_size_count") == 4);
  CHECK(samples.at("assured_command_group_size_sum") == 72);
  CHECK(samples.at("assured_mail_tries_total{outcome=\"bounced\"}") == 1);
  CHECK(samples.at("assured_relay_trouble_seconds") == 300);
  CHECK(samples.at("assured_outbox_oldest_unsent_seconds{class=\"any\"}") == 90);
  CHECK(samples.at("assured_outbox_oldest_unsent_seconds{class=\"urgent\"}") == 0);
  CHECK(samples.at("assured_obligations_overdue{board=\"riverton\"}") == 3);
  CHECK(samples.at("assured_health_level") == 2);
  CHECK(samples.at("assured_database_up") == 0);
  CHECK(samples.at("assured_worker_busy_seconds{worker=\"sender\"}") == 2);
  CHECK(samples.at("assured_worker_failing{worker=\"planner\"}") == 1);
  // The words of troubles may name people.
  CHECK_THAT(text, !Catch::Contains("Jane") && !Catch::Contains("jane"));

#ifdef ASSURED_PROMTOOL
  std::FILE* promtool = ::popen(ASSURED_PROMTOOL " check metrics", "w");
  REQUIRE(promtool != nullptr);
  std::fwrite(text.data(), 1, text.size(), promtool);
  CHECK(::pclose(promtool) == 0);
#endif
}

TEST_CASE("what was never read from the store is no figure", "[health]") {
  Health health = well();
  health.stored.reset();
  CHECK_THAT(to_prometheus(health, {}, now), !Catch::Contains("assured_outbox_unsent"));
}
