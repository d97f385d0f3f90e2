// What assuredctl does, once the command line is read. Each returns the exit code (exit_codes.hpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assured::cli {

struct Target {
  std::string socket;
  std::string board;  // empty: the only one there is for this user
  bool json = false;
};

struct EventOptions {
  std::string item;   // reference or id; empty: a start on no item
  std::string event;
  std::vector<std::string> fields, assign, links;  // "name=value"
  std::string reason, for_post, channel, occurred_at;
  std::optional<long long> expected_version;
};
int send_event(const Target& target, const EventOptions& options);
// The event on every child of `kind` in `state` (empty: any) of options.item; or, with a table, on the
// children that its rows name or start.
struct ChildrenOptions {
  std::string kind, state, table;
};
int send_children_event(const Target& target, const EventOptions& options, const ChildrenOptions& children);

struct HoldOptions {
  long long obligation = 0;
  std::string hold_for, why, for_post, channel;
};
int acknowledge(const Target& target, const HoldOptions& options);
int suspend(const Target& target, const HoldOptions& options);

// Options of a list: names and values of the query, empty ones left out.
using Query = std::map<std::string, std::string>;
// `sort`: due, reference, state; empty: by number, a page.
int list_items(const Target& target, const Query& query, const std::string& sort);
// What is open, by agency, the latest first; for a sub-group's papers.
int print_plan(const Target& target, const Query& query);
int show_item(const Target& target, const std::string& item);
int list_obligations(const Target& target, const Query& query);
int list_outbox(const Target& target, const Query& query);
int list_held(const Target& target);  // all of it, however many pages
int show_notice(const Target& target, long long notice);
struct HeldOptions {
  std::string what;  // prompt, notice
  long long id = 0;
  std::string reason;
};
int end_hold(const Target& target, const HeldOptions& options, const std::string& action);
int end_outbox_hold(const Target& target, const std::string& reason, bool give_up);
int say_looked_at(const Target& target, const HeldOptions& options);
// Whom mail about the item went to, and what waits or was dropped.
int list_notices_of(const Target& target, const std::string& item);
int list_calendar(const Target& target, const Query& query);
int change_day(const Target& target, const std::string& date, bool closed, const std::string& why);
int list_journal(const Target& target, const Query& query);
int list_meetings(const Target& target, const Query& query);

struct MeetingOptions {
  std::string what;  // plan, move, cancel, hold
  long long meeting = 0;
  std::string body, start;
};
int change_meeting(const Target& target, const MeetingOptions& options);

struct FileOptions {
  std::string item, path, kind, for_post, channel;
  long long version = 0;
};
int list_files(const Target& target, const FileOptions& options);
// The type is that of the file's name: return.pdf is a "pdf".
int attach_file(const Target& target, const FileOptions& options);
// Writes one version to `path`, which must not exist.
int fetch_file(const Target& target, const FileOptions& options);
// What each event set on the item, dated.
int list_snapshots(const Target& target, const std::string& item);
int list_reads(const Target& target, const std::string& item);
// How a deadline came about: each day counted or skipped, and why.
int show_working(const Target& target, long long obligation);

int rebind(const Target& target, long long obligation, long long meeting);
// Who is on the board, with a line for each post; `query` may name a post.
int list_people(const Target& target, const Query& query);
int load_people(const Target& target, const std::string& file);
int print_graph(const Target& target, const std::string& format);
// 0 for green and amber, as of `unavailable` for red.
int print_health(const Target& target);
int list_boards(const Target& target);

}  // namespace assured::cli
