// Story files (SEMANTICS.md 17, docs/stories.md): a scripted year of a board on a virtual clock,
// with the notices it expects. The engine, store, scheduler and sender are the real ones.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/apply.hpp"
#include "workflows/files.hpp"
#include "workflows/programme.hpp"

namespace assured {

// One step, as written; names are story names, times are local texts.
struct StoryStep {
  std::size_t line = 0;
  std::optional<Span> after;
  std::string at;  // "2026-09-01 09:00"; empty: with `after`, or at the step before
  std::string post, person, for_post, channel, occurred;
  std::string item, kind, event, as, reason;
  std::map<std::string, std::string> fields;  // stored text
  std::map<std::string, std::string> assign;
  std::map<std::string, std::string> link;  // link kind -> story name
  std::string file;                         // attach: the kind of document
  std::string refused;                      // expected part of the refusal; empty: ok is expected
  // built-ins
  std::string obligation, hold_for, progress;
  std::string meeting, body, start;
  std::string day, title;
  std::string of, to;
};

struct StoryDown {
  std::string from, to;
};

struct StoryExpect {
  std::size_t line = 0;
  std::string at, to, template_name, rung;
  std::vector<std::string> items;  // names or globs
  std::optional<int> count;
};

struct Story {
  std::string programme;  // as the file says
  std::string people;
  std::string start;
  std::vector<StoryStep> steps;
  std::vector<StoryDown> downs;
  std::vector<StoryExpect> expects;
  bool only = false;  // [world]: any notice that is not expected fails the story
};

struct StoryReading {
  std::optional<Story> story;
  std::vector<Mistake> mistakes;
};
StoryReading parse_story(std::string_view toml, std::string_view source);

// One notice that went out.
struct StoryNotice {
  std::string at;  // local, to the minute
  std::string to;  // post, or "person:ID" for an assignment
  std::string template_name;
  std::string rung;  // "-5wd", "+1wd#2", "now", "ready", "moved", "hand-over"
  std::string item;  // story name
  bool expected = false;
};

struct StoryResult {
  bool ok = true;
  std::string failure;  // the first expectation that failed, named
  std::vector<StoryNotice> notices;
  Coverage coverage;
  std::size_t events = 0;
  std::size_t refusals = 0;
  std::size_t templates = 0;
};

struct StoryRun {
  std::shared_ptr<const Programme> programme;
  PeopleFile people;
  // Called with each JSON line of what happens; may be empty.
  std::function<void(const std::string&)> out;
  bool stop_at_failure = true;
  bool verify_journal = true;
  // For `--into`: run on this store instead of a temporary one, and shift every local time so that
  // the last step is at `rebase_to`.
  Store* store = nullptr;
  FileStore* files = nullptr;  // where documents go; none: their rows alone are written
  std::optional<Instant> rebase_to;
};

// Plays `story`. Errors: invalid (a time, name or step that makes no sense; names the line).
Result<StoryResult> run_story(const Story& story, const StoryRun& run, const Zones& zones);

// The [[expect]] blocks that `notices` amount to, grouped, for pasting into a story and reviewing.
std::string to_expect_blocks(const std::vector<StoryNotice>& notices);

// What of the programme was not exercised: transitions, guards either way, rungs.
std::vector<std::string> uncovered(const Definition& definition, const Coverage& coverage);

}  // namespace assured
