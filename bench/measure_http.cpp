// Reads by the service's socket beside bare Beast with as many bytes. For information: the goals are for
// pages of people who signed in, which are not built yet.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <mutex>
#include <thread>

#include "bench/limits/bare_http.hpp"
#include "bench/measure.hpp"
#include "bench/service.hpp"
#include "bench/world.hpp"

namespace assured::bench {
namespace {

constexpr std::size_t clients = 16;

struct Load {
  double per_second = 0, p50_ms = 0, p99_ms = 0;
};

Load load(const std::filesystem::path& socket, const std::string& target, std::size_t each) {
  std::mutex mutex;
  std::vector<double> ms;
  const double seconds = seconds_of([&] {
    std::vector<std::thread> threads;
    for (std::size_t c = 0; c < clients; ++c)
      threads.emplace_back([&] {
        HttpConnection connection{socket};
        std::vector<double> mine;
        for (std::size_t i = 0; i < each; ++i)
          mine.push_back(1e3 * seconds_of([&] { connection.ask("GET", target); }));
        const std::lock_guard lock{mutex};
        ms.insert(ms.end(), mine.begin(), mine.end());
      });
    for (std::thread& thread : threads) thread.join();
  });
  std::sort(ms.begin(), ms.end());
  return {static_cast<double>(ms.size()) / seconds, ms[ms.size() / 2], ms[(ms.size() - 1) * 99 / 100]};
}

// The one that came by its events: the others were written 500 at a time, so that a row of their history is a megabyte.
std::int64_t first_action(const Service& service, const std::string& board) {
  const std::string list = HttpConnection{service.socket()}.ask("GET", board + "/items?kind=action&limit=1");
  return boost::json::parse(list).at("items").at(0).at("id").as_int64();
}

}  // namespace

std::vector<Row> measure_http(const Options& options) {
  const WorldSpec spec{options.items};
  const WorldFiles files = make_world(spec, options.work);
  Service service{{files.programme, copy_state(files, options.work / "http")}};
  const std::string board = fmt::format("/v1/boards/{}", board_id);
  const std::vector<std::pair<std::string, std::string>> reads{
      {"one item", fmt::format("{}/items/{}", board, first_action(service, board))},
      {"list of 25", board + "/items?kind=action&limit=25"}};
  std::vector<Row> rows;
  for (const auto& [what, target] : reads) {
    const std::string body = HttpConnection{service.socket()}.ask("GET", target);
    const BareHttp bare{options.work / "bare.sock", body};
    Row rate{fmt::format("GET {} by the socket, 16 clients", what), "/s", {}, {}, {},
             fmt::format("{} bytes; for information; limit: bare Beast", body.size())};
    Row middle{fmt::format("GET {}: median", what), "ms", {}, {}, {}};
    Row most{fmt::format("GET {}: 99th percentile", what), "ms", {}, {}, {}};
    for (std::size_t round = 0; round < options.rounds; ++round) {
      const Load limit = load(options.work / "bare.sock", target, options.commands);
      const Load here = load(service.socket(), target, options.commands / 4 + 1);
      rate.limits.push_back(limit.per_second);
      rate.figures.push_back(here.per_second);
      middle.figures.push_back(here.p50_ms);
      middle.limits.push_back(limit.p50_ms);
      most.figures.push_back(here.p99_ms);
      most.limits.push_back(limit.p99_ms);
    }
    rows.insert(rows.end(), {rate, middle, most});
  }
  service.stop();
  rows.push_back({"HTTP, signed in: one item, list of 25", "", {}, {}, {}, "not built yet"});
  return rows;
}

}  // namespace assured::bench
