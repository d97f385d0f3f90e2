// Hands notices to the relay: leases them, sends the bytes as committed, records what became of them
// (SEMANTICS.md 10, 11).
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "daemon/pace.hpp"
#include "daemon/planner.hpp"
#include "daemon/progress.hpp"
#include "workflows/notifier.hpp"

namespace assured {

struct SenderSettings {
  // Each with a connection of its own (S11.4); 0: messages go one by one within run_once().
  std::size_t threads = 0;
  // Both as they are now, after each reload.
  std::function<std::uint32_t()> messages_per_minute = {};  // to the relay; none, 0: as it takes them
  std::function<MailPolicy()> policy = {};                  // the planner's; none: live
};

// What is known of the relay, for health and metrics.
struct SenderHealth {
  std::optional<Instant> trouble_since;  // S11.1: mail is deferred, an alarm is raised
  std::string trouble;                   // the relay's words
  std::uint64_t accepted = 0, deferred = 0, bounced = 0, unknown = 0, expired = 0, troubles = 0;
  std::uint64_t planned_anew = 0;  // not begun, because it was not true any more, or may not go now
  std::size_t in_hand = 0;         // leased by this process, not yet recorded
};

class Sender : public Worker {
 public:
  // With threads, `wake` is called from them when there is something to record; it, the relay and all
  // else outlive the sender.
  Sender(Store& store, const CurrentProgrammes& programmes, Relay& relay, SenderSettings settings = {},
         WorkObserver observer = {}, std::function<void()> wake = {});
  ~Sender() override;
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  std::string_view name() const override { return "sender"; }
  // Records what the threads brought back, and leases what is due while there is room, in one
  // transaction. Throws: StoreError; nothing that came back is lost then.
  Instant run_once(Instant now) override;

  // No further message is begun; those under way end in their time. Thread: any.
  void stop();
  // Waits for the threads to end, after stop(). Throws nothing.
  void join();
  // Since when a thread sends the message that is under way for longest; none: none is. Thread: any.
  std::optional<Steady> sending_since() const;
  SenderHealth health() const;

 private:
  struct Leased {
    std::string board;
    Notice notice;
    bool urgent = false;
    Outgoing message;
    std::string reader = {};  // whom it counts for in the pace; empty: nobody
    Instant leased_at = {};
  };
  struct Returned {
    Leased leased;
    std::optional<SendOutcome> outcome;  // none: it was not sent after all
  };
  using Key = std::pair<std::string, NoticeId>;

  void run_thread();
  // What a run before left, or a clock that was set back.
  void set_right(Instant now);
  Returned send(Notifier& connection, Leased leased);
  // S11.1: whether a policy that refused a message is about that message or about all. With `mutex_`.
  void judge(Returned& returned);
  // What came back since the last call; while the relay is in trouble also what was not begun.
  std::vector<Returned> take_returned();
  struct Pass;  // one transaction of run_once()
  std::vector<Leased> record_and_lease(const std::vector<Returned>& returned, Instant now);
  void record(Pass& pass, const Returned& returned);
  // What ended for good, and what follows from it.
  void record_ended(Pass& pass);
  void tell_ended(Pass& pass, const std::string& board, const Notice& notice, std::vector<Prompt> prompts);
  void give_back(Pass& pass, const Leased& leased);
  void lease(Pass& pass);
  void lease_class(Pass& pass, const std::vector<std::string>& boards, DeliveryClass of);
  // Leases one notice; or puts it off, or has it planned anew. False: it is in hand already.
  bool take(Pass& pass, const std::string& board, Notice notice, DeliveryClass of);
  void note_relay(const std::vector<Returned>& returned, Instant now);
  std::uint32_t per_minute() const;
  std::size_t room(Instant now);
  std::optional<Instant> next_try_at(Instant now);

  Store& store_;
  const CurrentProgrammes& programmes_;
  Relay& relay_;
  const SenderSettings settings_;
  WorkObserver observer_;
  std::function<void()> wake_;

  // Of run_once() alone.
  std::optional<Instant> last_run_at_;
  std::vector<Returned> unrecorded_;  // kept when the store failed
  std::set<Key> in_hand_;
  std::unique_ptr<Notifier> own_connection_;
  std::optional<Instant> probe_at_;   // while the relay is in trouble: when to try it again
  std::chrono::seconds probe_after_{0};
  bool probe_routine_ = false;        // the next probe tries routine mail first
  std::size_t turn_ = 0;              // the board that goes first
  Pace pace_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Leased> queue_;
  std::vector<Returned> returned_;
  Steady told_at_;  // when run_once() was woken for them last
  std::multiset<Steady> sending_;  // when each message under way was begun
  // Whom the relay did not allow, since it last took or answered about anything else.
  std::set<std::string> not_allowed_;
  bool tripped_ = false;  // the relay is in trouble: nothing further is begun until run_once() says so
  bool stopping_ = false;
  SenderHealth health_;
  std::vector<std::thread> threads_;
};

// Plans and sends at `now` until nothing more happens: what the daemon's loops do, for tests and the
// simulation. For a sender without threads. Returns when to come back.
Instant send_all(Planner& planner, Sender& sender, Instant now);

}  // namespace assured
