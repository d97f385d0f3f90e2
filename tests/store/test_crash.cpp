// Nothing that was answered is lost when the power goes (DESIGN.md 12.8): a workload is recorded at
// SQLite's file system, and the disk rebuilt as it may have been at a thousand points of it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "store/sqlite_driver.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/recording_vfs.hpp"
#include "tests/support/sample_board.hpp"

using namespace assured;
using namespace assured::store;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t commands = 300;
constexpr std::size_t points = 1000;
constexpr const char* database = "board.db";

struct Recording {
  std::vector<FileOperation> operations;
  // For each command: how many operations were done when it was answered, and its journal row.
  struct Answer {
    std::size_t operations = 0;
    std::int64_t seq = 0;
  };
  std::vector<Answer> answers;
};

// Starts items, changes them and their obligations, makes prompts and notices: what a board does.
std::int64_t run_command(BoardWriter& board, std::size_t number, std::mt19937_64& random) {
  const Instant now = sample_start() + std::chrono::minutes{number};
  const IdPool ids = board.take_ids();
  Decision decision;
  ItemId subject;
  if (number < 3 || random() % 3 == 0) {
    subject = ItemId{ids.next_item};
    auto item = sample_item(ids.next_item, "action", {}, subject);
    item.fields.emplace("text", FieldValue{FieldClass::internal, std::string(random() % 300, 'x')});
    decision.items.push_back({std::nullopt, item});
    decision.obligations.push_back(
        {std::nullopt, sample_obligation(ids.next_obligation, subject, "do")});
  } else {
    subject = ItemId{
        1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(ids.next_item - 1))};
    const auto was = board.find_item(subject);
    auto item = *was;
    ++item.version;
    item.fields["progress"] = FieldValue{FieldClass::internal, static_cast<std::int64_t>(number)};
    decision.items.push_back({was, item});
    const auto owed = board.open_obligations_of({subject});
    if (!owed.empty() && random() % 2 == 0) {
      auto fired = owed.front();
      const int rung = static_cast<int>(fired.fired.size());
      fired.fired.push_back({fired.id, 1, rung, 0, fired.owed_by, now, now});
      decision.obligations.push_back({owed.front(), fired});
      auto prompt = sample_prompt(ids.next_prompt, subject, fired.id);
      prompt.rung = rung;
      decision.prompts.push_back({std::nullopt, prompt});
    }
  }
  const auto seq = board.write(sample_head("progress", subject), decision, now);
  if (!decision.prompts.empty()) {
    Notice notice;
    notice.to = decision.prompts.front().now.to;
    notice.message_id = fmt::format("{}@assured.example", number);
    notice.created_at = now;
    notice.prompts = {decision.prompts.front().now.id};
    board.write_notices(sample_head("notice", subject), {noticed(decision.prompts.front().now)},
                        {{notice, std::string(random() % 2000, 'm')}}, now);
  }
  return seq;
}

Recording record(Synchronous synchronous, std::uint64_t seed) {
  RecordingVfs vfs{"assured-recording"};
  std::mt19937_64 random{seed};
  Recording recording;
  {
    StoreOptions options;
    options.path = database;
    options.vfs = vfs.name();
    options.synchronous = synchronous;
    const auto store = open_store(options);
    const auto reader = store->reader(sample_board_id);
    for (std::size_t number = 0; number < commands; ++number) {
      std::int64_t seq = 0;
      in_transaction(*store, [&](BoardWriter& board) { seq = run_command(board, number, random); });
      // Only now, after COMMIT returned, is the caller told.
      recording.answers.push_back({vfs.operations().size(), seq});
      if (number % 10 == 0) reader->list_items({});
    }
    recording.operations = vfs.operations();
  }
  return recording;
}

std::string integrity(RecordingVfs& vfs) {
  SqliteOptions options;
  options.path = database;
  options.vfs = vfs.name();
  const auto connection = open_sqlite(options);
  auto query = connection->query("PRAGMA integrity_check");
  return query.step() ? query.text(0) : "no answer";
}

// What is wrong with a disk on which `answer` must be; empty when nothing is.
std::string fault_of(RecordingVfs& vfs, const Recording::Answer* answer) {
  try {
    if (const auto found = integrity(vfs); found != "ok") return "integrity: " + found;
    StoreOptions options;
    options.path = database;
    options.vfs = vfs.name();
    const auto store = open_store(options);
    const auto report = store->verify(sample_board_id);
    if (!report.faults.empty()) return "verify: " + report.faults.front();
    // The journal has no gaps and the tables agree with it, so its length says what is there.
    const std::int64_t answered = answer == nullptr ? 0 : answer->seq;
    if (report.rows < answered)
      return fmt::format("lost: {} journal rows, {} were answered", report.rows, answered);
  } catch (const StoreError& error) {
    return std::string{"does not open: "} + error.what();
  }
  return {};
}

struct Tally {
  std::size_t checked = 0;
  std::size_t with_unsynced = 0;  // points at which loss had something to lose
  std::vector<std::string> faults;
};

// Loses the power at random points and looks at what is left.
Tally lose_power(const Recording& recording, std::uint64_t seed, std::size_t faults_max) {
  std::mt19937_64 random{seed};
  std::vector<std::size_t> at(points);
  for (auto& point : at) point = random() % (recording.operations.size() + 1);
  std::sort(at.begin(), at.end());

  RecordingVfs vfs{"assured-rebuilt"};
  vfs.record(false);
  Tally tally;
  Disk disk;
  std::size_t applied = 0;
  std::size_t answers = 0;
  for (const std::size_t point : at) {
    for (; applied < point; ++applied) disk.apply(recording.operations[applied]);
    while (answers < recording.answers.size() && recording.answers[answers].operations <= point)
      ++answers;
    const auto* answer = answers == 0 ? nullptr : &recording.answers[answers - 1];
    if (disk.has_unsynced()) ++tally.with_unsynced;
    const auto some = random() % 2 == 0 ? Disk::Loss::random_subset : Disk::Loss::torn_sectors;
    for (const auto loss : {Disk::Loss::all_unsynced, some}) {
      vfs.start_from(disk.after_loss(loss, random));
      const std::string fault = fault_of(vfs, answer);
      if (!fault.empty())
        tally.faults.push_back(fmt::format("after operation {} of {}, loss {}: {}", point,
                                           recording.operations.size(), static_cast<int>(loss),
                                           fault));
    }
    ++tally.checked;
    if (tally.faults.size() >= faults_max) break;
  }
  return tally;
}

// ASSURED_CRASH_SEED repeats a run.
std::uint64_t crash_seed() {
  if (const char* given = std::getenv("ASSURED_CRASH_SEED"))
    return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

}  // namespace

TEST_CASE("whatever a power loss leaves opens, verifies and holds each answered write",
          "[store][crash]") {
  const std::uint64_t seed = crash_seed();
  WARN("seed " << seed << "; repeat with ASSURED_CRASH_SEED=" << seed);
  const auto recording = record(Synchronous::full, seed);
  REQUIRE(recording.answers.size() == commands);
  const auto tally = lose_power(recording, seed, 10);
  for (const auto& fault : tally.faults) UNSCOPED_INFO(fault);
  CHECK(tally.faults.empty());
  CHECK(tally.checked == points);
  // The points were worth looking at: most had something to lose, and the WAL went back into the
  // database several times.
  CHECK(tally.with_unsynced > points / 2);
  CHECK(std::count_if(recording.operations.begin(), recording.operations.end(),
                      [](const FileOperation& operation) {
                        return operation.kind == FileOperation::Kind::sync &&
                               operation.file == database;
                      }) >= 3);
}

TEST_CASE("without waiting for the disk this test finds lost writes", "[store][crash]") {
  const std::uint64_t seed = crash_seed();
  WARN("seed " << seed << "; repeat with ASSURED_CRASH_SEED=" << seed);
  const auto tally = lose_power(record(Synchronous::off, seed), seed, 20);
  CHECK(tally.faults.size() >= 20);
}
