#include "notifiers/smtp_notifier.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <vector>

#include "notifiers/smtp_outcome.hpp"
#include "workflows/result.hpp"

namespace assured::notifiers {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t said_max = 200;

struct EasyCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void set_up_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || sodium_init() < 0)
      throw IoError("libcurl could not be initialised");
  });
}

std::string base64_of(std::string_view text) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
  std::string out(sodium_base64_encoded_len(text.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()),
                    text.size(), variant);
  out.pop_back();  // the terminating zero
  return out;
}

// What a relay might repeat to us: the credentials, also as AUTH carries them. The longer come first,
// so that none hides a part of another.
std::vector<std::string> secrets_of(const SmtpOptions& options) {
  if (options.user.empty()) return {};
  std::string plain;
  plain += '\0';
  plain += options.user;
  plain += '\0';
  plain += options.password;
  return {base64_of(plain), base64_of(options.password), base64_of(options.user), options.password,
          options.user};
}

std::string url_of(const SmtpOptions& options) {
  const bool is_v6 = options.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/{}", options.tls == Tls::implicit ? "smtps" : "smtp",
                     is_v6 ? "[" : "", options.host, is_v6 ? "]" : "", options.port, options.helo);
}

bool is_tls_failure(CURLcode code) {
  constexpr std::array codes{CURLE_SSL_CONNECT_ERROR,     CURLE_PEER_FAILED_VERIFICATION,
                             CURLE_USE_SSL_FAILED,        CURLE_SSL_CACERT_BADFILE,
                             CURLE_SSL_CIPHER,            CURLE_SSL_ISSUER_ERROR,
                             CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// What libcurl says about TLS that a person wants to see; only shown, nothing depends on it.
bool is_tls_finding(std::string_view text) {
  constexpr std::array<std::string_view, 4> beginnings{"SSL connection using", " subject:",
                                                       " expire date:", " issuer:"};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view one) { return text.starts_with(one); });
}

}  // namespace

struct SmtpNotifier::Connection {
  explicit Connection(SmtpOptions given);
  ~Connection();

  SendOutcome send(const Outgoing& message);
  SendOutcome attempt(const Outgoing& message, bool fresh);
  bool is_stale() const;
  SendOutcome outcome(CURLcode code) const;
  std::string reason(CURLcode code) const;
  std::string safe(std::string_view words) const;

  void sent(std::string_view command);
  void received(std::string_view line);
  void found(std::string_view text);
  void settle_stage(CURLcode code);

  static std::size_t read_body(char* into, std::size_t size, std::size_t count, void* self);
  static int debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self);
  static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  SmtpOptions options;
  std::vector<std::string> secrets;
  std::unique_ptr<CURL, EasyCleanup> handle;
  std::array<char, CURL_ERROR_SIZE> error{};

  // The conversation about one message.
  const std::string* bytes = nullptr;
  std::size_t read_to = 0;
  SmtpStage stage = SmtpStage::connect;
  SmtpReplyReader replies;
  bool kept = false;   // the connection was there before this message
  bool ended = false;  // QUIT was sent: what comes now answers no message
  Steady::time_point deadline;
};

SmtpNotifier::Connection::Connection(SmtpOptions given)
    : options(std::move(given)), secrets(secrets_of(options)) {
  set_up_once();
  handle.reset(curl_easy_init());
  if (!handle) throw IoError("libcurl could not make a connection's handle");
  CURL* h = handle.get();
  curl_easy_setopt(h, CURLOPT_URL, url_of(options).c_str());
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(h, CURLOPT_PROXY, "");  // none, whatever the environment says
  curl_easy_setopt(h, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);  // threads
  curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error.data());

  curl_easy_setopt(h, CURLOPT_USE_SSL,
                   static_cast<long>(options.tls == Tls::off ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  curl_easy_setopt(h, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(h, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(h, CURLOPT_CAPATH, nullptr);
  }
  if (!options.user.empty()) {
    // GSSAPI, which libcurl would try first with a user like a@b, needs tickets that nobody has here.
    curl_easy_setopt(h, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    curl_easy_setopt(h, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(h, CURLOPT_PASSWORD, options.password.c_str());
  }

  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  // In whole seconds, and the only one that ends the wait for the reply to the body. The limit for
  // the whole message is kept in progress(), which libcurl calls in that wait too.
  const auto reply_s = std::chrono::ceil<std::chrono::seconds>(options.reply_timeout);
  curl_easy_setopt(h, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(reply_s.count()));
  curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, &Connection::progress);
  curl_easy_setopt(h, CURLOPT_XFERINFODATA, this);

  // Without CURLOPT_INFILESIZE: told the size, libcurl stops reading at the last byte, before it was sent,
  // and the end of the body could not be told from its middle (S11.2).
  curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(h, CURLOPT_READFUNCTION, &Connection::read_body);
  curl_easy_setopt(h, CURLOPT_READDATA, this);
  // Commands and replies tell the stage; nothing of them is printed.
  curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, &Connection::debug);
  curl_easy_setopt(h, CURLOPT_DEBUGDATA, this);
}

SmtpNotifier::Connection::~Connection() {
  // libcurl says QUIT and would wait for the reply, for minutes with a relay that is silent. With the
  // reading side shut the wait ends at once.
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(handle.get(), CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
      socket != CURL_SOCKET_BAD)
    ::shutdown(socket, SHUT_RD);
  handle.reset();
}

SendOutcome SmtpNotifier::Connection::send(const Outgoing& message) {
  if (!is_plain_address(message.address))
    return {SendAnswer::bounced, 0, "rcpt: not sent: the address has a character that none may have"};
  deadline = Steady::now() + options.message_timeout;
  SendOutcome result = attempt(message, false);
  if (is_stale()) result = attempt(message, true);
  return result;
}

SendOutcome SmtpNotifier::Connection::attempt(const Outgoing& message, bool fresh) {
  CURL* h = handle.get();
  const std::unique_ptr<curl_slist, FreeList> recipients{
      curl_slist_append(nullptr, fmt::format("<{}>", message.address).c_str())};
  bytes = &message.bytes;
  read_to = 0;
  stage = SmtpStage::connect;
  replies.clear();
  kept = false;
  ended = false;
  error[0] = '\0';
  curl_easy_setopt(h, CURLOPT_MAIL_FROM, fmt::format("<{}>", options.envelope_from).c_str());
  curl_easy_setopt(h, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  const CURLcode code = curl_easy_perform(h);
  settle_stage(code);
  SendOutcome result = outcome(code);
  curl_easy_setopt(h, CURLOPT_MAIL_RCPT, nullptr);
  bytes = nullptr;
  return result;
}

// True when a kept connection turned out to be gone before anything of the message was sent.
bool SmtpNotifier::Connection::is_stale() const {
  const int code = replies.reply().code;
  return kept && stage <= SmtpStage::data && (code == 0 || code == 421) && Steady::now() < deadline;
}

void SmtpNotifier::Connection::settle_stage(CURLcode code) {
  double handshake_s = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_APPCONNECT_TIME, &handshake_s);
  double connect_s = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_CONNECT_TIME, &connect_s);
  const bool in_implicit_tls = options.tls == Tls::implicit && stage == SmtpStage::connect &&
                               connect_s > 0 && handshake_s == 0;
  if (in_implicit_tls || is_tls_failure(code)) {
    if (stage == SmtpStage::ehlo) replies.clear();  // a good reply, which offered no STARTTLS
    stage = SmtpStage::tls;
  } else if (code == CURLE_LOGIN_DENIED && stage == SmtpStage::ehlo) {
    replies.clear();  // a good reply, which offered no way of AUTH that both know
    stage = SmtpStage::auth;
  }
}

SendOutcome SmtpNotifier::Connection::outcome(CURLcode code) const {
  const SmtpReply& reply = replies.reply();
  SendOutcome result{answer_of(stage, reply), reply.code, {}};
  const std::string words =
      reply.code == 0 ? reason(code) : fmt::format("{} {}", reply.code, reply.words);
  result.said = fmt::format("{}: {}", to_text(stage), safe(words)).substr(0, said_max);
  return result;
}

// Why there was no reply.
std::string SmtpNotifier::Connection::reason(CURLcode code) const {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      if (stage == SmtpStage::connect) break;
      return "no answer in time";
    case CURLE_ABORTED_BY_CALLBACK: return "the whole message took too long";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return "the connection was lost";
    case CURLE_USE_SSL_FAILED: return "the relay does not offer STARTTLS";
    case CURLE_LOGIN_DENIED: return "the relay offers neither AUTH PLAIN nor AUTH LOGIN";
    default: break;
  }
  return error[0] == '\0' ? curl_easy_strerror(code) : error.data();
}

std::string SmtpNotifier::Connection::safe(std::string_view words) const {
  return safe_words(words, secrets, bytes == nullptr ? std::string_view{} : *bytes);
}

// A command of ours, or what AUTH was asked for (334), which could read like a command.
void SmtpNotifier::Connection::sent(std::string_view command) {
  const bool is_asked_for = stage == SmtpStage::auth && replies.reply().code == 334;
  ended = command.starts_with("QUIT\r\n") && !is_asked_for;
  if (ended) return;
  replies.clear();
  if (is_asked_for) return;
  if (command.starts_with("MAIL FROM:")) {
    kept = stage == SmtpStage::connect;  // a new connection says EHLO first
    stage = SmtpStage::mail;
  } else if (command.starts_with("EHLO ") || command.starts_with("HELO ")) {
    stage = SmtpStage::ehlo;
  } else if (command.starts_with("STARTTLS")) {
    stage = SmtpStage::tls;
  } else if (command.starts_with("AUTH ")) {
    stage = SmtpStage::auth;
  } else if (command.starts_with("RCPT TO:")) {
    stage = SmtpStage::rcpt;
  } else if (command.starts_with("DATA\r\n")) {
    stage = SmtpStage::data;
  }
}

void SmtpNotifier::Connection::received(std::string_view line) {
  if (ended || !replies.add(line)) return;
  const SmtpReply reply = replies.reply();
  if (options.watch) options.watch({stage, reply.code, safe(reply.words)});
  if (stage == SmtpStage::data && reply.code == 354) {
    stage = SmtpStage::body;
    replies.clear();
  } else if (stage == SmtpStage::tls && reply.code == 220) {
    replies.clear();  // the handshake is next, and has no reply
  }
}

void SmtpNotifier::Connection::found(std::string_view text) {
  if (!options.watch || !is_tls_finding(text)) return;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  options.watch({SmtpStage::tls, 0, safe(text)});
}

std::size_t SmtpNotifier::Connection::read_body(char* into, std::size_t size, std::size_t count,
                                                void* self) {
  auto& c = *static_cast<Connection*>(self);
  const std::size_t length = std::min(size * count, c.bytes->size() - c.read_to);
  std::memcpy(into, c.bytes->data() + c.read_to, length);
  c.read_to += length;
  if (length == 0) c.stage = SmtpStage::final;
  return length;
}

int SmtpNotifier::Connection::debug(CURL*, curl_infotype type, char* data, std::size_t size,
                                    void* self) {
  auto& c = *static_cast<Connection*>(self);
  const std::string_view text{data, size};
  if (c.bytes == nullptr) return 0;  // the farewell of a connection that is being closed
  if (type == CURLINFO_HEADER_OUT) c.sent(text);
  if (type == CURLINFO_HEADER_IN) c.received(text);
  if (type == CURLINFO_TEXT) c.found(text);
  return 0;
}

int SmtpNotifier::Connection::progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return Steady::now() > static_cast<Connection*>(self)->deadline ? 1 : 0;
}

SmtpNotifier::SmtpNotifier(SmtpOptions options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}
SmtpNotifier::~SmtpNotifier() = default;

SendOutcome SmtpNotifier::send(const Outgoing& message) { return connection_->send(message); }

}  // namespace assured::notifiers
