// Brings a database to the schema of this program (DESIGN.md 9).
#pragma once

#include <span>

#include "store/statement.hpp"
#include "workflows/embedded.hpp"

namespace assured::store {

// Runs what the database has not had yet, each migration in a transaction of its own.
// `files` are named NUMBER_words.sql, in order of number from 1.
// Throws: StoreError, also when the database is newer than the program; nothing was changed then.
void migrate(Connection& connection, std::span<const embedded::File> files);

}  // namespace assured::store
