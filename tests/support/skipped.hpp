// For tests that need what not every machine grants. Catch 2 cannot skip: ctest reads it in the output.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.hpp"

// Ends the test case; as a failure where ASSURED_NO_SKIPS is set, as `./test --all` sets it. A macro,
// because it returns from the test.
#define SKIP_TEST(why)                                                                       \
  do {                                                                                       \
    if (std::getenv("ASSURED_NO_SKIPS") != nullptr) FAIL("may not be left out here: " << (why)); \
    fmt::print("SKIPPED: {}\n", std::string{why});                                           \
    return;                                                                                  \
  } while (false)
