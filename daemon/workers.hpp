// The daemon's workers: each does one pass and says when it wants to be woken (STYLE.md "Async").
// Synchronous and without waiting, so that tests and the simulation drive them by hand.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "workflows/apply.hpp"
#include "workflows/notifier.hpp"
#include "workflows/store.hpp"

namespace assured {

class Worker {
 public:
  virtual ~Worker() = default;
  virtual std::string_view name() const = 0;
  // Does what is due at `now` in bounded batches; returns when to look again (max() when nothing is
  // planned; the daemon caps sleeping anyway). Throws: StoreError.
  virtual Instant run_once(Instant now) = 0;
};

// What a worker did, told to whoever watches (simulate prints it, tests check it).
struct WorkReport {
  std::string board;
  std::string what;  // "due", "notice"
  Instant at;
  Decision decision;  // due
  std::optional<Notice> notice;
  std::optional<Prompt> prompt;
  std::string address;
};
using WorkObserver = std::function<void(const WorkReport&)>;

// Fires rungs whose time has come. After a gap in its own passes longer than `gap_min` it tells
// decide_due() from when to when the service was down (S6.1).
class Scheduler : public Worker {
 public:
  Scheduler(Store& store, const CurrentProgrammes& programmes, WorkObserver observer = {});
  std::string_view name() const override { return "scheduler"; }
  Instant run_once(Instant now) override;
  // Records that the service was alive at `now`; the daemon calls it each minute and when it stops.
  void mark_alive(Instant now);
  // The same in memory only: between two passes of a virtual clock the service was alive.
  void note_alive(Instant now) { alive_ = now; }

 private:
  Store& store_;
  const CurrentProgrammes& programmes_;
  WorkObserver observer_;
  std::optional<Instant> alive_;            // the last sign of life on record
  Instant people_day_at_ = Instant::min();  // when holders of posts change next, at the earliest
};

// Renders one notice; implemented by notifiers/ (Mustache, GMime).
struct NoticeDraft {
  std::string board;
  std::string subject_reference;  // for threading: the item's reference
  std::string to_name;
  std::string to_address;
  std::string message_id;
  Instant date;
  Family family = Family::c;
  std::map<std::string, std::string> slots;
  std::vector<std::string> missed;     // local texts of the missed dates
  const TemplateText* text = nullptr;  // Owner: the establishment
  const Establishment* establishment = nullptr;
};
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual std::string render(const NoticeDraft& draft) const = 0;  // MIME bytes, CRLF
};

// Makes notices from prompts (drops what is no longer true, resolves people, renders, commits the
// exact bytes) and hands them to the notifier.
class Sender : public Worker {
 public:
  Sender(Store& store, const CurrentProgrammes& programmes, Notifier& notifier, const Renderer& renderer,
         std::string message_id_key, std::string message_id_domain, WorkObserver observer = {});
  std::string_view name() const override { return "sender"; }
  Instant run_once(Instant now) override;

 private:
  // One prompt: dropped, held, or made into notices and handed over. False when it must wait
  // (S6.3).
  bool send_prompt(const std::string& board, const Prompt& prompt, Instant now);
  // Notices whose bytes are committed but which no relay has taken.
  void send_unsent(const std::string& board, Instant now);
  // Hands one notice over and records the answer.
  void transmit(const std::string& board, const Prompt& prompt, const Notice& notice,
                const std::string& bytes, Instant now);

  Store& store_;
  const CurrentProgrammes& programmes_;
  Notifier& notifier_;
  const Renderer& renderer_;
  std::string key_;
  std::string domain_;
  WorkObserver observer_;
};

}  // namespace assured
