#include "daemon/sender.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/outcome.hpp"
#include "daemon/planning.hpp"

namespace assured {

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr std::size_t in_hand_max = 64;  // leased at a time, with threads
constexpr std::size_t batch_max = 100;   // without
// One process sends on a store at a time and ends the leases that it finds, so a lease need only
// outlast what this one can have in hand.
constexpr auto lease_time = 1h;
// RFC 5321 4.5.4.1: a sender gives up after four to five days.
constexpr auto give_up_after = 5 * 24h;
constexpr auto probe_first = 5s;
constexpr auto probe_longest = 2min;

// Doubling from a minute; urgent mail is tried each five minutes at least. Spread by up to a fifth, so
// that what was deferred together does not come back together.
Millis retry_after(const Notice& notice, bool urgent) {
  const auto longest = urgent ? Millis{5min} : Millis{4h};
  Millis wait{1min};
  for (std::uint32_t i = 1; i < notice.attempts && wait < longest; ++i) wait *= 2;
  wait = std::min(wait, longest);
  const auto spread = (notice.id.value * 2654435761LL + notice.attempts * 40503LL) % 200;
  return wait + wait * spread / 1000;
}

}  // namespace

Sender::Sender(Store& store, const CurrentProgrammes& programmes, Relay& relay,
               SenderSettings settings, WorkObserver observer, std::function<void()> wake)
    : store_(store),
      programmes_(programmes),
      relay_(relay),
      settings_(settings),
      observer_(std::move(observer)),
      wake_(std::move(wake)) {
  for (std::size_t i = 0; i < settings_.threads; ++i)
    threads_.emplace_back([this] { run_thread(); });
}

Sender::~Sender() {
  stop();
  join();
}

void Sender::join() {
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Sender::stop() {
  const std::lock_guard lock{mutex_};
  stopping_ = true;
  changed_.notify_all();
}

bool Sender::is_sending() const {
  const std::lock_guard lock{mutex_};
  return sending_ > 0;
}

SenderHealth Sender::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

Sender::Returned Sender::send(Notifier& connection, Leased leased) {
  SendOutcome outcome;
  try {
    outcome = connection.send(leased.message);
  } catch (const std::exception& error) {
    outcome = {SendAnswer::relay_trouble, 0, error.what()};
  }
  leased.message.bytes.clear();
  return {std::move(leased), std::move(outcome)};
}

void Sender::run_thread() {
  const auto connection = relay_.connect();
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || (!queue_.empty() && !tripped_); });
    if (stopping_) return;
    Leased next = std::move(queue_.front());
    queue_.pop_front();
    ++sending_;
    lock.unlock();
    Returned returned = send(*connection, std::move(next));
    lock.lock();
    --sending_;
    tripped_ |= returned.outcome->answer == SendAnswer::relay_trouble;
    returned_.push_back(std::move(returned));
    lock.unlock();
    wake_();
    lock.lock();
  }
}

std::vector<Sender::Returned> Sender::take_returned() {
  std::vector<Returned> all = std::move(unrecorded_);
  unrecorded_.clear();
  const std::lock_guard lock{mutex_};
  for (Returned& one : returned_) all.push_back(std::move(one));
  returned_.clear();
  if (tripped_ || stopping_) {
    for (Leased& one : queue_) all.push_back({std::move(one), std::nullopt});
    queue_.clear();
  }
  return all;
}

Instant Sender::run_once(Instant now) {
  // A clock that was set back must not keep the relay waiting until it has caught up.
  if (probe_at_ && *probe_at_ > now + probe_longest) probe_at_ = now;
  if (!leases_ended_) {
    // Whoever held them is gone; what became of those messages is not known (S11.2).
    auto tx = store_.begin(Urgency::workers);
    for (const std::string& board : programmes_.get()->boards()) tx->board(board).end_leases();
    tx->commit();
    leases_ended_ = true;
  }
  for (;;) {
    std::vector<Returned> returned = take_returned();
    std::vector<Leased> leased;
    try {
      leased = record_and_lease(returned, now);
    } catch (...) {
      unrecorded_ = std::move(returned);
      throw;
    }
    if (!threads_.empty()) {
      const std::lock_guard lock{mutex_};
      for (Leased& one : leased) {
        const auto at = one.urgent ? std::find_if(queue_.begin(), queue_.end(),
                                                  [](const Leased& other) { return !other.urgent; })
                                   : queue_.end();
        queue_.insert(at, std::move(one));
      }
      changed_.notify_all();
      break;
    }
    if (leased.empty()) break;
    if (!own_connection_) own_connection_ = relay_.connect();
    bool trouble = false;
    for (Leased& one : leased) {
      if (trouble) {
        unrecorded_.push_back({std::move(one), std::nullopt});
        continue;
      }
      unrecorded_.push_back(send(*own_connection_, std::move(one)));
      trouble = unrecorded_.back().outcome->answer == SendAnswer::relay_trouble;
    }
  }
  return next_try_at(now).value_or(Instant::max());
}

std::vector<Sender::Leased> Sender::record_and_lease(const std::vector<Returned>& returned,
                                                     Instant now) {
  note_relay(returned, now);
  if (returned.empty()) {
    const auto next = next_try_at(now);
    if (room(now) == 0 || !next || *next > now) return {};
  }
  std::vector<WorkReport> reports;
  std::vector<Leased> leased;
  {
    auto tx = store_.begin(Urgency::workers);
    for (const Returned& one : returned) record(*tx, one, now, reports);
    const std::set<Key> before = in_hand_;
    for (const Returned& one : returned) in_hand_.erase({one.leased.board, one.leased.notice.id});
    try {
      leased = lease(*tx, now);
      tx->commit();
    } catch (...) {
      in_hand_ = before;
      throw;
    }
  }
  for (const Leased& one : leased) in_hand_.insert({one.board, one.notice.id});
  {
    const std::lock_guard lock{mutex_};
    health_.in_hand = in_hand_.size();
  }
  if (observer_)
    for (const WorkReport& report : reports) observer_(report);
  return leased;
}

// S11.1: trouble with the relay is nobody's address: nothing further is sent for a while, then one
// message is tried, and when the relay takes it, or answers about its recipient, all go again.
void Sender::note_relay(const std::vector<Returned>& returned, Instant now) {
  for (const Returned& one : returned) {
    if (!one.outcome) continue;
    const std::lock_guard lock{mutex_};
    if (one.outcome->answer != SendAnswer::relay_trouble) {
      if (health_.trouble_since) spdlog::info("relay: it takes mail again");
      health_.trouble_since.reset();
      health_.trouble.clear();
      probe_at_.reset();
      probe_after_ = {};
      continue;
    }
    ++health_.troubles;
    health_.trouble = one.outcome->said;
    if (!health_.trouble_since) {
      health_.trouble_since = now;
      spdlog::error("relay: {}; all mail waits and is tried again", one.outcome->said);
    }
    probe_after_ = probe_after_ == 0s
                       ? probe_first
                       : std::min<std::chrono::seconds>(probe_after_ * 2, probe_longest);
    probe_at_ = now + probe_after_;
  }
  const std::lock_guard lock{mutex_};
  tripped_ = probe_at_ && now < *probe_at_;
}

std::size_t Sender::room(Instant now) const {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return 0;
  }
  if (probe_at_ && now < *probe_at_) return 0;
  const std::size_t most = probe_at_ ? 1 : threads_.empty() ? batch_max : in_hand_max;
  return most > in_hand_.size() ? most - in_hand_.size() : 0;
}

std::optional<Instant> Sender::next_try_at(Instant now) const {
  std::optional<Instant> next;
  for (const std::string& board : programmes_.get()->boards())
    if (const auto at = store_.reader(board)->next_try_at(); at && (!next || *at < *next)) next = at;
  if (next && probe_at_ && now < *probe_at_) return std::max(*next, *probe_at_);
  // What could be leased was, just now: there is nothing to do until something comes back, which wakes.
  if (next && *next <= now && !threads_.empty() && !in_hand_.empty()) return std::nullopt;
  return next;
}

std::vector<Sender::Leased> Sender::lease(WriteTx& tx, Instant now) {
  std::vector<Leased> leased;
  std::size_t left = room(now);
  for (const std::string& board : programmes_.get()->boards()) {
    if (left == 0) break;
    BoardWriter& writer = tx.board(board);
    std::vector<NoticeId> ids;
    for (Notice& notice : writer.due_notices(now, left + in_hand_.size())) {
      if (left == 0) break;
      if (in_hand_.contains({board, notice.id})) continue;
      auto bytes = writer.find_notice_bytes(notice.id);
      ASSURED_ASSERT(bytes.has_value());  // they go only after the final state (S10.5)
      const auto prompt = writer.find_prompt(notice.prompts.front());
      const bool urgent = prompt && prompt->family == Family::a;
      ++notice.attempts;
      ids.push_back(notice.id);
      Outgoing message{notice.id, board, notice.address, notice.message_id, std::move(*bytes), urgent};
      leased.push_back({board, std::move(notice), urgent, std::move(message)});
      --left;
    }
    if (!ids.empty()) writer.lease_notices(ids, now + lease_time);
  }
  return leased;
}

void Sender::record(WriteTx& tx, const Returned& returned, Instant now,
                    std::vector<WorkReport>& reports) {
  const Leased& leased = returned.leased;
  BoardWriter& writer = tx.board(leased.board);
  Notice notice = leased.notice;
  if (!returned.outcome) {
    writer.defer_notice(notice.id, NoticeState::deferred, probe_at_.value_or(now), notice.said);
    return;
  }
  const SendOutcome& outcome = *returned.outcome;
  const bool gives_up = now - notice.created_at > give_up_after;
  std::uint64_t SenderHealth::*count = nullptr;
  switch (outcome.answer) {
    case SendAnswer::accepted:
      notice.state = NoticeState::accepted;
      count = &SenderHealth::accepted;
      break;
    case SendAnswer::bounced:
      notice.state = NoticeState::bounced;
      count = &SenderHealth::bounced;
      break;
    case SendAnswer::unknown:
      count = gives_up ? &SenderHealth::expired : &SenderHealth::unknown;
      notice.state = gives_up ? NoticeState::expired : NoticeState::unknown;
      break;
    case SendAnswer::try_later:
    case SendAnswer::relay_trouble:
      count = &SenderHealth::deferred;
      notice.state = gives_up ? NoticeState::expired : NoticeState::deferred;
      if (gives_up) count = &SenderHealth::expired;
      break;
  }
  {
    const std::lock_guard lock{mutex_};
    ++(health_.*count);
  }
  notice.said = outcome.said;
  if (notice.state == NoticeState::deferred || notice.state == NoticeState::unknown) {
    // Not before its own turn: what this message met may be of its own making, and the next probe is
    // another one then.
    const Instant next =
        std::max(now + retry_after(notice, leased.urgent), probe_at_.value_or(now));
    writer.defer_notice(notice.id, notice.state, next, outcome.said);
    // Only the first wait is news; what a retry meets is counted, not told again.
    if (notice.attempts > 1) return;
    WorkReport report;
    report.board = leased.board;
    report.what = "notice";
    report.at = now;
    report.prompt = writer.find_prompt(notice.prompts.front());
    report.address = notice.address;
    report.notice = std::move(notice);
    reports.push_back(std::move(report));
    return;
  }
  record_final(writer, leased.board, std::move(notice), now, reports);
}

void Sender::record_final(BoardWriter& writer, const std::string& board, Notice notice, Instant now,
                          std::vector<WorkReport>& reports) {
  // Somebody may have expired it while it was under way; what is final stays.
  const auto stored = writer.find_notice(notice.id);
  if (!stored || is_final(stored->state)) return;
  notice.final_at = now;
  const auto programmes = programmes_.get();
  writer.write_notice_state(system_head("notice", notice.item, now), notice, now);
  note_end(writer, *programmes, board, notice, now);
  for (const PromptId id : notice.prompts) {
    WorkReport report;
    report.board = board;
    report.what = "notice";
    report.at = now;
    report.notice = notice;
    report.prompt = writer.find_prompt(id);
    report.address = notice.address;
    reports.push_back(std::move(report));
  }
}

Instant send_all(Planner& planner, Sender& sender, Instant now) {
  for (;;) {
    const Instant planned = planner.run_once(now);
    const auto ended = [&] {
      const SenderHealth health = sender.health();
      return health.accepted + health.bounced + health.expired;
    };
    const std::uint64_t before = ended();
    const Instant sent = sender.run_once(now);
    // What ended may be what an escalation waited for (S6.3), or asks for others to be told (S11.5).
    if (ended() == before) return std::min(planned, sent);
  }
}

}  // namespace assured
