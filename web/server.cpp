// The one file that includes Beast's HTTP server side.
#include "web/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <algorithm>
#include <cstring>
#include <list>

#include "web/problem.hpp"
#include "web/run_blocking.hpp"

namespace assured::web {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

namespace {

// Named once: a token made inside a co_await expression is the kind of temporary that GCC 12 ends twice.
constexpr auto as_error = asio::as_tuple(asio::use_awaitable);

uid_t peer_uid(Local::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return static_cast<uid_t>(-1);
  return peer.uid;
}

using HttpResponse = http::response<http::string_body>;

HttpResponse to_http(Response response, bool keep_alive) {
  HttpResponse out{static_cast<http::status>(response.status), 11};
  out.set(http::field::server, "assured");
  out.set(http::field::content_type, response.content_type);
  out.set(http::field::cache_control, "no-store");
  if (!response.allow.empty()) out.set(http::field::allow, response.allow);
  out.keep_alive(keep_alive);
  out.body() = std::move(response.body);
  out.prepare_payload();
  return out;
}

// What to say to a request that could not be read, or nothing when there is nobody to tell: the client went
// away.
std::optional<Response> answer_to(const beast::error_code& error, std::size_t bytes_max,
                                  const ServerLimits& limits) {
  if (error == http::error::body_limit)
    return problem(413, "invalid", "This is too large",
                   fmt::format("This request may have at most {} bytes.", bytes_max));
  if (error == http::error::header_limit)
    return problem(431, "invalid", "This is too large",
                   fmt::format("A request's head may have at most {} bytes.", limits.header_bytes_max));
  const bool is_http = error.category() == make_error_code(http::error::bad_method).category();
  if (is_http && error != http::error::end_of_stream && error != http::error::partial_message)
    return problem({Errc::invalid, "This is not a request of HTTP/1.1."});
  return std::nullopt;
}

Response too_many() {
  return problem({Errc::unavailable, "Too many are connected already; try again soon."});
}

Response too_many_of_one() {
  return problem({Errc::unavailable,
                  "This user has too many connections open already; end one of them, or try again soon."});
}

Response too_slow(const ServerLimits& limits) {
  return problem(408, "unavailable", "This took too long",
                 fmt::format("The request did not come whole within {} s; send it again.",
                             limits.request_timeout.count()));
}

// POST .../items/*/files
bool carries_file(const http::request<http::string_body>& request) {
  if (request.method() != http::verb::post) return false;
  const std::string_view target{request.target().data(), request.target().size()};
  return target.substr(0, target.find('?')).ends_with("/files");
}

struct HandleOnce {
  const Request& request;
  const Api& api;
  Response operator()() const { return handle(request, api); }
};

}  // namespace

// One open connection, as stop() sees it.
struct Connection {
  explicit Connection(Local::socket socket) : stream(std::move(socket)) {}
  Stream stream;
  uid_t uid = static_cast<uid_t>(-1);
  bool answering = false;
  std::uint64_t reading = 0;  // number of the request that is being read; another one once it was
  bool late = false;          // it did not come whole in time
  bool status_only = false;  // it came when there were enough others
  std::optional<std::chrono::steady_clock::time_point> handling_since;  // by a handler on the pool
};

struct Server::State {
  State(asio::io_context& io_, asio::thread_pool& pool_, const Api& api_,
        std::filesystem::path path_, const ServerLimits& limits_)
      : io(io_), pool(pool_), api(api_), path(std::move(path_)), limits(limits_), acceptor(io_) {}
  asio::io_context& io;
  asio::thread_pool& pool;
  const Api& api;
  std::filesystem::path path;
  ServerLimits limits;
  Local::acceptor acceptor;
  std::list<std::shared_ptr<Connection>> open;
  bool stopping = false;
};

using Parser = http::request_parser<http::string_body>;

// Ends the reading of a request whose time is over, and leaves the stream open, so that it can be said.
struct EndReading {
  std::shared_ptr<Connection> connection;
  std::uint64_t number;
  void operator()(const beast::error_code& cancelled) const {
    if (cancelled || connection->reading != number) return;
    connection->late = true;
    beast::error_code ignored;
    connection->stream.socket().cancel(ignored);
  }
};

// Reads one request, as far as it comes in time; `bytes_max` is what its body may have.
static asio::awaitable<beast::error_code> read_request(std::shared_ptr<Server::State> server,
                                                       std::shared_ptr<Connection> connection,
                                                       beast::flat_buffer& buffer, Parser& parser,
                                                       std::size_t& bytes_max) {
  const ServerLimits limits = server->limits;
  connection->late = false;
  // The stream's own time-out closes it without a word. It stands behind, for a client whose bytes come in the
  // very moment in which its time ends: then nothing is there to be ended, and the next read begins.
  connection->stream.expires_after(limits.request_timeout + std::chrono::seconds{1});
  asio::steady_timer time{server->io, limits.request_timeout};
  const EndReading end{connection, connection->reading};
  time.async_wait(end);
  // The parser holds a Content-Length against its limit as soon as the head is read, so it starts with
  // the larger one.
  parser.body_limit(std::max(limits.file_bytes_max, limits.request_bytes_max));
  parser.header_limit(limits.header_bytes_max);
  const auto [head_error, head_bytes] =
      co_await http::async_read_header(connection->stream, buffer, parser, as_error);
  boost::ignore_unused(head_bytes);
  beast::error_code error = head_error;
  // Only documents may be large; the API refuses those larger than the programme allows.
  bytes_max = !error && carries_file(parser.get()) ? limits.file_bytes_max : limits.request_bytes_max;
  if (!error && parser.content_length().value_or(0) > bytes_max) error = http::error::body_limit;
  if (!error) {
    parser.body_limit(bytes_max);  // what is sent in chunks says no length
    const auto [body_error, body_bytes] =
        co_await http::async_read(connection->stream, buffer, parser, as_error);
    boost::ignore_unused(body_bytes);
    error = body_error;
  }
  ++connection->reading;
  co_return error;
}

// Answers requests of one connection, in order, until either side ends it.
static asio::awaitable<void> serve(std::shared_ptr<Server::State> server,
                                   std::shared_ptr<Connection> connection) {
  beast::flat_buffer buffer{server->limits.header_bytes_max + server->limits.request_bytes_max};
  Stream& stream = connection->stream;
  while (!server->stopping) {
    Parser parser;
    std::size_t bytes_max = 0;
    const beast::error_code read_error =
        co_await read_request(server, connection, buffer, parser, bytes_max);
    std::optional<Response> refusal;
    if (read_error) {
      // A connection that waits for its next request is ended without a word: none would be heard.
      const bool begun = parser.got_some() || buffer.size() > 0;
      if (!connection->late)
        refusal = answer_to(read_error, bytes_max, server->limits);
      else if (begun)
        refusal = too_slow(server->limits);
      if (!refusal) break;
    }

    bool keep_alive = false;
    Response response;
    if (refusal) {
      response = std::move(*refusal);
    } else {
      connection->answering = true;
      const auto& message = parser.get();
      Request request;
      request.method = message.method_string();
      request.target = message.target();
      request.body = message.body();
      request.uid = connection->uid;
      request.idempotency_key = message["Idempotency-Key"];
      keep_alive = message.keep_alive() && !server->stopping;
      if (asks_status(request.target)) {
        response = handle(request, server->api);
      } else if (connection->status_only) {
        response = too_many();
        keep_alive = false;
      } else {
        const HandleOnce work{request, server->api};
        connection->handling_since = std::chrono::steady_clock::now();
        response = co_await run_blocking(server->pool, work);
        connection->handling_since.reset();
      }
    }
    HttpResponse out = to_http(std::move(response), keep_alive);
    if (!read_error && parser.get().method() == http::verb::head) out.body().clear();  // RFC 9110, 9.3.2
    stream.expires_after(server->limits.request_timeout);
    const auto [write_error, written] = co_await http::async_write(stream, out, as_error);
    boost::ignore_unused(written);
    connection->answering = false;
    if (write_error || !keep_alive) break;
  }
  beast::error_code ignored;
  stream.socket().shutdown(Local::socket::shutdown_send, ignored);
  server->open.remove(connection);
}

// More connections than allowed: said in one write that a fresh socket always takes.
static void turn_away(Local::socket& socket, Response why) {
  const HttpResponse out = to_http(std::move(why), false);
  beast::error_code ignored;
  http::write(socket, out, ignored);
}

static asio::awaitable<void> accept_all(std::shared_ptr<Server::State> server) {
  for (;;) {
    Local::socket socket{server->io};
    const auto [error] = co_await server->acceptor.async_accept(socket, as_error);
    if (server->stopping || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, say: wait a little rather than spin.
      spdlog::warn("socket {}: {}", server->path.string(), error.message());
      asio::steady_timer pause{server->io, std::chrono::milliseconds{200}};
      const auto [cut_short] = co_await pause.async_wait(as_error);
      boost::ignore_unused(cut_short);
      continue;
    }
    const std::size_t open = server->open.size();
    if (open >= server->limits.connections_max + server->limits.status_connections) {
      turn_away(socket, too_many());
      continue;
    }
    const uid_t uid = peer_uid(socket);
    const auto of_user = static_cast<std::size_t>(std::count_if(
        server->open.begin(), server->open.end(), [uid](const auto& other) { return other->uid == uid; }));
    if (of_user >= (server->api.is_known(uid) ? server->limits.connections_per_user
                                              : server->limits.connections_per_unknown_user)) {
      turn_away(socket, too_many_of_one());
      continue;
    }
    auto connection = std::make_shared<Connection>(std::move(socket));
    connection->status_only = open >= server->limits.connections_max;
    connection->uid = uid;
    server->open.push_back(connection);
    asio::co_spawn(server->io, serve(server, connection),
                   [server, connection](const std::exception_ptr& failed) {
                     if (!failed) return;
                     server->open.remove(connection);
                     try {
                       std::rethrow_exception(failed);
                     } catch (const std::exception& problem_) {
                       spdlog::error("connection: {}", problem_.what());
                     }
                   });
  }
}

Server::Server(asio::io_context& io, asio::thread_pool& pool, const Api& api,
               std::filesystem::path socket_path, const ServerLimits& limits)
    : state_(std::make_shared<State>(io, pool, api, std::move(socket_path), limits)) {}

Server::~Server() { stop(); }

void Server::start() {
  const std::string path = state_->path.string();
  const auto failed = [&](const char* what, const beast::error_code& error) {
    return IoError(fmt::format("socket {}: {}: {}", path, what, error.message()));
  };
  beast::error_code error;
  if (std::filesystem::is_socket(state_->path)) {
    Local::socket probe{state_->io};
    probe.connect(Local::endpoint{path}, error);
    if (!error) throw IoError(fmt::format("socket {}: another service answers there", path));
    std::filesystem::remove(state_->path);
  }
  std::filesystem::create_directories(state_->path.parent_path());
  state_->acceptor.open(Local{}, error);
  if (error) throw failed("cannot be opened", error);
  // Made without rights for others from the start, not given and then taken away.
  const mode_t before = ::umask(0117);
  state_->acceptor.bind(Local::endpoint{path}, error);
  ::umask(before);
  if (error) throw failed("cannot be bound", error);
  state_->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw failed("cannot be listened on", error);
  asio::co_spawn(state_->io, accept_all(state_), [](const std::exception_ptr& stopped) {
    if (stopped) std::rethrow_exception(stopped);  // out of io.run(): the daemon stops
  });
}

void Server::stop() {
  if (state_->stopping) return;
  state_->stopping = true;
  if (!state_->acceptor.is_open()) return;
  beast::error_code ignored;
  state_->acceptor.close(ignored);
  std::error_code not_there;
  std::filesystem::remove(state_->path, not_there);
  for (const auto& connection : state_->open)
    if (!connection->answering) connection->stream.cancel();
}

std::size_t Server::open_connections() const { return state_->open.size(); }

std::optional<std::chrono::steady_clock::time_point> Server::handling_since() const {
  std::optional<std::chrono::steady_clock::time_point> longest;
  for (const auto& connection : state_->open)
    if (const auto since = connection->handling_since; since && (!longest || *since < *longest))
      longest = since;
  return longest;
}

void Server::set_limits(const ServerLimits& limits) {
  const std::size_t connections = state_->limits.connections_max;
  state_->limits = limits;
  state_->limits.connections_max = connections;
}

}  // namespace assured::web
