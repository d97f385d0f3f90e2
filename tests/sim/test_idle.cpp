// What a pass costs when there is nothing to do: no write at all, in the journal or beside it.
#include <fstream>
#include <iterator>

#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command_world.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All that a commit changes: the database and its log of writes.
std::string written(const TemporaryFolder& folder) {
  return bytes_of(folder.file("assured.db")) + bytes_of(folder.file("assured.db-wal"));
}

}  // namespace

TEST_CASE("a pass of the scheduler with nothing to do writes nothing", "[sim][idle]") {
  const TemporaryFolder folder;
  store::StoreOptions options;
  options.path = folder.file("assured.db");
  options.synchronous = store::Synchronous::off;
  CommandWorld world(small_programme_toml, {}, store::open_store(options));
  world.plan_audit();
  Scheduler scheduler(world.store(), world.current_programmes());
  scheduler.run_once(world.now());  // its sign of life, and who holds which post today

  const std::string head = world.store().head(world.board());
  const std::string before = written(folder);
  REQUIRE(before.size() > 10'000);
  for (auto later = 0s; later <= 60s; later += 10s) {
    scheduler.run_once(world.now() + later);
    CHECK((written(folder) == before));
  }
  CHECK(world.store().head(world.board()) == head);

  // The next sign of life is a write, and none of the journal's; a rung is both.
  scheduler.run_once(world.now() + 61s);
  CHECK_FALSE((written(folder) == before));
  CHECK(world.store().head(world.board()) == head);
  scheduler.run_once(world.at("2026-11-26 09:00"));
  CHECK_FALSE(world.store().head(world.board()) == head);
}
