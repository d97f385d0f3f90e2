#include "store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "store/digest.hpp"
#include "store/indexed.hpp"

namespace assured::store {
namespace {

constexpr std::string_view next_item =
    "SELECT COALESCE(MAX(id), 0) + 1 FROM items WHERE board = $board";
constexpr std::string_view next_obligation =
    "SELECT COALESCE(MAX(id), 0) + 1 FROM obligations WHERE board = $board";
constexpr std::string_view next_prompt =
    "SELECT COALESCE(MAX(id), 0) + 1 FROM prompts WHERE board = $board";
constexpr std::string_view next_meeting =
    "SELECT COALESCE(MAX(id), 0) + 1 FROM meetings WHERE board = $board";
constexpr std::string_view add_answer =
    "INSERT INTO answers (board, caller, key, hash, answer, at)"
    " VALUES ($board, $caller, $key, $hash, $answer, $at)";
constexpr std::string_view set_value =
    "INSERT INTO named_values (board, name, value) VALUES ($board, $name, $value)"
    " ON CONFLICT (board, name) DO UPDATE SET value = excluded.value";

std::uint64_t to_seed(std::string_view bytes) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

}  // namespace

Writer::Writer(Connection& connection, std::string board, PeopleCache& people,
               std::optional<std::uint64_t> reference_seed, bool& failed)
    : ReadPort<BoardWriter>(connection, std::move(board), people),
      reference_seed_(reference_seed),
      failed_(failed) {}

std::int64_t Writer::next_id(std::string_view sql) {
  Query run = board_.query(sql);
  run.step();
  return run.integer(0);
}

IdPool Writer::take_ids() {
  IdPool ids;
  ids.next_item = next_id(next_item);
  ids.next_obligation = next_id(next_obligation);
  ids.next_prompt = next_id(next_prompt);
  // A repeatable seed still differs from command to command: each writes a journal row.
  ids.seed =
      reference_seed_
          ? to_seed(blake2b(fmt::format("{}:{}:{}", *reference_seed_, board_.id(),
                                        read_chain_head(board_.connection(), board_.id()).seq)))
          : to_seed(random_bytes(sizeof(std::uint64_t)));
  return ids;
}

// Throws: StoreError, where the key is taken.
void Writer::insert(const Table& table, const Row& row) {
  Query run = board_.query(table.insert);
  for (std::size_t i = 0; i < row.size(); ++i) run.bind_cell(("$" + table.columns[i]).c_str(), row[i]);
  if (!run.step())
    throw StoreError(fmt::format("{} is already there.", describe(table, table.key_of(row))), false);
  run.run();
}

// Only what changed, so that indexes of what did not are left alone.
void Writer::update(const Table& table, const Row& was, const Row& row) {
  std::string set, where;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string term = table.columns[i] + " = $" + table.columns[i];
    if (i < table.keys)
      where += " AND " + term;
    else if (row[i] != was[i])
      set += (set.empty() ? "" : ", ") + term;
  }
  Query run = board_.query("UPDATE " + table.name + " SET " + set + " WHERE board = $board" + where);
  for (std::size_t i = 0; i < row.size(); ++i)
    if (i < table.keys || row[i] != was[i]) run.bind_cell(("$" + table.columns[i]).c_str(), row[i]);
  run.run();
}

void Writer::put(Body& body, const Table& table, Row row, Expect expect) {
  std::optional<Row> was;
  if (expect != Expect::absent) was = board_.find_row(table, row);
  if (expect == Expect::present && !was)
    throw StoreError(fmt::format("{} is not there.", describe(table, table.key_of(row))), false);
  if (was == row) return;
  if (was)
    update(table, *was, row);
  else
    insert(table, row);
  body.changes.push_back({&table, std::move(was), std::move(row)});
}

void Writer::remove(Body& body, const Table& table, const Row& row) {
  Query run = board_.query(table.remove);
  for (std::size_t i = 0; i < table.keys; ++i)
    run.bind_cell(("$" + table.columns[i]).c_str(), row[i]);
  run.run();
  body.changes.push_back({&table, row, std::nullopt});
}

std::int64_t Writer::append(const JournalHead& head, const Body& body, Instant now) {
  return append_journal(board_.connection(), board_.id(), head, body, now);
}

void Writer::append_if_changed(const JournalHead& head, const Body& body, Instant now) {
  if (!body.changes.empty()) append(head, body, now);
}

void Writer::put_items(Body& body, const Decision& decision) {
  for (const auto& [was, now] : decision.items) {
    if (was) {
      // The decision was made on rows read in this transaction; anything else would overwrite
      // somebody's change.
      const auto stored = board_.find_item(now.id);
      if (stored && stored->version != was->version)
        throw StoreError(fmt::format("Item {} is at version {}, not at {} as was decided on.",
                                     now.id.value, stored->version, was->version),
                         true);
    }
    put(body, items_table(), to_row(now), was ? Expect::present : Expect::absent);
  }
}

void Writer::put_obligations(Body& body, const Decision& decision, std::int64_t seq) {
  for (const auto& [was, now] : decision.obligations) {
    put(body, obligations_table(), to_row(now), was ? Expect::present : Expect::absent);
    for (const auto& fired : now.fired) {
      if (was && std::find(was->fired.begin(), was->fired.end(), fired) != was->fired.end())
        continue;
      // A key that is there already would be a rung fired twice.
      put(body, fired_rungs_table(), to_row(fired, seq), Expect::absent);
    }
  }
}

std::int64_t Writer::write(const JournalHead& head, const Decision& decision, Instant now) {
  return guarded([&] {
    Body body;
    body.reason = head.reason;
    body.lines = decision.lines;
    const std::int64_t seq = read_chain_head(board_.connection(), board_.id()).seq + 1;
    put_items(body, decision);
    put_obligations(body, decision, seq);
    for (const auto& change : decision.assignments)
      put(body, assignments_table(), to_row(change.now), Expect::any);
    for (const auto& change : decision.links)
      put(body, links_table(), to_row(change.now), Expect::any);
    for (const auto& change : decision.approvals)
      put(body, approvals_table(), to_row(change.now), Expect::any);
    for (const auto& [was, prompt] : decision.prompts)
      put(body, prompts_table(), to_row(prompt), was ? Expect::present : Expect::absent);
    return append(head, body, now);
  });
}

void Writer::write_people(const JournalHead& head, const std::vector<Person>& persons,
                          const std::vector<Holding>& holdings, Instant now) {
  guarded([&] {
    Body body;
    std::set<std::string, std::less<>> named;
    for (const auto& person : persons) {
      put(body, persons_table(), to_row(person), Expect::any);
      named.insert(person.id);
    }
    const auto is_given = [&](const Holding& held) {
      return std::any_of(holdings.begin(), holdings.end(), [&](const Holding& given) {
        return given.person == held.person && given.post == held.post && given.from == held.from;
      });
    };
    const auto before = board_.load_people();
    for (const auto& held : before->holdings)
      if (named.contains(held.person) && !is_given(held))
        remove(body, holdings_table(), to_row(held));
    for (const auto& holding : holdings) put(body, holdings_table(), to_row(holding), Expect::any);
    if (body.changes.empty()) return;
    append(head, body, now);
    put_value(people_version, to_hex(random_bytes(16)));
  });
}

Meeting Writer::write_meeting(const JournalHead& head, Meeting meeting, Instant now) {
  return guarded([&] {
    const bool is_new = !meeting.id;
    if (is_new) meeting.id = MeetingId{next_id(next_meeting)};
    Body body;
    put(body, meetings_table(), to_row(meeting), is_new ? Expect::absent : Expect::present);
    append_if_changed(head, body, now);
    return meeting;
  });
}

void Writer::write_calendar_override(const JournalHead& head, const CalendarOverride& day,
                                     Instant now) {
  guarded([&] {
    Body body;
    put(body, calendar_overrides_table(), to_row(day), Expect::any);
    append_if_changed(head, body, now);
  });
}

void Writer::write_definition(const JournalHead& head, std::string_view digest,
                              std::string_view text, Instant now) {
  guarded([&] {
    Body body;
    put(body, definitions_table(), Row{std::string{digest}, std::string{text}}, Expect::any);
    append_if_changed(head, body, now);
  });
}

void Writer::write_file(const JournalHead& head, const FileRecord& file, Instant now) {
  guarded([&] {
    Body body;
    put(body, files_table(), to_row(file), Expect::absent);
    append(head, body, now);
  });
}

void Writer::add_read(const ReadRecord& read) {
  guarded([&] {
    board_
        .query(
            "INSERT INTO reads (board, id, at, person, item, what) VALUES ($board,"
            " (SELECT COALESCE(MAX(id), 0) + 1 FROM reads WHERE board = $board),"
            " $at, $person, $item, $what)")
        .bind("$at", to_ms(read.at))
        .bind("$person", read.person)
        .bind("$item", read.item.value)
        .bind("$what", read.what)
        .run();
  });
}

void Writer::put_value(std::string_view name, std::string_view value) {
  guarded([&] { board_.query(set_value).bind("$name", name).bind("$value", value).run(); });
}

void Writer::put_answer(std::string_view caller, std::string_view key, std::string_view hash,
                        std::string_view answer, Instant now) {
  guarded([&] {
    board_.query(add_answer)
        .bind("$caller", caller)
        .bind("$key", key)
        .bind("$hash", hash)
        .bind("$answer", answer)
        .bind("$at", to_ms(now))
        .run();
  });
}

void Writer::note(const JournalHead& head, std::string_view text, Instant now) {
  guarded([&] {
    Body body;
    body.reason = head.reason;
    body.lines.push_back({head.item, head.kind, std::string{text}});
    append(head, body, now);
  });
}

std::size_t Writer::remove_old(Retained what, Instant before, std::size_t limit) {
  return guarded([&] {
    Query run = board_.query(what == Retained::answers        ? remove_old_answers
                             : what == Retained::notice_bytes ? remove_old_bytes
                                                              : remove_old_reads);
    run.bind("$before", to_ms(before)).bind("$limit", static_cast<std::int64_t>(limit));
    std::size_t removed = 0;
    while (run.step()) ++removed;
    return removed;
  });
}

}  // namespace assured::store
