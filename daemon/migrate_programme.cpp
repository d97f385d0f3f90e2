#include "daemon/migrate_programme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "daemon/boards.hpp"
#include "daemon/state_lock.hpp"

namespace assured {

namespace {

constexpr std::size_t digest_shown = 12;

std::string short_digest(const std::string& digest) { return digest.substr(0, digest_shown); }

std::string when(const std::optional<Instant>& at) { return at ? to_text(*at) : "no date yet"; }

// A state that is mapped to must exist; one that is mapped from may be on some old definition only.
Result<void> check_states(const Programmes::Board& board, const StateMap& states) {
  for (const auto& [from, to] : states) {
    const KindDef* kind = board.current->definition.find_kind(from.first);
    if (kind == nullptr || kind->find_state(to) == nullptr)
      return Error{Errc::invalid,
                   fmt::format("The new definition has no state “{}” of a {}; name one that it has.",
                               to, from.first),
                   "map"};
    const auto knows = [&was = from](const auto& entry) {
      const KindDef* old = entry.second->find_kind(was.first);
      return old != nullptr && old->find_state(was.second) != nullptr;
    };
    const bool known = std::any_of(board.pinned.begin(), board.pinned.end(), knows);
    if (!known)
      return Error{Errc::invalid,
                   fmt::format("No definition in use has a state “{}” of a {}; check the spelling.",
                               from.second, from.first),
                   "map"};
  }
  return {};
}

Result<std::vector<ItemId>> roots_of(BoardReader& reader, const MigrateProgramme& command,
                                     const std::string& digest) {
  if (command.items.empty()) return list_roots_behind(reader, digest);
  std::set<ItemId> roots;
  for (const std::string& reference : command.items) {
    const auto item = reader.find_item(reference);
    if (!item)
      return Error{Errc::not_found, fmt::format("There is no item {} on this board.", reference),
                   "item"};
    roots.insert(item->root);
  }
  return std::vector<ItemId>{roots.begin(), roots.end()};
}

MigrationReport::Duty duty_of(const Changed<Obligation>& change, const std::string& reference) {
  MigrationReport::Duty duty;
  duty.reference = reference;
  duty.name = change.now.name;
  duty.what = "changes";
  if (change.was) duty.old_due = change.was->due_at;
  duty.new_due = change.now.due_at;
  if (!change.was)
    duty.what = "opens";
  else if (!change.now.is_open())
    duty.what = "closes";
  else if (duty.old_due != duty.new_due)
    duty.what = "moves";
  return duty;
}

MigrationReport::Tree tree_of(BoardReader& reader, const MigrationPlan& plan, ItemId root) {
  const auto item_of = [&](ItemId id) {
    const auto item = reader.find_item(id);
    ASSURED_ASSERT(item.has_value());
    return *item;
  };
  MigrationReport::Tree tree;
  tree.root = item_of(root).reference;
  for (const Hindrance& hindrance : plan.hindrances) {
    const Item item = item_of(hindrance.item);
    tree.obstacles.push_back({item.reference, item.kind, hindrance.why});
  }
  std::map<ItemId, std::string> references;
  for (const Changed<Item>& change : plan.decision.items) {
    references[change.now.id] = change.now.reference;
    tree.steps.push_back({change.now.reference, change.now.kind, change.was->state, change.now.state,
                          change.was->programme, change.now.programme});
  }
  for (const Changed<Obligation>& change : plan.decision.obligations)
    tree.duties.push_back(duty_of(change, references[change.now.item]));
  for (const JournalLine& line : plan.decision.lines)
    if (line.what != migrate_programme_event)
      tree.notes.push_back(fmt::format("{}: {}", references[line.item], line.text));
  return tree;
}

boost::json::value instant_or_null(const std::optional<Instant>& at) {
  return at ? boost::json::value(to_text(*at)) : boost::json::value(nullptr);
}

}  // namespace

bool MigrationReport::hindered() const {
  return std::any_of(trees.begin(), trees.end(),
                     [](const Tree& tree) { return !tree.obstacles.empty(); });
}

Result<StateMap::value_type> parse_state_mapping(std::string_view text) {
  const auto dot = text.find('.');
  const auto equals = text.find('=');
  if (dot == text.npos || equals == text.npos || dot == 0 || equals < dot + 2 ||
      equals + 1 == text.size())
    return Error{Errc::invalid,
                 fmt::format("“{}” maps no state; write KIND.OLD=NEW, as in return.allocated=named",
                             text),
                 "map"};
  return StateMap::value_type{{std::string{text.substr(0, dot)},
                               std::string{text.substr(dot + 1, equals - dot - 1)}},
                              std::string{text.substr(equals + 1)}};
}

Result<MigrationReport> migrate_programme(Store& store, const config::Settings& settings,
                                          const MigrateProgramme& command, const Zones& zones,
                                          Instant now) {
  if (!settings.is_operator(command.uid))
    return Error{Errc::forbidden, "Only an operator may move items to another definition."};
  std::optional<StateLock> lock;
  if (command.apply) {
    try {
      lock.emplace(settings.state_folder);
    } catch (const IoError& error) {
      return Error{Errc::conflict, error.what()};
    }
  }
  // Looking writes nothing, not even the definition that items would move to.
  const Programmes programmes =
      command.apply ? open_boards(store, settings.programmes, zones, now, settings.calendars)
                    : read_boards(store, settings.programmes, zones, now);
  const auto* board = programmes.find_board(command.board);
  if (board == nullptr) return Error{Errc::not_found, "There is no such board.", "board"};
  if (auto known = check_states(*board, command.states); !known) return known.error();
  const auto reader = store.reader(command.board);
  const auto roots = roots_of(*reader, command, board->current->definition.digest);
  if (!roots) return roots.error();

  Caller caller;
  caller.person = settings.find_person(command.uid, command.board)
                      .value_or(fmt::format("uid {}", command.uid));
  MigrationReport report;
  report.applied = command.apply;
  for (const ItemId root : *roots) {
    MigrationPlan plan;
    if (command.apply) {
      const auto tx = store.begin();
      plan = migrate_tree(*tx, programmes, command.board, root, command.states, caller, now);
      tx->commit();
    } else {
      plan = plan_migration(*reader, programmes, command.board, root, command.states, now);
    }
    auto tree = tree_of(*reader, plan, root);
    if (!tree.steps.empty() || !tree.obstacles.empty()) report.trees.push_back(std::move(tree));
  }
  return report;
}

std::string to_text(const MigrationReport& report) {
  std::string text;
  const auto add = [&]<class... Args>(fmt::format_string<Args...> format, Args&&... args) {
    text += fmt::format(format, std::forward<Args>(args)...);
  };
  std::size_t moved = 0, held = 0;
  for (const auto& tree : report.trees) {
    add("{}\n", tree.root);
    for (const auto& o : tree.obstacles) add("  CANNOT MOVE {} ({}): {}\n", o.reference, o.kind, o.why);
    for (const auto& s : tree.steps)
      add("  {} ({}): {} -> {}, definition {} -> {}\n", s.reference, s.kind, s.from, s.to,
          short_digest(s.old_definition), short_digest(s.new_definition));
    for (const auto& d : tree.duties) {
      if (d.what == "moves")
        add("    {}: “{}” moves from {} to {}\n", d.reference, d.name, when(d.old_due),
            when(d.new_due));
      else
        add("    {}: “{}” {}, due {}\n", d.reference, d.name, d.what, when(d.new_due));
    }
    for (const auto& note : tree.notes) add("    journal: {}\n", note);
    ++(tree.obstacles.empty() ? moved : held);
  }
  if (report.trees.empty()) text += "Everything is on the current definition.\n";
  add("{} {} with all below {}, {} cannot.{}\n", moved, report.applied ? "moved" : "would move",
      moved == 1 ? "it" : "them", held,
      report.applied ? "" : " This was a dry run: nothing was changed; --apply moves them.");
  return text;
}

std::string to_json(const MigrationReport& report) {
  boost::json::array trees;
  for (const auto& tree : report.trees) {
    boost::json::array steps, duties, obstacles;
    for (const auto& s : tree.steps)
      steps.push_back({{"item", s.reference},
                       {"kind", s.kind},
                       {"from", s.from},
                       {"to", s.to},
                       {"old_definition", s.old_definition},
                       {"new_definition", s.new_definition}});
    for (const auto& d : tree.duties)
      duties.push_back({{"item", d.reference},
                        {"obligation", d.name},
                        {"what", d.what},
                        {"old_due", instant_or_null(d.old_due)},
                        {"new_due", instant_or_null(d.new_due)}});
    for (const auto& o : tree.obstacles)
      obstacles.push_back({{"item", o.reference}, {"kind", o.kind}, {"why", o.why}});
    trees.push_back({{"root", tree.root},
                     {"items", std::move(steps)},
                     {"obligations", std::move(duties)},
                     {"cannot_move", std::move(obstacles)}});
  }
  return boost::json::serialize(
      boost::json::object{{"applied", report.applied}, {"trees", std::move(trees)}});
}

}  // namespace assured
