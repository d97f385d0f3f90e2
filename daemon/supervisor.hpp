// Watches over the loops: feeds the service manager's watchdog, and waits for the end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/worker_loop.hpp"

namespace assured {

// Sends WATCHDOG=1 twice an interval while no worker's pass has run longer than that interval; ends at
// once where the service manager asks for none. `loops` outlives the coroutine (App owns them).
boost::asio::awaitable<void> feed_watchdog(boost::asio::io_context& io,
                                           const std::vector<std::unique_ptr<WorkerLoop>>& loops);

// Waits until `still_running` names nobody, at most `timeout`; returns who is left.
boost::asio::awaitable<std::vector<std::string>> await_end(
    boost::asio::io_context& io, std::chrono::seconds timeout,
    std::function<std::vector<std::string>()> still_running);

}  // namespace assured
