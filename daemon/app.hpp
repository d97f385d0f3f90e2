// The daemon: builds everything, waits, stops.
#pragma once

#include <functional>
#include <memory>

#include "config/settings.hpp"
#include "daemon/clock_watch.hpp"
#include "workflows/store.hpp"

namespace assured {

// One running service. Owner of all it builds; `clock` and `zones` outlive it.
// A test that moves `clock` gives `running` the same time, and calls wake() after each move.
class App {
 public:
  // Opens the store, loads every board, binds the socket.
  // Throws: ConfigError (every mistake of the programmes), StoreError, IoError.
  App(config::Settings settings, const Clock& clock, const Zones& zones,
      ClockWatch::Running running = since_boot);
  ~App();

  // Works until SIGTERM, SIGINT or stop(). Returns the exit code: 0 after a clean stop, 1 when a worker
  // failed for good or something still ran after the stop's time-out; its name is in the log.
  int run();
  // Thread: any.
  void stop();
  // Called on the daemon's own thread once requests are answered. For tests and for `serve`.
  void on_ready(std::function<void()> ready);
  // Every worker looks again at what is due. Thread: any.
  void wake();
  // When something will be due that is not due now; nothing while a worker has something to do or a
  // message is on its way. Signs of life and figures for the health, which are due all the time, do not count.
  // While run() runs. Thread: any but the daemon's own.
  std::optional<Instant> rests_until() const;
  // True after run() returned because something would not end: its threads cannot be joined, so the
  // process must leave without destroying the App.
  bool is_stuck() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace assured
