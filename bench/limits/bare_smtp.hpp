// Limits: bytes handed to a relay by libcurl with nothing around it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace assured::bench {

// Sends the first `count` of `messages` (again from the first when there are fewer) over `connections` kept
// connections. Throws: std::runtime_error when one is not taken.
// A thread and an easy handle for each connection.
void send_by_threads(int port, const std::vector<std::string>& messages, std::size_t count,
                     std::size_t connections);
// One multi handle, polled.
void send_by_multi(int port, const std::vector<std::string>& messages, std::size_t count,
                   std::size_t connections);

}  // namespace assured::bench
