// What the end of one SMTP conversation means for the notice (S11.1, S11.2): pure, apart from the wire.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "notifiers/smtp_notifier.hpp"

namespace assured::notifiers {

// The last reply of a conversation, as far as it was read.
struct SmtpReply {
  int code = 0;       // 0: none came to the last command
  std::string words;  // its lines without the code, joined by spaces
};

// Reads replies line by line (RFC 5321 4.2.1); a reply is whole with its last line.
class SmtpReplyReader {
 public:
  // True when `line` ended a reply, which reply() then is. Lines that are no reply are passed over.
  bool add(std::string_view line);
  void clear() { *this = {}; }
  const SmtpReply& reply() const { return reply_; }

 private:
  SmtpReply reply_;
  std::string words_;
};

// `stage` is the one at which the conversation ended, `reply` what came to its command.
SendAnswer answer_of(SmtpStage stage, const SmtpReply& reply);

// Text of a stranger made fit to be shown: printable ASCII on one line; each of `secrets`, and whatever
// repeats a line or a header's value of `message`, is replaced.
std::string safe_words(std::string_view words, const std::vector<std::string>& secrets,
                       std::string_view message);

// Whether an address may stand in RCPT TO or MAIL FROM: anything else could end the command early.
bool is_plain_address(std::string_view address);

}  // namespace assured::notifiers
