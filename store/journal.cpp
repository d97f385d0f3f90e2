#include "store/journal.hpp"

#include <fmt/format.h>

#include "store/digest.hpp"

namespace assured::store {
namespace {

constexpr std::size_t salt_bytes = 16;

constexpr std::string_view newest_row =
    "SELECT seq, chain FROM journal WHERE board = $board ORDER BY seq DESC LIMIT 1";
constexpr std::string_view add_row =
    "INSERT INTO journal (board, seq, at, actor, for_post, channel, kind, item, occurred_at,"
    " digest, chain) VALUES ($board, $seq, $at, $actor, $for_post, $channel, $kind, $item,"
    " $occurred_at, $digest, $chain)";
constexpr std::string_view add_body =
    "INSERT INTO journal_bodies (board, seq, salt, body) VALUES ($board, $seq, $salt, $body)";
constexpr std::string_view add_item =
    "INSERT INTO journal_items (board, item, seq) VALUES ($board, $item, $seq)";
constexpr std::string_view rows_after =
    "SELECT j.seq, j.at, j.actor, j.for_post, j.kind, j.item, j.digest, j.chain, b.body, j.channel,"
    " j.occurred_at FROM journal j LEFT JOIN journal_bodies b ON b.board = j.board AND b.seq = "
    "j.seq"
    " WHERE j.board = $board AND j.seq > $after ORDER BY j.seq LIMIT $limit";
constexpr std::string_view rows_of_item =
    "SELECT j.seq, j.at, j.actor, j.for_post, j.kind, j.item, j.digest, j.chain, b.body, j.channel,"
    " j.occurred_at FROM journal_items t JOIN journal j ON j.board = t.board AND j.seq = t.seq"
    " LEFT JOIN journal_bodies b ON b.board = j.board AND b.seq = j.seq"
    " WHERE t.board = $board AND t.item = $item ORDER BY t.seq";
constexpr std::string_view bodies_of_item =
    "SELECT j.seq, j.at, j.actor, j.for_post, j.kind, b.body FROM journal_items t"
    " JOIN journal j ON j.board = t.board AND j.seq = t.seq"
    " JOIN journal_bodies b ON b.board = j.board AND b.seq = j.seq"
    " WHERE t.board = $board AND t.item = $item ORDER BY t.seq";
constexpr std::string_view person_events_of_item =
    "SELECT j.seq, j.at, j.kind, b.body FROM journal_items t"
    " JOIN journal j ON j.board = t.board AND j.seq = t.seq"
    " JOIN journal_bodies b ON b.board = j.board AND b.seq = j.seq"
    " WHERE t.board = $board AND t.item = $item AND j.item = $item"
    " AND j.actor <> 'system' AND j.actor <> 'time' ORDER BY t.seq DESC";

// Each part with its length before it, so that no two headers give the same bytes.
void append_part(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

JournalRow row_from(const Query& query) {
  JournalRow row;
  row.seq = query.integer(0);
  row.at = from_ms(query.integer(1));
  row.actor = query.text(2);
  row.for_post = query.text(3);
  row.kind = query.text(4);
  row.item = ItemId{query.integer(5)};
  row.digest = query.text(6);
  row.chain = query.text(7);
  row.body = query.text(8);
  row.channel = query.text(9);
  row.occurred_at = from_ms(query.integer(10));
  return row;
}

template <class T>
Changed<T> changed(const Change& change, T (*from)(const Row&)) {
  Changed<T> out;
  if (change.was) out.was = from(*change.was);
  out.now = from(*change.now);
  return out;
}

// Fired rungs are rows of their own with the seq that wrote them, so what an obligation had fired
// before and after a journal row follows from those.
void load_fired(Connection& connection, std::string_view board, std::int64_t seq,
                Changed<Obligation>& obligation) {
  static const std::string sql = fired_rungs_table().select +
                                 " AND obligation = $obligation AND seq <= $seq"
                                 " ORDER BY due_version, rung, cycle, recipient";
  auto query = connection.query(sql);
  query.bind("$board", board).bind("$obligation", obligation.now.id.value).bind("$seq", seq);
  while (query.step()) {
    const Row row = query.row();
    obligation.now.fired.push_back(fired_rung_from(row));
    if (obligation.was && std::get<std::int64_t>(row.back()) < seq)
      obligation.was->fired.push_back(obligation.now.fired.back());
  }
}

}  // namespace

std::string first_chain() { return std::string(32, '\0'); }

std::string body_digest(std::string_view salt, std::string_view body) {
  std::string bytes{salt};
  bytes += body;
  return blake2b(bytes);
}

std::string next_chain(std::string_view previous, std::string_view board,
                       const JournalHeader& header, std::string_view digest) {
  std::string bytes{previous};
  append_part(bytes, board);
  append_part(bytes, std::to_string(header.seq));
  append_part(bytes, std::to_string(header.at_ms));
  append_part(bytes, header.actor);
  append_part(bytes, header.for_post);
  append_part(bytes, header.channel);
  append_part(bytes, header.kind);
  append_part(bytes, header.item ? std::to_string(*header.item) : "");
  append_part(bytes, std::to_string(header.occurred_at_ms));
  bytes += digest;
  return blake2b(bytes);
}

ChainHead read_chain_head(Connection& connection, std::string_view board) {
  auto query = connection.query(newest_row);
  query.bind("$board", board);
  if (!query.step()) return {0, first_chain()};
  return {query.integer(0), from_hex(query.text(1))};
}

std::int64_t append_journal(Connection& connection, std::string_view board, const JournalHead& head,
                            const Body& body, Instant now) {
  const ChainHead previous = read_chain_head(connection, board);
  JournalHeader header;
  header.seq = previous.seq + 1;
  header.at_ms = to_ms(now);
  header.actor = head.actor;
  header.for_post = head.for_post;
  header.channel = head.channel;
  header.kind = head.kind;
  if (head.item) header.item = head.item.value;
  header.occurred_at_ms = to_ms(head.occurred_at);
  const std::string salt = random_bytes(salt_bytes);
  const std::string text = to_json(body);
  const std::string digest = body_digest(salt, text);
  const std::string chain = next_chain(previous.chain, board, header, digest);
  connection.query(add_row)
      .bind("$board", board)
      .bind("$seq", header.seq)
      .bind("$at", header.at_ms)
      .bind("$actor", header.actor)
      .bind("$for_post", header.for_post)
      .bind("$channel", header.channel)
      .bind("$kind", header.kind)
      .bind_cell("$item", head.item ? Cell{head.item.value} : Cell{})
      .bind("$occurred_at", header.occurred_at_ms)
      .bind("$digest", to_hex(digest))
      .bind("$chain", to_hex(chain))
      .run();
  connection.query(add_body)
      .bind("$board", board)
      .bind("$seq", header.seq)
      .bind("$salt", to_hex(salt))
      .bind("$body", text)
      .run();
  auto items = items_of(body.changes);
  if (head.item) items.insert(head.item.value);
  for (const auto item : items)
    connection.query(add_item)
        .bind("$board", board)
        .bind("$item", item)
        .bind("$seq", header.seq)
        .run();
  return header.seq;
}

std::vector<JournalRow> list_journal(Connection& connection, std::string_view board,
                                     std::int64_t after_seq, std::size_t limit) {
  auto query = connection.query(rows_after);
  query.bind("$board", board)
      .bind("$after", after_seq)
      .bind("$limit", static_cast<std::int64_t>(limit));
  std::vector<JournalRow> rows;
  while (query.step()) rows.push_back(row_from(query));
  return rows;
}

std::vector<JournalRow> journal_of(Connection& connection, std::string_view board, ItemId item) {
  auto query = connection.query(rows_of_item);
  query.bind("$board", board).bind("$item", item.value);
  std::vector<JournalRow> rows;
  while (query.step()) rows.push_back(row_from(query));
  return rows;
}

std::vector<ItemSnapshot> snapshots_of(Connection& connection, std::string_view board,
                                       ItemId item) {
  auto query = connection.query(bodies_of_item);
  query.bind("$board", board).bind("$item", item.value);
  std::vector<ItemSnapshot> snapshots;
  while (query.step()) {
    const Body body = parse_body(query.text(5));
    for (const auto& change : body.changes) {
      if (change.table != &items_table() || !change.now) continue;
      const Changed<Item> items = changed(change, item_from);
      if (items.now.id != item) continue;
      ItemSnapshot snapshot;
      snapshot.seq = query.integer(0);
      snapshot.at = from_ms(query.integer(1));
      snapshot.actor = query.text(2);
      snapshot.for_post = query.text(3);
      snapshot.event = query.text(4);
      snapshot.state = items.now.state;
      for (const auto& [name, value] : items.now.fields) {
        const FieldValue* before = nullptr;
        if (items.was)
          if (const auto was = items.was->fields.find(name); was != items.was->fields.end())
            before = &was->second;
        if (before == nullptr || !(*before == value)) snapshot.fields.emplace(name, value);
      }
      if (!body.reason.empty())
        snapshot.reason = FieldValue{FieldClass::protected_, Value{body.reason}};
      if (!snapshot.fields.empty() || snapshot.reason.is_set())
        snapshots.push_back(std::move(snapshot));
    }
  }
  return snapshots;
}

std::shared_ptr<const LastEvent> last_event_of(Connection& connection, std::string_view board,
                                               ItemId item) {
  auto query = connection.query(person_events_of_item);
  query.bind("$board", board).bind("$item", item.value);
  while (query.step()) {
    const Body body = parse_body(query.text(3));
    auto event = std::make_shared<LastEvent>();
    bool changed_item = false;
    for (const auto& change : body.changes) {
      if (!change.now) continue;
      if (change.table == &items_table()) {
        event->items.push_back(changed(change, item_from));
        changed_item |= event->items.back().now.id == item;
      } else if (change.table == &obligations_table()) {
        event->obligations.push_back(changed(change, obligation_from));
      } else if (change.table == &assignments_table()) {
        event->assignments.push_back(changed(change, assignment_from));
      } else if (change.table == &prompts_table()) {
        event->prompts.push_back(changed(change, prompt_from));
      } else if (change.table == &links_table()) {
        event->links.push_back(changed(change, link_from));
      } else if (change.table == &approvals_table()) {
        event->approvals.push_back(changed(change, approval_from));
      }
    }
    if (!changed_item) continue;
    event->seq = query.integer(0);
    event->recorded_at = from_ms(query.integer(1));
    event->event = query.text(2);
    for (auto& obligation : event->obligations)
      load_fired(connection, board, event->seq, obligation);
    return event;
  }
  return nullptr;
}

}  // namespace assured::store
