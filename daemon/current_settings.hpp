// The settings that are in force while the service runs.
#pragma once

#include <memory>
#include <mutex>

#include "config/settings.hpp"

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

}  // namespace assured
