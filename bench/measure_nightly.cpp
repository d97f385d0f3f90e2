// The nightly job end to end in the running service: all that is overdue becomes mail that a relay took;
// and what people who work meanwhile wait.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "bench/limits/raw_database.hpp"
#include "bench/measure.hpp"
#include "bench/service.hpp"
#include "bench/world.hpp"

namespace assured::bench {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;

constexpr std::size_t people_at_work = 4;

std::size_t count_of(const std::filesystem::path& state, const std::string& sql) {
  const RawDatabase database = open_raw(database_path(state).string());
  const RawStatement query = prepare_raw(database, sql);
  sqlite3_step(query.get());
  return static_cast<std::size_t>(sqlite3_column_int64(query.get(), 0));
}

struct Night {
  double seconds = 0, start_peak_mb = 0, peak_mb = 0, p99_ms = 0;
  std::size_t mails = 0;
};

// A progress line on the first action each ten milliseconds or so; how long each took.
std::vector<double> work(const Service& service, ItemId action, const std::atomic<bool>& over, std::size_t number) {
  HttpConnection connection{service.socket()};
  const std::string target = fmt::format("/v1/boards/{}/items/{}/events", board_id, action.value);
  std::vector<double> ms;
  for (std::size_t n = 0; !over; ++n) {
    const std::string body = fmt::format(
        R"({{"event":"progress","fields":{{"progress_text":"Step {} by {}","owner_rating":"on-track"}}}})", n, number);
    ms.push_back(1e3 * seconds_of([&] { connection.ask("POST", target, body, fmt::format("n-{}-{}", number, n)); }));
    std::this_thread::sleep_for(10ms);
  }
  return ms;
}

Night run_night(const WorldSpec& spec, const Options& options, bool with_people) {
  const WorldFiles files = make_world(spec, options.work);
  const auto state = copy_state(files, options.work / "night");
  const Sink sink;
  Service service{{files.programme, state, sink.port(), night() - 1min}};
  service.move_to(night() - 1min);
  Night result;
  result.start_peak_mb = service.memory_mb("VmHWM");
  service.forget_peak();
  std::atomic<bool> over{false};
  std::vector<std::vector<double>> waits(people_at_work);
  std::vector<std::thread> people;
  for (std::size_t i = 0; with_people && i < people_at_work; ++i)
    people.emplace_back([&, i] { waits[i] = work(service, action_id(spec, 0), over, i); });
  result.seconds = seconds_of([&] { service.move_to(night()); });
  over = true;
  for (std::thread& person : people) person.join();
  result.peak_mb = service.memory_mb("VmHWM");
  service.stop();
  std::vector<double> all;
  for (const auto& one : waits) all.insert(all.end(), one.begin(), one.end());
  std::sort(all.begin(), all.end());
  if (!all.empty()) result.p99_ms = all[(all.size() - 1) * 99 / 100];
  result.mails = count_of(state, "SELECT COUNT(*) FROM notices WHERE state = 'accepted'");
  if (count_of(state, "SELECT COUNT(*) FROM fired_rungs") != spec.actions ||
      count_of(state, "SELECT COUNT(*) FROM prompts WHERE state <> 'noticed'") != 0 ||
      count_of(state, "SELECT COUNT(*) FROM notices WHERE state <> 'accepted'") != 0)
    throw std::runtime_error("bench: not all that was due became mail");
  return result;
}

}  // namespace

std::vector<Row> measure_nightly(const Options& options) {
  const WorldSpec each{options.due, options.due, Dates::tonight}, few{options.due, 50, Dates::tonight};
  Row mails{fmt::format("nightly job: {0} overdue of {0} owners, 4 connections", options.due), "s", {}, {},
            figure_at_most(2)};
  Row digests{fmt::format("nightly job: {} overdue of 50 owners", options.due), "s", {}, {}, figure_at_most(0.5)};
  Row peak{fmt::format("memory: peak in the nightly job of {} mails", options.due), "MB", {}, {}, figure_at_most(60)};
  Row wait{"99th percentile of a command during the nightly job", "ms", {}, {}, figure_at_most(25),
           fmt::format("{} people at work, by the socket", people_at_work)};
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const Night alone = run_night(each, options, false);
    mails.figures.push_back(alone.seconds);
    peak.figures.push_back(alone.peak_mb);
    peak.note = fmt::format("{:.0f} MB at its start, where it reads {} posts", alone.start_peak_mb, each.owners);
    mails.note = fmt::format("{} mails", alone.mails);
    const Night joined = run_night(few, options, false);
    digests.figures.push_back(joined.seconds);
    digests.note = fmt::format("{} mails of at most 50 matters", joined.mails);
    wait.figures.push_back(run_night(each, options, true).p99_ms);
  }
  return {mails, digests, peak, wait};
}

}  // namespace assured::bench
