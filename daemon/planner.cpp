#include "daemon/planner.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <deque>

#include "daemon/outcome.hpp"
#include "workflows/address_change.hpp"
#include "workflows/system_head.hpp"

namespace assured {

namespace {

constexpr std::size_t read_max = 10'000;  // prompts looked at together, to join what goes to one reader
constexpr std::size_t turn_max = 1000;    // of them planned before others have their turn
constexpr std::size_t slice_max = 50;     // prompts a transaction, and matters a mail
// How long a prompt that must wait for another one is left alone, unless something happens.
constexpr auto recheck = std::chrono::minutes{1};
// No send window opens later than this after a word was written, over whatever holidays.
constexpr auto waits_longest = std::chrono::days{21};

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

bool has_identifier(const std::map<std::string, std::string>& slots) {
  return std::any_of(slots.begin(), slots.end(), [](const auto& slot) {
    return slot.first.starts_with("field.") && !detect_identifiers(slot.second).empty();
  });
}

// Mail was made of it and stands: it is planned anew for those alone whose mail was dropped.
bool has_live_notice(const Prompt& prompt, BoardReader& reader) {
  const auto notices = reader.notices_of(prompt.id);
  return std::any_of(notices.begin(), notices.end(),
                     [](const Notice& n) { return n.state != NoticeState::superseded; });
}

}  // namespace

// One mail: to one reader, about all that waits for them, or about what must stand alone.
struct Planner::Mail {
  ContactPoint to;
  std::vector<const PlannedPrompt*> prompts;
  bool held = false;   // S12.4: it looks as if it named somebody
  bool bared = false;  // and was urgent: it went out without
};

// What one row of the journal tells.
struct Planner::Written {
  std::vector<Changed<Prompt>> prompts;
  std::vector<std::pair<Notice, std::string>> notices;
  std::set<ItemId> items;
};

// One transaction of the planner.
struct Planner::Slice {
  const std::string& board_id;
  const Programmes& programmes;
  const Programmes::Board& board;
  BoardWriter& writer;
  Instant now;
  OutboxHold hold = read_outbox_hold(writer);
  std::shared_ptr<const People> people = writer.load_people();
  Date today = local_date(now, *board.zone);
  std::deque<PlannedPrompt> noticed = {};     // what mail is made of
  std::map<std::string, Mail> mails = {};     // by reader, or by prompt and reader where it stands alone
  // Whom this transaction tells of a rung, which the tables do not show yet.
  std::map<std::string, ToldPoints> told = {};
  std::vector<WorkReport> reports = {};
};

Planner::Planner(Store& store, const CurrentProgrammes& programmes, const Renderer& renderer,
                 PlannerSettings settings, WorkObserver observer)
    : store_(store),
      programmes_(programmes),
      renderer_(renderer),
      settings_(std::move(settings)),
      observer_(std::move(observer)) {}

void Planner::set_right(Instant now) {
  const bool is_right = last_run_at_ && now >= *last_run_at_;
  if (is_right) {
    last_run_at_ = now;
    return;
  }
  const auto programmes = programmes_.get();
  for (const std::string& board : programmes->boards()) {
    while (!store_.reader(board)->prompts_waiting_beyond(now + waits_longest, 1).empty()) {
      const auto tx = store_.begin(Urgency::workers);
      BoardWriter& writer = tx->board(board);
      Decision decision;
      for (const Prompt& was : writer.prompts_waiting_beyond(now + waits_longest, slice_max)) {
        Prompt prompt = was;
        prompt.not_before = in_send_window(now, programmes->get_board(board).time);
        decision.lines.push_back({was.item, "hastened", "the clock was set back"});
        decision.prompts.push_back({was, std::move(prompt)});
      }
      writer.write(head_of_system("prompt", {}, now), decision, now);
      tx->commit();
    }
  }
  last_run_at_ = now;  // not before: a store that failed is asked again
}

Instant Planner::run_once(Instant now) {
  set_right(now);
  if (settings_.policy) policy_ = settings_.policy();
  routine_waits_ = settings_.routine_waits && settings_.routine_waits(now);
  const std::vector<std::string> boards = programmes_.get()->boards();
  Waiting waiting;
  plan_urgent(now, waiting);
  // In turns, so that a board with much to plan keeps neither another's routine nor what has become
  // urgent meanwhile.
  std::map<std::string, PlanQueue> queues;
  for (bool more = true; more;) {
    more = false;
    for (const std::string& board : boards) {
      if (!plan_turn(board, queues[board], now, waiting[board])) continue;
      more = true;
      plan_urgent(now, waiting);
    }
  }
  Instant wake = Instant::max();
  for (const std::string& board : boards) {
    if (!waiting[board].empty()) wake = std::min<Instant>(wake, now + recheck);
    if (const auto next = store_.reader(board)->next_pending_prompt_at(); next && *next > now)
      wake = std::min(wake, *next);
  }
  return wake;
}

void Planner::plan_urgent(Instant now, Waiting& waiting) {
  for (const std::string& board : programmes_.get()->boards())
    for (;;) {
      PlanQueue queue = read_queue(board, true, now, waiting[board]);
      if (queue.is_done()) break;
      while (!queue.is_done()) plan_slice(board, queue, now, waiting[board]);
    }
}

bool Planner::plan_turn(const std::string& board, PlanQueue& queue, Instant now, std::set<PromptId>& waiting) {
  if (queue.is_done()) queue = read_queue(board, false, now, waiting);
  if (queue.is_done()) return false;
  for (const std::size_t from = queue.next; !queue.is_done() && queue.next - from < turn_max;)
    plan_slice(board, queue, now, waiting);
  return true;
}

PlanQueue Planner::read_queue(const std::string& board, bool only_urgent, Instant now,
                              std::set<PromptId>& waiting) const {
  const auto reader = store_.reader(board);
  auto pending = reader->pending_prompts(now, read_max + waiting.size(), only_urgent);
  std::erase_if(pending, [&](const Prompt& p) {
    if (routine_waits_ && p.family != Family::a) waiting.insert(p.id);
    return waiting.contains(p.id);
  });
  const auto programmes = programmes_.get();
  const Programmes::Board& of = programmes->get_board(board);
  return queue_of(pending, *reader, *of.current, *reader->load_people(), local_date(now, *of.zone), slice_max);
}

void Planner::plan_slice(const std::string& board, PlanQueue& queue, Instant now, std::set<PromptId>& waiting) {
  const auto programmes = programmes_.get();
  std::vector<WorkReport> reports;
  {
    auto tx = store_.begin(Urgency::workers);
    BoardWriter& writer = tx->board(board);
    Slice slice{board, *programmes, programmes->get_board(board), writer, now};
    for (const PlanQueue::Entry& entry : queue.take()) {
      // It may have been superseded by a command since it was read.
      const auto stored = writer.find_prompt(entry.prompt);
      if (stored && stored->state == PromptState::pending) plan_prompt(slice, *stored, waiting);
    }
    write_mails(slice);
    tx->commit();
    reports = std::move(slice.reports);
  }
  if (observer_)
    for (const WorkReport& report : reports) observer_(report);
}

void Planner::plan_prompt(Slice& slice, const Prompt& prompt, std::set<PromptId>& waiting) {
  PlannedPrompt planned =
      load_planned(slice.writer, slice.programmes, slice.board, *slice.people, prompt);
  if (const auto why = superseded_reason(planned, slice.writer, slice.today))
    return close_prompt(slice, planned, PromptState::superseded, *why);
  if (const std::string& hold = slice.hold.of(prompt.family); !hold.empty() && prompt.why != released)
    return close_prompt(slice, planned, PromptState::held, hold);
  if (must_wait(planned, slice.writer, slice.now)) {
    waiting.insert(prompt.id);
    return;
  }
  Reach reach = reach_of(slice, planned);
  if (reach.points.empty()) return hold_unreachable(slice, planned, reach);
  std::vector<ContactPoint> points = std::move(reach.points);
  const ToldPoints told = told_on_rung(planned, slice.writer);
  ToldPoints& told_now = slice.told[rung_key_of(planned)];
  std::erase_if(points, [&](const ContactPoint& to) {
    return told.contains(to) || told_now.contains(to);
  });
  if (points.empty()) {
    if (has_live_notice(prompt, slice.writer)) return close_prompt(slice, planned, PromptState::noticed, {});
    return close_prompt(slice, planned, PromptState::superseded,
                        "the same person was told of this step through another post");
  }
  for (const ContactPoint& to : points) told_now.add(to);
  add_mails(slice, std::move(planned), points);
}

Planner::Reach Planner::reach_of(const Slice& slice, const PlannedPrompt& planned) const {
  // A definition that items are pinned to may use wording that the board has since removed.
  if (find_wording(planned.rules.establishment, planned.was.template_name) == nullptr)
    return {{},
            fmt::format("the wording of “{}” is missing from the programme", planned.was.template_name)};
  Reach reach{contact_points(planned.party, planned.scope(), slice.today), {}};
  if (reach.points.empty()) return {{}, "nobody holds this post and it has no mailbox"};
  if (const auto why = mode_forbids(policy_, planned, slice.today)) return {{}, *why, true};
  std::erase_if(reach.points, [&](const ContactPoint& to) { return !may_leave_to(policy_, to.address); });
  if (reach.points.empty())
    reach.why_none = "its address lies in no domain that mail may go to (mail.domains)";
  return reach;
}

void Planner::hold_unreachable(Slice& slice, const PlannedPrompt& planned, const Reach& reach) {
  close_prompt(slice, planned, PromptState::held, reach.why_none);
  if (reach.on_purpose || !planned.item.id) return;
  if (planned.was.family == Family::a)
    note_unreachable(slice.writer, planned, slice.now);
  else
    tell_board_team(slice, planned, "mail is held: " + reach.why_none);
}

void Planner::add_mails(Slice& slice, PlannedPrompt planned, const std::vector<ContactPoint>& points) {
  const PlannedPrompt& prompt = slice.noticed.emplace_back(std::move(planned));
  const bool urgent = prompt.was.family == Family::a;
  const bool held = !urgent && has_identifier(slots_of(prompt, points.front(), slice.now));
  const std::string alone =
      urgent || held || !prompt.item.id ? fmt::format("{}", prompt.was.id.value) : std::string{};
  for (const ContactPoint& to : points) {
    Mail& mail = slice.mails[fmt::format("{}|{}", alone, to.address)];
    // An address that is a person's for one matter and a mailbox for another is the person's.
    if (mail.prompts.empty() || (mail.to.person.empty() && !to.person.empty())) mail.to = to;
    mail.held = held;
    mail.prompts.push_back(&prompt);
  }
}

std::pair<Notice, std::string> Planner::make_notice(const Slice& slice, Mail& mail) const {
  // The prompt with the lowest id, as the first one of a notice that is read back.
  const PlannedPrompt& first = **std::min_element(
      mail.prompts.begin(), mail.prompts.end(),
      [](const PlannedPrompt* a, const PlannedPrompt* b) { return a->was.id < b->was.id; });
  NoticeDraft draft;
  draft.board = slice.board_id;
  draft.to_name = mail.to.name;
  draft.to_address = mail.to.address;
  if (policy_.mode == MailPolicy::Mode::redirect) {
    draft.banner = fmt::format("Redirected. This would have gone to {}.", mail.to.address);
    draft.to_address = policy_.redirect_to;
  }
  draft.date = slice.now;
  draft.family = first.was.family;
  draft.establishment = &first.rules.establishment;
  Notice notice;
  std::vector<std::string> keys;
  for (const PlannedPrompt* planned : mail.prompts) {
    keys.push_back(key_of(*planned));
    notice.prompts.push_back(planned->was.id);
    auto slots = slots_of(*planned, mail.to, slice.now);
    // S12.4: family A goes out at once, in its bare form.
    if (draft.family == Family::a && has_identifier(slots)) {
      std::erase_if(slots, [](const auto& slot) { return slot.first.starts_with("field."); });
      mail.bared = true;
    }
    draft.parts.push_back({planned->item.reference, std::move(slots), missed_of(*planned),
                           find_wording(planned->rules.establishment, planned->was.template_name)});
  }
  std::sort(keys.begin(), keys.end());
  std::sort(notice.prompts.begin(), notice.prompts.end());
  draft.message_id = fmt::format(
      "{}@{}",
      keyed_hash(settings_.message_id_key,
                 fmt::format("{}|{}|{}", slice.board_id, fmt::join(keys, "|"), mail.to.address)),
      settings_.message_id_domain);
  notice.item = first.item.id;
  notice.to = first.was.to;
  notice.person = mail.to.person;
  notice.address = draft.to_address;
  notice.message_id = draft.message_id;
  notice.created_at = slice.now;
  notice.state = mail.held ? NoticeState::held : NoticeState::pending;
  return {std::move(notice), renderer_.render(draft)};
}

void Planner::write_mails(Slice& slice) {
  if (slice.mails.empty()) return;
  // One row of the journal for what belongs to one root, so that nothing of another goes with it when its content
  // is removed (ADR 5); a mail about several items has a row of its own.
  std::map<std::pair<ItemId, std::size_t>, Written> rows;
  for (const PlannedPrompt& planned : slice.noticed) {
    Prompt noticed = planned.was;
    noticed.state = PromptState::noticed;
    Written& row = rows[{root_of(planned.item), 0}];
    row.items.insert(planned.item.id);
    row.prompts.push_back({planned.was, std::move(noticed)});
  }
  std::size_t number = 0;
  for (auto& [key, mail] : slice.mails) {
    ++number;
    std::set<ItemId> items;
    for (const PlannedPrompt* planned : mail.prompts) items.insert(planned->item.id);
    const bool of_one = items.size() == 1;
    Written& row = rows[of_one ? std::pair{root_of(mail.prompts.front()->item), std::size_t{0}}
                               : std::pair{ItemId{}, number}];
    row.items.merge(items);
    row.notices.push_back(make_notice(slice, mail));
  }
  for (auto& [key, row] : rows) {
    const ItemId subject = row.items.size() == 1 ? *row.items.begin() : ItemId{};
    slice.writer.write_notices(head_of_system("notice", subject, slice.now), row.prompts,
                               std::move(row.notices), slice.now);
  }
  for (std::size_t made = 0; made < number; ++made) {
    WorkReport report;
    report.board = slice.board_id;
    report.what = "planned";
    report.at = slice.now;
    slice.reports.push_back(std::move(report));
  }
  tell_of_names(slice);
}

// S12.4.
void Planner::tell_of_names(Slice& slice) {
  std::set<PromptId> told;  // several readers of one prompt are one matter for the board team
  for (const auto& [key, mail] : slice.mails) {
    const PlannedPrompt& first = *mail.prompts.front();
    if ((!mail.bared && !mail.held) || !told.insert(first.was.id).second) continue;
    if (mail.bared)
      tell_board_team(slice, first, "a field looks as if it named a person; urgent mail went out without");
    if (!mail.held) continue;
    // What will not be sent has failed for good: seniors need not wait for it (S6.2).
    note_outcome(slice.writer, first.rules, first.item, first.obligation, first.was, slice.now);
    tell_board_team(slice, first, "mail is held: it looks as if it named a person");
  }
}

// S12.4.
void Planner::tell_board_team(Slice& slice, const PlannedPrompt& about, std::string_view why) {
  // As it is now: another prompt of this transaction may have changed it.
  const auto item = slice.writer.find_item(about.item.id);
  ASSURED_ASSERT(item.has_value());
  Facts facts = load_facts(slice.writer, about.rules, *item, FactsNeeded{});
  facts.ids = slice.writer.take_ids();
  const Decision decision = decide_held(about.rules, *item, facts, why, slice.now);
  if (decision.obligations.empty()) return;
  slice.writer.write(head_of_system("held", item->id, slice.now), decision, slice.now);
}

void Planner::close_prompt(Slice& slice, const PlannedPrompt& planned, PromptState state,
                           std::string why) {
  Prompt updated = planned.was;
  updated.state = state;
  updated.why = std::move(why);
  Decision decision;
  decision.subject = planned.item.id;
  decision.prompts.push_back({planned.was, updated});
  decision.lines.push_back({planned.item.id, std::string(to_text(state)), updated.why});
  slice.writer.write(head_of_system("prompt", planned.item.id, slice.now), decision, slice.now);
  if (state != PromptState::noticed)
    note_outcome(slice.writer, planned.rules, planned.item, planned.obligation, planned.was,
                 slice.now);
  WorkReport report;
  report.board = slice.board_id;
  report.what = "prompt";
  report.at = slice.now;
  report.prompt = std::move(updated);
  slice.reports.push_back(std::move(report));
}

}  // namespace assured
