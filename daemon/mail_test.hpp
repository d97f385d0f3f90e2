// `assured mail-test`: one mail through the configured relay, step by step.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "workflows/instant.hpp"

namespace assured {

// Sends one test mail to `address` and says in words what happens, a line at a time: never a
// password. True when the relay took the mail; otherwise the last line says what to do. Without
// [relay] in the settings it says so and sends nothing.
// Throws: ConfigError (the relay's password cannot be read), IoError.
bool mail_test(const config::Settings& settings, const std::string& address, Instant now,
               const std::function<void(std::string_view)>& say);

}  // namespace assured
