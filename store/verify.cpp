#include "store/verify.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "store/digest.hpp"
#include "store/journal.hpp"

namespace assured::store {
namespace {

constexpr std::string_view journal_rows =
    "SELECT j.seq, j.at, j.actor, j.for_post, j.channel, j.kind, j.item, j.occurred_at, j.digest,"
    " j.chain, b.salt, b.body FROM journal j"
    " LEFT JOIN journal_bodies b ON b.board = j.board AND b.seq = j.seq"
    " WHERE j.board = $board ORDER BY j.seq";
constexpr std::string_view bodies_alone =
    "SELECT b.seq FROM journal_bodies b WHERE b.board = $board AND NOT EXISTS"
    " (SELECT 1 FROM journal j WHERE j.board = b.board AND j.seq = b.seq) ORDER BY b.seq";
constexpr std::string_view items_of_journal =
    "SELECT item, seq FROM journal_items WHERE board = $board ORDER BY seq, item";
constexpr std::string_view bytes_of_notices =
    "SELECT b.notice, b.bytes, n.digest, b.final_at, n.final_at FROM notice_bytes b"
    " LEFT JOIN notices n ON n.board = b.board AND n.id = b.notice"
    " WHERE b.board = $board ORDER BY b.notice";

// Bytes go a stated time after the final state (S10.5), never before.
constexpr std::string_view notices_without_bytes =
    "SELECT n.id FROM notices n WHERE n.board = $board"
    " AND n.state IN ('pending', 'held') AND NOT EXISTS"
    " (SELECT 1 FROM notice_bytes b WHERE b.board = n.board AND b.notice = n.id) ORDER BY n.id";

// Not journaled (S13.3), but a pending notice without its delivery would never be sent.
constexpr std::string_view notices_without_delivery =
    "SELECT n.id FROM notices n WHERE n.board = $board AND n.state = 'pending' AND NOT EXISTS"
    " (SELECT 1 FROM deliveries d WHERE d.board = n.board AND d.notice = n.id) ORDER BY n.id";
constexpr std::string_view deliveries_alone =
    "SELECT d.notice FROM deliveries d WHERE d.board = $board AND NOT EXISTS (SELECT 1 FROM notices n"
    " WHERE n.board = d.board AND n.id = d.notice AND n.state = 'pending') ORDER BY d.notice";

constexpr std::string_view disposal_bodies =
    "SELECT j.seq, b.body FROM journal j JOIN journal_bodies b ON b.board = j.board AND b.seq = j.seq"
    " WHERE j.board = $board AND j.kind IN ('dispose', 'restate') ORDER BY j.seq";

using MemoryTable = std::map<Row, Row>;  // by key

class Verifier {
 public:
  Verifier(Connection& connection, std::string_view board)
      : connection_(connection), board_(board) {}

  VerifyReport run() {
    read_disposals();
    check_journal();
    // With a broken journal nothing can be said of the tables.
    if (report_.faults.empty()) {
      for (const Table* table : journaled_tables()) check_table(*table);
      check_items_of_journal();
      check_notice_bytes();
      check_deliveries();
    }
    if (report_.faults.size() > verify_faults_max) report_.faults.resize(verify_faults_max);
    return std::move(report_);
  }

 private:
  template <class... Args>
  void fault(fmt::format_string<Args...> format, Args&&... args) {
    // One beyond the limit is enough to know that there are more.
    if (report_.faults.size() <= verify_faults_max)
      report_.faults.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  Query query(std::string_view sql) {
    Query run = connection_.query(sql);
    run.bind("$board", board_);
    return run;
  }

  void check_journal() {
    Query run = query(journal_rows);
    std::string previous = first_chain();
    while (run.step()) {
      ++report_.rows;
      JournalHeader header;
      header.seq = run.integer(0);
      header.at_ms = run.integer(1);
      header.actor = run.text(2);
      header.for_post = run.text(3);
      header.channel = run.text(4);
      header.kind = run.text(5);
      if (!run.is_null(6)) header.item = run.integer(6);
      header.occurred_at_ms = run.integer(7);
      if (header.seq != report_.rows) {
        fault("journal row {}: it stands where row {} should", header.seq, report_.rows);
        return;
      }
      const std::string digest = from_hex(run.text(8));
      const std::string salt = from_hex(run.text(10));
      const std::string chain = next_chain(previous, board_, header, digest);
      // Hex has more than one spelling; only the one that is written is taken.
      if (to_hex(chain) != run.text(9) || to_hex(digest) != run.text(8))
        fault("journal row {}: its chain does not follow from the row before and its own header",
              header.seq);
      else if (run.is_null(11))
        pass_over(header);
      else if (const auto removed = removed_by_.find(header.seq); removed != removed_by_.end())
        fault("journal row {}: its body is there, and row {} says that it was removed", header.seq,
              removed->second);
      else if (to_hex(salt) != run.text(10) || body_digest(salt, run.text(11)) != digest)
        fault("journal row {}: its body is not the one that was written", header.seq);
      else
        replay(header, run.text(11));
      previous = chain;
      if (!report_.faults.empty()) return;  // what follows would only repeat the first
    }
    Query alone = query(bodies_alone);
    while (alone.step()) fault("journal_bodies ({}): it has no journal row", alone.integer(0));
  }

  // What disposals say was removed, before anything is compared: rows before them depend on it. Their
  // bodies are held against the chain with all others.
  void read_disposals() {
    Query run = query(disposal_bodies);
    while (run.step()) {
      const std::int64_t seq = run.integer(0);
      Body body;
      try {
        body = parse_body(run.text(1));
      } catch (const StoreError&) {
        continue;  // told when its turn comes
      }
      if (!body.is_special()) continue;
      for (const std::int64_t removed : body.disposed) {
        removed_by_[removed] = seq;
        if (removed < 1 || removed >= seq)
          fault("journal row {}: it says that row {}, which is not before it, lost its body", seq,
                removed);
      }
      for (const auto& change : body.changes) restated_at_[{change.table, change.key()}] = seq;
    }
  }

  // A row whose body was removed: what it changed is said again by the disposal.
  void pass_over(const JournalHeader& header) {
    if (!removed_by_.contains(header.seq))
      fault("journal row {}: its body is missing", header.seq);
    else if (header.item)
      items_.emplace(header.seq, *header.item);
  }

  // Whether a row's earlier history is not whole any more, because a later disposal took part of it.
  bool has_gap(const Change& change, const Row& key, std::int64_t seq) const {
    const auto found = restated_at_.find({change.table, key});
    return found != restated_at_.end() && found->second >= seq;
  }

  void check_tombstones(const JournalHeader& header, const Body& body) {
    for (const auto& change : body.changes) {
      if (change.table != &items_table() || !change.now) continue;
      const Item item = item_from(*change.now);
      if (item.state != disposed_state || !item.fields.empty() || !item.agency.empty() ||
          !item.ready_told.empty())
        fault("journal row {}: item {} of it is no tombstone", header.seq, item.id.value);
    }
  }

  void replay(const JournalHeader& header, std::string_view text) {
    Body body;
    try {
      body = parse_body(text);
      if (!body.disposed.empty()) check_tombstones(header, body);
    } catch (const StoreError&) {
      fault("journal row {}: its body is in no known form", header.seq);
      return;
    }
    for (auto& change : body.changes) {
      MemoryTable& table = tables_[change.table];
      const Row key = change.key();
      const auto found = table.find(key);
      const bool as_left =
          found == table.end() ? !change.was : change.was && *change.was == found->second;
      if (!as_left && !has_gap(change, key, header.seq))
        fault("journal row {}: {} was not as this row says before it", header.seq,
              describe(*change.table, key));
      if (change.now)
        table[key] = *change.now;
      else
        table.erase(key);
    }
    auto items = items_of(body.changes);
    if (header.item) items.insert(*header.item);
    for (const auto item : items) items_.emplace(header.seq, item);
  }

  void check_table(const Table& table) {
    MemoryTable& expected = tables_[&table];
    Query run = query(table.select);
    while (run.step()) {
      const Row row = run.row();
      const Row key = table.key_of(row);
      const auto found = expected.find(key);
      if (found == expected.end()) {
        fault("{}: no journal row wrote it", describe(table, key));
        continue;
      }
      for (std::size_t i = table.keys; i < row.size(); ++i)
        if (row[i] != found->second[i])
          fault("{}: column {} is not what the journal says", describe(table, key),
                table.columns[i]);
      expected.erase(found);
    }
    for (const auto& [key, row] : expected) fault("{}: it is missing", describe(table, key));
  }

  void check_items_of_journal() {
    Query run = query(items_of_journal);
    while (run.step()) {
      if (items_.erase({run.integer(1), run.integer(0)}) == 0)
        fault("journal_items ({}, {}): that row does not concern that item", run.integer(0),
              run.integer(1));
    }
    for (const auto& [seq, item] : items_)
      fault("journal_items ({}, {}): it is missing", item, seq);
  }

  void check_notice_bytes() {
    Query run = query(bytes_of_notices);
    while (run.step()) {
      if (run.is_null(2))
        fault("notice_bytes ({}): there is no such notice", run.integer(0));
      else if (blake2b_hex(run.text(1)) != run.text(2))
        fault("notice_bytes ({}): the bytes are not those that were written", run.integer(0));
      else if (run.is_null(3) != run.is_null(4) || run.integer(3) != run.integer(4))
        fault("notice_bytes ({}): final_at is not the notice's", run.integer(0));
    }
    Query without = query(notices_without_bytes);
    while (without.step())
      fault("notice_bytes ({}): they are missing, and the notice is not sent", without.integer(0));
  }

  void check_deliveries() {
    Query without = query(notices_without_delivery);
    while (without.step())
      fault("deliveries ({}): it is missing, and the notice waits to be sent", without.integer(0));
    Query alone = query(deliveries_alone);
    while (alone.step())
      fault("deliveries ({}): no notice of that number waits to be sent", alone.integer(0));
  }

  Connection& connection_;
  std::string board_;
  VerifyReport report_;
  std::map<const Table*, MemoryTable> tables_;
  std::set<std::pair<std::int64_t, std::int64_t>> items_;  // seq, item
  std::map<std::int64_t, std::int64_t> removed_by_;        // a row without body: its disposal
  // The last row that says how a row is after a disposal, whatever came before.
  std::map<std::pair<const Table*, Row>, std::int64_t> restated_at_;
};

}  // namespace

VerifyReport verify_board(Connection& connection, std::string_view board) {
  return Verifier{connection, board}.run();
}

}  // namespace assured::store
