#include "workflows/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace assured {

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error(error.message);
}

void assert_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "assured: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace assured
