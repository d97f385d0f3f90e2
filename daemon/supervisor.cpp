#include "daemon/supervisor.hpp"

#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace assured {

namespace asio = boost::asio;

namespace {

constexpr auto as_error = asio::as_tuple(asio::use_awaitable);

}  // namespace

asio::awaitable<void> feed_watchdog(asio::io_context& io,
                                    const std::vector<std::unique_ptr<WorkerLoop>>& loops) {
  std::uint64_t interval_us = 0;
  if (sd_watchdog_enabled(0, &interval_us) <= 0 || interval_us == 0) co_return;
  const std::chrono::microseconds interval{interval_us};
  asio::steady_timer timer{io};
  for (;;) {
    bool moving = true;
    for (const auto& loop : loops) {
      const auto since = loop->busy_since();
      if (!since || std::chrono::steady_clock::now() - *since < interval) continue;
      moving = false;
      spdlog::error("{}: one pass has run longer than the watchdog allows", loop->health().name);
    }
    if (moving) sd_notify(0, "WATCHDOG=1");
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
