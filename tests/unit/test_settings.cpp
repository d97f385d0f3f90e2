#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>

#include "config/key_file.hpp"
#include "config/programme_files.hpp"
#include "config/relay_password.hpp"
#include "config/settings.hpp"
#include "config/text_file.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::config;

namespace {

constexpr std::string_view least = R"(state_folder = "state"
from_domain = "board.example"
programmes = ["programmes/one"]
)";

// Lines of [relay] from the sixth on.
std::string with_relay(const std::string& more) {
  return std::string{least} + "[relay]\nhost = \"smtp.board.example\"\n" + more;
}

std::vector<std::string> mistakes_of(std::string_view toml) {
  std::vector<std::string> texts;
  for (const auto& m : parse_settings(toml, "/etc/assured/assured.toml").mistakes)
    texts.push_back(std::to_string(m.place.line) + " " + m.key + ": " + m.message);
  return texts;
}

}  // namespace

TEST_CASE("the least settings get technical defaults and paths beside the file", "[settings]") {
  const auto reading = parse_settings(least, "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  const Settings& settings = *reading.settings;
  CHECK(settings.state_folder == "/etc/assured/state");
  CHECK(settings.socket_path == "/etc/assured/state/assured.sock");
  CHECK(settings.mail_folder == "/etc/assured/state/mail");
  REQUIRE(settings.programmes.size() == 1);
  CHECK(settings.programmes[0].path == "/etc/assured/programmes/one");
  CHECK(settings.programmes[0].place.line == 3);
  CHECK(settings.sleep_max == std::chrono::seconds{30});
  CHECK(settings.log_level == "info");
  CHECK_FALSE(settings.is_operator(0));
}

TEST_CASE("calendars are paths beside the file, and may be left out", "[settings]") {
  CHECK(parse_settings(least, "/etc/assured/assured.toml").settings->calendars.empty());
  const std::string two =
      std::string{least} + "calendars = [\"calendars/scotland.toml\", \"/srv/local.toml\"]\n";
  const auto reading = parse_settings(two, "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  REQUIRE(reading.settings->calendars.size() == 2);
  CHECK(reading.settings->calendars[0].path == "/etc/assured/calendars/scotland.toml");
  CHECK(reading.settings->calendars[0].place.line == 4);
  CHECK(reading.settings->calendars[1].path == "/srv/local.toml");
  CHECK(mistakes_of(std::string{least} + "calendars = \"scotland.toml\"\n") ==
        std::vector<std::string>{"4 calendars: this must be a list of one path or more"});
  CHECK(mistakes_of(std::string{least} + "calendars = [\"a.toml\", 7]\n") ==
        std::vector<std::string>{"4 calendars: this must be a path in quotes"});
}

TEST_CASE("a uid is one person on each board it is mapped on (S14.4)", "[settings]") {
  const auto reading = parse_settings(std::string{least} + R"(
operators = [0, 12]
[[user]]
uid = 1000
board = "one"
person = "jane"
[[user]]
uid = 1000
board = "two"
person = "jane-two"
)", "assured.toml");
  REQUIRE(reading.settings);
  CHECK(reading.settings->find_person(1000, "one") == "jane");
  CHECK(reading.settings->find_person(1000, "two") == "jane-two");
  CHECK_FALSE(reading.settings->find_person(1000, "three"));
  CHECK_FALSE(reading.settings->find_person(1001, "one"));
  CHECK(reading.settings->is_operator(12));
}

TEST_CASE("every mistake in the settings is shown at once, with line and key", "[settings]") {
  CHECK(mistakes_of(R"(state_folder = 3
from_domain = "Board Example"
sleep_s_max = 301
log_level = "loud"
sleep = 5
operators = ["root"]
[[user]]
uid = -1
board = "one"
[[user]]
uid = 5
board = "one"
person = "a"
[[user]]
uid = 5
board = "one"
person = "b"
)") == std::vector<std::string>{
               "1 state_folder: this must be a text in quotes",
               "1 programmes: this setting is missing",
               "2 from_domain: this must be a domain in small letters",
               "3 sleep_s_max: this must be a whole number from 1 to 300",
               "4 log_level: there is no such level",
               "5 sleep: there is no setting of this name",
               "6 operators: this must be a whole number from 0 to 4294967294",
               "7 user.person: this setting is missing",
               "8 user.uid: this must be a whole number from 0 to 4294967294",
               "14 user.uid: user 5 is mapped twice on board one",
           });
}

TEST_CASE("without [relay] there is none; the least one gets technical defaults", "[settings]") {
  CHECK_FALSE(parse_settings(least, "/etc/assured/assured.toml").settings->relay);
  const auto reading = parse_settings(with_relay("from_address = \"lscp@board.example\"\n"),
                                      "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  REQUIRE(reading.settings->relay);
  const RelaySettings& relay = *reading.settings->relay;
  CHECK(relay.host == "smtp.board.example");
  CHECK(relay.port == 587);
  CHECK(relay.tls == RelayTls::required);
  CHECK(relay.helo == "board.example");
  CHECK(relay.bounce_address == "lscp@board.example");
  CHECK(relay.connections == 4);
  CHECK(relay.connect_timeout == std::chrono::seconds{10});
  CHECK(relay.reply_timeout == std::chrono::seconds{60});
  CHECK(relay.message_timeout == std::chrono::seconds{130});
  CHECK(relay.user.empty());
}

TEST_CASE("a relay's settings are read, and the port follows from TLS", "[settings]") {
  const auto reading = parse_settings(with_relay(R"(tls = "implicit"
ca_file = "ca.pem"
user = "assured"
password_file = "relay.password"
helo = "host.board.example"
from_address = "lscp@board.example"
bounce_address = "bounces@board.example"
connections = 16
connect_timeout_s = 3
reply_timeout_s = 300
)"), "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  const RelaySettings& relay = *reading.settings->relay;
  CHECK(relay.port == 465);
  CHECK(relay.ca_file == "/etc/assured/ca.pem");
  CHECK(relay.password_file == "/etc/assured/relay.password");
  CHECK(relay.password_place.line == 9);
  CHECK(relay.helo == "host.board.example");
  CHECK(relay.bounce_address == "bounces@board.example");
  CHECK(relay.connections == 16);
  CHECK(relay.reply_timeout == std::chrono::seconds{300});

  const auto off = parse_settings(
      std::string{least} + "[relay]\nhost = \"127.0.0.1\"\ntls = \"off\"\nfrom_address = \"a@b.example\"\n",
      "x");
  REQUIRE(off.settings);
  CHECK(off.settings->relay->port == 25);
}

TEST_CASE("a stop waits for a message, unless the settings say otherwise, which is said", "[settings]") {
  const auto read = [](const std::string& top, const std::string& relay) {
    return parse_settings(std::string{least} + top + "[relay]\nhost = \"smtp.board.example\"\n" +
                              "from_address = \"a@b.example\"\n" + relay,
                          "/etc/assured/assured.toml");
  };
  CHECK(parse_settings(least, "/x").settings->stop_timeout == std::chrono::seconds{20});
  CHECK(read("", "").settings->stop_timeout == std::chrono::seconds{135});
  CHECK(read("", "").warnings.empty());
  CHECK(read("", "reply_timeout_s = 100\n").settings->relay->message_timeout == std::chrono::seconds{210});
  CHECK(read("stop_timeout_s = 60\n", "reply_timeout_s = 20\nmessage_timeout_s = 60\n").warnings.empty());
  const auto short_stop = read("stop_timeout_s = 20\n", "");
  REQUIRE(short_stop.settings);
  REQUIRE(short_stop.warnings.size() == 1);
  CHECK(to_text(short_stop.warnings[0]) ==
        "/etc/assured/assured.toml:4:18: stop_timeout_s: a stop waits 20 s, and one message to the relay may "
        "take 130 s; one that is cut off is sent again, and may then arrive twice (take this setting out, or "
        "make relay.message_timeout_s shorter)");
  const auto short_message = read("", "message_timeout_s = 69\n");
  REQUIRE(short_message.mistakes.size() == 1);
  CHECK(short_message.mistakes[0].key == "relay.message_timeout_s");
}

TEST_CASE("every mistake in a relay's settings has its line, key and words", "[settings]") {
  const std::string from = "from_address = \"a@b.example\"\n";
  const auto one = [&](const std::string& more) { return mistakes_of(with_relay(from + more)); };
  using Texts = std::vector<std::string>;
  CHECK(mistakes_of(std::string{least} + "relay = \"smtp.board.example\"\n") ==
        Texts{"4 relay: the relay is written as a table [relay]"});
  CHECK(mistakes_of(std::string{least} + "[relay]\n") ==
        Texts{"4 relay.host: this setting is missing", "4 relay.from_address: this setting is missing"});
  CHECK(one("tls = \"off\"\n") ==
        Texts{"7 relay.tls: mail and password would cross the network in the clear"});
  CHECK(one("tls = \"maybe\"\n") == Texts{"7 relay.tls: there is no such way"});
  CHECK(one("tls = false\n") == Texts{"7 relay.tls: this must be a text in quotes"});
  CHECK(one("port = 0\n") == Texts{"7 relay.port: this must be a whole number from 1 to 65535"});
  CHECK(one("password = \"secret\"\n") ==
        Texts{"7 relay.password: a password is never written into the settings"});
  CHECK(one("passwort_file = \"x\"\n") ==
        Texts{"7 relay.passwort_file: there is no setting of this name"});
  CHECK(one("user = \"u\"\n") == Texts{"7 relay.user: this user has no password"});
  CHECK(one("user = \"u\"\npassword_file = \"f\"\npassword_credential = \"c\"\n") ==
        Texts{"7 relay.user: the password comes from two places"});
  CHECK(one("password_file = \"f\"\n") ==
        Texts{"7 relay.password_file: there is a password, but no user"});
  CHECK(one("user = \"u\"\npassword_credential = \"../c\"\n") ==
        Texts{"8 relay.password_credential: this must be the name of a credential, not a path"});
  CHECK(one("connections = 17\n") ==
        Texts{"7 relay.connections: this must be a whole number from 1 to 16"});
  CHECK(one("connect_timeout_s = 0\n") ==
        Texts{"7 relay.connect_timeout_s: this must be a whole number from 1 to 300"});
  CHECK(one("reply_timeout_s = 301\n") ==
        Texts{"7 relay.reply_timeout_s: this must be a whole number from 1 to 300"});
  CHECK(one("helo = \"a b\"\n") == Texts{"7 relay.helo: this must be this machine's name"});
  CHECK(one("bounce_address = \"Board <a@b.example>\"\n") ==
        Texts{"7 relay.bounce_address: this must be a mail address, without a name"});
  CHECK(mistakes_of(with_relay("from_address = \"a@b.example\\r\\nRCPT TO:<c@d.example>\"\n")) ==
        Texts{"6 relay.from_address: this must have no control characters",
              "6 relay.from_address: this must be a mail address, without a name"});
  CHECK(mistakes_of(std::string{least} + "[relay]\nhost = \"a/b\"\n" + from) ==
        Texts{"5 relay.host: this must be a host's name or address"});
  for (const char* local : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    CHECK(mistakes_of(std::string{least} + "[relay]\nhost = \"" + local + "\"\ntls = \"off\"\n" + from)
              .empty());
  for (const char* away : {"127.0.0.1.example", "localhost.example", "10.0.0.1"})
    CHECK(mistakes_of(std::string{least} + "[relay]\nhost = \"" + away + "\"\ntls = \"off\"\n" + from)
              .size() == 1);
}

TEST_CASE("[backup] and [files] name a key in a file or a credential, one of them", "[settings]") {
  CHECK_FALSE(parse_settings(least, "/etc/assured/assured.toml").settings->backup_key);
  const auto reading = parse_settings(
      std::string{least} + "[backup]\nkey_file = \"backup.key\"\n[files]\nkey_credential = \"files-key\"\n",
      "/etc/assured/assured.toml");
  REQUIRE(reading.settings);
  CHECK(reading.settings->backup_key->file == "/etc/assured/backup.key");
  CHECK(reading.settings->backup_key->place.line == 5);
  CHECK(reading.settings->files_key->credential == "files-key");
  using Texts = std::vector<std::string>;
  const auto one = [](const std::string& more) { return mistakes_of(std::string{least} + more); };
  CHECK(one("[backup]\n") == Texts{"4 backup.key_file: this setting is missing"});
  CHECK(one("[files]\nkey_file = \"f\"\nkey_credential = \"c\"\n") ==
        Texts{"4 files.key_file: the key comes from two places"});
  CHECK(one("[files]\nkey_credential = \"../c\"\n") ==
        Texts{"5 files.key_credential: this must be the name of a credential, not a path"});
  CHECK(one("[backup]\nkey = \"secret\"\nkey_file = \"f\"\n") ==
        Texts{"5 backup.key: there is no setting of this name"});
  CHECK(one("files = \"f\"\n") == Texts{"4 files: this is written as a table [files]"});
}

TEST_CASE("a key is 32 bytes in base64 in a file that others cannot read", "[settings]") {
  const test::TemporaryFolder folder;
  KeySettings settings;
  settings.file = folder.file("a.key");
  make_key_file(settings.file);
  CHECK(std::filesystem::status(settings.file).permissions() == std::filesystem::perms{0600});
  const std::string key = read_key(settings, "backup").key;
  CHECK(key.size() == 32);
  CHECK_THROWS_WITH(make_key_file(settings.file), Catch::Contains("this file exists"));
  CHECK(read_key(settings, "backup").key == key);

  KeySettings other;
  other.file = folder.file("b.key");
  make_key_file(other.file);
  CHECK(read_key(other, "backup").key != key);
  for (const char* text : {"", "c2hvcnQ=\n", "no base64 at all, but of about the same length\n",
                           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"}) {
    std::ofstream{other.file, std::ios::trunc} << text;
    const auto reading = read_key(other, "files");
    CAPTURE(text);
    CHECK(reading.key.empty());
    REQUIRE(reading.mistake);
    CHECK(reading.mistake->key == "files.key_file");
    CHECK_FALSE(reading.mistake->remedy.empty());
  }
  std::filesystem::permissions(settings.file, std::filesystem::perms{0644});
  CHECK_THAT(read_key(settings, "backup").mistake->message,
             Catch::EndsWith("others than its owner may read or change this file"));
}

TEST_CASE("a relay's password comes from a file that others cannot read", "[settings]") {
  const test::TemporaryFolder folder;
  RelaySettings relay;
  CHECK(read_password(relay).password.empty());  // no user, no password
  CHECK_FALSE(read_password(relay).mistake);
  relay.user = "u";
  relay.password_file = folder.file("relay.password");
  const auto message = [&] {
    const auto reading = read_password(relay);
    CHECK(reading.password.empty());
    return reading.mistake ? reading.mistake->message : "none";
  };
  CHECK_THAT(message(), Catch::EndsWith("there is no such file"));
  const auto write = [&](const std::string& text, unsigned mode) {
    std::ofstream{relay.password_file, std::ios::binary} << text;
    std::filesystem::permissions(relay.password_file, std::filesystem::perms{mode});
  };
  write("tr0ub4dor\n", 0600);
  CHECK(read_password(relay).password == "tr0ub4dor");
  CHECK_FALSE(read_password(relay).mistake);
  write("tr0ub4dor", 0640);
  CHECK(read_password(relay).password == "tr0ub4dor");
  for (const unsigned open : {0644U, 0604U, 0660U, 0602U}) {
    write("tr0ub4dor\n", open);
    CHECK_THAT(message(), Catch::EndsWith("others than its owner may read or change this file"));
    CHECK_THAT(read_password(relay).mistake->remedy, Catch::StartsWith("chmod 600 "));
  }
  for (const std::string& bad : {std::string{"\n"}, std::string{"a\nb\n"}, std::string{"a\0b", 3},
                                 std::string(2000, 'x')}) {
    write(bad, 0600);
    CHECK(message() != "none");
  }
}

TEST_CASE("a relay's password may be a credential of the service's unit", "[settings]") {
  const test::TemporaryFolder folder;
  RelaySettings relay;
  relay.user = "u";
  relay.password_credential = "relay-password";
  ::unsetenv("CREDENTIALS_DIRECTORY");
  REQUIRE(read_password(relay).mistake);
  CHECK_THAT(read_password(relay).mistake->remedy, Catch::Contains("LoadCredential=relay-password:"));
  ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  std::ofstream{folder.file("relay-password")} << "tr0ub4dor\n";
  CHECK(read_password(relay).password == "tr0ub4dor");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("settings that are no TOML, or only a byte order mark, are refused with a place",
          "[settings]") {
  CHECK(mistakes_of("state_folder = \n").size() == 1);
  CHECK(mistakes_of("a = 1\na = 2\n").front().starts_with("2 "));
  CHECK(mistakes_of("\xEF\xBB\xBF").size() == 3);
  CHECK(parse_settings(std::string{"\xEF\xBB\xBF"} + std::string{least}, "x").settings);
}

TEST_CASE("a socket path that the system has no room for is a mistake, not a failing bind",
          "[settings]") {
  const std::string toml = std::string{least} + "socket = \"/" + std::string(120, 's') + "\"\n";
  CHECK(mistakes_of(toml) ==
        std::vector<std::string>{"4 socket: the path of a socket has at most 107 bytes"});
}

TEST_CASE("a settings file that is not there says so", "[settings]") {
  const auto reading = load_settings("/nonexistent/assured.toml");
  REQUIRE(reading.mistakes.size() == 1);
  CHECK(reading.mistakes[0].message == "/nonexistent/assured.toml: there is no such file");
}

TEST_CASE("the settings that are shipped lack a programme, and nothing else", "[settings]") {
  const std::filesystem::path shipped = ASSURED_SOURCE_DIR "/config/assured.toml";
  const auto untouched = load_settings(shipped);
  REQUIRE(untouched.mistakes.size() == 1);
  CHECK(untouched.mistakes[0].message == "this setting is missing");
  CHECK(untouched.mistakes[0].key == "programmes");

  // With each example that is commented out put in force.
  const std::string text = read_text_file(shipped, 256 * 1024);
  std::string all;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    const auto line = text.substr(at, end - at);
    const bool is_example = line.size() > 1 && line[0] == '#' && line[1] != ' ' && line[1] != '#';
    all += (is_example ? line.substr(1) : line) + "\n";
    at = end + 1;
  }
  const auto reading = parse_settings(all, "/etc/assured/assured.toml");
  // Of two pairs only one of each can stand: an address for mode = "redirect" alone, one place of a password.
  std::vector<std::string> mistakes;
  for (const auto& mistake : reading.mistakes) mistakes.push_back(mistake.key);
  CHECK(mistakes == std::vector<std::string>{"mail.redirect_to", "relay.user", "backup.key_file", "files.key_file"});
}

TEST_CASE("the digest of a text is its BLAKE2b-256", "[settings]") {
  // Vector: BLAKE2b-256 of the empty string.
  CHECK(digest_of("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST_CASE("where mail may go is read, with every mistake", "[settings]") {
  const auto mail_of = [](const std::string& table) {
    return parse_settings(std::string{least} + table, "/etc/assured/assured.toml");
  };
  CHECK(parse_settings(least, "/etc/assured/assured.toml").settings->mail ==
        MailPolicy{.redirect_to = {}, .domains = {}, .per_person_per_hour = 20});
  CHECK(mail_of("[mail]\nmode = \"live\"\nper_person_per_hour = 0\n")
            .settings->mail.per_person_per_hour == 0);
  CHECK_FALSE(mail_of("[mail]\nmode = \"live\"\nper_person_per_hour = 1001\n").settings);
  const auto live = mail_of("[mail]\nmode = \"live\"\ndomains = [\"nhs.net\", \"board.example\"]\n");
  REQUIRE(live.settings);
  CHECK(live.settings->mail.domains.size() == 2);
  const auto redirect = mail_of("[mail]\nmode = \"redirect\"\nredirect_to = \"trial@board.example\"\n");
  REQUIRE(redirect.settings);
  CHECK(redirect.settings->mail.mode == MailPolicy::Mode::redirect);
  CHECK(redirect.settings->mail.redirect_to == "trial@board.example");
  CHECK(mail_of("[mail]\nmode = \"observe\"\n").settings->mail.mode == MailPolicy::Mode::observe);

  const auto messages = [&](const std::string& table) {
    std::string all;
    for (const Mistake& mistake : mail_of(table).mistakes)
      all += mistake.key + ": " + mistake.message + "\n";
    return all;
  };
  CHECK(messages("[mail]\n") == "mail.mode: this setting is missing\n");
  CHECK(messages("[mail]\nmode = \"test\"\n") == "mail.mode: there is no such mode\n");
  CHECK(messages("[mail]\nmode = \"redirect\"\n") == "mail.redirect_to: this setting is missing\n");
  CHECK(messages("[mail]\nmode = \"redirect\"\nredirect_to = \"nobody\"\n") ==
        "mail.redirect_to: this must be a mail address\n");
  CHECK(messages("[mail]\nmode = \"live\"\nredirect_to = \"trial@board.example\"\n") ==
        "mail.redirect_to: this stands only with mode = \"redirect\"\n");
  CHECK(messages("[mail]\nmode = \"live\"\ndomains = [\"NHS.net\", 5]\nmood = 1\n") ==
        "mail.domains: this must be a domain in small letters\n"
        "mail.domains: this must be a domain in small letters\n"
        "mail.mood: there is no setting of this name\n");
  CHECK(messages("mail = 5\n") == "mail: this is a table\n");
}
