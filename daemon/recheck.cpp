#include "daemon/recheck.hpp"

#include <algorithm>

#include "workflows/system_head.hpp"

namespace assured {

Recheck::Recheck(BoardWriter& writer, const Programmes& programmes, const std::string& board,
                 const MailPolicy& policy, Instant now)
    : writer_(writer),
      programmes_(programmes),
      board_(board),
      policy_(policy),
      now_(now),
      people_(writer.load_people()),
      hold_(read_outbox_hold(writer)),
      today_(local_date(now, *programmes.get_board(board).zone)) {}

bool Recheck::may_go(const Notice& notice, std::vector<WorkReport>& reports) {
  const bool was_begun = notice.attempts > 0;
  for (const PromptId id : notice.prompts) {
    const auto prompt = writer_.find_prompt(id);
    ASSURED_ASSERT(prompt.has_value());
    const auto why = was_begun ? prohibition(notice, load(*prompt)) : objection(notice, *prompt);
    if (!why) continue;
    was_begun ? hold(notice, *prompt, *why, reports) : plan_anew(notice, *why, reports);
    return false;
  }
  return true;
}

PlannedPrompt Recheck::load(const Prompt& prompt) const {
  return load_planned(writer_, programmes_, programmes_.get_board(board_), *people_, prompt);
}

std::optional<std::string> Recheck::prohibition(const Notice& notice, const PlannedPrompt& planned) const {
  const Prompt& prompt = planned.was;
  if (const std::string& hold = hold_.of(prompt.family); !hold.empty() && prompt.why != released)
    return hold;
  if (auto why = mode_forbids(policy_, planned, today_)) return why;
  const bool redirected = policy_.mode == MailPolicy::Mode::redirect;
  if (!may_leave_to(policy_, notice.address) || (redirected && notice.address != policy_.redirect_to))
    return "it would go to another address now";
  return std::nullopt;
}

// Nothing here may object to what the planner would make again as it is, or the two would go round.
std::optional<std::string> Recheck::objection(const Notice& notice, const Prompt& prompt) {
  // One that is pending waits for another reader, whose mail was dropped; this one's stands.
  if (prompt.state != PromptState::noticed && prompt.state != PromptState::pending)
    return "it is planned anew";
  const PlannedPrompt planned = load(prompt);
  if (auto why = superseded_reason(planned, writer_, today_)) return why;
  if (auto why = prohibition(notice, planned)) return why;
  if (!still_reads(notice, planned)) return "it would go to another address now";
  // Its text gives the old date; move_due() notes when that changed. Not what lies ahead, under a clock
  // that was set back since.
  const auto& dated = planned.dated();
  if (dated && dated->due_version != prompt.due_version && dated->rungs_from > notice.created_at &&
      dated->rungs_from <= now_)
    return "the deadline moved before this was sent";
  return std::nullopt;
}

bool Recheck::still_reads(const Notice& notice, const PlannedPrompt& planned) const {
  const bool redirected = policy_.mode == MailPolicy::Mode::redirect;
  // Of a post that has no mailbox any more, the address that it had is all there is.
  if (notice.person.empty() && (redirected || mailbox_of(planned.party, planned.scope()).empty())) return true;
  // By the address, which may be a person's for one matter and a mailbox for another. While mail is redirected
  // the notice bears another one, which says nothing about who reads.
  const Person* reader = people_->find_person(notice.person);
  const std::string& address = redirected && reader != nullptr ? reader->mail : notice.address;
  const auto points = contact_points(planned.party, planned.scope(), today_);
  return std::any_of(points.begin(), points.end(),
                     [&](const ContactPoint& to) { return to.address == address; });
}

void Recheck::hold(const Notice& notice, const Prompt& prompt, const std::string& why,
                   std::vector<WorkReport>& reports) {
  Notice held = notice;
  held.state = NoticeState::held;
  const ItemId subject = notice.prompts.size() == 1 ? notice.item : ItemId{};
  writer_.write_notice_states(head_of_system("notice", subject, now_), {held}, now_);
  Decision decision;
  decision.subject = notice.item;
  decision.lines.push_back({prompt.item, "held", why});
  writer_.write(head_of_system("prompt", subject, now_), decision, now_);
  // Seniors wait for what is on its way, which this is not any more (S6.2).
  for (const PromptId id : notice.prompts) {
    const PlannedPrompt planned = load(*writer_.find_prompt(id));
    note_outcome(writer_, planned.rules, planned.item, planned.obligation, planned.was, now_);
  }
  report(std::move(held), reports);
}

void Recheck::report(Notice notice, std::vector<WorkReport>& reports) const {
  WorkReport report;
  report.board = board_;
  report.what = "planned anew";
  report.at = now_;
  report.notice = std::move(notice);
  reports.push_back(std::move(report));
}

void Recheck::plan_anew(const Notice& notice, const std::string& why,
                        std::vector<WorkReport>& reports) {
  Notice dropped = notice;
  dropped.state = NoticeState::superseded;
  dropped.final_at = now_;
  const ItemId subject = notice.prompts.size() == 1 ? notice.item : ItemId{};
  writer_.write_notice_states(head_of_system("notice", subject, now_), {dropped}, now_);
  Decision decision;
  decision.subject = notice.item;
  for (const PromptId id : notice.prompts) {
    const auto was = writer_.find_prompt(id);
    if (was->state != PromptState::noticed) continue;
    Prompt prompt = *was;
    prompt.state = PromptState::pending;
    decision.prompts.push_back({*was, prompt});
    decision.lines.push_back({prompt.item, "planned anew", why});
  }
  if (!decision.prompts.empty()) writer_.write(head_of_system("prompt", subject, now_), decision, now_);
  report(std::move(dropped), reports);
}

}  // namespace assured
