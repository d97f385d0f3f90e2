// BoardReader's functions over a Board, for the reader and for the writer alike.
#pragma once

#include "store/board.hpp"

namespace assured::store {

template <class Port>
class ReadPort : public Port {
 public:
  ReadPort(Connection& connection, std::string board, PeopleCache& people)
      : board_(connection, std::move(board), people) {}

  std::optional<Item> find_item(ItemId id) override { return board_.find_item(id); }
  std::optional<Item> find_item(std::string_view reference) override {
    return board_.find_item(reference);
  }
  std::vector<Item> list_items(const ItemFilter& filter) override {
    return board_.list_items(filter);
  }
  std::vector<Item> list_ancestors(const Item& item) override {
    return board_.list_ancestors(item);
  }
  std::vector<Item> list_descendants(ItemId scope, const std::set<std::string>& kinds) override {
    return board_.list_descendants(scope, kinds);
  }
  int count_descendants(const CountQuery& query) override {
    return board_.count_descendants(query);
  }
  std::optional<Obligation> find_obligation(ObligationId id) override {
    return board_.find_obligation(id);
  }
  std::vector<Obligation> list_obligations(const ObligationFilter& filter) override {
    return board_.list_obligations(filter);
  }
  std::vector<Obligation> open_obligations_of(const std::vector<ItemId>& items) override {
    return board_.open_obligations_of(items);
  }
  std::vector<Obligation> obligations_of(ItemId item) override {
    return board_.obligations_of(item);
  }
  std::vector<std::string> open_vacancies() override { return board_.open_vacancies(); }
  std::vector<Assignment> open_assignments_of(std::string_view person) override {
    return board_.open_assignments_of(person);
  }
  std::vector<Assignment> assignments_of(const std::vector<ItemId>& items) override {
    return board_.assignments_of(items);
  }
  std::vector<Link> links_of(ItemId item) override { return board_.links_of(item); }
  std::vector<Approval> approvals_of(ItemId item) override { return board_.approvals_of(item); }
  std::vector<Meeting> list_meetings(std::string_view body) override {
    return board_.list_meetings(body);
  }
  std::optional<Meeting> find_meeting(MeetingId id) override { return board_.find_meeting(id); }
  std::shared_ptr<const People> load_people() override { return board_.load_people(); }
  std::vector<Prompt> prompts_of(ObligationId obligation) override {
    return board_.prompts_of(obligation);
  }
  std::vector<Prompt> prompts_from(ObligationId obligation, PromptId from) override {
    return board_.prompts_from(obligation, from);
  }
  std::vector<Prompt> prompts_of_step(const Prompt& prompt) override {
    return board_.prompts_of_step(prompt);
  }
  std::optional<Prompt> find_prompt(PromptId id) override { return board_.find_prompt(id); }
  std::vector<Prompt> pending_prompts(Instant now, std::size_t limit,
                                      bool only_urgent) override {
    return board_.pending_prompts(now, limit, only_urgent);
  }
  std::vector<Prompt> prompts_waiting_beyond(Instant after, std::size_t limit) override {
    return board_.prompts_waiting_beyond(after, limit);
  }
  std::optional<Instant> next_pending_prompt_at() override {
    return board_.next_pending_prompt_at();
  }
  std::vector<Prompt> prompts_about(ItemId item) override { return board_.prompts_about(item); }
  std::vector<Prompt> list_prompts(std::size_t limit, PromptId after,
                                   std::optional<PromptState> state) override {
    return board_.list_prompts(limit, after, state);
  }
  std::vector<Notice> list_notices(std::size_t limit, NoticeId after,
                                   std::optional<NoticeState> state) override {
    return board_.list_notices(limit, after, state);
  }
  std::vector<Notice> notices_of(PromptId prompt) override { return board_.notices_of(prompt); }
  std::optional<Notice> find_notice(NoticeId id) override { return board_.find_notice(id); }
  std::vector<Notice> due_notices(Instant now, std::size_t limit,
                                  std::optional<DeliveryClass> of) override {
    return board_.due_notices(now, limit, of);
  }
  std::optional<Instant> next_try_at() override { return board_.next_try_at(); }
  OutboxCounts outbox_counts() override { return board_.outbox_counts(); }
  std::size_t count_overdue(Instant now) override { return board_.count_overdue(now); }
  std::size_t count_held(ItemId item) override { return board_.count_held(item); }
  std::optional<std::string> find_notice_bytes(NoticeId id) override {
    return board_.find_notice_bytes(id);
  }
  std::vector<ItemSnapshot> snapshots_of(ItemId item) override {
    return store::snapshots_of(board_.connection(), board_.id(), item);
  }
  std::shared_ptr<const LastEvent> last_event_of(ItemId item) override {
    return store::last_event_of(board_.connection(), board_.id(), item);
  }
  std::vector<JournalRow> list_journal(std::int64_t after_seq, std::size_t limit) override {
    return store::list_journal(board_.connection(), board_.id(), after_seq, limit);
  }
  std::vector<JournalRow> journal_of(ItemId item) override {
    return store::journal_of(board_.connection(), board_.id(), item);
  }
  std::optional<std::string> find_definition(std::string_view digest) override {
    return board_.find_definition(digest);
  }
  std::vector<std::string> definitions_in_use() override { return board_.definitions_in_use(); }
  std::vector<FileRecord> files_of(ItemId item) override { return board_.files_of(item); }
  std::vector<std::string> file_digests() override { return board_.file_digests(); }
  std::vector<ReadRecord> list_reads(ItemId item, std::size_t limit) override {
    return board_.list_reads(item, limit);
  }
  std::vector<CalendarOverride> calendar_overrides() override {
    return board_.calendar_overrides();
  }
  std::optional<std::string> find_value(std::string_view name) override {
    return board_.find_value(name);
  }
  std::optional<KnownAnswer> find_answer(std::string_view caller, std::string_view key) override {
    return board_.find_answer(caller, key);
  }

 protected:
  Board board_;
};

}  // namespace assured::store
