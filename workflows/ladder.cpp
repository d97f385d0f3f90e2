#include "workflows/ladder.hpp"

#include <algorithm>

namespace assured {

namespace {

// `seniors_wait_until` while the debtor's notice is still on its way.
constexpr Instant until_told = Instant::max();

bool fired_in_version(const Obligation& o, int rung, int cycle) {
  return std::any_of(o.fired.begin(), o.fired.end(), [&](const FiredRung& f) {
    return f.due_version == o.due_version && f.rung == rung && f.cycle == cycle;
  });
}

// The rung's own instant for the present due date; none once it fired or passed.
struct Occurrence {
  int rung = 0;
  int cycle = 0;
  Instant planned_at;
};

std::optional<Occurrence> next_occurrence(const Obligation& o, const LadderDef& ladder, int rung,
                                          const TimeRules& rules) {
  const RungDef& def = ladder.rungs[static_cast<std::size_t>(rung)];
  const bool family_a = o.family == Family::a;
  const Instant planned = rung_instant(*o.due_at, def.at, family_a, rules);
  const bool fired = fired_in_version(o, rung, 0);
  const bool passed = planned <= o.rungs_from;
  if (!fired && !passed) return Occurrence{rung, 0, planned};
  if (!def.repeat_every) return std::nullopt;

  // Repeats count from the last firing, in whichever version; where the rung only passed, from then.
  Instant last = fired ? Instant::min() : std::max(planned, o.rungs_from);
  int cycle = 0;
  bool ever = false;
  for (const FiredRung& f : o.fired) {
    if (f.rung != rung) continue;
    if (!ever || f.fired_at > last) last = f.fired_at;
    ever = true;
    if (f.due_version == o.due_version) cycle = std::max(cycle, f.cycle);
  }
  return Occurrence{rung, cycle + 1, repeat_instant(last, *def.repeat_every, family_a, rules)};
}

int rung_count(const LadderDef& ladder) { return static_cast<int>(ladder.rungs.size()); }

// A due rung with those it names.
struct Due {
  Occurrence at;
  std::vector<Instant> planned;  // every planned instant it stands for (missed repeats)
  std::vector<Told> told;
  bool waited = false;           // its debtor was told in an earlier pass; only seniors are left
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
    const bool owed = o.owed_rung == rung;
    if (owed && (!next || next->planned_at > now))
      next = Occurrence{rung, 0, rung_instant(*o.due_at, def.at, o.family == Family::a, rules)};
    if (!next || (next->planned_at > now && !owed)) continue;
    Due due{*next, {next->planned_at}, resolve(def), false};
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

  // S3.5: a rung that nobody would read hands over to the next one now, and so on up.
  for (std::size_t i = 0; i < due.size(); ++i) {
    for (const Told& told : due[i].told)
      if (!told.reachable) pass.vacant.push_back(to_text(told.party));
    if (has_reachable(due[i])) continue;
    if (due[i].told.empty()) pass.vacant.emplace_back();
    record(o, due[i].at, {}, now);
    const int above = due[i].at.rung + 1;
    if (above >= rung_count(ladder)) continue;
    const bool already = std::any_of(due.begin(), due.end(),
                                     [&](const Due& d) { return d.at.rung == above; });
    if (already || fired_in_version(o, above, 0)) continue;
    due.insert(due.begin() + static_cast<std::ptrdiff_t>(i) + 1,
               Due{{above, 0, now}, {now}, resolve(ladder.rungs[static_cast<std::size_t>(above)]),
                   false});
  }
  std::erase_if(due, [](const Due& d) { return !has_reachable(d); });

  const bool debtor_told = std::any_of(due.begin(), due.end(), [&](const Due& d) {
    return std::any_of(d.told.begin(), d.told.end(), [&](const Told& t) {
      return t.reachable && to_text(t.party) == o.owed_by;
    });
  });

  // Seniors that waited: their time has come, or a new rung goes to them anyway.
  std::vector<Due> waited;
  const bool wait_over = o.seniors_wait_until && *o.seniors_wait_until <= now;
  if (o.seniors_wait_until && (wait_over || !due.empty())) {
    for (const int rung : o.seniors_wait_rungs) {
      if (rung >= rung_count(ladder)) continue;
      const RungDef& def = ladder.rungs[static_cast<std::size_t>(rung)];
      // The occurrence that the debtor was told of: the latest on record.
      Occurrence at{rung, 0, rung_instant(*o.due_at, def.at, false, rules)};
      for (const FiredRung& f : o.fired)
        if (f.due_version == o.due_version && f.rung == rung && f.cycle >= at.cycle)
          at = {rung, f.cycle, f.planned_at};
      waited.push_back(Due{at, {at.planned_at}, resolve(def), true});
    }
  }

  std::vector<int> wait_rungs;
  // Each recipient once: the highest rung that names it, with every planned instant it stands for.
  std::vector<Firing> firings;
  const auto tell = [&](const Due& d, const Told& t) {
    const std::string to = to_text(t.party);
    auto it = std::find_if(firings.begin(), firings.end(),
                           [&](const Firing& f) { return f.to == to; });
    if (it == firings.end()) {
      firings.push_back(Firing{d.at.rung, d.at.cycle, to, d.at.planned_at, d.planned});
      return;
    }
    it->missed.insert(it->missed.end(), d.planned.begin(), d.planned.end());
    if (d.at.rung > it->rung || (d.at.rung == it->rung && d.at.cycle > it->cycle)) {
      it->rung = d.at.rung;
      it->cycle = d.at.cycle;
      it->planned_at = d.at.planned_at;
    }
  };

  const auto fell_in_gap = [&](const Due& d) {
    return down && std::any_of(d.planned.begin(), d.planned.end(), [&](Instant at) {
             return down->from < at && at < down->to;
           });
  };
  for (const Due& d : due) {
    const bool seniors_wait = o.family != Family::a && debtor_told && fell_in_gap(d);
    bool somebody_waits = false;
    for (const Told& t : d.told) {
      if (!t.reachable) continue;
      if (seniors_wait && to_text(t.party) != o.owed_by) {
        somebody_waits = true;
        continue;
      }
      tell(d, t);
      record(o, d.at, to_text(t.party), now);
    }
    if (somebody_waits) {
      wait_rungs.push_back(d.at.rung);
      // The occurrence itself is over, or it would come due again at every pass.
      if (!fired_in_version(o, d.at.rung, d.at.cycle)) record(o, d.at, {}, now);
    }
  }
  if (!waited.empty()) {
    std::vector<int> still;
    for (const Due& d : waited) {
      bool left = false;
      for (const Told& t : d.told) {
        if (!t.reachable || to_text(t.party) == o.owed_by) continue;
        const bool named_anyway =
            std::any_of(firings.begin(), firings.end(),
                        [&](const Firing& f) { return f.to == to_text(t.party); });
        if (!wait_over && !named_anyway) {
          left = true;
          continue;
        }
        tell(d, t);
        record(o, d.at, to_text(t.party), now);
      }
      if (left) still.push_back(d.at.rung);
    }
    o.seniors_wait_rungs = std::move(still);
    if (o.seniors_wait_rungs.empty()) o.seniors_wait_until.reset();
  }
  if (!wait_rungs.empty()) {
    o.seniors_wait_rungs.insert(o.seniors_wait_rungs.end(), wait_rungs.begin(), wait_rungs.end());
    o.seniors_wait_until = until_told;
  }

  for (Firing& f : firings) {
    std::sort(f.missed.begin(), f.missed.end());
    f.missed.erase(std::unique(f.missed.begin(), f.missed.end()), f.missed.end());
    // On time and alone there is nothing to explain.
    const bool late = down && f.planned_at < now;
    if (f.missed.size() < 2 && !late) f.missed.clear();
  }
  std::stable_sort(firings.begin(), firings.end(), [&](const Firing& a, const Firing& b) {
    return (a.to == o.owed_by) > (b.to == o.owed_by);
  });
  pass.fire = std::move(firings);
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
  if (!o.due_at) {  // its first date: everything before now has passed, nothing is owed
    o.due_at = new_due;
    o.first_due_at = new_due;
    o.rungs_from = now;
    return;
  }
  const bool earlier = new_due < *o.due_at;
  const bool same_date = same_local_date(*o.due_at, new_due, *rules.zone);
  o.due_at = new_due;
  if (same_date) return;  // S5.1: the version stays, and with it what has fired
  ++o.due_version;
  o.rungs_from = now;
  o.owed_rung = -1;
  // A wait belongs to rungs of the old date.
  o.seniors_wait_until.reset();
  o.seniors_wait_rungs.clear();
  if (!earlier) return;
  for (int rung = rung_count(ladder) - 1; rung >= o.first_rung; --rung) {
    const RungDef& def = ladder.rungs[static_cast<std::size_t>(rung)];
    if (rung_instant(new_due, def.at, o.family == Family::a, rules) > now) continue;
    const bool fired = std::any_of(o.fired.begin(), o.fired.end(),
                                   [&](const FiredRung& f) { return f.rung == rung; });
    if (!fired) {
      o.owed_rung = rung;
      break;
    }
  }
}

}  // namespace assured
