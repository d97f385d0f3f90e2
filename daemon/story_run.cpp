#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "daemon/sender.hpp"
#include "daemon/story.hpp"
#include "daemon/story_document.hpp"
#include "daemon/story_expect.hpp"
#include "daemon/story_names.hpp"
#include "daemon/story_report.hpp"
#include "notifiers/file_notifier.hpp"
#include "notifiers/renderer.hpp"
#include "store/digest.hpp"
#include "store/store.hpp"
#include "workflows/roles.hpp"

namespace assured {

namespace json = boost::json;

namespace {

// A date inside a field's text, as stories write them.
bool looks_like_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && parse_date(text).has_value();
}

class StoryFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Programmes programmes_of(const StoryRun& run, const Zones& zones, Coverage& coverage) {
  Programmes programmes;
  programmes.coverage = &coverage;
  const std::string digest = run.programme->definition.digest;
  if (auto set = programmes.set_board(run.programme, digest, zones, {}); !set)
    throw StoryFailed(set.error().message);
  return programmes;
}

class Player {
 public:
  Player(const Story& story, const StoryRun& run, const Zones& zones)
      : story_(story),
        run_(run),
        owned_(run.store == nullptr ? store::open_temporary_store(1) : nullptr),
        store_(run.store == nullptr ? *owned_ : *run.store),
        board_(run.programme->establishment.board),
        definition_(run.programme->definition),
        programmes_(programmes_of(run, zones, result_.coverage)),
        scheduler_(store_, programmes_, [this](const WorkReport& r) { worked(r); }),
        planner_(store_, programmes_, renderer_, {"story", "story.example"},
                 [this](const WorkReport& r) { worked(r); }),
        sender_(store_, programmes_, relay_, {}, [this](const WorkReport& r) { worked(r); }) {
  }

  StoryResult play() {
    try {
      play_steps();
      check_expectations();
      if (run_.verify_journal) {
        const VerifyReport report = store_.verify(board_);
        if (!report.faults.empty()) fail("the journal does not replay: " + report.faults.front());
      }
    } catch (const StoryFailed& failed) {
      result_.ok = false;
      if (result_.failure.empty()) result_.failure = failed.what();
    }
    std::set<std::string> templates;
    for (const StoryNotice& n : result_.notices) templates.insert(n.template_name);
    result_.templates = templates.size();
    return std::move(result_);
  }

 private:
  // --- times

  Instant local(const std::string& text, std::size_t line) const {
    const auto parsed = parse_local_time(text);
    if (!parsed) throw StoryFailed(fmt::format("line {}: {}", line, parsed.error().message));
    return time().zone->to_instant(*parsed + shift_);
  }

  std::string local_text(Instant at) const {
    return fmt::format("{} {}", to_text(local_date(at, *time().zone)),
                       to_text(local_time_of_day(at, *time().zone)));
  }

  Instant add(Instant at, Span span) const {
    if (span.is_elapsed()) return due_after(at, span, time()).due_at;
    const Date date = shift_date(local_date(at, *time().zone), span, *time().calendar);
    return at_local(date, local_time_of_day(at, *time().zone), *time().zone);
  }

  // --- output

  std::string rung_text(const Prompt& p) const {
    const auto o = reader().find_obligation(p.obligation);
    return assured::rung_text(definition_, o ? o->ladder : "", p.template_name, p.rung, p.cycle);
  }

  void worked(const WorkReport& report) {
    if (report.what == "due") return report_.say(report.decision, report.at);
    if (report.what == "planned" || report.what == "planned anew") return;
    if (report.what == "prompt") {
      Decision decision;
      decision.prompts.push_back({report.prompt, *report.prompt});
      return report_.say(decision, report.at);
    }
    const Notice& n = *report.notice;
    StoryNotice notice;
    notice.at = local_text(report.at);
    notice.to = told_name(report.prompt->to, n.person);
    notice.template_name = report.prompt->template_name;
    notice.rung = rung_text(*report.prompt);
    notice.item = names_.of(report.prompt->item);
    json::object line = report_.head(report.at, "notice");
    line["to"] = notice.to;
    line["template"] = notice.template_name;
    line["rung"] = notice.rung;
    line["item"] = notice.item;
    line["family"] = to_text(report.prompt->family);
    if (report.prompt->obligation) line["obligation_id"] = report.prompt->obligation.value;
    line["missed"] = report.prompt->missed.size();
    report_.say(line);
    result_.notices.push_back(std::move(notice));
  }

  // --- names

  BoardReader& reader() const {
    if (!reader_) reader_ = store_.reader(board_);
    return *reader_;
  }

  std::vector<ItemId> find_items(const std::string& pattern, std::size_t line) const {
    std::vector<ItemId> result = names_.find(pattern);
    if (result.empty())
      throw StoryFailed(fmt::format("line {}: no item is called “{}”", line, pattern));
    return result;
  }

  // --- workers

  const std::pair<Instant, Instant>* down_at(Instant at) const {
    for (const auto& down : downs_)
      if (down.first <= at && at < down.second) return &down;
    return nullptr;
  }

  // Lets the daemon do all it would do before `until`.
  void advance(Instant until) {
    for (;;) {
      Instant wake = std::min(schedule_at_, send_at_);
      bool after_gap = false;
      if (const auto* down = down_at(wake)) {
        wake = down->second;
        after_gap = true;
        if (wake >= until) {
          schedule_at_ = std::max(schedule_at_, wake);
          send_at_ = std::max(send_at_, wake);
          pending_gap_ = down->first;
          return;
        }
        scheduler_.note_alive(down->first);
        schedule_at_ = send_at_ = wake;
      }
      if (wake >= until) return;
      if (pending_gap_) {
        scheduler_.note_alive(*pending_gap_);
        pending_gap_.reset();
      } else if (!after_gap) {
        scheduler_.note_alive(wake);
      }
      if (schedule_at_ <= wake) {
        schedule_at_ = scheduler_.run_once(wake);
        send_at_ = wake;  // what it wrote may go at once
      }
      if (send_at_ <= wake) {
        send_at_ = send_all(planner_, sender_, wake);
        schedule_at_ = std::min(schedule_at_, store_.next_due_at(wake - Millis{1}).value_or(Instant::max()));
      }
    }
  }

  // --- steps

  void play_steps() {
    load_story_times();
    Instant now = start_;
    {
      auto tx = store_.begin();
      BoardWriter& writer = tx->board(board_);
      JournalHead head;
      head.actor = "system";
      head.kind = "definition";
      head.occurred_at = now;
      writer.write_definition(head, definition_.digest, run_.programme->text, now);
      Caller caller;
      caller.person = "system";
      if (auto loaded = load_people(*tx, *programmes_.get(), board_, run_.people, caller, now); !loaded)
        throw StoryFailed("people: " + loaded.error().message);
      tx->commit();
    }
    people_ = *reader().load_people();
    for (const StoryStep& step : story_.steps) {
      if (!step.at.empty())
        now = local(step.at, step.line);
      else if (step.after)
        now = add(now, *step.after);
      if (now < start_)
        throw StoryFailed(fmt::format("line {}: this step is before the one above", step.line));
      if (down_at(now) != nullptr)
        throw StoryFailed(
            fmt::format("line {}: the daemon does not run at {}", step.line, local_text(now)));
      if (rebased_now_ && now > *rebased_now_) break;
      advance(now);
      do_step(step, now);
      schedule_at_ = send_at_ = now;  // what the step wrote may be due at once
    }
    Instant end = now + std::chrono::minutes{1};
    if (rebased_now_)
      end = *rebased_now_;  // the daemon of the story ran until the real one takes over
    else
      for (const StoryExpect& e : story_.expects)
        end = std::max(end, local(e.at, e.line) + std::chrono::minutes{1});
    advance(end);
    if (rebased_now_) scheduler_.mark_alive(end);
  }

  void load_story_times() {
    if (run_.rebase_to) {
      // Whole weeks, so that weekdays stay; the last step is then within the last seven days.
      const auto saved = shift_;
      Instant last = local(story_.start, 0);
      Instant now = last;
      for (const StoryStep& step : story_.steps) {
        if (!step.at.empty())
          now = local(step.at, step.line);
        else if (step.after)
          now = add(now, *step.after);
        last = std::max(last, now);
      }
      const auto weeks = std::chrono::floor<std::chrono::weeks>(*run_.rebase_to - last);
      shift_ = saved + weeks;
      rebased_now_ = *run_.rebase_to;
    }
    start_ = local(story_.start, 0);
    for (const StoryDown& down : story_.downs)
      downs_.emplace_back(local(down.from, 0), local(down.to, 0));
    schedule_at_ = send_at_ = start_;
  }

  std::string shifted(const std::string& text) const {
    if (shift_ == shift_.zero() || !looks_like_date(text)) return text;
    return to_text(*parse_date(text) + std::chrono::duration_cast<std::chrono::days>(shift_));
  }

  Caller caller_of(const StoryStep& step, Instant now) {
    Caller caller;
    caller.person = step.person;
    if (caller.person.empty()) {
      const auto holders = people_.holders_of(step.post, local_date(now, *time().zone));
      if (holders.empty())
        throw StoryFailed(fmt::format("line {}: nobody holds the post “{}”", step.line, step.post));
      caller.person = holders.front();
    }
    caller.for_post = step.for_post;
    caller.channel = step.channel;
    if (!step.occurred.empty()) caller.occurred_at = local(step.occurred, step.line);
    return caller;
  }

  void do_step(const StoryStep& step, Instant now) {
    if (!step.meeting.empty()) return do_meeting(step, now);
    if (!step.day.empty()) return do_calendar(step, now);
    if (step.event == "hand-over") return do_hand_over(step, now);
    std::vector<ItemId> subjects;
    if (step.item.empty())
      subjects.push_back({});
    else
      subjects = find_items(step.item, step.line);
    std::size_t fitting = 0;
    for (const ItemId id : subjects) {
      // A glob means those that can take the event: an item that is finished is not meant.
      if (is_glob(step.item) && step.refused.empty() && !can_take(id, step)) continue;
      ++fitting;
      if (step.event == "attach")
        do_attach(step, id, now);
      else
        do_event(step, id, now);
    }
    if (fitting == 0)
      throw StoryFailed(fmt::format("line {}: no item like “{}” can take “{}” now", step.line,
                                    step.item, step.event));
  }

  bool can_take(ItemId id, const StoryStep& step) const {
    const std::string& event = step.event;
    if (event == "acknowledge" || event == "suspend" || event == "correct") return true;
    const auto item = reader().find_item(id);
    const KindDef* kind = item ? definition_.find_kind(item->kind) : nullptr;
    if (kind == nullptr) return false;
    const StateDef* state = kind->find_state(item->state);
    if (event == "attach")
      return state != nullptr && !state->final &&
             std::any_of(kind->files.begin(), kind->files.end(),
                         [&](const FileDef& file) { return file.name == step.file; });
    for (const TransitionDef& t : kind->transitions)
      if (t.event == event &&
          ((t.from_any && state != nullptr && !state->final) ||
           std::find(t.from.begin(), t.from.end(), item->state) != t.from.end()))
        return true;
    for (const auto& [name, child] : definition_.kinds)
      if (child.parent == item->kind && child.start && child.start->event == event) return true;
    return false;
  }

  ObligationId obligation_of(ItemId id, const StoryStep& step) const {
    ObligationId found;
    for (const Obligation& o : reader().obligations_of(id))
      if (o.name == step.obligation && (o.is_open() || !found)) found = o.id;
    if (!found)
      throw StoryFailed(fmt::format("line {}: {} has no obligation “{}”", step.line, names_.of(id),
                                    step.obligation));
    return found;
  }

  Span span_of(const StoryStep& step) const {
    const auto span = parse_span(step.hold_for);
    if (!span) throw StoryFailed(fmt::format("line {}: for: {}", step.line, span.error().message));
    return *span;
  }

  void do_event(const StoryStep& step, ItemId id, Instant now) {
    auto tx = store_.begin();
    Result<Outcome> outcome = [&]() -> Result<Outcome> {
      if (step.event == "acknowledge")
        return acknowledge(
            *tx, *programmes_.get(),
            {board_, obligation_of(id, step), span_of(step), step.progress, caller_of(step, now)},
            now);
      if (step.event == "suspend")
        return suspend(
            *tx, *programmes_.get(),
            {board_, obligation_of(id, step), span_of(step), step.reason, caller_of(step, now)},
            now);
      Command command;
      command.board = board_;
      command.item = id;
      command.event = step.event;
      for (const auto& [name, text] : step.fields) command.fields[name] = shifted(text);
      command.assign = step.assign;
      for (const auto& [kind, name] : step.link)
        command.links[kind] = find_items(name, step.line).front();
      command.reason = step.reason;
      command.caller = caller_of(step, now);
      return apply(*tx, *programmes_.get(), command, now);
    }();
    json::object line = report_.head(now, outcome ? "event" : "refused");
    line["line"] = step.line;
    line["event"] = step.event;
    line["by"] = step.person.empty() ? step.post : "person:" + step.person;
    if (!step.for_post.empty()) line["for_post"] = step.for_post;
    if (id) line["item"] = names_.of(id);
    if (!outcome) {
      ++result_.refusals;
      line["why"] = outcome.error().message;
      report_.say(line);
      if (step.refused.empty())
        fail(fmt::format("line {}: “{}” on {} was refused: {}", step.line, step.event,
                         id ? names_.of(id) : step.kind, outcome.error().message));
      else if (outcome.error().message.find(step.refused) == std::string::npos)
        fail(fmt::format("line {}: “{}” was refused, but because: {}", step.line, step.event,
                         outcome.error().message));
      return;
    }
    tx->commit();
    ++result_.events;
    if (!step.as.empty()) names_.give(step.as, outcome->item);
    // Parents are named before their children, whatever order the decision has them in.
    for (const Changed<Item>& change : outcome->decision.items)
      if (!change.was && change.now.id == outcome->item) names_.add(change.now);
    line["item"] = names_.of(outcome->item);
    line["state"] = outcome->state;
    report_.say(line);
    report_.say(outcome->decision, now);
    if (!step.refused.empty())
      fail(fmt::format("line {}: “{}” on {} was done, but a refusal was expected: {}", step.line,
                       step.event, names_.of(outcome->item), step.refused));
  }

  void do_attach(const StoryStep& step, ItemId id, Instant now) {
    AttachFile command;
    command.board = board_;
    command.item = id;
    command.kind = step.file;
    command.type = story_document_type;
    command.bytes = static_cast<std::int64_t>(story_document.size());
    command.caller = caller_of(step, now);
    auto tx = store_.begin();
    const auto fits =
        check_attachment(tx->board(board_), *programmes_.get(), command, story_document, now);
    json::object line = report_.head(now, fits ? "attached" : "refused");
    line["line"] = step.line;
    line["event"] = step.event;
    line["file"] = step.file;
    line["item"] = names_.of(id);
    if (!fits) {
      ++result_.refusals;
      line["why"] = fits.error().message;
      report_.say(line);
      if (step.refused.empty() || fits.error().message.find(step.refused) == std::string::npos)
        fail(fmt::format("line {}: the document was refused: {}", step.line, fits.error().message));
      return;
    }
    command.digest = run_.files == nullptr ? store::blake2b_hex(story_document)
                                           : run_.files->put(board_, story_document);
    const auto file = attach_file(*tx, *programmes_.get(), command, now);
    ASSURED_ASSERT(file.has_value());
    tx->commit();
    ++result_.events;
    line["version"] = file->version;
    report_.say(line);
    if (!step.refused.empty()) fail(fmt::format("line {}: a refusal was expected", step.line));
  }

  void do_meeting(const StoryStep& step, Instant now) {
    MeetingCommand command;
    command.board = board_;
    command.caller = caller_of(step, now);
    command.body = step.body;
    if (!step.start.empty()) command.start = local(step.start, step.line);
    if (step.event == "plan") {
      command.what = MeetingCommand::What::plan;
    } else {
      const auto known = meetings_.find(step.meeting);
      if (known == meetings_.end())
        throw StoryFailed(
            fmt::format("line {}: no meeting is called “{}”", step.line, step.meeting));
      command.meeting = known->second;
      command.what = step.event == "move"     ? MeetingCommand::What::move
                     : step.event == "cancel" ? MeetingCommand::What::cancel
                                              : MeetingCommand::What::hold;
    }
    auto tx = store_.begin();
    const auto meeting = change_meeting(*tx, *programmes_.get(), command, now);
    json::object line = report_.head(now, meeting ? "meeting" : "refused");
    line["line"] = step.line;
    line["meeting"] = step.meeting;
    line["event"] = step.event;
    if (!meeting) {
      ++result_.refusals;
      line["why"] = meeting.error().message;
      report_.say(line);
      if (step.refused.empty() || meeting.error().message.find(step.refused) == std::string::npos)
        fail(fmt::format("line {}: the meeting was refused: {}", step.line,
                         meeting.error().message));
      return;
    }
    tx->commit();
    ++result_.events;
    meetings_[step.meeting] = meeting->id;
    report_.say(line);
    if (!step.refused.empty()) fail(fmt::format("line {}: a refusal was expected", step.line));
  }

  void do_calendar(const StoryStep& step, Instant now) {
    const auto day = parse_date(shifted(step.day));
    if (!day) throw StoryFailed(fmt::format("line {}: day: {}", step.line, day.error().message));
    auto tx = store_.begin();
    auto changed =
        change_calendar(*tx, *programmes_.get(), board_, {*day, step.event == "close-day", step.title},
                        caller_of(step, now), now);
    if (!changed) throw StoryFailed(fmt::format("line {}: {}", step.line, changed.error().message));
    tx->commit();
    programmes_.replace(std::move(*changed));
    ++result_.events;
    json::object line = report_.head(now, step.event);
    line["day"] = step.day;
    report_.say(line);
  }

  void do_hand_over(const StoryStep& step, Instant now) {
    const Date today = local_date(now, *time().zone);
    PeopleFile file;
    const auto hand = [&](const std::string& person) {
      const Person* known = people_.find_person(person);
      if (known == nullptr)
        throw StoryFailed(fmt::format("line {}: there is no person “{}”", step.line, person));
      file.persons.push_back(*known);
      for (const Holding& h : people_.holdings)
        if (h.person == person) file.holdings.push_back(h);
    };
    for (const std::string& holder : people_.holders_of(step.of, today)) {
      hand(holder);
      for (Holding& h : file.holdings)
        if (h.person == holder && h.post == step.of && h.covers(today)) h.to = today;
    }
    hand(step.to);
    file.holdings.push_back({step.to, step.of, today, {}});
    auto tx = store_.begin();
    std::vector<Decision> done;
    if (auto loaded =
            load_people(*tx, *programmes_.get(), board_, file, caller_of(step, now), now, &done);
        !loaded)
      throw StoryFailed(fmt::format("line {}: {}", step.line, loaded.error().message));
    tx->commit();
    ++result_.events;
    people_ = *reader().load_people();
    json::object line = report_.head(now, "hand-over");
    line["of"] = step.of;
    line["to"] = step.to;
    report_.say(line);
    for (const Decision& decision : done) report_.say(decision, now);
  }

  // --- expectations

  void fail(const std::string& why) {
    result_.ok = false;
    if (result_.failure.empty()) result_.failure = why;
    if (run_.stop_at_failure) throw StoryFailed(result_.failure);
  }

  void check_expectations() {
    if (rebased_now_) return;
    const std::vector<std::string> unmet = find_unmet(story_, result_.notices);
    if (unmet.empty()) return;
    result_.ok = false;
    result_.failure = unmet.front();
    if (unmet.size() > 1) result_.failure += fmt::format(" (and {} more)", unmet.size() - 1);
  }

  const TimeRules& time() const { return programmes_.get()->get_board(board_).time; }

  const Story& story_;
  const StoryRun& run_;
  std::unique_ptr<Store> owned_;
  Store& store_;
  const std::string board_;
  const Definition& definition_;
  CurrentProgrammes programmes_;
  notifiers::NullNotifier notifier_;
  notifiers::MailRenderer renderer_;
  Scheduler scheduler_;
  SharedNotifier relay_{notifier_};
  Planner planner_;
  Sender sender_;
  mutable std::unique_ptr<BoardReader> reader_;
  StoryResult result_;
  People people_;
  StoryNames names_{definition_};
  StoryReport report_{names_, run_.out, [this](Instant at) { return local_text(at); },
                      [this](const Prompt& p) { return rung_text(p); }};
  std::map<std::string, MeetingId> meetings_;
  std::vector<std::pair<Instant, Instant>> downs_;
  std::optional<Instant> pending_gap_;
  std::optional<Instant> rebased_now_;
  Instant start_, schedule_at_, send_at_;
  Millis shift_{0};
};

}  // namespace

Result<StoryResult> run_story(const Story& story, const StoryRun& run, const Zones& zones) {
  try {
    Player player(story, run, zones);
    return player.play();
  } catch (const StoryFailed& failed) {
    return Error{Errc::invalid, failed.what()};
  }
}

}  // namespace assured
