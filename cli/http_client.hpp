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

// Throws: Unreachable, after a minute at most.
Reply send_request(const std::string& socket_path, const std::string& method,
                   const std::string& target, const std::string& body);

}  // namespace assured::cli
