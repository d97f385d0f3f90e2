// A secret on one line, in a file of its own or given by the service manager: never in the settings.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/settings.hpp"

namespace assured::config {

// Where a secret is. `name` is that of its two settings without "_file" and "_credential", such as
// "relay.password"; `what` is what a person calls it ("password").
struct SecretSource {
  std::filesystem::path file;
  std::string credential;  // where it is set, it and not the file is read
  SourcePlace place;
  std::string name;
  std::string what;
};

struct SecretReading {
  std::string text;  // empty when there is a mistake
  std::optional<Mistake> mistake;
};

// A file that others can read or change is a mistake; a credential is the service manager's, who sees
// to that.
SecretReading read_secret(const SecretSource& source);

}  // namespace assured::config
