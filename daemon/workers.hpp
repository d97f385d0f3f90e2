// The daemon's workers: each does one pass and says when it wants to be woken (STYLE.md "Async").
// Synchronous and without waiting, so that tests and the simulation drive them by hand.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "workflows/apply.hpp"
#include "workflows/store.hpp"

namespace assured {

class Worker {
 public:
  virtual ~Worker() = default;
  virtual std::string_view name() const = 0;
  // Does what is due at `now` in bounded batches; returns when to look again (max() when nothing is
  // planned; the daemon caps sleeping anyway). Throws: StoreError.
  virtual Instant run_once(Instant now) = 0;
};

// What a worker did, told to whoever watches (simulate prints it, tests check it).
struct WorkReport {
  std::string board;
  std::string what;  // "due", "prompt" (dropped or held), "planned", "planned anew" (dropped before it was begun), "notice"
  Instant at;
  Decision decision;  // due
  std::optional<Notice> notice;
  std::optional<Prompt> prompt;
  std::string address;
};
using WorkObserver = std::function<void(const WorkReport&)>;

// Fires rungs whose time has come. After a gap in its own passes longer than `gap_min` it tells
// decide_due() from when to when the service was down (S6.1).
class Scheduler : public Worker {
 public:
  // While `routine_waits` says so, only family A fires and nothing else is carried out (S16.3).
  Scheduler(Store& store, const CurrentProgrammes& programmes, WorkObserver observer = {},
            std::function<bool(Instant now)> routine_waits = {});
  std::string_view name() const override { return "scheduler"; }
  Instant run_once(Instant now) override;
  // Records that the service was alive at `now`; the daemon calls it each minute and when it stops.
  void mark_alive(Instant now);
  // The same in memory only: between two passes of a virtual clock the service was alive.
  void note_alive(Instant now) { alive_ = now; }

 private:
  Store& store_;
  const CurrentProgrammes& programmes_;
  // Days on which somebody begins or ends in a post, and dates that moved, before anything fires.
  void carry_out_changes(const Programmes& programmes, Instant now);
  void fire_due(const Programmes& programmes, const std::optional<Downtime>& down, bool only_urgent,
                Instant now);
  bool fire_some(const Programmes& programmes, std::span<const DueKey> due, const std::optional<Downtime>& down,
                 bool only_urgent, Instant now);
  void report(const std::string& board, Decision decision, Instant now) const;

  WorkObserver observer_;
  std::function<bool(Instant)> routine_waits_;
  std::optional<Instant> alive_;            // the last sign of life on record
  Instant people_day_at_ = Instant::min();  // when holders of posts change next, at the earliest
};

}  // namespace assured
