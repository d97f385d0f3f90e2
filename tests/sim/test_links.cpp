// Links between items: what a correction takes back, and the gates that ask for them (S9.1, S9.2,
// S8.1).
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"

using namespace assured;
using namespace assured::test;

namespace {

// An audit may follow another one; it closes, and its gate opens, only when it does.
std::string linked_programme() {
  const std::string follow = R"([[kind.audit.transition]]
from = "*"
event = "follow"
by = ["board:qa-officer"]
effects = [{ link = "follows" }]
)";
  return replaced(replaced(std::string{small_programme_toml},
                           "[[kind.audit.transition]]\nfrom = [\"running\"]\n",
                           follow + "[[kind.audit.transition]]\nfrom = [\"running\"]\n"),
                  "  { all = \"return\", in = [\"accepted\", \"excused\"] },\n",
                  "  { all = \"return\", in = [\"accepted\", \"excused\"] },\n"
                  "  { linked = \"follows\" },\n");
}

class LinkWorld : public CommandWorld {
 public:
  LinkWorld() : CommandWorld(linked_programme()) {}

  Result<Outcome> follow(ItemId audit, ItemId other) {
    Command command;
    command.board = board();
    command.item = audit;
    command.event = "follow";
    command.links["follows"] = other;
    command.caller = caller("officer");
    return apply(command);
  }

  std::vector<Link> links(ItemId item) { return reader()->links_of(item); }
};

}  // namespace

TEST_CASE("an ancestor's gate sees the ancestor's own links", "[sim][links]") {
  LinkWorld world;
  const ItemId earlier = world.plan_audit();
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  ok(world.follow(audit, earlier));
  world.allocate(return_);
  world.accept(return_);  // an event of the return, which has no links
  CHECK(world.item(audit).state == "reporting");
}

TEST_CASE("a link to an audit is none from it", "[sim][links]") {
  LinkWorld world;
  const ItemId later = world.plan_audit();
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  ok(world.follow(later, audit));
  world.allocate(return_);
  world.accept(return_);
  CHECK(world.item(audit).state == "running");
}

TEST_CASE("a link that was corrected counts no more, until it is made again", "[sim][links]") {
  LinkWorld world;
  const ItemId earlier = world.plan_audit();
  const ItemId audit = world.plan_audit();
  const ItemId return_ = world.send_out(audit);
  world.allocate(return_);
  const Instant first = world.now();
  ok(world.follow(audit, earlier));
  CHECK(world.links(audit) == std::vector{Link{audit, earlier, "follows", first, std::nullopt}});

  world.set_clock("2026-11-02 09:10");
  ok(world.correct("officer", audit));
  CHECK(world.links(audit) == std::vector{Link{audit, earlier, "follows", first, world.now()}});
  world.accept(return_);
  CHECK(world.item(audit).state == "running");

  world.set_clock("2026-11-02 09:20");
  ok(world.follow(audit, earlier));
  CHECK(world.links(audit) ==
        std::vector{Link{audit, earlier, "follows", world.now(), std::nullopt}});
  CHECK(world.links(earlier) == world.links(audit));
  CHECK(world.store().verify(world.board()).faults.empty());

  // And that one can be corrected in its turn.
  const Instant again = world.now();
  world.set_clock("2026-11-02 09:30");
  ok(world.correct("officer", audit));
  CHECK(world.links(audit) == std::vector{Link{audit, earlier, "follows", again, world.now()}});
  CHECK(world.store().verify(world.board()).faults.empty());
}

TEST_CASE("naming a link that stands changes nothing, and correcting that takes nothing",
          "[sim][links]") {
  LinkWorld world;
  const ItemId earlier = world.plan_audit();
  const ItemId audit = world.plan_audit();
  const Instant first = world.now();
  ok(world.follow(audit, earlier));
  world.set_clock("2026-11-02 09:10");
  ok(world.follow(audit, earlier));
  ok(world.correct("officer", audit));
  CHECK(world.links(audit) == std::vector{Link{audit, earlier, "follows", first, std::nullopt}});
}
