#include "workflows/decide_migrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"

namespace assured {

namespace {

constexpr const char* cause = "migration";

bool is_stricter_or_same(FieldClass now, FieldClass was) {
  return now <= was;  // declared from protected to public
}

// The same steps at the same times: what fired on one has the same number on the other.
bool same_steps(const LadderDef& a, const LadderDef& b) {
  return std::equal(a.rungs.begin(), a.rungs.end(), b.rungs.begin(), b.rungs.end(),
                    [](const RungDef& x, const RungDef& y) {
                      return x.at == y.at && x.repeat_every == y.repeat_every;
                    });
}

bool opens_by_state(const ObligationDef& def, const std::string& state) {
  const Trigger entering{Trigger::Kind::state, state};
  return std::find(def.opens_on.begin(), def.opens_on.end(), entering) != def.opens_on.end();
}

std::string when(const std::optional<Instant>& at) { return at ? to_text(*at) : "no date yet"; }

// --- what keeps an item from moving

class Checks {
 public:
  Checks(const Rules& rules, const MigratingTree& tree, const StateMap& states,
         std::vector<Hindrance>& hindrances)
      : rules_(rules), tree_(tree), states_(states), hindrances_(hindrances) {}

  std::string state_of(const Item& item) const {
    const auto mapped = states_.find({item.kind, item.state});
    return mapped == states_.end() ? item.state : mapped->second;
  }

  void check(const Item& item, const Definition& old) {
    const KindDef* kind = rules_.definition.find_kind(item.kind);
    const KindDef* was = old.find_kind(item.kind);
    ASSURED_ASSERT(was != nullptr);  // an item's own definition has its kind
    if (kind == nullptr) {
      hinder(item, fmt::format("the new definition has no kind “{}”", item.kind));
      return;
    }
    if (kind->parent != was->parent)
      hinder(item, fmt::format("“{}” is below {} in the new definition, and below {} here",
                               item.kind, kind->parent.empty() ? "nothing" : kind->parent,
                               was->parent.empty() ? "nothing" : was->parent));
    check_state(item, *kind, *was);
    check_fields(item, *kind);
    for (const FileRecord& file : tree_.files) {
      const auto& known = kind->files;
      if (file.item == item.id && std::none_of(known.begin(), known.end(), [&](const FileDef& def) {
            return def.name == file.kind;
          }))
        hinder(item, fmt::format("it has a file “{}”, which the new definition does not know for "
                                 "“{}”",
                                 file.kind, item.kind));
    }
  }

 private:
  void hinder(const Item& item, std::string why) { hindrances_.push_back({item.id, std::move(why)}); }

  void check_state(const Item& item, const KindDef& kind, const KindDef& was) {
    if (is_gone(item.state)) return;
    const std::string name = state_of(item);
    const StateDef* state = kind.find_state(name);
    const StateDef* old = was.find_state(item.state);
    if (state == nullptr) {
      hinder(item, fmt::format("a {0} has no state “{1}” in the new definition; say which one "
                               "stands for “{2}”: {0}.{2}=STATE",
                               item.kind, name, item.state));
      return;
    }
    // Finishing something, or beginning it again, is for people to do.
    if (old != nullptr && old->final != state->final)
      hinder(item, fmt::format("“{}” is {} and “{}” is {}; a migration neither finishes nor reopens",
                               item.state, old->final ? "final" : "not final", name,
                               state->final ? "final" : "not final"));
  }

  void check_fields(const Item& item, const KindDef& kind) {
    for (const auto& [name, value] : item.fields) {
      if (!value.is_set()) continue;
      const FieldDef* def = kind.find_field(name);
      if (def == nullptr) {
        hinder(item, fmt::format("its field “{}” is not in the new definition", name));
        continue;
      }
      // The stored text read back as the new type: the same value, or it is another type.
      const Value& content = reveal(value, Viewer{}, Purpose::guard);
      const auto read = parse_value(def->type, def->values, to_stored_text(content));
      if (!read || !value.equals(*read))
        hinder(item, fmt::format("what its field “{}” holds is no {} of the new definition", name,
                                 to_text(def->type)));
      // Who typed it was told who would see it.
      if (!is_stricter_or_same(def->field_class, value.field_class()))
        hinder(item, fmt::format("its field “{}” is {} and would become {}; what was typed keeps "
                                 "its protection, so leave the class as it is",
                                 name, to_text(value.field_class()), to_text(def->field_class)));
    }
  }

  const Rules& rules_;
  const MigratingTree& tree_;
  const StateMap& states_;
  std::vector<Hindrance>& hindrances_;
};

// --- what is owed

class Duties {
 public:
  Duties(Deciding& deciding, const MigratingTree& tree, std::vector<Hindrance>& hindrances)
      : deciding_(deciding), tree_(tree), hindrances_(hindrances) {}

  // `was` is the item as it was; in the working copy it is on the new definition already.
  void move(const Item& was, const Definition& old) {
    const Item& item = deciding_.item(was.id);
    const KindDef& kind = deciding_.kind_of(item);
    const KindDef& old_kind = *old.find_kind(was.kind);
    bool owed = false;
    for (Obligation* o : deciding_.obligations_of(was.id)) {
      if (!o->is_open()) continue;
      owed = true;
      const auto def = find_def(*o, was, old_kind, kind, item.state);
      if (def && !closes_here(*def, item.state))
        carry(*o, *def, old);
      else if (o->family == Family::a)
        hinder(*o, "is about immediate risk and open, and the new definition would end it");
      else
        deciding_.close_obligation(*o, cause);
    }
    const StateDef* state = kind.find_state(item.state);
    if (state == nullptr || state->final) return;
    for (const ObligationDef& def : kind.obligations)
      if (opens_by_state(def, item.state) && !was_opened(def, was, old_kind)) open(item, def);
    end_date_seeking(was.id);
    deciding_.refresh_debtors(was.id);
    const auto now_owed = deciding_.obligations_of(was.id);
    if (owed && std::none_of(now_owed.begin(), now_owed.end(),
                             [](const Obligation* o) {
                               return o->is_open() && !is_builtin_obligation(o->name);
                             }))
      hindrances_.push_back({was.id, "nobody would owe anything on it any more (S2.1)"});
  }

 private:
  void hinder(const Obligation& o, std::string_view why) {
    hindrances_.push_back({o.item, fmt::format("“{}” {}", o.name, why)});
  }

  static bool closes_here(const ObligationDef& def, const std::string& state) {
    const Trigger entering{Trigger::Kind::state, state};
    return std::find(def.closes_on.begin(), def.closes_on.end(), entering) != def.closes_on.end();
  }

  // What the new definition says of an open obligation; nothing when it has no name for it.
  std::optional<ObligationDef> find_def(const Obligation& o, const Item& was,
                                        const KindDef& old_kind, const KindDef& kind,
                                        const std::string& state) const {
    if (o.name.starts_with(name_somebody) || o.name == look_at_held ||
        o.name == look_at_bounced)
      return engine_def(o.name, deciding_.rules.definition.vacancy);
    if (o.name.starts_with(set_date_prefix)) {
      const auto& bodies = deciding_.rules.establishment.bodies;
      const auto body = bodies.find(o.name.substr(set_date_prefix.size()));
      if (body == bodies.end()) return std::nullopt;
      return engine_def(o.name, {body->second.set_date_by, body->second.set_date_within,
                                 body->second.set_date_ladder, body->second.source});
    }
    if (const ObligationDef* def = kind.find_obligation(o.name)) return *def;
    // A state's own deadline is called after the state's title, which may have been reworded.
    const ObligationDef* old_def = old_kind.find_obligation(o.name);
    if (old_def == nullptr || old_def->of_state != was.state) return std::nullopt;
    for (const ObligationDef& def : kind.obligations)
      if (def.of_state == state) return def;
    return std::nullopt;
  }

  std::optional<ObligationDef> engine_def(const std::string& name, const VacancyRule& rule) const {
    ObligationDef def;
    def.name = name;
    def.owed_by = rule.owed_by;
    def.due.kind = DueRule::Kind::after;
    def.due.after = rule.within;
    def.due.from = AnchorKind::now;
    def.ladder = rule.ladder;
    def.family = deciding_.ladder(rule.ladder, {}).family;
    return def;
  }

  // Being in its state had opened it, or an event there did: what is not open any more was done.
  bool was_opened(const ObligationDef& def, const Item& was, const KindDef& old_kind) const {
    for (const ObligationDef& old_def : old_kind.obligations) {
      const bool same = old_def.name == def.name ||
                        (!def.of_state.empty() && old_def.of_state == was.state);
      if (same && opens_by_state(old_def, was.state)) return true;
    }
    const auto rounds = deciding_.obligations_of(was.id);
    return std::any_of(rounds.begin(), rounds.end(), [&](const Obligation* o) {
      return o->name == def.name && o->closed_by != corrected && o->opened_at >= was.entered_at;
    });
  }

  void open(const Item& item, const ObligationDef& def) {
    deciding_.open_obligation(item.id, def);
    for (Obligation* o : deciding_.obligations_of(item.id)) {
      if (o->name != def.name || !o->is_open() || !o->due_at) continue;
      // It may count from long ago. Its debtor never heard of it, so the last step that has passed
      // is taken once instead of all of them passing unsaid.
      o->owed_rung = highest_past(*o, [](int) { return true; });
      deciding_.set_next(*o);
    }
  }

  void carry(Obligation& o, const ObligationDef& def, const Definition& old) {
    const LadderDef& before = old.ladders.at(o.ladder);
    const LadderDef& after = deciding_.ladder(def.ladder, {});
    const bool again = o.rule == rule_of(o, def);
    const bool steps_changed = !same_steps(before, after);
    if (o.family == Family::a && def.family != Family::a)
      return hinder(o, "is about immediate risk, and would no longer be");
    if ((!again || steps_changed) && is_under_way(o))
      return hinder(o,
                    "has something to send that is due or on its way; let the service send it, and "
                    "try again");
    if (o.name != def.name) rename(o, def.name);
    if (o.ladder != def.ladder || steps_changed)
      deciding_.line(o.item, "ladder", fmt::format("{} is now chased by “{}”", o.name, def.ladder));
    o.ladder = def.ladder;
    o.family = def.family;
    const std::optional<Instant> old_due = o.due_at;
    const int old_version = o.due_version;
    if (!again) change_rule(o, rule_of(o, def), before);
    if (steps_changed) {
      // The number of a rung that fired means another rung now, or none. A new due version begins
      // even where the date stays, against the letter of S5.1, so that no number of the old ladder
      // keeps a rung of the new one from firing.
      if (o.due_version == old_version && !o.fired.empty()) ++o.due_version;
      pass_rungs(o, old_version, before, old_due && o.due_at && *o.due_at < *old_due,
                 old_due == o.due_at);
    }
    deciding_.set_next(o);
  }

  DueRule rule_of(const Obligation& o, const ObligationDef& def) const {
    // As open_obligation() chose: a round that `correct` undid is none.
    const auto rounds = deciding_.obligations_of(o.item);
    const bool second = std::any_of(rounds.begin(), rounds.end(), [&](const Obligation* other) {
      return other->name == o.name && other->round < o.round && other->closed_by != corrected;
    });
    return second && def.due_again ? *def.due_again : def.due;
  }

  // Due but not fired, fired but not sent, or a senior waits (S6.2): moving it would swallow that.
  bool is_under_way(const Obligation& o) const {
    if ((o.next_at && *o.next_at <= deciding_.now) || o.seniors_wait_until) return true;
    const auto& prompts = tree_.facts.prompts;
    return std::any_of(prompts.begin(), prompts.end(), [&](const Prompt& prompt) {
      return prompt.obligation == o.id && prompt.rung >= 0;
    });
  }

  void rename(Obligation& o, const std::string& name) {
    deciding_.line(o.item, "renamed", fmt::format("{} is now called “{}”", o.name, name));
    for (const Obligation* other : deciding_.obligations_of(o.item))
      if (other->name == name) o.round = std::max(o.round, other->round + 1);
    o.name = name;
  }

  void change_rule(Obligation& o, const DueRule& rule, const LadderDef& before) {
    Obligation changed = o;
    changed.rule = rule;
    if (rule.from != o.rule.from || rule.field != o.rule.field) {
      changed.anchor.reset();
      // What counts from entry is anchored where it opened, which may be states ago.
      if (rule.from == AnchorKind::entry) changed.anchor = o.opened_at;
    }
    if (rule.kind != DueRule::Kind::meeting || rule.body != o.rule.body) changed.meeting = {};
    const auto due = deciding_.compute_due(rule, deciding_.item(o.item), &changed).due;
    if (o.family == Family::a && o.due_at && (!due || *due > *o.due_at)) {
      deciding_.line(o.item, "kept",
                     fmt::format("{} stays due {}: it is about immediate risk", o.name,
                                 when(o.due_at)));
      return;
    }
    o = std::move(changed);
    deciding_.recompute_one(o, cause, &before);
    if (!due && o.due_at)
      deciding_.line(o.item, "kept", fmt::format("{} stays due {} until its new rule gives a date",
                                                 o.name, when(o.due_at)));
  }

  // The rungs of another ladder: those whose instant is past count as passed, and are put down as
  // fired to nobody, so that repeats go on from when the step of the same time fired last, or from
  // now. Only a date that moved earlier still owes the highest one that never was said (S5.2).
  void pass_rungs(Obligation& o, int old_version, const LadderDef& before, bool earlier,
                  bool same_due) {
    const LadderDef& after = deciding_.ladder(o.ladder, {});
    const Instant now = deciding_.now;
    o.rungs_from = now;
    o.first_rung = step_of(before, o.first_rung, after);
    const auto fired_before = o.fired;
    const auto last_of = [&](int rung) {
      return last_firing(fired_before, before, after.rungs[static_cast<std::size_t>(rung)]);
    };
    o.owed_rung = earlier ? highest_past(o, [&](int rung) { return !last_of(rung); }) : -1;
    for (int rung = o.first_rung; o.due_at && rung < static_cast<int>(after.rungs.size()); ++rung) {
      const Instant planned = planned_at(o, rung);
      if (planned > now || rung == o.owed_rung) continue;
      o.fired.push_back({o.id, o.due_version, rung, 0, {}, planned, last_of(rung).value_or(now)});
    }
    // A time transition that was tried at this due instant is not tried again.
    for (const FiredRung& f : fired_before)
      if (f.rung == expiry_rung && f.due_version == old_version && same_due &&
          o.due_version != old_version) {
        FiredRung tried = f;
        tried.due_version = o.due_version;
        o.fired.push_back(std::move(tried));
      }
  }

  Instant planned_at(const Obligation& o, int rung) const {
    const auto& rungs = deciding_.ladder(o.ladder, {}).rungs;
    return rung_instant(*o.due_at, rungs[static_cast<std::size_t>(rung)].at, o.family == Family::a,
                        deciding_.rules.time);
  }

  template <class Which>
  int highest_past(const Obligation& o, Which which) const {
    if (!o.due_at) return -1;
    for (int rung = static_cast<int>(deciding_.ladder(o.ladder, {}).rungs.size()) - 1;
         rung >= o.first_rung; --rung)
      if (planned_at(o, rung) <= deciding_.now && which(rung)) return rung;
    return -1;
  }

  // When the step of `before` that stands at the same time and repeats alike fired last.
  static std::optional<Instant> last_firing(const std::vector<FiredRung>& fired,
                                            const LadderDef& before, const RungDef& rung) {
    std::optional<Instant> last;
    for (const FiredRung& f : fired) {
      if (f.rung < 0 || f.rung >= static_cast<int>(before.rungs.size())) continue;
      const RungDef& was = before.rungs[static_cast<std::size_t>(f.rung)];
      if (was.at == rung.at && was.repeat_every == rung.repeat_every)
        last = std::max(last.value_or(f.fired_at), f.fired_at);
    }
    return last;
  }

  // Where a second round had begun on the old ladder (S15.2), on the new one: the first step that is
  // not before it, or the last, which repeats.
  static int step_of(const LadderDef& before, int rung, const LadderDef& after) {
    if (rung == 0 || rung >= static_cast<int>(before.rungs.size())) return 0;
    const int count = static_cast<int>(after.rungs.size());
    for (int i = 0; i < count; ++i)
      if (!is_before(after.rungs[static_cast<std::size_t>(i)].at,
                     before.rungs[static_cast<std::size_t>(rung)].at))
        return i;
    return std::max(count - 1, 0);
  }

  // Spans of different units are told apart by how long they are about: this only orders steps.
  static bool is_before(Span a, Span b) {
    const auto hours = [](Span span) {
      constexpr int hours_of[] = {0, 1, 24, 24, 24 * 7, 24 * 30, 24 * 365};
      const int each = hours_of[static_cast<std::size_t>(span.unit)];
      return each == 0 ? span.count / 60 : span.count * each;
    };
    return hours(a) < hours(b);
  }

  // Asking for a meeting's date ends with the last that waited for it.
  void end_date_seeking(ItemId id) {
    const auto owed = deciding_.obligations_of(id);
    for (Obligation* o : owed) {
      if (!o->is_open() || !o->name.starts_with(set_date_prefix)) continue;
      const std::string body = o->name.substr(set_date_prefix.size());
      if (std::none_of(owed.begin(), owed.end(), [&](const Obligation* other) {
            return other->is_open() && other->rule.kind == DueRule::Kind::meeting &&
                   other->rule.body == body;
          }))
        deciding_.close_obligation(*o, cause);
    }
  }

  Deciding& deciding_;
  const MigratingTree& tree_;
  std::vector<Hindrance>& hindrances_;
};

void put_on(Deciding& deciding, const Item& was, const std::string& state,
            const Definition& definition) {
  Item& item = deciding.item(was.id);
  item.programme = definition.digest;
  if (item.state != state) {
    item.state = state;  // another name for where it stands: it entered it when it did
    item.ready_told.clear();
  }
  const KindDef& kind = deciding.kind_of(item);
  for (auto& [name, value] : item.fields)
    if (const FieldDef* def = kind.find_field(name); def != nullptr && value.is_set())
      value = FieldValue{def->field_class, reveal(value, Viewer{}, Purpose::guard)};
  deciding.touch(was.id);
  deciding.line(was.id, std::string(migrate_programme_event),
                fmt::format("from definition {} in “{}” to {} in “{}”", was.programme, was.state,
                            definition.digest, state));
}

}  // namespace

MigrationPlan decide_migrate(const Definitions& old, const Rules& rules, const MigratingTree& tree,
                             const StateMap& states, Instant now) {
  MigrationPlan plan;
  std::vector<const Item*> moving;
  Checks checks{rules, tree, states, plan.hindrances};
  for (const Item& item : tree.items) {
    if (item.programme == rules.definition.digest || is_gone(item.state)) continue;
    moving.push_back(&item);
    checks.check(item, *old.at(item.programme));
  }
  if (!plan.hindrances.empty() || moving.empty()) return plan;

  Event event;
  event.name = migrate_programme_event;
  event.occurred_at = now;
  Deciding deciding(rules, tree.facts, event, now);
  for (const Item& item : tree.items) deciding.add(item);
  for (const Item* item : moving)
    put_on(deciding, *item, checks.state_of(*item), rules.definition);
  Duties duties{deciding, tree, plan.hindrances};
  for (const Item* item : moving) duties.move(*item, *old.at(item->programme));
  if (!plan.hindrances.empty()) return plan;
  plan.decision = deciding.take();
  plan.decision.subject = tree.items.front().id;
  return plan;
}

}  // namespace assured
