// From the settings to where mail goes.
#pragma once

#include <memory>
#include <mutex>

#include "config/settings.hpp"
#include "daemon/current_settings.hpp"
#include "notifiers/smtp_notifier.hpp"
#include "workflows/notifier.hpp"
#include "workflows/rendering.hpp"

namespace assured {

// The relay of the settings, or without one the folder that mail is written to.
// Throws: ConfigError (the relay's password cannot be read); IoError (the folder cannot be made).
std::unique_ptr<Relay> open_relay(const config::Settings& settings);

// What the notifier needs to know of [relay], with the password. Throws: ConfigError.
notifiers::SmtpOptions smtp_options(const config::RelaySettings& relay);

// How many send at once: one for each connection to the relay; files are written one after the other.
std::size_t threads_for(const config::Settings& settings);

// The relay in force; replaced whole. What connect() gave goes to the new one with its next message;
// a message that is under way ends where it began. Thread: safe.
class CurrentRelay : public Relay {
 public:
  CurrentRelay(std::shared_ptr<Relay> relay, std::size_t threads)
      : relay_(std::move(relay)), threads_(threads) {}
  std::unique_ptr<Notifier> connect() override;
  std::shared_ptr<Relay> get() const;
  void replace(std::shared_ptr<Relay> relay);
  // How many send at once, which stays as at the start.
  std::size_t threads() const { return threads_; }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Relay> relay_;
  const std::size_t threads_;
};

// Renders with the From: of the settings in force. `settings` outlives it. Thread: safe.
class CurrentRenderer : public Renderer {
 public:
  explicit CurrentRenderer(const CurrentSettings& settings) : settings_(settings) {}
  std::string render(const NoticeDraft& draft) const override;

 private:
  const CurrentSettings& settings_;
};

}  // namespace assured
