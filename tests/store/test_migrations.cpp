// How a database comes to this program's schema, and what that schema promises.
#include "store/indexed.hpp"
#include "store/migrations.hpp"
#include "store/sqlite_driver.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace assured;
using namespace assured::store;
using assured::test::TemporaryFolder;

namespace {

std::vector<std::string> texts(Connection& connection, std::string_view sql) {
  auto query = connection.query(sql);
  std::vector<std::string> out;
  while (query.step()) out.push_back(query.text(0));
  return out;
}

std::string plan_of(Connection& connection, std::string_view sql) {
  auto query = connection.query("EXPLAIN QUERY PLAN " + std::string{sql});
  std::string plan;
  while (query.step()) plan += query.text(3) + "\n";
  return plan;
}

}  // namespace

TEST_CASE("a new database gets every migration once", "[store]") {
  TemporaryFolder folder;
  const auto connection = open_sqlite({folder.file("store.db")});
  migrate(*connection, embedded::migrations());
  const auto names = texts(*connection, "SELECT name FROM migrations ORDER BY number");
  CHECK(names.size() == embedded::migrations().size());
  CHECK(names.front() == "0001_first.sql");
  const auto schema = texts(*connection, "SELECT sql FROM sqlite_schema ORDER BY name");
  migrate(*connection, embedded::migrations());
  CHECK(texts(*connection, "SELECT name FROM migrations ORDER BY number") == names);
  CHECK(texts(*connection, "SELECT sql FROM sqlite_schema ORDER BY name") == schema);
}

TEST_CASE("a database that is newer than the program is refused and left alone", "[store]") {
  TemporaryFolder folder;
  const StoreOptions options{folder.file("store.db")};
  open_store(options);
  {
    const auto connection = open_sqlite({options.path});
    connection->run_script("INSERT INTO migrations VALUES (9000, '9000_from_the_future.sql')");
  }
  CHECK_THROWS_WITH(open_store(options),
                    Catch::Contains("newer than this program") && Catch::Contains("9000"));
  try {
    open_store(options);
  } catch (const StoreError& error) {
    CHECK_FALSE(error.retryable);
  }
  const auto connection = open_sqlite({options.path});
  CHECK(texts(*connection, "SELECT name FROM migrations").size() ==
        embedded::migrations().size() + 1);
}

TEST_CASE("a migration that fails half-way leaves nothing of itself", "[store]") {
  TemporaryFolder folder;
  const auto connection = open_sqlite({folder.file("store.db")});
  const embedded::File files[] = {
      {"migrations/0001_good.sql", "CREATE TABLE good (a INTEGER) STRICT;"},
      {"migrations/0002_bad.sql", "CREATE TABLE half (a INTEGER) STRICT; CREATE TABLE good (b);"}};
  CHECK_THROWS_AS(migrate(*connection, files), StoreError);
  CHECK(texts(*connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") ==
        std::vector<std::string>{"good", "migrations"});
  CHECK(texts(*connection, "SELECT name FROM migrations") ==
        std::vector<std::string>{"0001_good.sql"});
  // Put right, it goes on from where it stood.
  const embedded::File mended[] = {files[0],
                                   {"migrations/0002_bad.sql", "CREATE TABLE half (a INTEGER);"}};
  migrate(*connection, mended);
  CHECK(texts(*connection, "SELECT name FROM migrations").size() == 2);
}

TEST_CASE("the database is opened so that nothing answered is lost", "[store]") {
  TemporaryFolder folder;
  const auto connection = open_sqlite({folder.file("store.db")});
  CHECK(texts(*connection, "PRAGMA journal_mode") == std::vector<std::string>{"wal"});
  CHECK(texts(*connection, "PRAGMA synchronous") == std::vector<std::string>{"2"});
  CHECK(texts(*connection, "PRAGMA foreign_keys") == std::vector<std::string>{"1"});
  SqliteOptions quick{folder.file("quick.db")};
  quick.synchronous = Synchronous::off;
  CHECK(texts(*open_sqlite(quick), "PRAGMA synchronous") == std::vector<std::string>{"0"});
}

TEST_CASE("every table is strict and its key begins with board", "[store]") {
  TemporaryFolder folder;
  const auto connection = open_sqlite({folder.file("store.db")});
  migrate(*connection, embedded::migrations());
  const auto tables = texts(*connection,
                            "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema ="
                            " 'main' AND name NOT LIKE 'sqlite%' AND strict = 1");
  CHECK(tables.size() ==
        texts(*connection,
              "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
            .size());
  for (const auto& table : tables) {
    if (table == "migrations") continue;
    INFO(table);
    CHECK(texts(*connection, "SELECT name FROM pragma_table_info('" + table + "') WHERE pk = 1") ==
          std::vector<std::string>{"board"});
  }
  // A type that is wrong is refused, not converted.
  CHECK_THROWS_AS(connection->run_script("INSERT INTO named_values VALUES ('b', 'n', x'00')"),
                  StoreError);
}

TEST_CASE("what is due is found by a seek in its index, at any size", "[store]") {
  TemporaryFolder folder;
  const auto connection = open_sqlite({folder.file("store.db")});
  migrate(*connection, embedded::migrations());
  for (const auto sql : {due_obligations, next_due_obligation}) {
    const std::string plan = plan_of(*connection, sql);
    INFO(plan);
    CHECK_THAT(plan, Catch::Contains("obligations_due"));
    CHECK_THAT(plan, !Catch::Contains("TEMP B-TREE"));
  }
  CHECK_THAT(plan_of(*connection, due_obligations),
             Catch::Contains("SEARCH obligations USING") && !Catch::Contains("SCAN"));
  // The same statement over a lost index is seen by this test.
  connection->run_script("DROP INDEX obligations_due");
  const auto again = open_sqlite({folder.file("store.db")});
  CHECK_THAT(plan_of(*again, due_obligations), !Catch::Contains("obligations_due"));
}
