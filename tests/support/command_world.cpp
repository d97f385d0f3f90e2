#include "tests/support/command_world.hpp"

#include <fmt/format.h>

#include <utility>

#include "store/body.hpp"
#include "store/store.hpp"

namespace assured::test {

namespace {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::invalid:
      return "invalid";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::refused:
      return "refused";
    case Errc::forbidden:
      return "forbidden";
    case Errc::unavailable:
      return "unavailable";
    case Errc::internal:
      return "internal";
  }
  return {};
}

}  // namespace

std::string refusal(const Error& error) {
  return fmt::format("{}: {}", name_of(error.code), error.message);
}

SendOutcome ScriptedNotifier::send(const Outgoing& message) {
  tried.push_back(message);
  const SendAnswer said = answer ? answer(message) : SendAnswer::accepted;
  if (said == SendAnswer::accepted) accepted.push_back(message);
  return {said, 0, {}};
}

std::string small_people() {
  std::string toml;
  const auto add = [&](std::string_view id, std::string_view mail, std::string_view post) {
    toml += fmt::format(
        "[[person]]\nid = \"{0}\"\nname = \"{0}\"\nmail = \"{1}\"\n"
        "posts = [{{ post = \"{2}\", from = 2026-01-01 }}]\n",
        id, mail, post);
  };
  add("chair", "chair@riverton.example", "chair");
  add("manager", "manager@riverton.example", "business-manager");
  add("qa-chair", "qa-chair@riverton.example", "qa-chair");
  add("officer", "officer@riverton.example", "qa-officer");
  add("admin", "admin@riverton.example", "administrator");
  add("nhs-lead", "lead@nhs.example", "nhs/lead");
  add("nhs-director", "director@nhs.example", "nhs/director");
  add("police-lead", "lead@police.example", "police/lead");
  add("police-director", "director@police.example", "police/director");
  // Holds a post only until spring: somebody who audits, but owns nothing.
  toml +=
      "[[person]]\nid = \"nurse\"\nname = \"nurse\"\nmail = \"nurse@nhs.example\"\n"
      "posts = [{ post = \"nhs/lead\", from = 2026-01-01, to = 2026-03-01 }]\n";
  return toml;
}

CommandWorld::CommandWorld(std::string_view programme_toml, std::string_view people_toml,
                           std::unique_ptr<Store> store)
    : store_(store ? std::move(store) : store::open_temporary_store(1)) {
  auto reading = read_small_programme(programme_toml);
  if (!reading.programme) throw std::logic_error(to_text(reading.mistakes.front()));
  reading.programme->definition.digest = "small";
  board_ = reading.programme->establishment.board;
  Programmes programmes;
  ok(programmes.set_board(std::make_shared<const Programme>(std::move(*reading.programme)),
                           "small", zones_, {}));
  programmes_.replace(std::move(programmes));
  now_ = at("2026-11-02 09:00");
  restart();
  ok(load(people_toml.empty() ? small_people() : std::string{people_toml}));
  heard();
}

const TimeRules& CommandWorld::time() const { return programmes_.get()->get_board(board_).time; }

Rules CommandWorld::rules() const {
  return programmes_.get()->rules(programmes_.get()->get_board(board_), {});
}

Instant CommandWorld::at(std::string_view local) const {
  return time().zone->to_instant(ok(parse_local_time(local)));
}

std::string CommandWorld::text(Instant at) const {
  return fmt::format("{} {}", to_text(local_date(at, *time().zone)),
                     to_text(local_time_of_day(at, *time().zone)));
}

std::string CommandWorld::text(const std::optional<Instant>& at) const {
  return at ? text(*at) : std::string{"none"};
}

void CommandWorld::restart() {
  const auto observe = [this](const WorkReport& report) { keep(report); };
  scheduler_ = std::make_unique<Scheduler>(*store_, programmes_, observe);
  planner_ = std::make_unique<Planner>(*store_, programmes_, renderer_,
                                       PlannerSettings{"key", "riverton.example", [this] { return mail_policy; }}, observe);
  sender_ = std::make_unique<Sender>(
      *store_, programmes_, shared_relay_,
      SenderSettings{.messages_per_minute = [this] { return messages_per_minute; },
                     .policy = [this] { return mail_policy; }},
      observe);
  scheduler_->note_alive(now_);  // it was down for no time at all
}

void CommandWorld::set_clock(std::string_view local) {
  const Instant then = at(local);
  if (then < now_) throw std::logic_error("the clock only goes forward");
  now_ = then;
  scheduler_->note_alive(now_);
}

void CommandWorld::set_clock_back(std::string_view local) {
  now_ = at(local);
  scheduler_->note_alive(now_);
}

void CommandWorld::pass() {
  scheduler_->run_once(now_);
  send_all(*planner_, *sender_, now_);
}

void CommandWorld::make_mail(std::string_view local) {
  set_clock(local);
  scheduler_->run_once(now_);
  planner_->run_once(now_);
}

void CommandWorld::hold_outbox(std::string_view why) {
  const auto tx = store_->begin();
  tx->board(board_).put_value(outbox_hold_value, why);
  tx->commit();
}

void CommandWorld::run_until(std::string_view local) {
  const Instant end = at(local);
  if (end < now_) throw std::logic_error("the clock only goes forward");
  for (;;) {
    scheduler_->note_alive(now_);
    const Instant fire = scheduler_->run_once(now_);
    const Instant wake = std::min(fire, send_all(*planner_, *sender_, now_));
    if (wake > end) break;
    now_ = std::max(wake, now_ + Millis{1});
  }
  now_ = end;
  scheduler_->note_alive(now_);
  pass();
}

void CommandWorld::keep(const WorkReport& report) {
  if (report.what != "notice" || report.notice->state != NoticeState::accepted) return;
  const Prompt& prompt = *report.prompt;
  std::string rung;
  if (prompt.rung >= 0) {
    const auto obligation = reader()->find_obligation(prompt.obligation);
    const Span span = rules()
                          .definition.ladders.at(obligation->ladder)
                          .rungs[static_cast<std::size_t>(prompt.rung)]
                          .at;
    rung = fmt::format(" [{}{}{}]", span.count > 0 ? "+" : "", to_text(span),
                       prompt.cycle > 0 ? fmt::format("#{}", prompt.cycle) : "");
  }
  const std::string& who = report.notice->person.empty() ? report.address : report.notice->person;
  heard_.push_back(fmt::format("{} {} {}{}", text(report.at), who, prompt.template_name, rung));
}

std::vector<std::string> CommandWorld::heard() { return std::exchange(heard_, {}); }

// --- the programme

void CommandWorld::replace_programme(std::string_view programme_toml, std::string digest) {
  auto reading = read_small_programme(programme_toml);
  if (!reading.programme) throw std::logic_error(to_text(reading.mistakes.front()));
  reading.programme->definition.digest = digest;
  Programmes programmes = *programmes_.get();
  ok(programmes.set_board(std::make_shared<const Programme>(std::move(*reading.programme)),
                          std::move(digest), zones_, reader()->calendar_overrides()));
  programmes_.replace(std::move(programmes));
}

MigrationPlan CommandWorld::migrate(ItemId root, const StateMap& states) {
  const auto tx = store_->begin();
  auto plan =
      migrate_tree(*tx, *programmes_.get(), board_, root, states, caller("operator"), now_);
  tx->commit();
  return plan;
}

// --- commands

Caller CommandWorld::caller(std::string person, std::string for_post) const {
  Caller who;
  who.person = std::move(person);
  who.for_post = std::move(for_post);
  if (!who.for_post.empty()) who.channel = "phone";
  return who;
}

Result<Outcome> CommandWorld::apply(Command command) {
  command.board = board_;
  return in_transaction(
      [&](WriteTx& tx) { return assured::apply(tx, *programmes_.get(), command, now_); });
}

Result<Outcome> CommandWorld::act(std::string person, ItemId item, std::string event, Texts fields,
                                  Texts assign, std::string reason) {
  Command command;
  command.item = item;
  command.event = std::move(event);
  command.fields = std::move(fields);
  command.assign = std::move(assign);
  command.reason = std::move(reason);
  command.caller = caller(std::move(person));
  return apply(std::move(command));
}

Result<Outcome> CommandWorld::correct(std::string person, ItemId item, std::string reason) {
  return act(std::move(person), item, "correct", {}, {}, std::move(reason));
}

Result<Outcome> CommandWorld::acknowledge(Caller who, ObligationId obligation,
                                          std::string_view hold_for, std::string progress) {
  Acknowledge command{board_, obligation, ok(parse_span(hold_for)), std::move(progress),
                      std::move(who)};
  return in_transaction(
      [&](WriteTx& tx) { return assured::acknowledge(tx, *programmes_.get(), command, now_); });
}

Result<Outcome> CommandWorld::suspend(Caller who, ObligationId obligation,
                                      std::string_view hold_for, std::string reason) {
  Suspend command{board_, obligation, ok(parse_span(hold_for)), std::move(reason), std::move(who)};
  return in_transaction(
      [&](WriteTx& tx) { return assured::suspend(tx, *programmes_.get(), command, now_); });
}

Result<Meeting> CommandWorld::plan(std::string body, std::string_view start) {
  MeetingCommand command;
  command.board = board_;
  command.what = MeetingCommand::What::plan;
  command.body = std::move(body);
  command.start = at(start);
  command.caller = caller("admin");
  return in_transaction(
      [&](WriteTx& tx) { return change_meeting(tx, *programmes_.get(), command, now_); });
}

Result<Meeting> CommandWorld::change(MeetingCommand::What what, MeetingId meeting,
                                     std::string_view start) {
  MeetingCommand command;
  command.board = board_;
  command.what = what;
  command.meeting = meeting;
  if (!start.empty()) command.start = at(start);
  command.caller = caller("admin");
  return in_transaction(
      [&](WriteTx& tx) { return change_meeting(tx, *programmes_.get(), command, now_); });
}

Result<Outcome> CommandWorld::rebind(ObligationId obligation, MeetingId meeting) {
  const Rebind command{board_, obligation, meeting, caller("admin")};
  return in_transaction(
      [&](WriteTx& tx) { return assured::rebind(tx, *programmes_.get(), command, now_); });
}

Result<void> CommandWorld::close_day(std::string_view date, bool closed) {
  const CalendarOverride day{ok(parse_date(date)), closed, "local"};
  auto changed = in_transaction([&](WriteTx& tx) {
    return change_calendar(tx, *programmes_.get(), board_, day, caller("admin"), now_);
  });
  if (!changed) return changed.error();
  programmes_.replace(std::move(*changed));
  return {};
}

Result<void> CommandWorld::load(std::string_view people_toml) {
  const PeopleFile people = parse_people(people_toml, "people.toml",
                                         programmes_.get()->get_board(board_).current->establishment);
  return in_transaction([&](WriteTx& tx) {
    return load_people(tx, *programmes_.get(), board_, people, caller("admin"), now_);
  });
}

// --- shortcuts

ItemId CommandWorld::plan_audit() {
  return ok(act("officer", {}, "plan-audit",
                {{"theme", "Neglect"}, {"area", "north"}, {"held_on", "2026-10-01"}}))
      .item;
}

ItemId CommandWorld::send_out(ItemId audit) {
  return ok(act("officer", audit, "send-out", {{"involved", "nhs"}})).created.at(0);
}

void CommandWorld::allocate(ItemId return_) {
  ok(act("nhs-lead", return_, "allocate", {{"no_worker_reason", "closed case"}},
         {{"auditor", "nurse"}}));
}

void CommandWorld::accept(ItemId return_) {
  ok(act("nurse", return_, "submit", {{"files_read", "3"}, {"last_involvement", "2026-09-01"}}));
  ok(act("officer", return_, "accept"));
}

ItemId CommandWorld::audit_in_reporting() {
  const ItemId audit = plan_audit();
  const ItemId return_ = send_out(audit);
  allocate(return_);
  accept(return_);
  if (item(audit).state != "reporting") throw std::logic_error("the audit does not report yet");
  return audit;
}

ItemId CommandWorld::raise_concern(ItemId audit) {
  return ok(act("officer", audit, "raise-concern", {{"about", "nhs"}})).item;
}

// --- what there is

Item CommandWorld::item(ItemId id) { return reader()->find_item(id).value(); }

Obligation CommandWorld::obligation(ItemId item, std::string_view name) {
  std::optional<Obligation> last;
  for (Obligation& o : reader()->obligations_of(item))
    if (o.name == name && (!last || o.round > last->round)) last = std::move(o);
  if (!last) throw std::logic_error("there is no such obligation: " + std::string{name});
  return *last;
}

std::vector<std::string> CommandWorld::open(ItemId item) {
  std::vector<std::string> names;
  for (const Obligation& o : reader()->obligations_of(item))
    if (o.is_open()) names.push_back(o.name);
  return names;
}

std::vector<std::string> CommandWorld::journal_lines(ItemId item, std::string_view kind) {
  std::vector<std::string> lines;
  for (const JournalRow& row : reader()->journal_of(item)) {
    if (row.kind != kind) continue;
    for (const JournalLine& line : store::parse_body(row.body).lines)
      if (line.item == item) lines.push_back(line.text);
  }
  return lines;
}

}  // namespace assured::test
