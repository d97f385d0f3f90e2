// Obligations with their fired rungs.
#include "store/board.hpp"
#include "store/indexed.hpp"

namespace assured::store {

void Board::load_fired(Obligation& obligation) {
  static const std::string sql = fired_rungs_table().select +
                                 " AND obligation = $obligation"
                                 " ORDER BY due_version, rung, cycle, recipient";
  Query run = query(sql);
  run.bind("$obligation", obligation.id.value);
  while (run.step()) obligation.fired.push_back(fired_rung_from(run.row()));
}

std::vector<Obligation> Board::read_obligations(Query run) {
  std::vector<Obligation> out = read_all(run, obligation_from);
  for (auto& obligation : out) load_fired(obligation);
  return out;
}

std::optional<Obligation> Board::find_obligation(ObligationId id) {
  Query run = query(obligations_table().find);
  run.bind("$id", id.value);
  auto found = read_one(run, obligation_from);
  if (found) load_fired(*found);
  return found;
}

std::vector<Obligation> Board::list_obligations(const ObligationFilter& filter) {
  // The signs are explained at of_item in indexed.hpp.
  std::string sql = obligations_table().select + (filter.item ? " AND +id > $after" : " AND id > $after");
  if (filter.item) sql += " AND item = $item";
  if (!filter.owed_by.empty()) sql += " AND owed_by = $owed_by";
  if (filter.open_only) sql += " AND closed_at IS NULL";
  if (filter.due_before) sql += " AND due_at < $due_before";
  sql += filter.item ? " ORDER BY +id LIMIT $limit" : " ORDER BY id LIMIT $limit";
  Query run = query(sql);
  run.bind("$after", filter.after.value);
  if (filter.item) run.bind("$item", filter.item->value);
  if (!filter.owed_by.empty()) run.bind("$owed_by", filter.owed_by);
  if (filter.due_before) run.bind("$due_before", to_ms(*filter.due_before));
  run.bind("$limit", static_cast<std::int64_t>(filter.limit));
  return read_obligations(std::move(run));
}

std::vector<Obligation> Board::open_obligations_of(const std::vector<ItemId>& items) {
  static const std::string sql =
      obligations_table().select + std::string{open_of_item};
  std::vector<Obligation> out;
  for (const ItemId item : items) {
    Query run = query(sql);
    run.bind("$item", item.value);
    for (auto& obligation : read_obligations(std::move(run))) out.push_back(std::move(obligation));
  }
  return out;
}

std::vector<Obligation> Board::obligations_of(ItemId item) {
  static const std::string sql = obligations_table().select + std::string{of_item};
  Query run = query(sql);
  run.bind("$item", item.value);
  return read_obligations(std::move(run));
}

std::size_t Board::count_overdue(Instant now) {
  Query run = query(overdue_obligations);
  run.bind("$now", to_ms(now));
  run.step();
  return static_cast<std::size_t>(run.integer(0));
}

std::vector<std::string> Board::open_vacancies() {
  Query run = query(vacancies);
  std::vector<std::string> names;
  while (run.step()) names.push_back(run.text(0));
  return names;
}

}  // namespace assured::store
