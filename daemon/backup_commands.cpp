#include "daemon/backup_commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "config/key_file.hpp"
#include "daemon/backup.hpp"
#include "daemon/boards.hpp"
#include "daemon/restore.hpp"
#include "store/sealed_stream.hpp"

namespace assured {

namespace {

namespace fs = std::filesystem;

config::Settings load(const std::string& path) {
  auto reading = config::load_settings(path);
  if (!reading.settings) throw ConfigError(std::move(reading.mistakes));
  return std::move(*reading.settings);
}

std::string key_from_file(const std::string& path) {
  auto reading = config::read_key({path, "", {path, 0, 0}}, "backup");
  if (reading.mistake)
    throw IoError(fmt::format("{} ({})", reading.mistake->message, reading.mistake->remedy));
  return std::move(reading.key);
}

// Empty where the settings name none.
std::string key_from_settings(const config::Settings& settings) {
  if (!settings.backup_key) return {};
  auto reading = config::read_key(*settings.backup_key, "backup");
  if (!reading.mistake) return std::move(reading.key);
  if (!settings.backup_key->credential.empty())
    reading.mistake->remedy += "; by hand, name the key's file with --key-file";
  throw ConfigError({std::move(*reading.mistake)});
}

std::string names_of(const Manifest& manifest) {
  std::vector<std::string> names;
  for (const auto& known : manifest.boards) names.push_back(known.board);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

// Of one board, or of all.
std::size_t documents_of(const Manifest& manifest, const std::string& board = {}) {
  std::size_t count = 0;
  for (const auto& entry : manifest.entries) {
    const std::string of = board_of_entry(entry.path);
    count += !of.empty() && (board.empty() || of == board);
  }
  return count;
}

void print_next_steps(const RestoreOptions& options, const RestoreReport& report) {
  fmt::print("Next:\n");
  if (!report.manifest.files_key.empty())
    fmt::print("  - documents are encrypted: [files] of the settings must name the key {}\n",
               report.manifest.files_key);
  if (options.board.empty())
    fmt::print("  - {} must belong to the service's user (chown -R assured:assured), and be the "
               "state_folder of its settings\n"
               "  - no other service may run on these boards: everything would be sent twice\n",
               options.state);
  if (!options.board.empty() && report.other_message_ids)
    fmt::print("  - the backup is of another installation: what is sent again bears new Message-IDs\n");
  fmt::print("  - start the service. Mail of what was restored is held; word of immediate risk goes with the "
             "first command of the board's own people\n"
             "  - see what is held: assuredctl outbox held; let it go, or give it up, as an operator: assuredctl outbox "
             "end-hold --reason \"...\" [--give-up]\n");
}

}  // namespace

int run_make_key(const std::string& path) {
  config::make_key_file(path);
  fmt::print("{}: a new key, {}. Keep a copy in another place: what it encrypts cannot be read without "
             "it.\n",
             path, store::key_id(key_from_file(path)));
  return 0;
}

int run_backup(const BackupOptions& options, Instant now) {
  std::optional<config::Settings> settings;
  const bool wants_key = !options.plain && options.key_file.empty();
  if (options.state.empty() || (wants_key && fs::exists(options.config)))
    settings = load(options.config);
  BackupCommand command;
  command.state_folder = options.state.empty() ? settings->state_folder : fs::path{options.state};
  command.target = options.target;
  command.boards = options.boards;
  command.keep = options.keep;
  if (!options.key_file.empty())
    command.key = key_from_file(options.key_file);
  else if (wants_key && settings)
    command.key = key_from_settings(*settings);
  if (!options.plain && command.key.empty())
    throw IoError("A backup holds all that the service knows about children and staff, so it is encrypted. Make a "
                  "key with `assured key FILE` and name that file with --key-file, or in [backup] of the settings; "
                  "or add --plain, and keep the backup where nobody else reads it.");
  const BackupReport report = make_backup(command, now);
  fmt::print("{}: {} bytes, {}, read back and whole.\n", report.file.string(), report.bytes,
             command.key.empty() ? "NOT encrypted"
                                 : fmt::format("encrypted under the key {}", store::key_id(command.key)));
  fmt::print("It holds the boards {}{}, and {} documents.\n", names_of(report.manifest),
             report.manifest.is_whole ? " and the operator's chain" : "", documents_of(report.manifest));
  for (const auto& [board, head] : report.manifest.boards) fmt::print("{} {}\n", board, head);
  if (!report.manifest.files_key.empty())
    fmt::print("Its documents can be read only with the key {} of [files]; keep a copy of that too.\n",
               report.manifest.files_key);
  for (const auto& old : report.removed) fmt::print("{}: an older one, removed\n", old.string());
  return 0;
}

int run_restore(const RestoreOptions& options, Instant now) {
  RestoreCommand command;
  command.file = options.file;
  command.state_folder = options.state;
  command.board = options.board;
  command.actor = fmt::format("uid {}", ::getuid());
  // A machine that is being set up again may have no settings yet.
  if (!options.key_file.empty())
    command.key = key_from_file(options.key_file);
  else if (fs::exists(options.config))
    command.key = key_from_settings(load(options.config));
  const RestoreReport report = restore(command, now);
  fmt::print("{}: restored as at {} (by {}): {}, and {} documents.\n", options.state,
             to_text(report.manifest.made_at), report.manifest.program,
             options.board.empty() ? "the boards " + names_of(report.manifest)
                                   : "the board " + options.board,
             documents_of(report.manifest, options.board));
  if (!options.board.empty())
    fmt::print("Its journal stood at {}; that is noted in the operator's chain.\n", report.head_before);
  print_next_steps(options, report);
  return 0;
}

}  // namespace assured
