// assured.toml: the technical settings of one installation. What a board decides (days, posts,
// wording) is in its programme, never here.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/mail_policy.hpp"
#include "workflows/programme.hpp"

namespace assured::config {

// Exit code for a configuration that is wrong (EX_CONFIG of sysexits.h); the service manager does not
// restart on it.
inline constexpr int exit_config = 78;

struct ProgrammeSource {
  std::filesystem::path path;  // a file, or a folder of files
  SourcePlace place;
};

struct CalendarSource {
  std::filesystem::path path;  // read by parse_calendar_file()
  SourcePlace place;
};

enum class RelayTls { required, implicit, off };

// The mail relay, [relay]. Without it mail is written as files.
struct RelaySettings {
  std::string host;
  std::uint16_t port = 587;  // 465 with implicit TLS, 25 without TLS
  RelayTls tls = RelayTls::required;
  std::filesystem::path ca_file;        // trusted in place of the system's authorities
  std::string user;                     // empty: the relay knows us by our address
  std::filesystem::path password_file;  // one of these two when there is a user
  std::string password_credential;      // a file in $CREDENTIALS_DIRECTORY (systemd's LoadCredential=)
  std::string helo;                     // default: from_domain
  std::string from_address;             // the From: of every mail
  std::string bounce_address;           // default: from_address
  std::size_t connections = 4;          // 1 to 16
  std::uint32_t messages_per_minute = 60;    // 0 to 10000; 0: as fast as it takes them
  std::chrono::seconds connect_timeout{10};  // 1 to 300
  std::chrono::seconds reply_timeout{60};    // 1 to 300
  // 1 to 900: for all of one message. Default: 120, or what a connection and two replies take.
  std::chrono::seconds message_timeout{130};
  SourcePlace password_place;           // of the setting that names the password
};

// Where a key is that encrypts, [backup] or [files]; read by config/key_file.hpp.
struct KeySettings {
  std::filesystem::path file;  // one of these two
  std::string credential;      // a file in $CREDENTIALS_DIRECTORY (systemd's LoadCredential=)
  SourcePlace place;           // of the setting that names it
};

// Relative paths are taken from the folder of the settings file.
struct Settings {
  std::filesystem::path source;              // the file they were read from; empty: none
  std::filesystem::path state_folder;
  std::filesystem::path socket_path;         // default: state_folder/assured.sock
  std::filesystem::path mail_folder;         // default: state_folder/mail
  std::string from_domain;                   // right side of every Message-ID
  MailPolicy mail;                           // where mail may go: [mail]
  std::optional<RelaySettings> relay;
  std::optional<KeySettings> backup_key;     // [backup]: only `assured backup` and `restore` read it
  std::optional<KeySettings> files_key;      // [files]: documents are encrypted at rest (S16.2)
  std::vector<ProgrammeSource> programmes;
  std::vector<CalendarSource> calendars;     // one-off holidays of a nation
  std::map<uid_t, std::map<std::string, std::string>> users;  // uid -> board -> person id (S14.4)
  std::set<uid_t> operators;                 // may load people, whoever they are
  std::string log_level = "info";            // trace, debug, info, warning, error
  std::chrono::seconds sleep_max{30};        // 1 to 300
  // 1 to 900: what is still running then is named. Default: 20, or with a relay what one message takes.
  std::chrono::seconds stop_timeout{20};
  std::chrono::seconds request_timeout{30};  // 1 to 300: a client that stops sending or reading
  std::chrono::days keep_mail{90};           // 1 to 3650: the text of mail that is done with
  std::chrono::days keep_reads{730};         // 1 to 3650: who saw what is protected
  std::size_t request_bytes_max = 1024 * 1024;  // 1 KiB to 16 MiB
  std::size_t connections_per_user = 16;        // 1 to 64: at a time, of one local user

  // The person that `uid` is on `board`; nothing when it is not mapped.
  std::optional<std::string> find_person(uid_t uid, std::string_view board) const;
  // Somebody on any board, or an operator.
  bool is_known(uid_t uid) const { return users.contains(uid) || is_operator(uid); }
  bool is_operator(uid_t uid) const { return operators.contains(uid); }
};

struct SettingsReading {
  std::optional<Settings> settings;  // only when there is no mistake
  std::vector<Mistake> mistakes;     // all of them, in order of place
  std::vector<Mistake> warnings = {};  // what can be done but will disappoint
};

// Reads the text of a settings file; `source` is shown in mistakes and its folder is where relative
// paths start. Pure: looks at no file.
SettingsReading parse_settings(std::string_view toml, const std::filesystem::path& source);

// The same from a file. A file that cannot be read is a mistake without a line.
SettingsReading load_settings(const std::filesystem::path& path);

}  // namespace assured::config
