#include "bench/service.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "bench/report.hpp"
#include "bench/world.hpp"
#include "daemon/app.hpp"

namespace assured::bench {

namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;

namespace {

constexpr const char* smtp_sink = "/usr/sbin/smtp-sink";

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("bench: {}: {}", what, std::strerror(errno)));
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Where the service says that it is ready (sd_notify).
class NotifySocket {
 public:
  explicit NotifySocket(fs::path path) : path_(std::move(path)) {
    fs::remove(path_);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind " + path_.string());
    const timeval patience{300, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~NotifySocket() {
    ::close(socket_);
    fs::remove(path_);
  }
  void wait_ready() const {
    for (std::string text(4096, '\0');;) {
      const ssize_t length = ::recv(socket_, text.data(), text.size(), 0);
      if (length <= 0) fail("the service did not say that it is ready");
      if (std::string_view{text.data(), static_cast<std::size_t>(length)}.find("READY=1") != std::string_view::npos)
        return;
    }
  }

 private:
  fs::path path_;
  int socket_ = -1;
};

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0) fail("bind");
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  return ntohs(address.sin_port);
}

bool answers(int port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return connected;
}

fs::path write_settings(const ServiceOptions& options) {
  const fs::path path = options.state / "assured.toml";
  std::ofstream file{path};
  file << fmt::format("state_folder = \"{0}\"\nsocket = \"{0}/s\"\nfrom_domain = \"board.example\"\n"
                      "programmes = [\"{1}\"]\noperators = [{2}]\nlog_level = \"error\"\n"
                      "[mail]\nmode = \"live\"\nper_person_per_hour = 0\n"
                      "[[user]]\nuid = {2}\nboard = \"{3}\"\nperson = \"{4}\"\n",
                      options.state.string(), options.programme.string(), ::getuid(), board_id, user);
  if (options.relay_port != 0)
    file << fmt::format("[relay]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nconnections = 4\n"
                        "messages_per_minute = 0\nfrom_address = \"board@board.example\"\n",
                        options.relay_port);
  return path;
}

class MovedClock : public Clock {
 public:
  explicit MovedClock(Instant now) : now_(now) {}
  Instant now() const override { return now_; }
  void move_to(Instant at) { now_ = at; }

 private:
  std::atomic<Instant> now_;
};

}  // namespace

Child::Child(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) fail("pipe");
  std::vector<std::string> words = command, variables = environment;
  for (char** one = environ; *one != nullptr; ++one) variables.emplace_back(*one);
  const auto argv = pointers_to(words), envp = pointers_to(variables);
  pid_ = ::vfork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
}

Child::~Child() {
  if (pid_ > 0) end(SIGKILL);
  ::close(in_);
  ::close(out_);
}

void Child::write_line(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("write");
}

std::string Child::read_line() {
  std::string line;
  for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

int Child::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::end(int signal) {
  ::kill(pid_, signal);
  wait();
}

Sink::Sink() : port_(free_port()) {
  if (!fs::exists(smtp_sink)) throw std::runtime_error("bench: smtp-sink (Debian's postfix) is not installed");
  child_ = std::make_unique<Child>(std::vector<std::string>{smtp_sink, "-u", "nobody", fmt::format("127.0.0.1:{}", port_), "1024"});
  for (int i = 0; i < 500 && !answers(port_); ++i) std::this_thread::sleep_for(10ms);
}

Service::Service(const ServiceOptions& options) : socket_(options.state / "s") {
  const fs::path settings = write_settings(options);
  const NotifySocket ready{options.state / "n"};
  std::vector<std::string> command{ASSURED_BINARY_DIR "/daemon/assured", "serve", "--config", settings.string()};
  if (options.clock)
    command = {fs::read_symlink("/proc/self/exe").string(), "--serve", settings.string(), "--clock",
               to_text(*options.clock)};
  start_seconds_ = seconds_of([&] {
    child_ = std::make_unique<Child>(command,
                                     std::vector<std::string>{"NOTIFY_SOCKET=" + (options.state / "n").string()});
    ready.wait_ready();
  });
}

void Service::move_to(Instant at) {
  child_->write_line(to_text(at));
  if (child_->read_line() != "resting") throw std::runtime_error("bench: the service ended");
}

double Service::memory_mb(const std::string& name) const {
  std::ifstream status{fmt::format("/proc/{}/status", child_->pid())};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  throw std::runtime_error("bench: no " + name);
}

void Service::forget_peak() const { std::ofstream{fmt::format("/proc/{}/clear_refs", child_->pid())} << "5"; }

void Service::kill() { child_->end(SIGKILL); }

int Service::stop() {
  ::kill(child_->pid(), SIGTERM);
  return child_->wait();
}

int serve(const fs::path& path, Instant now) {
  const auto reading = config::load_settings(path);
  if (!reading.settings) throw std::runtime_error("bench: the settings have mistakes");
  MovedClock clock{now};
  const SystemZones zones;
  App app{*reading.settings, clock, zones, [&] { return clock.now().time_since_epoch(); }};
  // Before the answer to the move: what the socket takes meanwhile is served as ever.
  std::thread moving{[&] {
    for (std::string line; std::getline(std::cin, line);) {
      clock.move_to(*parse_instant(line));
      app.wake();
      const auto rests = [&] {
        const auto until = app.rests_until();
        return until && *until > clock.now();
      };
      while (!rests()) std::this_thread::sleep_for(1ms);
      std::cout << "resting" << std::endl;
    }
  }};
  moving.detach();  // it waits for a line until the process ends
  return app.run();
}

}  // namespace assured::bench
