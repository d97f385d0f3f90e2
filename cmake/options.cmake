# Every target of ours links assured_options: one place for the language level, the warnings and
# the sanitizers, so that no folder is quietly laxer than the others.
add_library(assured_options INTERFACE)
target_include_directories(assured_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_features(assured_options INTERFACE cxx_std_20)
target_compile_definitions(assured_options INTERFACE ASSURED_VERSION="${PROJECT_VERSION}")

option(ASSURED_WERROR "Treat warnings in our own code as errors" ON)
target_compile_options(assured_options INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow               # a shadowed `now` or `item` is how the wrong one gets used
  -Wconversion           # silent narrowing of ids and durations
  -Wsign-conversion
  -Wnon-virtual-dtor     # ports are deleted through their base
  -Woverloaded-virtual
  -Wimplicit-fallthrough
  -Wnull-dereference
  $<$<BOOL:${ASSURED_WERROR}>:-Werror>
  # GCC 12 reports these inside its own std::string and std::variant at -O2, on correct code.
  -Wno-restrict -Wno-maybe-uninitialized -Wno-null-dereference
  # Clang, which only the fuzz targets need, does not know all of the above.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-unknown-warning-option>)

set(ASSURED_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined")
if(ASSURED_SANITIZE)
  add_compile_options(-fsanitize=${ASSURED_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASSURED_SANITIZE})
  if(ASSURED_SANITIZE MATCHES "thread")
    # The thread sanitizer knows locks and atomics but no fences; Asio's queues hold locks anyway.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    add_compile_options(-Wno-tsan)
  endif()
endif()

# Coverage for libFuzzer in every library; the targets themselves link its main (tests/fuzz).
option(ASSURED_FUZZ "Build the fuzz targets for libFuzzer instead of the tests (clang)" OFF)
if(ASSURED_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# For sources that hold coroutines. GCC 12 takes Asio's coroutine frames, whose operator new it inlines and
# whose delete it does not, for a mismatch; clang 14 cannot assemble an instrumented coroutine ("Cannot
# represent a difference across sections"), and no fuzz target runs one.
set(ASSURED_COROUTINES -Wno-mismatched-new-delete)
if(ASSURED_FUZZ)
  set(ASSURED_COROUTINES -fno-sanitize=all)
endif()

find_program(ASSURED_MOLD mold)
if(ASSURED_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(ASSURED_CCACHE ccache)
if(ASSURED_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${ASSURED_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${ASSURED_CCACHE}")
endif()
