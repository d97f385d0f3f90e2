// The real App on its socket and a thread of its own, on a clock that only the test moves.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "cli/http_client.hpp"
#include "config/settings.hpp"
#include "daemon/app.hpp"
#include "daemon/system_zones.hpp"

namespace assured::test {

class MovedClock : public Clock {
 public:
  explicit MovedClock(Instant now) : now_(now) {}
  Instant now() const override { return now_; }
  void move_to(Instant now) { now_ = now; }

 private:
  std::atomic<Instant> now_;
};

// Settings of a service that lives in `folder` and serves the shipped City & Hackney programme.
config::Settings service_settings(const std::filesystem::path& folder);

// Thread: one, but for ask().
class RunningService {
 public:
  RunningService(config::Settings settings, Instant now);
  ~RunningService();
  RunningService(const RunningService&) = delete;
  RunningService& operator=(const RunningService&) = delete;

  void start();
  int stop();  // the exit code
  bool is_running() const { return app_ != nullptr; }

  Instant now() const { return clock_.now(); }
  // The clock alone; the workers do not know yet.
  void set_clock(Instant at) { clock_.move_to(at); }
  // Time passes until `at`, and the workers look. Nothing may be due in between: the service leaves signs of
  // life each minute, so a leap is made in two steps, and no downtime is seen.
  void move_to(Instant at);
  // Waits until no worker has anything to do and no message is on its way. Returns when something will
  // be due. Throws: std::runtime_error after two minutes.
  Instant settle();

  // As the user that the process is. Thread: any.
  cli::Reply ask(const std::string& method, const std::string& path, const std::string& body = {},
                 const std::string& key = {}) const;
  const std::string& socket() const { return socket_; }

 private:
  const config::Settings settings_;
  const std::string socket_;
  MovedClock clock_;
  SystemZones zones_;
  std::unique_ptr<App> app_;
  std::thread thread_;
  int code_ = -1;
};

// Whether as_user() works: only root may connect as somebody else.
bool may_be_others();
// Sends one request to the socket as another user of the machine (SO_PEERCRED); the process stays who it is.
cli::Reply ask_as(uid_t user, const std::string& socket, const std::string& method,
                  const std::string& target, const std::string& body = {});

}  // namespace assured::test
