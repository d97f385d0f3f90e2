// Obligations inside a decision: opening, closing, dating, moving and firing (S2.2, S2.3, S5, S7).
#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"

namespace assured {

namespace {

std::string when(const std::optional<Instant>& at) { return at ? to_text(*at) : "no date yet"; }

// The anchor's instant of a date field is the start of its day; of an instant field the instant.
std::optional<Instant> instant_of(const FieldValue* value, const Zone& zone) {
  if (value == nullptr || !value->is_set()) return std::nullopt;
  const Value& content = reveal(*value, Viewer{}, Purpose::guard);
  if (const auto* date = std::get_if<Date>(&content)) return at_local(*date, TimeOfDay{0}, zone);
  if (const auto* at = std::get_if<Instant>(&content)) return *at;
  return std::nullopt;
}

// Family A says less (S10.6), so it has wording of its own.
const std::string& notice_template(const std::string& routine, const std::string& urgent,
                                   Family family) {
  return family == Family::a && !urgent.empty() ? urgent : routine;
}

}  // namespace

Deciding::DueNow Deciding::compute_due(const DueRule& rule, const Item& item,
                                       const Obligation* bound) const {
  DueNow result;
  const std::vector<Item> above = ancestors_of(item);
  const Zone& zone = *rules.time.zone;
  const std::string field =
      rule.from == AnchorKind::parent_field ? "parent." + rule.field : rule.field;
  if (rule.kind == DueRule::Kind::on) {
    const FieldValue* value = find_value(field, item, above);
    if (value == nullptr || !value->is_set()) return result;
    const Value& content = reveal(*value, Viewer{}, Purpose::guard);
    if (const auto* date = std::get_if<Date>(&content)) {
      result.due = due_on(*date, rules.time);
      result.anchor = at_local(*date, TimeOfDay{0}, zone);
    } else if (const auto* at = std::get_if<Instant>(&content)) {
      result.due = result.anchor = *at;
    }
    return result;
  }
  switch (rule.from) {
    case AnchorKind::entry:
      result.anchor = bound != nullptr && bound->anchor ? bound->anchor : item.entered_at;
      break;
    case AnchorKind::created:
      result.anchor = item.created_at;
      break;
    case AnchorKind::now:
    case AnchorKind::meeting:
      // The instant the obligation opened: fixed once it has.
      result.anchor = bound != nullptr ? bound->opened_at : event.occurred_at;
      break;
    case AnchorKind::field:
    case AnchorKind::parent_field:
      result.anchor = instant_of(find_value(field, item, above), zone);
      break;
  }
  if (!result.anchor) return result;
  switch (rule.kind) {
    case DueRule::Kind::after:
      result.due = due_after(*result.anchor, rule.after, rules.time).due_at;
      break;
    case DueRule::Kind::hours:
      result.due = due_in_hours(*result.anchor, rule.in_hours, rule.else_, rules.time).due_at;
      break;
    case DueRule::Kind::meeting: {
      const auto due_of = [&](const Meeting& m) {
        return due_by_meeting(m.start, rule.offset, rules.time);
      };
      // S7.2: the binding is to the meeting's id; only a cancelled one is left for the next.
      if (bound != nullptr && bound->meeting)
        for (const Meeting& m : facts.meetings)
          if (m.id == bound->meeting && m.state != Meeting::State::cancelled) {
            result.meeting = m.id;
            result.due = due_of(m);
            return result;
          }
      const Meeting* first = nullptr;
      for (const Meeting& m : facts.meetings) {
        if (m.body != rule.body || m.state != Meeting::State::planned) continue;
        if (bound != nullptr && m.start <= now) continue;  // planned once, and past
        if (m.start <= *result.anchor || due_of(m) <= *result.anchor) continue;
        if (first == nullptr || m.start < first->start) first = &m;
      }
      if (first == nullptr) {
        result.no_meeting = true;
        break;
      }
      result.meeting = first->id;
      result.due = due_of(*first);
      break;
    }
    case DueRule::Kind::on:
      break;
  }
  return result;
}

const LadderDef& Deciding::ladder(const std::string& name, ItemId of) const {
  const Item* holder = find(of);
  const Definition& definition =
      holder == nullptr ? rules.definition : rules.definition_of(*holder);
  const auto found = definition.ladders.find(name);
  ASSURED_ASSERT(found != definition.ladders.end());  // the checker refuses unknown ladders
  return found->second;
}

const ObligationDef* Deciding::def_of(const Obligation& obligation) const {
  const Item* holder = find(obligation.item);
  return holder == nullptr ? nullptr : kind_of(*holder).find_obligation(obligation.name);
}

std::vector<Obligation*> Deciding::obligations_of(ItemId id) {
  std::vector<Obligation*> result;
  for (auto& [key, changed] : work_.obligations)
    if (changed.now.item == id) result.push_back(&changed.now);
  return result;
}

void Deciding::set_next(Obligation& o) {
  if (!o.is_open()) {
    o.next_at.reset();
    return;
  }
  o.next_at = next_wake(o, ladder(o.ladder, o.item), rules.time);
  // S8.4: a transition with event "time" is tried once at the due instant.
  const Item* holder = find(o.item);
  if (holder == nullptr || !o.due_at) return;
  for (const TransitionDef& t : kind_of(*holder).transitions) {
    if (t.event != "time" || t.expires != o.name) continue;
    const bool tried = std::any_of(o.fired.begin(), o.fired.end(), [&](const FiredRung& f) {
      return f.rung == expiry_rung && f.due_version == o.due_version;
    });
    if (!tried && (!o.next_at || *o.due_at < *o.next_at)) o.next_at = o.due_at;
    break;
  }
}

void Deciding::open_obligation(ItemId id, const ObligationDef& def) {
  const Item& subject = item(id);
  int round = 0;
  int reached = -1;
  bool again = false;
  for (const Obligation* o : obligations_of(id)) {
    if (o->name != def.name) continue;
    if (o->is_open()) return;  // S2.3: one that is open keeps its id, version and rungs
    round = std::max(round, o->round);
    if (o->closed_by == corrected) continue;  // a wrong button is no round of its own
    again = true;
    reached = std::max({reached, reached_rung(*o), o->first_rung});
  }
  Obligation o;
  o.id = ObligationId{work_.ids.next_obligation++};
  o.item = id;
  o.name = def.name;
  o.round = round + 1;
  const auto debtor = resolve_debtor(def.owed_by, def.fallback, scope_of(subject));
  o.owed_by = debtor ? to_text(*debtor) : std::string{};
  o.ladder = def.ladder;
  o.family = def.family;
  o.opened_at = event.occurred_at;
  o.rungs_from = event.occurred_at;
  o.rule = again && def.due_again ? *def.due_again : def.due;
  // An earlier round may have been chased by a longer ladder, of another definition.
  const int last = static_cast<int>(ladder(def.ladder, id).rungs.size()) - 1;
  if (def.keeps_rung) o.first_rung = std::max(std::min(reached, last), 0);
  const DueNow due = compute_due(o.rule, subject, nullptr);
  o.anchor = due.anchor;
  o.due_at = o.first_due_at = due.due;
  o.meeting = due.meeting;
  set_next(o);
  line(id, "opened",
       fmt::format("{} (round {}), owed by {}, due {}", o.name, o.round,
                   o.owed_by.empty() ? "nobody yet" : o.owed_by, when(o.due_at)));
  const ObligationId key = o.id;
  const std::string body = o.rule.body;
  work_.obligations.emplace(key, Changed<Obligation>{std::nullopt, std::move(o)});
  if (due.no_meeting) {
    // S7.3: setting the date is owed, and is the deadline the item waits on.
    const auto b = rules.establishment.bodies.find(body);
    if (b != rules.establishment.bodies.end())
      open_plain(id, std::string(set_date_prefix) + body, b->second.set_date_by,
                 b->second.set_date_within, b->second.set_date_ladder, b->second.source);
  }
  if (!debtor) open_vacancy(id, assured::to_text(def.owed_by));
}

// S3.5. One for each vacant post of the board, whichever item found it empty first: filling it ends
// that one.
void Deciding::open_vacancy(ItemId id, const std::string& whose) {
  const VacancyRule& rule = rules.definition_of(item(id)).vacancy;
  std::string name =
      fmt::format("{}: {}", name_somebody, whose.empty() ? "nobody is named" : whose);
  if (is_vacancy_open(name)) return;
  open_plain(id, std::move(name), rule.owed_by, rule.within, rule.ladder, rule.source);
}

bool Deciding::is_vacancy_open(const std::string& name) const {
  // Only a post is the board's to fill; a role of one item is asked for by that item.
  if (rules.establishment.find_post(name.substr(name_somebody.size() + 2)) == nullptr) return false;
  bool closed_here = false;
  for (const auto& [id, changed] : work_.obligations) {
    if (changed.now.name != name) continue;
    if (changed.now.is_open()) return true;
    closed_here |= changed.was && changed.was->is_open();
  }
  return !closed_here && facts.vacancies.contains(name);
}

void Deciding::open_plain(ItemId id, std::string name, const RoleTerm& owed_by, Span within,
                          const std::string& ladder_name, const std::string& source) {
  ObligationDef def;
  def.name = std::move(name);
  def.owed_by = owed_by;
  def.due.kind = DueRule::Kind::after;
  def.due.after = within;
  def.due.from = AnchorKind::now;
  def.ladder = ladder_name;
  def.source = source;
  // A vacancy at the board itself must not open vacancies for ever.
  if (def.name.starts_with(name_somebody) &&
      !resolve_debtor(owed_by, std::nullopt, scope_of(item(id))))
    return;
  def.family = ladder(ladder_name, id).family;
  open_obligation(id, def);
}

void Deciding::close_obligation(Obligation& o, const std::string& by) {
  o.closed_at = event.occurred_at;
  o.closed_by = by;
  o.next_at.reset();
  o.held_until.reset();
  o.seniors_wait_until.reset();
  o.seniors_wait_rungs.clear();
  o.gap_from.reset();
  o.gap_to.reset();
  line(o.item, "closed",
       fmt::format("{} (round {}) by {}{}", o.name, o.round, by,
                   o.due_at && *o.closed_at > *o.due_at ? ", late" : ""));
}

void Deciding::close_idle_companions() {
  // Only of what closed in this decision: of other items not everything that is owed may be loaded.
  std::set<std::pair<ItemId, std::string>> ended;
  for (const auto& [id, changed] : work_.obligations)
    if (changed.was && changed.was->is_open() && !changed.now.is_open() &&
        changed.now.rule.kind == DueRule::Kind::meeting && !changed.now.meeting)
      ended.emplace(changed.now.item, changed.now.rule.body);
  for (const auto& [holder, body] : ended) {
    const auto owed = obligations_of(holder);
    const bool still_waits = std::any_of(owed.begin(), owed.end(), [&, b = body](const auto* o) {
      return o->is_open() && o->rule.kind == DueRule::Kind::meeting && o->rule.body == b &&
             !o->meeting;
    });
    if (still_waits) continue;
    for (Obligation* o : owed)
      if (o->is_open() && o->name == std::string(set_date_prefix) + body)
        close_obligation(*o, "nothing waits for it");
  }
}

void Deciding::end_assignments(ItemId id, const std::string& person) {
  for (Assignment& a : work_.assignments) {
    if (a.item != id || a.person != person || a.to) continue;
    const Assignment was = a;
    a.to = event.occurred_at;
    work_.assignments_changed.push_back({was, a});
    line(id, "left", fmt::format("the {} has left", a.role));
  }
}

// S3.2: who owes changes with assignments; the rungs that fired stay fired.
void Deciding::refresh_debtors(ItemId id) {
  const Item& subject = item(id);
  for (Obligation* o : obligations_of(id)) {
    const ObligationDef* def = def_of(*o);
    if (!o->is_open() || def == nullptr) continue;
    const auto debtor = resolve_debtor(def->owed_by, def->fallback, scope_of(subject));
    const std::string owed_by = debtor ? to_text(*debtor) : std::string{};
    if (owed_by == o->owed_by) continue;
    line(id, "moved",
         fmt::format("{} is now owed by {}", o->name, owed_by.empty() ? "nobody" : owed_by));
    o->owed_by = owed_by;
    // The debtor whose notice the seniors waited for owes it no more.
    end_seniors_wait(*o, rules.time, now);
    set_next(*o);
  }
}

bool Deciding::recompute_one(Obligation& o, const std::string& cause, const LadderDef* fired_on) {
  if (!o.is_open()) return false;
  const Item& subject = item(o.item);
  const DueNow due = compute_due(o.rule, subject, &o);
  const MeetingId was_meeting = o.meeting;
  o.meeting = due.meeting;
  const std::string companion = std::string(set_date_prefix) + o.rule.body;
  if (due.no_meeting) {
    if (o.due_at)
      line(o.item, "moved",
           fmt::format("{}: from {} to no date, because {}", o.name, when(o.due_at), cause));
    o.due_at.reset();
    set_next(o);
    const auto b = rules.establishment.bodies.find(o.rule.body);
    if (b != rules.establishment.bodies.end())
      open_plain(o.item, companion, b->second.set_date_by, b->second.set_date_within,
                 b->second.set_date_ladder, b->second.source);
    return true;
  }
  if (o.rule.kind == DueRule::Kind::meeting && due.due) {
    // One companion serves all that wait on the body; it ends with the last of them.
    const auto owed = obligations_of(o.item);
    const bool others_wait = std::any_of(owed.begin(), owed.end(), [&](const Obligation* other) {
      return other->is_open() && other->id != o.id && other->rule.kind == DueRule::Kind::meeting &&
             other->rule.body == o.rule.body && compute_due(other->rule, subject, other).no_meeting;
    });
    if (!others_wait)
      for (Obligation* other : owed)
        if (other->is_open() && other->name == companion)
          close_obligation(*other, "meeting planned");
  }
  o.anchor = due.anchor;
  if (!due.due || o.due_at == due.due) return o.meeting != was_meeting;

  const LadderDef& steps = fired_on != nullptr ? *fired_on : ladder(o.ladder, o.item);
  const std::optional<Instant> old = o.due_at;
  const bool escalated = was_escalated(o, steps);
  const std::set<std::string> told_so_far = [&] {
    std::set<std::string> result;
    for (const FiredRung& f : o.fired)
      if (f.rung >= 0 && !f.to.empty()) result.insert(f.to);
    return result;
  }();
  const bool first = !o.first_due_at;
  move_due(o, *due.due, steps, rules.time, now);
  set_next(o);
  line(o.item, "moved",
       fmt::format("{}: from {} to {}, because {}", o.name, when(old), when(o.due_at), cause));
  if (!first && old && escalated && *o.due_at > *old) {
    // S5.3: whoever was told that it is late hears once that the date moved.
    const Definition& own = rules.definition_of(item(o.item));
    for (const std::string& to : told_so_far) {
      const auto party = parse_party(to);
      if (!party) continue;
      Prompt& prompt = new_prompt(o.item, *party,
                                  notice_template(own.moved_template,
                                                  own.moved_template_urgent, o.family),
                                  o.family);
      prompt.obligation = o.id;
      prompt.due_version = o.due_version;
    }
  }
  return true;
}

Result<void> Deciding::recompute(ItemId id, const std::string& cause, bool by_hand) {
  for (Obligation* o : obligations_of(id)) {
    if (!o->is_open()) continue;
    const std::optional<Instant> old = o->due_at;
    recompute_one(*o, cause);
    if (by_hand && o->family == Family::a && old && o->due_at && *o->due_at > *old)
      return Error{
          Errc::refused,
          fmt::format("“{}” is about immediate risk: its deadline cannot be moved later; it "
                      "can be suspended by two people, for at most 24 hours at a time",
                      o->name)};
  }
  return {};
}

void Deciding::hand_over(const Obligation& o, const Party& to) {
  const Definition& own = rules.definition_of(item(o.item));
  Prompt& prompt = new_prompt(o.item, to,
                              notice_template(own.hand_over_template,
                                              own.hand_over_template_urgent, o.family),
                              o.family);
  prompt.obligation = o.id;
  prompt.due_version = o.due_version;
  line(o.item, "hand-over", fmt::format("{} is now with a new holder of {}", o.name, o.owed_by));
}

ResolveRung Deciding::resolver_of(const Obligation& o) const {
  const RoleScope scope = scope_of(*find(o.item), o.owed_by);
  const Date today = local_date(now, *rules.time.zone);
  return [scope, today](const RungDef& rung) {
    std::vector<Told> told;
    for (const RoleTerm& term : rung.to)
      for (Party& party : resolve(term, scope)) {
        const bool known =
            std::any_of(told.begin(), told.end(), [&](const Told& t) { return t.party == party; });
        if (known) continue;
        const bool reachable = !contact_points(party, scope, today).empty();
        told.push_back({std::move(party), reachable});
      }
    return told;
  };
}

LadderPass Deciding::fire(Obligation& o, const std::optional<Downtime>& down) {
  // Seniors that wait are told later of the gap that their debtor was told of (S6.1, S6.2).
  std::optional<Downtime> gap = down;
  if (!gap && o.gap_from && o.gap_to) gap = Downtime{*o.gap_from, *o.gap_to};
  LadderPass pass = run_pass(o, ladder(o.ladder, o.item), resolver_of(o), down, rules.time, now);
  if (!o.seniors_wait_until) {
    o.gap_from.reset();
    o.gap_to.reset();
  } else if (down) {
    o.gap_from = down->from;
    o.gap_to = down->to;
  }
  write_firings(o, pass.fire, gap);
  return pass;
}

LadderPass Deciding::fire_above(Obligation& o, int rung, const std::string& to) {
  LadderPass pass =
      assured::fire_above(o, ladder(o.ladder, o.item), resolver_of(o), rung, to, now);
  write_firings(o, pass.fire, {});
  return pass;
}

void Deciding::tell_again(Obligation& o, const Prompt& told, const Party& party) {
  const std::string to = to_text(party);
  Instant planned_at = now;
  bool recorded = false;
  for (const FiredRung& f : o.fired) {
    if (f.due_version != told.due_version || f.rung != told.rung || f.cycle != told.cycle) continue;
    planned_at = f.planned_at;
    recorded |= f.to == to;
  }
  if (!recorded)
    o.fired.push_back({o.id, o.due_version, told.rung, told.cycle, to, planned_at, now});
  Prompt& prompt = new_prompt(o.item, party, told.template_name, o.family);
  prompt.obligation = o.id;
  prompt.due_version = told.due_version;
  prompt.rung = told.rung;
  prompt.cycle = told.cycle;
  prompt.missed = told.missed;
  prompt.down_from = told.down_from;
  prompt.down_to = told.down_to;
  line(o.item, "rung", fmt::format("{}: its rung {} to {} too", o.name, told.rung + 1, to));
}

void Deciding::write_firings(const Obligation& o, const std::vector<Firing>& firings,
                             const std::optional<Downtime>& gap) {
  const LadderDef& steps = ladder(o.ladder, o.item);
  for (const Firing& firing : firings) {
    const auto party = parse_party(firing.to);
    ASSURED_ASSERT(party.has_value());
    const RungDef& rung = steps.rungs[static_cast<std::size_t>(firing.rung)];
    Prompt& prompt = new_prompt(o.item, *party, rung.template_name, o.family);
    prompt.obligation = o.id;
    prompt.due_version = o.due_version;
    prompt.rung = firing.rung;
    prompt.cycle = firing.cycle;
    prompt.missed = firing.missed;
    if (gap && !firing.missed.empty()) {
      prompt.down_from = gap->from;
      prompt.down_to = gap->to;
    }
    line(o.item, "rung", fmt::format("{}: rung {} to {}", o.name, to_text(rung.at), firing.to));
    if (rules.coverage != nullptr)
      rules.coverage->rungs.insert(fmt::format("{}[{}]", o.ladder, firing.rung));
  }
}

}  // namespace assured
