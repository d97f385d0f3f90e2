#include "tests/support/oracle.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace assured::test {
namespace {

using namespace std::chrono;

struct RungState {
  std::optional<Instant> turn;  // when it speaks next, as things stand
  std::optional<Instant> last;  // when it last spoke, in any due version
  int cycle = -1;               // of its last word in this due version; -1: none yet
  bool passed = false;          // S5.2
};

// What somebody is told, or waits to be told (S6.2).
struct Word {
  int rung = 0, cycle = 0;
  Instant planned;
  bool at_once = false;  // waited already
};

class Play {
 public:
  Play(const OracleLadder& ladder, const OracleTimeline& line, const OracleClock& clock)
      : ladder_(ladder), line_(line), clock_(clock), rungs_(ladder.rungs.size()) {}

  std::vector<Said> run() {
    if (line_.due) set_due(*line_.due, line_.opened);
    for (Instant now = line_.opened; now <= line_.end; now += minutes{1}) {
      if (line_.closed && now >= *line_.closed) break;
      for (const auto& move : line_.moves)
        if (move.at == now) move_to(move.due, now);
      for (const auto& hold : line_.holds)
        if (hold.from == now) held_until_ = std::max(held_until_, hold.to);
      if (!due_ || now < held_until_) continue;
      const OracleTimeline::Gap* down = nullptr;  // the one that ends now
      bool asleep = false;
      for (const auto& gap : line_.downtime) {
        if (gap.from < now && now < gap.to) asleep = true;
        if (gap.to == now) down = &gap;
      }
      if (!asleep) pass(now, down);
    }
    std::sort(said_.begin(), said_.end());
    return said_;
  }

 private:
  Date date_of(Instant at) const { return floor<days>(clock_.zone.to_local(at)); }
  bool is_open(Date date) const { return clock_.calendar.is_working_day(date); }

  Date walk(Date date, Span span) const {
    if (span.unit == Unit::days) return date + days{span.count};
    if (span.unit == Unit::weeks) return date + weeks{span.count};
    if (span.unit == Unit::working_days) {
      for (int left = std::abs(span.count); left > 0; left -= is_open(date) ? 1 : 0)
        date += days{span.count < 0 ? -1 : 1};
      return date;
    }
    const year_month_day day{date};
    const auto moved = day + months{span.count * (span.unit == Unit::years ? 12 : 1)};
    return local_days{moved.ok() ? moved : moved.year() / moved.month() / last};
  }

  Instant instant_of(Instant from, Span span, bool late) const {
    if (span.unit == Unit::hours) return from + hours{span.count};
    if (span.unit == Unit::minutes) return from + minutes{span.count};
    Date date = walk(date_of(from), span);
    while (!ladder_.family_a && !is_open(date)) date += days{late ? 1 : -1};
    return clock_.zone.to_instant(date + clock_.morning);
  }
  Instant planned(int r) const { return instant_of(*due_, def(r).at, def(r).at.count > 0); }
  std::optional<Instant> repeat_after(int r, Instant at) const {
    if (!def(r).every) return std::nullopt;
    return instant_of(at, *def(r).every, true);
  }

  Instant working_day_after(Instant at) const {
    const auto local = clock_.zone.to_local(at);
    return clock_.zone.to_instant(walk(date_of(at), {1, Unit::working_days}) +
                                  (local - floor<days>(local)));
  }

  void move_to(std::optional<Instant> due, Instant now) {
    if (due == due_) return;
    const auto before = std::exchange(due_, std::nullopt);
    owed_ = -1;
    if (!due) return;
    if (before ? date_of(*before) != date_of(*due) : dated_) {  // S5.1: a new version
      for (auto& rung : rungs_) rung.cycle = -1;
      waiting_.clear();
    }
    set_due(*due, now);
    if (before && *due < *before)  // S5.2: the highest passed rung never heard is sent once
      for (int r = ladder_.first_rung; r < size(); ++r)
        if (state(r).passed && !state(r).last) owed_ = r;
  }

  void set_due(Instant due, Instant now) {
    due_ = due;
    dated_ = true;
    for (int r = ladder_.first_rung; r < size(); ++r) {
      RungState& rung = state(r);
      if (rung.cycle >= 0) continue;  // S5.1: fired rungs stay fired
      rung.turn = planned(r);
      rung.passed = *rung.turn <= now;
      if (rung.passed) rung.turn = repeat_after(r, rung.last.value_or(now));
    }
  }

  void pass(Instant now, const OracleTimeline::Gap* down) {
    std::map<int, Word> speaking;
    for (int r = ladder_.first_rung; r < size(); ++r) {
      const RungState& rung = state(r);
      const bool repeats = rung.cycle >= 0 || rung.passed;
      if (r == owed_)
        speaking[r] = {r, 0, planned(r)};
      else if (rung.turn && *rung.turn <= now)
        speaking[r] = {r, repeats ? std::max(rung.cycle, 0) + 1 : 0, *rung.turn};
      else if (speaking.contains(r - 1) && ladder_.readers(r - 1, now).empty() &&
               rung.cycle < 0)  // S3.5
        speaking[r] = {r, 0, now};
    }
    owed_ = -1;
    // S6.1: everybody gets the highest rung that names them. S6.4: repeats count from now.
    std::map<std::string, Word> told;
    for (const auto& [r, word] : speaking) {
      state(r) = {repeat_after(r, now), now, word.cycle, false};
      for (const auto& name : ladder_.readers(r, now)) told[name] = word;
    }
    // S6.2: who waited is told in time, or along with a later word.
    for (const auto& [name, wait] : std::exchange(waiting_, {})) {
      if (!told.contains(name) && now < wait_until_) {
        waiting_[name] = wait;
        continue;
      }
      Word& word = told.try_emplace(name, wait).first->second;
      if (word.rung < wait.rung) word = wait;
      word.at_once = true;
    }
    const std::string debtor = ladder_.debtor(now);
    for (auto& [name, word] : told) {
      if (down && !ladder_.family_a && told.contains(debtor) && name != debtor && !word.at_once &&
          down->from < word.planned && word.planned < down->to) {
        wait_until_ = working_day_after(clock_.accepted ? clock_.accepted(now) : now);
        waiting_[name] = word;
      } else {
        said_.push_back({now, name, word.rung, word.cycle});
      }
    }
  }

  const OracleLadder::Rung& def(int r) const { return ladder_.rungs[static_cast<std::size_t>(r)]; }
  RungState& state(int r) { return rungs_[static_cast<std::size_t>(r)]; }
  int size() const { return static_cast<int>(rungs_.size()); }

  const OracleLadder& ladder_;
  const OracleTimeline& line_;
  const OracleClock& clock_;
  std::vector<RungState> rungs_;
  std::optional<Instant> due_;
  bool dated_ = false;  // it has had a date
  int owed_ = -1;
  std::map<std::string, Word> waiting_;
  Instant held_until_ = Instant::min(), wait_until_;
  std::vector<Said> said_;
};

}  // namespace

std::vector<Said> play(const OracleLadder& ladder, const OracleTimeline& line,
                       const OracleClock& clock) {
  return Play{ladder, line, clock}.run();
}

}  // namespace assured::test
