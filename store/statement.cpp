#include "store/statement.hpp"

#include <utility>

namespace assured::store {

Query::Query(Connection& connection, std::string sql, std::unique_ptr<Statement> statement)
    : connection_(&connection), sql_(std::move(sql)), statement_(std::move(statement)) {}

Query::~Query() {
  if (!statement_) return;
  statement_->reset();
  connection_->idle_[sql_].push_back(std::move(statement_));
}

Query& Query::bind_cell(const char* name, const Cell& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    statement_->bind_integer(name, *integer);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    statement_->bind_text(name, *text);
  } else {
    statement_->bind_null(name);
  }
  return *this;
}

void Query::run() {
  while (statement_->step()) {
  }
}

std::vector<Cell> Query::row() const {
  const int count = statement_->column_count();
  std::vector<Cell> cells;
  cells.reserve(static_cast<std::size_t>(count));
  for (int column = 0; column < count; ++column) cells.push_back(statement_->cell(column));
  return cells;
}

Query Connection::query(std::string_view sql) {
  std::string key{sql};
  const auto found = idle_.find(key);
  if (found != idle_.end() && !found->second.empty()) {
    auto statement = std::move(found->second.back());
    found->second.pop_back();
    return Query{*this, std::move(key), std::move(statement)};
  }
  auto statement = prepare(key);
  return Query{*this, std::move(key), std::move(statement)};
}

}  // namespace assured::store
