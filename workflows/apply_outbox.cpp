#include "workflows/apply_outbox.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/applying.hpp"
#include "workflows/roles.hpp"

namespace assured {

namespace {

Result<void> check_command(const Programmes& programmes, const HeldMail& command) {
  const auto board = board_of(programmes, command.board);
  if (!board) return board.error();
  if (auto known = check_channel(command.caller); !known) return known.error();
  if (command.reason.empty()) return Error{Errc::invalid, "a reason is needed", "reason"};
  return {};
}

template <class State>
Error not_held(std::string_view what, State state) {
  return Error{Errc::refused,
               fmt::format("this {} is {}; only a held one is released or expired", what, to_text(state))};
}

// The prompts of one mail are about one item where it stands alone, and no row of the journal names an
// item for a mail about several.
ItemId item_of(const Notice& notice) {
  return notice.prompts.size() == 1 ? notice.item : ItemId{};
}

Result<Prompt> end_hold(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                        PromptId id, bool release, Instant now) {
  if (const auto good = check_command(programmes, command); !good) return good.error();
  BoardWriter& writer = tx.board(command.board);
  const auto was = writer.find_prompt(id);
  if (!was) return Error{Errc::not_found, "there is no such prompt", "prompt"};
  if (was->state != PromptState::held) return not_held("prompt", was->state);
  Prompt prompt = *was;
  prompt.state = release ? PromptState::pending : PromptState::superseded;
  prompt.why = release ? std::string{released} : "an operator gave it up";
  const std::string what = release ? "release" : "expire";
  Decision decision;
  decision.subject = prompt.item;
  decision.prompts.push_back({*was, prompt});
  decision.lines.push_back({prompt.item, what, fmt::format("held mail to {}", prompt.to)});
  writer.write(head_of(command.caller, what, prompt.item, now, command.reason), decision, now);
  return prompt;
}

// Ends `look_at_held` on the item when none of its mail is held any more.
void close_when_looked_at(BoardWriter& writer, const Programmes& programmes, const HeldMail& command,
                          ItemId id, Instant now) {
  if (!id || writer.count_held(id) > 0) return;
  const auto item = writer.find_item(id);
  ASSURED_ASSERT(item.has_value());
  const Rules rules = programmes.rules(programmes.get_board(command.board), item->programme);
  for (const Obligation& o : writer.open_obligations_of({id})) {
    if (o.name != look_at_held) continue;
    writer.write(head_of(command.caller, "looked-at", id, now, command.reason),
                 decide_close(rules, *item, o, "looked at", now), now);
  }
}

// Whether somebody still owes something that the mail asks for; a mail that asks for nothing tells.
bool is_still_true(BoardWriter& writer, const Notice& notice) {
  return std::any_of(notice.prompts.begin(), notice.prompts.end(), [&](const PromptId id) {
    const auto prompt = writer.find_prompt(id);
    if (!prompt || !prompt->obligation) return true;
    const auto obligation = writer.find_obligation(prompt->obligation);
    return !obligation || obligation->is_open();
  });
}

// So that a hold of the whole outbox does not keep back what somebody has released (S16.3).
void mark_released(BoardWriter& writer, const HeldMail& command, const Notice& notice, Instant now) {
  Decision decision;
  decision.subject = notice.item;
  for (const PromptId id : notice.prompts) {
    const auto was = writer.find_prompt(id);
    if (!was || was->why == released) continue;
    Prompt prompt = *was;
    prompt.why = std::string{released};
    decision.prompts.push_back({*was, std::move(prompt)});
  }
  if (decision.prompts.empty()) return;
  writer.write(head_of(command.caller, "release", item_of(notice), now, command.reason), decision,
               now);
}

Result<Notice> end_hold(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                        NoticeId id, bool release, Instant now) {
  if (const auto good = check_command(programmes, command); !good) return good.error();
  BoardWriter& writer = tx.board(command.board);
  auto notice = writer.find_notice(id);
  if (!notice) return Error{Errc::not_found, "there is no such notice", "notice"};
  if (notice->state != NoticeState::held) return not_held("notice", notice->state);
  if (release && !is_still_true(writer, *notice))
    return Error{Errc::refused, "what this mail asks for has been done since; expire it"};
  if (release) mark_released(writer, command, *notice, now);
  notice->state = release ? NoticeState::pending : NoticeState::expired;
  writer.write_notice_states(head_of(command.caller, release ? "release" : "expire", item_of(*notice),
                                     now, command.reason),
                             {*notice}, now);
  close_when_looked_at(writer, programmes, command, notice->item, now);
  return *writer.find_notice(id);
}

}  // namespace

Result<Prompt> release_prompt(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                              PromptId id, Instant now) {
  return end_hold(tx, programmes, command, id, true, now);
}

Result<Prompt> expire_prompt(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                             PromptId id, Instant now) {
  return end_hold(tx, programmes, command, id, false, now);
}

Result<Notice> release_notice(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                              NoticeId id, Instant now) {
  return end_hold(tx, programmes, command, id, true, now);
}

Result<Notice> expire_notice(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                             NoticeId id, Instant now) {
  return end_hold(tx, programmes, command, id, false, now);
}

bool release_urgent(WriteTx& tx, std::string_view board, const Caller& caller, Instant now) {
  constexpr std::size_t page = 500;
  BoardWriter& writer = tx.board(board);
  const std::string hold = writer.find_value(outbox_hold_value).value_or("");
  if (hold.empty() || writer.find_value(urgent_released_value) == hold) return false;
  writer.put_value(urgent_released_value, hold);
  PromptId after;
  for (;;) {
    const auto held = writer.list_prompts(page, after, PromptState::held);
    for (const Prompt& was : held) {
      after = was.id;
      if (was.family != Family::a || was.why != hold) continue;
      Prompt prompt = was;
      prompt.state = PromptState::pending;
      prompt.why = std::string{released};
      Decision decision;
      decision.subject = prompt.item;
      decision.prompts.push_back({was, prompt});
      decision.lines.push_back(
          {prompt.item, "release",
           fmt::format("held mail to {} about immediate risk: the board is at work again", prompt.to)});
      writer.write(head_of(caller, "release", prompt.item, now), decision, now);
    }
    if (held.size() < page) return true;
  }
}

Result<std::size_t> end_outbox_hold(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                                    bool release, Instant now) {
  constexpr std::size_t page = 500;
  if (const auto good = check_command(programmes, command); !good) return good.error();
  BoardWriter& writer = tx.board(command.board);
  const std::string hold = writer.find_value(outbox_hold_value).value_or("");
  if (hold.empty()) return Error{Errc::refused, "this board's mail is not on hold as a whole"};
  writer.put_value(outbox_hold_value, "");
  std::size_t ended = 0;
  PromptId after;
  for (;;) {
    const auto held = writer.list_prompts(page, after, PromptState::held);
    Decision decision;
    for (const Prompt& was : held) {
      after = was.id;
      if (was.why != hold) continue;
      Prompt prompt = was;
      prompt.state = release ? PromptState::pending : PromptState::superseded;
      prompt.why = release ? std::string{released} : "an operator gave it up";
      decision.lines.push_back({prompt.item, release ? "release" : "expire",
                                fmt::format("mail to {} that the hold kept back", prompt.to)});
      decision.prompts.push_back({was, std::move(prompt)});
    }
    ended += decision.prompts.size();
    if (!decision.prompts.empty())
      writer.write(head_of(command.caller, release ? "release" : "expire", {}, now, command.reason),
                   decision, now);
    if (held.size() < page) break;
  }
  // A hold that kept nothing back leaves its end on record too.
  tx.note_operator(head_of(command.caller, "end-hold", {}, now),
                   fmt::format("board {}: {} held prompts {}", command.board, ended,
                               release ? "released" : "given up"),
                   now);
  return ended;
}

Result<Outcome> resolve_held(WriteTx& tx, const Programmes& programmes, const HeldMail& command,
                             ObligationId id, Instant now) {
  if (const auto good = check_command(programmes, command); !good) return good.error();
  BoardWriter& writer = tx.board(command.board);
  const auto held = load_held(writer, id);
  if (!held) return held.error();
  const Rules rules =
      programmes.rules(programmes.get_board(command.board), held->item.programme);
  const Date today = local_date(now, *rules.time.zone);
  if (!is_board_side(rules.establishment, *writer.load_people(), command.caller.person, today))
    return Error{Errc::forbidden, "only the board team may say that it was looked at"};
  const std::string& name = held->obligation.name;
  if (name != look_at_held && name != look_at_bounced)
    return Error{Errc::refused,
                 fmt::format("“{}” ends by what it asks for, not by a word", name)};
  if (name == look_at_held && writer.count_held(held->item.id) > 0)
    return Error{Errc::refused, "mail about it is still held: release or expire it first"};
  return outcome_of(writer,
                    head_of(command.caller, "looked-at", held->item.id, now, command.reason),
                    decide_close(rules, held->item, held->obligation, "looked at", now),
                    held->item.id, now);
}

}  // namespace assured
