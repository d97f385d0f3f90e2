// The table [relay] of assured.toml.
#include <array>

#include "config/settings_reader.hpp"

namespace assured::config {

namespace {

constexpr std::array relay_keys{"host",           "port",
                                "tls",            "ca_file",
                                "user",           "password_file",
                                "password_credential", "helo",
                                "from_address",   "bounce_address",
                                "connections",    "messages_per_minute", "connect_timeout_s",
                                "reply_timeout_s", "message_timeout_s"};

constexpr std::string_view prefix = "relay.";

bool all_of(std::string_view text, bool (*allowed)(unsigned char)) {
  return std::all_of(text.begin(), text.end(), allowed);
}

bool is_host_char(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-';
}

bool is_host(std::string_view host) {
  const auto is_v6_char = [](unsigned char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
           c == '.';
  };
  return !host.empty() && (all_of(host, is_host_char) || all_of(host, is_v6_char));
}

// Where nobody can listen in.
bool is_loopback(std::string_view host) {
  const bool is_v4 = host.starts_with("127.") &&
                     all_of(host, [](unsigned char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return host == "localhost" || host == "::1" || is_v4;
}

// Reads the settings of one table.
class RelayReader {
 public:
  RelayReader(const toml::table& table, SettingsReader& reader) : table_(table), reader_(reader) {}

  RelaySettings read(const std::string& from_domain) {
    reader_.refuse_unknown(table_, relay_keys, std::string{prefix});
    relay_.host = checked("host", true, is_host, "this must be a host's name or address",
                          "such as \"smtp.board.example\"");
    read_tls();
    read_port();
    relay_.ca_file = reader_.path(text("ca_file", false, "a file of certificates (PEM)"));
    read_sign_in();
    relay_.helo = checked("helo", false, is_host, "this must be this machine's name",
                          "such as \"assured.board.example\"");
    if (relay_.helo.empty()) relay_.helo = from_domain;
    relay_.from_address = address("from_address", true);
    relay_.bounce_address = address("bounce_address", false);
    if (relay_.bounce_address.empty()) relay_.bounce_address = relay_.from_address;
    if (const auto count = number("connections", 1, 16))
      relay_.connections = static_cast<std::size_t>(*count);
    if (const auto count = number("messages_per_minute", 0, 10000))
      relay_.messages_per_minute = static_cast<std::uint32_t>(*count);
    if (const auto seconds = number("connect_timeout_s", 1, 300))
      relay_.connect_timeout = std::chrono::seconds{*seconds};
    if (const auto seconds = number("reply_timeout_s", 1, 300))
      relay_.reply_timeout = std::chrono::seconds{*seconds};
    read_message_timeout();
    return std::move(relay_);
  }

 private:
  // A relay may use its time at one reply; one that uses it at each of them is not waited for.
  void read_message_timeout() {
    constexpr std::chrono::seconds usual{120};
    relay_.message_timeout = std::max(usual, relay_.connect_timeout + 2 * relay_.reply_timeout);
    const auto seconds = number("message_timeout_s", 1, 900);
    if (!seconds) return;
    relay_.message_timeout = std::chrono::seconds{*seconds};
    const auto least = relay_.connect_timeout + relay_.reply_timeout;
    if (relay_.message_timeout < least)
      reader_.add(place_of("message_timeout_s"), "relay.message_timeout_s",
                  fmt::format("connect_timeout_s and reply_timeout_s together are {} s", least.count()),
                  "make this longer, or those shorter");
  }

  const toml::source_region& place_of(std::string_view key) const {
    const toml::node* node = table_.get(key);
    return node == nullptr ? table_.source() : node->source();
  }

  std::string text(std::string_view key, bool required, std::string_view remedy) {
    return reader_.text(table_, key, std::string{prefix}, required, remedy);
  }

  std::optional<std::int64_t> number(std::string_view key, std::int64_t low, std::int64_t high) {
    return reader_.number(table_.get(key), std::string{prefix} + std::string{key}, low, high);
  }

  std::string checked(std::string_view key, bool required, bool (*is_right)(std::string_view),
                      const char* message, const char* remedy) {
    std::string value = text(key, required, remedy);
    if (!value.empty() && !is_right(value))
      reader_.add(place_of(key), std::string{prefix} + std::string{key}, message, remedy);
    return value;
  }

  std::string address(std::string_view key, bool required) {
    return checked(key, required, is_address, "this must be a mail address, without a name",
                   "such as \"safeguarding@board.example\"");
  }

  void read_tls() {
    constexpr const char* remedy = "\"required\" (STARTTLS), \"implicit\" (usually port 465), or "
                                   "\"off\" for a relay on this machine";
    const std::string tls =
        table_.get("tls") == nullptr ? "required" : text("tls", false, remedy);
    if (tls == "required") {
      relay_.tls = RelayTls::required;
    } else if (tls == "implicit") {
      relay_.tls = RelayTls::implicit;
    } else if (tls == "off") {
      relay_.tls = RelayTls::off;
      if (!relay_.host.empty() && !is_loopback(relay_.host))
        reader_.add(place_of("tls"), "relay.tls",
                    "mail and password would cross the network in the clear",
                    "\"off\" is for 127.0.0.1, ::1 or localhost only; write tls = \"required\"");
    } else if (!tls.empty()) {
      reader_.add(place_of("tls"), "relay.tls", "there is no such way", remedy);
    }
  }

  void read_port() {
    relay_.port = relay_.tls == RelayTls::implicit ? 465 : relay_.tls == RelayTls::off ? 25 : 587;
    if (const auto port = number("port", 1, 65535)) relay_.port = static_cast<std::uint16_t>(*port);
  }

  void read_sign_in() {
    relay_.user = text("user", false, "the name that the relay knows the service by");
    relay_.password_file = reader_.path(text("password_file", false, "a path"));
    relay_.password_credential =
        checked("password_credential", false,
                [](std::string_view name) { return name.find('/') == std::string_view::npos; },
                "this must be the name of a credential, not a path",
                "the name that LoadCredential= of the service's unit gives it");
    const bool has_file = table_.get("password_file") != nullptr;
    const bool has_credential = table_.get("password_credential") != nullptr;
    const std::string key = has_credential && !has_file ? "password_credential" : "password_file";
    relay_.password_place = reader_.place(place_of(key));
    if (table_.get("user") == nullptr) {
      if (has_file || has_credential)
        reader_.add(place_of(key), std::string{prefix} + key, "there is a password, but no user",
                    "write user = \"...\", or leave the password out");
    } else if (has_file == has_credential) {
      reader_.add(place_of("user"), "relay.user",
                  has_file ? "the password comes from two places" : "this user has no password",
                  "name one: password_file, or password_credential");
    }
  }

  const toml::table& table_;
  SettingsReader& reader_;
  RelaySettings relay_;
};

}  // namespace

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  const auto is_local = [](unsigned char c) {
    return c > 0x20 && c < 0x7f && std::string_view{"<>()[]\\,;:\"@"}.find(static_cast<char>(c)) ==
                                       std::string_view::npos;
  };
  return at != std::string_view::npos && at != 0 && at + 1 < text.size() &&
         all_of(text.substr(0, at), is_local) && all_of(text.substr(at + 1), is_host_char);
}

std::optional<RelaySettings> read_relay(const toml::table& root, const std::string& from_domain,
                                        SettingsReader& reader) {
  const toml::node* node = root.get("relay");
  if (node == nullptr) return std::nullopt;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    reader.add(node->source(), "relay", "the relay is written as a table [relay]");
    return std::nullopt;
  }
  return RelayReader{*table, reader}.read(from_domain);
}

}  // namespace assured::config
