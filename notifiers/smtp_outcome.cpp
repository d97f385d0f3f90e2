#include "notifiers/smtp_outcome.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace assured::notifiers {

namespace {

constexpr std::size_t words_max = 1000;  // of one reply, while it is read
constexpr std::size_t quote_min = 8;     // shorter agreements with a message are chance

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The enhanced code (RFC 3463) that the words begin with, as "5.7." or "5.2.1"; without one, empty.
std::string_view enhanced_of(std::string_view words) {
  const auto end = words.find(' ');
  const std::string_view first = words.substr(0, end);
  const bool looks_so = first.size() >= 5 && is_digit(first[0]) && first[1] == '.' &&
                        is_digit(first[2]) && is_digit(first.back()) &&
                        std::count(first.begin(), first.end(), '.') == 2 &&
                        std::all_of(first.begin(), first.end(),
                                    [](char c) { return is_digit(c) || c == '.'; });
  return looks_so ? first : std::string_view{};
}

// Replies that are about the sender's standing in the conversation wherever they come: bad sequence
// (RFC 5321) and authentication (RFC 4954). A wrong relay password bounces nobody (S11.1).
bool is_about_us(int code) {
  constexpr std::array codes{503, 530, 534, 535, 538};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_bounce(SmtpStage stage, const SmtpReply& reply) {
  const std::string_view enhanced = enhanced_of(reply.words);
  if (stage == SmtpStage::rcpt) return !is_about_us(reply.code) && !enhanced.starts_with("5.7.");
  return stage == SmtpStage::final && (enhanced.starts_with("5.1.") || enhanced == "5.2.1");
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

void hide(std::string& words, std::string_view quoted) {
  while (!quoted.empty() && quoted.front() == ' ') quoted.remove_prefix(1);
  if (quoted.size() >= quote_min) replace_all(words, quoted, "[of the message]");
}

}  // namespace

std::string_view to_text(SmtpStage stage) {
  switch (stage) {
    case SmtpStage::connect: return "connect";
    case SmtpStage::tls: return "tls";
    case SmtpStage::ehlo: return "ehlo";
    case SmtpStage::auth: return "auth";
    case SmtpStage::mail: return "mail";
    case SmtpStage::rcpt: return "rcpt";
    case SmtpStage::data: return "data";
    case SmtpStage::body: return "body";
    case SmtpStage::final: return "final";
  }
  return "";
}

bool SmtpReplyReader::add(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return false;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return false;
  std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view{};
  // Each line of a reply repeats the enhanced code; once is enough.
  const std::string_view enhanced = enhanced_of(text);
  if (!enhanced.empty() && words_.starts_with(enhanced))
    text.remove_prefix(std::min(enhanced.size() + 1, text.size()));
  if (words_.size() < words_max) {
    if (!words_.empty() && !text.empty()) words_ += ' ';
    words_ += text.substr(0, words_max);
  }
  if (line.size() > 3 && line[3] == '-') return false;
  reply_.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  reply_.words = std::move(words_);
  words_.clear();
  return true;
}

SendAnswer answer_of(SmtpStage stage, const SmtpReply& reply) {
  const int kind = reply.code / 100;
  if (stage == SmtpStage::final && kind == 2) return SendAnswer::accepted;
  if (stage == SmtpStage::final && kind == 0) return SendAnswer::unknown;
  if (kind == 5 && is_bounce(stage, reply)) return SendAnswer::bounced;
  const bool of_message = stage == SmtpStage::rcpt || stage == SmtpStage::final;
  if (kind == 5 && of_message && !is_about_us(reply.code) && enhanced_of(reply.words).starts_with("5.7."))
    return SendAnswer::not_allowed;
  // 421 closes the channel: it is about the relay, wherever it comes.
  if (kind == 4 && reply.code != 421 && of_message) return SendAnswer::try_later;
  return SendAnswer::relay_trouble;
}

std::string safe_words(std::string_view words, const std::vector<std::string>& secrets,
                       std::string_view message) {
  std::string safe{words};
  for (const auto& secret : secrets)
    if (!secret.empty()) replace_all(safe, secret, "***");
  for (std::size_t from = 0; from < message.size();) {
    const auto end = std::min(message.find("\r\n", from), message.size());
    const std::string_view line = message.substr(from, end - from);
    from = end + 2;
    hide(safe, line);
    if (const auto colon = line.find(": "); colon != std::string_view::npos)
      hide(safe, line.substr(colon + 2));
  }
  for (char& c : safe)
    if (c < 0x20 || c > 0x7e) c = '?';
  return safe;
}

bool is_plain_address(std::string_view address) {
  return !address.empty() && std::all_of(address.begin(), address.end(), [](unsigned char c) {
    return c > 0x20 && c != 0x7f && c != '<' && c != '>';
  });
}

}  // namespace assured::notifiers
