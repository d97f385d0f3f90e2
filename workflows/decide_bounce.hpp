// What follows when mail cannot reach whom it was for (SEMANTICS.md 11.5). Pure, like decide.hpp.
#pragma once

#include "workflows/decide.hpp"
#include "workflows/roles.hpp"

namespace assured {

// A notice that ended `bounced` or `expired`, seen from one of its prompts; or a prompt that no mail may be
// made of, which is `held`.
struct Bounce {
  Prompt prompt;
  NoticeState state = NoticeState::bounced;
  bool to_mailbox = false;        // the class of the address: a post's mailbox, or a person's own
  ToldPoints told;                // whom mail about this rung went to, this notice's reader included
  std::set<std::string> waiting;  // parties of prompts of this rung of which no mail is made yet
  bool tell_board_team = true;    // false for all but one prompt of a mail about several matters
};

// Tells the others whom the prompt's term reaches, and the post an assignment falls back to; then the
// next rung of the obligation (fire_above()). Neither where the obligation was met or its due moved
// since, nor for a prompt of no rung. The board team gets `look_at_bounced`, once an item while it is
// open: at the top of a ladder that is all, and mail about that obligation itself asks for no second one.
// `facts` are those of load_facts() for nothing in particular, with ids.
Decision decide_bounce(const Rules& rules, const Item& item, const Facts& facts,
                       const Bounce& bounce, Instant now);

}  // namespace assured
