// People and the posts they hold: loading them, and what a change of holder brings with it, on the
// day of loading or on a later day that a holding names (S3.2, S3.4, S3.5).
#include <fmt/format.h>

#include <algorithm>

#include "workflows/address_change.hpp"
#include "workflows/applying.hpp"
#include "workflows/deciding.hpp"

namespace assured {

namespace {

// Posts with those who hold them on `after_day` and did not on `before_day`, and people who held posts and
// hold none any more.
struct Moves {
  std::map<std::string, std::vector<std::string>> gained;
  std::set<std::string> left;
};

Moves moves_between(const People& before, Date before_day, const People& after, Date after_day) {
  Moves moves;
  std::set<std::string> posts, persons;
  for (const People* people : {&before, &after})
    for (const Holding& h : people->holdings) {
      posts.insert(h.post);
      persons.insert(h.person);
    }
  for (const std::string& post : posts) {
    const auto was = before.holders_of(post, before_day);
    for (std::string& person : after.holders_of(post, after_day))
      if (std::find(was.begin(), was.end(), person) == was.end())
        moves.gained[post].push_back(std::move(person));
  }
  for (const std::string& person : persons)
    if (!before.posts_of(person, before_day).empty() && after.posts_of(person, after_day).empty())
      moves.left.insert(person);
  return moves;
}

// Calls `one` for each open obligation that `filter` finds, page by page.
template <class One>
void for_each_obligation(BoardWriter& writer, ObligationFilter filter, const One& one) {
  for (;;) {
    const auto page = writer.list_obligations(filter);
    for (const Obligation& o : page) {
      filter.after = o.id;
      const auto item = writer.find_item(o.item);
      ASSURED_ASSERT(item.has_value());
      one(o, *item);
    }
    if (page.size() < filter.limit) return;
  }
}

void carry_out(BoardWriter& writer, const Programmes& programmes, const Programmes::Board& board,
               const Moves& moves, Instant now, std::vector<Decision>* done) {
  const auto write = [&](std::string kind, ItemId item, Decision decision) {
    writer.write(head_of_system(std::move(kind), item, now), decision, now);
    if (done != nullptr) done->push_back(std::move(decision));
  };
  if (moves.gained.empty() && moves.left.empty()) return;
  // Whoever left owes nothing any more: it falls back to the post that assigned them (S3.2).
  for (const std::string& person : moves.left)
    for (const Assignment& a : writer.open_assignments_of(person)) {
      const auto item = writer.find_item(a.item);
      ASSURED_ASSERT(item.has_value());
      const Rules rules = programmes.rules(board, item->programme);
      Facts facts = load_facts(writer, rules, *item, FactsNeeded{});
      facts.ids = writer.take_ids();
      write("left", item->id, decide_leave(rules, *item, facts, person, now));
    }
  // S3.5: a post that has somebody again needs nobody named any more.
  std::set<std::string> names;
  for (const auto& [post, persons] : moves.gained)
    names.insert(fmt::format("{}: {}", name_somebody, post));
  for_each_obligation(writer, {}, [&](const Obligation& o, const Item& item) {
    if (!names.contains(o.name)) return;
    const Rules rules = programmes.rules(board, item.programme);
    write("named", item.id, decide_close(rules, item, o, "somebody named", now));
  });
  // S3.4: a new holder hears once of each thing that the post owes.
  for (const auto& [post, holders] : moves.gained) {
    const std::vector<std::string>& persons = holders;  // clang 14 captures no structured binding
    ObligationFilter filter;
    filter.owed_by = to_text(Party{Party::Kind::post, post});
    for_each_obligation(writer, filter, [&](const Obligation& o, const Item& item) {
      const Rules rules = programmes.rules(board, item.programme);
      Facts facts = load_facts(writer, rules, item, FactsNeeded{});
      facts.ids = writer.take_ids();
      write("hand-over", item.id, decide_hand_over(rules, item, facts, o.id, persons, now));
    });
  }
}

// The day up to which changes of holders have been carried out.
constexpr std::string_view people_day_value = "people-day";

}  // namespace

Result<void> load_people(WriteTx& tx, const Programmes& programmes, std::string_view id,
                         const PeopleFile& people, const Caller& caller, Instant now,
                         std::vector<Decision>* done) {
  const auto found = board_of(programmes, id);
  if (!found) return found.error();
  const Programmes::Board& board = **found;
  if (!people.errors.empty()) {
    const RowError& first = people.errors.front();
    return Error{Errc::invalid, fmt::format("row {}: {}", first.row, first.message), first.field};
  }
  BoardWriter& writer = tx.board(id);
  const auto before = writer.load_people();
  writer.write_people(head_of(caller, "people", {}, now), people.persons, people.holdings, now);
  const auto after = writer.load_people();
  Decision changes = decide_address_changes(*before, *after, PromptId{writer.take_ids().next_prompt}, now);
  if (!changes.prompts.empty()) {
    writer.write(head_of_system("address-changed", {}, now), changes, now);
    if (done != nullptr) done->push_back(std::move(changes));
  }
  const Date today = local_date(now, *board.time.zone);
  carry_out(writer, programmes, board, moves_between(*before, today, *after, today), now, done);
  return {};
}

Instant people_day_step(WriteTx& tx, const Programmes& programmes, std::string_view id,
                        Instant now, std::vector<Decision>* done) {
  const Programmes::Board& board = programmes.get_board(id);
  BoardWriter& writer = tx.board(id);
  const Date today = local_date(now, *board.time.zone);
  const Instant midnight = at_local(today + std::chrono::days{1}, TimeOfDay{0}, *board.time.zone);
  const auto stored = writer.find_value(people_day_value);
  const auto before = stored ? parse_date(*stored) : Result<Date>{today};
  if (stored && before && *before >= today) return midnight;
  if (before && *before < today) {
    const auto shared = writer.load_people();
    const People& people = *shared;
    carry_out(writer, programmes, board, moves_between(people, *before, people, today), now, done);
  }
  writer.put_value(people_day_value, to_text(today));
  return midnight;
}

}  // namespace assured
