// The port to a mail relay: what the sender hands over, and the five answers it acts on (S11).
// notifiers/ implements it: SMTP, files, nothing.
#pragma once

#include <memory>
#include <string>

#include "workflows/item.hpp"

namespace assured {

// One message ready to go: exact bytes as committed (S10.2).
struct Outgoing {
  NoticeId id;
  std::string board;
  std::string address;
  std::string message_id;
  std::string bytes;
  bool urgent = false;  // family A
};

enum class SendAnswer {
  accepted,       // the relay has it
  bounced,        // refused for good because of this recipient (S11.1)
  relay_trouble,  // everything else that failed, for good or not: all mail is deferred, an alarm rises
  // A policy of the relay (5.7.x) that may be about this message or recipient alone, or about us: the sender
  // tells by what becomes of others.
  not_allowed,
  try_later,      // a 4xx about this recipient or message (greylisting, mailbox full): deferred, no alarm
  unknown,        // all was read and no final reply came: sent again, the same bytes (S11.2)
};

struct SendOutcome {
  SendAnswer answer = SendAnswer::accepted;
  int code = 0;      // the reply to the command it ended at; 0: none came
  std::string said;  // for the outbox: the stage and the relay's words. At most 200 bytes of printable
                     // ASCII; never content of the message, a user name or a password
};

// One connection to a relay, kept from message to message.
class Notifier {
 public:
  virtual ~Notifier() = default;
  // Failing is part of its job, so it does not throw for it. Blocks, for a bounded time.
  // Thread: one caller at a time.
  virtual SendOutcome send(const Outgoing& message) = 0;
};

// Where mail goes. The sender asks for one connection for each of its threads.
class Relay {
 public:
  virtual ~Relay() = default;
  // A connection that opens itself at its first message. The relay outlives it.
  // Thread: safe.
  virtual std::unique_ptr<Notifier> connect() = 0;
};

// A relay whose connections are all one notifier, whose send() is safe from many threads (files), or
// that is called from one (tests, the simulation). The notifier outlives it.
class SharedNotifier : public Relay {
 public:
  explicit SharedNotifier(Notifier& notifier) : notifier_(notifier) {}
  std::unique_ptr<Notifier> connect() override { return std::make_unique<Link>(notifier_); }

 private:
  struct Link : Notifier {
    explicit Link(Notifier& notifier_) : notifier(notifier_) {}
    SendOutcome send(const Outgoing& message) override { return notifier.send(message); }
    Notifier& notifier;
  };

  Notifier& notifier_;
};

}  // namespace assured
