#include "bench/limits/bare_http.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

namespace assured::bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

namespace {

asio::awaitable<void> serve(Stream stream, const std::string& answer) {
  beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    http::response<http::string_body> response{http::status::ok, request.version()};
    response.set(http::field::content_type, "application/json");
    response.keep_alive(true);
    response.body() = answer;
    response.prepare_payload();
    co_await http::async_write(stream, response, asio::use_awaitable);
  }
}

asio::awaitable<void> accept_all(Local::acceptor& acceptor, const std::string& answer) {
  for (;;) {
    Local::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    Stream stream{std::move(socket)};
    asio::co_spawn(acceptor.get_executor(), serve(std::move(stream), answer), asio::detached);
  }
}

}  // namespace

struct BareHttp::State {
  State(std::filesystem::path path_, std::string answer_)
      : path(std::move(path_)), answer(std::move(answer_)), acceptor(io, Local::endpoint{path.string()}) {
    asio::co_spawn(io, accept_all(acceptor, answer), asio::detached);
    thread = std::thread{[this] { io.run(); }};
  }
  ~State() {
    io.stop();
    thread.join();
    std::filesystem::remove(path);
  }

  std::filesystem::path path;
  const std::string answer;
  asio::io_context io{1};
  Local::acceptor acceptor;
  std::thread thread;
};

BareHttp::BareHttp(std::filesystem::path socket, std::string answer)
    : state_(std::make_unique<State>(std::move(socket), std::move(answer))) {}
BareHttp::~BareHttp() = default;

}  // namespace assured::bench
