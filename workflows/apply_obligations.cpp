// What people do to one obligation without an event of its item: acknowledge and suspend (S15.1,
// S5.3).
#include <fmt/format.h>

#include <algorithm>

#include "workflows/applying.hpp"
#include "workflows/deciding.hpp"

namespace assured {

namespace {

// S5.3: how long family A can be suspended at a time.
constexpr Span suspension_max{24, Unit::hours};

Instant later(Instant now, Span span, const TimeRules& rules) {
  return due_after(now, span, rules).due_at;
}

}  // namespace

Result<Outcome> acknowledge(WriteTx& tx, const Programmes& programmes, const Acknowledge& command,
                            Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  auto held = load_held(writer, command.obligation);
  if (!held) return held.error();
  const auto occurred = occurred_at(command.caller, &held->item, now);
  if (!occurred) return occurred.error();
  const Rules rules = programmes.rules(**board, held->item.programme);
  const Obligation& o = held->obligation;
  const auto ladder = rules.definition.ladders.find(o.ladder);
  ASSURED_ASSERT(ladder != rules.definition.ladders.end());
  if (!ladder->second.ack_max)
    return Error{Errc::refused,
                 fmt::format("“{}” cannot be acknowledged: it needs an answer", o.name)};

  // By the debtor, or anybody told so far (S15.1).
  const auto shared = writer.load_people();
  const People& people = *shared;
  const auto assignments = writer.assignments_of({held->item.id});
  const RoleScope scope{rules.establishment, rules.definition, held->item,
                        assignments,         people,           o.owed_by};
  const Date today = local_date(now, *rules.time.zone);
  if (auto known = check_caller(rules.establishment, people, command.caller.person,
                                command.caller.for_post, today);
      !known)
    return known.error();
  std::set<std::string> parties{o.owed_by};
  for (const FiredRung& f : o.fired) parties.insert(f.to);
  bool may = false;
  for (const std::string& text : parties) {
    const auto party = parse_party(text);
    if (!party) continue;
    if (party->kind == Party::Kind::post) {
      const auto posts = people.posts_of(command.caller.person, today);
      may |= command.caller.for_post == party->name ||
             std::find(posts.begin(), posts.end(), party->name) != posts.end();
    } else {
      may |= is_one_of({RoleTerm{RoleTerm::Kind::assigned, party->name}}, scope,
                       command.caller.person, command.caller.for_post, today);
    }
  }
  if (!may)
    return Error{Errc::forbidden, "only whoever owes this, or was told of it, may acknowledge it"};
  if (o.acknowledged_rung > reached_rung(o) && command.progress.empty())
    return Error{Errc::refused,
                 "it was acknowledged before: say in a line what has been done since", "progress"};
  const Instant until = std::min(later(now, command.hold_for, rules.time),
                                 later(now, *ladder->second.ack_max, rules.time));
  Decision decision = decide_hold(rules, held->item, o, until, "acknowledge", now);
  const JournalHead head =
      head_of(command.caller, "acknowledge", held->item.id, *occurred, command.progress);
  return outcome_of(writer, head, std::move(decision), held->item.id, now);
}

namespace {

// Whether one of them owes it, by a post or by an assignment.
bool owes(BoardReader& reader, const Rules& rules, const People& people, const Held& held,
          const std::vector<std::string>& humans, Date today) {
  const auto party = parse_party(held.obligation.owed_by);
  if (!party) return false;
  const auto assignments = reader.assignments_of({held.item.id});
  const RoleScope scope{rules.establishment, rules.definition, held.item,
                        assignments,         people,           held.obligation.owed_by};
  return std::any_of(humans.begin(), humans.end(), [&](const std::string& person) {
    if (party->kind == Party::Kind::post) {
      const auto posts = people.posts_of(person, today);
      return std::find(posts.begin(), posts.end(), party->name) != posts.end();
    }
    return is_one_of({RoleTerm{RoleTerm::Kind::assigned, party->name}}, scope, person, {}, today);
  });
}

}  // namespace

Result<Outcome> suspend(WriteTx& tx, const Programmes& programmes, const Suspend& command,
                        Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  auto held = load_held(writer, command.obligation);
  if (!held) return held.error();
  const auto occurred = occurred_at(command.caller, &held->item, now);
  if (!occurred) return occurred.error();
  if (command.reason.empty()) return Error{Errc::invalid, "a reason is needed", "reason"};
  const Rules rules = programmes.rules(**board, held->item.programme);
  const auto shared = writer.load_people();
  const People& people = *shared;
  const Date today = local_date(now, *rules.time.zone);
  if (auto known = check_caller(rules.establishment, people, command.caller.person,
                                command.caller.for_post, today);
      !known)
    return known.error();
  if (!is_board_side(rules.establishment, people, command.caller.person, today))
    return Error{Errc::forbidden, "only the board team may suspend what is owed"};
  const std::vector<std::string> humans =
      humans_behind(people, command.caller.person, command.caller.for_post, today);
  if (owes(writer, rules, people, *held, humans, today))
    return Error{Errc::forbidden, "whoever owes this cannot suspend it; somebody else must"};
  if (command.hold_for.count <= 0)
    return Error{Errc::invalid, "say for how long, such as 4h or 2wd", "for"};
  const JournalHead head =
      head_of(command.caller, "suspend", held->item.id, *occurred, command.reason);
  if (held->obligation.family == Family::a) {
    // S5.3: the first person proposes, a second carries it out, for at most a day.
    if (!command.hold_for.is_elapsed() ||
        later(now, command.hold_for, rules.time) > later(now, suspension_max, rules.time))
      return Error{Errc::refused,
                   "what is about immediate risk can be suspended for at most 24 hours at a time",
                   "for"};
    // What was proposed says for how long: the second person agrees to that, or to less.
    const std::string proposals = fmt::format("suspend:{}:", held->obligation.id.value);
    const Approval* proposed = nullptr;
    const auto approvals = writer.approvals_of(held->item.id);
    for (const Approval& a : approvals)
      if (a.name.starts_with(proposals) && !a.withdrawn_at &&
          now <= a.at + proposal_stands)
        proposed = &a;
    // S5.3: two people, neither of them the other typing for a post.
    if (proposed == nullptr || !is_by_others(people, *proposed, humans, *rules.time.zone)) {
      if (proposed != nullptr)
        return Error{Errc::refused, "a second person must agree to this suspension"};
      Decision decision;
      decision.subject = held->item.id;
      decision.approvals.push_back(
          {std::nullopt,
           Approval{
               held->item.id, proposals + to_text(command.hold_for), command.caller.person,
               command.caller.for_post, now, {}}});
      decision.lines.push_back({held->item.id, "suspend", "proposed; a second person must agree"});
      return outcome_of(writer, head, std::move(decision), held->item.id, now);
    }
    const auto agreed = parse_span(std::string_view{proposed->name}.substr(proposals.size()));
    ASSURED_ASSERT(agreed.has_value());  // written just above
    if (later(now, command.hold_for, rules.time) > later(now, *agreed, rules.time))
      return Error{Errc::refused,
                   fmt::format("{} was proposed; agree to that, or to less", to_text(*agreed)), "for"};
    Decision decision = decide_hold(rules, held->item, held->obligation,
                                    later(now, command.hold_for, rules.time), "suspend", now);
    Approval used = *proposed;
    used.withdrawn_at = now;  // one proposal carries one suspension
    decision.approvals.push_back({*proposed, std::move(used)});
    return outcome_of(writer, head, std::move(decision), held->item.id, now);
  }
  const auto ladder = rules.definition.ladders.find(held->obligation.ladder);
  const Span longest =
      ladder == rules.definition.ladders.end() ? suspend_max_default : ladder->second.suspend_max;
  if (later(now, command.hold_for, rules.time) > later(now, longest, rules.time))
    return Error{Errc::refused,
                 fmt::format("this can be suspended for at most {} at a time", to_text(longest)), "for"};
  Decision decision = decide_hold(rules, held->item, held->obligation,
                                  later(now, command.hold_for, rules.time), "suspend", now);
  return outcome_of(writer, head, std::move(decision), held->item.id, now);
}

}  // namespace assured
