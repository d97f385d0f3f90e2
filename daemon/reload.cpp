#include "daemon/reload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/boards.hpp"

namespace assured {

namespace {

// What only a restart can change, as mistakes at the settings file.
void refuse_unchangeable(const config::Settings& running, const config::Settings& read,
                         const std::string& file, std::vector<Mistake>& mistakes) {
  const auto same = [&](const std::string& key, const std::string& was, const std::string& is) {
    if (was == is) return;
    mistakes.push_back({{file, 0, 0},
                        key,
                        fmt::format("this is {} while the service runs", was),
                        "restart the service to change it"});
  };
  same("state_folder", running.state_folder.string(), read.state_folder.string());
  same("socket", running.socket_path.string(), read.socket_path.string());
  same("from_domain", running.from_domain, read.from_domain);
  const auto place_of_key = [](const config::Settings& settings) -> std::string {
    if (!settings.files_key) return "none";
    return settings.files_key->credential.empty() ? settings.files_key->file.string()
                                                  : settings.files_key->credential;
  };
  same("files", place_of_key(running), place_of_key(read));
}

// A board that is served is not dropped: its items would owe what nobody follows any more.
void refuse_dropped_boards(const Programmes& running, const BoardFiles& read, const std::string& file,
                           std::vector<Mistake>& mistakes) {
  for (const std::string& board : running.boards()) {
    const bool named =
        std::any_of(read.programmes.begin(), read.programmes.end(), [&](const auto& loaded) {
          return loaded.reading.programme->establishment.board == board;
        });
    if (named) continue;
    mistakes.push_back({{file, 0, 0},
                        "programmes",
                        fmt::format("the board {} is being served and is no longer named", board),
                        "name its programme again; a board is taken out of service by a restart"});
  }
}

}  // namespace

std::vector<Mistake> reload(const std::filesystem::path& path, Store& store, const InForce& in_force,
                            const Zones& zones, const Clock& clock) {
  auto reading = config::load_settings(path);
  if (!reading.settings) throw ConfigError(std::move(reading.mistakes));
  config::Settings& read = *reading.settings;
  std::vector<Mistake> mistakes;
  refuse_unchangeable(*in_force.settings.get(), read, path.string(), mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  BoardFiles files = load_board_files(read.programmes, read.calendars);
  refuse_dropped_boards(*in_force.programmes.get(), files, path.string(), mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  std::shared_ptr<Relay> relay = open_relay(read);

  std::vector<Mistake> later = std::move(reading.warnings);
  if (threads_for(read) != in_force.relay.threads())
    later.push_back({{path.string(), 0, 0},
                     "relay.connections",
                     fmt::format("{} at once are in use until the service is restarted",
                                 in_force.relay.threads()),
                     "restart the service when all of them are wanted"});

  // No command runs between what is checked here and the replacement: a day that was closed, or an item
  // that was started while the files were read, is neither lost nor left unchecked. Days of calendar files
  // are seen by workers only together with the calendar that has them.
  const auto tx = store.begin(Urgency::workers);
  Programmes programmes = open_boards(*tx, std::move(files), zones, clock.now(),
                                      in_force.programmes.get().get());
  tx->commit();
  in_force.programmes.replace(std::move(programmes));
  in_force.settings.replace(std::move(read));
  in_force.relay.replace(std::move(relay));
  return later;
}

void OneAtATime::ask() {
  std::unique_lock lock{mutex_};
  asked_ = true;
  if (running_) return;
  running_ = true;
  while (asked_) {
    asked_ = false;
    lock.unlock();
    work_();
    lock.lock();
  }
  running_ = false;
}

bool OneAtATime::running() const {
  const std::lock_guard lock{mutex_};
  return running_;
}

}  // namespace assured
