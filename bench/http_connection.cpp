// Beast's HTTP client side, apart because it is slow to compile.
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <stdexcept>

#include "bench/service.hpp"

namespace assured::bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;

struct HttpConnection::State {
  asio::io_context io;
  Local::socket socket{io};
  beast::flat_buffer buffer;
};

HttpConnection::HttpConnection(const std::filesystem::path& socket) : state_(std::make_unique<State>()) {
  state_->socket.connect(Local::endpoint{socket.string()});
}
HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;

std::string HttpConnection::ask(const std::string& method, const std::string& target, const std::string& body,
                                const std::string& key) {
  http::request<http::string_body> request{http::string_to_verb(method), target, 11};
  request.set(http::field::host, "localhost");
  if (!key.empty()) request.set("Idempotency-Key", key);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  http::write(state_->socket, request);
  http::response<http::string_body> response;
  http::read(state_->socket, state_->buffer, response);
  if (response.result_int() != 200)
    throw std::runtime_error("bench: " + target + " was answered " + std::to_string(response.result_int()) + ": " +
                             response.body());
  return std::move(response.body());
}

}  // namespace assured::bench
