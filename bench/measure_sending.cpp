// The outbox to a relay, outcomes recorded, beside bare libcurl and smtp-source with the same bytes.
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "bench/limits/bare_smtp.hpp"
#include "bench/measure.hpp"
#include "bench/service.hpp"
#include "bench/world.hpp"
#include "daemon/mail_relay.hpp"

namespace assured::bench {
namespace {

std::vector<std::string> bytes_of(OpenWorld& world, std::size_t count) {
  const auto reader = world.store->reader(board_id);
  std::vector<std::string> out;
  for (const Notice& notice : reader->list_notices(count, {})) out.push_back(reader->find_notice_bytes(notice.id).value());
  return out;
}

// Mails a second until `count` are recorded as taken.
double send_rate(OpenWorld& world, int port, std::size_t connections, std::size_t count) {
  config::Settings settings;
  settings.from_domain = "board.example";
  config::RelaySettings relay_settings;
  relay_settings.host = "127.0.0.1";
  relay_settings.port = static_cast<std::uint16_t>(port);
  relay_settings.tls = config::RelayTls::off;
  relay_settings.helo = "bench.example";
  relay_settings.from_address = relay_settings.bounce_address = "board@board.example";
  settings.relay = relay_settings;
  const auto relay = open_relay(settings);
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  Sender sender{*world.store, world.programmes, *relay, {connections}, {}, [&] {
                  const std::lock_guard lock{mutex};
                  woken = true;
                  changed.notify_one();
                }};
  const double seconds = seconds_of([&] {
    for (sender.run_once(night()); sender.health().accepted < count; sender.run_once(night())) {
      std::unique_lock lock{mutex};
      changed.wait_for(lock, std::chrono::seconds{1}, [&] { return woken; });  // as its loop does
      woken = false;
      if (sender.health().trouble_since) throw std::runtime_error("bench: the relay takes nothing");
    }
  });
  const double rate = static_cast<double>(sender.health().accepted) / seconds;
  sender.stop();
  sender.join();
  return rate;
}

double smtp_source_rate(int port, std::size_t count, std::size_t bytes) {
  Child child{{smtp_source, "-d", "-s", "1", "-m", std::to_string(count), "-l", std::to_string(bytes), "-f",
               "board@board.example", "-t", "someone@board.example", fmt::format("127.0.0.1:{}", port)}};
  const double seconds = seconds_of([&] {
    if (child.wait() != 0) throw std::runtime_error("bench: smtp-source failed");
  });
  return static_cast<double>(count) / seconds;
}

}  // namespace

std::vector<Row> measure_sending(const Options& options) {
  const WorldFiles files = make_world({options.due, options.due, Dates::tonight}, options.work);
  const WorldFiles planned{files.programme, copy_state(files, options.work / "planned")};
  std::vector<std::string> messages;
  {
    OpenWorld world{{planned.programme}, planned.state, night()};
    world.scheduler.run_once(night());
    world.planner.run_once(night());
    messages = bytes_of(world, 500);
  }
  const Sink sink;
  std::vector<Row> rows;
  for (const std::size_t connections : {1u, 4u, 16u}) {
    const std::size_t count = std::min(options.due, connections == 1 ? options.mails / 4 : options.mails);
    Row row{fmt::format("outbox to SMTP, {} kept connection{}", connections, connections == 1 ? "" : "s"), "/s", {}, {},
            ratio_at_least(0.9)};
    row.note = fmt::format("{} bytes each; limit: {}", messages.front().size(),
                           connections == 1 ? "smtp-source" : "the better of two bare libcurl senders");
    for (std::size_t round = 0; round < options.rounds; ++round) {
      if (connections == 1) {
        row.limits.push_back(smtp_source_rate(sink.port(), count, messages.front().size()));
      } else {
        const auto rate = [&](auto send) {
          return static_cast<double>(count) / seconds_of([&] { send(sink.port(), messages, count, connections); });
        };
        row.limits.push_back(std::max(rate(send_by_threads), rate(send_by_multi)));
      }
      OpenWorld world{{planned.programme}, copy_state(planned, options.work / "sending"), night()};
      row.figures.push_back(send_rate(world, sink.port(), connections, count));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace assured::bench
