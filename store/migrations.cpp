#include "store/migrations.hpp"

#include <fmt/format.h>

#include <charconv>

#include "workflows/result.hpp"

namespace assured::store {
namespace {

constexpr std::string_view make_migrations_table =
    "CREATE TABLE IF NOT EXISTS migrations ("
    " number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT";
constexpr std::string_view last_migration = "SELECT COALESCE(MAX(number), 0) FROM migrations";
constexpr std::string_view add_migration =
    "INSERT INTO migrations (number, name) VALUES ($number, $name)";

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::int64_t number_of(std::string_view name) {
  std::int64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

std::int64_t read_last(Connection& connection) {
  auto query = connection.query(last_migration);
  query.step();
  return query.integer(0);
}

void refuse_newer(std::int64_t has, std::int64_t known) {
  if (has <= known) return;
  throw StoreError(
      fmt::format("This database is newer than this program: it has had migration {}, and the "
                  "program knows up to {}. Install the newer program, or restore the backup made "
                  "before the upgrade.",
                  has, known),
      false);
}

}  // namespace

void migrate(Connection& connection, std::span<const embedded::File> files) {
  const auto known = static_cast<std::int64_t>(files.size());
  for (std::int64_t number = 1; number <= known; ++number)
    ASSURED_ASSERT(number_of(file_name(files[static_cast<std::size_t>(number - 1)].path)) ==
                   number);

  connection.run_script(make_migrations_table);
  std::int64_t has = read_last(connection);
  refuse_newer(has, known);
  while (has < known) {
    const auto& file = files[static_cast<std::size_t>(has)];
    connection.begin_write();
    try {
      // Read again under the lock: another process may have been first.
      if (read_last(connection) == has) {
        connection.run_script(file.text);
        connection.query(add_migration)
            .bind("$number", has + 1)
            .bind("$name", file_name(file.path))
            .run();
      }
      connection.commit();
    } catch (...) {
      connection.rollback();
      throw;
    }
    has = read_last(connection);
    refuse_newer(has, known);
  }
}

}  // namespace assured::store
