// The program `assuredctl`: reads the command line, the only file that includes CLI11 here.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/bash_completion.hpp"
#include "cli/exit_codes.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace {

using namespace assured::cli;

std::string footer() {
  std::string text = "Exit codes:\n";
  for (const auto& row : exit_codes) text += fmt::format("  {}  {}\n", row.exit, row.meaning);
  return text;
}

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// An empty shell variable is no item: left out, the command would mean another thing.
CLI::Option* not_empty(CLI::Option* option, const char* remedy = "write the item's reference or id") {
  return option->check(CLI::Validator{
      [remedy](const std::string& text) {
        return text.empty() ? fmt::format("this is empty; {}", remedy) : std::string{};
      },
      ""});
}

// ... and no filter: all there is would pass for what was asked for.
CLI::Option* not_all(CLI::Option* option) { return not_empty(option, "leave it out, or say which"); }

CLI::Option* add_item(CLI::App& command, const char* name, std::string& item, const char* what) {
  return not_empty(command.add_option(name, item, what))->required();
}

void add_event_options(CLI::App& command, EventOptions& event) {
  command.add_option("-f,--field", event.fields, "A field, name=value; lists a,b,c")
      ->allow_extra_args(false);
  command.add_option("--assign", event.assign, "A person for a role on this item, role=person")
      ->allow_extra_args(false);
  command.add_option("--link", event.links, "Another item, kind=reference")
      ->allow_extra_args(false);
  command.add_option("--reason", event.reason, "Why, where the event asks for it");
  command.add_option("--for-post", event.for_post, "On behalf of this post");
  command.add_option("--channel", event.channel, "How they told you: phone, mail, meeting");
  command.add_option("--occurred", event.occurred_at, "When it happened, \"2026-09-03 16:00\"");
  command.add_option("--expected-version", event.expected_version,
                     "Refuse when the item has changed since this version");
}

int run(int argc, char** argv) {
  CLI::App app{"Talks to a running assured service.", "assuredctl"};
  app.set_version_flag("--version", std::string{"assuredctl "} + ASSURED_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer());
  Target target;
  target.socket = from_environment("ASSURED_SOCKET", "/run/assured/assured.sock");
  target.board = from_environment("ASSURED_BOARD", "");
  app.add_option("--socket", target.socket, "The service's socket (or ASSURED_SOCKET)")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--board", target.board, "Board id (or ASSURED_BOARD), where there are several");
  app.add_flag("--json", target.json, "Print JSON instead of tables");

  int code = 0;
  EventOptions event;
  auto* start = app.add_subcommand("start", "Start an item: propose-theme, raise-concern, ...");
  start->add_option("event", event.event, "The starting event")->required();
  not_empty(start->add_option("--on", event.item, "Parent item, for kinds that have one"));
  add_event_options(*start, event);
  start->callback([&] { code = send_event(target, event); });

  auto* doing =
      app.add_subcommand("do", "Do an event on an item; `show` lists those that can happen");
  add_item(*doing, "item", event.item, "Reference or id");
  doing->add_option("event", event.event, "The event")->required();
  add_event_options(*doing, event);
  doing->callback([&] { code = send_event(target, event); });

  for (const auto& [name, what] :
       {std::pair{"correct", "Undo the last event of an item"},
        std::pair{"excuse", "Let one child pass a gate, with a reason"}}) {
    auto* command = app.add_subcommand(name, what);
    add_item(*command, "item", event.item, "Reference or id");
    add_event_options(*command, event);
    command->callback([&, name = std::string{name}] {
      event.event = name;
      code = send_event(target, event);
    });
  }

  ChildrenOptions children;
  auto* doing_all = app.add_subcommand(
      "do-all", "Do one event on all children of an item that are of a kind and in a state");
  add_item(*doing_all, "parent", event.item, "Reference or id of the parent");
  doing_all->add_option("event", event.event, "The event")->required();
  doing_all->add_option("--kind", children.kind, "return, action, ...")->required();
  doing_all->add_option("--state", children.state, "Only those in this state");
  auto* import = app.add_subcommand(
      "import", "Start children, or do an event on them, from a table; all rows or none");
  add_item(*import, "parent", event.item, "Reference or id of the parent");
  import->add_option("event", event.event, "The event")->required();
  import->add_option("file", children.table,
                     "CSV; its first row names the columns: item, assign:ROLE, or a field")
      ->type_name("FILE")
      ->required();
  for (auto* command : {doing_all, import}) {
    add_event_options(*command, event);
    command->callback([&] { code = send_children_event(target, event, children); });
  }

  HoldOptions hold;
  auto* ack = app.add_subcommand("acknowledge", "Say that an obligation is in hand, for a time");
  ack->add_option("obligation", hold.obligation, "Its id, from `obligations`")->required();
  ack->add_option("--for", hold.hold_for, "How long: 4h, 2wd")->required();
  ack->add_option("--progress", hold.why, "What was done; needed the second time on one rung");
  auto* suspension =
      app.add_subcommand("suspend", "Hold an obligation for a stated time and reason");
  suspension->add_option("obligation", hold.obligation, "Its id, from `obligations`")->required();
  suspension->add_option("--for", hold.hold_for, "How long: 24h, 2wd")->required();
  suspension->add_option("--reason", hold.why, "Why")->required();
  for (auto* command : {ack, suspension}) {
    command->add_option("--for-post", hold.for_post, "On behalf of this post");
    command->add_option("--channel", hold.channel, "How they told you: phone, mail, meeting");
  }
  ack->callback([&] { code = acknowledge(target, hold); });
  suspension->callback([&] { code = suspend(target, hold); });

  Query query;
  bool open = false, all = false;
  std::string sort;
  auto* list = app.add_subcommand("list", "List items");
  for (const auto& [name, what] :
       {std::pair{"kind", "audit, case, return, concern, action, ..."},
        std::pair{"state", "Name of a state"},
        std::pair{"agency", "An agency's id"}, std::pair{"limit", "At most so many"},
        std::pair{"after", "Go on after this id"}})
    not_all(list->add_option(fmt::format("--{}", name), query[name], what));
  not_empty(list->add_option("--parent", query["parent"], "Reference or id"));
  list->add_option("--sort", sort, "Sort what there is, not a page alone")
      ->check(CLI::IsMember({"due", "reference", "state"}));
  list->add_flag("--open", open, "Only those that somebody still owes something on");
  list->callback([&] {
    if (open) query["open"] = "true";
    code = list_items(target, query, sort);
  });
  std::string plan_kind = "action";
  auto* rolling = app.add_subcommand("plan", "The open actions by agency, the latest first; to print");
  rolling->add_option("--kind", plan_kind, "Another kind of item")->capture_default_str();
  not_all(rolling->add_option("--agency", query["agency"], "One agency's"));
  rolling->callback([&] {
    query["kind"] = plan_kind;
    query["open"] = "true";
    code = print_plan(target, query);
  });

  std::string item;
  auto* show =
      app.add_subcommand("show", "Show an item: fields, obligations, what can happen, history");
  add_item(*show, "item", item, "Reference or id");
  show->callback([&] { code = show_item(target, item); });

  auto* obligations = app.add_subcommand("obligations", "List who owes what, by when");
  not_all(obligations->add_option("--owed-by", query["owed_by"], "post:nhs-east/lead, assigned:auditor"));
  not_all(obligations->add_option("--due-before", query["due_before"], "\"2026-12-01 17:00\""));
  not_empty(obligations->add_option("--item", query["item"], "Reference or id"));
  obligations->add_option("--limit", query["limit"], "How many at most");
  obligations->add_option("--after", query["after"], "Those behind this one, as the list before said");
  obligations->add_flag("--all", all, "Closed ones too");
  obligations->callback([&] {
    if (all) query["open"] = "false";
    code = list_obligations(target, query);
  });

  auto* outbox = app.add_subcommand("outbox", "What was sent, and what waits to be");
  outbox->require_subcommand(1);
  auto* outbox_list = outbox->add_subcommand("list", "List prompts and notices");
  outbox_list->add_option("--limit", query["limit"], "How many of each at most");
  for (const auto* name : {"after_prompt", "after_notice"})
    outbox_list->add_option(fmt::format("--{}", name), query[name],
                            "Those behind this one, as the list before said");
  not_all(outbox_list->add_option("--state", query["state"], "held, pending, deferred, bounced, ..."));
  outbox_list->callback([&] { code = list_outbox(target, query); });
  outbox->add_subcommand("held", "List what is held, with the reason")->callback([&] {
    code = list_held(target);
  });
  HeldOptions held_mail;
  for (const auto& [name, what] :
       {std::pair{"release", "Send held mail after all (operators)"},
        std::pair{"expire", "Give held mail up (operators)"}}) {
    auto* command = outbox->add_subcommand(name, what);
    command->add_option("what", held_mail.what, "prompt or notice, as `outbox held` lists them")
        ->required()
        ->check(CLI::IsMember({"prompt", "notice"}));
    command->add_option("id", held_mail.id, "Its number, from `outbox held`")->required();
    command->add_option("--reason", held_mail.reason, "Why")->required();
    command->callback(
        [&, action = std::string{name}] { code = end_hold(target, held_mail, action); });
  }
  bool give_up = false;
  auto* ending = outbox->add_subcommand(
      "end-hold", "After a restore: send all that the hold kept back, and hold no more (operators)");
  ending->add_option("--reason", held_mail.reason, "Why")->required();
  ending->add_flag("--give-up", give_up, "Give it up instead of sending it");
  ending->callback([&] { code = end_outbox_hold(target, held_mail.reason, give_up); });
  auto* looked_at = outbox->add_subcommand(
      "looked-at", "Say that the mail which the detectors stopped was looked at (board team)");
  looked_at->add_option("obligation", held_mail.id, "Its number, from `obligations`")->required();
  looked_at->add_option("--reason", held_mail.reason, "What was found")->required();
  looked_at->callback([&] { code = say_looked_at(target, held_mail); });
  long long notice = 0;
  auto* outbox_show = outbox->add_subcommand("show", "Print one notice's mail as it was sent");
  outbox_show->add_option("notice", notice, "Its number, from `outbox list`")->required();
  outbox_show->callback([&] { code = show_notice(target, notice); });

  auto* journal = app.add_subcommand("journal", "Print the journal");
  journal->add_option("--limit", query["limit"], "How many rows at most, 1 to 500");
  journal->add_option("--after", query["after"], "Those behind this row");
  journal->callback([&] { code = list_journal(target, query); });

  std::string day, day_why;
  auto* calendar = app.add_subcommand("calendar", "Days on which the board is closed, or open");
  calendar->require_subcommand(1);
  auto* calendar_list = calendar->add_subcommand("list", "List holidays and days on record");
  calendar_list->add_option("--year", query["year"], "Of the holidays; this year when left out");
  calendar_list->callback([&] { code = list_calendar(target, query); });
  for (const auto& [name, what] :
       {std::pair{"close", "Record that the board is closed on a day; deadlines move"},
        std::pair{"open", "Record that a day is a working day, though a rule closes it"}}) {
    auto* command = calendar->add_subcommand(name, what);
    command->add_option("date", day, "2026-12-29")->required();
    command->add_option("--why", day_why, "Why; deadlines show it")->required();
    command->callback([&, closed = std::string_view{name} == "close"] {
      code = change_day(target, day, closed, day_why);
    });
  }

  MeetingOptions meeting;
  auto* meetings = app.add_subcommand("meetings", "List, plan and change meetings");
  meetings->require_subcommand(1);
  auto* meetings_list = meetings->add_subcommand("list", "List meetings");
  meetings_list->add_option("--body", query["body"]);
  meetings_list->callback([&] { code = list_meetings(target, query); });
  auto* plan = meetings->add_subcommand("plan", "Plan a meeting of a body");
  plan->add_option("body", meeting.body, "qa-subgroup, board, executive, ...")->required();
  plan->add_option("start", meeting.start, "\"2026-11-10 10:00\"")->required();
  auto* move = meetings->add_subcommand("move", "Move a meeting; what hangs on it moves too");
  auto* cancel = meetings->add_subcommand("cancel", "Cancel a meeting");
  auto* held = meetings->add_subcommand("hold", "Record that a meeting was held");
  for (auto* command : {move, cancel, held})
    command->add_option("meeting", meeting.meeting, "Its number, from `meetings list`")->required();
  move->add_option("start", meeting.start, "\"2026-11-17 10:00\"")->required();
  for (auto* command : {plan, move, cancel, held})
    command->callback([&, command] {
      meeting.what = command->get_name();
      code = change_meeting(target, meeting);
    });

  long long obligation = 0;
  auto* rebinding = app.add_subcommand("rebind", "Let a deadline wait for an earlier meeting");
  rebinding->add_option("obligation", obligation, "Its number, from `obligations`")->required();
  rebinding->add_option("meeting", meeting.meeting, "Its number, from `meetings list`")->required();
  rebinding->callback([&] { code = rebind(target, obligation, meeting.meeting); });

  FileOptions document;
  auto* files = app.add_subcommand("files", "Documents of an item");
  files->require_subcommand(1);
  auto* files_list = files->add_subcommand("list", "List its documents and their versions");
  auto* files_add = files->add_subcommand("add", "Add a document, or its next version");
  auto* files_get = files->add_subcommand("get", "Fetch one version of a document");
  for (auto* command : {files_list, files_add, files_get})
    add_item(*command, "item", document.item, "Reference or id");
  files_add->add_option("kind", document.kind, "return, evidence, report, ...")->required();
  files_add->add_option("file", document.path, "The file to add")->type_name("FILE")->required();
  files_add->add_option("--for", document.for_post, "On whose behalf: a post");
  files_add->add_option("--channel", document.channel, "How they sent it: phone, mail, meeting");
  files_get->add_option("kind", document.kind)->required();
  files_get->add_option("version", document.version)->required();
  files_get->add_option("file", document.path, "Where to write it; must not exist")
      ->type_name("FILE")
      ->required();
  files_list->callback([&] { code = list_files(target, document); });
  files_add->callback([&] { code = attach_file(target, document); });
  files_get->callback([&] { code = fetch_file(target, document); });
  auto* snapshots =
      app.add_subcommand("snapshots", "What each event set on an item, dated: progress, reasons");
  add_item(*snapshots, "item", item, "Reference or id");
  snapshots->callback([&] { code = list_snapshots(target, item); });
  auto* reads = app.add_subcommand("reads", "Who saw what is protected of an item");
  add_item(*reads, "item", item, "Reference or id");
  reads->callback([&] { code = list_reads(target, item); });
  auto* notices = app.add_subcommand("notices", "Whom mail about an item went to");
  add_item(*notices, "item", item, "Reference or id");
  notices->callback([&] { code = list_notices_of(target, item); });
  auto* why = app.add_subcommand("why", "How a deadline came about, day by day");
  why->add_option("obligation", obligation, "Its number, from `obligations`")->required();
  why->callback([&] { code = show_working(target, obligation); });

  std::string file;
  auto* people = app.add_subcommand("people", "People and the posts they hold");
  people->require_subcommand(1);
  auto* people_list = people->add_subcommand("list", "List people and the posts they hold or held");
  people_list->add_option("--post", query["post"], "Only who holds or held it: police/lead");
  people_list->callback([&] { code = list_people(target, query); });
  auto* load =
      people->add_subcommand("load", "Load a people file, whole or not at all (operators)");
  load->add_option("file", file, "TOML file; or CSV, with the columns person,name,mail,phone,post,from,to")
      ->type_name("FILE")
      ->required();
  load->callback([&] { code = load_people(target, file); });

  std::string format = "mermaid";
  auto* graph = app.add_subcommand("graph", "Print the board's workflows as a drawing");
  graph->add_option("--format", format)
      ->check(CLI::IsMember({"mermaid", "dot"}))
      ->capture_default_str();
  graph->callback([&] { code = print_graph(target, format); });
  app.add_subcommand("health", "Green, amber or red, and why; fails when it is red. For anybody")->callback([&] {
    code = print_health(target);
  });
  app.add_subcommand("boards", "The boards you are somebody on")->callback([&] {
    code = list_boards(target);
  });

  add_completion(app);
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
  } catch (const Usage& error) {
    fmt::print(stderr, "{}\n", on_screen(error.what()));
    return exit_usage;
  } catch (const Unreachable& error) {
    fmt::print(stderr, "{}\n", on_screen(error.what()));
    return exit_unreachable;
  } catch (const std::exception& error) {
    fmt::print(stderr, "assuredctl: {}\n", on_screen(error.what()));
    return 1;
  }
}
