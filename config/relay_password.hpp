// The password for the relay, which is never in the settings themselves.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"

namespace assured::config {

struct PasswordReading {
  std::string password;  // empty when the relay has no user, or there is a mistake
  std::optional<Mistake> mistake;
};

// Reads the file that [relay] names: one line. A password_file that others can read or change is
// a mistake; a credential is the service manager's, who sees to that.
PasswordReading read_password(const RelaySettings& relay);

}  // namespace assured::config
