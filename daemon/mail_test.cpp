#include "daemon/mail_test.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/mail_relay.hpp"
#include "notifiers/renderer.hpp"

namespace assured {

namespace {

using notifiers::SmtpStage;
using notifiers::SmtpStep;
using Say = std::function<void(std::string_view)>;

std::string_view words_of(config::RelayTls tls) {
  switch (tls) {
    case config::RelayTls::required: return "STARTTLS required";
    case config::RelayTls::implicit: return "TLS from the first byte";
    case config::RelayTls::off: return "without TLS";
  }
  return "";
}

// Says each step of the conversation as it happens.
class Teller {
 public:
  Teller(const config::RelaySettings& relay, std::string address, const Say& say)
      : relay_(relay), address_(std::move(address)), say_(say) {}

  void operator()(const SmtpStep& step) {
    if (step.code == 0) {
      say_(fmt::format("  TLS: {}", step.words));
      in_tls_ = true;
      return;
    }
    if (in_tls_ && step.stage != SmtpStage::tls) {
      say_(fmt::format("  TLS: the certificate is valid for {}", relay_.host));
      in_tls_ = false;
    }
    if (step.code >= 400)
      say_(fmt::format("  the relay refuses: {} {}", step.code, step.words));
    else if (const std::string line = good(step); !line.empty())
      say_("  " + line);
  }

 private:
  std::string good(const SmtpStep& step) const {
    switch (step.stage) {
      case SmtpStage::connect: return fmt::format("connected; the relay says: {}", step.words);
      case SmtpStage::ehlo: return fmt::format("greeted as {}; it offers: {}", relay_.helo, step.words);
      case SmtpStage::tls: return "it agrees to TLS";
      case SmtpStage::auth: return step.code == 235 ? "signed in (AUTH)" : "";
      case SmtpStage::mail: return fmt::format("it takes mail from {}", relay_.bounce_address);
      case SmtpStage::rcpt: return fmt::format("it takes mail for {}", address_);
      case SmtpStage::data: return "it asks for the message";
      case SmtpStage::body: return "";
      case SmtpStage::final: return fmt::format("accepted; the relay says: {}", step.words);
    }
    return {};
  }

  const config::RelaySettings& relay_;
  std::string address_;
  const Say& say_;
  bool in_tls_ = false;
};

// What the person at the keyboard can do about it.
std::string remedy_of(const SendOutcome& outcome, const config::RelaySettings& relay) {
  const auto at = [&](SmtpStage stage) {
    return outcome.said.starts_with(fmt::format("{}:", notifiers::to_text(stage)));
  };
  if (outcome.answer == SendAnswer::unknown)
    return "The relay read the whole mail but did not say whether it has it. Look whether it arrived; if it "
           "did, raise reply_timeout_s in [relay].";
  if (outcome.answer == SendAnswer::try_later)
    return "The relay asks to try again later, as it may with senders that are new to it. Try again in a "
           "quarter of an hour; the service does so by itself.";
  if (outcome.answer == SendAnswer::bounced)
    return "The relay works, and refuses this address. Check its spelling.";
  if (at(SmtpStage::connect))
    return outcome.code == 0
               ? fmt::format("Check host and port in [relay], and whether a firewall lets this machine "
                             "reach {} port {}.",
                             relay.host, relay.port)
               : "The relay turns this machine away. Ask its operator to let it in.";
  if (at(SmtpStage::tls))
    return fmt::format("The relay must offer TLS on port {} with a valid certificate for {}. Check host, port "
                       "and tls in [relay]; when the organisation signs its own certificates, name its "
                       "authority as ca_file. Nothing was sent.",
                       relay.port, relay.host);
  if (at(SmtpStage::auth))
    return relay.password_credential.empty()
               ? fmt::format("Check user in [relay], and the password in {}.",
                             relay.password_file.string())
               : fmt::format("Check user in [relay], and the credential {}.",
                             relay.password_credential);
  if (at(SmtpStage::mail))
    return fmt::format("The relay takes no mail from {}. Ask its operator to allow it, or change "
                       "bounce_address or user in [relay].",
                       relay.bounce_address);
  if (at(SmtpStage::rcpt))
    return "The relay takes no mail from this machine for that address. Ask its operator to allow it, or "
           "set user in [relay].";
  return "Ask the relay's operator; the words above are the relay's own.";
}

std::string test_mail(const config::Settings& settings, const std::string& address,
                      const std::string& message_id, Instant now) {
  Establishment board;
  board.title = "assured";
  board.contact.name = "the operator of assured";
  board.contact.mail = settings.relay->from_address;
  TemplateText text;
  text.subject = "Test of the mail relay";
  text.text = "This is a test of the mail relay of {{board}}. If you can read it, mail arrives.\n"
              "There is nothing to do.\n";
  NoticePart part;
  part.reference = message_id;
  part.text = &text;
  NoticeDraft draft;
  draft.to_address = address;
  draft.message_id = message_id;
  draft.date = now;
  draft.parts = {part};
  draft.establishment = &board;
  return notifiers::MailRenderer{settings.relay->from_address}.render(draft);
}

}  // namespace

bool mail_test(const config::Settings& settings, const std::string& address, Instant now,
               const Say& say) {
  if (!settings.relay) {
    say(fmt::format("The settings have no [relay]: mail is written as files to {}, and none leaves "
                    "this machine. Nothing was sent.",
                    settings.mail_folder.string()));
    return false;
  }
  const config::RelaySettings& relay = *settings.relay;
  auto options = smtp_options(relay);
  options.watch = Teller{relay, address, say};

  Outgoing message;
  message.address = address;
  message.message_id =
      fmt::format("<mail-test.{}.{}@{}>", now.time_since_epoch().count(), ::getpid(),
                  settings.from_domain);
  message.bytes = test_mail(settings, address, message.message_id, now);
  say(fmt::format("Connecting to {} port {}, {}:", relay.host, relay.port, words_of(relay.tls)));
  const SendOutcome outcome = notifiers::SmtpNotifier{std::move(options)}.send(message);
  if (outcome.answer == SendAnswer::accepted) {
    say(fmt::format("The relay has the mail for {}. Whether it arrives, that mailbox shows; the message is {}.",
                    address, message.message_id));
    return true;
  }
  say(fmt::format("It failed ({}).", outcome.said));
  say(remedy_of(outcome, relay));
  return false;
}

}  // namespace assured
