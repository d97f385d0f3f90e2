// A board on a real store, worked by hand: commands of people, the scheduler and the sender, all on
// a clock that only the test moves. Mail goes to a notifier that keeps it and answers as told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sender.hpp"
#include "daemon/system_zones.hpp"
#include "notifiers/renderer.hpp"
#include "tests/support/small_programme.hpp"
#include "workflows/apply.hpp"
#include "workflows/apply_migrate.hpp"

namespace assured::test {

// A relay by a script: what was handed to it, try by try, and what it answers.
class ScriptedNotifier : public Notifier {
 public:
  SendOutcome send(const Outgoing& message) override;

  std::vector<Outgoing> tried;
  std::vector<Outgoing> accepted;
  std::function<SendAnswer(const Outgoing&)> answer;  // none: accepted
};

// The people of the small programme, one for each post, and a nurse who may audit.
std::string small_people();

using Texts = std::map<std::string, std::string>;

class CommandWorld {
 public:
  // The small programme and its people on Monday 2 November 2026, 09:00; London is at UTC then.
  // On a temporary store, unless another one is given.
  explicit CommandWorld(std::string_view programme_toml = small_programme_toml,
                        std::string_view people_toml = {}, std::unique_ptr<Store> store = nullptr);

  // --- time
  Instant now() const { return now_; }
  Instant at(std::string_view local) const;  // "2026-11-26 09:00"
  std::string text(Instant at) const;        // the same back
  std::string text(const std::optional<Instant>& at) const;
  // The service runs from now until then: each pass at the instant a worker asked for.
  void run_until(std::string_view local);
  // The clock alone; the service is up, but has not looked yet.
  void set_clock(std::string_view local);
  // The service was not running until then.
  void down_until(std::string_view local) { now_ = at(local); }
  void set_clock_back(std::string_view local);  // as somebody may set it who has the wrong day
  void pass();     // scheduler and sender, once, now
  // Time goes on while nothing is sent: rungs fire and mail is made, at that instant.
  void make_mail(std::string_view local);
  // As after a restore (S16.3).
  void hold_outbox(std::string_view why);
  void restart();  // a new scheduler and sender, as after a crash

  // --- the programme
  // From now on the board has this programme; running items stay on the definition they began with.
  void replace_programme(std::string_view programme_toml, std::string digest);
  MigrationPlan migrate(ItemId root, const StateMap& states = {});  // by "operator"

  // --- commands
  Caller caller(std::string person, std::string for_post = {}) const;
  Result<Outcome> apply(Command command);
  Result<Outcome> act(std::string person, ItemId item, std::string event, Texts fields = {},
                      Texts assign = {}, std::string reason = {});
  Result<Outcome> correct(std::string person, ItemId item, std::string reason = "wrong button");
  Result<Outcome> acknowledge(Caller caller, ObligationId obligation, std::string_view hold_for,
                              std::string progress = {});
  Result<Outcome> suspend(Caller caller, ObligationId obligation, std::string_view hold_for,
                          std::string reason = "the system is down");
  Result<Meeting> plan(std::string body, std::string_view start);
  Result<Meeting> change(MeetingCommand::What what, MeetingId meeting, std::string_view start = {});
  Result<Outcome> rebind(ObligationId obligation, MeetingId meeting);
  Result<void> close_day(std::string_view date, bool closed = true);
  Result<void> load(std::string_view people_toml);

  // --- shortcuts through the small programme; they throw where a step is refused
  ItemId plan_audit();            // planned, in the north
  ItemId send_out(ItemId audit);  // to the NHS; answers with its return
  void allocate(ItemId return_);  // to the nurse
  void accept(ItemId return_);    // from allocated; the audit reports then
  ItemId audit_in_reporting();
  ItemId raise_concern(ItemId audit);  // about the NHS, family A

  // --- what there is
  Store& store() { return *store_; }
  const Sender& sender() const { return *sender_; }
  const Programmes& programmes() { return *programmes_.get(); }
  const CurrentProgrammes& current_programmes() { return programmes_; }
  const TimeRules& time() const;
  Rules rules() const;
  std::unique_ptr<BoardReader> reader() { return store_->reader(board_); }
  const std::string& board() const { return board_; }
  Item item(ItemId id);
  Obligation obligation(ItemId item, std::string_view name);  // its last round
  std::vector<std::string> open(ItemId item);                 // names of what is open
  // What was accepted since the last call: "2026-11-26 09:00 officer due-soon [-2wd]", in order.
  std::vector<std::string> heard();
  // What the journal's rows of that kind say about this item, a line each.
  std::vector<std::string> journal_lines(ItemId item, std::string_view kind);

  ScriptedNotifier relay;
  MailPolicy mail_policy;  // as if the settings were read again
  std::uint32_t messages_per_minute = 0;  // to the relay; 0: no limit

 private:
  template <class Do>
  auto in_transaction(Do&& command) {
    const auto tx = store_->begin();
    auto result = command(*tx);
    if (result) tx->commit();
    return result;
  }
  void keep(const WorkReport& report);

  std::unique_ptr<Store> store_;
  SystemZones zones_;
  CurrentProgrammes programmes_{Programmes{}};
  std::string board_;
  notifiers::MailRenderer renderer_;
  std::unique_ptr<Scheduler> scheduler_;
  SharedNotifier shared_relay_{relay};
  std::unique_ptr<Planner> planner_;
  std::unique_ptr<Sender> sender_;
  Instant now_;
  std::vector<std::string> heard_;
};

// The value, or a failed test that shows the refusal.
template <class T>
T ok(Result<T> result) {
  if (!result) throw std::logic_error("refused: " + result.error().message);
  return std::move(*result);
}
inline void ok(Result<void> result) {
  if (!result) throw std::logic_error("refused: " + result.error().message);
}

// "forbidden: only the board team may ..."; "ok" when it was not refused.
std::string refusal(const Error& error);
template <class T>
std::string refusal(const Result<T>& result) {
  return result ? std::string{"ok"} : refusal(result.error());
}

}  // namespace assured::test
