// Items and what hangs on them: assignments, links, approvals.
#include <fmt/format.h>

#include "store/board.hpp"
#include "store/codec.hpp"

namespace assured::store {
namespace {

// The deepest tree of items that is followed; a longer chain of parents is a cycle.
constexpr std::size_t depth_max = 64;

// "($k0, $k1)" for `count` values.
std::string placeholders(char letter, std::size_t count) {
  std::string out = "(";
  for (std::size_t i = 0; i < count; ++i)
    out += fmt::format("{}${}{}", i == 0 ? "" : ", ", letter, i);
  return out + ")";
}

template <class Words>
void bind_words(Query& query, char letter, const Words& words) {
  std::size_t i = 0;
  for (const auto& word : words) query.bind(fmt::format("${}{}", letter, i++).c_str(), word);
}

// Below a root item everything is found by the index on (root, kind, state). Below another the tree
// is walked, which costs the rows of that subtree.
constexpr std::string_view below_root =
    " FROM items WHERE board = $board AND root = $scope"
    " AND id <> $scope";
constexpr std::string_view below_item =
    " FROM items WHERE board = $board AND id IN ("
    "WITH RECURSIVE below (id) AS ("
    "SELECT id FROM items WHERE board = $board AND parent = $scope UNION "
    "SELECT i.id FROM items i JOIN below b ON i.board = $board AND i.parent = b.id)"
    " SELECT id FROM below)";

constexpr std::string_view is_root =
    "SELECT 1 FROM items WHERE board = $board AND id = $id AND parent IS NULL";

std::string_view below(Board& board, ItemId scope) {
  auto query = board.query(is_root);
  query.bind("$id", scope.value);
  return query.step() ? below_root : below_item;
}

std::string item_columns() {
  std::string list;
  for (const auto& column : items_table().columns) list += (list.empty() ? "" : ", ") + column;
  return list;
}

}  // namespace

Query Board::query(std::string_view sql) {
  Query query = connection_.query(sql);
  query.bind("$board", id_);
  return query;
}

std::optional<Row> Board::find_row(const Table& table, const Row& like) {
  Query run = query(table.find);
  for (std::size_t i = 0; i < table.keys; ++i)
    run.bind_cell(("$" + table.columns[i]).c_str(), like[i]);
  if (!run.step()) return std::nullopt;
  return run.row();
}

std::optional<Item> Board::find_item(ItemId id) {
  Query run = query(items_table().find);
  run.bind("$id", id.value);
  return read_one(run, item_from);
}

std::optional<Item> Board::find_item(std::string_view reference) {
  static const std::string sql = items_table().select + " AND reference = $reference";
  Query run = query(sql);
  run.bind("$reference", reference);
  return read_one(run, item_from);
}

std::vector<Item> Board::list_items(const ItemFilter& filter) {
  // Of one parent or root there are few; the signs are explained at of_item in indexed.hpp.
  const bool is_narrow = (filter.parent && *filter.parent) || filter.root;
  std::string sql = items_table().select + (is_narrow ? " AND +id > $after" : " AND id > $after");
  if (!filter.kind.empty()) sql += " AND kind = $kind";
  if (!filter.states.empty()) sql += " AND state IN " + placeholders('s', filter.states.size());
  if (filter.parent) sql += *filter.parent ? " AND parent = $parent" : " AND parent IS NULL";
  if (filter.root) sql += " AND root = $root";
  if (!filter.agency.empty()) sql += " AND agency = $agency";
  if (!filter.programme.empty()) sql += " AND programme = $programme";
  // The store does not know which states are final; what is open is owed by somebody (S2.1).
  if (filter.open_only)
    sql +=
        " AND EXISTS (SELECT 1 FROM obligations o WHERE o.board = items.board"
        " AND o.item = items.id AND o.closed_at IS NULL)";
  sql += is_narrow ? " ORDER BY +id LIMIT $limit" : " ORDER BY id LIMIT $limit";
  Query run = query(sql);
  run.bind("$after", filter.after.value);
  if (!filter.kind.empty()) run.bind("$kind", filter.kind);
  bind_words(run, 's', filter.states);
  if (filter.parent && *filter.parent) run.bind("$parent", filter.parent->value);
  if (filter.root) run.bind("$root", filter.root->value);
  if (!filter.agency.empty()) run.bind("$agency", filter.agency);
  if (!filter.programme.empty()) run.bind("$programme", filter.programme);
  run.bind("$limit", static_cast<std::int64_t>(filter.limit));
  return read_all(run, item_from);
}

std::vector<Item> Board::list_ancestors(const Item& item) {
  std::vector<Item> out;
  for (ItemId parent = item.parent; parent;) {
    auto found = find_item(parent);
    if (!found || out.size() == depth_max)
      throw StoreError("The items above an item do not end at a root; run verify.", false);
    parent = found->parent;
    out.push_back(std::move(*found));
  }
  return out;
}

std::vector<Item> Board::list_descendants(ItemId scope, const std::set<std::string>& kinds) {
  if (kinds.empty()) return {};
  static const std::string columns = item_columns();
  Query run = query(fmt::format("SELECT {}{} AND kind IN {} ORDER BY +id", columns,
                                below(*this, scope), placeholders('k', kinds.size())));
  run.bind("$scope", scope.value);
  bind_words(run, 'k', kinds);
  return read_all(run, item_from);
}

int Board::count_descendants(const CountQuery& count) {
  const auto& where = count.where;
  std::string sql =
      fmt::format("SELECT {}{} AND kind = $kind AND state <> $voided",
                  where.fields.empty() ? "COUNT(*)" : "fields", below(*this, count.scope));
  if (!where.states.empty()) sql += " AND state IN " + placeholders('s', where.states.size());
  Query run = query(sql);
  run.bind("$scope", count.scope.value).bind("$kind", count.kind).bind("$voided", voided_state);
  bind_words(run, 's', where.states);
  if (where.fields.empty()) return run.step() ? static_cast<int>(run.integer(0)) : 0;
  // The rows of one kind below one item are few, so their fields are compared here. A table of
  // indexed values would find every audit's rows, and would silently miss what it was not told to
  // hold.
  int matching = 0;
  while (run.step()) {
    const std::string fields = run.text(0);
    bool matches = true;
    for (const auto& [name, text] : where.fields)
      matches = matches && field_has_text(fields, name, text);
    if (matches) ++matching;
  }
  return matching;
}

std::vector<Assignment> Board::open_assignments_of(std::string_view person) {
  static const std::string sql =
      assignments_table().select + " AND person = $person AND to_at IS NULL ORDER BY item, role";
  Query run = query(sql);
  run.bind("$person", person);
  return read_all(run, assignment_from);
}

std::vector<Assignment> Board::assignments_of(const std::vector<ItemId>& items) {
  static const std::string sql =
      assignments_table().select + " AND item = $item ORDER BY from_at, role, person";
  std::vector<Assignment> out;
  for (const ItemId item : items) {
    Query run = query(sql);
    run.bind("$item", item.value);
    while (run.step()) out.push_back(assignment_from(run.row()));
  }
  return out;
}

std::vector<Link> Board::links_of(ItemId item) {
  static const std::string sql = links_table().select +
                                 " AND (from_item = $item OR to_item = $item)"
                                 " ORDER BY at, from_item, to_item, kind";
  Query run = query(sql);
  run.bind("$item", item.value);
  return read_all(run, link_from);
}

std::vector<Approval> Board::approvals_of(ItemId item) {
  static const std::string sql =
      approvals_table().select + " AND item = $item ORDER BY at, name, person";
  Query run = query(sql);
  run.bind("$item", item.value);
  return read_all(run, approval_from);
}

}  // namespace assured::store
