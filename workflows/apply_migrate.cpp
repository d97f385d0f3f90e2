#include "workflows/apply_migrate.hpp"

#include <algorithm>
#include <set>

namespace assured {

namespace {

constexpr std::size_t page = 500;

template <class Each>
void each_item(BoardReader& reader, ItemFilter filter, Each each) {
  filter.limit = page;
  for (;;) {
    const auto items = reader.list_items(filter);
    for (const Item& item : items) each(item);
    if (items.size() < page) return;
    filter.after = items.back().id;
  }
}

MigratingTree load_tree(BoardReader& reader, ItemId root) {
  MigratingTree tree;
  ItemFilter filter;
  filter.root = root;
  each_item(reader, filter, [&](const Item& item) { tree.items.push_back(item); });
  std::stable_partition(tree.items.begin(), tree.items.end(),
                        [&](const Item& item) { return item.id == root; });
  std::vector<ItemId> ids;
  Facts& facts = tree.facts;
  for (const Item& item : tree.items) {
    ids.push_back(item.id);
    for (Obligation& o : reader.obligations_of(item.id)) {
      if (o.is_open())
        for (Prompt& prompt : reader.prompts_of(o.id))
          if (prompt.state == PromptState::pending || prompt.state == PromptState::held)
            facts.prompts.push_back(std::move(prompt));
      facts.obligations.push_back(std::move(o));
    }
    for (FileRecord& file : reader.files_of(item.id)) tree.files.push_back(std::move(file));
  }
  facts.assignments = reader.assignments_of(ids);
  facts.meetings = reader.list_meetings({});
  facts.people = reader.load_people();
  for (std::string& name : reader.open_vacancies()) facts.vacancies.insert(std::move(name));
  return tree;
}

MigrationPlan plan_with(BoardReader& reader, const Programmes& programmes, std::string_view id,
                        ItemId root, const StateMap& states, const IdPool& ids, Instant now) {
  const Programmes::Board& board = programmes.get_board(id);
  MigratingTree tree = load_tree(reader, root);
  tree.facts.ids = ids;
  // All that moves is seen by the new definition alone.
  Rules rules = programmes.rules(board, {});
  rules.pinned = nullptr;
  return decide_migrate(board.pinned, rules, tree, states, now);
}

}  // namespace

std::vector<ItemId> list_roots_behind(BoardReader& reader, std::string_view digest) {
  std::set<ItemId> roots;
  each_item(reader, {}, [&](const Item& item) {
    if (item.programme != digest && !is_gone(item.state)) roots.insert(item.root);
  });
  return {roots.begin(), roots.end()};
}

MigrationPlan plan_migration(BoardReader& reader, const Programmes& programmes,
                             std::string_view board, ItemId root, const StateMap& states,
                             Instant now) {
  // Nothing is taken from the store for a look; no row has ids as high as these.
  constexpr std::int64_t above_all = std::int64_t{1} << 60;
  return plan_with(reader, programmes, board, root, states, {above_all, above_all, above_all, 0},
                   now);
}

MigrationPlan migrate_tree(WriteTx& tx, const Programmes& programmes, std::string_view board,
                           ItemId root, const StateMap& states, const Caller& caller, Instant now) {
  BoardWriter& writer = tx.board(board);
  MigrationPlan plan =
      plan_with(writer, programmes, board, root, states, writer.take_ids(), now);
  if (!plan.hindrances.empty() || plan.decision.items.empty()) return plan;
  JournalHead head;
  head.actor = caller.person;
  head.for_post = caller.for_post;
  head.channel = caller.channel;
  head.kind = migrate_programme_event;
  head.item = root;
  head.occurred_at = now;
  writer.write(head, plan.decision, now);
  return plan;
}

}  // namespace assured
