// Whether mail that was made may still go, when it is first taken to be sent (SEMANTICS.md 10.2, 16.3).
#pragma once

#include "daemon/planning.hpp"
#include "daemon/workers.hpp"

namespace assured {

// Of one board, within one transaction; all that is passed in outlives it.
class Recheck {
 public:
  Recheck(BoardWriter& writer, const Programmes& programmes, const std::string& board,
          const MailPolicy& policy, Instant now);

  // True where `notice` may go as it was committed. Otherwise, where nothing of it was begun, it is
  // superseded, and its prompts wait to be planned anew: the planner drops those that are not true any
  // more, holds what the mode or a hold of the outbox keeps back, and writes to whoever reads now. One that
  // was begun keeps its bytes whatever is true since (S10.2), and is held where mail may not go. What was
  // done is added to `reports`.
  bool may_go(const Notice& notice, std::vector<WorkReport>& reports);

 private:
  std::optional<std::string> objection(const Notice& notice, const Prompt& prompt);
  // Why nothing may leave to this address, whatever is true.
  std::optional<std::string> prohibition(const Notice& notice, const PlannedPrompt& planned) const;
  PlannedPrompt load(const Prompt& prompt) const;
  void hold(const Notice& notice, const Prompt& prompt, const std::string& why,
            std::vector<WorkReport>& reports);
  void report(Notice notice, std::vector<WorkReport>& reports) const;
  bool still_reads(const Notice& notice, const PlannedPrompt& planned) const;
  void plan_anew(const Notice& notice, const std::string& why, std::vector<WorkReport>& reports);

  BoardWriter& writer_;
  const Programmes& programmes_;
  const std::string& board_;
  const MailPolicy& policy_;
  const Instant now_;
  const std::shared_ptr<const People> people_;
  const OutboxHold hold_;
  const Date today_;
};

}  // namespace assured
