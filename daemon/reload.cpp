#include "daemon/reload.hpp"

#include <fmt/format.h>

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
  same("mail_folder", running.mail_folder.string(), read.mail_folder.string());
  same("from_domain", running.from_domain, read.from_domain);
}

}  // namespace

void reload(const std::filesystem::path& path, Store& store, CurrentSettings& settings,
            CurrentProgrammes& programmes, const Zones& zones, Instant now) {
  auto reading = config::load_settings(path);
  if (!reading.settings) throw ConfigError(std::move(reading.mistakes));
  std::vector<Mistake> mistakes;
  refuse_unchangeable(*settings.get(), *reading.settings, path.string(), mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));

  Programmes read = open_boards(store, reading.settings->programmes, zones, now,
                                reading.settings->calendars);
  // No command runs between this and the replacement: a day that was closed, or an item that was started
  // while the files were read, must not be lost.
  const auto tx = store.begin(Urgency::workers);
  const auto running = programmes.get();
  for (const std::string& board : running->boards()) {
    if (read.find_board(board) == nullptr) {
      mistakes.push_back({{path.string(), 0, 0},
                          "programmes",
                          fmt::format("the board {} is being served and is no longer named", board),
                          "name its programme again; a board is taken out of service by a restart"});
      continue;
    }
    for (const auto& [digest, definition] : running->get_board(board).pinned)
      if (!read.get_board(board).pinned.contains(digest)) read.pin(board, digest, definition);
    read.set_overrides(board, tx->board(board).calendar_overrides());
  }
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  programmes.replace(std::move(read));
  settings.replace(std::move(*reading.settings));
}

}  // namespace assured
