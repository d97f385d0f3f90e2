#include "daemon/sender.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <map>

#include "daemon/outcome.hpp"
#include "daemon/planning.hpp"
#include "daemon/recheck.hpp"
#include "workflows/system_head.hpp"

namespace assured {

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr std::size_t in_hand_max = 64;  // leased at a time, with threads
constexpr std::size_t batch_max = 100;   // without
// Threads tell run_once() of so many outcomes together, or of fewer after so long: with a fast relay a commit
// for each mail would halve the rate (S11.4).
constexpr std::size_t told_together = 16;
constexpr auto told_after = std::chrono::milliseconds{50};
// How many notices a pass looks at: more than it leases, where many may not go any more.
constexpr std::size_t looked_at_max = 500;
// One process sends on a store at a time and ends the leases that it finds, so a lease need only
// outlast what this one can have in hand.
constexpr auto lease_time = 1h;
// RFC 5321 4.5.4.1: a sender gives up after four to five days.
constexpr auto give_up_after = 5 * 24h;
// ... of trying, which is so many tries: what lay held, or waited for the relay, was not tried.
constexpr std::uint32_t routine_tries_min = 24, urgent_tries_min = 800;
// S11.1 takes a policy's refusal (5.7.x) for trouble with the relay, which stops all mail. It is that when so
// many different people meet it and nothing else gets through (ADR 4).
constexpr std::size_t not_allowed_people_max = 3;
// The longest that anything is put off, with its spread.
constexpr auto wait_longest = 5h;
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

std::optional<Steady> Sender::sending_since() const {
  const std::lock_guard lock{mutex_};
  return sending_.empty() ? std::nullopt : std::optional{*sending_.begin()};
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

void Sender::judge(Returned& returned) {
  SendAnswer& answer = returned.outcome->answer;
  if (answer == SendAnswer::not_allowed) {
    not_allowed_.insert(returned.leased.message.address);
    const bool is_all = not_allowed_.size() >= not_allowed_people_max;
    answer = is_all ? SendAnswer::relay_trouble : SendAnswer::try_later;
  } else if (answer != SendAnswer::relay_trouble) {
    not_allowed_.clear();
  }
}

void Sender::run_thread() {
  const auto connection = relay_.connect();
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || (!queue_.empty() && !tripped_); });
    if (stopping_) return;
    Leased next = std::move(queue_.front());
    queue_.pop_front();
    const auto begun = sending_.insert(std::chrono::steady_clock::now());
    lock.unlock();
    Returned returned = send(*connection, std::move(next));
    lock.lock();
    sending_.erase(begun);
    judge(returned);
    tripped_ |= returned.outcome->answer == SendAnswer::relay_trouble;
    returned_.push_back(std::move(returned));
    const auto at = std::chrono::steady_clock::now();
    if (returned_.size() < told_together && !queue_.empty() && !tripped_ && !stopping_ && at - told_at_ < told_after)
      continue;
    told_at_ = at;
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

void Sender::set_right(Instant now) {
  const bool first = !last_run_at_;
  if (!first && now >= *last_run_at_) {
    last_run_at_ = now;
    return;
  }
  // A clock that was set back must keep nothing waiting until it has caught up.
  if (probe_at_ && *probe_at_ > now + probe_longest) probe_at_ = now;
  auto tx = store_.begin(Urgency::workers);
  for (const std::string& board : programmes_.get()->boards()) {
    // Whoever held leases is gone; what became of those messages is not known (S11.2).
    if (first) tx->board(board).end_leases();
    tx->board(board).hasten_notices(now + wait_longest, now);
  }
  tx->commit();
  last_run_at_ = now;
}

Instant Sender::run_once(Instant now) {
  set_right(now);
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
      {
        const std::lock_guard lock{mutex_};
        judge(unrecorded_.back());
      }
      trouble = unrecorded_.back().outcome->answer == SendAnswer::relay_trouble;
    }
  }
  return next_try_at(now).value_or(Instant::max());
}

struct Sender::Pass {
  WriteTx& tx;
  Instant now;
  std::shared_ptr<const Programmes> programmes;
  MailPolicy policy;
  SenderHealth counted = {};  // what happened; told once it is committed
  std::map<std::string, std::vector<Notice>> ended = {};  // by board: for good
  std::vector<WorkReport> reports = {};
  std::vector<Leased> leased = {};
  std::size_t left = 0;                     // how many more may be leased
  std::size_t looks_left = looked_at_max;   // and looked at
  std::map<std::string, Recheck> checks = {};  // by board

  Recheck& check_of(const std::string& board) {
    return checks.try_emplace(board, tx.board(board), *programmes, board, policy, now).first->second;
  }
};

std::vector<Sender::Leased> Sender::record_and_lease(const std::vector<Returned>& returned,
                                                     Instant now) {
  note_relay(returned, now);
  if (returned.empty()) {
    const auto next = next_try_at(now);
    if (room(now) == 0 || !next || *next > now) return {};
  }
  const auto tx = store_.begin(Urgency::workers);
  Pass pass{*tx, now, programmes_.get(), settings_.policy ? settings_.policy() : MailPolicy{}};
  const std::set<Key> in_hand_before = in_hand_;
  const Pace pace_before = pace_;
  try {
    for (const Returned& one : returned) record(pass, one);
    record_ended(pass);
    for (const Returned& one : returned) in_hand_.erase({one.leased.board, one.leased.notice.id});
    pass.left = room(now);
    lease(pass);
    tx->commit();
  } catch (...) {
    in_hand_ = in_hand_before;
    pace_ = pace_before;
    throw;
  }
  for (const Leased& one : pass.leased) in_hand_.insert({one.board, one.notice.id});
  {
    const std::lock_guard lock{mutex_};
    for (const auto count :
         {&SenderHealth::accepted, &SenderHealth::deferred, &SenderHealth::bounced,
          &SenderHealth::unknown, &SenderHealth::expired, &SenderHealth::planned_anew})
      health_.*count += pass.counted.*count;
    health_.in_hand = in_hand_.size();
  }
  if (observer_)
    for (const WorkReport& report : pass.reports) observer_(report);
  return std::move(pass.leased);
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
  // Trouble that came back meanwhile is noted in the next pass, which takes back what is queued only while this
  // is set: cleared here, it would leave the queue to threads that take nothing then.
  const bool more = std::any_of(returned_.begin(), returned_.end(), [](const Returned& one) {
    return one.outcome && one.outcome->answer == SendAnswer::relay_trouble;
  });
  tripped_ = more || (probe_at_ && now < *probe_at_);
}

std::uint32_t Sender::per_minute() const {
  return settings_.messages_per_minute ? settings_.messages_per_minute() : 0;
}

std::size_t Sender::room(Instant now) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return 0;
  }
  if (probe_at_ && now < *probe_at_) return 0;
  const std::size_t most = probe_at_ ? 1 : threads_.empty() ? batch_max : in_hand_max;
  return most > in_hand_.size() ? pace_.room(most - in_hand_.size(), per_minute(), now) : 0;
}

std::optional<Instant> Sender::next_try_at(Instant now) {
  std::optional<Instant> next;
  for (const std::string& board : programmes_.get()->boards())
    if (const auto at = store_.reader(board)->next_try_at(); at && (!next || *at < *next)) next = at;
  if (next && probe_at_ && now < *probe_at_) return std::max(*next, *probe_at_);
  // What could be leased was, just now: there is nothing to do until something comes back. That wakes, but for
  // the few that the next ones are waited for with, where these take long.
  if (!threads_.empty() && !in_hand_.empty())
    return next && *next > now ? std::min<Instant>(*next, now + 1s) : now + 1s;
  if (next) next = std::max(*next, pace_.next_room_at(per_minute(), now));
  return next;
}

// In order of risk over all boards; among those of a class the boards take turns.
void Sender::lease(Pass& pass) {
  using enum DeliveryClass;
  std::array classes{urgent_fresh, urgent_tried, routine_fresh, routine_tried};
  // While the relay is in trouble every other probe is a routine message: what is urgent may itself be
  // what the relay will not have, by a policy of its own.
  if (probe_at_ && probe_routine_) std::rotate(classes.begin(), classes.begin() + 2, classes.end());
  std::vector<std::string> boards = pass.programmes->boards();
  if (boards.empty()) return;
  std::rotate(boards.begin(), boards.begin() + static_cast<std::ptrdiff_t>(turn_ % boards.size()),
              boards.end());
  std::vector<std::string> waiting;
  for (const std::string& board : boards)
    if (const auto next = pass.tx.board(board).next_try_at(); next && *next <= pass.now)
      waiting.push_back(board);
  for (const DeliveryClass of : classes) lease_class(pass, waiting, of);
  if (pass.leased.empty()) return;
  if (probe_at_) probe_routine_ = !probe_routine_;
  const auto last = std::find(boards.begin(), boards.end(), pass.leased.back().board);
  turn_ = (turn_ + static_cast<std::size_t>(last - boards.begin()) + 1) % boards.size();
}

void Sender::lease_class(Pass& pass, const std::vector<std::string>& boards, DeliveryClass of) {
  bool more = !boards.empty();
  while (more && pass.left > 0 && pass.looks_left > 0) {
    more = false;
    const std::size_t share = std::max<std::size_t>(1, pass.left / boards.size());
    for (const std::string& board : boards) {
      const std::size_t most = std::min({share, pass.left, pass.looks_left});
      for (Notice& notice : pass.tx.board(board).due_notices(pass.now, most, of)) {
        --pass.looks_left;
        more |= take(pass, board, std::move(notice), of);
      }
    }
  }
}

bool Sender::take(Pass& pass, const std::string& board, Notice notice, DeliveryClass of) {
  if (in_hand_.contains({board, notice.id})) return false;
  BoardWriter& writer = pass.tx.board(board);
  const bool urgent = of == DeliveryClass::urgent_fresh || of == DeliveryClass::urgent_tried;
  std::string reader;
  if (!pass.check_of(board).may_go(notice, pass.reports)) {
    ++pass.counted.planned_anew;
    return true;
  }
  if (notice.attempts == 0) {
    // By its address, unless that is the same for all while mail is redirected.
    const std::string& who = notice.person.empty() ? notice.to : notice.person;
    const bool redirected = pass.policy.mode == MailPolicy::Mode::redirect;
    if (!urgent) reader = board + '|' + (redirected ? who : notice.address);
    const Instant free = pace_.reader_free_at(reader, pass.policy.per_person_per_hour, pass.now);
    if (free > pass.now) {
      writer.defer_notice(notice.id, NoticeState::deferred, free,
                          "waits: so much went to this reader within the hour");
      return true;
    }
  }
  auto bytes = writer.find_notice_bytes(notice.id);
  ASSURED_ASSERT(bytes.has_value());  // they go only after the final state (S10.5)
  ++notice.attempts;
  writer.lease_notices({notice.id}, pass.now + lease_time);
  pace_.add(reader, pass.now);
  Outgoing message{notice.id, board, notice.address, notice.message_id, std::move(*bytes), urgent};
  pass.leased.push_back(
      {board, std::move(notice), urgent, std::move(message), std::move(reader), pass.now});
  --pass.left;
  return true;
}

// S10.2: an attempt is one that was begun; what was not is looked at again like any fresh mail.
void Sender::give_back(Pass& pass, const Leased& leased) {
  const NoticeState was = leased.notice.state;
  const bool is_unknown = was == NoticeState::unknown || was == NoticeState::leased;
  pass.tx.board(leased.board)
      .give_back_notice(leased.notice.id, is_unknown ? NoticeState::unknown : NoticeState::deferred,
                        probe_at_.value_or(pass.now));
  pace_.take_back(leased.reader, leased.leased_at);
}

void Sender::record(Pass& pass, const Returned& returned) {
  const Leased& leased = returned.leased;
  if (!returned.outcome) return give_back(pass, leased);
  BoardWriter& writer = pass.tx.board(leased.board);
  Notice notice = leased.notice;
  const SendOutcome& outcome = *returned.outcome;
  const bool gives_up = pass.now - notice.created_at > give_up_after &&
                        notice.attempts >= (leased.urgent ? urgent_tries_min : routine_tries_min);
  switch (outcome.answer) {
    case SendAnswer::accepted:
      notice.state = NoticeState::accepted;
      ++pass.counted.accepted;
      break;
    case SendAnswer::bounced:
      notice.state = NoticeState::bounced;
      ++pass.counted.bounced;
      break;
    case SendAnswer::unknown:
      notice.state = gives_up ? NoticeState::expired : NoticeState::unknown;
      ++(gives_up ? pass.counted.expired : pass.counted.unknown);
      break;
    case SendAnswer::try_later:
    case SendAnswer::not_allowed:  // judge() has made something else of it
      notice.state = gives_up ? NoticeState::expired : NoticeState::deferred;
      ++(gives_up ? pass.counted.expired : pass.counted.deferred);
      break;
    case SendAnswer::relay_trouble:
      notice.state = NoticeState::deferred;  // however long it lasts: it is nobody's address
      ++pass.counted.deferred;
      break;
  }
  notice.said = outcome.said;
  if (is_final(notice.state)) {
    // Somebody may have expired it while it was under way; what is final stays.
    const auto stored = writer.find_notice(notice.id);
    if (!stored || is_final(stored->state)) return;
    notice.final_at = pass.now;
    pass.ended[leased.board].push_back(std::move(notice));
    return;
  }
  // Not before its own turn: what this message met may be of its own making, and the next probe is
  // another one then.
  const Instant next =
      std::max(pass.now + retry_after(notice, leased.urgent), probe_at_.value_or(pass.now));
  writer.defer_notice(notice.id, notice.state, next, outcome.said);
  // Only the first wait is news; what a retry meets is counted, not told again.
  if (notice.attempts > 1) return;
  WorkReport report;
  report.board = leased.board;
  report.what = "notice";
  report.at = pass.now;
  report.prompt = writer.find_prompt(notice.prompts.front());
  report.address = notice.address;
  report.notice = std::move(notice);
  pass.reports.push_back(std::move(report));
}

void Sender::record_ended(Pass& pass) {
  struct Ended {
    std::vector<Notice> notices;
    std::vector<std::vector<Prompt>> prompts;  // of each
    std::set<ItemId> items;
  };
  for (auto& [board, ended] : pass.ended) {
    BoardWriter& writer = pass.tx.board(board);
    // Rows of the journal as the planner writes them: one for each root, and one for a mail about several items.
    std::map<std::pair<ItemId, NoticeId>, Ended> rows;
    for (Notice& notice : ended) {
      std::vector<Prompt> prompts;
      std::set<ItemId> items;
      for (const PromptId id : notice.prompts) {
        auto prompt = writer.find_prompt(id);
        ASSURED_ASSERT(prompt.has_value());
        items.insert(prompt->item);
        prompts.push_back(std::move(*prompt));
      }
      const auto item = items.size() == 1 ? writer.find_item(notice.item) : std::nullopt;
      Ended& row = rows[item ? std::pair{root_of(*item), NoticeId{}} : std::pair{ItemId{}, notice.id}];
      row.items.merge(items);
      row.notices.push_back(std::move(notice));
      row.prompts.push_back(std::move(prompts));
    }
    for (auto& [key, row] : rows) {
      const ItemId subject = row.items.size() == 1 ? *row.items.begin() : ItemId{};
      writer.write_notice_states(head_of_system("notice", subject, pass.now), row.notices, pass.now);
      for (std::size_t i = 0; i < row.notices.size(); ++i)
        tell_ended(pass, board, row.notices[i], std::move(row.prompts[i]));
    }
  }
}

void Sender::tell_ended(Pass& pass, const std::string& board, const Notice& notice,
                        std::vector<Prompt> prompts) {
  note_end(pass.tx.board(board), *pass.programmes, board, notice, prompts, pass.now);
  for (Prompt& prompt : prompts) {
    WorkReport report;
    report.board = board;
    report.what = "notice";
    report.at = pass.now;
    report.notice = notice;
    report.prompt = std::move(prompt);
    report.address = notice.address;
    pass.reports.push_back(std::move(report));
  }
}

Instant send_all(Planner& planner, Sender& sender, Instant now) {
  for (;;) {
    const Instant planned = planner.run_once(now);
    const auto ended = [&] {
      const SenderHealth health = sender.health();
      return health.accepted + health.bounced + health.expired + health.planned_anew;
    };
    const std::uint64_t before = ended();
    const Instant sent = sender.run_once(now);
    // What ended may be what an escalation waited for (S6.3), or asks for others to be told (S11.5); and
    // something may have to be planned anew.
    if (ended() == before) return std::min(planned, sent);
  }
}

}  // namespace assured
