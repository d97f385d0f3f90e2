#include "workflows/ladder.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace assured {

namespace {

// `seniors_wait_until` while the debtor's notice is still on its way.
constexpr Instant until_told = Instant::max();

bool is_recorded(const Obligation& o, int rung, int cycle) {
  return std::any_of(o.fired.begin(), o.fired.end(), [&](const FiredRung& f) {
    return f.due_version == o.due_version && f.rung == rung && f.cycle == cycle;
  });
}

bool is_recorded(const Obligation& o, int rung, int cycle, const std::string& to) {
  return std::any_of(o.fired.begin(), o.fired.end(), [&](const FiredRung& f) {
    return f.due_version == o.due_version && f.rung == rung && f.cycle == cycle && f.to == to;
  });
}

// One time that a rung fires: itself (cycle 0) or one of its repeats.
struct Occurrence {
  int rung = 0;
  int cycle = 0;
  Instant planned_at;
};

// The cycle that a rung has reached in this due version (-1: none), and when it last fired in any.
// Seniors who were told later do not count: repeats go on from the pass that found the rung due.
struct Reached {
  int cycle = -1;
  std::optional<Instant> last;
};

Reached reached_by(const Obligation& o, int rung) {
  Reached reached;
  std::pair latest{0, -1};  // version and cycle
  for (const FiredRung& f : o.fired) {
    if (f.rung != rung) continue;
    const std::pair key{f.due_version, f.cycle};
    if (key > latest) reached.last = f.fired_at;
    if (key == latest) reached.last = std::min(*reached.last, f.fired_at);
    latest = std::max(latest, key);
  }
  if (latest.first == o.due_version) reached.cycle = latest.second;
  return reached;
}

std::optional<Occurrence> next_occurrence(const Obligation& o, const LadderDef& ladder, int rung,
                                          const TimeRules& rules) {
  const RungDef& def = ladder.rungs[static_cast<std::size_t>(rung)];
  const bool family_a = o.family == Family::a;
  const Reached reached = reached_by(o, rung);
  const Instant planned = rung_instant(*o.due_at, def.at, family_a, rules);
  if (reached.cycle < 0 && planned > o.rungs_from) return Occurrence{rung, 0, planned};
  if (!def.repeat_every) return std::nullopt;
  // Repeats count from the last firing, in whichever version; where the rung only passed, from
  // then.
  const Instant last = reached.last.value_or(o.rungs_from);
  return Occurrence{rung, std::max(reached.cycle, 0) + 1,
                    repeat_instant(last, *def.repeat_every, family_a, rules)};
}

int rung_count(const LadderDef& ladder) { return static_cast<int>(ladder.rungs.size()); }

// A due rung with those it names.
struct Due {
  Occurrence at;
  std::vector<Instant> planned;  // every planned instant it stands for (missed repeats)
  std::vector<Told> told;
};

void record(Obligation& o, const Occurrence& at, const std::string& to, Instant now) {
  o.fired.push_back(FiredRung{o.id, o.due_version, at.rung, at.cycle, to, at.planned_at, now});
}

bool has_reachable(const Due& due) {
  return std::any_of(due.told.begin(), due.told.end(), [](const Told& t) { return t.reachable; });
}

std::vector<Due> collect_due(const Obligation& o, const LadderDef& ladder,
                             const ResolveRung& resolve, const TimeRules& rules, Instant now) {
  std::vector<Due> result;
  for (int rung = o.first_rung; rung < rung_count(ladder); ++rung) {
    const RungDef& def = ladder.rungs[static_cast<std::size_t>(rung)];
    auto next = next_occurrence(o, ladder, rung, rules);
    if (o.owed_rung == rung)
      next = Occurrence{rung, 0, rung_instant(*o.due_at, def.at, o.family == Family::a, rules)};
    else if (!next || next->planned_at > now)
      continue;
    Due due{*next, {next->planned_at}, resolve(def)};
    if (next->cycle > 0) {
      // A long gap may hold several repeats: one message stands for all of them.
      constexpr std::size_t repeats_listed_max = 50;
      while (due.planned.size() < repeats_listed_max) {
        const Instant following =
            repeat_instant(due.planned.back(), *def.repeat_every, o.family == Family::a, rules);
        if (following > now) break;
        due.planned.push_back(following);
      }
    }
    result.push_back(std::move(due));
  }
  return result;
}

// S3.5: a rung that nobody would read hands over to the next one now, and so on up. Notes whom it
// could not reach in `vacant`.
void hand_up(std::vector<Due>& due, const Obligation& o, const LadderDef& ladder,
             const ResolveRung& resolve, Instant now, std::vector<std::string>& vacant) {
  for (std::size_t i = 0; i < due.size(); ++i) {
    for (const Told& told : due[i].told)
      if (!told.reachable) vacant.push_back(to_text(told.party));
    if (due[i].told.empty()) vacant.emplace_back();
    if (has_reachable(due[i])) continue;
    const int above = due[i].at.rung + 1;
    if (above >= rung_count(ladder) || reached_by(o, above).cycle >= 0) continue;
    if (i + 1 < due.size() && due[i + 1].at.rung == above) continue;
    due.insert(due.begin() + static_cast<std::ptrdiff_t>(i) + 1,
               Due{{above, 0, now}, {now}, resolve(ladder.rungs[static_cast<std::size_t>(above)])});
  }
}

// The rungs whose seniors wait, each with those who were not told of it yet (S6.2).
std::vector<Due> collect_waiting(const Obligation& o, const LadderDef& ladder,
                                 const ResolveRung& resolve) {
  std::vector<Due> result;
  for (const int rung : o.seniors_wait_rungs) {
    if (rung >= rung_count(ladder)) continue;
    Occurrence at{rung, reached_by(o, rung).cycle, {}};
    for (const FiredRung& f : o.fired)
      if (f.due_version == o.due_version && f.rung == rung && f.cycle == at.cycle)
        at.planned_at = f.planned_at;
    Due due{at, {at.planned_at}, resolve(ladder.rungs[static_cast<std::size_t>(rung)])};
    std::erase_if(due.told, [&](const Told& t) {
      const std::string to = to_text(t.party);
      return !t.reachable || to == o.owed_by || is_recorded(o, at.rung, at.cycle, to);
    });
    result.push_back(std::move(due));
  }
  return result;
}

// Everything that one recipient is to be told in a pass.
struct Word {
  std::string to;
  std::vector<const Due*> of;
  bool waited = false;  // some of it since an earlier pass: it does not wait again

  const Due& highest() const {
    return **std::max_element(of.begin(), of.end(), [](const Due* a, const Due* b) {
      return std::pair{a->at.rung, a->at.cycle} < std::pair{b->at.rung, b->at.cycle};
    });
  }
};

Firing firing_of(const Word& word, bool after_downtime, Instant now) {
  const Occurrence& at = word.highest().at;
  Firing firing{at.rung, at.cycle, word.to, at.planned_at, {}};
  for (const Due* due : word.of)
    firing.missed.insert(firing.missed.end(), due->planned.begin(), due->planned.end());
  std::sort(firing.missed.begin(), firing.missed.end());
  firing.missed.erase(std::unique(firing.missed.begin(), firing.missed.end()), firing.missed.end());
  // On time and alone there is nothing to explain. Who waited was kept waiting by a downtime too.
  const bool late = (after_downtime || word.waited) && at.planned_at < now;
  if (firing.missed.size() < 2 && !late) firing.missed.clear();
  return firing;
}

}  // namespace

int reached_rung(const Obligation& o) {
  int highest = -1;
  for (const FiredRung& f : o.fired) highest = std::max(highest, f.rung);
  return highest;
}

bool was_escalated(const Obligation& o, const LadderDef& ladder) {
  return std::any_of(o.fired.begin(), o.fired.end(), [&](const FiredRung& f) {
    return f.rung >= 0 && f.rung < rung_count(ladder) &&
           ladder.rungs[static_cast<std::size_t>(f.rung)].is_escalation();
  });
}

std::optional<Instant> next_wake(const Obligation& o, const LadderDef& ladder,
                                 const TimeRules& rules) {
  if (!o.is_open() || !o.due_at) return std::nullopt;
  std::optional<Instant> wake;
  const auto consider = [&](Instant at) {
    if (!wake || at < *wake) wake = at;
  };
  for (int rung = o.first_rung; rung < rung_count(ladder); ++rung)
    if (const auto next = next_occurrence(o, ladder, rung, rules)) consider(next->planned_at);
  if (o.owed_rung >= 0) consider(o.rungs_from);
  if (o.seniors_wait_until && *o.seniors_wait_until != until_told) consider(*o.seniors_wait_until);
  if (wake && o.held_until && *wake < *o.held_until) wake = o.held_until;
  return wake;
}

LadderPass run_pass(Obligation& o, const LadderDef& ladder, const ResolveRung& resolve,
                    const std::optional<Downtime>& down, const TimeRules& rules, Instant now) {
  LadderPass pass;
  if (!o.is_open() || !o.due_at) return pass;
  if (o.held_until && now < *o.held_until) return pass;

  std::vector<Due> due = collect_due(o, ladder, resolve, rules, now);
  o.owed_rung = -1;
  hand_up(due, o, ladder, resolve, now, pass.vacant);
  const std::vector<Due> waiting = collect_waiting(o, ladder, resolve);
  const bool wait_over = o.seniors_wait_until && *o.seniors_wait_until <= now;

  // What each is to be told (S6.1). Who waits is told in its time, or along with a later word.
  std::vector<Word> words;
  const auto find_word = [&](const std::string& to) {
    return std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.to == to; });
  };
  const auto add = [&](const Due& d, const std::string& to) -> Word& {
    auto word = find_word(to);
    if (word == words.end()) word = words.insert(words.end(), Word{to, {}});
    word->of.push_back(&d);
    return *word;
  };
  for (const Due& d : due)
    for (const Told& t : d.told)
      if (t.reachable) add(d, to_text(t.party));
  const bool debtor_told = find_word(o.owed_by) != words.end();
  std::set<int> wait_rungs;
  for (const Due& d : waiting)
    for (const Told& t : d.told) {
      const std::string to = to_text(t.party);
      if (wait_over || find_word(to) != words.end())
        add(d, to).waited = true;
      else
        wait_rungs.insert(d.at.rung);
    }

  bool new_wait = false;
  for (const Word& word : words) {
    const Instant planned = word.highest().at.planned_at;
    const bool fell_in_gap = down && down->from < planned && planned < down->to;
    // S6.2: the debtor first; who has waited already does not wait again.
    if (fell_in_gap && o.family != Family::a && debtor_told && word.to != o.owed_by &&
        !word.waited) {
      for (const Due* d : word.of) wait_rungs.insert(d->at.rung);
      new_wait = true;
      continue;
    }
    for (const Due* d : word.of) record(o, d->at, word.to, now);
    pass.fire.push_back(firing_of(word, down.has_value(), now));
  }
  // Nobody reads it, or all its readers wait: it is over all the same, or it would come due again.
  for (const Due& d : due)
    if (!is_recorded(o, d.at.rung, d.at.cycle)) record(o, d.at, {}, now);

  o.seniors_wait_rungs.assign(wait_rungs.begin(), wait_rungs.end());
  // One wait for all: it starts anew with the debtor's newest notice.
  if (new_wait)
    o.seniors_wait_until = until_told;
  else if (wait_rungs.empty())
    o.seniors_wait_until.reset();

  std::stable_sort(pass.fire.begin(), pass.fire.end(), [&](const Firing& a, const Firing& b) {
    return (a.to == o.owed_by) > (b.to == o.owed_by);
  });
  return pass;
}

LadderPass fire_above(Obligation& o, const LadderDef& ladder, const ResolveRung& resolve, int rung,
                      const std::string& to, Instant now) {
  LadderPass pass;
  if (!o.is_open() || !o.due_at || (o.held_until && now < *o.held_until)) return pass;
  for (int above = std::max(rung + 1, o.first_rung); above < rung_count(ladder); ++above) {
    const Occurrence at{above, 0, now};
    std::vector<std::string> others;
    for (const Told& told : resolve(ladder.rungs[static_cast<std::size_t>(above)])) {
      const std::string party = to_text(told.party);
      if (!told.reachable) pass.vacant.push_back(party);
      if (told.reachable && party != to) others.push_back(party);
    }
    if (others.empty()) continue;
    if (reached_by(o, above).cycle >= 0) break;  // they know
    for (const std::string& other : others) {
      record(o, at, other, now);
      pass.fire.push_back({above, 0, other, now, {}});
    }
    break;
  }
  return pass;
}

void end_seniors_wait(Obligation& o, const TimeRules& rules, Instant now) {
  if (!o.seniors_wait_until || *o.seniors_wait_until != until_told) return;
  const Zone& zone = *rules.zone;
  const Date next = rules.calendar->add_working_days(local_date(now, zone), 1);
  o.seniors_wait_until = at_local(next, local_time_of_day(now, zone), zone);
}

void move_due(Obligation& o, Instant new_due, const LadderDef& ladder, const TimeRules& rules,
              Instant now) {
  if (o.due_at == new_due) return;
  const bool earlier = o.due_at && new_due < *o.due_at;
  // Its first date moves nothing. One that comes after a date was lost is a new one.
  const bool new_version =
      o.due_at ? !same_local_date(*o.due_at, new_due, *rules.zone) : o.first_due_at.has_value();
  o.due_at = new_due;
  if (!o.first_due_at) o.first_due_at = new_due;
  o.rungs_from = now;
  o.owed_rung = -1;
  if (new_version) {  // S5.1; a wait belongs to rungs of the old date
    ++o.due_version;
    o.seniors_wait_until.reset();
    o.seniors_wait_rungs.clear();
  }
  if (!earlier) return;
  for (int rung = rung_count(ladder) - 1; rung >= o.first_rung; --rung) {
    const RungDef& def = ladder.rungs[static_cast<std::size_t>(rung)];
    if (rung_instant(new_due, def.at, o.family == Family::a, rules) > now) continue;
    if (reached_by(o, rung).last) continue;
    o.owed_rung = rung;
    break;
  }
}

}  // namespace assured
