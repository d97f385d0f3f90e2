// The API on a Unix socket: HTTP/1.1, bounded in every direction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "web/api.hpp"

namespace assured::web {

struct ServerLimits {
  std::chrono::seconds request_timeout{30};     // to send a request whole (else 408), and to take its answer
  std::size_t request_bytes_max = 1024 * 1024;  // of a body
  std::size_t file_bytes_max = file_mb_max * 1024 * 1024;  // a document's, by POST .../files
  std::uint32_t header_bytes_max = 16 * 1024;
  std::size_t connections_max = 64;             // more are told `unavailable` and closed
  std::size_t status_connections = 8;           // beyond those, for health and metrics alone
  // Of one user, so that nobody shuts out the others; more are told `unavailable` and closed.
  std::size_t connections_per_user = 16;
  std::size_t connections_per_unknown_user = 2;  // of one whom the settings do not name
};

// Owner: App. Thread: everything runs on `io`, which one thread runs; handlers block on `pool`. `api`,
// `io` and `pool` outlive the server. Health and metrics are answered on `io` itself, so that they are when
// every thread of `pool` waits.
class Server {
 public:
  Server(boost::asio::io_context& io, boost::asio::thread_pool& pool, const Api& api,
         std::filesystem::path socket_path, const ServerLimits& limits);
  ~Server();

  // Binds and listens; a socket file that nobody answers on is replaced. The file's mode is 0660.
  // Throws: IoError, also when another service answers there.
  void start();
  // Takes no more connections, ends idle ones; a request being answered gets its answer first. The
  // socket file is removed. Call it on `io`.
  void stop();
  std::size_t open_connections() const;
  // Since when the handler that takes longest has worked; nothing when none does. Call it on `io`.
  std::optional<std::chrono::steady_clock::time_point> handling_since() const;
  // For requests and connections that begin from now on; the number of all connections stays. Call it on `io`.
  void set_limits(const ServerLimits& limits);

  struct State;  // known to the coroutines in server.cpp alone

 private:
  std::shared_ptr<State> state_;
};

}  // namespace assured::web
