// What the port reads of one board, over a connection. Used by readers, and by writers inside their
// transaction.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/journal.hpp"
#include "store/people_cache.hpp"
#include "store/rows.hpp"
#include "store/statement.hpp"
#include "workflows/store.hpp"

namespace assured::store {

// The functions are those of BoardReader, which has their contracts. Items' files: items.cpp;
// obligations': obligations.cpp; prompts', notices': outbox.cpp; the rest: records.cpp.
class Board {
 public:
  // `people` outlives it; one for all boards of a store.
  Board(Connection& connection, std::string id, PeopleCache& people)
      : connection_(connection), id_(std::move(id)), people_(people) {}

  Connection& connection() { return connection_; }
  const std::string& id() const { return id_; }
  // A query of this board: `$board` is bound.
  Query query(std::string_view sql);
  // The row of `table` with the key of `like`.
  std::optional<Row> find_row(const Table& table, const Row& like);

  std::optional<Item> find_item(ItemId id);
  std::optional<Item> find_item(std::string_view reference);
  std::vector<Item> list_items(const ItemFilter& filter);
  std::vector<Item> list_ancestors(const Item& item);
  std::vector<Item> list_descendants(ItemId scope, const std::set<std::string>& kinds);
  int count_descendants(const CountQuery& query);
  std::vector<Assignment> assignments_of(const std::vector<ItemId>& items);
  std::vector<Assignment> open_assignments_of(std::string_view person);
  std::vector<Link> links_of(ItemId item);
  std::vector<Approval> approvals_of(ItemId item);

  std::optional<Obligation> find_obligation(ObligationId id);
  std::vector<Obligation> list_obligations(const ObligationFilter& filter);
  std::vector<Obligation> open_obligations_of(const std::vector<ItemId>& items);
  std::vector<Obligation> obligations_of(ItemId item);
  std::vector<std::string> open_vacancies();

  std::vector<Prompt> prompts_of(ObligationId obligation);
  std::vector<Prompt> prompts_from(ObligationId obligation, PromptId from);
  std::vector<Prompt> prompts_of_step(const Prompt& prompt);
  std::optional<Prompt> find_prompt(PromptId id);
  std::vector<Prompt> pending_prompts(Instant now, std::size_t limit, bool only_urgent);
  std::optional<Instant> next_pending_prompt_at();
  std::vector<Prompt> prompts_waiting_beyond(Instant after, std::size_t limit);
  std::vector<Prompt> prompts_about(ItemId item);
  std::vector<Prompt> list_prompts(std::size_t limit, PromptId after,
                                   std::optional<PromptState> state);
  std::vector<Notice> list_notices(std::size_t limit, NoticeId after,
                                   std::optional<NoticeState> state);
  std::vector<Notice> notices_of(PromptId prompt);
  std::optional<Notice> find_notice(NoticeId id);
  std::vector<Notice> due_notices(Instant now, std::size_t limit, std::optional<DeliveryClass> of);
  std::optional<Instant> next_try_at();
  OutboxCounts outbox_counts();
  std::size_t count_overdue(Instant now);
  std::size_t count_held(ItemId item);
  std::optional<std::string> find_notice_bytes(NoticeId id);

  std::vector<Meeting> list_meetings(std::string_view body);
  std::optional<Meeting> find_meeting(MeetingId id);
  std::shared_ptr<const People> load_people();
  std::optional<std::string> find_definition(std::string_view digest);
  std::vector<std::string> definitions_in_use();
  std::vector<FileRecord> files_of(ItemId item);
  std::vector<std::string> file_digests();
  std::vector<ReadRecord> list_reads(ItemId item, std::size_t limit);
  std::vector<CalendarOverride> calendar_overrides();
  std::optional<std::string> find_value(std::string_view name);
  std::optional<KnownAnswer> find_answer(std::string_view caller, std::string_view key);

 private:
  void load_fired(Obligation& obligation);
  std::vector<Obligation> read_obligations(Query query);
  std::vector<Notice> read_notices(Query query);
  void load_delivery(Notice& notice);

  Connection& connection_;
  std::string id_;
  PeopleCache& people_;
};

// All rows of a query, each made a domain value by `from`.
template <class T>
std::vector<T> read_all(Query& query, T (*from)(const Row&)) {
  std::vector<T> out;
  while (query.step()) out.push_back(from(query.row()));
  return out;
}

template <class T>
std::optional<T> read_one(Query& query, T (*from)(const Row&)) {
  if (!query.step()) return std::nullopt;
  return from(query.row());
}

}  // namespace assured::store
