// The port's writes of one board: every change goes through put(), which is how it gets into the
// journal's body. Notices and their deliveries: write_outbox.cpp; disposals:
// dispose.cpp; the rest: writer.cpp.
#pragma once

#include <set>
#include <utility>

#include "store/read_port.hpp"

namespace assured::store {

class Writer final : public ReadPort<BoardWriter> {
 public:
  // `failed` is set when a write throws: what it had written of its command must not be committed.
  // `reference_seed` makes references repeatable, for simulations.
  Writer(Connection& connection, std::string board, PeopleCache& people,
         std::optional<std::uint64_t> reference_seed, bool& failed);

  IdPool take_ids() override;
  std::int64_t write(const JournalHead& head, const Decision& decision, Instant now) override;
  void write_people(const JournalHead& head, const std::vector<Person>& persons,
                    const std::vector<Holding>& holdings, Instant now) override;
  Meeting write_meeting(const JournalHead& head, Meeting meeting, Instant now) override;
  void write_calendar_override(const JournalHead& head, const CalendarOverride& day,
                               Instant now) override;
  void write_definition(const JournalHead& head, std::string_view digest, std::string_view text,
                        Instant now) override;
  std::vector<Notice> write_notices(const JournalHead& head,
                                    const std::vector<Changed<Prompt>>& prompts,
                                    std::vector<std::pair<Notice, std::string>> notices,
                                    Instant now) override;
  void write_notice_states(const JournalHead& head, const std::vector<Notice>& notices,
                           Instant now) override;
  void lease_notices(const std::vector<NoticeId>& ids, Instant until) override;
  void end_leases() override;
  void hasten_notices(Instant latest, Instant now) override;
  void give_back_notice(NoticeId id, NoticeState as, Instant next_try_at) override;
  void defer_notice(NoticeId id, NoticeState as, Instant next_try_at,
                    std::string_view said) override;
  void write_file(const JournalHead& head, const FileRecord& file, Instant now) override;
  void add_read(const ReadRecord& read) override;
  void put_value(std::string_view name, std::string_view value) override;
  void put_answer(std::string_view caller, std::string_view key, std::string_view hash,
                  std::string_view answer, Instant now) override;
  std::size_t remove_old(Retained what, Instant before, std::size_t limit) override;
  Result<Disposal> dispose(const JournalHead& head, ItemId root, Instant now) override;

  // A row that changes no table: what was done to the installation.
  void note(const JournalHead& head, std::string_view text, Instant now);

 private:
  enum class Expect { any, absent, present };

  // Writes a row and notes the change in `body`; a row that is already so is left alone.
  void put(Body& body, const Table& table, Row row, Expect expect);
  void insert(const Table& table, const Row& row);
  void update(const Table& table, const Row& was, const Row& row);
  void remove(Body& body, const Table& table, const Row& row);
  void put_items(Body& body, const Decision& decision);
  void put_obligations(Body& body, const Decision& decision, std::int64_t seq);
  void add_delivery(NoticeId notice, Instant now);
  bool is_urgent(NoticeId notice);
  using Touched = std::set<std::pair<const Table*, Row>>;  // keys of rows
  std::vector<std::int64_t> remove_bodies(ItemId root, Touched& touched);
  Touched remove_satellites(ItemId root);
  std::int64_t append(const JournalHead& head, const Body& body, Instant now);
  // Not for a command that changes nothing, such as loading the same people again.
  void append_if_changed(const JournalHead& head, const Body& body, Instant now);
  std::int64_t next_id(std::string_view sql);
  // Runs one write. After a failed one nothing more is written: the database may have given up the
  // whole transaction by itself, and each statement would then stand alone.
  template <class F>
  auto guarded(F&& write) -> decltype(write()) {
    if (failed_) throw StoreError("A write of this transaction failed before.", false);
    try {
      return write();
    } catch (...) {
      failed_ = true;
      throw;
    }
  }

  std::optional<std::uint64_t> reference_seed_;
  bool& failed_;
};

}  // namespace assured::store
