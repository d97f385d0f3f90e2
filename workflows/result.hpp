// Answers that can be "no": a value, or an Error that a person can act on.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace assured {

enum class Errc { invalid, not_found, conflict, refused, forbidden, unavailable, internal };

struct Error {
  Errc code = Errc::internal;
  std::string message;     // a sentence for a business manager; never a value of a field
  std::string field = {};  // the field, key or command-line argument it is about; may be empty
};

// Found by boost::system::result when value() is called on a refusal.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

template <class T>
struct [[nodiscard]] Result : boost::system::result<T, Error> {
  using boost::system::result<T, Error>::result;
};

// The world failed: database gone, disk full. `retryable` tells a worker whether to wait and repeat.
class StoreError : public std::runtime_error {
 public:
  StoreError(const std::string& what, bool is_retryable)
      : std::runtime_error(what), retryable(is_retryable) {}
  bool retryable;
};

class IoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void assert_failed(const char* condition, const char* file, int line);

}  // namespace assured

// A broken invariant of ours: on in every build; logs and aborts, so that the open transaction never
// happened.
#define ASSURED_ASSERT(condition) \
  ((condition) ? void(0) : ::assured::assert_failed(#condition, __FILE__, __LINE__))
