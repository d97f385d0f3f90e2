// Mail to a relay by SMTP (RFC 5321, STARTTLS, AUTH), over libcurl (S11; DESIGN.md 8).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "workflows/notifier.hpp"

namespace assured::notifiers {

enum class Tls {
  required,  // STARTTLS before anything else, or no mail
  implicit,  // TLS from the first byte (smtps)
  off,       // the settings allow it for a loopback address only
};

// How far a message came. A reply belongs to the stage that it answers.
enum class SmtpStage { connect, tls, ehlo, auth, mail, rcpt, data, body, final };
std::string_view to_text(SmtpStage stage);

// One thing that happened on the way, for `assured mail-test`: a reply of the relay (code not 0), or what
// TLS found out (code 0). `words` are made safe as SendOutcome::said is.
struct SmtpStep {
  SmtpStage stage = SmtpStage::connect;
  int code = 0;
  std::string words;
};

struct SmtpOptions {
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 587;
  Tls tls = Tls::required;
  std::filesystem::path ca_file;  // trusted in place of the system's authorities; empty: those
  std::string user;               // empty: no AUTH
  std::string password;
  std::string helo;
  std::string envelope_from;  // where bounces go
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds reply_timeout{60'000};     // for each reply; also the one to the body
  std::chrono::milliseconds message_timeout{300'000};  // for all of one message
  std::function<void(const SmtpStep&)> watch;          // none: nobody
};

// One kept connection to a relay: opened at the first message, opened again when it was lost. The answer
// comes from the stage and the reply, never from the CURLcode (S11.1 to S11.3). A kept connection that
// the relay has given up meanwhile (cut, or 421) is replaced once, without a word, as long as
// nothing of the message was sent.
// Logs nothing. TLS is verified; there is no proxy, no .netrc, no other protocol.
// Thread: one caller at a time. Blocks for message_timeout at most, plus a second.
class SmtpNotifier : public Notifier {
 public:
  // Throws: IoError when libcurl cannot be set up.
  explicit SmtpNotifier(SmtpOptions options);
  ~SmtpNotifier() override;  // says QUIT, waits for nobody
  SendOutcome send(const Outgoing& message) override;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

class SmtpRelay : public Relay {
 public:
  explicit SmtpRelay(SmtpOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Notifier> connect() override { return std::make_unique<SmtpNotifier>(options_); }

 private:
  SmtpOptions options_;
};

}  // namespace assured::notifiers
