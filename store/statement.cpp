#include "store/statement.hpp"

#include <utility>

namespace assured::store {

Query::~Query() {
  if (!statement_) return;
  statement_->reset();
  idle_->push_back(std::move(statement_));
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
  auto found = idle_.find(sql);
  if (found == idle_.end()) found = idle_.emplace(sql, Query::Idle{}).first;
  Query::Idle& idle = found->second;
  if (idle.empty()) return Query{idle, prepare(found->first)};
  auto statement = std::move(idle.back());
  idle.pop_back();
  return Query{idle, std::move(statement)};
}

}  // namespace assured::store
