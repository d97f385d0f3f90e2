// The daemon: builds everything, waits, stops.
#pragma once

#include <functional>
#include <memory>

#include "config/settings.hpp"
#include "workflows/store.hpp"

namespace assured {

// One running service. Owner of all it builds; `clock` and `zones` outlive it.
class App {
 public:
  // Opens the store, loads every board, binds the socket.
  // Throws: ConfigError (every mistake of the programmes), StoreError, IoError.
  App(config::Settings settings, const Clock& clock, const Zones& zones);
  ~App();

  // Works until SIGTERM, SIGINT or stop(). Returns the exit code: 0 after a clean stop, 1 when a worker
  // failed for good or something still ran after the stop's time-out; its name is in the log.
  int run();
  // Thread: any.
  void stop();
  // Called on the daemon's own thread once requests are answered. For tests and for `serve`.
  void on_ready(std::function<void()> ready);
  // True after run() returned because something would not end: its threads cannot be joined, so the
  // process must leave without destroying the App.
  bool is_stuck() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace assured
