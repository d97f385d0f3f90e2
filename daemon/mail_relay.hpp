// From the settings to where mail goes.
#pragma once

#include <memory>

#include "config/settings.hpp"
#include "notifiers/smtp_notifier.hpp"
#include "workflows/notifier.hpp"

namespace assured {

// The relay of the settings, or without one the folder that mail is written to.
// Throws: ConfigError (the relay's password cannot be read); IoError (the folder cannot be made).
std::unique_ptr<Relay> open_relay(const config::Settings& settings);

// What the notifier needs to know of [relay], with the password. Throws: ConfigError.
notifiers::SmtpOptions smtp_options(const config::RelaySettings& relay);

}  // namespace assured
