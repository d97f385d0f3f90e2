// The one file that includes Beast's HTTP client side.
#include "cli/http_client.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <random>

namespace assured::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;

namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::uint64_t reply_bytes_max = 64 * 1024 * 1024;

}  // namespace

// Nothing when the connection ended before its answer was whole.
static std::optional<Reply> send_once(const std::string& socket_path, const std::string& method,
                                      const std::string& target, const std::string& body,
                                      const std::string& idempotency_key) {
  asio::io_context io;
  beast::basic_stream<Local> stream{io};
  beast::error_code error;
  stream.socket().connect(Local::endpoint{socket_path}, error);
  if (error)
    throw Unreachable(fmt::format("Nobody answers on {} ({}). Is the service running, and may you "
                                  "open this socket? --socket names another one.",
                                  socket_path, error.message()));

  http::request<http::string_body> request{http::string_to_verb(method), target, 11};
  request.set(http::field::host, "localhost");
  request.set(http::field::user_agent, "assuredctl");
  if (!idempotency_key.empty()) request.set("Idempotency-Key", idempotency_key);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.keep_alive(false);
  request.body() = body;
  request.prepare_payload();

  // The synchronous calls of a stream know no time-out; these, run to their end, do.
  std::optional<beast::error_code> done;
  stream.expires_after(patience);
  http::async_write(stream, request,
                    [&](const beast::error_code& failed, std::size_t) { done = failed; });
  io.run();
  // An answer may come before all was read (a body that is too large); it says more than a broken pipe.
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(reply_bytes_max);
  stream.expires_after(patience);
  io.restart();
  http::async_read(stream, buffer, parser,
                   [&](const beast::error_code& failed, std::size_t) { done = failed; });
  io.run();
  if (done == beast::error_code{beast::error::timeout})
    throw Unreachable(fmt::format("The service on {} did not answer in {} s.", socket_path,
                                  patience.count()));
  if (!done || *done) return std::nullopt;
  return Reply{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

std::string new_idempotency_key() {
  std::random_device source;
  std::string key;
  for (int i = 0; i < 4; ++i) key += fmt::format("{:08x}", source());
  return key;
}

Reply send_request(const std::string& socket_path, const std::string& method,
                   const std::string& target, const std::string& body,
                   const std::string& idempotency_key) {
  const bool may_repeat = method == "GET" || !idempotency_key.empty();
  auto reply = send_once(socket_path, method, target, body, idempotency_key);
  if (!reply && may_repeat) reply = send_once(socket_path, method, target, body, idempotency_key);
  if (!reply)
    throw Unreachable(fmt::format(
        "The service on {} ended the connection before it answered; look whether it was done.", socket_path));
  return std::move(*reply);
}

}  // namespace assured::cli
