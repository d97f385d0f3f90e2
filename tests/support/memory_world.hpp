// One board in memory: loads for decide() exactly the facts it declared, so that a missing
// declaration shows, and keeps what Decisions say. No store, no SQL.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workflows/decide.hpp"

namespace assured::test {

// The rows of one board, and nothing else.
struct Tables {
  std::map<ItemId, Item> items;
  std::map<ObligationId, Obligation> obligations;
  std::vector<Assignment> assignments;
  std::vector<Link> links;
  std::vector<Approval> approvals;
  std::map<PromptId, Prompt> prompts;
  bool operator==(const Tables&) const = default;
};

// Puts each row as the decision leaves it. Returns what did not fit: a row whose `was` is not what
// stands there.
std::vector<std::string> put(Tables& tables, const Decision& decision);
// Takes a decision back: each row as it was before.
void take_back(Tables& tables, const Decision& decision);

class MemoryWorld {
 public:
  // `programme`, `zone` and `calendar` outlive the world.
  MemoryWorld(const Programme& programme, const Zone& zone, const Calendar& calendar);
  MemoryWorld(const MemoryWorld&) = delete;
  MemoryWorld& operator=(const MemoryWorld&) = delete;

  Rules rules() const { return {programme_.definition, programme_.establishment, time_}; }
  const TimeRules& time() const { return time_; }

  // What `needed` asks for, and no more. A null item: for starting a root.
  Facts load(const Item* item, const FactsNeeded& needed, const Event& event) const;
  // Everything that could be asked for about the item: must make no difference.
  Facts load_everything(const Item* item, const Event& event) const;

  std::vector<Item> ancestors_of(const Item& item) const;  // nearest first
  // Keeps a decision. `event` is empty for what time did.
  std::vector<std::string> keep(const Decision& decision, std::string event, Instant now);

  Tables tables;
  std::vector<Meeting> meetings;
  People people;
  std::vector<Decision> journal;

 private:
  struct Done {
    std::string event;
    Instant at;
    std::size_t decision = 0;
  };
  std::vector<Item> below(ItemId scope) const;
  void load_rows(Facts& facts, const std::vector<ItemId>& ids) const;
  int count(const CountQuery& query) const;
  std::shared_ptr<const LastEvent> last_event(ItemId item) const;

  const Programme& programme_;
  TimeRules time_;
  std::vector<Done> done_;
};

}  // namespace assured::test
