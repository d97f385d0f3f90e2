#include "workflows/decide_bounce.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"

namespace assured {

namespace {

Obligation* find_obligation(Deciding& deciding, ItemId item, ObligationId id) {
  for (Obligation* o : deciding.obligations_of(item))
    if (o->id == id) return o;
  return nullptr;
}

// Whoever else reads for the prompt's term and was not told of this rung.
void tell_others(Deciding& deciding, Obligation& o, const Item& item, const Bounce& bounce) {
  const auto party = parse_party(bounce.prompt.to);
  if (!party) return;
  const RoleScope scope = deciding.scope_of(item, o.owed_by);
  const Date today = local_date(deciding.now, *deciding.rules.time.zone);
  std::vector<Party> parties{*party};
  if (party->kind == Party::Kind::assigned)
    parties.push_back({Party::Kind::post, post_of(*party, scope)});
  for (const Party& other : parties) {
    const auto points = contact_points(other, scope, today);
    const bool all_told = std::all_of(points.begin(), points.end(), [&](const ContactPoint& to) {
      return bounce.told.contains(to);
    });
    if (all_told || bounce.waiting.contains(to_text(other))) continue;
    deciding.tell_again(o, bounce.prompt, other);
  }
}

void ask_board_team(Deciding& deciding, const Item& item, const Obligation* about,
                    const Bounce& bounce) {
  deciding.line(item.id, "bounced",
                fmt::format("{} to {} {}: {}", about == nullptr ? "mail" : "“" + about->name + "”",
                            bounce.prompt.to,
                            bounce.state == NoticeState::bounced ? "was refused for good"
                            : bounce.state == NoticeState::held  ? "is held"
                                                                 : "was given up",
                            bounce.state == NoticeState::held ? "no address that mail may go to"
                            : bounce.to_mailbox               ? "the post's mailbox"
                                                              : "a person's own address"));
  if (about != nullptr && about->name == look_at_bounced) return;
  for (const Obligation* o : deciding.obligations_of(item.id))
    if (o->is_open() && o->name == look_at_bounced) return;
  const VacancyRule& rule = deciding.rules.definition_of(item).vacancy;
  deciding.open_plain(item.id, std::string(look_at_bounced), rule.owed_by, rule.within, rule.ladder,
                      rule.source);
}

}  // namespace

Decision decide_bounce(const Rules& rules, const Item& item, const Facts& facts,
                       const Bounce& bounce, Instant now) {
  Decision decision;
  decision.subject = item.id;
  if (is_gone(item.state)) return decision;
  Event event;
  event.name = "bounced";
  event.occurred_at = now;
  Deciding deciding(rules, facts, event, now);
  deciding.add(item);
  const Prompt& prompt = bounce.prompt;
  Obligation* o = find_obligation(deciding, item.id, prompt.obligation);
  if (o != nullptr && o->is_open() && prompt.rung >= 0 && prompt.due_version == o->due_version) {
    tell_others(deciding, *o, item, bounce);
    const LadderPass pass = deciding.fire_above(*o, prompt.rung, prompt.to);
    deciding.set_next(*o);
    if (!o->name.starts_with(name_somebody))
      for (const std::string& party : pass.vacant)
        deciding.open_vacancy(item.id, party.starts_with("post:") ? party.substr(5) : party);
  }
  if (bounce.tell_board_team)
    ask_board_team(deciding, item, find_obligation(deciding, item.id, prompt.obligation), bounce);
  decision = deciding.take();
  decision.subject = item.id;
  return decision;
}

}  // namespace assured
