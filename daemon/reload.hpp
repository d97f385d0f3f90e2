// The configuration read again while the service runs (SIGHUP).
#pragma once

#include <memory>
#include <mutex>

#include "config/settings.hpp"
#include "workflows/programmes.hpp"
#include "workflows/store.hpp"

namespace assured {

// The settings in force; replaced whole. Thread: safe.
class CurrentSettings {
 public:
  explicit CurrentSettings(config::Settings settings)
      : settings_(std::make_shared<const config::Settings>(std::move(settings))) {}
  std::shared_ptr<const config::Settings> get() const {
    const std::lock_guard lock{mutex_};
    return settings_;
  }
  void replace(config::Settings settings) {
    auto next = std::make_shared<const config::Settings>(std::move(settings));
    const std::lock_guard lock{mutex_};
    settings_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const config::Settings> settings_;
};

// Reads the settings file at `path` and the programmes it names, and puts all of it in force, or none of
// it: users, operators, wording, posts, new definitions, limits. The state folder, the socket, the relay and
// the boards that are served change with a restart only.
// Throws: ConfigError, with every mistake, and what runs stays as it is; StoreError.
void reload(const std::filesystem::path& path, Store& store, CurrentSettings& settings,
            CurrentProgrammes& programmes, const Zones& zones, Instant now);

}  // namespace assured
