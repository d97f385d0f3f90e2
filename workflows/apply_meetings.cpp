// Meetings and closed days, and the deadlines that they move (S7, S5.4).
#include <fmt/format.h>

#include <algorithm>

#include "workflows/applying.hpp"
#include "workflows/deciding.hpp"
#include "workflows/printable.hpp"

namespace assured {

namespace {

// The name under which a pending recomputation keeps its cursor (S5.4).
constexpr std::string_view recompute_value = "recompute";
// Causes of one recomputation, told in each line of what it moved; the changes have rows of their
// own.
constexpr std::size_t causes_bytes_max = 500;
// Of why a day is closed or open: one line of a deadline's working.
constexpr std::size_t title_bytes_max = 200;
// Boards plan a year ahead; a slip in the year would take every deadline bound to the meeting along.
constexpr auto planned_ahead_max = std::chrono::days{731};

// Nothing when `start` can be a meeting's.
Result<void> check_start(Instant start, Instant now) {
  if (start <= now) return Error{Errc::invalid, "a meeting begins in the future", "start"};
  if (start > now + planned_ahead_max)
    return Error{Errc::invalid, "this lies more than two years ahead; look at the year", "start"};
  return {};
}

// Open obligations are looked at again from the first. A change that is not worked through yet
// stays named as a cause beside this one (S5.1).
void ask_recompute(BoardWriter& writer, const std::string& cause) {
  std::string causes = cause;
  if (const auto pending = writer.find_value(recompute_value); pending && !pending->empty()) {
    const std::string earlier = pending->substr(pending->find(' ') + 1);
    const bool known = earlier.find(cause) != std::string::npos;
    causes = known || earlier.size() > causes_bytes_max ? earlier : earlier + " and " + cause;
  }
  writer.put_value(recompute_value, "0 " + causes);
}

}  // namespace

Result<Meeting> change_meeting(WriteTx& tx, const Programmes& programmes,
                               const MeetingCommand& command, Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  if (auto known = check_caller((*board)->current->establishment, *writer.load_people(),
                                command.caller.person, command.caller.for_post,
                                local_date(now, *(*board)->zone));
      !known)
    return known.error();
  const auto occurred = occurred_at(command.caller, nullptr, now);
  if (!occurred) return occurred.error();
  Meeting meeting;
  std::string what;
  if (command.what == MeetingCommand::What::plan) {
    const BodyDef* body = (*board)->current->establishment.find_body(command.body);
    if (body == nullptr)
      return Error{Errc::invalid, fmt::format("there is no body “{}” on this board", command.body),
                   "body"};
    if (auto fits = check_start(command.start, now); !fits) return fits.error();
    meeting.body = body->id;
    meeting.start = command.start;
    what = "plan-meeting";
  } else {
    const auto known = writer.find_meeting(command.meeting);
    if (!known) return Error{Errc::not_found, "there is no such meeting", "meeting"};
    meeting = *known;
    if (meeting.state != Meeting::State::planned)
      return Error{Errc::refused, fmt::format("this meeting is {}; only a planned one can change",
                                              to_text(meeting.state))};
    switch (command.what) {
      case MeetingCommand::What::move:
        if (auto fits = check_start(command.start, now); !fits) return fits.error();
        meeting.start = command.start;
        what = "move-meeting";
        break;
      case MeetingCommand::What::cancel:
        meeting.state = Meeting::State::cancelled;
        what = "cancel-meeting";
        break;
      case MeetingCommand::What::hold:
        if (meeting.start > now)
          return Error{Errc::refused, "this meeting lies ahead; it cannot have been held"};
        meeting.state = Meeting::State::held;
        what = "hold-meeting";
        break;
      case MeetingCommand::What::plan:
        break;
    }
  }
  meeting = writer.write_meeting(head_of(command.caller, what, {}, *occurred), meeting, now);
  // A held meeting moves nothing: what was bound to it stays due when it was.
  if (command.what != MeetingCommand::What::hold)
    ask_recompute(writer, fmt::format("{} of {}", what, meeting.body));
  return meeting;
}

bool recompute_pending(BoardReader& reader) {
  const auto pending = reader.find_value(recompute_value);
  return pending && !pending->empty();
}

bool recompute_step(WriteTx& tx, const Programmes& programmes, std::string_view id,
                    std::size_t limit, Instant now, std::vector<Decision>* moved) {
  BoardWriter& writer = tx.board(id);
  const auto pending = writer.find_value(recompute_value);
  if (!pending || pending->empty()) return false;
  const auto space = pending->find(' ');
  const std::string cause = pending->substr(space + 1);
  ObligationFilter filter;
  filter.after = ObligationId{std::stoll(pending->substr(0, space))};
  filter.limit = limit;
  const auto obligations = writer.list_obligations(filter);
  const Programmes::Board& board = programmes.get_board(id);
  for (const Obligation& o : obligations) {
    filter.after = o.id;
    const auto item = writer.find_item(o.item);
    ASSURED_ASSERT(item.has_value());
    const Rules rules = programmes.rules(board, item->programme);
    FactsNeeded needed;
    if (o.rule.kind == DueRule::Kind::meeting) needed.bodies.insert(o.rule.body);
    Facts facts = load_facts(writer, rules, *item, needed);
    facts.ids = writer.take_ids();
    Decision decision = decide_recompute(rules, *item, facts, o.id, cause, now);
    if (decision.obligations.empty() && decision.prompts.empty()) continue;
    writer.write(head_of_system("moved", item->id, now), decision, now);
    if (moved != nullptr) moved->push_back(std::move(decision));
  }
  const bool more = obligations.size() == limit;
  writer.put_value(recompute_value,
                   more ? fmt::format("{} {}", filter.after.value, cause) : std::string{});
  return more;
}

std::vector<Obligation> could_rebind(BoardReader& reader, const Programmes& programmes,
                                     std::string_view id, const Meeting& meeting) {
  std::vector<Obligation> result;
  const TimeRules& time = programmes.get_board(id).time;
  ObligationFilter filter;
  for (;;) {
    const auto open = reader.list_obligations(filter);
    for (const Obligation& o : open) {
      filter.after = o.id;
      if (o.rule.kind != DueRule::Kind::meeting || o.rule.body != meeting.body || !o.meeting ||
          o.meeting == meeting.id || !o.anchor)
        continue;
      const auto bound = reader.find_meeting(o.meeting);
      const bool earlier = bound && meeting.start < bound->start;
      if (earlier && meeting.start > *o.anchor &&
          due_by_meeting(meeting.start, o.rule.offset, time) > *o.anchor)
        result.push_back(o);
    }
    if (open.size() < filter.limit) return result;
  }
}

Result<Outcome> rebind(WriteTx& tx, const Programmes& programmes, const Rebind& command,
                       Instant now) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  BoardWriter& writer = tx.board(command.board);
  const auto held = load_held(writer, command.obligation);
  if (!held) return held.error();
  const auto occurred = occurred_at(command.caller, &held->item, now);
  if (!occurred) return occurred.error();
  if (auto known = check_caller((*board)->current->establishment, *writer.load_people(),
                                command.caller.person, command.caller.for_post,
                                local_date(now, *(*board)->zone));
      !known)
    return known.error();
  const auto meeting = writer.find_meeting(command.meeting);
  if (!meeting || meeting->state != Meeting::State::planned)
    return Error{Errc::not_found, "there is no such planned meeting", "meeting"};
  const auto candidates = could_rebind(writer, programmes, command.board, *meeting);
  const bool fits = std::any_of(candidates.begin(), candidates.end(),
                                [&](const Obligation& o) { return o.id == command.obligation; });
  if (!fits)
    return Error{Errc::refused, "this deadline does not wait for a later meeting of that body",
                 "meeting"};
  const Rules rules = programmes.rules(**board, held->item.programme);
  FactsNeeded needed;
  needed.bodies.insert(meeting->body);
  Facts facts = load_facts(writer, rules, held->item, needed);
  facts.ids = writer.take_ids();
  Decision decision = decide_rebind(rules, held->item, facts, command.obligation, meeting->id, now);
  return outcome_of(writer, head_of(command.caller, "rebind", held->item.id, *occurred),
                    std::move(decision), held->item.id, now);
}

Result<Programmes> change_calendar(WriteTx& tx, const Programmes& programmes, std::string_view id,
                                   const CalendarOverride& day, const Caller& caller, Instant now) {
  const auto board = board_of(programmes, id);
  if (!board) return board.error();
  if (day.title.empty() || day.title.size() > title_bytes_max || !is_printable(day.title))
    return Error{Errc::invalid,
                 fmt::format("say on one line of at most {} characters why the day is different; deadlines "
                             "show it",
                             title_bytes_max),
                 "title"};
  BoardWriter& writer = tx.board(id);
  writer.write_calendar_override(head_of(caller, day.closed ? "close-day" : "open-day", {}, now),
                                 day, now);
  ask_recompute(writer, fmt::format("{} is {}", to_text(day.date), day.closed ? "closed" : "open"));
  Programmes changed = programmes;
  changed.set_overrides(id, writer.calendar_overrides());
  return changed;
}

}  // namespace assured
