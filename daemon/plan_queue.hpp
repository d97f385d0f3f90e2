// In which order prompts are planned: what goes to the same readers stands together (SEMANTICS.md 10.2).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "workflows/store.hpp"

namespace assured {

// Things that share a name, directly or by way of others.
class Circles {
 public:
  // One more thing, with these names: the number of its circle, for find(). Those that share one of them are in
  // one circle with it from now on.
  std::size_t join(const std::vector<std::string>& names);
  // Equal for all of a circle, until the next join().
  std::size_t find(std::size_t circle);

 private:
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<std::size_t> circles_;  // each names one that it belongs to, or itself
};

// What waits on one board.
struct PlanQueue {
  struct Entry {
    PromptId prompt;
    std::size_t circle = 0;  // of readers; equal ones stand together
    std::size_t party = 0;   // the same within a circle
  };
  std::vector<Entry> entries;
  std::size_t take_max = 1;
  std::size_t next = 0;

  bool is_done() const { return next == entries.size(); }
  // The next that go in one transaction, at most `take_max`. A circle that has more behind it waits for the next
  // call or, where it is too large for any, its last party does: so as few readers as may be get two mails where
  // one would hold it all.
  std::span<const Entry> take();
};

// `pending` as BoardReader::pending_prompts() gives them: family A first, which keep their order, each for itself.
PlanQueue queue_of(const std::vector<Prompt>& pending, BoardReader& reader, const Programme& programme,
                   const People& people, Date today, std::size_t take_max);

}  // namespace assured
