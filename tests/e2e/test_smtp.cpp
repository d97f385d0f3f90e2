// The SMTP notifier against a real and hostile relay: each stage, each fault, the exact answer (S11).
#include <catch2/catch.hpp>

#include <sodium.h>

#include <chrono>
#include <cstdlib>

#include "notifiers/smtp_notifier.hpp"
#include "notifiers/smtp_outcome.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_relay.hpp"

using namespace assured;
using namespace assured::notifiers;
using namespace assured::test;
using std::chrono_literals::operator""s;

namespace {

Outgoing mail(std::uint64_t number = 1, std::string body = "Please answer QRT-7F3K.\r\n") {
  const std::string id = "<" + std::to_string(number) + "@board.example>";
  return {NoticeId{static_cast<std::int64_t>(number)},
          "example",
          "officer@riverton.example",
          id,
          "From: board@board.example\r\nTo: Officer <officer@riverton.example>\r\nMessage-ID: " + id +
              "\r\nSubject: A return is due\r\n\r\n" + body};
}

// Many of them are more than the sockets' buffers hold.
std::string lines_of(std::size_t count) {
  std::string body;
  for (std::size_t i = 0; i < count; ++i) body += std::string(98, 'x') + "\r\n";
  return body;
}

std::string sha256_of(const std::string& bytes) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  char hex[2 * sizeof digest + 1];
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  return hex;
}

SmtpOptions options_for(const TestRelay& relay) {
  SmtpOptions options;
  options.host = "127.0.0.1";
  options.port = relay.port();
  options.tls = Tls::off;
  options.helo = "assured.board.example";
  options.envelope_from = "bounces@board.example";
  options.connect_timeout = 2s;
  options.reply_timeout = 10s;
  return options;
}

std::string text_of(SendAnswer answer) {
  switch (answer) {
    case SendAnswer::accepted: return "accepted";
    case SendAnswer::bounced: return "bounced";
    case SendAnswer::relay_trouble: return "relay trouble";
    case SendAnswer::try_later: return "try later";
    case SendAnswer::not_allowed: return "not allowed";
    case SendAnswer::unknown: return "unknown";
  }
  return "?";
}

std::string told(const SendOutcome& outcome) {
  return text_of(outcome.answer) + " " + std::to_string(outcome.code) + " " + outcome.said;
}

// Certificates, made once: they cost a few processes.
const std::filesystem::path& certificates() {
  static const TemporaryFolder folder;
  static const bool made = (make_certificates(folder.path()), true);
  (void)made;
  return folder.path();
}

struct Secured {
  explicit Secured(std::string tls, std::string certificate = "good.pem") {
    given.tls = std::move(tls);
    given.certificate = certificates() / certificate;
  }
  RelayOptions given;
};

SmtpOptions verified(const TestRelay& relay, Tls tls = Tls::required) {
  SmtpOptions options = options_for(relay);
  options.tls = tls;
  options.ca_file = certificates() / "ca.pem";
  return options;
}

}  // namespace

TEST_CASE("each stage and each fault give the exact answer (S11.1, S11.2)", "[smtp]") {
  struct Row {
    const char* fault;
    const char* told;
    int kept;  // messages the relay kept
  };
  const Row row = GENERATE(values<Row>({
      {"ok", "accepted 250 final: 250 2.0.0 queued as 1", 1},
      {"banner 421 4.3.2 not now", "relay trouble 421 connect: 421 4.3.2 not now", 0},
      {"banner 554 5.7.1 go away", "relay trouble 554 connect: 554 5.7.1 go away", 0},
      {"banner cut", "relay trouble 0 connect: the connection was lost", 0},
      {"ehlo 450 later", "relay trouble 450 ehlo: 450 later", 0},
      {"ehlo 550 5.7.1 no", "relay trouble 550 ehlo: 550 5.7.1 no", 0},
      {"ehlo cut", "relay trouble 0 ehlo: the connection was lost", 0},
      {"ehlo reset", "relay trouble 0 ehlo: the connection was lost", 0},
      {"mail 421 4.7.0 too many", "relay trouble 421 mail: 421 4.7.0 too many", 0},
      {"mail 450 4.1.8 sender unknown", "relay trouble 450 mail: 450 4.1.8 sender unknown", 0},
      {"mail 550 sender refused", "relay trouble 550 mail: 550 sender refused", 0},
      {"mail 553 5.1.8 sender refused", "relay trouble 553 mail: 553 5.1.8 sender refused", 0},
      {"mail cut", "relay trouble 0 mail: the connection was lost", 0},
      {"mail reset", "relay trouble 0 mail: the connection was lost", 0},
      {"rcpt 450 4.7.1 greylisted", "try later 450 rcpt: 450 4.7.1 greylisted", 0},
      {"rcpt 452 full", "try later 452 rcpt: 452 full", 0},
      {"rcpt 421 4.3.2 stopping", "relay trouble 421 rcpt: 421 4.3.2 stopping", 0},
      {"rcpt 550 5.1.1 unknown", "bounced 550 rcpt: 550 5.1.1 unknown", 0},
      {"rcpt 550 unknown", "bounced 550 rcpt: 550 unknown", 0},
      {"rcpt 550 5.1.1 no|550 5.1.1 such|550 5.1.1 user", "bounced 550 rcpt: 550 5.1.1 no such user",
       0},
      {"rcpt 554 5.4.4 no route", "bounced 554 rcpt: 554 5.4.4 no route", 0},
      {"rcpt 554 5.7.1 relay denied", "not allowed 554 rcpt: 554 5.7.1 relay denied", 0},
      {"rcpt 530 sign in first", "relay trouble 530 rcpt: 530 sign in first", 0},
      {"rcpt 503 bad sequence", "relay trouble 503 rcpt: 503 bad sequence", 0},
      {"rcpt cut", "relay trouble 0 rcpt: the connection was lost", 0},
      {"rcpt reset", "relay trouble 0 rcpt: the connection was lost", 0},
      {"data 421 4.3.0 stopping", "relay trouble 421 data: 421 4.3.0 stopping", 0},
      {"data 451 4.3.0 later", "relay trouble 451 data: 451 4.3.0 later", 0},
      {"data 554 5.1.1 no valid recipients",
       "relay trouble 554 data: 554 5.1.1 no valid recipients", 0},
      {"data cut", "relay trouble 0 data: the connection was lost", 0},
      {"data reset", "relay trouble 0 data: the connection was lost", 0},
      {"final 421 4.3.2 stopping", "relay trouble 421 final: 421 4.3.2 stopping", 0},
      {"final 450 4.2.0 greylisted", "try later 450 final: 450 4.2.0 greylisted", 0},
      {"final 452 later", "try later 452 final: 452 later", 0},
      {"final 550 5.1.1 unknown", "bounced 550 final: 550 5.1.1 unknown", 0},
      {"final 550 5.2.1 disabled", "bounced 550 final: 550 5.2.1 disabled", 0},
      {"final 552 5.2.2 full", "relay trouble 552 final: 552 5.2.2 full", 0},
      {"final 550 5.7.1 spam", "not allowed 550 final: 550 5.7.1 spam", 0},
      {"final 554 no", "relay trouble 554 final: 554 no", 0},
      {"final 251 2.0.0 odd but yes", "accepted 251 final: 251 2.0.0 odd but yes", 1},
      {"final cut", "unknown 0 final: the connection was lost", 0},
      {"final reset", "unknown 0 final: the connection was lost", 0},
      {"final record-cut", "unknown 0 final: the connection was lost", 1},
  }));
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({row.fault});
  SmtpNotifier notifier{options_for(relay)};
  CHECK(told(notifier.send(mail())) == row.told);
  CHECK(relay.accepted().size() == static_cast<std::size_t>(row.kept));
  // Whatever happened, the next message finds its way.
  CHECK(told(notifier.send(mail(2))).starts_with("accepted 250 final: 250 2.0.0 queued"));
}

// Apart from the others, because the reset may overtake the connection: then there was none to lose.
TEST_CASE("a connection reset before the banner is relay trouble", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({"banner reset"});
  SmtpNotifier notifier{options_for(relay)};
  CHECK(told(notifier.send(mail())).starts_with("relay trouble 0 connect: "));
  CHECK(relay.accepted().empty());
  CHECK(told(notifier.send(mail(2))).starts_with("accepted 250 final: 250 2.0.0 queued"));
}

TEST_CASE("a connection cut in the middle of the body is relay trouble", "[smtp]") {
  const std::string fault = GENERATE("body cut", "body reset");
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({fault});
  SmtpNotifier notifier{options_for(relay)};
  CHECK(told(notifier.send(mail(1, lines_of(200'000)))) ==
        "relay trouble 0 body: the connection was lost");
  CHECK(relay.accepted().empty());
}

TEST_CASE("no relay is relay trouble", "[smtp]") {
  const TemporaryFolder folder;
  std::optional<TestRelay> relay{std::in_place, folder.path()};
  SmtpNotifier notifier{options_for(*relay)};
  relay.reset();
  const SendOutcome outcome = notifier.send(mail());
  CHECK(outcome.answer == SendAnswer::relay_trouble);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.said, Catch::StartsWith("connect: Failed to connect to 127.0.0.1 port"));
}

TEST_CASE("a relay that is slow or silent is left after reply_timeout", "[smtp]") {
  struct Row {
    const char* fault;
    const char* told;
  };
  const Row row = GENERATE(values<Row>({
      {"banner never", "relay trouble 0 connect: "},
      {"rcpt never", "relay trouble 0 rcpt: no answer in time"},
      {"rcpt slow", "relay trouble 0 rcpt: no answer in time"},
      {"final never", "unknown 0 final: no answer in time"},
      {"final record-never", "unknown 0 final: no answer in time"},
      {"final slow", "unknown 0 final: no answer in time"},
  }));
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({row.fault});
  SmtpOptions options = options_for(relay);
  options.reply_timeout = 1s;
  SmtpNotifier notifier{options};
  const auto begun = std::chrono::steady_clock::now();
  CHECK_THAT(told(notifier.send(mail())), Catch::StartsWith(row.told));
  // The second is the farewell, which such a relay does not answer either.
  CHECK(std::chrono::steady_clock::now() - begun < 8s);
}

TEST_CASE("the whole message has a limit too, at each stage", "[smtp]") {
  struct Row {
    const char* fault;
    std::size_t lines;
    const char* told;
  };
  const Row row = GENERATE(values<Row>({
      {"rcpt slow", 1, "relay trouble 0 rcpt: the whole message took too long"},
      {"body never", 200'000, "relay trouble 0 body: the whole message took too long"},
      {"final never", 1, "unknown 0 final: the whole message took too long"},
  }));
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({row.fault});
  SmtpOptions options = options_for(relay);
  options.message_timeout = 1s;
  options.reply_timeout = 8s;
  SmtpNotifier notifier{options};
  const auto begun = std::chrono::steady_clock::now();
  CHECK(told(notifier.send(mail(1, lines_of(row.lines)))) == row.told);
  CHECK(std::chrono::steady_clock::now() - begun < 7s);
}

TEST_CASE("a notifier ends without waiting for its relay", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  auto notifier = std::make_unique<SmtpNotifier>(options_for(relay));
  CHECK(notifier->send(mail()).answer == SendAnswer::accepted);
  relay.plan({"quit never"});
  const auto begun = std::chrono::steady_clock::now();
  notifier.reset();
  CHECK(std::chrono::steady_clock::now() - begun < 8s);
}

TEST_CASE("a kept connection carries one message after the other", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  SmtpNotifier notifier{options_for(relay)};
  for (std::uint64_t i = 1; i <= 5; ++i)
    CHECK(notifier.send(mail(i)).answer == SendAnswer::accepted);
  CHECK(relay.connections() == 1);
  CHECK(relay.accepted().size() == 5);
}

TEST_CASE("a kept connection that the relay has given up is replaced without an alarm", "[smtp]") {
  const std::string fault =
      GENERATE("mail 421 4.7.0 enough for one connection", "mail cut", "rcpt reset", "data cut");
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({"ok", fault});
  SmtpNotifier notifier{options_for(relay)};
  CHECK(notifier.send(mail(1)).answer == SendAnswer::accepted);
  CHECK(told(notifier.send(mail(2))) == "accepted 250 final: 250 2.0.0 queued as 2");
  CHECK(relay.accepted().size() == 2);
}

TEST_CASE("a kept connection on which the answer to a body is lost is not tried again at once",
          "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.plan({"ok", "final record-cut"});
  SmtpNotifier notifier{options_for(relay)};
  CHECK(notifier.send(mail(1)).answer == SendAnswer::accepted);
  CHECK(notifier.send(mail(2)).answer == SendAnswer::unknown);
  CHECK(relay.accepted().size() == 2);
}

TEST_CASE("what arrives is byte for byte what was sent", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  SmtpNotifier notifier{options_for(relay)};
  std::string large;
  for (int i = 0; large.size() < 300'000; ++i) large += "." + std::to_string(i) + "\r\n";
  const std::vector<std::string> bodies{
      ".\r\n..\r\n...x\r\n. \r\n",                    // lines that begin with dots
      "Zo\xC3\xAB \xFF\xFE\x01\r\n",                // UTF-8, and no UTF-8 at all
      "\r\n\r\n\r\n",                                // empty lines at the end
      std::string(990, 'x') + "\r\n",                // as long as a line may be
      large,                                         // more than a buffer, dots at every line
  };
  std::vector<std::string> sent;
  for (const auto& body : bodies) {
    const Outgoing message = mail(sent.size() + 1, body);
    CHECK(notifier.send(message).answer == SendAnswer::accepted);
    sent.push_back(message.bytes);
  }
  Outgoing dotted = mail();
  dotted.bytes = ".starts: with a dot\r\n\r\nx\r\n";
  CHECK(notifier.send(dotted).answer == SendAnswer::accepted);
  sent.push_back(dotted.bytes);

  const auto arrived = relay.accepted();
  REQUIRE(arrived.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    CHECK(arrived[i].sha256 == sha256_of(sent[i]));
    CHECK(arrived[i].bytes == sent[i]);
  }
  CHECK(arrived[0].sender == "bounces@board.example");
  CHECK(arrived[0].recipient == "officer@riverton.example");
  CHECK(arrived[0].message_id == "<1@board.example>");
}

TEST_CASE("an address that would end its command reaches no relay", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  SmtpNotifier notifier{options_for(relay)};
  Outgoing message = mail();
  message.address = "a@b.example>\r\nRCPT TO:<c@d.example";
  const SendOutcome outcome = notifier.send(message);
  CHECK(outcome.answer == SendAnswer::bounced);
  CHECK_THAT(outcome.said, Catch::StartsWith("rcpt: not sent"));
  CHECK(relay.connections() == 0);
}

TEST_CASE("mail goes by STARTTLS or TLS to a relay that proves who it is", "[smtp][tls]") {
  const auto [how, tls] = GENERATE(table<std::string, Tls>(
      {{"starttls", Tls::required}, {"implicit", Tls::implicit}}));
  const TemporaryFolder folder;
  TestRelay relay{folder.path(), Secured{how}.given};
  SmtpNotifier notifier{verified(relay, tls)};
  CHECK(notifier.send(mail(1)).answer == SendAnswer::accepted);
  CHECK(notifier.send(mail(2)).answer == SendAnswer::accepted);
  CHECK(relay.connections() == 1);
  for (const auto& message : relay.accepted()) CHECK(message.tls);
}

TEST_CASE("a relay that cannot prove who it is gets nothing", "[smtp][tls]") {
  struct Row {
    const char* certificate;
    bool is_ca_known;
    const char* words;
  };
  const Row row = GENERATE(values<Row>({
      {"expired.pem", true, "certificate has expired"},
      {"good.pem", false, "unable to get local issuer certificate"},
      {"ca.pem", false, "self-signed certificate"},
      {"other.pem", true, "no alternative certificate subject name matches"},
  }));
  const auto [how, tls] = GENERATE(table<std::string, Tls>(
      {{"starttls", Tls::required}, {"implicit", Tls::implicit}}));
  const TemporaryFolder folder;
  TestRelay relay{folder.path(), Secured{how, row.certificate}.given};
  SmtpOptions options = verified(relay, tls);
  if (!row.is_ca_known) options.ca_file.clear();
  options.user = "assured-board";
  options.password = "tr0ub4dor-and-3";
  SmtpNotifier notifier{options};
  const SendOutcome outcome = notifier.send(mail());
  CHECK(outcome.answer == SendAnswer::relay_trouble);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.said, Catch::StartsWith("tls: ") && Catch::Contains(row.words));
  CHECK(relay.accepted().empty());
}

TEST_CASE("no TLS where TLS is required: no mail, and no password", "[smtp][tls]") {
  struct Row {
    const char* how;
    const char* fault;
    Tls tls;
    const char* told;
  };
  const Row row = GENERATE(values<Row>({
      {"off", "ok", Tls::required, "relay trouble 0 tls: the relay does not offer STARTTLS"},
      {"starttls", "starttls 454 4.7.0 not now", Tls::required,
       "relay trouble 454 tls: 454 4.7.0 not now"},
      {"starttls", "starttls 554 5.7.3 no", Tls::required, "relay trouble 554 tls: 554 5.7.3 no"},
      {"starttls", "starttls cut", Tls::required, "relay trouble 0 tls: the connection was lost"},
      {"starttls", "handshake cut", Tls::required, "relay trouble 0 tls: "},
      {"implicit", "handshake cut", Tls::implicit, "relay trouble 0 tls: "},
      {"off", "ok", Tls::implicit, "relay trouble 0 tls: "},
  }));
  const TemporaryFolder folder;
  RelayOptions given = Secured{row.how}.given;
  given.user = "assured-board";
  given.password = "tr0ub4dor-and-3";
  TestRelay relay{folder.path(), given};
  relay.plan({row.fault});
  SmtpOptions options = verified(relay, row.tls);
  options.user = given.user;
  options.password = given.password;
  options.reply_timeout = 1s;
  options.connect_timeout = 1s;
  SmtpNotifier notifier{options};
  CHECK_THAT(told(notifier.send(mail())), Catch::StartsWith(row.told));
  CHECK(relay.sign_ins() == 0);
  CHECK(relay.accepted().empty());
}

TEST_CASE("AUTH signs in, and a wrong password bounces nobody (S11.1)", "[smtp][auth]") {
  struct Row {
    const char* mechanisms;
    const char* fault;
    const char* password;
    const char* told;
    int kept;
  };
  const Row row = GENERATE(values<Row>({
      {"PLAIN", "ok", "tr0ub4dor-and-3", "accepted 250 final: 250 2.0.0 queued as 1", 1},
      {"LOGIN", "ok", "tr0ub4dor-and-3", "accepted 250 final: 250 2.0.0 queued as 1", 1},
      {"GSSAPI NTLM PLAIN", "ok", "tr0ub4dor-and-3", "accepted 250 final: 250 2.0.0 queued as 1", 1},
      {"PLAIN", "ok", "not-it", "relay trouble 535 auth: 535 5.7.8 wrong user or password", 0},
      {"LOGIN", "ok", "not-it", "relay trouble 535 auth: 535 5.7.8 wrong user or password", 0},
      {"PLAIN", "auth 454 4.7.0 later", "tr0ub4dor-and-3",
       "relay trouble 454 auth: 454 4.7.0 later", 0},
      {"LOGIN", "auth cut", "tr0ub4dor-and-3", "relay trouble 0 auth: the connection was lost", 0},
      {"NTLM", "ok", "tr0ub4dor-and-3",
       "relay trouble 0 auth: the relay offers neither AUTH PLAIN nor AUTH LOGIN", 0},
  }));
  const TemporaryFolder folder;
  RelayOptions given = Secured{"starttls"}.given;
  given.user = "board@board.example";  // looks like a domain's user, which GSSAPI would be tried for
  given.password = "tr0ub4dor-and-3";
  given.mechanisms = row.mechanisms;
  TestRelay relay{folder.path(), given};
  relay.plan({row.fault});
  SmtpOptions options = verified(relay);
  options.user = given.user;
  options.password = row.password;
  SmtpNotifier notifier{options};
  CHECK(told(notifier.send(mail())) == row.told);
  REQUIRE(relay.accepted().size() == static_cast<std::size_t>(row.kept));
  if (row.kept != 0) CHECK(relay.accepted()[0].user == given.user);
}

TEST_CASE("a password that reads like a command changes no stage", "[smtp][auth]") {
  const TemporaryFolder folder;
  RelayOptions given;
  given.user = "u";
  given.password = "AB\x13";  // "QUIT" in base64
  given.mechanisms = "LOGIN";
  TestRelay relay{folder.path(), given};
  relay.plan({"auth 535 5.7.8 no"});
  SmtpOptions options = options_for(relay);
  options.user = given.user;
  options.password = given.password;
  SmtpNotifier notifier{options};
  CHECK(told(notifier.send(mail())) == "relay trouble 535 auth: 535 5.7.8 no");
  CHECK(notifier.send(mail()).answer == SendAnswer::accepted);
}

TEST_CASE("what a relay repeats of credentials or of the message is not shown", "[smtp][auth]") {
  const TemporaryFolder folder;
  RelayOptions given;
  given.user = "board-user";
  given.password = "tr0ub4dor-and-3";
  TestRelay relay{folder.path(), given};
  relay.plan({
      "auth 535 5.7.8 tr0ub4dor-and-3 for board-user AGJvYXJkLXVzZXIAdHIwdWI0ZG9yLWFuZC0z",
      "final 550 5.7.1 spam: A return is due, Please answer QRT-7F3K. \x07 \xC3\xAB",
      "final 450 4.2.0 " + std::string(600, 'w'),
  });
  SmtpOptions options = options_for(relay);
  options.user = given.user;
  options.password = given.password;
  std::string watched;
  options.watch = [&](const SmtpStep& step) { watched += step.words + "\n"; };
  SmtpNotifier notifier{options};
  CHECK(notifier.send(mail()).said == "auth: 535 5.7.8 *** for *** ***");
  CHECK(notifier.send(mail()).said ==
        "final: 550 5.7.1 spam: [of the message], [of the message] ? ??");
  CHECK(notifier.send(mail()).said.size() == 200);
  CHECK_THAT(watched, !Catch::Contains("tr0ub4dor") && !Catch::Contains("QRT-7F3K"));
}

TEST_CASE("no proxy, no .netrc and no other environment has a say", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  ::setenv("all_proxy", "socks5://127.0.0.1:1", 1);
  SmtpNotifier notifier{options_for(relay)};
  CHECK(notifier.send(mail()).answer == SendAnswer::accepted);
  ::unsetenv("all_proxy");
}

TEST_CASE("a hostile relay by a seed: nothing that was accepted is missing", "[smtp]") {
  const TemporaryFolder folder;
  TestRelay relay{folder.path()};
  relay.hostile(20261121, {{"rcpt 450 4.2.0 later", 10},
                           {"rcpt cut", 10},
                           {"final record-cut", 10},
                           {"final cut", 10},
                           {"mail 421 4.3.0 no", 10}});
  SmtpNotifier notifier{options_for(relay)};
  std::set<std::string> answered;
  std::set<std::string> tried;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    const Outgoing message = mail(i);
    tried.insert(message.message_id);
    // Again with the same bytes until there is an answer (S11.2).
    for (int round = 0; round < 40; ++round) {
      if (notifier.send(message).answer != SendAnswer::accepted) continue;
      answered.insert(message.message_id);
      break;
    }
  }
  CHECK(answered == tried);
  std::set<std::string> arrived;
  for (const auto& message : relay.accepted()) arrived.insert(message.message_id);
  CHECK(arrived == tried);
  CHECK(relay.attempts() > 70);  // the faults did happen
}

TEST_CASE("replies are read as RFC 5321 writes them", "[smtp]") {
  SmtpReplyReader reader;
  CHECK_FALSE(reader.add("hello\r\n"));
  CHECK_FALSE(reader.add("25\r\n"));
  CHECK_FALSE(reader.add("2500 x\r\n"));
  CHECK_FALSE(reader.add("550-5.1.1 no such\r\n"));
  CHECK(reader.reply().code == 0);
  CHECK(reader.add("550 5.1.1 user\r\n"));
  CHECK(reader.reply().code == 550);
  CHECK(reader.reply().words == "5.1.1 no such user");
  CHECK(reader.add("250\r\n"));
  CHECK(reader.reply().words.empty());
  // What only looks like an enhanced code is none.
  CHECK(answer_of(SmtpStage::final, {550, "5.1 no"}) == SendAnswer::relay_trouble);
  CHECK(answer_of(SmtpStage::final, {550, "5.2.10 no"}) == SendAnswer::relay_trouble);
  CHECK(answer_of(SmtpStage::final, {550, "5.1.10 no"}) == SendAnswer::bounced);
  CHECK(answer_of(SmtpStage::rcpt, {550, "5.7.10 no"}) == SendAnswer::not_allowed);
  CHECK(answer_of(SmtpStage::final, {354, "again?"}) == SendAnswer::relay_trouble);
}
