// Makes notices from prompts and hands them to the notifier (SEMANTICS.md 10).
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <set>

#include "daemon/workers.hpp"
#include "workflows/roles.hpp"

namespace assured {

namespace {

constexpr std::size_t batch_max = 100;
// How long a prompt that must wait for another one is left alone.
constexpr auto recheck = std::chrono::minutes{1};

std::string keyed_hash(const std::string& key, const std::string& text) {
  unsigned char out[16];
  // Not a secret for authentication: the key only keeps ids of one installation apart from
  // another's.
  crypto_generichash(out, sizeof out, reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), reinterpret_cast<const unsigned char*>(key.data()),
                     std::min<std::size_t>(key.size(), crypto_generichash_KEYBYTES_MAX));
  char hex[2 * sizeof out + 1];
  sodium_bin2hex(hex, sizeof hex, out, sizeof out);
  return hex;
}

std::string local_text(Instant at, const Zone& zone) {
  return fmt::format("{}, {}", to_long_text(local_date(at, zone)),
                     to_text(local_time_of_day(at, zone)));
}

JournalHead system_head(std::string kind, ItemId item, Instant now) {
  JournalHead head;
  head.actor = "system";
  head.kind = std::move(kind);
  head.item = item;
  head.occurred_at = now;
  return head;
}

// S10.6: which fields of an item mail may show.
bool may_leave(const FieldDef& def) {
  if (def.field_class == FieldClass::public_) return true;
  if (def.field_class != FieldClass::internal) return false;
  return def.type == FieldType::enumeration || def.type == FieldType::date ||
         def.type == FieldType::number || def.type == FieldType::boolean;
}

}  // namespace

// What one prompt needs to become notices.
struct SenderContext {
  const Programmes::Board& board;
  Rules rules;
  Prompt prompt;
  Item item;
  std::vector<Item> ancestors;
  std::optional<Obligation> obligation;
  People people;
  std::vector<Assignment> assignments;
};

namespace {

std::map<std::string, std::string> slots_of(const SenderContext& c, const ContactPoint& to,
                                            const Party& party, Instant now) {
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
  const RoleScope scope{e,        c.rules.definition,
                        c.item,   c.assignments,
                        c.people, c.obligation ? c.obligation->owed_by : std::string{}};
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
  if (c.prompt.down_from) slots["down_from"] = local_text(*c.prompt.down_from, zone);
  if (c.prompt.down_to) slots["down_to"] = local_text(*c.prompt.down_to, zone);
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
  if (ladder != c.rules.definition.ladders.end() && c.prompt.rung >= 0) {
    const auto& rungs = ladder->second.rungs;
    slots["rung"] = to_text(rungs[static_cast<std::size_t>(c.prompt.rung)].at);
    if (o.next_at && *o.next_at > now) slots["what_next"] = local_text(*o.next_at, zone);
  }
  return slots;
}

// Why a prompt is no longer true, or nothing (S10.2, S10.3).
std::optional<std::string> superseded_reason(const SenderContext& c, BoardReader& reader) {
  if (c.item.state == voided_state) return "the item was undone";
  if (!c.obligation || c.prompt.rung < 0) return std::nullopt;
  const Obligation& o = *c.obligation;
  if (!o.is_open()) return fmt::format("“{}” was done before this was sent", o.name);
  if (o.due_version != c.prompt.due_version) return "the deadline moved before this was sent";
  for (const Prompt& other : reader.prompts_of(o.id))
    if (other.state == PromptState::pending && other.to == c.prompt.to && other.rung >= 0 &&
        other.id > c.prompt.id)
      return "a later step goes to the same post";
  return std::nullopt;
}

// S6.3: an escalation of B or C lets the reminder it complains of go first, for one working day.
bool must_wait(const SenderContext& c, BoardReader& reader, Instant now) {
  if (!c.obligation || c.prompt.family == Family::a || c.prompt.rung < 0) return false;
  const Obligation& o = *c.obligation;
  if (c.prompt.to == o.owed_by) return false;
  const auto& rungs = c.rules.definition.ladders.at(o.ladder).rungs;
  if (!rungs[static_cast<std::size_t>(c.prompt.rung)].is_escalation()) return false;
  const Date limit_day = c.rules.time.calendar->add_working_days(
      local_date(c.prompt.created_at, *c.rules.time.zone), 1);
  const Instant limit = at_local(
      limit_day, local_time_of_day(c.prompt.created_at, *c.rules.time.zone), *c.rules.time.zone);
  if (now >= limit) return false;
  for (const Prompt& earlier : reader.prompts_of(o.id)) {
    if (earlier.to != o.owed_by || earlier.id == c.prompt.id ||
        earlier.created_at > c.prompt.created_at)
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

// S3.4: the addresses that this rung has reached already, through another post of the same human.
std::set<std::string> told_on_rung(const SenderContext& c, BoardReader& reader) {
  std::set<std::string> addresses;
  if (!c.obligation || c.prompt.rung < 0) return addresses;
  for (const Prompt& other : reader.prompts_of(c.obligation->id)) {
    if (other.id == c.prompt.id || other.state != PromptState::noticed ||
        other.rung != c.prompt.rung || other.cycle != c.prompt.cycle ||
        other.due_version != c.prompt.due_version)
      continue;
    for (const Notice& n : reader.notices_of(other.id)) addresses.insert(n.address);
  }
  return addresses;
}

// Tells the obligation that a notice was accepted or failed for good.
void note_outcome(BoardWriter& writer, const Rules& rules, const Item& item,
                  const Obligation& obligation, const Prompt& prompt, Instant now) {
  const Decision decision = decide_outcome(rules, item, obligation, prompt, now);
  if (!decision.obligations.empty()) writer.write(system_head("told", item.id, now), decision, now);
}

}  // namespace

Sender::Sender(Store& store, const CurrentProgrammes& programmes, Notifier& notifier,
               const Renderer& renderer, std::string message_id_key, std::string message_id_domain,
               WorkObserver observer)
    : store_(store),
      programmes_(programmes),
      notifier_(notifier),
      renderer_(renderer),
      key_(std::move(message_id_key)),
      domain_(std::move(message_id_domain)),
      observer_(std::move(observer)) {}

Instant Sender::run_once(Instant now) {
  Instant wake = Instant::max();
  for (const std::string& board : programmes_.get()->boards()) {
    std::set<PromptId> waiting;
    for (;;) {
      std::vector<Prompt> pending =
          store_.reader(board)->pending_prompts(now, batch_max + waiting.size());
      std::erase_if(pending, [&](const Prompt& p) { return waiting.contains(p.id); });
      if (pending.empty()) break;
      // The debtor's before the seniors', so that nobody hears of a lapse before its owner (S6).
      for (const Prompt& prompt : pending)
        if (!send_prompt(board, prompt, now)) waiting.insert(prompt.id);
    }
    if (!waiting.empty()) wake = std::min(wake, now + recheck);
    // What is made but not yet accepted goes again with the same bytes.
    send_unsent(board, now);
    if (const auto next = store_.reader(board)->next_try_at())
      wake = std::min(wake, std::max(*next, now + recheck));
    if (const auto next = store_.reader(board)->next_pending_prompt_at(); next && *next > now)
      wake = std::min(wake, *next);
  }
  return wake;
}

bool Sender::send_prompt(const std::string& board, const Prompt& prompt, Instant now) {
  std::vector<std::pair<Notice, std::string>> made;
  std::vector<Notice> written;
  Prompt updated = prompt;
  {
    auto tx = store_.begin(Urgency::workers);
    BoardWriter& writer = tx->board(board);
    const auto item = writer.find_item(prompt.item);
    ASSURED_ASSERT(item.has_value());
    const auto programmes = programmes_.get();
    const Programmes::Board& served = programmes->get_board(board);
    SenderContext c{served,
                    programmes->rules(served, item->programme),
                    prompt,
                    *item,
                    writer.list_ancestors(*item),
                    prompt.obligation ? writer.find_obligation(prompt.obligation) : std::nullopt,
                    writer.load_people(),
                    writer.assignments_of({item->id})};
    const auto party = parse_party(prompt.to);
    ASSURED_ASSERT(party.has_value());
    if (const auto why = superseded_reason(c, writer)) {
      updated.state = PromptState::superseded;
      updated.why = *why;
    } else if (must_wait(c, writer, now)) {
      return false;
    } else {
      const RoleScope scope{c.rules.establishment, c.rules.definition, c.item,
                            c.assignments,         c.people,           {}};
      // A definition that items are pinned to may use wording that the board has since removed.
      const auto text = c.rules.establishment.texts.find(prompt.template_name);
      const bool worded = text != c.rules.establishment.texts.end();
      std::vector<ContactPoint> points;
      if (worded) points = contact_points(*party, scope, local_date(now, *c.rules.time.zone));
      const std::set<std::string> told = told_on_rung(c, writer);
      bool all_told = false;
      for (const ContactPoint& to : points) {
        if (told.contains(to.address)) {
          all_told = true;
          continue;
        }
        NoticeDraft draft;
        draft.board = board;
        draft.subject_reference = item->reference;
        draft.to_name = to.name;
        draft.to_address = to.address;
        const std::string what = prompt.obligation ? fmt::format("o{}", prompt.obligation.value)
                                                   : fmt::format("p{}", prompt.id.value);
        draft.message_id =
            fmt::format("{}@{}",
                        keyed_hash(key_, fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", board, what,
                                                     prompt.due_version, prompt.rung, prompt.cycle,
                                                     prompt.to, prompt.template_name, to.address)),
                        domain_);
        draft.date = now;
        draft.family = prompt.family;
        draft.slots = slots_of(c, to, *party, now);
        for (const Instant at : prompt.missed)
          draft.missed.push_back(local_text(at, *c.rules.time.zone));
        draft.text = &text->second;
        draft.establishment = &c.rules.establishment;
        Notice notice;
        notice.prompts = {prompt.id};
        notice.item = item->id;
        notice.to = prompt.to;
        notice.person = to.person;
        notice.address = to.address;
        notice.message_id = draft.message_id;
        notice.created_at = now;
        std::string bytes = renderer_.render(draft);
        // S12.4: what looks like a person's identifier does not leave in a routine notice.
        for (const auto& [slot, value] : draft.slots)
          if (slot.starts_with("field.") && !detect_identifiers(value).empty() &&
              prompt.family != Family::a)
            notice.state = NoticeState::held;
        made.emplace_back(std::move(notice), std::move(bytes));
      }
      if (!made.empty()) {
        updated.state = PromptState::noticed;
      } else if (all_told) {
        updated.state = PromptState::superseded;
        updated.why = "the same person was told of this step through another post";
      } else {
        updated.state = PromptState::held;
        updated.why = worded ? "nobody holds this post and it has no mailbox"
                             : fmt::format("the wording of “{}” is missing from the programme",
                                           prompt.template_name);
      }
    }
    if (updated.state == PromptState::noticed) {
      written = writer.write_notices(system_head("notice", item->id, now), {{prompt, updated}}, made,
                                     now);
    } else {
      Decision decision;
      decision.subject = item->id;
      decision.prompts.push_back({prompt, updated});
      decision.lines.push_back({item->id, std::string(to_text(updated.state)), updated.why});
      writer.write(system_head("prompt", item->id, now), decision, now);
    }
    // What will not be sent has failed for good: seniors need not wait for it (S6.2).
    const bool goes_out = std::any_of(made.begin(), made.end(), [](const auto& one) {
      return one.first.state == NoticeState::pending;
    });
    if (!goes_out && c.obligation) note_outcome(writer, c.rules, *item, *c.obligation, prompt, now);
    tx->commit();
  }
  if (observer_ && updated.state != PromptState::noticed) {
    WorkReport report;
    report.board = board;
    report.what = "prompt";
    report.at = now;
    report.prompt = updated;
    observer_(report);
  }
  for (std::size_t i = 0; i < written.size(); ++i)
    if (written[i].state == NoticeState::pending)
      transmit(board, prompt, written[i], made[i].second, now);
  return true;
}

void Sender::send_unsent(const std::string& board, Instant now) {
  std::vector<std::pair<Prompt, Notice>> unsent;
  {
    auto reader = store_.reader(board);
    for (Notice& notice : reader->due_notices(now, batch_max))
      if (auto prompt = reader->find_prompt(notice.prompts.front()))
        unsent.emplace_back(*prompt, std::move(notice));
  }
  for (auto& [prompt, notice] : unsent) {
    const auto bytes = store_.reader(board)->find_notice_bytes(notice.id);
    if (bytes) transmit(board, prompt, notice, *bytes, now);
  }
}

void Sender::transmit(const std::string& board, const Prompt& prompt, const Notice& notice,
                      const std::string& bytes, Instant now) {
  const Outgoing message{notice.id, board, notice.address, notice.message_id, bytes,
                         prompt.family == Family::a};
  const SendOutcome sent = notifier_.send(message);
  const SendAnswer answer = sent.answer;
  const bool done = answer == SendAnswer::accepted || answer == SendAnswer::bounced;
  Notice updated = notice;
  updated.state = answer == SendAnswer::accepted  ? NoticeState::accepted
                  : answer == SendAnswer::bounced ? NoticeState::bounced
                                                  : NoticeState::deferred;
  if (done) updated.final_at = now;
  auto tx = store_.begin(Urgency::workers);
  BoardWriter& writer = tx->board(board);
  if (done)
    writer.write_notice_state(system_head("notice", notice.item, now), updated, now);
  else
    writer.defer_notice(notice.id, NoticeState::deferred, now + recheck, sent.said);
  if (done && prompt.obligation) {
    const auto obligation = writer.find_obligation(prompt.obligation);
    const auto item = writer.find_item(notice.item);
    ASSURED_ASSERT(obligation && item);
    const auto programmes = programmes_.get();
    const Rules rules = programmes->rules(programmes->get_board(board), item->programme);
    note_outcome(writer, rules, *item, *obligation, prompt, now);
  }
  tx->commit();
  const bool told_before = !done && notice.state == NoticeState::deferred;
  if (observer_ && !told_before) {
    WorkReport report;
    report.board = board;
    report.what = "notice";
    report.at = now;
    report.notice = updated;
    report.prompt = prompt;
    report.address = notice.address;
    observer_(report);
  }
}

}  // namespace assured
