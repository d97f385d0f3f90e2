// Programs beside the bench: the service itself, its relay, and connections to its socket.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workflows/instant.hpp"

namespace assured::bench {

// A child process with its standard input and output at hand; killed at the end if it still runs.
class Child {
 public:
  // Throws: std::runtime_error.
  Child(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void write_line(const std::string& line);
  std::string read_line();  // empty at its end
  int wait();               // its exit code
  void end(int signal);     // sends it, and waits

 private:
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
};

// smtp-sink of postfix, on a port of its own. Throws: std::runtime_error when it is not installed.
class Sink {
 public:
  Sink();
  int port() const { return port_; }

 private:
  int port_;
  std::unique_ptr<Child> child_;
};
inline constexpr const char* smtp_source = "/usr/sbin/smtp-source";

struct ServiceOptions {
  std::filesystem::path programme, state;
  int relay_port = 0;  // 0: mail goes to files
  // Of a clock that stands still between moves; none: the machine's.
  std::optional<Instant> clock = {};
};

// A running service. With a clock of its own it is this program's serve(), else the installed program.
class Service {
 public:
  explicit Service(const ServiceOptions& options);
  std::filesystem::path socket() const { return socket_; }
  // The clock goes on, and the workers work until nothing is due and no message is on its way.
  void move_to(Instant at);
  // "VmRSS" or "VmHWM" of /proc, in MB.
  double memory_mb(const std::string& name) const;
  // What VmHWM says from now on is the peak since now.
  void forget_peak() const;
  void kill();
  int stop();
  // From the start of the process until it said that it is ready.
  double start_seconds() const { return start_seconds_; }

 private:
  std::filesystem::path socket_;
  double start_seconds_ = 0;
  std::unique_ptr<Child> child_;
};

// Runs the service of a settings file on a clock that standard input moves, an instant a line; "resting" is
// printed when all is done then.
int serve(const std::filesystem::path& settings, Instant now);

// A kept connection to a service's socket. Thread: one.
class HttpConnection {
 public:
  explicit HttpConnection(const std::filesystem::path& socket);
  ~HttpConnection();
  HttpConnection(HttpConnection&&) noexcept;
  // The body of the answer. Throws: std::runtime_error, also when it is no success.
  std::string ask(const std::string& method, const std::string& target, const std::string& body = {},
                  const std::string& key = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assured::bench
