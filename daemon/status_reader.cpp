#include "daemon/status_reader.hpp"

#include <algorithm>

#include "daemon/planner.hpp"

namespace assured {

namespace {

constexpr auto every = std::chrono::seconds{15};

void keep_earlier(std::optional<Instant>& earliest, const std::optional<Instant>& at) {
  if (at && (!earliest || *at < *earliest)) earliest = at;
}

}  // namespace

Instant StatusReader::run_once(Instant now) {
  // A clock that was set back must not keep old figures for new ones.
  if (const auto known = last(); known && now >= known->read_at && now < known->read_at + every)
    return known->read_at + every;
  web::StoredHealth read;
  read.read_at = now;
  for (const std::string& board : programmes_.get()->boards()) {
    const auto reader = store_.reader(board);
    const OutboxCounts counts = reader->outbox_counts();
    read.unsent += counts.unsent;
    read.held += counts.held;
    read.held_urgent += counts.held_urgent;
    keep_earlier(read.oldest_unsent, counts.oldest_unsent);
    keep_earlier(read.oldest_unsent_urgent, counts.oldest_unsent_urgent);
    if (!reader->find_value(outbox_hold_value).value_or("").empty()) read.on_hold.push_back(board);
    read.overdue[board] = reader->count_overdue(now);
  }
  const std::lock_guard lock{mutex_};
  last_ = std::move(read);
  return now + every;
}

std::optional<web::StoredHealth> StatusReader::last() const {
  const std::lock_guard lock{mutex_};
  return last_;
}

}  // namespace assured
