#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "config/settings_reader.hpp"
#include "config/text_file.hpp"
#include "workflows/printable.hpp"
#include "workflows/toml_text.hpp"

namespace assured::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t settings_bytes_max = 256 * 1024;

constexpr std::array log_levels{"trace", "debug", "info", "warning", "error"};

constexpr std::array top_keys{"state_folder",   "socket",          "mail_folder",
                              "from_domain",    "programmes",      "calendars",     "operators",
                              "backup", "files", "relay",          "mail",           "log_level",      "sleep_s_max",     "stop_timeout_s",
                              "keep_mail_days", "keep_reads_days",
                              "request_timeout_s", "request_bytes_max", "connections_per_user", "user"};
constexpr std::array user_keys{"uid", "board", "person"};

constexpr std::int64_t uid_max = std::numeric_limits<uid_t>::max() - 1;

// A list of paths under `key`, each given to `add` with its place.
template <class Add>
void read_paths(const toml::node& node, const std::string& key, std::string_view remedy,
                SettingsReader& reader, const Add& add) {
  const toml::array* list = node.as_array();
  if (list == nullptr || list->empty()) {
    reader.add(node.source(), key, "this must be a list of one path or more", std::string{remedy});
    return;
  }
  for (const toml::node& entry : *list) {
    const auto value = entry.value_exact<std::string>();
    if (!value || value->empty() || !is_printable(*value))
      reader.add(entry.source(), key, "this must be a path in quotes", std::string{remedy});
    else
      add(reader.path(*value), reader.place(entry.source()));
  }
}

void read_programmes(const toml::table& root, SettingsReader& reader, Settings& settings) {
  constexpr std::string_view remedy = "write programmes = [\"programmes/your-board\"]";
  const toml::node* node = root.get("programmes");
  if (node == nullptr) {
    reader.add(root.source(), "programmes", "this setting is missing", std::string{remedy});
    return;
  }
  read_paths(*node, "programmes", remedy, reader, [&](fs::path path, SourcePlace place) {
    settings.programmes.push_back({std::move(path), std::move(place)});
  });
}

void read_calendars(const toml::table& root, SettingsReader& reader, Settings& settings) {
  const toml::node* node = root.get("calendars");
  if (node == nullptr) return;
  read_paths(*node, "calendars", "write calendars = [\"calendars/england-and-wales.toml\"]", reader,
             [&](fs::path path, SourcePlace place) {
               settings.calendars.push_back({std::move(path), std::move(place)});
             });
}

void read_operators(const toml::table& root, SettingsReader& reader, Settings& settings) {
  const toml::node* node = root.get("operators");
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    reader.add(node->source(), "operators", "this must be a list of user ids", "operators = [1000]");
    return;
  }
  for (const toml::node& entry : *list)
    if (const auto uid = reader.number(&entry, "operators", 0, uid_max))
      settings.operators.insert(static_cast<uid_t>(*uid));
}

void read_users(const toml::table& root, SettingsReader& reader, Settings& settings) {
  const toml::node* node = root.get("user");
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    reader.add(node->source(), "user", "users are written as [[user]] tables");
    return;
  }
  for (const toml::node& entry : *list) {
    const toml::table* row = entry.as_table();
    if (row == nullptr) {
      reader.add(entry.source(), "user", "users are written as [[user]] tables");
      continue;
    }
    reader.refuse_unknown(*row, user_keys, "user.");
    if (row->get("uid") == nullptr)
      reader.add(row->source(), "user.uid", "this setting is missing", "the number that `id -u` prints");
    const auto uid = reader.number(row->get("uid"), "user.uid", 0, uid_max);
    const auto board = reader.text(*row, "board", "user.", true, "the board's id in its programme");
    const auto person = reader.text(*row, "person", "user.", true, "the person's id in the people file");
    if (!uid || board.empty() || person.empty()) continue;
    const bool is_new =
        settings.users[static_cast<uid_t>(*uid)].emplace(board, person).second;
    if (!is_new)
      reader.add(row->source(), "user.uid",
                 fmt::format("user {} is mapped twice on board {}", *uid, board),
                 "one person for each user and board");
  }
}

void read_seconds(const toml::table& root, std::string_view key, SettingsReader& reader,
                  std::chrono::seconds& into, std::int64_t most = 300) {
  if (const auto value = reader.number(root.get(key), std::string{key}, 1, most))
    into = std::chrono::seconds{*value};
}

// A stop waits for the message that is under way: what is cut off may have arrived and is sent again.
void read_stop_timeout(const toml::table& root, SettingsReader& reader, Settings& settings,
                       std::vector<Mistake>& warnings) {
  constexpr std::int64_t most = 900;
  constexpr std::chrono::seconds spare{5};
  const toml::node* node = root.get("stop_timeout_s");
  if (settings.relay && node == nullptr)
    settings.stop_timeout = std::min(settings.relay->message_timeout + spare, std::chrono::seconds{most});
  read_seconds(root, "stop_timeout_s", reader, settings.stop_timeout, most);
  if (!settings.relay || settings.stop_timeout >= settings.relay->message_timeout) return;
  warnings.push_back(
      {reader.place(node == nullptr ? root.source() : node->source()), "stop_timeout_s",
       fmt::format("a stop waits {} s, and one message to the relay may take {} s; one that is cut off is "
                   "sent again, and may then arrive twice",
                   settings.stop_timeout.count(), settings.relay->message_timeout.count()),
       "take this setting out, or make relay.message_timeout_s shorter"});
}

void read_days(const toml::table& root, std::string_view key, SettingsReader& reader,
               std::chrono::days& into) {
  if (const auto value = reader.number(root.get(key), std::string{key}, 1, 3650))
    into = std::chrono::days{*value};
}

}  // namespace

std::optional<std::string> Settings::find_person(uid_t uid, std::string_view board) const {
  const auto user = users.find(uid);
  if (user == users.end()) return std::nullopt;
  const auto person = user->second.find(std::string{board});
  if (person == user->second.end()) return std::nullopt;
  return person->second;
}

SettingsReading parse_settings(std::string_view toml, const fs::path& source) {
  SettingsReader reader{source};
  toml::table root;
  try {
    root = reading::parse_toml(toml, source.string());
  } catch (const toml::parse_error& error) {
    reader.add(error.source(), "", std::string{error.description()});
    return {std::nullopt, std::move(reader.mistakes)};
  }

  Settings settings;
  reader.refuse_unknown(root, top_keys, "");
  settings.state_folder = reader.path(reader.text(root, "state_folder", "", true,
                                                  "a folder that only this service writes"));
  settings.socket_path = reader.path(reader.text(root, "socket", "", false, "a path"));
  settings.mail_folder = reader.path(reader.text(root, "mail_folder", "", false, "a path"));
  if (settings.socket_path.empty()) settings.socket_path = settings.state_folder / "assured.sock";
  if (settings.mail_folder.empty()) settings.mail_folder = settings.state_folder / "mail";

  // The length that sockaddr_un has room for; found here rather than at the bind.
  constexpr std::size_t socket_path_max = 107;
  if (settings.socket_path.string().size() > socket_path_max) {
    const toml::node* node = root.get("socket");
    reader.add(node == nullptr ? root.source() : node->source(), "socket",
               fmt::format("the path of a socket has at most {} bytes", socket_path_max));
  }

  settings.from_domain = reader.text(root, "from_domain", "", true, "the domain of the board's mail");
  const bool domain_ok =
      std::all_of(settings.from_domain.begin(), settings.from_domain.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
      });
  if (!domain_ok)
    reader.add(root.get("from_domain")->source(), "from_domain",
               "this must be a domain in small letters", "such as \"board.example\"");

  settings.relay = read_relay(root, settings.from_domain, reader);
  settings.mail = read_mail(root, reader);
  settings.backup_key = read_key_table(root, "backup", reader);
  settings.files_key = read_key_table(root, "files", reader);
  read_programmes(root, reader, settings);
  read_calendars(root, reader, settings);
  read_operators(root, reader, settings);
  read_users(root, reader, settings);

  if (root.get("log_level") != nullptr) {
    settings.log_level = reader.text(root, "log_level", "", false, "");
    if (std::find(log_levels.begin(), log_levels.end(), settings.log_level) == log_levels.end())
      reader.add(root.get("log_level")->source(), "log_level", "there is no such level",
                 fmt::format("one of {}", fmt::join(log_levels, ", ")));
  }
  read_seconds(root, "sleep_s_max", reader, settings.sleep_max);
  std::vector<Mistake> warnings;
  read_stop_timeout(root, reader, settings, warnings);
  read_seconds(root, "request_timeout_s", reader, settings.request_timeout);
  read_days(root, "keep_mail_days", reader, settings.keep_mail);
  read_days(root, "keep_reads_days", reader, settings.keep_reads);
  if (const auto bytes = reader.number(root.get("request_bytes_max"), "request_bytes_max", 1024,
                                       16 * 1024 * 1024))
    settings.request_bytes_max = static_cast<std::size_t>(*bytes);
  if (const auto count = reader.number(root.get("connections_per_user"), "connections_per_user", 1, 64))
    settings.connections_per_user = static_cast<std::size_t>(*count);

  std::stable_sort(reader.mistakes.begin(), reader.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.place.line < b.place.line; });
  if (!reader.mistakes.empty()) return {std::nullopt, std::move(reader.mistakes)};
  return {std::move(settings), {}, std::move(warnings)};
}

SettingsReading load_settings(const fs::path& path) {
  try {
    auto reading = parse_settings(read_text_file(path, settings_bytes_max), fs::absolute(path));
    if (reading.settings) reading.settings->source = fs::absolute(path);
    return reading;
  } catch (const IoError& error) {
    return {std::nullopt, {{{path.string(), 0, 0}, "", error.what(), ""}}};
  }
}

}  // namespace assured::config
