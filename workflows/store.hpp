// The store's port: what the engine's shell asks of durable storage (DESIGN.md 9). One implementation
// stands over a small statement interface; tests/store holds its contract.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workflows/decide.hpp"
#include "workflows/item.hpp"

namespace assured {

// One line of the scheduler's index: ids alone (S16.1).
struct DueKey {
  Instant next_at = Instant::min();
  std::string board;
  ObligationId obligation;
};

// One journal row as read back (S13.2).
struct JournalRow {
  std::int64_t seq = 0;
  Instant at;
  std::string actor;
  std::string for_post;
  std::string kind;        // event name, or what the daemon did
  ItemId item;
  std::string digest;      // hex
  std::string chain;       // hex
  std::string body;        // JSON as stored; empty when removed
  std::string channel;
  Instant occurred_at;     // S14.3: claimed
};

// The fields that one event set on an item, with its reason; or the reason alone of what was done about
// it without changing it, such as an acknowledgement.
struct ItemSnapshot {
  std::int64_t seq = 0;
  Instant at;
  std::string actor;
  std::string for_post;
  std::string event;
  std::string state;    // empty when the item was not changed
  Fields fields;        // only those that changed
  FieldValue reason;    // protected, like all that people type; none when typed about another item
};

// Who does what, for the journal.
struct JournalHead {
  std::string actor;       // person id, "system" or "time"
  std::string for_post;
  std::string channel;
  std::string kind;
  ItemId item;
  Instant occurred_at;
  std::string reason;      // typed by people: kept in the body as protected text
};

struct ItemFilter {
  std::string kind;                    // empty: all
  std::vector<std::string> states;
  std::optional<ItemId> parent, root;
  std::string agency;
  std::string programme;               // digest of the definition they are on
  bool open_only = false;              // somebody still owes something on it
  std::size_t limit = 500;
  ItemId after;                        // keyset paging
};

struct ObligationFilter {
  std::optional<ItemId> item;
  std::string owed_by;                 // Party text
  bool open_only = true;
  std::optional<Instant> due_before;
  std::size_t limit = 500;
  ObligationId after;
};

// S14.2. What was answered under an idempotency key, and the hash of what was asked.
struct KnownAnswer {
  std::string hash;
  std::string answer;
};

// Notices that no relay has taken for good.
struct OutboxCounts {
  std::size_t unsent = 0;  // pending, leased, deferred and unknown together
  std::optional<Instant> oldest_unsent;
  std::optional<Instant> oldest_unsent_urgent;  // of family A
  std::size_t deferred = 0;
  std::size_t unknown = 0;
  std::size_t held = 0;  // not among the unsent; prompts that no mail was made of too
  std::size_t held_urgent = 0;  // of them, of family A
};

// The order in which notices that are due go (S11.4); tried: at least one attempt was begun.
enum class DeliveryClass { urgent_fresh, urgent_tried, routine_fresh, routine_tried };

// What grows and may go after a while (S14.5): answers, the bytes of notices that are final (S10.5),
// records of reads.
enum class Retained { answers, notice_bytes, reads };

// Whose write it is: people wait at a page, workers do not (S14.1).
enum class Urgency { people, workers };

// What a disposal removed (S13.2).
struct Disposal {
  std::size_t items = 0;   // that became tombstones
  std::size_t rows = 0;    // of other tables
  std::size_t bodies = 0;  // of the journal
};

// Reads of one board. Valid within the transaction, or the read connection, that gave it.
class BoardReader {
 public:
  virtual ~BoardReader() = default;
  virtual std::optional<Item> find_item(ItemId id) = 0;
  virtual std::optional<Item> find_item(std::string_view reference) = 0;
  virtual std::vector<Item> list_items(const ItemFilter& filter) = 0;
  virtual std::vector<Item> list_ancestors(const Item& item) = 0;  // nearest first
  virtual std::vector<Item> list_descendants(ItemId scope, const std::set<std::string>& kinds) = 0;
  // Voided items count for nothing; a field that is not set matches no text.
  virtual int count_descendants(const CountQuery& query) = 0;
  virtual std::optional<Obligation> find_obligation(ObligationId id) = 0;
  virtual std::vector<Obligation> list_obligations(const ObligationFilter& filter) = 0;
  virtual std::vector<Obligation> open_obligations_of(const std::vector<ItemId>& items) = 0;
  virtual std::vector<Obligation> obligations_of(ItemId item) = 0;       // closed ones too
  // Names of open obligations that begin with "name somebody: " (S3.5), each once, in their order.
  virtual std::vector<std::string> open_vacancies() = 0;
  virtual std::vector<Assignment> assignments_of(const std::vector<ItemId>& items) = 0;
  virtual std::vector<Assignment> open_assignments_of(std::string_view person) = 0;
  virtual std::vector<Link> links_of(ItemId item) = 0;                    // from or to it
  virtual std::vector<Approval> approvals_of(ItemId item) = 0;
  virtual std::vector<Meeting> list_meetings(std::string_view body) = 0;  // all bodies when empty
  virtual std::optional<Meeting> find_meeting(MeetingId id) = 0;
  // Shared with others who read them: whoever loads them often, as each command does, pays once a change.
  virtual std::shared_ptr<const People> load_people() = 0;
  virtual std::vector<Prompt> prompts_of(ObligationId obligation) = 0;
  // Few of what may be hundreds, of an action that was chased for years: from one id on, or of one step, which is
  // that of `prompt` (its obligation, due version, rung and cycle).
  virtual std::vector<Prompt> prompts_from(ObligationId obligation, PromptId from) = 0;
  virtual std::vector<Prompt> prompts_of_step(const Prompt& prompt) = 0;
  virtual std::optional<Prompt> find_prompt(PromptId id) = 0;
  // Pending prompts whose not_before has come, family A first (or alone), then oldest.
  virtual std::vector<Prompt> pending_prompts(Instant now, std::size_t limit,
                                              bool only_urgent = false) = 0;
  virtual std::optional<Instant> next_pending_prompt_at() = 0;
  // Those that wait for a time after `after`, the latest first.
  virtual std::vector<Prompt> prompts_waiting_beyond(Instant after, std::size_t limit) = 0;
  virtual std::vector<Prompt> prompts_about(ItemId item) = 0;  // oldest first
  // Those in `state` alone where one is given: of a notice that waits, its delivery's.
  virtual std::vector<Prompt> list_prompts(std::size_t limit, PromptId after,
                                           std::optional<PromptState> state = {}) = 0;
  virtual std::vector<Notice> list_notices(std::size_t limit, NoticeId after,
                                           std::optional<NoticeState> state = {}) = 0;
  virtual std::vector<Notice> notices_of(PromptId prompt) = 0;
  virtual std::optional<Notice> find_notice(NoticeId id) = 0;
  // Notices whose next try has come, a lease that ran out among them: urgent ones first, then those
  // never tried, then by next_try_at and id. Costs what it returns, whatever waits besides.
  // Those of one class alone where it is given.
  virtual std::vector<Notice> due_notices(Instant now, std::size_t limit,
                                          std::optional<DeliveryClass> of = {}) = 0;
  virtual std::optional<Instant> next_try_at() = 0;  // the earliest, leases' ends among them
  virtual OutboxCounts outbox_counts() = 0;
  virtual std::size_t count_overdue(Instant now) = 0;  // open obligations whose due instant has passed
  // Notices and prompts about the item that are held (S12.4).
  virtual std::size_t count_held(ItemId item) = 0;
  virtual std::optional<std::string> find_notice_bytes(NoticeId id) = 0;
  virtual std::vector<FileRecord> files_of(ItemId item) = 0;   // by kind and version
  virtual std::vector<std::string> file_digests() = 0;         // every one that a row names
  virtual std::vector<ReadRecord> list_reads(ItemId item, std::size_t limit) = 0;  // newest first
  // What each event set on the item, oldest first: dated snapshots that stay when a field changes again.
  virtual std::vector<ItemSnapshot> snapshots_of(ItemId item) = 0;
  virtual std::shared_ptr<const LastEvent> last_event_of(ItemId item) = 0;
  virtual std::vector<JournalRow> list_journal(std::int64_t after_seq, std::size_t limit) = 0;
  virtual std::vector<JournalRow> journal_of(ItemId item) = 0;
  virtual std::optional<std::string> find_definition(std::string_view digest) = 0;
  virtual std::vector<std::string> definitions_in_use() = 0;  // digests that items are on
  virtual std::vector<CalendarOverride> calendar_overrides() = 0;
  // A named durable value of the daemon: heartbeat, cursors.
  virtual std::optional<std::string> find_value(std::string_view name) = 0;
  virtual std::optional<KnownAnswer> find_answer(std::string_view caller, std::string_view key) = 0;
};

// Writes of one board, inside one transaction. Every change is put into the journal row of the
// command; nothing can be written without one (S13.1).
class BoardWriter : public BoardReader {
 public:
  // Ids free for decide(); taken for good when used by write().
  virtual IdPool take_ids() = 0;
  // Writes all of `decision` with one journal row. Returns its seq.
  virtual std::int64_t write(const JournalHead& head, const Decision& decision, Instant now) = 0;
  // The persons given get exactly the holdings given; of others, holdings are added or changed. What
  // is already so leaves no journal row.
  virtual void write_people(const JournalHead& head, const std::vector<Person>& persons,
                            const std::vector<Holding>& holdings, Instant now) = 0;
  // Without an id, a new meeting, which gets one.
  virtual Meeting write_meeting(const JournalHead& head, Meeting meeting, Instant now) = 0;
  virtual void write_calendar_override(const JournalHead& head, const CalendarOverride& day,
                                       Instant now) = 0;
  virtual void write_definition(const JournalHead& head, std::string_view digest,
                                std::string_view text, Instant now) = 0;
  // Prompts in the state they have now, and the notices made from them with their bytes, before any
  // connection; one journal row. Ids and digests are given here. A pending notice is due at once.
  virtual std::vector<Notice> write_notices(const JournalHead& head,
                                            const std::vector<Changed<Prompt>>& prompts,
                                            std::vector<std::pair<Notice, std::string>> notices,
                                            Instant now) = 0;
  // Their states, with one journal row: final ones, `held`, or `pending` when a held one is released; the steps
  // between are those below. A final state without final_at gets `now`.
  virtual void write_notice_states(const JournalHead& head, const std::vector<Notice>& notices,
                                   Instant now) = 0;
  // Leases, attempts and deferrals are not journaled (S13.3). A notice that does not wait any more,
  // because somebody expired it meanwhile, is left alone.
  virtual void lease_notices(const std::vector<NoticeId>& ids, Instant until) = 0;  // one attempt each
  // At the start: who held a lease is gone, and what became of it is unknown; due at once.
  virtual void end_leases() = 0;
  // `as` is deferred or unknown; of `said` the first 200 bytes are kept.
  virtual void defer_notice(NoticeId id, NoticeState as, Instant next_try_at,
                            std::string_view said) = 0;
  // The clock was set back: what would be tried after `latest` is tried at `now`. Leases are left alone.
  virtual void hasten_notices(Instant latest, Instant now) = 0;
  // A leased one that was not begun after all waits again (`as` as above), without the attempt.
  virtual void give_back_notice(NoticeId id, NoticeState as, Instant next_try_at) = 0;
  virtual void write_file(const JournalHead& head, const FileRecord& file, Instant now) = 0;
  virtual void add_read(const ReadRecord& read) = 0;                          // not journaled
  virtual void put_value(std::string_view name, std::string_view value) = 0;  // not journaled
  // Not journaled. Throws: StoreError, for a key that has an answer already.
  virtual void put_answer(std::string_view caller, std::string_view key, std::string_view hash,
                          std::string_view answer, Instant now) = 0;
  // Removes at most `limit` of what is older than `before` and returns how many; not journaled.
  virtual std::size_t remove_old(Retained what, Instant before, std::size_t limit) = 0;
  // Removes the content of a root item and of all below it: their rows in other tables, their fields,
  // and the bodies of all journal rows that concern them. The items stay as tombstones with their
  // references. A journal row `dispose` says what went; a second one, `restate`, repeats the rows of
  // other items that a removed body had changed, so that the journal still replays. Answers kept for
  // idempotency go with their own age.
  // Errors: not_found; refused (not a root; somebody still owes something; mail still waits).
  virtual Result<Disposal> dispose(const JournalHead& head, ItemId root, Instant now) = 0;
};

// A transaction over all boards; commit() makes it durable, the destructor rolls back what was not.
class WriteTx {
 public:
  virtual ~WriteTx() = default;
  virtual BoardWriter& board(std::string_view id) = 0;
  // Runs `work` under a savepoint: what it wrote is undone when it answers false or throws (and the
  // throw goes on), and the transaction stays good. Calls may nest.
  // Throws: StoreError, when `work` answers true although a write of it failed.
  virtual bool try_within(const std::function<bool()>& work) = 0;
  // A journal row of the operator's chain, for what is done to the installation (S13.4). `text` must
  // hold no value that people typed about a case.
  virtual void note_operator(const JournalHead& head, std::string_view text, Instant now) = 0;
  virtual void commit() = 0;  // Throws: StoreError; nothing was written then
};

struct VerifyReport {
  std::int64_t rows = 0;
  std::vector<std::string> faults;  // the first bad row first; empty when all is well
};

class Store {
 public:
  // The board whose journal is the operator's chain, for verify() and head(); not among boards().
  // No programme can have this id.
  static constexpr std::string_view operator_board = "@operator";

  virtual ~Store() = default;
  // Waits for the transaction before it to end; a worker lets people who wait go first, for a while.
  // Throws: StoreError (retryable), when the other takes too long.
  virtual std::unique_ptr<WriteTx> begin(Urgency urgency = Urgency::people) = 0;
  virtual std::unique_ptr<BoardReader> reader(std::string_view board) = 0;
  virtual std::vector<std::string> boards() = 0;
  // Open obligations whose next_at has come, earliest first: seeks the index, reads `limit` rows.
  // Begins behind `after`, in the order (next_at, board, obligation).
  virtual std::vector<DueKey> due(Instant now, std::size_t limit, const DueKey& after = {}) = 0;
  // The first instant later than `after` at which something falls due.
  virtual std::optional<Instant> next_due_at(Instant after) = 0;
  // Checks the chain, replays every body and compares with the tables (S13.3).
  virtual VerifyReport verify(std::string_view board) = 0;
  virtual std::string head(std::string_view board) = 0;  // "seq:chain" for `assured head`
};

}  // namespace assured
