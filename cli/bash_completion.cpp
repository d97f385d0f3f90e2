#include "cli/bash_completion.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace assured::cli {

namespace {

// The same for every program: walks the words before the cursor to the command that is meant, then looks
// up what may stand there. A key of the table is "COMMAND|WHAT", WHAT being `commands`, `options`, an
// option that takes a value, or the place of an argument, counted from 1.
constexpr std::string_view walker = R"bash(
_@PROGRAM@() {
  local cur=${COMP_WORDS[COMP_CWORD]} command= place=1 option= word what i
  # Bash cuts --option=value into three words.
  [[ $cur == = ]] && cur=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = ]]; then
      continue
    elif [[ $option ]]; then
      option=
    elif [[ $word == -* ]]; then
      [[ ${@TABLE@["$command|$word"]+known} ]] && option=$word
    elif [[ " ${@TABLE@["$command|commands"]-} " == *" $word "* ]]; then
      command+=${command:+ }$word
    else
      place=$((place + 1))
    fi
  done
  if [[ $option ]]; then
    what=${@TABLE@["$command|$option"]-}
  elif [[ $cur == -* ]]; then
    what=${@TABLE@["$command|options"]-}
  elif [[ ${@TABLE@["$command|commands"]-} ]]; then
    what=${@TABLE@["$command|commands"]-}
  else
    what=${@TABLE@["$command|$place"]-}
  fi
  case $what in
    FILE) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    FOLDER) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$what" -- "$cur") ;;
  esac
}
complete -F _@PROGRAM@ @PROGRAM@
)bash";

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  for (auto at = text.find(what); at != text.npos; at = text.find(what)) {
    out += text.substr(0, at);
    out += with;
    text.remove_prefix(at + what.size());
  }
  return out += text;
}

// "a b" of a type shown as TEXT:{a,b}; FILE or FOLDER where a path is asked for; otherwise nothing.
std::string values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type == "FILE" || type == "FOLDER") return type;
  const auto from = type.find('{');
  const auto to = type.rfind('}');
  if (from == type.npos || to == type.npos) return {};
  return replaced(type.substr(from + 1, to - from - 1), ",", " ");
}

std::string row(const std::string& command, std::string_view what, std::string_view words) {
  return fmt::format("  [\"{}|{}\"]=\"{}\"\n", command, what, words);
}

// The names of an option as they are typed.
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

// What one command may be followed by, as rows of the table.
struct CommandRows {
  std::string command;
  std::string options;
  std::string rows;

  void add_option(const CLI::Option& option) {
    for (const auto& name : names_of(option)) {
      options += (options.empty() ? "" : " ") + name;
      if (option.get_expected_max() != 0) rows += row(command, name, values_of(option));
    }
  }
};

void add_rows(const CLI::App& app, const std::string& command, std::string& table) {
  std::string commands;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    if (sub->get_group().empty()) continue;
    commands += (commands.empty() ? "" : " ") + sub->get_name();
    add_rows(*sub, command.empty() ? sub->get_name() : command + " " + sub->get_name(), table);
  }
  CommandRows own{command, {}, {}};
  int place = 0;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) own.rows += row(command, std::to_string(++place), values_of(*option));
    own.add_option(*option);
  }
  // Options of the program that may also stand behind the command.
  for (const CLI::App* above = app.get_parent(); above != nullptr && above->get_fallthrough();
       above = above->get_parent())
    for (const CLI::Option* option : above->get_options())
      if (option != above->get_help_ptr() && option != above->get_version_ptr()) own.add_option(*option);
  table += own.rows;
  if (!commands.empty()) table += row(command, "commands", commands);
  table += row(command, "options", own.options);
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::string table = fmt::format("_{}_knows", app.get_name());
  std::string rows;
  add_rows(app, "", rows);
  return fmt::format("# Completion of `{0}` by bash, made by `{0} completion`.\ndeclare -gA {1}=(\n{2})\n",
                     app.get_name(), table, rows) +
         replaced(replaced(walker, "@TABLE@", table), "@PROGRAM@", app.get_name());
}

void add_completion(CLI::App& app) {
  app.add_subcommand("completion", "Print what lets bash complete command lines of this program")
      ->group("")
      ->callback([&app] { fmt::print("{}", bash_completion(app)); });
}

}  // namespace assured::cli
