// What assuredctl does when a connection is cut.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "cli/http_client.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"

using namespace assured;

namespace {

// Reads one request's head from each of `cuts` connections and closes them; answers the next one.
class CuttingServer {
 public:
  CuttingServer(const std::string& path, int cuts) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 4) != 0)
      throw std::runtime_error("no socket");
    thread_ = std::thread{[this, cuts] {
      for (int i = 0; i <= cuts; ++i) {
        const int peer = ::accept(listener_, nullptr, nullptr);
        if (peer < 0) return;
        keys.push_back(key_of(peer));
        if (i == cuts) {
          const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
          if (::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) keys.clear();
        }
        ::close(peer);
      }
    }};
  }
  ~CuttingServer() { end(); }
  void end() {
    if (!thread_.joinable()) return;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::vector<std::string> keys;  // of what came; to be read after end()

 private:
  static std::string key_of(int peer) {
    std::string head;
    char buffer[1024];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = ::recv(peer, buffer, sizeof buffer, 0);
      if (n <= 0) return "(cut)";
      head.append(buffer, static_cast<std::size_t>(n));
    }
    const auto at = head.find("Idempotency-Key: ");
    if (at == std::string::npos) return {};
    return head.substr(at + 17, head.find("\r\n", at) - at - 17);
  }

  int listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a change is sent again under its key when the connection is cut, once", "[cli]") {
  const test::Folder folder;
  const std::string path = (folder.path / "x.sock").string();
  CuttingServer server{path, 1};
  const auto reply = cli::send_request(path, "POST", "/v1/x", "", "key-1");
  CHECK(reply.status == 200);
  server.end();
  CHECK(server.keys == std::vector<std::string>{"key-1", "key-1"});
}

TEST_CASE("twice cut off is not tried a third time, and without a key not a second", "[cli]") {
  const test::Folder folder;
  const std::string path = (folder.path / "x.sock").string();
  CuttingServer server{path, 5};
  CHECK_THROWS_AS(cli::send_request(path, "POST", "/v1/x", "", "key-1"), cli::Unreachable);
  CHECK_THROWS_AS(cli::send_request(path, "POST", "/v1/x", ""), cli::Unreachable);
  server.end();
  CHECK(server.keys == std::vector<std::string>{"key-1", "key-1", ""});
  CHECK(cli::new_idempotency_key() != cli::new_idempotency_key());
}
