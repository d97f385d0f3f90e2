// Watches over the parts: feeds the service manager's watchdog, and waits for the end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <vector>

#include "daemon/progress.hpp"

namespace assured {

// How often the service manager wants a sign, as it says to this process; nothing where it wants none.
std::optional<std::chrono::microseconds> watchdog_interval();

// Looks twice an interval, until cancelled or `io` ends: where nothing is stuck it calls `feed`, else it says
// so in the log, once for each time that a part stands still. The functions outlive the coroutine.
boost::asio::awaitable<void> feed_watchdog(boost::asio::io_context& io,
                                           std::chrono::microseconds interval,
                                           std::function<std::vector<Stuck>()> look,
                                           std::function<void()> feed);

// Waits until `still_running` names nobody, at most `timeout`; returns who is left.
boost::asio::awaitable<std::vector<std::string>> await_end(
    boost::asio::io_context& io, std::chrono::seconds timeout,
    std::function<std::vector<std::string>()> still_running);

}  // namespace assured
