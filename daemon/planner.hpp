// Makes notices from prompts: drops what is no longer true, joins what waits for the same reader,
// renders, and commits the exact bytes before anything connects (SEMANTICS.md 10).
#pragma once

#include <map>
#include <set>

#include "daemon/plan_queue.hpp"
#include "daemon/planning.hpp"
#include "daemon/workers.hpp"
#include "workflows/mail_policy.hpp"
#include "workflows/rendering.hpp"

namespace assured {

struct PlannerSettings {
  std::string message_id_key;     // keeps the ids of one installation apart from another's (S10.4)
  std::string message_id_domain;
  std::function<MailPolicy()> policy = {};  // as it is now; none: live
  // Whether routine mail waits because the clock cannot be trusted (S16.3); none: it never does.
  std::function<bool(Instant now)> routine_waits = {};
};

class Planner : public Worker {
 public:
  Planner(Store& store, const CurrentProgrammes& programmes, const Renderer& renderer,
          PlannerSettings settings, WorkObserver observer = {});
  std::string_view name() const override { return "planner"; }
  Instant run_once(Instant now) override;

 private:
  struct Slice;
  struct Mail;
  struct Written;
  using Waiting = std::map<std::string, std::set<PromptId>>;  // by board: prompts to leave alone
  // A clock that was set back leaves words waiting for a morning that is far off: for the next one instead.
  void set_right(Instant now);
  // Family A of all boards.
  void plan_urgent(Instant now, Waiting& waiting);
  // Some of a board's prompts; false when there was nothing to plan.
  bool plan_turn(const std::string& board, PlanQueue& queue, Instant now, std::set<PromptId>& waiting);
  // What waits and may be planned now; what may not, because routine mail waits, joins `waiting`.
  PlanQueue read_queue(const std::string& board, bool only_urgent, Instant now,
                   std::set<PromptId>& waiting) const;
  // Plans the next of a queue in one transaction; those that must wait (S6.3) join `waiting`.
  void plan_slice(const std::string& board, PlanQueue& queue, Instant now, std::set<PromptId>& waiting);
  void plan_prompt(Slice& slice, const Prompt& prompt, std::set<PromptId>& waiting);
  // Whom it goes to; or nobody, and why. `on_purpose`: as the mode asks.
  struct Reach {
    std::vector<ContactPoint> points;
    std::string why_none;
    bool on_purpose = false;
  };
  Reach reach_of(const Slice& slice, const PlannedPrompt& planned) const;
  // S11.5, S12.4: what nobody can get is not held in silence.
  void hold_unreachable(Slice& slice, const PlannedPrompt& planned, const Reach& reach);
  void add_mails(Slice& slice, PlannedPrompt planned, const std::vector<ContactPoint>& points);
  std::pair<Notice, std::string> make_notice(const Slice& slice, Mail& mail) const;
  void write_mails(Slice& slice);
  void tell_of_names(Slice& slice);
  void tell_board_team(Slice& slice, const PlannedPrompt& about, std::string_view why);
  void close_prompt(Slice& slice, const PlannedPrompt& planned, PromptState state, std::string why);

  Store& store_;
  const CurrentProgrammes& programmes_;
  const Renderer& renderer_;
  PlannerSettings settings_;
  MailPolicy policy_;           // of this pass
  bool routine_waits_ = false;  // of this pass
  std::optional<Instant> last_run_at_;
  WorkObserver observer_;
};

}  // namespace assured
