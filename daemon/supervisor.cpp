#include "daemon/supervisor.hpp"

#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

namespace assured {

namespace asio = boost::asio;

namespace {

constexpr auto as_error = asio::as_tuple(asio::use_awaitable);

}  // namespace

std::optional<std::chrono::microseconds> watchdog_interval() {
  std::uint64_t interval_us = 0;
  if (sd_watchdog_enabled(0, &interval_us) <= 0 || interval_us == 0) return std::nullopt;
  return std::chrono::microseconds{interval_us};
}

asio::awaitable<void> feed_watchdog(asio::io_context& io, std::chrono::microseconds interval,
                                    std::function<std::vector<Stuck>()> look,
                                    std::function<void()> feed) {
  asio::steady_timer timer{io};
  std::set<std::string> told;
  for (;;) {
    const auto stuck = look();
    std::set<std::string> names;
    for (const Stuck& part : stuck) {
      names.insert(part.name);
      if (!told.contains(part.name)) spdlog::error("{}: {}", part.name, part.why);
    }
    for (const std::string& name : told)
      if (!names.contains(name)) spdlog::info("{}: it moves again", name);
    told = std::move(names);
    if (stuck.empty()) feed();
    timer.expires_after(interval / 2);
    const auto [cut_short] = co_await timer.async_wait(as_error);
    if (cut_short) co_return;
  }
}

asio::awaitable<std::vector<std::string>> await_end(
    asio::io_context& io, std::chrono::seconds timeout,
    std::function<std::vector<std::string>()> still_running) {
  constexpr std::chrono::milliseconds look_every{10};
  const auto end = std::chrono::steady_clock::now() + timeout;
  asio::steady_timer timer{io};
  for (;;) {
    auto left = still_running();
    if (left.empty() || std::chrono::steady_clock::now() >= end) co_return left;
    timer.expires_after(look_every);
    const auto [cut_short] = co_await timer.async_wait(as_error);
    (void)cut_short;
  }
}

}  // namespace assured
