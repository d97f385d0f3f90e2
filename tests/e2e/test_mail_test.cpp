// `assured mail-test` and the way from the settings to the relay, against a real relay.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <fstream>

#include "daemon/boards.hpp"
#include "daemon/mail_relay.hpp"
#include "daemon/mail_test.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_relay.hpp"

using namespace assured;
using namespace assured::test;

namespace {

const Instant now{std::chrono::milliseconds{1'795'255'200'000}};  // 2026-11-21 10:00 UTC

struct World {
  explicit World(RelayOptions given = {}) : relay{folder.path() / "relay", std::move(given)} {}

  // The settings of this relay, read as the service reads them; `more` are lines of [relay].
  config::Settings settings(const std::string& more) const {
    const auto reading = config::parse_settings(
        fmt::format("state_folder = \"state\"\nfrom_domain = \"board.example\"\n"
                    "programmes = [\"none\"]\n[relay]\nhost = \"127.0.0.1\"\nport = {}\n"
                    "from_address = \"assured@board.example\"\n{}",
                    relay.port(), more),
        folder.path() / "assured.toml");
    for (const auto& mistake : reading.mistakes) UNSCOPED_INFO(to_text(mistake));
    REQUIRE(reading.settings);
    return *reading.settings;
  }

  bool run(const config::Settings& settings) {
    said.clear();
    return mail_test(settings, "jane@agency.example", now,
                     [&](std::string_view line) { said += std::string{line} + "\n"; });
  }

  TemporaryFolder folder;
  TestRelay relay;
  std::string said;
};

}  // namespace

TEST_CASE("mail-test says each step of a mail by TLS and AUTH", "[mail-test]") {
  const TemporaryFolder keys;
  make_certificates(keys.path());
  RelayOptions given;
  given.tls = "starttls";
  given.certificate = keys.path() / "good.pem";
  given.user = "assured-board";
  given.password = "tr0ub4dor-and-3";
  World world{given};
  const std::string relay = fmt::format("ca_file = \"{}\"\nuser = \"assured-board\"\n"
                                        "password_file = \"password\"\n",
                                        keys.file("ca.pem"));
  const auto write_password = [&](const char* password) {
    const auto path = world.folder.file("password");
    std::ofstream{path} << password << '\n';
    std::filesystem::permissions(path, std::filesystem::perms{0600});
  };
  write_password("tr0ub4dor-and-3");
  CHECK(world.run(world.settings(relay)));
  INFO(world.said);
  std::size_t at = 0;
  for (const char* step :
       {"Connecting to 127.0.0.1 port", "STARTTLS required", "connected; the relay says: relay.test",
        "greeted as board.example", "it agrees to TLS", "TLS: SSL connection using TLSv1",
        "TLS: subject: CN=relay.test", "TLS: issuer: CN=test authority",
        "the certificate is valid for 127.0.0.1", "signed in (AUTH)",
        "it takes mail from assured@board.example", "it takes mail for jane@agency.example",
        "accepted; the relay says: 2.0.0 queued", "The relay has the mail"}) {
    INFO(step);
    const auto found = world.said.find(step, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  CHECK_THAT(world.said, !Catch::Contains("tr0ub4dor"));
  const auto arrived = world.relay.accepted();
  REQUIRE(arrived.size() == 1);
  CHECK(arrived[0].tls);
  CHECK(arrived[0].user == "assured-board");
  CHECK_THAT(arrived[0].message_id, Catch::StartsWith("<mail-test.1795255200000.") &&
                                        Catch::EndsWith("@board.example>"));
  CHECK_THAT(arrived[0].bytes, Catch::StartsWith("From: assured <assured@board.example>\r\n"));

  write_password("not-it");
  CHECK_FALSE(world.run(world.settings(relay)));
  CHECK_THAT(world.said, Catch::Contains("It failed (auth: 535 5.7.8 wrong user or password)") &&
                             Catch::Contains("Check user in [relay], and the password in " +
                                             world.folder.file("password")) &&
                             !Catch::Contains("not-it"));
  CHECK_FALSE(world.run(world.settings("user = \"u\"\npassword_file = \"password\"\n")));
  CHECK_THAT(world.said, Catch::Contains("It failed (tls: SSL certificate problem") &&
                             Catch::Contains("name its authority as ca_file"));
  CHECK_THROWS_AS(world.run(world.settings("user = \"u\"\npassword_file = \"none\"\n")), ConfigError);
  CHECK(world.relay.accepted().size() == 1);
}

TEST_CASE("mail-test says what to do when a step fails", "[mail-test]") {
  struct Row {
    const char* fault;
    const char* remedy;
  };
  const Row row = GENERATE(values<Row>({
      {"banner 554 5.7.1 no", "turns this machine away"},
      {"banner cut", "whether a firewall"},
      {"mail 550 5.7.1 no", "takes no mail from assured@board.example"},
      {"rcpt 450 4.7.1 greylisted", "Try again in a quarter of an hour"},
      {"rcpt 550 5.1.1 unknown", "refuses this address"},
      {"rcpt 554 5.7.1 relay denied", "takes no mail from this machine for that address"},
      {"final 554 5.7.1 spam", "Ask the relay's operator"},
      {"final cut", "Look whether it arrived"},
  }));
  World world;
  world.relay.plan({row.fault});
  CHECK_FALSE(world.run(world.settings("tls = \"off\"\n")));
  CHECK_THAT(world.said, Catch::Contains("It failed (") && Catch::Contains(row.remedy));
}

TEST_CASE("mail-test without a relay sends nothing, and says where mail goes", "[mail-test]") {
  World world;
  auto settings = world.settings("tls = \"off\"\n");
  settings.relay.reset();
  settings.mail_folder = world.folder.path() / "mail";
  CHECK_FALSE(world.run(settings));
  CHECK(world.said == fmt::format("The settings have no [relay]: mail is written as files to {}, and "
                                  "none leaves this machine. Nothing was sent.\n",
                                  settings.mail_folder.string()));
  CHECK_FALSE(std::filesystem::exists(settings.mail_folder));
}

TEST_CASE("the settings decide between the relay and files", "[mail-test]") {
  World world;
  auto settings = world.settings("tls = \"off\"\nbounce_address = \"bounces@board.example\"\n");
  settings.mail_folder = world.folder.path() / "mail";
  const Outgoing message{NoticeId{7}, "one", "jane@agency.example", "<7@board.example>",
                         "Message-ID: <7@board.example>\r\n\r\nx\r\n"};
  CHECK(open_relay(settings)->connect()->send(message).answer == SendAnswer::accepted);
  REQUIRE(world.relay.accepted().size() == 1);
  CHECK(world.relay.accepted()[0].sender == "bounces@board.example");
  CHECK_FALSE(std::filesystem::exists(settings.mail_folder));

  settings.relay.reset();
  const auto files = open_relay(settings);
  const auto one = files->connect();
  const auto two = files->connect();
  CHECK(one->send(message).answer == SendAnswer::accepted);
  CHECK(two->send(message).answer == SendAnswer::accepted);
  CHECK(std::filesystem::exists(settings.mail_folder / "one-7.eml"));
  CHECK(world.relay.accepted().size() == 1);
}
