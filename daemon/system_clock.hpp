// The machine's clock, as the port that the domain asks.
#pragma once

#include <chrono>

#include "workflows/instant.hpp"

namespace assured {

// Thread: safe; holds nothing.
class SystemClock : public Clock {
 public:
  Instant now() const override {
    return std::chrono::floor<Millis>(std::chrono::system_clock::now());
  }
};

}  // namespace assured
