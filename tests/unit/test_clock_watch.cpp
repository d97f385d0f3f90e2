// When the wall clock is trusted with routine mail (S16.3).
#include <catch2/catch.hpp>

#include "daemon/clock_watch.hpp"

using namespace assured;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

namespace {

struct Clocks {
  std::chrono::milliseconds running{5h};
  Instant wall = *parse_instant("2026-11-02T09:00:00Z");
  ClockWatch watch{[this] { return running; }};

  void pass(std::chrono::milliseconds time) {
    running += time;
    wall += time;
  }
  bool waits() { return watch.routine_waits(wall); }
};

}  // namespace

TEST_CASE("a clock that runs, or sleeps, is trusted", "[clock]") {
  Clocks clocks;
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(clocks.waits());
    clocks.pass(5min);
  }
  clocks.pass(60h);  // asleep: both went on
  CHECK_FALSE(clocks.waits());
  clocks.wall += 59min;  // summer time is no matter of this clock; a small step is let pass
  CHECK_FALSE(clocks.waits());
  clocks.wall -= 3h;  // nothing falls due by going back
  CHECK_FALSE(clocks.waits());
}

TEST_CASE("after a jump forward routine mail waits a quarter of an hour of steadiness", "[clock]") {
  Clocks clocks;
  CHECK_FALSE(clocks.waits());
  clocks.wall += 61min;
  CHECK(clocks.waits());
  clocks.pass(14min);
  CHECK(clocks.waits());
  SECTION("steady") {
    clocks.pass(1min);
    CHECK_FALSE(clocks.waits());
    clocks.pass(1min);
    CHECK_FALSE(clocks.waits());
  }
  SECTION("set right meanwhile: the wait begins anew") {
    clocks.wall -= 61min;
    CHECK(clocks.waits());
    clocks.pass(14min);
    CHECK(clocks.waits());
    clocks.pass(1min);
    CHECK_FALSE(clocks.waits());
  }
  SECTION("being corrected slowly is steady") {
    clocks.pass(30s);
    clocks.wall -= 1s;
    CHECK(clocks.waits());
    clocks.pass(30s);
    CHECK_FALSE(clocks.waits());
  }
}
