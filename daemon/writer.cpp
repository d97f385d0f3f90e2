#include "daemon/writer.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>

namespace assured {

namespace {

// S14.1: a group's bounds, and how many may wait before more are turned away.
constexpr std::size_t group_max = 64;
constexpr auto group_work_max = std::chrono::milliseconds{5};
constexpr std::size_t queue_max = 256;
constexpr auto not_kept_shows = std::chrono::minutes{2};

// What a request must be equal in to be the same one (S14.2).
std::string hash_of(const web::Request& request) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
  for (const std::string* part : {&request.method, &request.target, &request.body}) {
    const std::string size = fmt::format("{}:", part->size());
    for (const std::string* text : {&size, part})
      crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text->data()),
                                text->size());
  }
  unsigned char out[crypto_generichash_BYTES];
  crypto_generichash_final(&state, out, sizeof out);
  char hex[2 * sizeof out + 1];
  sodium_bin2hex(hex, sizeof hex, out, sizeof out);
  return hex;
}

const Error& not_kept() {
  static const Error error{Errc::unavailable,
                           "The store could not keep this; nothing was changed. Try again soon."};
  return error;
}

}  // namespace

struct Writer::Waiting {
  Waiting(const web::Submission& what, Steady when) : submission(what), since(when) {}
  const web::Submission& submission;
  Steady since;
  Result<std::string> answer = Error{Errc::internal, "This was never carried out."};
  std::exception_ptr failed;  // instead of an answer
  bool wrote = false;
  bool wakes = false;
  bool repeated = false;
  bool done = false;
  std::condition_variable turn;  // its answer is there, or it leads the next group
};

Result<std::string> Writer::submit(const web::Submission& submission) {
  Waiting mine{submission, steady_()};
  std::unique_lock lock{mutex_};
  if (queue_.size() >= queue_max) {
    ++counts_.outcomes["unavailable"];
    return Error{Errc::unavailable, "Too many changes wait to be written; try again soon."};
  }
  queue_.push_back(&mine);
  unanswered_.insert(mine.since);
  while (!mine.done) {
    if (leading_) {
      mine.turn.wait(lock);
      continue;
    }
    leading_ = true;
    lock.unlock();
    run_group();
    lock.lock();
    leading_ = false;
    if (!queue_.empty()) queue_.front()->turn.notify_one();
  }
  lock.unlock();
  if (mine.failed) std::rethrow_exception(mine.failed);
  return std::move(mine.answer);
}

Writer::Waiting* Writer::take_next() {
  const std::lock_guard lock{mutex_};
  if (queue_.empty()) return nullptr;
  Waiting* next = queue_.front();
  queue_.pop_front();
  return next;
}

void Writer::run_group() {
  std::vector<Waiting*> group;
  bool wakes_workers = false;
  try {
    const auto tx = store_.begin(Urgency::people);
    const auto began = std::chrono::steady_clock::now();
    auto programmes = programmes_.get();
    const auto before = programmes;
    while (group.size() < group_max &&
           (group.empty() || std::chrono::steady_clock::now() - began < group_work_max)) {
      Waiting* next = take_next();
      if (next == nullptr) break;
      group.push_back(next);
      carry_out(*tx, *next, programmes);
    }
    bool wrote = false, wakes = false;
    for (const Waiting* waiting : group) {
      wrote |= waiting->wrote;
      wakes |= waiting->wrote && waiting->wakes;
    }
    if (wrote) {
      tx->commit();
      const std::lock_guard lock{mutex_};
      kept_at_ = clock_.now();
    }
    wakes_workers = wakes;
    if (programmes != before) programmes_.replace(programmes);
  } catch (const std::exception& error) {
    // None of the group is kept, and each of them is told so (S14.1).
    std::vector<std::uint64_t> requests;
    for (const Waiting* waiting : group) requests.push_back(waiting->submission.request.id);
    spdlog::error("writer: a group of {} was not kept (requests {}): {}", group.size(),
                  fmt::join(requests, ", "), error.what());
    while (Waiting* next = take_next()) group.push_back(next);
    const std::lock_guard lock{mutex_};
    not_kept_at_ = clock_.now();
    not_kept_ = error.what();
    for (Waiting* waiting : group)
      if (!waiting->failed) waiting->answer = not_kept();
  }
  answer(group);
  if (wakes_workers) committed_();
}

void Writer::carry_out(WriteTx& tx, Waiting& waiting, std::shared_ptr<const Programmes>& programmes) {
  const web::Submission& asked = waiting.submission;
  const std::string& key = asked.request.idempotency_key;
  const std::string hash = key.empty() ? std::string{} : hash_of(asked.request);
  try {
    waiting.wrote = tx.try_within([&] {
      if (!key.empty())
        if (const auto known = tx.board(asked.board).find_answer(asked.caller, key)) {
          waiting.repeated = known->hash == hash;
          if (waiting.repeated)
            waiting.answer = known->answer;
          else
            waiting.answer = Error{Errc::conflict,
                                   "This key was used for another request; take a new one.",
                                   "Idempotency-Key"};
          return false;
        }
      const Instant now = clock_.now();
      auto done = asked.carry_out(tx, *programmes, now);
      if (!done) {
        waiting.answer = done.error();
        return false;
      }
      if (!key.empty()) tx.board(asked.board).put_answer(asked.caller, key, hash, done->body, now);
      if (done->programmes)
        programmes = std::make_shared<const Programmes>(std::move(*done->programmes));
      waiting.wakes = done->wakes;
      waiting.answer = std::move(done->body);
      return true;
    });
  } catch (...) {
    // Its own savepoint is rolled back; the others of the group go on.
    waiting.failed = std::current_exception();
  }
}

void Writer::answer(const std::vector<Waiting*>& group) {
  const std::lock_guard lock{mutex_};
  if (!group.empty()) counts_.add_group(group.size());
  for (Waiting* waiting : group) {
    ++counts_.outcomes[outcome_of(*waiting)];
    unanswered_.erase(unanswered_.find(waiting->since));
    waiting->done = true;
    waiting->turn.notify_one();
  }
}

// As metrics tell them apart; the caller is told the same.
std::string Writer::outcome_of(const Waiting& waiting) {
  if (waiting.failed) {
    try {
      std::rethrow_exception(waiting.failed);
    } catch (const StoreError& error) {
      return error.retryable ? "unavailable" : "failed";
    } catch (...) {
      return "failed";
    }
  }
  if (waiting.answer) return waiting.repeated ? "repeated" : "accepted";
  switch (waiting.answer.error().code) {
    case Errc::unavailable: return "unavailable";
    case Errc::conflict: return "conflict";
    case Errc::internal: return "failed";
    default: return "refused";
  }
}

Progress Writer::progress() const {
  const std::lock_guard lock{mutex_};
  if (unanswered_.empty()) return {"writer", {}, {}};
  return {"writer", *unanswered_.begin(), {}};
}

web::WorkerHealth Writer::health() const {
  const Instant now = clock_.now();
  const std::lock_guard lock{mutex_};
  web::WorkerHealth health;
  health.name = "writer";
  health.last_pass = kept_at_;
  if (!unanswered_.empty())
    health.busy_since =
        now - std::chrono::duration_cast<Millis>(steady_() - *unanswered_.begin());
  // Nobody may come for hours, so it is no success that ends it; workers write meanwhile, and say if they
  // cannot.
  if (!not_kept_at_ || now - *not_kept_at_ >= not_kept_shows) return health;
  health.trouble = not_kept_;
  health.trouble_since = not_kept_at_;
  health.store_failed = true;
  return health;
}

Writer::Counts Writer::counts() const {
  const std::lock_guard lock{mutex_};
  Counts counts = counts_;
  counts.waiting = queue_.size();
  return counts;
}

}  // namespace assured
