// What of a queue goes in one transaction, so that few readers get two mails where one would hold it all.
#include "daemon/plan_queue.hpp"
#include "tests/support/catch.hpp"

using namespace assured;

namespace {

using Sizes = std::vector<std::size_t>;

struct Run {
  std::size_t circle, party, count;
};

PlanQueue queue_with(std::size_t take_max, const std::vector<Run>& runs) {
  PlanQueue queue;
  queue.take_max = take_max;
  for (const Run& run : runs)
    for (std::size_t i = 0; i < run.count; ++i)
      queue.entries.push_back({PromptId{static_cast<std::int64_t>(queue.entries.size() + 1)}, run.circle, run.party});
  return queue;
}

// All of it, in turn; each prompt once.
Sizes sizes_of(PlanQueue queue) {
  Sizes sizes;
  std::int64_t last = 0;
  while (!queue.is_done()) {
    const auto taken = queue.take();
    for (const auto& entry : taken) CHECK(entry.prompt.value == ++last);
    sizes.push_back(taken.size());
  }
  CHECK(last == static_cast<std::int64_t>(queue.entries.size()));
  return sizes;
}

}  // namespace

TEST_CASE("circles are joined by any name that they share", "[plan-queue]") {
  Circles circles;
  const auto one = circles.join({"ann"});
  const auto two = circles.join({"bob", "cy"});
  const auto alone = circles.join({});
  CHECK(circles.find(one) != circles.find(two));
  const auto bridge = circles.join({"cy", "ann"});
  CHECK(circles.find(one) == circles.find(two));
  CHECK(circles.find(bridge) == circles.find(one));
  CHECK(circles.find(alone) != circles.find(one));
  const auto bob = circles.join({"bob"}), dora = circles.join({"dora"});
  CHECK(circles.find(bob) == circles.find(one));
  CHECK(circles.find(dora) != circles.find(one));
}

TEST_CASE("a transaction takes whole circles, then whole parties, then what it can", "[plan-queue]") {
  CHECK(sizes_of(queue_with(5, {})) == Sizes{});
  CHECK(sizes_of(queue_with(5, {{1, 1, 3}})) == Sizes{3});
  CHECK(sizes_of(queue_with(5, {{1, 1, 5}})) == Sizes{5});
  // The second circle would be parted.
  CHECK(sizes_of(queue_with(5, {{1, 1, 3}, {2, 2, 3}})) == Sizes{3, 3});
  CHECK(sizes_of(queue_with(5, {{1, 1, 1}, {2, 2, 2}, {3, 3, 2}, {4, 4, 1}})) == Sizes{5, 1});
  // Too large a circle, and its last party would be parted.
  CHECK(sizes_of(queue_with(5, {{1, 1, 3}, {1, 2, 3}})) == Sizes{3, 3});
  CHECK(sizes_of(queue_with(5, {{1, 1, 2}, {1, 2, 2}, {1, 3, 4}, {2, 4, 1}})) == Sizes{4, 5});
  // Too large a party.
  CHECK(sizes_of(queue_with(5, {{1, 1, 12}})) == Sizes{5, 5, 2});
  CHECK(sizes_of(queue_with(5, {{1, 1, 6}, {2, 2, 5}})) == Sizes{5, 1, 5});
}
