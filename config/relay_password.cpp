#include "config/relay_password.hpp"

#include "config/secret_file.hpp"

namespace assured::config {

PasswordReading read_password(const RelaySettings& relay) {
  if (relay.user.empty()) return {};
  SecretReading reading = read_secret({relay.password_file, relay.password_credential,
                                       relay.password_place, "relay.password", "password"});
  return {std::move(reading.text), std::move(reading.mistake)};
}

}  // namespace assured::config
