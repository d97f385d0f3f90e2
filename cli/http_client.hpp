// One request over the service's Unix socket, waiting for its answer.
#pragma once

#include <stdexcept>
#include <string>

namespace assured::cli {

struct Reply {
  int status = 0;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

// Nobody answers on the socket, or what answers speaks no HTTP.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Sent once more, with the same key, when the connection ends before the answer is whole: a GET, and what
// has an idempotency key, which the service does no second time (S14.2).
// Throws: Unreachable, after two minutes at most.
Reply send_request(const std::string& socket_path, const std::string& method,
                   const std::string& target, const std::string& body,
                   const std::string& idempotency_key = {});
// A new random one.
std::string new_idempotency_key();

}  // namespace assured::cli
