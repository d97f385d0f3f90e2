// Removing the content of a finished tree of items (S13.2, S13.3).
#include <fmt/format.h>

#include <vector>
#include <utility>

#include "store/writer.hpp"

namespace assured::store {
namespace {

#define TREE "(SELECT id FROM items WHERE board = $board AND root = $root)"
#define TREE_OBLIGATIONS "(SELECT id FROM obligations WHERE board = $board AND item IN " TREE ")"
#define TREE_PROMPTS                                          \
  "(SELECT id FROM prompts WHERE board = $board AND (item IN " TREE \
  " OR obligation IN " TREE_OBLIGATIONS "))"
// Every notice about the tree; one that tells of other trees too (S10.2) stays when the tree goes.
#define TREE_NOTICES                                               \
  "(SELECT id FROM notices WHERE board = $board AND (item IN " TREE \
  " OR id IN (SELECT notice FROM notice_prompts WHERE board = $board AND prompt IN " TREE_PROMPTS \
  ")))"
#define OTHERS_NOTICES                                                                      \
  "(SELECT notice FROM notice_prompts WHERE board = $board AND prompt NOT IN " TREE_PROMPTS ")"

constexpr std::string_view somebody_owes =
    "SELECT name FROM obligations WHERE board = $board AND closed_at IS NULL AND item IN " TREE
    " ORDER BY id LIMIT 1";
constexpr std::string_view mail_waits =
    "SELECT 1 FROM prompts WHERE board = $board AND state IN ('pending', 'held') AND id IN " TREE_PROMPTS
    " UNION ALL SELECT 1 FROM notices WHERE board = $board AND state IN ('pending', 'held')"
    " AND id IN " TREE_NOTICES;
constexpr std::string_view rows_of_journal =
    "SELECT b.seq, j.item, b.body FROM journal_bodies b"
    " JOIN journal j ON j.board = b.board AND j.seq = b.seq WHERE b.board = $board AND b.seq IN"
    " (SELECT seq FROM journal_items WHERE board = $board AND item IN " TREE ") ORDER BY b.seq";
constexpr std::string_view remove_body =
    "DELETE FROM journal_bodies WHERE board = $board AND seq = $seq";
constexpr std::string_view remove_item_of_row =
    "DELETE FROM journal_items WHERE board = $board AND item = $item AND seq = $seq";
constexpr std::string_view remove_bytes =
    "DELETE FROM notice_bytes WHERE board = $board AND notice IN " TREE_NOTICES;
constexpr std::string_view remove_reads =
    "DELETE FROM reads WHERE board = $board AND item IN " TREE;

constexpr std::string_view remove_answers = "DELETE FROM answers WHERE board = $board";

// The rows that hang on the tree, by table. Children before what they refer to.
std::vector<std::pair<const Table*, std::string_view>> satellites() {
  return {{&fired_rungs_table(), " AND obligation IN " TREE_OBLIGATIONS},
          {&notice_prompts_table(), " AND (prompt IN " TREE_PROMPTS " OR (notice IN " TREE_NOTICES
                                    " AND notice NOT IN " OTHERS_NOTICES "))"},
          {&notices_table(), " AND id IN " TREE_NOTICES " AND id NOT IN " OTHERS_NOTICES},
          {&prompts_table(), " AND id IN " TREE_PROMPTS},
          {&obligations_table(), " AND item IN " TREE},
          {&assignments_table(), " AND item IN " TREE},
          {&approvals_table(), " AND item IN " TREE},
          {&links_table(), " AND from_item IN " TREE},
          {&files_table(), " AND item IN " TREE}};
}

Item tombstone_of(Item item) {
  item.state = std::string{disposed_state};
  item.agency.clear();
  item.fields.clear();
  item.ready_told.clear();
  ++item.version;
  return item;
}

// The key alone, with nothing of what the row said.
Row bare(const Table& table, Row key) {
  key.resize(table.columns.size());
  return key;
}

}  // namespace

// Removes the bodies of all journal rows that concern the tree; `touched` gets the keys of the rows
// that they had changed. Disposals keep theirs, and are the only ones that do: they hold no values.
std::vector<std::int64_t> Writer::remove_bodies(ItemId root, Touched& touched) {
  std::vector<std::int64_t> removed;
  std::vector<std::pair<std::int64_t, std::int64_t>> concerned;  // seq, item
  Query run = board_.query(rows_of_journal);
  run.bind("$root", root.value);
  while (run.step()) {
    const Body body = parse_body(run.text(2));
    if (!body.disposed.empty()) continue;
    for (const auto& change : body.changes) touched.emplace(change.table, change.key());
    removed.push_back(run.integer(0));
    // The row's header goes on naming its own item.
    for (const auto item : items_of(body.changes))
      if (run.is_null(1) || item != run.integer(1)) concerned.emplace_back(removed.back(), item);
  }
  for (const auto seq : removed) board_.query(remove_body).bind("$seq", seq).run();
  for (const auto& [seq, item] : concerned)
    board_.query(remove_item_of_row).bind("$seq", seq).bind("$item", item).run();
  return removed;
}

Writer::Touched Writer::remove_satellites(ItemId root) {
  // All are found before the first goes: they are found through one another.
  Touched found;
  for (const auto& [table, where] : satellites()) {
    Query run = board_.query(table->select + std::string{where});
    run.bind("$root", root.value);
    while (run.step()) found.emplace(table, table->key_of(run.row()));
  }
  board_.query(remove_bytes).bind("$root", root.value).run();
  board_.query(remove_reads).bind("$root", root.value).run();
  // A hash of a short request could be guessed from (S13.2); nobody repeats one across a disposal.
  board_.query(remove_answers).run();
  for (const auto& [table, key] : found) {
    Query run = board_.query(table->remove);
    for (std::size_t i = 0; i < key.size(); ++i)
      run.bind_cell(("$" + table->columns[i]).c_str(), key[i]);
    run.run();
  }
  return found;
}

Result<Disposal> Writer::dispose(const JournalHead& head, ItemId root, Instant now) {
  return guarded([&]() -> Result<Disposal> {
    const auto item = board_.find_item(root);
    if (!item) return Error{Errc::not_found, "There is no such item.", "item"};
    if (item->parent)
      return Error{Errc::refused, "Only a whole audit, or another item that stands on its own, can "
                                  "be disposed of; this one belongs to another.", "item"};
    if (item->state == disposed_state)
      return Error{Errc::refused, "This item was disposed of before.", "item"};
    Query owed = board_.query(somebody_owes);
    if (owed.bind("$root", root.value); owed.step())
      return Error{Errc::refused,
                   fmt::format("Somebody still owes “{}” on it; finish or withdraw it first.",
                               owed.text(0)), "item"};
    Query mail = board_.query(mail_waits);
    if (mail.bind("$root", root.value); mail.step())
      return Error{Errc::refused, "Mail about it still waits to be sent or released; see the outbox.",
                   "item"};

    std::vector<Row> tree;
    {
      Query run = board_.query(items_table().select + " AND root = $root ORDER BY id");
      run.bind("$root", root.value);
      while (run.step()) tree.push_back(run.row());
    }
    Body disposal, rest;
    disposal.reason = head.reason;
    Touched touched;
    disposal.disposed = remove_bodies(root, touched);
    ASSURED_ASSERT(!disposal.disposed.empty());  // something made the items
    Touched gone = remove_satellites(root);
    Disposal done{tree.size(), gone.size(), disposal.disposed.size()};
    for (const Row& row : tree) {
      put(disposal, items_table(), to_row(tombstone_of(item_from(row))), Expect::present);
      disposal.changes.back().was.reset();
      touched.erase({&items_table(), items_table().key_of(row)});
    }
    rest.restates = true;
    for (const auto& key : touched) {
      if (gone.contains(key)) continue;
      if (auto row = board_.find_row(*key.first, key.second))
        rest.changes.push_back({key.first, std::nullopt, std::move(row)});
      else
        gone.insert(key);  // it went before, which a removed body had said
    }
    for (const auto& [table, key] : gone)
      disposal.changes.push_back({table, bare(*table, key), std::nullopt});
    disposal.lines.push_back({root, "disposed", fmt::format("{} items", tree.size())});

    JournalHead by = head;
    by.kind = dispose_kind;
    by.item = root;
    append(by, disposal, now);
    if (rest.changes.empty()) return done;
    by.kind = restate_kind;
    by.item = {};
    append(by, rest, now);
    return done;
  });
}

}  // namespace assured::store
