// A progress line on an action: item, journal, idempotency row; through the API without sockets, and
// through the running service.
#include <fmt/format.h>

#include <stdexcept>
#include <thread>

#include "bench/limits/recorded_writes.hpp"
#include "bench/measure.hpp"
#include "bench/service.hpp"
#include "bench/world.hpp"

namespace assured::bench {
namespace {

constexpr std::size_t many = 16;

// The requests that follow one another: another action, another key, each time.
class Requests {
 public:
  explicit Requests(const WorldSpec& spec) : spec_(spec) {}

  struct Made {
    std::string target, body, key;
  };
  Made make(std::size_t n) const {
    const std::size_t own = spec_.actions / spec_.owners;  // actions of `user`
    return {fmt::format("/v1/boards/{}/items/{}/events", board_id, action_id(spec_, n % own * spec_.owners).value),
            fmt::format(R"({{"event":"progress","fields":{{"progress_text":"Step {} of the pathway is in use in )"
                        R"(nine of fourteen teams","owner_rating":"{}"}}}})",
                        n, n % 2 == 0 ? "on-track" : "at-risk"),
            fmt::format("bench-{}", n)};
  }

 private:
  const WorldSpec& spec_;
};

using Ask = std::function<void(const Requests::Made&)>;

// Commands a second: `count` of them by each of `clients`, who begin at `first`.
double rate_of(const Requests& requests, std::size_t first, std::size_t count, std::vector<Ask> clients) {
  const double seconds = seconds_of([&] {
    std::vector<std::thread> threads;
    for (std::size_t c = 0; c < clients.size(); ++c)
      threads.emplace_back([&, c] {
        for (std::size_t i = 0; i < count; ++i) clients[c](requests.make(first + i * clients.size() + c));
      });
    for (std::thread& thread : threads) thread.join();
  });
  return static_cast<double>(count * clients.size()) / seconds;
}

Ask in_process(const OpenWorld& world) {
  return [&world](const Requests::Made& made) {
    web::Request request;
    request.method = "POST";
    request.target = made.target;
    request.body = made.body;
    request.uid = 0;
    request.idempotency_key = made.key;
    const auto response = web::handle(request, world.api);
    if (response.status != 200) throw std::runtime_error("bench: a command was refused: " + response.body);
  };
}

std::vector<Ask> by_socket(const std::filesystem::path& socket, std::size_t clients) {
  std::vector<Ask> out;
  for (std::size_t i = 0; i < clients; ++i) {
    const auto connection = std::make_shared<HttpConnection>(socket);
    out.push_back([connection](const Requests::Made& made) {
      connection->ask("POST", made.target, made.body, made.key);
    });
  }
  return out;
}

}  // namespace

std::vector<Row> measure_commands(const Options& options) {
  const WorldSpec spec{options.items};
  const WorldFiles files = make_world(spec, options.work);
  const auto state = copy_state(files, options.work / "commands");
  const auto limit_state = copy_state(files, options.work / "commands-limit");
  const Requests requests{spec};
  const std::size_t count = options.commands;
  std::size_t next = 0;  // request
  const auto take = [&next](std::size_t n) { return std::exchange(next, next + n); };

  Recording recording;
  {
    Recorder recorder;
    const OpenWorld world{{files.programme}, state, working_at()};
    recorder.take();
    rate_of(requests, take(2 * options.rounds * count), 2 * options.rounds * count, {in_process(world)});
    recording = recorder.take();
  }
  Replay limit{recording, database_path(limit_state)};
  const auto limit_rate = [&] {
    return static_cast<double>(count) / seconds_of([&] { limit.run(count); });
  };

  Row one{"command, durable, one client, through the writer", "/s", {}, {}, ratio_at_least(0.7)};
  Row all{"command, 16 clients at once, through the writer", "/s", {}, {}, ratio_at_least(3)};
  {
    const OpenWorld world{{files.programme}, state, working_at()};
    for (std::size_t round = 0; round < options.rounds; ++round) {
      one.limits.push_back(limit_rate());
      one.figures.push_back(rate_of(requests, take(count), count, {in_process(world)}));
      all.limits.push_back(one.limits.back());
      all.figures.push_back(
          rate_of(requests, take(count * many), count, std::vector<Ask>(many, in_process(world))));
    }
  }
  Row one_by_socket{"the same, one client, through the service's socket", "/s", {}, {}, {}};
  Row all_by_socket{"the same, 16 clients, through the service's socket", "/s", {}, {}, {}};
  Service service{{files.programme, state}};
  for (std::size_t round = 0; round < options.rounds; ++round) {
    one_by_socket.limits.push_back(limit_rate());
    one_by_socket.figures.push_back(rate_of(requests, take(count), count, by_socket(service.socket(), 1)));
    all_by_socket.limits.push_back(one_by_socket.limits.back());
    all_by_socket.figures.push_back(rate_of(requests, take(count * many), count, by_socket(service.socket(), many)));
  }
  service.stop();
  one.note = fmt::format("limit: the same {:.1f} rows",
                         static_cast<double>(recording.rows()) / static_cast<double>(recording.transactions.size()));
  return {one, all, one_by_socket, all_by_socket};
}

}  // namespace assured::bench
