#include "daemon/planning.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"
#include "workflows/system_head.hpp"

namespace assured {

namespace {

std::string local_text(Instant at, const Zone& zone) {
  return fmt::format("{}, {}", to_long_text(local_date(at, zone)),
                     to_text(local_time_of_day(at, zone)));
}

// S10.6: which fields of an item mail may show.
bool may_leave(const FieldDef& def) {
  if (def.field_class == FieldClass::public_) return true;
  if (def.field_class != FieldClass::internal) return false;
  return def.type == FieldType::enumeration || def.type == FieldType::date ||
         def.type == FieldType::number || def.type == FieldType::boolean;
}

// S10.6 lets a mail give a date, and whoever is told that something waits looks for one: that of what they
// owe themselves, or else of what is owed on the item.
std::optional<Obligation> earliest_owed(BoardReader& reader, const Prompt& prompt) {
  std::optional<Obligation> theirs, anybodys;
  const auto take = [](std::optional<Obligation>& earliest, const Obligation& o) {
    if (!earliest || *o.due_at < *earliest->due_at) earliest = o;
  };
  for (const Obligation& o : reader.obligations_of(prompt.item)) {
    if (!o.is_open() || !o.due_at || o.family != prompt.family || is_builtin_obligation(o.name)) continue;
    take(anybodys, o);
    if (o.owed_by == prompt.to) take(theirs, o);
  }
  return theirs ? theirs : anybodys;
}

bool is_same_step(const Prompt& a, const Prompt& b) {
  return a.due_version == b.due_version && a.rung == b.rung && a.cycle == b.cycle;
}

}  // namespace

PlannedPrompt load_planned(BoardReader& reader, const Programmes& programmes,
                           const Programmes::Board& board, const People& people,
                           const Prompt& prompt) {
  const auto party = parse_party(prompt.to);
  ASSURED_ASSERT(party.has_value());
  if (!prompt.item)
    return {prompt, {}, {}, {}, {}, {}, *party, programmes.rules(board, {}), people};
  auto item = reader.find_item(prompt.item);
  ASSURED_ASSERT(item.has_value());
  const Rules rules = programmes.rules(board, item->programme);
  const auto parent = item->parent ? reader.find_item(item->parent) : std::nullopt;
  auto assignments = reader.assignments_of({item->id});
  return {prompt,
          std::move(*item),
          parent ? parent->reference : std::string{},
          prompt.obligation ? reader.find_obligation(prompt.obligation) : std::nullopt,
          prompt.obligation ? std::nullopt : earliest_owed(reader, prompt),
          std::move(assignments),
          *party,
          rules,
          people};
}

std::vector<std::string> missed_of(const PlannedPrompt& c) {
  std::vector<std::string> missed;
  for (const Instant at : c.was.missed) missed.push_back(local_text(at, *c.rules.time.zone));
  return missed;
}

bool is_board_address(const Establishment& e, const People& people, std::string_view address,
                      Date today) {
  for (const auto& [id, post] : e.posts) {
    if (!post.agency.empty()) continue;
    if (post.mailbox == address) return true;
    for (const std::string& holder : people.holders_of(id, today))
      if (const Person* person = people.find_person(holder); person && person->mail == address)
        return true;
  }
  return false;
}

void note_outcome(BoardWriter& writer, const Rules& rules, const Item& item,
                  const std::optional<Obligation>& obligation, const Prompt& prompt, Instant now) {
  if (!obligation) return;
  const Decision decision = decide_outcome(rules, item, *obligation, prompt, now);
  if (!decision.obligations.empty()) writer.write(head_of_system("told", item.id, now), decision, now);
}

namespace {

std::string domain_of(const std::string& address) {
  const auto at = address.rfind('@');
  std::string domain = at == std::string::npos ? std::string{} : address.substr(at + 1);
  for (char& c : domain)  // RFC 5321 2.4: without regard to case; the settings have small letters
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return domain;
}

}  // namespace

bool may_leave_to(const MailPolicy& policy, const std::string& address) {
  return policy.mode != MailPolicy::Mode::live || policy.domains.empty() ||
         policy.domains.contains(domain_of(address));
}

std::optional<std::string> mode_forbids(const MailPolicy& policy, const PlannedPrompt& c,
                                        Date today) {
  if (policy.mode == MailPolicy::Mode::observe)
    return "the service only observes (mode = \"observe\"): nothing leaves";
  if (policy.mode != MailPolicy::Mode::redirect || c.was.family != Family::a) return std::nullopt;
  const Establishment& e = c.rules.establishment;
  if (policy.redirect_to == e.contact.mail ||
      is_board_address(e, c.people, policy.redirect_to, today))
    return std::nullopt;
  return fmt::format("mail about immediate risk is not redirected to {}, which is no address of the "
                     "board's own",
                     policy.redirect_to);
}

OutboxHold read_outbox_hold(BoardReader& reader) {
  OutboxHold hold;
  hold.routine = reader.find_value(outbox_hold_value).value_or("");
  if (!hold.routine.empty() && reader.find_value(urgent_released_value) != hold.routine)
    hold.urgent = hold.routine;
  return hold;
}

std::string rung_key_of(const PlannedPrompt& c) {
  if (!c.obligation || c.was.rung < 0) return fmt::format("p{}", c.was.id.value);
  return fmt::format("{}|{}|{}|{}", c.was.obligation.value, c.was.due_version, c.was.rung,
                     c.was.cycle);
}

std::string key_of(const PlannedPrompt& c) {
  const Prompt& was = c.was;
  std::string what = was.obligation ? fmt::format("o{}", was.obligation.value)
                                    : fmt::format("i{}", was.item.value);
  // Several words of no rung may be due of one version; when each was written tells them apart.
  if (was.rung < 0) what += fmt::format("@{}", was.created_at.time_since_epoch().count());
  return fmt::format("{}|{}|{}|{}|{}|{}", what, was.due_version, was.rung, was.cycle, was.to,
                     was.template_name);
}

namespace {

void put_due(std::map<std::string, std::string>& slots, const Obligation& o, const Zone& zone,
             Instant now) {
  if (!o.due_at) return;
  slots["due"] = local_text(*o.due_at, zone);
  slots["due_date"] = to_long_text(local_date(*o.due_at, zone));
  slots["due_time"] = to_text(local_time_of_day(*o.due_at, zone));
  const auto days = (local_date(now, zone) - local_date(*o.due_at, zone)).count();
  const auto late = std::max<std::int64_t>(days, 0);
  slots["days_late"] = std::to_string(late);
  slots["lateness"] = fmt::format("{} {}", late, late == 1 ? "day" : "days");
}

}  // namespace

std::map<std::string, std::string> slots_of(const PlannedPrompt& c, const ContactPoint& to,
                                            Instant now) {
  const Zone& zone = *c.rules.time.zone;
  const Establishment& e = c.rules.establishment;
  std::map<std::string, std::string> slots;
  slots["board"] = e.title;
  slots["recipient"] = to.name;
  slots["contact_name"] = e.contact.name;
  slots["contact_phone"] = e.contact.phone;
  slots["contact_mail"] = e.contact.mail;
  slots["urgent_phone"] = e.contact.urgent_phone;
  if (!c.item.id) return slots;
  const KindDef* kind = c.rules.definition.find_kind(c.item.kind);
  ASSURED_ASSERT(kind != nullptr);
  const StateDef* state = kind->find_state(c.item.state);
  slots["reference"] = c.item.reference;
  slots["kind"] = kind->title.empty() ? kind->name : kind->title;
  slots["state"] = state == nullptr || state->title.empty() ? c.item.state : state->title;
  if (const auto agency = e.agencies.find(c.item.agency); agency != e.agencies.end())
    slots["agency"] = agency->second.title;
  const Party& party = c.party;
  const RoleScope scope = c.scope();
  if (const PostDef* post = e.find_post(post_of(party, scope))) slots["post"] = post->title;
  slots["occurred"] = local_text(c.item.entered_at, zone);
  slots["opened"] = local_text(c.obligation ? c.obligation->opened_at : c.item.created_at, zone);
  if (!c.parent_reference.empty()) slots["parent_reference"] = c.parent_reference;
  slots["why"] = party.kind != Party::Kind::assigned
                     ? fmt::format("you hold, or read the mailbox of, the post “{}”",
                                   slots.contains("post") ? slots["post"] : party.name)
                     : fmt::format("you are its {}", party.name);
  if (c.was.down_from) slots["down_from"] = local_text(*c.was.down_from, zone);
  if (c.was.down_to) slots["down_to"] = local_text(*c.was.down_to, zone);
  for (const FieldDef& def : kind->fields) {
    const auto value = c.item.fields.find(def.name);
    if (value == c.item.fields.end() || !value->second.is_set() || !may_leave(def)) continue;
    const Value& content = reveal(value->second, Viewer{to.person}, Purpose::mail_slot);
    slots["field." + def.name] = std::holds_alternative<Date>(content)
                                     ? to_long_text(std::get<Date>(content))
                                     : to_stored_text(content);
  }
  if (c.dated()) put_due(slots, *c.dated(), zone, now);
  if (!c.obligation) return slots;
  const Obligation& o = *c.obligation;
  slots["obligation"] = title_of(o.name, e);
  slots["count"] = std::to_string(o.round);
  if (const auto owner = parse_party(o.owed_by))
    if (const PostDef* post = e.find_post(post_of(*owner, scope))) slots["owner"] = post->title;
  const auto ladder = c.rules.definition.ladders.find(o.ladder);
  if (ladder != c.rules.definition.ladders.end() && c.was.rung >= 0) {
    const auto& rungs = ladder->second.rungs;
    slots["rung"] = to_text(rungs[static_cast<std::size_t>(c.was.rung)].at);
    if (o.next_at && *o.next_at > now) slots["what_next"] = local_text(*o.next_at, zone);
  }
  return slots;
}

namespace {

// S8.1: whether the prompt says that something can be done now. One that an effect tells under the same
// wording says what happened, which stays true.
bool is_ready_prompt(const PlannedPrompt& c, const KindDef& kind) {
  const auto names_it = [&](const TransitionDef& t) {
    return t.ready_template == c.was.template_name;
  };
  if (c.obligation || c.was.family == Family::a ||
      std::none_of(kind.transitions.begin(), kind.transitions.end(), names_it))
    return false;
  const auto told_by = [&](const std::vector<Effect>& effects) {
    return std::any_of(effects.begin(), effects.end(), [&](const Effect& e) {
      return e.template_name == c.was.template_name;
    });
  };
  for (const auto& [name, other] : c.rules.definition.kinds) {
    if (other.start && told_by(other.start->effects)) return false;
    for (const TransitionDef& t : other.transitions)
      if (told_by(t.effects)) return false;
  }
  return true;
}

bool is_still_ready(const PlannedPrompt& c, const KindDef& kind) {
  return std::any_of(kind.transitions.begin(), kind.transitions.end(), [&](const TransitionDef& t) {
    return t.ready_template == c.was.template_name && c.item.ready_told.contains(t.event) &&
           (t.from_any || std::find(t.from.begin(), t.from.end(), c.item.state) != t.from.end());
  });
}

bool is_one_of_two(const std::string& name, const std::string& a, const std::string& b) {
  return !name.empty() && (name == a || name == b);
}

// Of a prompt of no rung about an obligation that is open: a hand-over, or a moved date.
std::optional<std::string> word_superseded(const PlannedPrompt& c, Date today) {
  if (c.party.kind == Party::Kind::person) {  // who took over a post
    const auto posts = c.people.posts_of(c.party.name, today);
    const bool holds = std::find(posts.begin(), posts.end(), post_of(c.party, c.scope())) != posts.end();
    return holds ? std::nullopt
                 : std::optional{fmt::format("“{}” is owed by somebody else now", c.obligation->name)};
  }
  const Definition& d = c.rules.definition;
  const std::string& name = c.was.template_name;
  const bool moved = is_one_of_two(name, d.moved_template, d.moved_template_urgent);
  const bool hand_over = is_one_of_two(name, d.hand_over_template, d.hand_over_template_urgent);
  // One wording may serve both; then a later word alone says that it is over.
  if (moved && !hand_over && c.was.due_version != c.obligation->due_version)
    return "the deadline moved again before this was sent";
  if (hand_over && !moved && c.was.to != c.obligation->owed_by)
    return fmt::format("“{}” is owed by somebody else now", c.obligation->name);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> superseded_reason(const PlannedPrompt& c, BoardReader& reader, Date today) {
  if (is_gone(c.item.state)) return "the item was undone";
  if (!c.obligation) {
    const KindDef* kind = c.rules.definition.find_kind(c.item.kind);
    if (kind != nullptr && is_ready_prompt(c, *kind) && !is_still_ready(c, *kind))
      return "the item has moved on";
    return std::nullopt;
  }
  const Obligation& o = *c.obligation;
  if (!o.is_open()) return fmt::format("“{}” {}", o.name, done_before_sent);
  const bool on_rung = c.was.rung >= 0;
  if (on_rung && o.due_version != c.was.due_version) return "the deadline moved before this was sent";
  if (!on_rung)
    if (auto why = word_superseded(c, today)) return why;
  for (const Prompt& other : reader.prompts_from(o.id, c.was.id)) {
    const bool goes = other.state == PromptState::pending || other.state == PromptState::noticed;
    if (!goes || other.to != c.was.to || (other.rung >= 0) != on_rung) continue;
    if (on_rung && !is_same_step(other, c.was)) return "a later step goes to the same post";
    if (!on_rung && other.id != c.was.id && other.template_name == c.was.template_name)
      return "a later word on it goes to the same post";
  }
  return std::nullopt;
}

// S6.3: an escalation of B or C lets the reminder it complains of go first, for one working day.
bool must_wait(const PlannedPrompt& c, BoardReader& reader, Instant now) {
  if (!c.obligation || c.was.family == Family::a || c.was.rung < 0) return false;
  const Obligation& o = *c.obligation;
  if (c.was.to == o.owed_by) return false;
  const auto& rungs = c.rules.definition.ladders.at(o.ladder).rungs;
  if (!rungs[static_cast<std::size_t>(c.was.rung)].is_escalation()) return false;
  const Date limit_day = c.rules.time.calendar->add_working_days(
      local_date(c.was.created_at, *c.rules.time.zone), 1);
  const Instant limit = at_local(
      limit_day, local_time_of_day(c.was.created_at, *c.rules.time.zone), *c.rules.time.zone);
  if (now >= limit) return false;
  for (const Prompt& earlier : reader.prompts_of(o.id)) {
    if (earlier.to != o.owed_by || earlier.id == c.was.id ||
        earlier.created_at > c.was.created_at)
      continue;
    if (earlier.state == PromptState::pending) return true;
    if (earlier.state != PromptState::noticed) continue;
    for (const Notice& n : reader.notices_of(earlier.id))
      if (n.state == NoticeState::pending || n.state == NoticeState::leased ||
          n.state == NoticeState::deferred || n.state == NoticeState::unknown)
        return true;
  }
  return false;
}

ToldPoints told_on_rung(const PlannedPrompt& c, BoardReader& reader) {
  ToldPoints told;
  const auto add_readers = [&](const Prompt& prompt) {
    for (const Notice& n : reader.notices_of(prompt.id)) {
      if (n.state == NoticeState::superseded) continue;
      // Not the address on the notice: while mail is redirected, it is not the reader's.
      ContactPoint to{n.person, {}, {}};
      const Person* person = c.people.find_person(n.person);
      const auto party = parse_party(prompt.to);
      const std::string mailbox = party ? mailbox_of(*party, c.scope()) : std::string{};
      if (person != nullptr)
        to.address = person->mail;
      else if (n.person.empty())
        to.address = mailbox;
      told.add(to);
      // A joined mail bears the person's name where it went to a mailbox that is their address as well.
      if (n.address == mailbox) told.add({{}, {}, mailbox});
    }
  };
  add_readers(c.was);
  if (!c.obligation || c.was.rung < 0) return told;
  for (const Prompt& other : reader.prompts_of_step(c.was))
    if (other.id != c.was.id) add_readers(other);
  return told;
}

}  // namespace assured
