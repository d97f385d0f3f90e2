#include "daemon/check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "config/programme_files.hpp"
#include "config/settings.hpp"
#include "daemon/boards.hpp"
#include "daemon/document_files.hpp"
#include "daemon/mail_relay.hpp"
#include "daemon/system_clock.hpp"
#include "daemon/system_zones.hpp"
#include "workflows/reach.hpp"

extern char** environ;

namespace assured {

namespace {

boost::json::array to_json(const std::vector<Mistake>& mistakes) {
  boost::json::array rows;
  for (const auto& mistake : mistakes) {
    boost::json::object row;
    row["file"] = mistake.place.file;
    row["line"] = mistake.place.line;
    row["column"] = mistake.place.column;
    row["key"] = mistake.key;
    row["message"] = mistake.message;
    row["remedy"] = mistake.remedy;
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_mistakes(const std::vector<Mistake>& mistakes, bool as_json) {
  if (as_json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"mistakes", to_json(mistakes)}}));
    return;
  }
  for (const auto& mistake : mistakes) fmt::print(stderr, "{}\n", to_text(mistake));
  fmt::print(stderr, "{} {}\n", mistakes.size(), mistakes.size() == 1 ? "mistake" : "mistakes");
}

void print_summary(const Programme& programme, const std::string& digest, bool as_json) {
  std::size_t obligations = 0, transitions = 0, rungs = 0;
  for (const auto& [name, kind] : programme.definition.kinds) {
    obligations += kind.obligations.size();
    transitions += kind.transitions.size();
  }
  for (const auto& [name, ladder] : programme.definition.ladders) rungs += ladder.rungs.size();
  if (as_json) {
    boost::json::object body;
    body["mistakes"] = boost::json::array{};
    body["board"] = programme.establishment.board;
    body["digest"] = digest;
    body["kinds"] = programme.definition.kinds.size();
    body["transitions"] = transitions;
    body["obligations"] = obligations;
    body["rungs"] = rungs;
    body["templates"] = programme.definition.templates.size();
    fmt::print("{}\n", boost::json::serialize(body));
    return;
  }
  fmt::print(
      "{}: no mistakes. {} kinds, {} transitions, {} obligations, {} ladders with {} rungs, "
      "{} templates.\ndefinition {}\n",
      programme.establishment.board, programme.definition.kinds.size(), transitions, obligations,
      programme.definition.ladders.size(), rungs, programme.definition.templates.size(), digest);
}

// Graphviz draws better than we would; it is asked only for SVG, and reads from a file that has no
// name any more once it is open.
int draw_svg(const std::string& dot) {
  std::FILE* input = std::tmpfile();
  if (input == nullptr || std::fwrite(dot.data(), 1, dot.size(), input) != dot.size() ||
      std::fflush(input) != 0 || std::fseek(input, 0, SEEK_SET) != 0) {
    fmt::print(stderr, "The graph cannot be written to a temporary file: {}\n",
               std::strerror(errno));
    return 1;
  }
  std::fflush(stdout);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ::fileno(input), STDIN_FILENO);
  std::string name = "dot", option = "-Tsvg";
  char* arguments[] = {name.data(), option.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "dot", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  std::fclose(input);
  if (failed != 0) {
    fmt::print(
        stderr,
        "Drawing SVG needs the program \"dot\", which cannot be run ({}). Install the package "
        "graphviz, or use --graph dot or --graph mermaid.\n",
        std::strerror(failed));
    return 1;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  fmt::print(stderr, "The program \"dot\" failed; use --graph dot to see what it was given.\n");
  return 1;
}

// S3.5, beforehand: rungs that would find nobody, with the people as they are today.
int check_people(const Programme& programme, const std::string& path, bool as_json) {
  const PeopleFile file = config::load_people_file(path, programme.establishment);
  if (!file.errors.empty()) {
    for (const RowError& error : file.errors)
      fmt::print(stderr, "{}: row {}: {}{}{}\n", path, error.row, error.field, error.field.empty() ? "" : ": ",
                 error.message);
    return config::exit_config;
  }
  const SystemZones zones;
  const auto zone = zones.find_zone(programme.establishment.zone_name);
  if (!zone) {
    fmt::print(stderr, "{}\n", zone.error().message);
    return config::exit_config;
  }
  const auto gaps = find_unreachable(programme.definition, programme.establishment,
                                     People{file.persons, file.holdings},
                                     local_date(SystemClock{}.now(), **zone));
  boost::json::array rows;
  for (const Unreachable& gap : gaps) {
    if (!as_json) {
      fmt::print("{} ({}): {}; ladders that may tell it: {}\n", gap.post, gap.title, gap.why,
                 fmt::join(gap.ladders, ", "));
      continue;
    }
    boost::json::object row;
    row["post"] = gap.post;
    row["why"] = gap.why;
    rows.push_back(std::move(row));
  }
  if (as_json)
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"unreachable", std::move(rows)}}));
  else if (gaps.empty())
    fmt::print("{} people; every post that a rung may tell would be reached\n",
               file.persons.size());
  return gaps.empty() ? 0 : 1;
}

}  // namespace

std::vector<Mistake> check_settings(const std::string& path, std::size_t& boards) {
  auto reading = config::load_settings(path);
  if (!reading.settings) throw ConfigError(std::move(reading.mistakes));
  const BoardFiles files = load_board_files(reading.settings->programmes, reading.settings->calendars);
  boards = files.programmes.size();
  std::vector<Mistake> mistakes;
  for (const auto& loaded : files.programmes) {
    const Establishment& establishment = loaded.reading.programme->establishment;
    if (const auto zone = SystemZones{}.find_zone(establishment.zone_name); !zone)
      mistakes.push_back({establishment.zone_place, "zone", zone.error().message, ""});
  }
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  for (const auto& [uid, boards_of] : reading.settings->users)
    for (const auto& [board, person] : boards_of)
      if (std::none_of(files.programmes.begin(), files.programmes.end(), [&, &id = board](const auto& loaded) {
            return loaded.reading.programme->establishment.board == id;
          }))
        reading.warnings.push_back({{path, 0, 0}, "user.board",
                                    fmt::format("user {} is mapped on “{}”, and no programme is that board's", uid, board),
                                    "the board's id as its programme has it"});
  if (reading.settings->relay) (void)smtp_options(*reading.settings->relay);  // the password can be read
  (void)read_files_key(*reading.settings);
  return std::move(reading.warnings);
}

namespace {

int run_check_settings(const CheckOptions& options) {
  try {
    std::size_t boards = 0;
    const auto warnings = check_settings(options.config, boards);
    if (options.json) {
      fmt::print("{}\n", boost::json::serialize(boost::json::object{
                             {"mistakes", boost::json::array{}}, {"warnings", to_json(warnings)}}));
      return 0;
    }
    for (const Mistake& warning : warnings) fmt::print(stderr, "warning: {}\n", to_text(warning));
    fmt::print("{}: no mistakes. Boards: {}.\n", options.config, boards);
    return 0;
  } catch (const ConfigError& error) {
    print_mistakes(error.mistakes, options.json);
    return config::exit_config;
  }
}

}  // namespace

int run_check(const CheckOptions& options) {
  if (!options.config.empty()) return run_check_settings(options);
  const auto loaded = config::load_programme(options.path);
  if (!loaded.reading.programme) {
    print_mistakes(loaded.reading.mistakes, options.json);
    return config::exit_config;
  }
  const Programme& programme = *loaded.reading.programme;
  const Establishment& establishment = programme.establishment;
  if (const auto zone = SystemZones{}.find_zone(establishment.zone_name); !zone) {
    print_mistakes({{establishment.zone_place, "zone", zone.error().message, ""}}, options.json);
    return config::exit_config;
  }
  if (options.graph == "svg") return draw_svg(to_dot(programme.definition));
  if (options.graph == "dot")
    fmt::print("{}", to_dot(programme.definition));
  else if (options.graph == "mermaid")
    fmt::print("{}", to_mermaid(programme.definition));
  else if (!options.people.empty())
    return check_people(programme, options.people, options.json);
  else
    print_summary(programme, loaded.digest, options.json);
  return 0;
}

}  // namespace assured
