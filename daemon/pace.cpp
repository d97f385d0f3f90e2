#include "daemon/pace.hpp"

#include <algorithm>

namespace assured {

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;

void forget(std::deque<Instant>& begun, Millis window, Instant now) {
  std::erase_if(begun, [&](Instant at) { return at <= now - window || at > now; });
}

void take_one(std::deque<Instant>& begun, Instant at) {
  const auto found = std::find(begun.begin(), begun.end(), at);
  if (found != begun.end()) begun.erase(found);
}

// When one more may begin, where `most` may in a window.
Instant free_at(const std::deque<Instant>& begun, std::uint32_t most, Millis window, Instant now) {
  if (most == 0 || begun.size() < most) return now;
  return begun[begun.size() - most] + window;
}

}  // namespace

std::size_t Pace::room(std::size_t most, std::uint32_t per_minute, Instant now) {
  if (per_minute == 0) return most;
  forget(relay_, 1min, now);
  return std::min(most, per_minute - std::min<std::size_t>(per_minute, relay_.size()));
}

Instant Pace::next_room_at(std::uint32_t per_minute, Instant now) {
  forget(relay_, 1min, now);
  return free_at(relay_, per_minute, 1min, now);
}

Instant Pace::reader_free_at(const std::string& reader, std::uint32_t per_hour, Instant now) {
  const auto found = readers_.find(reader);
  if (found == readers_.end()) return now;
  forget(found->second, 1h, now);
  return free_at(found->second, per_hour, 1h, now);
}

void Pace::add(const std::string& reader, Instant at) {
  while (!relay_.empty() && relay_.front() <= at - Millis{1min}) relay_.pop_front();
  relay_.push_back(at);
  if (reader.empty()) return;
  Begun& begun = readers_[reader];
  forget(begun, 1h, at);
  begun.push_back(at);
}

void Pace::take_back(const std::string& reader, Instant at) {
  take_one(relay_, at);
  if (const auto found = readers_.find(reader); found != readers_.end())
    take_one(found->second, at);
}

}  // namespace assured
