// The port's writes of one board: every change goes through put(), which is how it gets into the
// journal's body.
#pragma once

#include "store/read_port.hpp"

namespace assured::store {

class Writer final : public ReadPort<BoardWriter> {
 public:
  // `failed` is set when a write throws: what it had written of its command must not be committed.
  // `reference_seed` makes references repeatable, for simulations.
  Writer(Connection& connection, std::string board, std::optional<std::uint64_t> reference_seed,
         bool& failed);

  IdPool take_ids() override;
  std::int64_t write(const JournalHead& head, const Decision& decision, Instant now) override;
  void write_people(const JournalHead& head, const std::vector<Person>& persons,
                    const std::vector<Holding>& holdings, Instant now) override;
  Meeting write_meeting(const JournalHead& head, Meeting meeting, Instant now) override;
  void write_calendar_override(const JournalHead& head, const CalendarOverride& day,
                               Instant now) override;
  void write_definition(const JournalHead& head, std::string_view digest, std::string_view text,
                        Instant now) override;
  std::vector<Notice> write_notices(const JournalHead& head, const Prompt& prompt,
                                    std::vector<std::pair<Notice, std::string>> notices,
                                    Instant now) override;
  void write_notice_state(const JournalHead& head, const Notice& notice, Instant now) override;
  void write_file(const JournalHead& head, const FileRecord& file, Instant now) override;
  void add_read(const ReadRecord& read) override;
  void put_value(std::string_view name, std::string_view value) override;

 private:
  enum class Expect { any, absent, present };

  // Writes a row and notes the change in `body`; a row that is already so is left alone.
  void put(Body& body, const Table& table, Row row, Expect expect);
  void remove(Body& body, const Table& table, const Row& row);
  void put_items(Body& body, const Decision& decision);
  void put_obligations(Body& body, const Decision& decision, std::int64_t seq);
  std::int64_t append(const JournalHead& head, const Body& body, Instant now);
  // Not for a command that changes nothing, such as loading the same people again.
  void append_if_changed(const JournalHead& head, const Body& body, Instant now);
  std::int64_t next_id(std::string_view sql);
  template <class F>
  auto guarded(F&& write) -> decltype(write());

  std::optional<std::uint64_t> reference_seed_;
  bool& failed_;
};

}  // namespace assured::store
