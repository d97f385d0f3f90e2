#include "daemon/mail_relay.hpp"

#include <algorithm>

#include "config/relay_password.hpp"
#include "daemon/boards.hpp"
#include "notifiers/file_notifier.hpp"

namespace assured {

using std::chrono_literals::operator""min;

namespace {

notifiers::Tls tls_of(config::RelayTls tls) {
  switch (tls) {
    case config::RelayTls::required: return notifiers::Tls::required;
    case config::RelayTls::implicit: return notifiers::Tls::implicit;
    case config::RelayTls::off: return notifiers::Tls::off;
  }
  return notifiers::Tls::required;
}

}  // namespace

notifiers::SmtpOptions smtp_options(const config::RelaySettings& relay) {
  auto reading = config::read_password(relay);
  if (reading.mistake) throw ConfigError({*reading.mistake});
  notifiers::SmtpOptions options;
  options.host = relay.host;
  options.port = relay.port;
  options.tls = tls_of(relay.tls);
  options.ca_file = relay.ca_file;
  options.user = relay.user;
  options.password = std::move(reading.password);
  options.helo = relay.helo;
  options.envelope_from = relay.bounce_address;
  options.connect_timeout = relay.connect_timeout;
  options.reply_timeout = relay.reply_timeout;
  // A relay may use its time at one reply; one that uses it at each of them is not waited for.
  options.message_timeout =
      std::max<std::chrono::milliseconds>(5min, relay.connect_timeout + 2 * relay.reply_timeout);
  return options;
}

std::unique_ptr<Relay> open_relay(const config::Settings& settings) {
  if (settings.relay)
    return std::make_unique<notifiers::SmtpRelay>(smtp_options(*settings.relay));
  return std::make_unique<notifiers::FolderRelay>(settings.mail_folder);
}

}  // namespace assured
