// A thousand random ladders: the engine, woken only when it asks to be, says what the oracle says,
// which looks at every minute.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "daemon/system_zones.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"
#include "workflows/ladder.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

constexpr std::uint32_t first_seed = 20260901;
constexpr int ladders = 1000;
const std::vector<std::string> names{"owner", "above", "above2", "lead", "chair"};

struct RandomLadder {
  struct Rung {
    Span at;
    std::vector<std::string> to;
    std::optional<Span> every;
  };
  bool family_a = false;
  std::string debtor;
  std::vector<Rung> rungs;
  std::set<std::string> absent;  // nobody holds these
  int first_rung = 0;
};

struct Trial {
  Family family = Family::c;
  RandomLadder ladder;
  OracleTimeline line;
  std::vector<Date> closed_days;  // besides weekends and bank holidays
};

const Zone& london() {
  static const auto zone = *SystemZones{}.find_zone("Europe/London");
  return *zone;
}

// --- making trials

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  Trial make() {
    Trial trial;
    trial.family = chance(30) ? Family::a : chance(50) ? Family::b : Family::c;
    trial.ladder = make_ladder(trial.family == Family::a);
    const Date first = Date{days{20'690}} + days{below(230)};  // 25 August 2026 and on
    auto& line = trial.line;
    line.opened = london().to_instant(first + minutes_of(24 * 60));
    line.end = line.opened + days{35};
    for (int n = chance(40) ? 1 + below(3) : 0; n > 0; --n)
      trial.closed_days.push_back(first + days{below(35)});

    if (!chance(10)) line.due = some_due(line);
    for (int n = chance(50) ? 1 + below(2) : 0; n > 0; --n) {
      // Often about the due date, where it swallows rungs.
      Instant from = some_instant(line);
      if (line.due && chance(50))
        from = std::max(line.opened, *line.due - 1min * below(3 * 24 * 60));
      line.downtime.push_back({from, from + (chance(50) ? Millis{1h * (1 + below(20))}
                                                        : Millis{days{1 + below(6)} + 90min})});
    }
    for (int n = chance(60) ? 1 + below(3) : line.due ? 0 : 1; n > 0; --n)
      line.moves.push_back({awake(line, some_instant(line)), {}});
    std::sort(line.moves.begin(), line.moves.end(),
              [](const auto& a, const auto& b) { return a.at < b.at; });
    std::optional<Instant> due = line.due;
    for (auto& move : line.moves) move.due = due = new_due(line, due);
    for (int n = chance(40) ? 1 + below(3) : 0; n > 0; --n) {
      const Instant from = awake(line, some_instant(line));
      line.holds.push_back({from, from + 30min * (1 + below(240))});
    }
    std::sort(line.holds.begin(), line.holds.end(),
              [](const auto& a, const auto& b) { return a.from < b.from; });
    if (chance(40)) line.closed = awake(line, some_instant(line));
    return trial;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  std::chrono::minutes minutes_of(int n) { return std::chrono::minutes{below(n)}; }
  template <class T>
  T one_of(std::initializer_list<T> all) {
    return *(all.begin() + below(static_cast<int>(all.size())));
  }

  RandomLadder make_ladder(bool family_a) {
    RandomLadder ladder{family_a, "owner", {}, {}, 0};
    for (int n = 2 + below(5); n > 0; --n) {
      RandomLadder::Rung rung;
      rung.at = one_of<Span>(
          {{-24, Unit::hours},       {-4, Unit::hours},        {0, Unit::hours},
           {30, Unit::minutes},      {8, Unit::hours},         {48, Unit::hours},
           {-5, Unit::working_days}, {-2, Unit::working_days}, {-1, Unit::working_days},
           {0, Unit::working_days},  {1, Unit::working_days},  {3, Unit::working_days},
           {5, Unit::working_days},  {-3, Unit::days},         {-1, Unit::days},
           {0, Unit::days},          {1, Unit::days},          {2, Unit::days},
           {-1, Unit::weeks},        {1, Unit::weeks},         {-1, Unit::months},
           {-1, Unit::years}});
      if (chance(65)) rung.to.push_back("owner");
      for (const std::string& name : names)
        if (name != "owner" && chance(30)) rung.to.push_back(name);
      if (chance(30))
        rung.every = one_of<Span>({{4, Unit::hours},
                                   {24, Unit::hours},
                                   {90, Unit::minutes},
                                   {1, Unit::days},
                                   {1, Unit::working_days},
                                   {2, Unit::working_days},
                                   {5, Unit::working_days},
                                   {1, Unit::weeks},
                                   {1, Unit::months}});
      ladder.rungs.push_back(rung);
    }
    // In order of time, as a programme must have them.
    const Calendar plain{Nation::england_and_wales};
    const TimeRules rules{.zone = &london(), .calendar = &plain, .morning = 9h};
    const Instant due = london().to_instant(Date{days{20'703}} + 17h);  // a quiet September
    std::stable_sort(ladder.rungs.begin(), ladder.rungs.end(), [&](const auto& a, const auto& b) {
      return rung_instant(due, a.at, family_a, rules) < rung_instant(due, b.at, family_a, rules);
    });
    if (chance(20))
      for (int n = 1 + below(3); n > 0; --n)
        ladder.absent.insert(names[static_cast<std::size_t>(below(5))]);
    if (chance(10)) ladder.first_rung = below(static_cast<int>(ladder.rungs.size()));
    return ladder;
  }

  Instant some_instant(const OracleTimeline& line) {
    return line.opened + std::chrono::minutes{below(
                             static_cast<int>((line.end - line.opened) / std::chrono::minutes{1}))};
  }
  // People do nothing while the daemon is down: they do it when it is back.
  Instant awake(const OracleTimeline& line, Instant at) {
    for (bool moved = true; moved;) {
      moved = false;
      for (const auto& gap : line.downtime)
        if (gap.from < at && at < gap.to) {
          at = gap.to;
          moved = true;
        }
    }
    return at;
  }
  Instant some_due(const OracleTimeline& line) {
    const Date date = std::chrono::floor<days>(london().to_local(line.opened)) + days{below(25)};
    return london().to_instant(date + (chance(60) ? 17h + 0min : minutes_of(24 * 60)));
  }
  std::optional<Instant> new_due(const OracleTimeline& line, std::optional<Instant> old) {
    if (!old) return some_due(line);
    const Date date = std::chrono::floor<days>(london().to_local(*old));
    if (chance(10)) return std::nullopt;
    if (chance(25)) return london().to_instant(date + minutes_of(24 * 60));  // the same date
    return london().to_instant(date + days{below(27) - 13} + (chance(60) ? 17h + 0min : 9h + 0min));
  }

  std::mt19937 random_;
};

Calendar calendar_of(const Trial& trial) {
  std::vector<CalendarOverride> closed;
  for (const Date date : trial.closed_days) closed.push_back({date, true, "Closed"});
  return Calendar{Nation::england_and_wales, closed};
}

// --- the engine, woken when it asks

struct Answer {
  std::vector<Said> said;
  bool seniors_waited = false;
  std::string fault;  // what must never happen, whatever is said
};

class Driver {
 public:
  Driver(const Trial& trial, const TimeRules& rules) : trial_(trial), rules_(rules) {
    def_.family = o_.family = trial.family;
    for (const auto& rung : trial.ladder.rungs) {
      RungDef def;
      def.at = rung.at;
      def.repeat_every = rung.every;
      for (const auto& name : rung.to) def.to.push_back({RoleTerm::Kind::board, name});
      def_.rungs.push_back(def);
    }
    o_.owed_by = to_text(Party{Party::Kind::post, trial.ladder.debtor});
    o_.opened_at = o_.rungs_from = trial.line.opened;
    o_.due_at = o_.first_due_at = trial.line.due;
    o_.first_rung = trial.ladder.first_rung;
  }

  Answer run() {
    Instant clock = trial_.line.opened;
    command(clock);
    while (o_.is_open() && answer_.fault.empty()) {
      const auto next = next_command(clock);
      const auto wake = next_wake(o_, def_, rules_);
      if (next && (!wake || *next <= running(std::max(*wake, clock)))) {
        command(clock = *next);
        continue;
      }
      if (!wake) break;
      clock = running(std::max(*wake, clock));
      if (clock > trial_.line.end) break;
      pass(clock);
    }
    std::sort(answer_.said.begin(), answer_.said.end());
    return answer_;
  }

 private:
  // The first instant from `at` on at which the daemon runs.
  Instant running(Instant at) const {
    for (bool moved = true; moved;) {
      moved = false;
      for (const auto& gap : trial_.line.downtime)
        if (gap.from < at && at < gap.to) {
          at = gap.to;
          moved = true;
        }
    }
    return at;
  }

  std::optional<Instant> next_command(Instant after) const {
    std::optional<Instant> next;
    const auto consider = [&](Instant at) {
      if (at > after && (!next || at < *next)) next = at;
    };
    for (const auto& move : trial_.line.moves) consider(move.at);
    for (const auto& hold : trial_.line.holds) consider(hold.from);
    if (trial_.line.closed) consider(*trial_.line.closed);
    return next;
  }

  void command(Instant now) {
    if (trial_.line.closed == now) o_.closed_at = now;
    for (const auto& move : trial_.line.moves) {
      if (move.at != now) continue;
      const int version = o_.due_version;
      if (move.due)
        move_due(o_, *move.due, def_, rules_, now);
      else
        o_.due_at.reset();
      if (o_.due_version != version && o_.due_version != version + 1)
        answer_.fault = "the due version did not rise by one";
    }
    for (const auto& hold : trial_.line.holds)
      if (hold.from == now) o_.held_until = std::max(o_.held_until.value_or(hold.to), hold.to);
  }

  void pass(Instant now) {
    std::optional<Downtime> down;
    for (const auto& gap : trial_.line.downtime)
      if (gap.to == now) down = Downtime{gap.from, gap.to};
    const auto resolve = [&](const RungDef& rung) {
      std::vector<Told> told;
      for (const auto& term : rung.to)
        told.push_back(
            {Party{Party::Kind::post, term.name}, !trial_.ladder.absent.contains(term.name)});
      return told;
    };
    const LadderPass result = run_pass(o_, def_, resolve, down, rules_, now);
    bool debtor = false;
    for (const Firing& firing : result.fire) {
      answer_.said.push_back({now, parse_party(firing.to)->name, firing.rung, firing.cycle});
      debtor = debtor || firing.to == o_.owed_by;
    }
    if (!result.fire.empty() && debtor != (result.fire.front().to == o_.owed_by))
      answer_.fault = "the owner is not first";
    answer_.seniors_waited = answer_.seniors_waited || o_.seniors_wait_until.has_value();
    if (debtor) end_seniors_wait(o_, rules_, now);
    const auto wake = next_wake(o_, def_, rules_);
    if (wake && *wake <= now) answer_.fault = "it would wake again at once";
    std::set<std::tuple<int, int, int, std::string>> keys;
    for (const FiredRung& f : o_.fired)
      if (!keys.emplace(f.due_version, f.rung, f.cycle, f.to).second)
        answer_.fault = "a rung fired twice for one key";
  }

  const Trial& trial_;
  const TimeRules& rules_;
  LadderDef def_;
  Obligation o_;
  Answer answer_;
};

TimeRules rules_for(const Calendar& calendar) {
  return TimeRules{.zone = &london(), .calendar = &calendar, .close_of_day = 17h, .morning = 9h};
}

Answer engine_of(const Trial& trial) {
  const Calendar calendar = calendar_of(trial);
  const TimeRules rules = rules_for(calendar);
  return Driver{trial, rules}.run();
}

std::vector<Said> oracle_of(const Trial& trial) {
  const Calendar calendar = calendar_of(trial);
  OracleLadder ladder{trial.ladder.family_a, trial.ladder.first_rung, {}, {}, {}};
  for (const auto& rung : trial.ladder.rungs) ladder.rungs.push_back({rung.at, rung.every});
  ladder.readers = [&](int rung, Instant) {
    auto to = trial.ladder.rungs[static_cast<std::size_t>(rung)].to;
    std::erase_if(to, [&](const auto& name) { return trial.ladder.absent.contains(name); });
    return to;
  };
  ladder.debtor = [&](Instant) { return trial.ladder.debtor; };
  return play(ladder, trial.line, OracleClock{london(), calendar, 9h});
}

bool disagree(const Trial& trial) {
  const Answer engine = engine_of(trial);
  return !engine.fault.empty() || engine.said != oracle_of(trial);
}

// --- telling what went wrong

// Leaves out, piece by piece, whatever the disagreement does not need.
Trial shrink(Trial trial) {
  const auto drop_each = [&trial](auto member) {
    bool dropped = false;
    for (std::size_t i = 0; i < member(trial).size();) {
      Trial less = trial;
      auto& all = member(less);
      all.erase(std::next(all.begin(), static_cast<std::ptrdiff_t>(i)));
      if (disagree(less)) {
        trial = less;
        dropped = true;
      } else {
        ++i;
      }
    }
    return dropped;
  };
  const auto try_this = [&trial](auto change) {
    Trial less = trial;
    if (!change(less) || !disagree(less)) return false;
    trial = less;
    return true;
  };
  for (bool smaller = true; smaller;) {
    smaller = drop_each([](Trial & t) -> auto& { return t.line.moves; });
    smaller |= drop_each([](Trial & t) -> auto& { return t.line.holds; });
    smaller |= drop_each([](Trial & t) -> auto& { return t.line.downtime; });
    smaller |= drop_each([](Trial & t) -> auto& { return t.closed_days; });
    smaller |= drop_each([](Trial & t) -> auto& { return t.ladder.rungs; });
    smaller |= drop_each([](Trial & t) -> auto& { return t.ladder.absent; });
    smaller |= try_this([](Trial& t) { return std::exchange(t.ladder.first_rung, 0) != 0; });
    smaller |= try_this([](Trial& t) { return std::exchange(t.line.closed, {}).has_value(); });
    for (std::size_t i = 0; i < trial.ladder.rungs.size(); ++i) {
      smaller |= drop_each([i](Trial & t) -> auto& { return t.ladder.rungs[i].to; });
      smaller |= try_this([i](Trial& t) {
        return std::exchange(t.ladder.rungs[i].every, std::nullopt).has_value();
      });
    }
  }
  return trial;
}

std::string shown(Instant at) { return to_text(at); }
std::string shown(std::optional<Instant> at) { return at ? to_text(*at) : "none"; }

std::string told(const std::vector<Said>& said) {
  std::ostringstream out;
  for (const Said& s : said)
    out << "  " << shown(s.at) << " " << s.to << " rung " << s.rung << " cycle " << s.cycle << "\n";
  return out.str();
}

std::string told(const Trial& trial) {
  std::ostringstream out;
  out << "family " << to_text(trial.family) << ", first rung " << trial.ladder.first_rung << "\n";
  for (const auto& rung : trial.ladder.rungs) {
    out << "rung " << to_text(rung.at) << " to";
    for (const auto& name : rung.to) out << " " << name;
    if (rung.every) out << ", every " << to_text(*rung.every);
    out << "\n";
  }
  for (const auto& name : trial.ladder.absent) out << "absent " << name << "\n";
  const auto& line = trial.line;
  out << "opened " << shown(line.opened) << ", due " << shown(line.due) << "\n";
  for (const auto& m : line.moves) out << "moved " << shown(m.at) << " to " << shown(m.due) << "\n";
  for (const auto& h : line.holds) out << "held " << shown(h.from) << " to " << shown(h.to) << "\n";
  for (const auto& d : line.downtime)
    out << "down " << shown(d.from) << " to " << shown(d.to) << "\n";
  for (const Date d : trial.closed_days) out << "closed day " << to_text(d) << "\n";
  out << "closed " << shown(line.closed) << ", end " << shown(line.end) << "\n";
  const Answer engine = engine_of(trial);
  out << "oracle:\n" << told(oracle_of(trial)) << "engine:\n" << told(engine.said) << engine.fault;
  return out.str();
}

}  // namespace

TEST_CASE("the engine says on random ladders what the oracle says", "[ladder][oracle]") {
  std::map<std::string, int> seen;
  std::size_t said = 0;
  for (std::uint32_t seed = first_seed; seed < first_seed + ladders; ++seed) {
    const Trial trial = Maker{seed}.make();
    const Answer engine = engine_of(trial);
    const auto expected = oracle_of(trial);
    if (!engine.fault.empty() || engine.said != expected)
      FAIL("seed " << seed << ": engine and oracle disagree on\n" << told(shrink(trial)));

    said += expected.size();
    const auto saw = [&seen](const char* what, bool is) { seen[what] += is ? 1 : 0; };
    const Calendar calendar = calendar_of(trial);
    const auto& line = trial.line;
    const Date first = std::chrono::floor<days>(london().to_local(line.opened));
    bool holiday = false;
    for (Date day = first; day < first + days{35}; day += days{1}) {
      const std::chrono::weekday weekday{day};
      holiday = holiday || (weekday != std::chrono::Saturday && weekday != std::chrono::Sunday &&
                            !calendar.is_working_day(day));
    }
    const auto offset = [](Instant at) {
      return london().to_local(at).time_since_epoch() - at.time_since_epoch();
    };
    saw("moves", !line.moves.empty());
    saw("acknowledgements", !line.holds.empty());
    saw("downtime", !line.downtime.empty());
    saw("family A", trial.family == Family::a);
    saw("repeats", std::any_of(trial.ladder.rungs.begin(), trial.ladder.rungs.end(),
                               [](const auto& rung) { return rung.every.has_value(); }));
    saw("holidays", holiday);
    saw("clock changes", offset(line.opened) != offset(line.end));
    saw("something said", !expected.empty());
    saw("seniors waiting", engine.seniors_waited);
    saw("nobody there", !trial.ladder.absent.empty());
    saw("dates lost", std::any_of(line.moves.begin(), line.moves.end(),
                                  [](const auto& move) { return !move.due; }));
    saw("later rounds", trial.ladder.first_rung > 0);
  }
  std::ostringstream summary;
  for (const auto& [what, count] : seen) summary << what << " " << count << ", ";
  WARN("of " << ladders << " ladders: " << summary.str() << "messages " << said);
  for (const char* what : {"moves", "acknowledgements", "downtime", "family A", "repeats",
                           "holidays", "clock changes"}) {
    INFO(what);
    CHECK(seen[what] >= ladders / 5);
  }
  CHECK(seen["something said"] >= ladders * 4 / 5);
  CHECK(seen["seniors waiting"] >= ladders / 20);
  CHECK(seen["nobody there"] >= ladders / 10);
  CHECK(seen["dates lost"] >= ladders / 20);
  CHECK(seen["later rounds"] >= ladders / 25);
  CHECK(said >= 5 * ladders);
}

TEST_CASE("the comparison notices a rung too few, a day too late and a senior told too soon",
          "[ladder][oracle]") {
  int fewer = 0, later = 0, sooner = 0;
  for (std::uint32_t seed = first_seed; seed < first_seed + 100; ++seed) {
    const Trial trial = Maker{seed}.make();
    const auto right = engine_of(trial).said;
    Trial other = trial;
    other.ladder.rungs.pop_back();
    fewer += oracle_of(other) != right ? 1 : 0;
    other = trial;
    if (other.line.due) *other.line.due += days{1};
    later += oracle_of(other) != right ? 1 : 0;
    other = trial;
    other.ladder.family_a = true;
    sooner += oracle_of(other) != right ? 1 : 0;
  }
  CHECK(fewer >= 40);
  CHECK(later >= 25);
  CHECK(sooner >= 10);
}
