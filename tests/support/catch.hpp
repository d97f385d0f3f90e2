// Catch2 for our tests: include this in place of <catch2/catch.hpp>, so that a failed CHECK on a
// Result shows its error. (Boost's own printer wants a << for the value, which few types have.)
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "workflows/result.hpp"

namespace Catch {

template <class T>
struct StringMaker<assured::Result<T>> {
  static std::string convert(const assured::Result<T>& result) {
    if (result) return "a value";
    return "error: " + result.error().message;
  }
};

}  // namespace Catch
