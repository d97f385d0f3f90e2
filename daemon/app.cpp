#include "daemon/app.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <future>

#include "config/text_file.hpp"
#include "daemon/boards.hpp"
#include "daemon/clock_watch.hpp"
#include "daemon/document_files.hpp"
#include "daemon/housekeeper.hpp"
#include "daemon/mail_relay.hpp"
#include "daemon/reload.hpp"
#include "daemon/restore.hpp"
#include "daemon/secret.hpp"
#include "daemon/sender.hpp"
#include "daemon/state_lock.hpp"
#include "daemon/status_reader.hpp"
#include "daemon/supervisor.hpp"
#include "daemon/work_counts.hpp"
#include "daemon/worker_loop.hpp"
#include "daemon/writer.hpp"
#include "store/store.hpp"
#include "web/server.hpp"
#include "workflows/system_head.hpp"

namespace assured {

namespace asio = boost::asio;
using std::chrono_literals::operator""min;

namespace {

// Threads that may wait for the disk: one for each worker's pass, and for requests as many as may be
// connected, so that those who wait for one commit can share it.
constexpr std::size_t worker_threads = 6;  // and a reload
constexpr std::size_t api_threads = 64;
// A part that stands still for so long is stuck, unless the service manager's watchdog says otherwise.
constexpr std::chrono::microseconds stuck_after = 1min;

const std::filesystem::path& prepared(const std::filesystem::path& state_folder) {
  std::error_code failed;
  std::filesystem::create_directories(state_folder, failed);
  if (failed)
    throw IoError(fmt::format("{}: the state folder cannot be made: {}", state_folder.string(),
                              failed.message()));
  refuse_unfinished_restore(state_folder);
  return state_folder;
}

// Opens the store and notes in the operator's chain which program began to work on it (S13.4).
std::unique_ptr<Store> open_state(const std::filesystem::path& state_folder, Instant now) {
  remove_unpacked(state_folder);
  store::StoreOptions options;
  options.path = database_path(state_folder).string();
  auto store = store::open_store(options);
  const auto tx = store->begin();
  tx->note_operator(head_of_system("start", {}, now), "assured " ASSURED_VERSION, now);
  tx->commit();
  return store;
}

// The scheduler, woken each minute at least: its pass leaves a sign of life, so that a later gap is
// known for what it was (S6.1).
class LivingScheduler : public Worker {
 public:
  // `ended` is called after each pass, also one that failed half-way.
  LivingScheduler(Scheduler& scheduler, std::function<void()> ended)
      : scheduler_(scheduler), ended_(std::move(ended)) {}
  std::string_view name() const override { return scheduler_.name(); }
  Instant run_once(Instant now) override {
    try {
      due_at_ = scheduler_.run_once(now);
    } catch (...) {
      ended_();
      throw;
    }
    ended_();
    return std::min<Instant>(due_at_, now + 1min);
  }
  // Thread: any.
  Instant due_at() const { return due_at_; }

 private:
  Scheduler& scheduler_;
  std::function<void()> ended_;
  std::atomic<Instant> due_at_{Instant::min()};
};

web::ServerLimits limits_of(const config::Settings& settings) {
  web::ServerLimits limits;
  limits.connections_max = api_threads;
  limits.request_timeout = settings.request_timeout;
  limits.request_bytes_max = settings.request_bytes_max;
  limits.connections_per_user = settings.connections_per_user;
  return limits;
}

}  // namespace

// In the order in which they are built; ended in the other.
struct App::Parts {
  Parts(config::Settings settings_, const Clock& clock_, const Zones& zones_,
        ClockWatch::Running running)
      : settings(std::move(settings_)),
        current_settings(settings),
        clock(clock_),
        zones(zones_),
        lock(prepared(settings.state_folder)),
        store(open_state(settings.state_folder, clock.now())),
        programmes(open_boards(*store, settings.programmes, zones, clock.now(), settings.calendars)),
        relay(open_relay(settings), threads_for(settings)),
        renderer(current_settings),
        clock_watch(std::move(running)),
        scheduler(*store, programmes, [this](const WorkReport& report) { note(report); },
                  [this](Instant now) { return clock_watch.routine_waits(now); }),
        living_scheduler(scheduler, [this] { if (fired.exchange(false)) wake_all(); }),
        planner(*store, programmes, renderer,
                {secret_of(settings.state_folder), settings.from_domain,
                 [this] { return current_settings.get()->mail; },
                 [this](Instant now) { return clock_watch.routine_waits(now); }},
                [this](const WorkReport& report) { note(report); }),
        sender(*store, programmes, relay,
               {relay.threads(),
                [this] {
                  const auto now_in_force = current_settings.get();
                  return now_in_force->relay ? now_in_force->relay->messages_per_minute : 0;
                },
                [this] { return current_settings.get()->mail; }},
               [this](const WorkReport& report) { note(report); },
               [this] { sender_loop().wake(); }),
        files(open_files(settings)),
        housekeeper(*store, files, programmes,
                    [this] {
                      const auto now_in_force = current_settings.get();
                      Retention keep;
                      keep.mail_bytes = now_in_force->keep_mail;
                      keep.reads = now_in_force->keep_reads;
                      return keep;
                    }),
        status(*store, programmes),
        writer(*store, programmes, clock, [this] { wake_all(); }),
        started_at(clock.now()) {
    for (Worker* worker : std::initializer_list<Worker*>{&sender, &living_scheduler, &planner, &housekeeper,
                                                         &status})
      loops.push_back(
          std::make_unique<WorkerLoop>(*worker, clock, io, pool,
                                       [this] { return current_settings.get()->sleep_max; },
                                       [this](const std::string& name, const std::string& what) {
                                         spdlog::critical("{}: {}; the service stops", name, what);
                                         exit_code = 1;
                                         begin_stop();
                                       }));
    server =
        std::make_unique<web::Server>(io, api_pool, api, settings.socket_path, limits_of(settings));
    server->start();
  }

  void await_reload() {
    reloads.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      asio::post(pool, [this] { reloading.ask(); });
      await_reload();
    });
  }

  // All of it, or none: a mistake leaves what runs as it is.
  void reload_now() {
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
               static_cast<unsigned long long>(
                   std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                       .count()));
    std::string outcome = "the configuration was read again and is in force";
    try {
      const auto later =
          reload(settings.source, *store, {current_settings, programmes, relay}, zones, clock);
      for (const Mistake& mistake : later) spdlog::warn("{}", to_text(mistake));
      spdlog::set_level(spdlog::level::from_str(current_settings.get()->log_level));
      spdlog::info("{}: read again and in force", settings.source.string());
      asio::post(io, [this] { server->set_limits(limits_of(*current_settings.get())); });
      wake_all();
    } catch (const ConfigError& error) {
      for (const Mistake& mistake : error.mistakes) spdlog::error("{}", to_text(mistake));
      spdlog::error("{}: not put in force; what runs stays as it was", settings.source.string());
      outcome = fmt::format("the configuration has {} mistakes and is not in force; the log names them",
                            error.mistakes.size());
    } catch (const std::exception& error) {
      spdlog::error("reload: {}; what runs stays as it was", error.what());
      outcome = "the configuration could not be read again; the log says why";
    }
    sd_notifyf(0, "READY=1\nSTATUS=%s", outcome.c_str());
  }

  WorkerLoop& sender_loop() const { return *loops.front(); }

  // Each pass that did something may have given the other worker something to do.
  void wake_all() {
    for (const auto& loop : loops) loop->wake();
  }

  std::optional<Instant> rests_until() const {
    if (sender.health().in_hand != 0) return std::nullopt;
    Instant earliest = living_scheduler.due_at();
    for (const auto& loop : loops) {
      const auto until = loop->rests_until();
      if (!until) return std::nullopt;
      const std::string name = loop->health().name;
      if (name != living_scheduler.name() && name != status.name()) earliest = std::min(earliest, *until);
    }
    return earliest;
  }

  // Routine rungs wake nobody until all that is due has fired: the planner joins what waits for one reader,
  // and would make a mail of each few that it finds.
  void note(const WorkReport& report) {
    work_counts.add(report);
    const auto& prompts = report.decision.prompts;
    const bool urgent = std::any_of(prompts.begin(), prompts.end(), [](const Changed<Prompt>& prompt) {
      return prompt.now.family == Family::a;
    });
    if (report.what == "due" && !urgent)
      fired = true;
    else
      wake_all();
  }

  std::vector<Stuck> look_for_stuck() const {
    std::vector<Progress> parts;
    for (const auto& loop : loops) parts.push_back(loop->progress());
    parts.push_back(writer.progress());
    parts.push_back({"API", server->handling_since(), {}});
    const auto in_force = current_settings.get();
    parts.push_back({"a message to the relay", sender.sending_since(), {},
                     in_force->relay ? in_force->relay->message_timeout : std::chrono::seconds{0}});
    return find_stuck(parts, std::chrono::steady_clock::now(), watchdog_interval().value_or(stuck_after));
  }

  // On `io`, from memory alone.
  web::Health health() const {
    web::Health health;
    health.started_at = started_at;
    for (const auto& loop : loops) health.workers.push_back(loop->health());
    health.workers.push_back(writer.health());
    const auto in_force = current_settings.get();
    const SenderHealth sent = sender.health();
    health.mail.mode = to_text(in_force->mail.mode);
    health.mail.way = in_force->relay ? "relay" : "files";
    health.mail.trouble_since = sent.trouble_since;
    health.mail.trouble = sent.trouble;
    health.mail.in_hand = sent.in_hand;
    health.stored = status.last();
    health.clock_trusted = clock_watch.is_trusted();
    for (Stuck& part : look_for_stuck()) health.stuck.emplace(std::move(part.name), std::move(part.why));
    return health;
  }

  web::Metrics metrics() const {
    const SenderHealth sent = sender.health();
    web::Metrics metrics;
    metrics.commands = writer.counts();
    metrics.mail = {{"accepted", sent.accepted}, {"deferred", sent.deferred}, {"bounced", sent.bounced},
                    {"unknown", sent.unknown},   {"expired", sent.expired}};
    metrics.mails_planned_anew = sent.planned_anew;
    metrics.relay_troubles = sent.troubles;
    work_counts.put_into(metrics);
    return metrics;
  }

  void begin_stop() {
    if (stopping) return;
    stopping = true;
    const auto timeout = current_settings.get()->stop_timeout;
    // The service manager is asked for the time that the settings give, and a little to record in.
    sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu",
               static_cast<unsigned long long>(
                   std::chrono::microseconds{timeout + std::chrono::seconds{15}}.count()));
    signals.cancel();
    reloads.cancel();
    server->stop();
    for (const auto& loop : loops) loop->stop();
    sender.stop();
    asio::co_spawn(io, await_end(io, timeout, [this] { return still_running(); }),
                   [this, timeout](const std::exception_ptr&, const std::vector<std::string>& left) {
                     for (const auto& name : left)
                       spdlog::error("{} still ran {} s after the stop", name, timeout.count());
                     stuck = !left.empty();
                     io.stop();
                   });
  }

  std::vector<std::string> still_running() const {
    std::vector<std::string> names;
    for (const auto& loop : loops)
      if (loop->running()) names.push_back(loop->health().name);
    if (sender.sending_since())
      names.push_back("a message that is being sent (it goes again, by the same id, after the next start)");
    if (server->open_connections() != 0) names.push_back("the API");
    if (reloading.running()) names.push_back("a reload");
    return names;
  }

  // What came back since the sender's last pass: without its record a message that was taken would be sent
  // again. Not while a pass of the sender is under way.
  void record_what_was_sent() {
    if (sender_loop().running()) return;
    try {
      sender.run_once(clock.now());
    } catch (const std::exception& error) {
      spdlog::error("sender: what came back last is not recorded, and will be sent again: {}", error.what());
      exit_code = 1;
    }
  }

  // A clock that is not trusted leaves none (S16.3).
  void leave_sign_of_life() {
    const Instant now = clock.now();
    if (clock_watch.routine_waits(now)) return;
    try {
      scheduler.mark_alive(now);
    } catch (const StoreError& error) {
      spdlog::warn("scheduler: that the service was alive is not recorded: {}", error.what());
    }
  }

  const config::Settings settings;  // as at the start
  CurrentSettings current_settings;
  const Clock& clock;
  const Zones& zones;
  StateLock lock;
  std::unique_ptr<Store> store;
  CurrentProgrammes programmes;
  CurrentRelay relay;
  CurrentRenderer renderer;
  ClockWatch clock_watch;
  std::atomic<bool> fired{false};  // something routine, in the scheduler's pass
  Scheduler scheduler;
  LivingScheduler living_scheduler;
  Planner planner;
  Sender sender;
  store::FolderFiles files;
  Housekeeper housekeeper;
  StatusReader status;
  Writer writer;
  WorkCounts work_counts;
  Instant started_at;
  web::Api api{
      *store,
      files,
      programmes,
      writer,
      clock,
      [this](uid_t uid, std::string_view board) { return current_settings.get()->find_person(uid, board); },
      [this](uid_t uid) { return current_settings.get()->is_operator(uid); },
      [this] { return health(); },
      [this] { return metrics(); },
      [this](uid_t uid) { return current_settings.get()->is_known(uid); }};

  asio::io_context io{1};
  asio::signal_set signals{io};
  asio::signal_set reloads{io};
  OneAtATime reloading{[this] { reload_now(); }};
  std::vector<std::unique_ptr<WorkerLoop>> loops;
  std::unique_ptr<web::Server> server;
  std::function<void()> ready;
  bool stopping = false;
  bool stuck = false;
  int exit_code = 0;
  // Last, so that they are joined while all that their threads use is still there.
  asio::thread_pool pool{worker_threads};
  asio::thread_pool api_pool{api_threads};
};

App::App(config::Settings settings, const Clock& clock, const Zones& zones,
         ClockWatch::Running running)
    : parts_(std::make_unique<Parts>(std::move(settings), clock, zones, std::move(running))) {}

App::~App() {
  parts_->server->stop();
  parts_->pool.join();
  parts_->api_pool.join();
  parts_->sender.stop();
  parts_->sender.join();  // its threads wake a loop
}

void App::on_ready(std::function<void()> ready) { parts_->ready = std::move(ready); }
bool App::is_stuck() const { return parts_->stuck; }

void App::stop() {
  asio::post(parts_->io, [parts = parts_.get()] { parts->begin_stop(); });
}

void App::wake() { parts_->wake_all(); }

std::optional<Instant> App::rests_until() const {
  std::promise<std::optional<Instant>> answer;
  auto answered = answer.get_future();
  asio::post(parts_->io, [&] { answer.set_value(parts_->rests_until()); });
  return answered.get();
}

int App::run() {
  Parts& parts = *parts_;
  parts.signals.add(SIGTERM);
  parts.signals.add(SIGINT);
  parts.signals.async_wait([&parts](const boost::system::error_code& error, int signal) {
    if (error) return;
    spdlog::info("signal {}: stopping", signal);
    parts.begin_stop();
  });
  parts.reloads.add(SIGHUP);
  parts.await_reload();
  for (const auto& loop : parts.loops) loop->start();
  asio::co_spawn(parts.io,
                 feed_watchdog(parts.io, watchdog_interval().value_or(stuck_after),
                               [&parts] { return parts.look_for_stuck(); },
                               [] { sd_notify(0, "WATCHDOG=1"); }),
                 asio::detached);
  asio::post(parts.io, [&parts] {
    sd_notify(0, "READY=1");
    for (const auto& board : parts.programmes.get()->boards()) spdlog::info("board {}: ready", board);
    spdlog::info("listening on {}", parts.settings.socket_path.string());
    if (parts.ready) parts.ready();
  });
  parts.io.run();
  if (parts.stuck) {
    parts.record_what_was_sent();
    return 1;
  }
  parts.pool.join();
  parts.api_pool.join();
  parts.sender.join();
  parts.record_what_was_sent();
  parts.leave_sign_of_life();
  spdlog::info("stopped");
  return parts.exit_code;
}

}  // namespace assured
