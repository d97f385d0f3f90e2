// The program `assured`: reads the command line and calls what it names.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/bash_completion.hpp"
#include "config/settings.hpp"
#include "config/text_file.hpp"
#include "daemon/app.hpp"
#include "daemon/backup_commands.hpp"
#include "daemon/boards.hpp"
#include "daemon/calendar_add.hpp"
#include "daemon/check.hpp"
#include "daemon/dispose.hpp"
#include "daemon/mail_test.hpp"
#include "daemon/migrate_programme.hpp"
#include "daemon/restore.hpp"
#include "daemon/simulate.hpp"
#include "daemon/state_lock.hpp"
#include "daemon/system_clock.hpp"
#include "daemon/system_zones.hpp"
#include "store/store.hpp"

namespace {

using namespace assured;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

constexpr const char* footer =
    "Exit codes: 0 done; 1 it failed, or what was checked does not hold; 2 the command line is wrong;\n"
    "78 the settings, a programme or a people file have mistakes (all of them are printed).";

struct StateOptions {
  std::string config = "/etc/assured/assured.toml";
  std::string state;  // instead of the settings' folder
};

int print_mistakes(const std::vector<Mistake>& mistakes) {
  for (const auto& mistake : mistakes) fmt::print(stderr, "{}\n", to_text(mistake));
  return config::exit_config;
}

// The state folder that was named, or that of the settings; empty (and mistakes printed) without one.
std::filesystem::path state_folder_of(const StateOptions& options) {
  if (!options.state.empty()) return options.state;
  const auto reading = config::load_settings(options.config);
  if (reading.settings) return reading.settings->state_folder;
  print_mistakes(reading.mistakes);
  return {};
}

std::unique_ptr<Store> open_existing(const std::filesystem::path& state_folder) {
  refuse_unfinished_restore(state_folder);
  const auto path = database_path(state_folder);
  if (!std::filesystem::exists(path))
    throw IoError(fmt::format("{}: there is no database here", path.string()));
  store::StoreOptions options;
  options.path = path.string();
  return store::open_store(options);
}

void add_state_options(CLI::App& command, StateOptions& options) {
  command.add_option("--config", options.config, "Settings file")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("--state", options.state, "State folder, instead of that of the settings")
      ->type_name("FOLDER");
}

int serve(const std::string& path) {
  auto reading = config::load_settings(path);
  if (!reading.settings) return print_mistakes(reading.mistakes);
  // Everything goes to standard error: the service manager keeps it, with its own time stamps beside.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("assured"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(reading.settings->log_level));
  spdlog::flush_on(spdlog::level::info);
  for (const Mistake& warning : reading.warnings) spdlog::warn("{}", to_text(warning));
  const SystemClock clock;
  const SystemZones zones;
  App app{std::move(*reading.settings), clock, zones};
  const int code = app.run();
  // A pass that will not end keeps its thread; joining it would hang the stop for ever.
  if (app.is_stuck()) std::_Exit(code);
  return code;
}

// Every board's, and the operator's last.
std::vector<std::string> chains_of(Store& store) {
  auto chains = store.boards();
  chains.emplace_back(Store::operator_board);
  return chains;
}

std::string_view name_of_chain(std::string_view board) {
  return board == Store::operator_board ? "(operator)" : board;
}

int verify(const StateOptions& options) {
  const auto folder = state_folder_of(options);
  if (folder.empty()) return config::exit_config;
  const auto store = open_existing(folder);
  bool well = true;
  for (const auto& board : chains_of(*store)) {
    const auto report = store->verify(board);
    well = well && report.faults.empty();
    fmt::print("{}: {} journal rows, {}\n", name_of_chain(board), report.rows,
               report.faults.empty() ? "all is well" : "NOT AS WRITTEN");
    for (const auto& fault : report.faults) fmt::print("  {}\n", fault);
  }
  return well ? 0 : exit_failed;
}

int head(const StateOptions& options) {
  const auto folder = state_folder_of(options);
  if (folder.empty()) return config::exit_config;
  const auto store = open_existing(folder);
  for (const auto& board : chains_of(*store))
    fmt::print("{} {}\n", name_of_chain(board), store->head(board));
  return 0;
}

int migrate(const StateOptions& options) {
  const auto folder = state_folder_of(options);
  if (folder.empty()) return config::exit_config;
  open_existing(folder);  // opening brings the schema up, each migration in its transaction
  fmt::print("{}: the database has this program's schema\n", database_path(folder).string());
  return 0;
}

struct DisposeOptions {
  std::string board, reference, reason;
};

int dispose(const StateOptions& state, const DisposeOptions& options) {
  const auto folder = state_folder_of(state);
  if (folder.empty()) return config::exit_config;
  if (!std::filesystem::is_directory(folder))
    throw IoError(fmt::format("{}: there is no such folder", folder.string()));
  const StateLock lock{folder};
  const auto store = open_existing(folder);
  const auto done = dispose_item(
      *store,
      {options.board, options.reference, options.reason, fmt::format("uid {}", ::getuid())},
      SystemClock{}.now());
  if (!done) {
    fmt::print(stderr, "{}\n", done.error().message);
    return exit_failed;
  }
  fmt::print(
      "{}: {} items keep their references only; {} rows and the bodies of {} journal rows were "
      "removed.\nBackups made before still hold them; documents go when the service next cleans up.\n",
      options.reference, done->items, done->rows, done->bodies);
  return 0;
}

struct ImportOptions {
  std::string file;
  std::string nation;
};

int import_gov_uk(const ImportOptions& options) {
  constexpr std::size_t json_bytes_max = 4 * 1024 * 1024;
  const auto nation = nation_from_text(options.nation);
  if (!nation) return exit_usage;  // the command line takes the three names only
  const auto days = overrides_from_gov_uk_json(
      config::read_text_file(options.file, json_bytes_max), *nation);
  if (!days) {
    fmt::print(stderr, "{}: {}\n", options.file, days.error().message);
    return exit_failed;
  }
  fmt::print("{}", to_toml({*nation, *days}));
  return 0;
}

struct AddOptions {
  std::string config = "/etc/assured/assured.toml";
  std::string board;
  std::string date;
  std::string title;
  bool open = false;
};

int add_day(const AddOptions& options) {
  const auto date = parse_date(options.date);
  if (!date || options.title.empty()) {
    fmt::print(stderr, "{}\n", date ? "Say why the day is different; deadlines show it."
                                    : date.error().message);
    return exit_usage;
  }
  const auto reading = config::load_settings(options.config);
  if (!reading.settings) return print_mistakes(reading.mistakes);
  const auto store = open_existing(reading.settings->state_folder);
  const SystemZones zones;
  const auto done = add_calendar_day(
      *store, *reading.settings,
      {options.board, {*date, !options.open, options.title}, ::getuid()}, zones,
      SystemClock{}.now());
  if (!done) {
    fmt::print(stderr, "{}\n", done.error().message);
    return exit_failed;
  }
  fmt::print("{}: {} is {} ({}). Running deadlines move when the service starts.\n", options.board,
             to_text(*date), options.open ? "open" : "closed", options.title);
  return 0;
}

struct MoveOptions {
  std::string config = "/etc/assured/assured.toml";
  MigrateProgramme command;
  std::vector<std::string> map;
  bool dry_run = false;
  bool json = false;
};

int move_items(MoveOptions& options) {
  for (const auto& text : options.map) {
    auto mapping = parse_state_mapping(text);
    if (!mapping) {
      fmt::print(stderr, "{}\n", mapping.error().message);
      return exit_usage;
    }
    options.command.states.insert(std::move(*mapping));
  }
  const auto reading = config::load_settings(options.config);
  if (!reading.settings) return print_mistakes(reading.mistakes);
  const auto store = open_existing(reading.settings->state_folder);
  options.command.uid = ::getuid();
  const auto report = migrate_programme(*store, *reading.settings, options.command, SystemZones{},
                                        SystemClock{}.now());
  if (!report) {
    fmt::print(stderr, "{}\n", report.error().message);
    return exit_failed;
  }
  fmt::print("{}{}", options.json ? to_json(*report) : to_text(*report), options.json ? "\n" : "");
  return report->hindered() ? exit_failed : 0;
}

struct MailOptions {
  std::string config = "/etc/assured/assured.toml";
  std::string address;
};

int test_mail(const MailOptions& options) {
  const auto reading = config::load_settings(options.config);
  if (!reading.settings) return print_mistakes(reading.mistakes);
  const bool sent = mail_test(*reading.settings, options.address, SystemClock{}.now(),
                              [](std::string_view line) {
                                fmt::print("{}\n", line);
                                std::fflush(stdout);  // a relay may take its time for the next one
                              });
  return sent ? 0 : exit_failed;
}

std::string mistake_in_address(const std::string& text) {
  const auto at = text.find('@');
  const bool is_address = at != std::string::npos && at != 0 && at + 1 < text.size() &&
                          text.find_first_of(" <>\r\n\t") == std::string::npos;
  return is_address ? std::string{} : "write one mail address, such as jane@board.example";
}

void add_backup_commands(CLI::App& app, int& code) {
  // Kept by the callbacks that read them.
  const auto backup = std::make_shared<BackupOptions>();
  const auto restore = std::make_shared<RestoreOptions>();
  const auto key_path = std::make_shared<std::string>();
  auto* backing_up = app.add_subcommand(
      "backup", "Write a state folder into one encrypted file, while the service works on it");
  backing_up->add_option("target", backup->target,
                         "New file; or a folder, which gets one named by the time")->required();
  backing_up->add_option("--config", backup->config, "Settings file")->capture_default_str();
  backing_up->add_option("--state", backup->state, "State folder, instead of that of the settings");
  backing_up->add_option("--board", backup->boards, "Only this board; may be repeated");
  auto* key = backing_up->add_option("--key-file", backup->key_file,
                                     "Key to encrypt with, instead of that of the settings");
  backing_up->add_flag("--plain", backup->plain, "Do not encrypt: a tar archive that anybody can read")
      ->excludes(key);
  backing_up->add_option("--keep", backup->keep,
                         "Of a folder's backups keep the newest so many; older ones go when the new one is whole");
  backing_up->callback([&code, backup] { code = run_backup(*backup, SystemClock{}.now()); });

  auto* restoring = app.add_subcommand(
      "restore", "Bring back a state folder, or one board of it, from a backup; the service must be stopped");
  restoring->add_option("file", restore->file, "The backup")->required();
  restoring
      ->add_option("--state", restore->state,
                   "Empty or new folder for all of it; with --board, the state folder that has the others")
      ->required();
  restoring->add_option("--board", restore->board, "Only this board, in place of what the state has of it");
  restoring->add_option("--key-file", restore->key_file, "Key it is encrypted under, instead of that of the settings");
  restoring->add_option("--config", restore->config, "Settings file, for the key")->capture_default_str();
  restoring->callback([&code, restore] { code = run_restore(*restore, SystemClock{}.now()); });

  auto* keying = app.add_subcommand("key", "Make a key for [backup] or [files] of the settings");
  keying->add_option("file", *key_path, "New file, readable by its owner alone")->required();
  keying->callback([&code, key_path] { code = run_make_key(*key_path); });
}

int run(int argc, char** argv) {
  CLI::App app{"The memory of a safeguarding partnership: every obligation followed until it is met.",
               "assured"};
  app.set_version_flag("--version", std::string{"assured "} + ASSURED_VERSION);
  app.require_subcommand(1);
  app.footer(footer);
  int code = 0;

  std::string config_path = "/etc/assured/assured.toml";
  auto* serving = app.add_subcommand("serve", "Run the service in the foreground");
  serving->add_option("--config", config_path, "Settings file")
      ->type_name("FILE")
      ->capture_default_str();
  serving->callback([&] { code = serve(config_path); });

  CheckOptions check;
  auto* checking =
      app.add_subcommand("check", "Check a programme, or draw its workflows; or check the settings");
  auto* settings = checking->add_option("--config", check.config,
                                        "Settings file: check it and all that it names instead")
                       ->type_name("FILE");
  checking->add_option("programme", check.path, "TOML file, or folder of one programme")
      ->type_name("FILE")
      ->excludes(settings);
  checking->add_option("--graph", check.graph, "Print the workflows instead")
      ->check(CLI::IsMember({"dot", "mermaid", "svg"}))
      ->excludes(settings);
  checking
      ->add_option("--people", check.people,
                   "People file: also name the posts that nobody would be reached at")
      ->type_name("FILE")
      ->excludes(settings);
  checking->add_flag("--json", check.json, "Print JSON");
  checking->callback([&] {
    if (check.path.empty() && check.config.empty())
      throw CLI::RequiredError("programme, or --config with a settings file,");
    code = run_check(check);
  });

  SimulateOptions simulate;
  auto* simulating = app.add_subcommand("simulate", "Play a story on a virtual clock");
  simulating->add_option("--programme", simulate.programme,
                         "TOML file or folder; left out: the one that the story names")
      ->type_name("FILE");
  simulating->add_option("--story", simulate.story, "Story file")->type_name("FILE")->required();
  simulating->add_flag("--json", simulate.json, "Print what happened as JSON lines");
  simulating->add_option("--record", simulate.record, "Write what happened as expectations to a file")
      ->type_name("FILE");
  simulating->add_flag("--coverage", simulate.coverage, "Print what of the programme the story did not exercise");
  simulating->add_option("--into", simulate.into, "Keep the database in this state folder")
      ->type_name("FOLDER");
  simulating->add_flag("--rebase-to-now", simulate.rebase_to_now,
                       "Move the story so that its last step is now");
  simulating->callback([&] { code = run_simulate(simulate); });

  auto* calendar = app.add_subcommand("calendar", "Days that bank holiday rules do not know");
  calendar->require_subcommand(1);
  ImportOptions import;
  auto* importing = calendar->add_subcommand(
      "import-gov-uk", "Print a calendar file from GOV.UK's bank-holidays.json");
  importing->add_option("file", import.file, "bank-holidays.json")->type_name("FILE")->required();
  importing->add_option("--nation", import.nation, "Whose holidays")
      ->required()
      ->check(CLI::IsMember({"england-and-wales", "scotland", "northern-ireland"}));
  importing->callback([&] { code = import_gov_uk(import); });
  AddOptions add;
  auto* adding = calendar->add_subcommand(
      "add", "Record a day on which a board is closed, while the service is stopped; when it runs, use "
             "`assuredctl calendar`");
  adding->add_option("date", add.date, "2026-12-29")->required();
  adding->add_option("title", add.title, "Why; deadlines show it")->required();
  adding->add_option("--board", add.board, "The board's id")->required();
  adding->add_flag("--open", add.open, "It is a working day, though a rule closes it");
  adding->add_option("--config", add.config, "Settings file")
      ->type_name("FILE")
      ->capture_default_str();
  adding->callback([&] { code = add_day(add); });

  MailOptions mail;
  auto* mailing = app.add_subcommand(
      "mail-test", "Send one test mail through the relay of the settings, and say each step");
  mailing->add_option("address", mail.address, "Who gets it")
      ->required()
      ->check(mistake_in_address);
  mailing->add_option("--config", mail.config, "Settings file")
      ->type_name("FILE")
      ->capture_default_str();
  mailing->callback([&] { code = test_mail(mail); });

  StateOptions state;
  auto* verifying = app.add_subcommand("verify", "Check the journal's chain and replay it");
  add_state_options(*verifying, state);
  verifying->callback([&] { code = verify(state); });
  auto* heading = app.add_subcommand("head", "Print the newest link of each board's journal, and of the operator's");
  add_state_options(*heading, state);
  heading->callback([&] { code = head(state); });
  DisposeOptions disposal;
  auto* disposing = app.add_subcommand(
      "dispose", "Remove the content of a finished audit for good; the service must be stopped");
  add_state_options(*disposing, state);
  disposing->add_option("--board", disposal.board, "The board's id")->required();
  disposing->add_option("--item", disposal.reference, "The audit's reference")->required();
  disposing->add_option("--reason", disposal.reason, "Why; the journal keeps it")->required();
  disposing->callback([&] { code = dispose(state, disposal); });
  auto* migrating = app.add_subcommand("migrate", "Bring the database to this program's schema");
  add_state_options(*migrating, state);
  migrating->callback([&] { code = migrate(state); });

  add_backup_commands(app, code);

  MoveOptions move;
  auto* moving = app.add_subcommand(
      "migrate-programme",
      "Show what would change if items moved to the programme's current version; move them");
  moving->add_option("--config", move.config, "Settings file")
      ->type_name("FILE")
      ->capture_default_str();
  moving->add_option("--board", move.command.board, "The board's id")->required();
  moving->add_option("--item", move.command.items,
                     "Only the item with this reference, with all above and below it");
  moving->add_option("--map", move.map,
                     "KIND.OLD=NEW: the new state that stands for one with no namesake");
  auto* dry = moving->add_flag("--dry-run", move.dry_run, "Change nothing (so it is without --apply)");
  moving->add_flag("--apply", move.command.apply, "Move them; the service must be stopped")
      ->excludes(dry);
  moving->add_flag("--json", move.json, "Print JSON");
  moving->callback([&] { code = move_items(move); });

  cli::add_completion(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const ConfigError& error) {
    return print_mistakes(error.mistakes);
  } catch (const std::exception& error) {
    fmt::print(stderr, "assured: {}\n", error.what());
    return exit_failed;
  }
}
