#include "tests/support/running_service.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <stdexcept>

namespace assured::test {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;

namespace {

// Only the calling thread: what the service does on the others is not changed.
class EffectiveUser {
 public:
  explicit EffectiveUser(uid_t user) { change(user); }
  ~EffectiveUser() { ::syscall(SYS_setresuid, -1, 0, -1); }

 private:
  static void change(uid_t user) {
    if (::syscall(SYS_setresuid, -1, user, -1) != 0)
      throw std::runtime_error("only root can ask as somebody else");
  }
};

}  // namespace

config::Settings service_settings(const std::filesystem::path& folder) {
  config::Settings settings;
  settings.state_folder = folder / "state";
  settings.socket_path = folder / "assured.sock";
  settings.mail_folder = folder / "mail";
  settings.from_domain = "board.example";
  settings.programmes = {{ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney", {}}};
  settings.operators = {::getuid()};
  settings.sleep_max = std::chrono::seconds{300};
  return settings;
}

RunningService::RunningService(config::Settings settings, Instant now)
    : settings_(std::move(settings)), socket_(settings_.socket_path.string()), clock_(now) {}

RunningService::~RunningService() {
  if (is_running()) stop();
}

void RunningService::start() {
  app_ = std::make_unique<App>(settings_, clock_, zones_,
                               [this] { return clock_.now().time_since_epoch(); });
  std::promise<void> ready;
  auto is_ready = ready.get_future();
  app_->on_ready([&ready] { ready.set_value(); });
  thread_ = std::thread{[this] {
    try {
      code_ = app_->run();
    } catch (const std::exception&) {
      code_ = 1;  // as the program ends
    }
  }};
  is_ready.wait();
  ::chmod(socket_.c_str(), 0666);  // for ask_as()
}

int RunningService::stop() {
  app_->stop();
  thread_.join();
  app_.reset();
  return code_;
}

void RunningService::move_to(Instant at) {
  constexpr auto silence_max = 4min;  // the scheduler takes a longer one for downtime
  if (at - now() > silence_max) {
    clock_.move_to(at - 1min);
    app_->wake();
    settle();
  }
  clock_.move_to(at);
  app_->wake();
}

Instant RunningService::settle() {
  const auto limit = std::chrono::steady_clock::now() + 2min;
  for (;;) {
    if (const auto until = app_->rests_until()) return *until;
    if (std::chrono::steady_clock::now() > limit)
      throw std::runtime_error("the service finds no rest");
    std::this_thread::sleep_for(1ms);  // its threads work
  }
}

cli::Reply RunningService::ask(const std::string& method, const std::string& path,
                               const std::string& body, const std::string& key) const {
  return cli::send_request(socket_, method,
                           path.starts_with("/v1") ? path : "/v1/boards/city-and-hackney" + path, body,
                           key);
}

bool may_be_others() { return ::geteuid() == 0; }

cli::Reply ask_as(uid_t user, const std::string& socket, const std::string& method,
                  const std::string& target, const std::string& body) {
  const EffectiveUser somebody{user};
  return cli::send_request(socket, method, target, body);
}

}  // namespace assured::test
