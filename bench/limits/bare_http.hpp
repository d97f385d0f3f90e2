// A limit: Boost.Beast answering every request with the same bytes from memory, over a Unix socket.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace assured::bench {

// One thread, from the constructor to the destructor. Owner of the socket file.
class BareHttp {
 public:
  BareHttp(std::filesystem::path socket, std::string answer);
  ~BareHttp();
  BareHttp(const BareHttp&) = delete;
  BareHttp& operator=(const BareHttp&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assured::bench
