#include "daemon/outcome.hpp"

#include "workflows/decide_bounce.hpp"
#include "workflows/system_head.hpp"

namespace assured {

namespace {

// False where the board team was not asked to look: the item was undone, or the mail was to ask for that itself.
bool note_bounce(BoardWriter& writer, const PlannedPrompt& planned, NoticeState state, bool to_mailbox,
                 bool tell_board_team, Instant now) {
  ToldPoints told = told_on_rung(planned, writer);
  // No mail was made for these, and none would be if they were told again.
  if (state == NoticeState::held)
    for (const ContactPoint& to : contact_points(planned.party, planned.scope(),
                                                 local_date(now, *planned.rules.time.zone)))
      told.add(to);
  Bounce bounce{.prompt = planned.was,
                .state = state,
                .to_mailbox = to_mailbox,
                .told = std::move(told),
                .waiting = {},
                .tell_board_team = tell_board_team};
  if (planned.obligation)
    for (const Prompt& other : writer.prompts_of_step(planned.was))
      if (other.state == PromptState::pending) bounce.waiting.insert(other.to);
  Facts facts = load_facts(writer, planned.rules, planned.item, FactsNeeded{});
  facts.ids = writer.take_ids();
  const Decision decision = decide_bounce(planned.rules, planned.item, facts, bounce, now);
  if (!decision.lines.empty())
    writer.write(head_of_system("bounced", planned.item.id, now), decision, now);
  const bool is_look = planned.obligation && planned.obligation->name == look_at_bounced;
  return !is_look && !is_gone(planned.item.state);
}

}  // namespace

void note_end(BoardWriter& writer, const Programmes& programmes, std::string_view board,
              const Notice& notice, const std::vector<Prompt>& prompts, Instant now) {
  const Programmes::Board& of = programmes.get_board(board);
  const bool failed = notice.state == NoticeState::bounced || notice.state == NoticeState::expired;
  const auto shared = failed ? writer.load_people() : std::make_shared<const People>();
  const People& people = *shared;
  bool board_told = false;
  for (const Prompt& prompt : prompts) {
    const auto obligation =
        prompt.obligation ? writer.find_obligation(prompt.obligation) : std::nullopt;
    if (obligation && obligation->seniors_wait_until) {
      const auto item = writer.find_item(prompt.item);
      ASSURED_ASSERT(item.has_value());
      note_outcome(writer, programmes.rules(of, item->programme), *item, obligation, prompt, now);
    }
    if (!prompt.item) continue;  // nobody else is told of what is about no item
    // Read anew: what was decided about one prompt may have changed the item of the next.
    if (failed)
      board_told |= note_bounce(writer, load_planned(writer, programmes, of, people, prompt), notice.state,
                                notice.person.empty(), !board_told, now);
  }
}

void note_unreachable(BoardWriter& writer, const PlannedPrompt& planned, Instant now) {
  note_bounce(writer, planned, NoticeState::held, false, true, now);
}

}  // namespace assured
