// The journal's chain, its replay, and what verify names when a byte has changed (S13, U20).
#include <fmt/format.h>

#include <random>

#include "store/digest.hpp"
#include "store/journal.hpp"
#include "store/rows.hpp"
#include "store/sqlite_driver.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::store;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

struct World {
  TemporaryFolder folder;
  StoreOptions options;
  std::unique_ptr<Store> store;
  std::unique_ptr<Connection> raw;  // goes behind the store's back

  World() {
    options.path = folder.file("store.db");
    options.synchronous = Synchronous::off;
    store = open_store(options);
    fill_sample_board(*store);
    SqliteOptions sqlite{options.path};
    sqlite.synchronous = Synchronous::off;
    raw = open_sqlite(sqlite);
    raw->run_script("PRAGMA foreign_keys = OFF");
  }
  std::vector<std::string> faults() { return store->verify(sample_board_id).faults; }
};

// Every table of the schema but those that hold nothing of a board's history.
std::vector<std::string> checked_tables(Connection& raw) {
  auto query = raw.query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
      " AND name NOT IN ('migrations', 'named_values', 'reads', 'answers', 'deliveries') ORDER BY name");
  std::vector<std::string> out;
  while (query.step()) out.push_back(query.text(0));
  return out;
}

std::vector<std::string> columns_of(Connection& raw, const std::string& table) {
  auto query = raw.query("SELECT name FROM pragma_table_info('" + table + "')");
  std::vector<std::string> out;
  while (query.step()) out.push_back(query.text(0));
  return out;
}

std::vector<std::int64_t> rows_of(Connection& raw, const std::string& table) {
  auto query = raw.query("SELECT rowid FROM " + table);
  std::vector<std::int64_t> out;
  while (query.step()) out.push_back(query.integer(0));
  return out;
}

// What verify may call a row of `table`.
bool names(const std::string& fault, const std::string& table) {
  if (table.starts_with("journal")) return fault.starts_with("journal");
  return fault.starts_with(table + " (");
}

}  // namespace

TEST_CASE("a row's chain is BLAKE2b over the row before, its header and its body's digest",
          "[store]") {
  World world;
  auto query = world.raw->query(
      "SELECT j.seq, j.at, j.actor, j.for_post, j.channel, j.kind, j.item, j.occurred_at, j.digest,"
      " j.chain, b.salt, b.body FROM journal j JOIN journal_bodies b ON b.seq = j.seq ORDER BY 1");
  std::string chain(32, '\0');
  int rows = 0;
  while (query.step()) {
    ++rows;
    std::string header;
    std::vector<std::string> parts{"riverton"};
    for (int column = 0; column < 8; ++column) parts.push_back(query.text(column));
    for (const auto& part : parts) header += fmt::format("{}:{}", part.size(), part);
    const std::string digest = blake2b(from_hex(query.text(10)) + query.text(11));
    CHECK(query.text(8) == to_hex(digest));
    chain = blake2b(chain + header + digest);
    CHECK(query.text(9) == to_hex(chain));
  }
  CHECK(rows == 8);
  CHECK(world.store->head(sample_board_id) == fmt::format("{}:{}", rows, to_hex(chain)));
  CHECK(world.store->verify(sample_board_id).rows == rows);
  CHECK(world.faults().empty());
  CHECK(world.store->head("nowhere") == fmt::format("0:{:064}", 0));
  CHECK(world.store->verify("nowhere").faults.empty());
}

TEST_CASE("BLAKE2b is the one of the standard", "[store]") {
  // BLAKE2b-256 of the empty text and of "abc".
  CHECK(blake2b_hex("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK(blake2b_hex("abc") == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  CHECK(from_hex("00ff") == std::string("\0\xff", 2));
  CHECK(from_hex("0g").empty());
  CHECK(from_hex("0").empty());
}

TEST_CASE("equal bodies have different digests, so that a removed one cannot be guessed",
          "[store]") {
  World world;
  for (int i = 0; i < 2; ++i)
    in_transaction(*world.store, [](BoardWriter& board) {
      board.write(sample_head("noted", ItemId{1}), Decision{}, sample_start());
    });
  const auto rows = world.store->reader(sample_board_id)->list_journal(8, 10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].body == rows[1].body);
  CHECK(rows[0].digest != rows[1].digest);
}

TEST_CASE("a changed byte in any column of any row is found and named", "[store]") {
  World world;
  REQUIRE(world.faults().empty());
  const std::uint32_t seed = 20261121;
  INFO("seed " << seed);
  std::mt19937 random{seed};
  // A long text is changed at its ends and at this many places between.
  constexpr int places_max = 16;
  int corruptions = 0;
  for (const auto& table : checked_tables(*world.raw)) {
    const auto rows = rows_of(*world.raw, table);
    INFO(table);
    REQUIRE_FALSE(rows.empty());  // the sample has something in every table
    for (const auto& column : columns_of(*world.raw, table)) {
      for (const auto row : rows) {
        Cell was;
        {
          auto query =
              world.raw->query(fmt::format("SELECT {} FROM {} WHERE rowid = $row", column, table));
          query.bind("$row", row);
          query.step();
          was = query.row().front();
        }
        std::vector<Cell> becomes;
        if (const auto* number = std::get_if<std::int64_t>(&was)) {
          becomes = {*number ^ 0x400, *number ^ (std::int64_t{1} << 40)};
        } else if (const auto* text = std::get_if<std::string>(&was)) {
          becomes.emplace_back(*text + "x");
          std::vector<std::size_t> places;
          if (!text->empty()) places = {0, text->size() - 1};
          for (int i = 0; i < places_max && text->size() > 2; ++i)
            places.push_back(random() % text->size());
          for (const auto place : places)
            for (const int bit : {0x01, 0x20}) {  // another letter; the other case of it
              std::string changed = *text;
              changed[place] = static_cast<char>(changed[place] ^ bit);
              becomes.emplace_back(std::move(changed));
            }
        } else {
          becomes.emplace_back(std::int64_t{0});
        }
        const std::string set = fmt::format(
            "UPDATE {} SET {} = {} WHERE rowid = $row", table, column,
            table == "notice_bytes" && column == "bytes" ? "CAST($value AS BLOB)" : "$value");
        int of_this = 0;
        for (const auto& value : becomes) {
          try {
            world.raw->query(set).bind("$row", row).bind_cell("$value", value).run();
          } catch (const StoreError&) {
            continue;  // another row has that key: the schema itself keeps such a row out
          }
          const auto faults = world.faults();
          INFO(table << "." << column << " of row " << row);
          REQUIRE_FALSE(faults.empty());
          INFO(faults.front());
          CHECK(names(faults.front(), table));
          ++corruptions;
          ++of_this;
          world.raw->query(set).bind("$row", row).bind_cell("$value", was).run();
        }
        INFO(table << "." << column << " of row " << row << " was never changed");
        CHECK(of_this > 0);
      }
    }
  }
  CHECK(world.faults().empty());  // each was put back
  CHECK(corruptions > 1000);
}

TEST_CASE("a row taken away or slipped in is found and named", "[store]") {
  World world;
  for (const auto& table : checked_tables(*world.raw)) {
    for (const auto row : rows_of(*world.raw, table)) {
      const std::string kept =
          fmt::format("CREATE TEMP TABLE kept AS SELECT * FROM {} WHERE rowid = {}", table, row);
      world.raw->run_script(kept);
      world.raw->run_script(fmt::format("DELETE FROM {} WHERE rowid = {}", table, row));
      const auto faults = world.faults();
      INFO(table << " row " << row);
      REQUIRE_FALSE(faults.empty());
      INFO(faults.front());
      // Without its newest row the journal is whole, but the tables have more than it says.
      const bool newest = table == "journal" && row == rows_of(*world.raw, "journal").back() + 1;
      CHECK((newest || names(faults.front(), table)));
      world.raw->run_script(
          fmt::format("INSERT INTO {} SELECT * FROM kept; DROP TABLE kept", table));
      REQUIRE(world.faults().empty());
    }
  }
  world.raw->run_script(
      "INSERT INTO holdings VALUES ('riverton', 'jane-okafor', 'chair', '2026-01-01', NULL)");
  const auto faults = world.faults();
  REQUIRE(faults.size() == 1);
  CHECK(faults.front() == "holdings (jane-okafor, chair, 2026-01-01): no journal row wrote it");
}

TEST_CASE("the first bad row is named, and faults are not listed without end", "[store]") {
  World world;
  world.raw->run_script("UPDATE journal SET actor = 'somebody' WHERE seq = 4");
  auto report = world.store->verify(sample_board_id);
  REQUIRE(report.faults.size() == 1);
  CHECK_THAT(report.faults.front(), Catch::StartsWith("journal row 4:"));
  CHECK(report.rows == 4);

  // Whoever rewrites row 4 with a right chain of its own is found at row 5.
  World other;
  auto query = other.raw->query(
      "SELECT at, actor, for_post, channel, kind, occurred_at, digest FROM journal WHERE seq = 4");
  REQUIRE(query.step());
  JournalHeader header;
  header.seq = 4;
  header.at_ms = query.integer(0);
  header.actor = "somebody";
  header.for_post = query.text(2);
  header.channel = query.text(3);
  header.kind = query.text(4);
  header.occurred_at_ms = query.integer(5);
  auto before = other.raw->query("SELECT chain FROM journal WHERE seq = 3");
  REQUIRE(before.step());
  const std::string chain =
      to_hex(next_chain(from_hex(before.text(0)), "riverton", header, from_hex(query.text(6))));
  other.raw->query("UPDATE journal SET actor = 'somebody', chain = $chain WHERE seq = 4")
      .bind("$chain", chain)
      .run();
  report = other.store->verify(sample_board_id);
  REQUIRE_FALSE(report.faults.empty());
  CHECK_THAT(report.faults.front(), Catch::StartsWith("journal row 5:"));

  World many;
  for (int i = 0; i < 100; ++i)
    many.raw->run_script(fmt::format(
        "INSERT INTO holdings VALUES ('riverton', 'p{}', 'chair', '2026-01-01', NULL)", i));
  CHECK(many.faults().size() <= 21);
}

TEST_CASE("a body that was removed is said to be missing", "[store]") {
  World world;
  world.raw->run_script("DELETE FROM journal_bodies WHERE seq = 5");
  REQUIRE_FALSE(world.faults().empty());
  CHECK(world.faults().front() == "journal row 5: its body is missing");
}
