// Fires rungs whose time has come, from the index of next_at alone.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/workers.hpp"

namespace assured {

namespace {

constexpr std::size_t batch_max = 200;      // obligations read together
constexpr std::size_t carried_max = 50;     // of them a transaction: people wait as long as one takes
constexpr std::size_t recompute_max = 500;  // obligations looked at a transaction after a change
// A gap between two signs of life that is longer than this is downtime (S6.1). Well above the
// minute between two signs, well below what a person would call an outage.
constexpr auto gap_min = std::chrono::minutes{5};
constexpr std::string_view alive_value = "alive";

// The latest sign of life on any board: one that was served again after months was not down alone.
std::optional<Instant> last_alive(Store& store, const Programmes& programmes) {
  std::optional<Instant> latest;
  for (const std::string& board : programmes.boards()) {
    const auto value = store.reader(board)->find_value(alive_value);
    if (!value) continue;
    const auto at = parse_instant(*value);
    if (at && (!latest || *at > *latest)) latest = *at;
  }
  return latest;
}

}  // namespace

Scheduler::Scheduler(Store& store, const CurrentProgrammes& programmes, WorkObserver observer,
                     std::function<bool(Instant)> routine_waits)
    : store_(store),
      programmes_(programmes),
      observer_(std::move(observer)),
      routine_waits_(std::move(routine_waits)) {}

void Scheduler::mark_alive(Instant now) {
  auto tx = store_.begin(Urgency::workers);
  for (const std::string& board : programmes_.get()->boards())
    tx->board(board).put_value(alive_value, to_text(now));
  tx->commit();
  alive_ = now;
}

Instant Scheduler::run_once(Instant now) {
  const auto current = programmes_.get();
  const Programmes& programmes = *current;
  if (!alive_) alive_ = last_alive(store_, programmes);
  std::optional<Downtime> down;
  if (alive_ && now - *alive_ > gap_min) down = Downtime{*alive_, now};
  const bool only_urgent = routine_waits_ && routine_waits_(now);
  if (!only_urgent) carry_out_changes(programmes, now);
  fire_due(programmes, down, only_urgent, now);
  // A clock that is not trusted leaves no sign of life, or the gap it makes would be lost.
  if (!only_urgent && (!alive_ || down || now - *alive_ > std::chrono::minutes{1})) mark_alive(now);
  return std::min(people_day_at_, store_.next_due_at(now).value_or(Instant::max()));
}

void Scheduler::report(const std::string& board, Decision decision, Instant now) const {
  if (!observer_) return;
  WorkReport report;
  report.board = board;
  report.what = "due";
  report.at = now;
  report.decision = std::move(decision);
  observer_(report);
}

void Scheduler::carry_out_changes(const Programmes& programmes, Instant now) {
  // Who begins or ends in a post today, before anybody is told anything.
  if (now >= people_day_at_) {
    Instant midnight = Instant::max();
    for (const std::string& board : programmes.boards()) {
      auto tx = store_.begin(Urgency::workers);
      std::vector<Decision> done;
      midnight = std::min(midnight, people_day_step(*tx, programmes, board, now, &done));
      tx->commit();
      for (Decision& decision : done) report(board, std::move(decision), now);
    }
    people_day_at_ = midnight;
  }
  // Dates that a meeting or a closed day moved come before what falls due by them.
  for (const std::string& board : programmes.boards()) {
    for (bool more = recompute_pending(*store_.reader(board)); more;) {
      std::vector<Decision> moved;
      auto tx = store_.begin(Urgency::workers);
      // Those in force now: a command that changed the calendar may have gone before this transaction,
      // and its dates must not be worked out by the calendar before it.
      more = recompute_step(*tx, *programmes_.get(), board, recompute_max, now, &moved);
      tx->commit();
      for (Decision& decision : moved) report(board, std::move(decision), now);
    }
  }
}

void Scheduler::fire_due(const Programmes& programmes, const std::optional<Downtime>& down,
                         bool only_urgent, Instant now) {
  // Sweeps until one finds nothing. Rows of boards that are not served here are stepped over, so
  // that they neither hold up the others nor keep the daemon awake.
  for (bool found = true; found;) {
    found = false;
    DueKey after;
    for (;;) {
      const std::vector<DueKey> due = store_.due(now, batch_max, after);
      if (due.empty()) break;
      after = due.back();
      for (std::span<const DueKey> rest{due}; !rest.empty();) {
        const auto some = rest.first(std::min(carried_max, rest.size()));
        found |= fire_some(programmes, some, down, only_urgent, now);
        rest = rest.subspan(some.size());
      }
    }
  }
}

// In one transaction; whether anything happened.
bool Scheduler::fire_some(const Programmes& programmes, std::span<const DueKey> due,
                          const std::optional<Downtime>& down, bool only_urgent, Instant now) {
  std::vector<std::pair<std::string, Decision>> done;
  {
    auto tx = store_.begin(Urgency::workers);
    for (const DueKey& key : due) {
      if (programmes.find_board(key.board) == nullptr) continue;
      if (only_urgent) {
        const auto obligation = tx->board(key.board).find_obligation(key.obligation);
        if (!obligation || obligation->family != Family::a) continue;
      }
      auto outcome = apply_due(*tx, programmes, key, down, now);
      if (outcome) done.emplace_back(key.board, std::move(outcome->decision));
    }
    tx->commit();
  }
  for (auto& [board, decision] : done) report(board, std::move(decision), now);
  return !done.empty();
}

}  // namespace assured
