// S9.2. The compensating event: rows go back to what they were, with a higher version. Nothing is
// deleted: what the event made is voided, closed or ended, and what it would have said is not said.
#include <fmt/format.h>

#include <algorithm>

#include "workflows/decide_migrate.hpp"
#include "workflows/deciding.hpp"

namespace assured {

namespace {

// Whether the post that a vacancy asks to be filled has a holder.
bool is_filled(const std::string& vacancy, const People& people, Date today) {
  const auto colon = vacancy.find(": ");
  return colon != std::string::npos && !people.holders_of(vacancy.substr(colon + 2), today).empty();
}

// Several changes of one row in one event become one: the first `was`, the last `now`.
std::vector<Changed<Assignment>> by_row(const std::vector<Changed<Assignment>>& changes) {
  std::vector<Changed<Assignment>> rows;
  for (const Changed<Assignment>& change : changes) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const Changed<Assignment>& row) {
      return row.now.item == change.now.item && row.now.role == change.now.role &&
             row.now.person == change.now.person && row.now.from == change.now.from;
    });
    if (same == rows.end())
      rows.push_back(change);
    else
      same->now = change.now;
  }
  return rows;
}

// Whether undoing it would close something about immediate risk that is still owed.
bool ends_what_is_urgent(const LastEvent& last, const Facts& facts) {
  return std::any_of(last.obligations.begin(), last.obligations.end(), [&](const auto& change) {
    if (change.was || change.now.family != Family::a) return false;
    return std::any_of(facts.obligations.begin(), facts.obligations.end(), [&](const Obligation& o) {
      return o.id == change.now.id && o.is_open();
    });
  });
}

// DESIGN 12.2, S15.3: nobody silences a concern alone, and nobody of an agency that it is about has a part
// in it. True when somebody else proposed it; false when this call became the proposal. Errors: forbidden;
// refused (the same person again).
Result<bool> second_person(Deciding& deciding, const Item& item, const LastEvent& last) {
  const People& people = *deciding.facts.people;
  const Zone& zone = *deciding.rules.time.zone;
  const Date today = local_date(deciding.now, zone);
  const auto humans =
      humans_behind(people, deciding.event.actor, deciding.event.for_post, today);
  std::set<std::string> agencies;
  for (const Changed<Item>& change : last.items)
    if (!change.now.agency.empty()) agencies.insert(change.now.agency);
  for (const std::string& person : humans)
    for (const std::string& held : people.posts_of(person, today)) {
      const PostDef* post = deciding.rules.establishment.find_post(held);
      if (post != nullptr && agencies.contains(post->agency))
        return Error{Errc::forbidden,
                     "this is about immediate risk; somebody who holds no post in the agency concerned "
                     "must correct it",
                     "event"};
    }
  const std::string name = fmt::format("correct:{}", last.seq);
  bool proposed = false;
  for (const Approval& a : deciding.facts.approvals) {
    if (a.item != item.id || a.name != name || a.withdrawn_at || deciding.now > a.at + proposal_stands)
      continue;
    if (is_by_others(people, a, humans, zone)) return true;
    proposed = true;
  }
  if (proposed)
    return Error{Errc::refused,
                 "this is about immediate risk; a second person of the board must agree to correct it"};
  deciding.add_approval(
      Approval{item.id, name, deciding.event.actor, deciding.event.for_post, deciding.now, {}});
  deciding.line(item.id, "correct", "proposed; a second person must agree");
  return false;
}

}  // namespace

Result<Decision> decide_correct(const Rules& rules, const Item& item, const Facts& facts,
                                const Event& event, Instant now) {
  if (!is_board_side(rules.establishment, *facts.people, event.actor, local_date(now, *rules.time.zone)))
    return Error{Errc::forbidden, "only the board team may correct an event", "event"};
  if (event.reason.empty()) return Error{Errc::invalid, "a reason is needed", "reason"};
  if (!facts.last_event)
    return Error{Errc::refused, "there is no event on this item that could be corrected"};
  const LastEvent& last = *facts.last_event;
  if (last.event == "correct")
    return Error{Errc::refused,
                 "the last event was itself a correction; do the right thing instead"};
  // Its rows belong to another definition: going back is a migration of its own.
  if (last.event == migrate_programme_event)
    return Error{Errc::refused,
                 "it was moved to another version of the programme since; what was done before "
                 "cannot be corrected any more"};
  const Instant limit =
      due_after(last.recorded_at, rules.definition.correct_within, rules.time).due_at;
  if (now > limit)
    return Error{Errc::refused,
                 fmt::format("“{}” was longer ago than {}; it can no longer be corrected",
                             last.event, to_text(rules.definition.correct_within))};

  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  if (ends_what_is_urgent(last, facts)) {
    const auto second = second_person(deciding, item, last);
    if (!second) return second.error();
    if (!*second) {
      Decision proposed = deciding.take();
      proposed.subject = item.id;
      return proposed;
    }
  }
  for (const Changed<Item>& change : last.items) {
    const Item* now_is = deciding.find(change.now.id);
    if (now_is == nullptr || now_is->version != change.now.version)
      return Error{Errc::conflict,
                   "something else has happened since; it cannot be undone any more"};
  }
  for (const Item& other : facts.descendants) {
    const bool below_new =
        std::any_of(last.items.begin(), last.items.end(), [&](const Changed<Item>& change) {
          return !change.was && change.now.id == other.parent;
        });
    const bool of_event =
        std::any_of(last.items.begin(), last.items.end(),
                    [&](const Changed<Item>& change) { return change.now.id == other.id; });
    if (below_new && !of_event && !is_gone(other.state))
      return Error{Errc::conflict, "something was begun below it since; undo that first"};
  }
  for (const Changed<Item>& change : last.items) {
    Item& subject = deciding.item(change.now.id);
    const std::int64_t version = subject.version;  // take() raises it
    if (change.was)
      subject = *change.was;
    else
      subject.state = voided_state;
    subject.version = version;
    deciding.touch(change.now.id);  // or the same event could be corrected again
  }

  std::vector<Obligation*> given_back;
  for (const Changed<Obligation>& change : last.obligations) {
    for (Obligation* o : deciding.obligations_of(change.now.item)) {
      if (o->id != change.now.id) continue;
      if (!change.was) {
        if (o->is_open()) deciding.close_obligation(*o, std::string(corrected));
        continue;
      }
      // S3.5: another item asks for the same post by now, or the post has somebody again.
      if (!o->is_open() && o->name.starts_with(name_somebody) &&
          (deciding.is_vacancy_open(o->name) ||
           is_filled(o->name, *facts.people, local_date(now, *rules.time.zone))))
        continue;
      const Obligation now_is = *o;
      *o = *change.was;
      o->fired = now_is.fired;  // what was said stays said
      // So does what people agreed on since: an acknowledgement, a suspension.
      if (now_is.is_open() && (now_is.held_until != change.now.held_until ||
                               now_is.acknowledged_rung != change.now.acknowledged_rung)) {
        o->held_until = now_is.held_until;
        o->acknowledged_rung = now_is.acknowledged_rung;
      }
      // While it was closed nobody told it that its debtor's mail was taken: seniors wait a working day
      // from now at most (S6.2).
      end_seniors_wait(*o, rules.time, now);
      // Another date is a move like any other: what fired for the one given back must not count as
      // fired for it again (S5.1, S5.2).
      if (o->due_at != now_is.due_at) {
        o->due_version = now_is.due_version + 1;
        o->rungs_from = now;
      }
      given_back.push_back(o);
    }
  }
  // Meetings and holidays may have changed since: the old rules, at today's calendar. Only once all
  // is open again that was, or a date that is asked for already would be asked for twice. What time
  // opened meanwhile in place of a restored one goes.
  for (Obligation* o : given_back) {
    for (Obligation* other : deciding.obligations_of(o->item))
      if (o->is_open() && other->is_open() && other->name == o->name && other->id != o->id)
        deciding.close_obligation(*other, std::string(corrected));
    deciding.recompute_one(*o, "correct");
    deciding.set_next(*o);
    deciding.line(o->item, "reopened", fmt::format("{} (round {})", o->name, o->round));
  }
  // What opened by time on an item that is voided now, as a vacancy does, goes with it.
  for (const Changed<Item>& change : last.items)
    if (!change.was)
      for (Obligation* o : deciding.obligations_of(change.now.id))
        if (o->is_open()) deciding.close_obligation(*o, std::string(corrected));

  deciding.line(item.id, "correct", fmt::format("“{}” was undone", last.event));
  Decision decision = deciding.take();
  decision.subject = item.id;
  for (const Changed<Assignment>& change : by_row(last.assignments)) {
    Assignment restored = change.was ? *change.was : change.now;
    if (!change.was) restored.to = now;
    if (!(restored == change.now))
      decision.assignments.push_back({change.now, std::move(restored)});
  }
  for (const Changed<Link>& change : last.links) {
    Link restored = change.now;
    restored.withdrawn_at = now;
    decision.links.push_back({change.now, std::move(restored)});
  }
  for (const Changed<Approval>& change : last.approvals) {
    Approval restored = change.now;
    restored.withdrawn_at = now;
    decision.approvals.push_back({change.now, std::move(restored)});
  }
  for (const Prompt& prompt : facts.prompts) {
    const bool of_event =
        std::any_of(last.prompts.begin(), last.prompts.end(),
                    [&](const Changed<Prompt>& change) { return change.now.id == prompt.id; });
    if (!of_event && prompt.state == PromptState::superseded &&
        prompt.why.ends_with(done_before_sent)) {
      // It was dropped because the event had ended what it asks for; its rung will not fire again.
      Prompt again = prompt;
      again.state = PromptState::pending;
      again.why.clear();
      again.not_before = std::max(prompt.not_before, now);
      decision.prompts.push_back({prompt, std::move(again)});
      continue;
    }
    if (!of_event || prompt.state != PromptState::pending) continue;
    Prompt dropped = prompt;
    dropped.state = PromptState::superseded;
    dropped.why = "the event was corrected before this was sent";
    decision.prompts.push_back({prompt, std::move(dropped)});
  }
  return decision;
}

}  // namespace assured
