#include "daemon/mail_relay.hpp"

#include "config/relay_password.hpp"
#include "daemon/boards.hpp"
#include "notifiers/file_notifier.hpp"
#include "notifiers/renderer.hpp"

namespace assured {

namespace {

notifiers::Tls tls_of(config::RelayTls tls) {
  switch (tls) {
    case config::RelayTls::required: return notifiers::Tls::required;
    case config::RelayTls::implicit: return notifiers::Tls::implicit;
    case config::RelayTls::off: return notifiers::Tls::off;
  }
  return notifiers::Tls::required;
}

// Connects to the relay that is in force when a message is sent.
class CurrentConnection : public Notifier {
 public:
  explicit CurrentConnection(const CurrentRelay& current) : current_(current) {}
  SendOutcome send(const Outgoing& message) override {
    if (auto relay = current_.get(); relay != relay_) {
      connection_ = relay->connect();  // ends the old one, while its relay is still there
      relay_ = std::move(relay);
    }
    return connection_->send(message);
  }

 private:
  const CurrentRelay& current_;
  std::shared_ptr<Relay> relay_;
  std::unique_ptr<Notifier> connection_;  // goes before its relay
};

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
  options.message_timeout = relay.message_timeout;
  return options;
}

std::unique_ptr<Relay> open_relay(const config::Settings& settings) {
  if (settings.relay)
    return std::make_unique<notifiers::SmtpRelay>(smtp_options(*settings.relay));
  return std::make_unique<notifiers::FolderRelay>(settings.mail_folder);
}

std::size_t threads_for(const config::Settings& settings) {
  return settings.relay ? settings.relay->connections : 1;
}

std::unique_ptr<Notifier> CurrentRelay::connect() {
  return std::make_unique<CurrentConnection>(*this);
}

std::shared_ptr<Relay> CurrentRelay::get() const {
  const std::lock_guard lock{mutex_};
  return relay_;
}

void CurrentRelay::replace(std::shared_ptr<Relay> relay) {
  const std::lock_guard lock{mutex_};
  relay_.swap(relay);
}

std::string CurrentRenderer::render(const NoticeDraft& draft) const {
  const auto settings = settings_.get();
  return notifiers::MailRenderer{settings->relay ? settings->relay->from_address : std::string{}}
      .render(draft);
}

}  // namespace assured
