// SEMANTICS.md 4.2, 5, 6 and 15 line by line, with instants reckoned by hand. December 2026 in
// London: local time is UTC, Friday 25 and Monday 28 are bank holidays, and so is Friday 1 January.
#include <set>
#include <sstream>

#include "daemon/system_zones.hpp"
#include "tests/support/catch.hpp"
#include "workflows/ladder.hpp"

using namespace assured;
using namespace std::chrono_literals;

namespace {

Instant at(std::string_view local) {
  INFO(local);
  const auto time = parse_local_time(local);
  REQUIRE(time);
  const auto zone = SystemZones{}.find_zone("Europe/London");
  REQUIRE(zone);
  return (*zone)->to_instant(*time);
}

Span span(std::string_view text) {
  INFO(text);
  const auto read = parse_span(text, true);
  REQUIRE(read);
  return *read;
}

struct Rung {
  std::string at;
  std::string to;  // posts, a blank between
  std::string every = {};
};

// One obligation, owed by `owner`, watched while time goes by. What is said is kept as text:
// "2026-12-14T09:00:00Z owner -5wd\n", a repeat with "#1".
class Watched {
 public:
  Watched(Family family, const std::vector<Rung>& rungs, std::string_view opened,
          std::optional<std::string_view> due)
      : zone_(*SystemZones{}.find_zone("Europe/London")), calendar_(Nation::england_and_wales) {
    rules_ =
        TimeRules{.zone = zone_.get(), .calendar = &calendar_, .close_of_day = 17h, .morning = 9h};
    for (const Rung& rung : rungs) {
      RungDef def;
      def.at = span(rung.at);
      std::istringstream posts{rung.to};
      for (std::string post; posts >> post;) def.to.push_back({RoleTerm::Kind::board, post});
      if (!rung.every.empty()) def.repeat_every = span(rung.every);
      ladder.rungs.push_back(def);
      names_.push_back(rung.at);
    }
    it.family = family;
    it.owed_by = "post:owner";
    it.opened_at = it.rungs_from = at(opened);
    if (due) it.due_at = it.first_due_at = at(*due);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // Passes whenever the obligation asks for one, until `end` and at it. Notices are accepted at
  // once.
  std::string run(std::string_view end) {
    said_.clear();
    for (auto wake = next_wake(it, ladder, rules_); wake && *wake <= at(end);
         wake = next_wake(it, ladder, rules_)) {
      now_ = std::max(now_, *wake);
      pass(now_, {});
      end_seniors_wait(it, rules_, now_);
    }
    now_ = std::max(now_, at(end));
    return said_;
  }

  // The daemon was down; its first pass afterwards. The debtor's notice is still on its way.
  std::string catch_up(std::string_view from, std::string_view to) {
    said_.clear();
    now_ = at(to);
    pass(now_, Downtime{at(from), at(to)});
    return said_;
  }

  // Mail about that rung to `to` came back; nobody there is known dead but them.
  std::string came_back(std::string_view when, int rung, const std::string& to) {
    said_.clear();
    now_ = at(when);
    last_ = fire_above(it, ladder, resolver(), rung, "post:" + to, now_);
    say();
    return said_;
  }

  void accepted(std::string_view when) { end_seniors_wait(it, rules_, at(when)); }
  void move(std::string_view when, std::string_view due) {
    now_ = at(when);
    move_due(it, at(due), ladder, rules_, now_);
  }
  std::optional<Instant> wake() const { return next_wake(it, ladder, rules_); }
  LadderPass last() const { return last_; }

  Obligation it;
  LadderDef ladder;
  std::set<std::string> absent;

 private:
  ResolveRung resolver() const {
    return [this](const RungDef& rung) {
      std::vector<Told> told;
      for (const auto& term : rung.to)
        told.push_back({{Party::Kind::post, term.name}, !absent.contains(term.name)});
      return told;
    };
  }
  void pass(Instant now, const std::optional<Downtime>& down) {
    last_ = run_pass(it, ladder, resolver(), down, rules_, now);
    now_ = now;
    say();
  }
  void say() {
    for (const Firing& firing : last_.fire) {
      said_ += to_text(now_) + " " + parse_party(firing.to)->name + " " +
               names_[static_cast<std::size_t>(firing.rung)];
      if (firing.cycle > 0) said_ += "#" + std::to_string(firing.cycle);
      said_ += "\n";
    }
  }

  std::shared_ptr<const Zone> zone_;
  Calendar calendar_;
  TimeRules rules_;
  std::vector<std::string> names_;
  Instant now_{};
  std::string said_;
  LadderPass last_;
};

}  // namespace

TEST_CASE("S4.2: rungs fire in the morning of working days; family A on any day", "[ladder]") {
  const std::vector<Rung> rungs{{"-5wd", "owner"}, {"-1d", "owner"},  {"0d", "owner"},
                                {"0h", "owner"},   {"+1wd", "owner"}, {"+5d", "owner"}};
  Watched routine{Family::c, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
  CHECK(routine.run("2027-01-31 00:00") ==
        "2026-12-14T09:00:00Z owner -5wd\n"
        "2026-12-18T09:00:00Z owner -1d\n"  // not Sunday 20
        "2026-12-21T09:00:00Z owner 0d\n"
        "2026-12-21T17:00:00Z owner 0h\n"
        "2026-12-22T09:00:00Z owner +1wd\n"
        "2026-12-29T09:00:00Z owner +5d\n");  // not Saturday 26, Sunday, Monday 28
  CHECK_FALSE(routine.wake());

  Watched urgent{Family::a, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
  CHECK(urgent.run("2027-01-31 00:00") ==
        "2026-12-14T09:00:00Z owner -5wd\n"
        "2026-12-20T09:00:00Z owner -1d\n"
        "2026-12-21T09:00:00Z owner 0d\n"
        "2026-12-21T17:00:00Z owner 0h\n"
        "2026-12-22T09:00:00Z owner +1wd\n"
        "2026-12-26T09:00:00Z owner +5d\n");
}

TEST_CASE("S4.2: mornings and hours across the end of summer time", "[ladder]") {
  Watched w{Family::a,
            {{"-24h", "owner"}, {"0d", "owner"}, {"+12h", "owner"}, {"+1d", "owner"}},
            "2026-10-20 10:00",
            "2026-10-25 12:00"};
  CHECK(w.run("2026-10-31 00:00") ==
        "2026-10-24T12:00:00Z owner -24h\n"  // one in the afternoon by the clock of that day
        "2026-10-25T09:00:00Z owner 0d\n"
        "2026-10-26T00:00:00Z owner +12h\n"
        "2026-10-26T09:00:00Z owner +1d\n");
}

TEST_CASE("S5.1: on the same date the version stays, and what fired stays fired", "[ladder]") {
  Watched w{
      Family::c, {{"-5wd", "owner"}, {"0h", "owner"}}, "2026-12-01 10:00", "2026-12-21 17:00"};
  CHECK(w.run("2026-12-15 10:00") == "2026-12-14T09:00:00Z owner -5wd\n");

  w.move("2026-12-15 10:00", "2026-12-21 12:00");
  CHECK(w.it.due_version == 1);
  CHECK(w.it.first_due_at == at("2026-12-21 17:00"));
  CHECK(w.run("2026-12-31 00:00") == "2026-12-21T12:00:00Z owner 0h\n");

  w.move("2026-12-31 10:00", "2027-01-05 00:00");
  CHECK(w.it.due_version == 2);
  w.move("2026-12-31 10:00", "2027-01-05 00:00");
  CHECK(w.it.due_version == 2);  // nothing changed
}

TEST_CASE("S5.2: a rung that lies ahead again fires again", "[ladder]") {
  Watched w{Family::c, {{"-5wd", "owner"}}, "2026-12-01 10:00", "2026-12-21 17:00"};
  CHECK(w.run("2026-12-15 10:00") == "2026-12-14T09:00:00Z owner -5wd\n");
  w.move("2026-12-15 10:00", "2027-01-04 17:00");
  CHECK(w.run("2027-01-31 00:00") == "2026-12-23T09:00:00Z owner -5wd\n");
  CHECK(w.it.fired.back().due_version == 2);
}

TEST_CASE("S5.2: a rung whose new instant is past counts as passed", "[ladder]") {
  Watched w{
      Family::c, {{"-5wd", "owner"}, {"+1wd", "owner"}}, "2026-12-15 10:00", "2026-12-21 17:00"};
  // The reminder of 14 December had passed when the obligation opened. Later again, it still has.
  CHECK(w.run("2026-12-17 10:00").empty());
  w.move("2026-12-17 10:00", "2026-12-23 17:00");  // reminder 16 December
  CHECK(w.run("2027-01-31 00:00") == "2026-12-24T09:00:00Z owner +1wd\n");
}

TEST_CASE("S5.2: moved earlier, the highest rung never fired is sent once", "[ladder]") {
  const std::vector<Rung> rungs{{"-5wd", "owner"}, {"-2wd", "owner lead"}, {"0d", "owner"}};
  SECTION("of two that passed unheard, the higher") {
    Watched w{Family::c, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
    w.move("2026-12-10 11:00", "2026-12-11 17:00");
    CHECK(w.run("2027-01-31 00:00") ==
          "2026-12-10T11:00:00Z owner -2wd\n"
          "2026-12-10T11:00:00Z lead -2wd\n"
          "2026-12-11T09:00:00Z owner 0d\n");
  }
  SECTION("what fired in another version is not owed") {
    Watched w{Family::c, rungs, "2026-12-01 10:00", "2026-12-11 17:00"};
    CHECK(w.run("2026-12-10 11:00") ==
          "2026-12-04T09:00:00Z owner -5wd\n"
          "2026-12-09T09:00:00Z owner -2wd\n"
          "2026-12-09T09:00:00Z lead -2wd\n");
    w.move("2026-12-10 11:00", "2026-12-31 17:00");
    w.move("2026-12-10 12:00", "2026-12-11 17:00");
    CHECK(w.run("2027-01-31 00:00") == "2026-12-11T09:00:00Z owner 0d\n");
    CHECK(w.it.due_version == 3);
  }
  SECTION("one below a rung that fired is") {
    Watched w{Family::c, rungs, "2026-12-07 10:00", "2026-12-11 17:00"};
    CHECK(w.run("2026-12-10 11:00") ==
          "2026-12-09T09:00:00Z owner -2wd\n"
          "2026-12-09T09:00:00Z lead -2wd\n");
    w.move("2026-12-10 11:00", "2026-12-31 17:00");
    w.move("2026-12-11 12:00", "2026-12-14 17:00");
    CHECK(w.run("2026-12-13 00:00") == "2026-12-11T12:00:00Z owner -5wd\n");
  }
  SECTION("moved later, nothing is owed") {
    Watched w{Family::c, rungs, "2026-12-10 10:00", "2026-12-11 17:00"};
    w.move("2026-12-10 11:00", "2026-12-14 17:00");  // reminders 7 and 10 December
    CHECK(w.run("2026-12-13 00:00").empty());
  }
  SECTION("held, it is sent when the hold ends") {
    Watched w{Family::c, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
    w.it.held_until = at("2026-12-10 15:00");
    w.move("2026-12-10 11:00", "2026-12-11 17:00");
    CHECK(w.run("2026-12-10 23:00") ==
          "2026-12-10T15:00:00Z owner -2wd\n"
          "2026-12-10T15:00:00Z lead -2wd\n");
  }
}

TEST_CASE("S5.2: a first date given later counts like an opening then", "[ladder]") {
  Watched w{Family::c, {{"-5wd", "owner"}, {"0d", "owner"}}, "2026-12-01 10:00", std::nullopt};
  CHECK_FALSE(w.wake());
  w.move("2026-12-15 10:00", "2026-12-21 17:00");
  CHECK(w.it.due_version == 1);
  CHECK(w.it.first_due_at == at("2026-12-21 17:00"));
  CHECK(w.run("2027-01-31 00:00") == "2026-12-21T09:00:00Z owner 0d\n");
}

TEST_CASE("a date given again after it was lost is a new version", "[ladder]") {
  Watched w{Family::c, {{"-5wd", "owner"}}, "2026-12-01 10:00", "2026-12-21 17:00"};
  CHECK(w.run("2026-12-15 10:00") == "2026-12-14T09:00:00Z owner -5wd\n");
  w.it.due_at.reset();
  CHECK_FALSE(w.wake());
  w.move("2026-12-16 10:00", "2027-01-04 17:00");
  CHECK(w.it.due_version == 2);
  CHECK(w.it.first_due_at == at("2026-12-21 17:00"));
  CHECK(w.run("2027-01-31 00:00") == "2026-12-23T09:00:00Z owner -5wd\n");
}

TEST_CASE("S5.3: an obligation stays escalated when its date moves", "[ladder]") {
  Watched w{Family::c,
            {{"-1wd", "owner"}, {"+1wd", "owner lead"}},
            "2026-12-01 10:00",
            "2026-12-14 17:00"};
  w.run("2026-12-14 20:00");
  CHECK_FALSE(was_escalated(w.it, w.ladder));
  CHECK(reached_rung(w.it) == 0);
  w.run("2026-12-15 09:00");
  CHECK(was_escalated(w.it, w.ladder));
  w.move("2026-12-15 10:00", "2027-01-11 17:00");
  CHECK(was_escalated(w.it, w.ladder));
  CHECK(reached_rung(w.it) == 1);
}

TEST_CASE("S5.2 and S6.4: what a rung that passed repeats from", "[ladder]") {
  const std::vector<Rung> rungs{{"+1wd", "owner", "5wd"}};
  SECTION("from the move, when it never fired") {
    Watched w{Family::c, rungs, "2026-12-15 10:00", "2026-12-10 17:00"};
    w.move("2026-12-16 12:00", "2026-12-11 17:00");
    CHECK(w.run("2027-01-01 00:00") ==
          "2026-12-23T09:00:00Z owner +1wd#1\n");  // 17, 18, 21, 22, 23; then 4 January
  }
  SECTION("from its last firing in an earlier version") {
    Watched w{Family::c, rungs, "2026-12-01 10:00", "2026-12-07 17:00"};
    CHECK(w.run("2026-12-09 12:00") == "2026-12-08T09:00:00Z owner +1wd\n");
    w.move("2026-12-09 12:00", "2026-12-08 17:00");
    CHECK(w.run("2026-12-18 00:00") == "2026-12-15T09:00:00Z owner +1wd#1\n");
    CHECK(w.it.fired.back().due_version == 2);
  }
}

TEST_CASE("S6.1: after a gap each recipient hears once, of the highest rung that names it",
          "[ladder]") {
  Watched w{Family::a,
            {{"-1wd", "owner"}, {"+1wd", "lead owner"}, {"+2wd", "lead"}, {"+5wd", "chair"}},
            "2026-12-01 10:00",
            "2026-12-14 17:00"};
  CHECK(w.catch_up("2026-12-10 12:00", "2026-12-17 10:00") ==
        "2026-12-17T10:00:00Z owner +1wd\n"
        "2026-12-17T10:00:00Z lead +2wd\n");
  const auto last = w.last();
  CHECK(last.fire[0].missed == std::vector{at("2026-12-11 09:00"), at("2026-12-15 09:00")});
  CHECK(last.fire[1].missed == std::vector{at("2026-12-15 09:00"), at("2026-12-16 09:00")});
  // S6.4: later rungs keep their planned instants.
  CHECK(w.run("2027-01-31 00:00") == "2026-12-21T09:00:00Z chair +5wd\n");
}

TEST_CASE("S6.2: what the downtime swallowed goes to the debtor first", "[ladder]") {
  const std::vector<Rung> rungs{
      {"-1wd", "owner"}, {"+1wd", "lead owner"}, {"+2wd", "lead chair"}, {"+5wd", "chair"}};
  SECTION("seniors wait one working day from its acceptance, at the same time of day") {
    const Family family = GENERATE(Family::b, Family::c);
    Watched w{family, rungs, "2026-12-01 10:00", "2026-12-14 17:00"};
    CHECK(w.catch_up("2026-12-10 12:00", "2026-12-17 10:00") ==
          "2026-12-17T10:00:00Z owner +1wd\n");
    CHECK(w.wake() == at("2026-12-21 09:00"));  // nothing but the next rung while it is on its way
    w.accepted("2026-12-17 14:30");
    CHECK(w.run("2026-12-19 00:00") ==
          "2026-12-18T14:30:00Z lead +2wd\n"
          "2026-12-18T14:30:00Z chair +2wd\n");
    CHECK(w.last().fire[0].missed == std::vector{at("2026-12-15 09:00"), at("2026-12-16 09:00")});
    CHECK(w.run("2027-01-31 00:00") == "2026-12-21T09:00:00Z chair +5wd\n");
  }
  SECTION("over a weekend, and over Christmas") {
    Watched weekend{Family::c, rungs, "2026-12-01 10:00", "2026-12-14 17:00"};
    weekend.catch_up("2026-12-10 12:00", "2026-12-18 15:00");
    weekend.accepted("2026-12-18 15:00");
    CHECK(weekend.it.seniors_wait_until == at("2026-12-21 15:00"));
    Watched saturday{Family::c, rungs, "2026-12-01 10:00", "2026-12-14 17:00"};
    saturday.catch_up("2026-12-10 12:00", "2026-12-19 10:00");
    saturday.accepted("2026-12-19 10:00");
    CHECK(saturday.it.seniors_wait_until == at("2026-12-21 10:00"));
    Watched christmas{Family::c, rungs, "2026-12-01 10:00", "2026-12-22 17:00"};
    christmas.catch_up("2026-12-17 12:00", "2026-12-24 12:00");
    christmas.accepted("2026-12-24 12:00");
    CHECK(christmas.it.seniors_wait_until == at("2026-12-29 12:00"));
  }
  SECTION("a later rung tells a waiting senior at once, and the wait is over for it") {
    Watched w{Family::c, rungs, "2026-12-01 10:00", "2026-12-14 17:00"};
    CHECK(w.catch_up("2026-12-10 12:00", "2026-12-18 15:00") ==
          "2026-12-18T15:00:00Z owner +1wd\n");
    w.accepted("2026-12-18 15:00");
    CHECK(w.run("2027-01-31 00:00") ==
          "2026-12-21T09:00:00Z chair +5wd\n"
          "2026-12-21T15:00:00Z lead +2wd\n");
  }
  SECTION("family A never waits") {
    Watched w{Family::a, rungs, "2026-12-01 10:00", "2026-12-14 17:00"};
    CHECK(w.catch_up("2026-12-10 12:00", "2026-12-17 10:00") ==
          "2026-12-17T10:00:00Z owner +1wd\n"
          "2026-12-17T10:00:00Z lead +2wd\n"
          "2026-12-17T10:00:00Z chair +2wd\n");
  }
  SECTION("nobody waits for a debtor who is not told") {
    Watched w{Family::c, {{"+1wd", "lead"}}, "2026-12-01 10:00", "2026-12-14 17:00"};
    CHECK(w.catch_up("2026-12-14 18:00", "2026-12-17 10:00") == "2026-12-17T10:00:00Z lead +1wd\n");
    Watched gone{Family::c, {{"+1wd", "owner lead"}}, "2026-12-01 10:00", "2026-12-14 17:00"};
    gone.absent = {"owner"};
    CHECK(gone.catch_up("2026-12-14 18:00", "2026-12-17 10:00") ==
          "2026-12-17T10:00:00Z lead +1wd\n");
  }
  SECTION("nor where the downtime swallowed nothing") {
    Watched w{Family::c, {{"+1wd", "owner lead"}}, "2026-12-01 10:00", "2026-12-14 17:00"};
    CHECK(w.catch_up("2026-12-14 18:00", "2026-12-15 09:00") ==
          "2026-12-15T09:00:00Z owner +1wd\n"
          "2026-12-15T09:00:00Z lead +1wd\n");
  }
  SECTION("a new date ends the wait unsaid; the same date does not") {
    Watched w{Family::c, rungs, "2026-12-01 10:00", "2026-12-14 17:00"};
    w.catch_up("2026-12-10 12:00", "2026-12-17 10:00");
    w.accepted("2026-12-17 10:00");
    w.move("2026-12-17 11:00", "2026-12-14 16:00");
    CHECK(w.it.seniors_wait_until == at("2026-12-18 10:00"));
    w.move("2026-12-17 12:00", "2027-01-20 17:00");
    CHECK_FALSE(w.it.seniors_wait_until);
    CHECK(w.run("2027-01-18 00:00").empty());
  }
  SECTION("in a second downtime a waiting senior does not wait again") {
    Watched w{Family::c,
              {{"+1wd", "owner lead"}, {"+3wd", "owner lead chair"}},
              "2026-12-01 10:00",
              "2026-12-14 17:00"};
    CHECK(w.catch_up("2026-12-14 18:00", "2026-12-16 16:00") ==
          "2026-12-16T16:00:00Z owner +1wd\n");
    w.accepted("2026-12-16 16:00");
    CHECK(w.catch_up("2026-12-16 20:00", "2026-12-17 10:00") ==
          "2026-12-17T10:00:00Z owner +3wd\n"
          "2026-12-17T10:00:00Z lead +3wd\n");
    w.accepted("2026-12-17 10:00");
    CHECK(w.run("2027-01-31 00:00") == "2026-12-18T10:00:00Z chair +3wd\n");
    CHECK(w.last().fire[0].missed == std::vector{at("2026-12-17 09:00")});
  }
}

TEST_CASE("S6.4: repeats count from the catch-up, and one stands for all that were missed",
          "[ladder]") {
  Watched weekly{Family::c, {{"+1wd", "owner", "5wd"}}, "2026-12-01 10:00", "2026-12-14 17:00"};
  CHECK(weekly.run("2026-12-18 12:00") == "2026-12-15T09:00:00Z owner +1wd\n");
  CHECK(weekly.catch_up("2026-12-18 12:00", "2026-12-29 10:00") ==
        "2026-12-29T10:00:00Z owner +1wd#1\n");
  CHECK(weekly.last().fire[0].missed == std::vector{at("2026-12-22 09:00")});
  CHECK(weekly.run("2027-01-10 00:00") == "2027-01-06T09:00:00Z owner +1wd#2\n");

  Watched hourly{Family::a, {{"0h", "owner", "4h"}}, "2026-12-14 08:00", "2026-12-14 10:00"};
  CHECK(hourly.run("2026-12-14 15:00") ==
        "2026-12-14T10:00:00Z owner 0h\n"
        "2026-12-14T14:00:00Z owner 0h#1\n");
  CHECK(hourly.catch_up("2026-12-14 15:00", "2026-12-15 01:00") ==
        "2026-12-15T01:00:00Z owner 0h#2\n");
  CHECK(hourly.last().fire[0].missed ==
        std::vector{at("2026-12-14 18:00"), at("2026-12-14 22:00")});
  CHECK(hourly.run("2026-12-15 06:00") == "2026-12-15T05:00:00Z owner 0h#3\n");
}

TEST_CASE("S15.1: while held nothing fires; then what fell inside merges", "[ladder]") {
  Watched w{Family::c,
            {{"-5wd", "owner"}, {"-2wd", "owner lead"}, {"0d", "owner"}, {"+1wd", "owner"}},
            "2026-12-01 10:00",
            "2026-12-21 17:00"};
  w.it.held_until = at("2026-12-21 09:00");
  CHECK(w.wake() == at("2026-12-21 09:00"));
  CHECK(w.run("2026-12-21 08:59").empty());
  CHECK(w.run("2026-12-21 12:00") ==
        "2026-12-21T09:00:00Z owner 0d\n"  // nobody waits: it was no downtime
        "2026-12-21T09:00:00Z lead -2wd\n");
  CHECK(w.it.due_at == at("2026-12-21 17:00"));
  CHECK(w.it.due_version == 1);
  CHECK(w.run("2027-01-31 00:00") == "2026-12-22T09:00:00Z owner +1wd\n");
}

TEST_CASE("S3.5: a rung that nobody would read fires the next one now", "[ladder]") {
  Watched w{Family::c,
            {{"-5wd", "owner"}, {"+1wd", "owner lead"}, {"+2wd", "lead"}, {"+5wd", "chair"}},
            "2026-12-01 10:00",
            "2026-12-21 17:00"};
  SECTION("the owner") {
    w.absent = {"owner"};
    CHECK(w.run("2026-12-14 10:00") == "2026-12-14T09:00:00Z lead +1wd\n");
    CHECK(w.last().vacant == std::vector<std::string>{"post:owner", "post:owner"});
    CHECK(w.run("2027-01-31 00:00") ==
          "2026-12-23T09:00:00Z lead +2wd\n"  // the one that fired early does not fire again
          "2026-12-30T09:00:00Z chair +5wd\n");
  }
  SECTION("and everybody on the way up") {
    w.absent = {"owner", "lead"};
    CHECK(w.run("2026-12-14 10:00") == "2026-12-14T09:00:00Z chair +5wd\n");
    CHECK(w.run("2027-01-31 00:00").empty());
  }
  SECTION("to the top, where it ends") {
    w.absent = {"owner", "lead", "chair"};
    CHECK(w.run("2027-01-31 00:00").empty());
    CHECK(reached_rung(w.it) == 3);
    CHECK_FALSE(w.wake());
  }
}

TEST_CASE("S15.2: a later round goes on at the rung that was reached", "[ladder]") {
  Watched w{Family::a,
            {{"-4h", "owner"}, {"0h", "owner lead", "4h"}, {"+8h", "chair"}},
            "2026-12-14 08:00",
            "2026-12-15 08:00"};
  w.it.round = 2;
  w.it.first_rung = 2;
  CHECK(w.run("2026-12-31 00:00") == "2026-12-15T16:00:00Z chair +8h\n");
}

TEST_CASE("a closed obligation says nothing, whoever still waits", "[ladder]") {
  Watched w{Family::c, {{"+1wd", "owner lead", "1wd"}}, "2026-12-01 10:00", "2026-12-14 17:00"};
  w.catch_up("2026-12-14 18:00", "2026-12-17 10:00");
  w.accepted("2026-12-17 10:00");
  w.it.closed_at = at("2026-12-17 11:00");
  CHECK_FALSE(w.wake());
  CHECK(w.catch_up("2026-12-17 12:00", "2026-12-20 10:00").empty());
}

TEST_CASE("S11.5: mail that came back hands over to the next rung that names anybody else", "[ladder]") {
  const std::vector<Rung> rungs{
      {"-5wd", "owner"}, {"-1d", "owner"}, {"+1wd", "owner senior"}, {"+5d", "head"}};
  Watched it{Family::c, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
  it.run("2026-12-14 09:00");
  CHECK(it.came_back("2026-12-14 09:05", 0, "owner") == "2026-12-14T09:05:00Z senior +1wd\n");
  CHECK(it.came_back("2026-12-14 09:06", 0, "owner").empty());  // they know
  // Reminders between keep their time, for an address that was mended; the rung that went stays gone.
  CHECK(it.run("2026-12-27 00:00") == "2026-12-18T09:00:00Z owner -1d\n");
  CHECK(it.came_back("2026-12-27 00:00", 2, "senior") == "2026-12-27T00:00:00Z head +5d\n");
  CHECK(it.came_back("2026-12-27 00:01", 3, "head").empty());  // nobody is above
  CHECK_FALSE(it.wake());
}

TEST_CASE("S11.5: a rung above that nobody reads is passed over, one that is held waits", "[ladder]") {
  const std::vector<Rung> rungs{{"-5wd", "owner"}, {"+1wd", "senior"}, {"+5d", "head"}};
  Watched empty{Family::c, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
  empty.absent = {"senior"};
  empty.run("2026-12-14 09:00");
  CHECK(empty.came_back("2026-12-14 09:05", 0, "owner") == "2026-12-14T09:05:00Z head +5d\n");
  CHECK(empty.last().vacant == std::vector<std::string>{"post:senior"});

  Watched held{Family::c, rungs, "2026-12-01 10:00", "2026-12-21 17:00"};
  held.run("2026-12-14 09:00");
  held.it.held_until = at("2026-12-16 09:00");
  CHECK(held.came_back("2026-12-14 09:05", 0, "owner").empty());
}
