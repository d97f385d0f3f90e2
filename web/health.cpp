#include "web/health.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured::web {

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;

// Mail about immediate risk is tried each five minutes at least; three tries are patience enough.
constexpr auto urgent_waits_max = 15min;
constexpr auto routine_waits_max = 4h;
constexpr auto relay_away_max = 1h;

// "2026-11-03 09:00 UTC"
std::string minute_of(Instant at) {
  std::string text = to_text(at).substr(0, 16);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text + " UTC";
}

std::string what_waits_for(std::string_view worker) {
  if (worker == "scheduler") return "no deadline is noticed and nobody is reminded";
  if (worker == "planner") return "no new mail is made";
  if (worker == "sender") return "no mail is sent";
  return "its part of the work waits";
}

class Reasons {
 public:
  Reasons(const Health& health, Instant now) : health_(health), now_(now) {}

  std::vector<HealthReason> take() {
    add_workers();
    add_stuck();
    add_mail();
    add_relay();
    if (!health_.clock_trusted)
      add(Level::amber, "The machine's clock jumped forward. Routine reminders wait until it is steady; ask "
                        "the operator to look at the clock.");
    std::stable_sort(reasons_.begin(), reasons_.end(),
                     [](const auto& a, const auto& b) { return a.level > b.level; });
    return std::move(reasons_);
  }

 private:
  template <class... Args>
  void add(Level level, fmt::format_string<Args...> text, Args&&... args) {
    reasons_.push_back({level, fmt::format(text, std::forward<Args>(args)...)});
  }

  void add_workers() {
    std::optional<Instant> no_store_since;
    for (const WorkerHealth& worker : health_.workers) {
      if (worker.trouble.empty()) continue;
      const Instant since = worker.trouble_since.value_or(health_.started_at);
      if (worker.store_failed)
        no_store_since = std::min(since, no_store_since.value_or(since));
      else
        add(Level::red, "The {} has failed since {}: {}. Ask the operator; the service's log says why.",
            worker.name, minute_of(since), what_waits_for(worker.name));
    }
    if (no_store_since)
      add(Level::red,
          "The database cannot be used since {}: nothing is recorded, noticed or sent as it should be. Ask the "
          "operator to look at the disk; the service's log says more.",
          minute_of(*no_store_since));
  }

  void add_stuck() {
    for (const auto& [name, why] : health_.stuck)
      add(Level::red, "The service stands still in one part (the {}): {}. Ask the operator to restart it.",
          name, why);
  }

  void add_mail() {
    const std::string_view look = "`assuredctl outbox list` shows whom it is for";
    if (health_.stored) {
      const StoredHealth& stored = *health_.stored;
      const auto urgent = stored.oldest_unsent_urgent;
      if (urgent && now_ - *urgent > urgent_waits_max)
        add(Level::red, "Mail about immediate risk has not gone out since {}. Ring those it is for; {}.",
            minute_of(*urgent), look);
      const auto oldest = stored.oldest_unsent;
      if (oldest && oldest != urgent && now_ - *oldest > routine_waits_max)
        add(Level::amber, "Mail has not gone out since {}; {}.", minute_of(*oldest), look);
      if (stored.held_urgent > 0)
        add(Level::red,
            "Mails about immediate risk are held ({}) and will not go by themselves. Ring those they are for; "
            "`assuredctl outbox held` shows whom, and why.",
            stored.held_urgent);
      for (const std::string& board : stored.on_hold)
        add(Level::amber, "All mail of the board {} is held until an operator releases it (`assuredctl outbox "
                          "held`).",
            board);
    }
    if (health_.mail.mode == "observe")
      add(Level::amber, "Nobody gets mail: the settings say mode = \"observe\" in [mail].");
    else if (health_.mail.mode == "redirect")
      add(Level::amber,
          "All mail goes to one address for trials: the settings say mode = \"redirect\" in [mail].");
  }

  void add_relay() {
    const auto since = health_.mail.trouble_since;
    if (!since) return;
    add(now_ - *since > relay_away_max ? Level::red : Level::amber,
        "The mail relay takes no mail since {}. All mail waits and is tried again; ask the relay's operator.",
        minute_of(*since));
  }

  const Health& health_;
  const Instant now_;
  std::vector<HealthReason> reasons_;
};

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::green: return "green";
    case Level::amber: return "amber";
    case Level::red: return "red";
  }
  return "red";
}

std::vector<HealthReason> reasons_of(const Health& health, Instant now) {
  return Reasons{health, now}.take();
}

Level level_of(const std::vector<HealthReason>& reasons) {
  Level worst = Level::green;
  for (const HealthReason& reason : reasons) worst = std::max(worst, reason.level);
  return worst;
}

}  // namespace assured::web
