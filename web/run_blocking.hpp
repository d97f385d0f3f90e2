// Runs what blocks (SQLite) on a pool, and comes back to the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

namespace assured::web {

template <class Work>
boost::asio::awaitable<std::invoke_result_t<const Work&>> call_work(const Work& work) {
  co_return work();
}

// `work` is a named object that outlives the await; what it throws comes out here.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<const Work&>> run_blocking(
    boost::asio::thread_pool& pool, const Work& work) {
  co_return co_await boost::asio::co_spawn(pool, call_work(work), boost::asio::use_awaitable);
}

}  // namespace assured::web
