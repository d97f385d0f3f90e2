#include "daemon/planning.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/deciding.hpp"

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

}  // namespace

PlannedPrompt load_planned(BoardReader& reader, const Programmes& programmes,
                           const Programmes::Board& board, const People& people,
                           const Prompt& prompt) {
  auto item = reader.find_item(prompt.item);
  ASSURED_ASSERT(item.has_value());
  const auto party = parse_party(prompt.to);
  ASSURED_ASSERT(party.has_value());
  const Rules rules = programmes.rules(board, item->programme);
  auto ancestors = reader.list_ancestors(*item);
  auto assignments = reader.assignments_of({item->id});
  return {prompt,
          std::move(*item),
          std::move(ancestors),
          prompt.obligation ? reader.find_obligation(prompt.obligation) : std::nullopt,
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

JournalHead system_head(std::string kind, ItemId item, Instant now) {
  JournalHead head;
  head.actor = "system";
  head.kind = std::move(kind);
  head.item = item;
  head.occurred_at = now;
  return head;
}

void note_outcome(BoardWriter& writer, const Rules& rules, const Item& item,
                  const std::optional<Obligation>& obligation, const Prompt& prompt, Instant now) {
  if (!obligation) return;
  const Decision decision = decide_outcome(rules, item, *obligation, prompt, now);
  if (!decision.obligations.empty()) writer.write(system_head("told", item.id, now), decision, now);
}

std::string rung_key_of(const PlannedPrompt& c) {
  if (!c.obligation || c.was.rung < 0) return fmt::format("p{}", c.was.id.value);
  return fmt::format("{}|{}|{}|{}", c.was.obligation.value, c.was.due_version, c.was.rung,
                     c.was.cycle);
}

std::string key_of(const PlannedPrompt& c) {
  const std::string what = c.was.obligation ? fmt::format("o{}", c.was.obligation.value)
                                            : fmt::format("p{}", c.was.id.value);
  return fmt::format("{}|{}|{}|{}|{}|{}", what, c.was.due_version, c.was.rung, c.was.cycle,
                     c.was.to, c.was.template_name);
}

std::map<std::string, std::string> slots_of(const PlannedPrompt& c, const ContactPoint& to,
                                            Instant now) {
  const Zone& zone = *c.rules.time.zone;
  const Establishment& e = c.rules.establishment;
  const KindDef* kind = c.rules.definition.find_kind(c.item.kind);
  ASSURED_ASSERT(kind != nullptr);
  const StateDef* state = kind->find_state(c.item.state);
  std::map<std::string, std::string> slots;
  slots["reference"] = c.item.reference;
  slots["kind"] = kind->title.empty() ? kind->name : kind->title;
  slots["state"] = state == nullptr || state->title.empty() ? c.item.state : state->title;
  slots["board"] = e.title;
  if (const auto agency = e.agencies.find(c.item.agency); agency != e.agencies.end())
    slots["agency"] = agency->second.title;
  const Party& party = c.party;
  const RoleScope scope = c.scope();
  if (const PostDef* post = e.find_post(post_of(party, scope))) slots["post"] = post->title;
  slots["recipient"] = to.name;
  slots["contact_name"] = e.contact.name;
  slots["contact_phone"] = e.contact.phone;
  slots["contact_mail"] = e.contact.mail;
  slots["urgent_phone"] = e.contact.urgent_phone;
  slots["occurred"] = local_text(c.item.entered_at, zone);
  slots["opened"] = local_text(c.obligation ? c.obligation->opened_at : c.item.created_at, zone);
  if (!c.ancestors.empty()) slots["parent_reference"] = c.ancestors.front().reference;
  slots["why"] = party.kind == Party::Kind::post
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
  if (!c.obligation) return slots;
  const Obligation& o = *c.obligation;
  slots["obligation"] = o.name;
  slots["count"] = std::to_string(o.round);
  if (const auto owner = parse_party(o.owed_by))
    if (const PostDef* post = e.find_post(post_of(*owner, scope))) slots["owner"] = post->title;
  if (o.due_at) {
    slots["due"] = local_text(*o.due_at, zone);
    slots["due_date"] = to_long_text(local_date(*o.due_at, zone));
    slots["due_time"] = to_text(local_time_of_day(*o.due_at, zone));
    const auto late = (local_date(now, zone) - local_date(*o.due_at, zone)).count();
    slots["days_late"] = std::to_string(std::max<std::int64_t>(late, 0));
  }
  const auto ladder = c.rules.definition.ladders.find(o.ladder);
  if (ladder != c.rules.definition.ladders.end() && c.was.rung >= 0) {
    const auto& rungs = ladder->second.rungs;
    slots["rung"] = to_text(rungs[static_cast<std::size_t>(c.was.rung)].at);
    if (o.next_at && *o.next_at > now) slots["what_next"] = local_text(*o.next_at, zone);
  }
  return slots;
}

// Why a prompt is no longer true, or nothing (S10.2, S10.3).
std::optional<std::string> superseded_reason(const PlannedPrompt& c, BoardReader& reader) {
  if (c.item.state == voided_state) return "the item was undone";
  if (!c.obligation || c.was.rung < 0) return std::nullopt;
  const Obligation& o = *c.obligation;
  if (!o.is_open()) return fmt::format("“{}” {}", o.name, done_before_sent);
  if (o.due_version != c.was.due_version) return "the deadline moved before this was sent";
  for (const Prompt& other : reader.prompts_of(o.id))
    if (other.state == PromptState::pending && other.to == c.was.to && other.rung >= 0 &&
        other.id > c.was.id)
      return "a later step goes to the same post";
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

bool is_same_step(const Prompt& a, const Prompt& b) {
  return a.due_version == b.due_version && a.rung == b.rung && a.cycle == b.cycle;
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
      if (person != nullptr)
        to.address = person->mail;
      else if (n.person.empty() && party)
        to.address = mailbox_of(*party, c.scope());
      told.add(to);
    }
  };
  add_readers(c.was);
  if (!c.obligation || c.was.rung < 0) return told;
  for (const Prompt& other : reader.prompts_of(c.obligation->id))
    if (other.id != c.was.id && is_same_step(other, c.was)) add_readers(other);
  return told;
}

}  // namespace assured
