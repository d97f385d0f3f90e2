#include "daemon/writer.hpp"

namespace assured {

namespace {

// A refusal changes nothing: the transaction ends without commit. The time is read once, inside, so
// that every row of a command carries the same instant and later commands never an earlier one.
template <class Carry>
auto in_transaction(Store& store, const Clock& clock, const std::function<void()>& committed,
                    const Carry& carry_out) {
  const auto tx = store.begin();
  auto answer = carry_out(*tx, clock.now());
  if (answer) {
    tx->commit();
    committed();
  }
  return answer;
}

}  // namespace

Result<Outcome> Writer::apply(const Command& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::apply(tx, *programmes_.get(), command, now);
  });
}

Result<Outcome> Writer::acknowledge(const Acknowledge& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::acknowledge(tx, *programmes_.get(), command, now);
  });
}

Result<Outcome> Writer::suspend(const Suspend& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::suspend(tx, *programmes_.get(), command, now);
  });
}

Result<Meeting> Writer::change_meeting(const MeetingCommand& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::change_meeting(tx, *programmes_.get(), command, now);
  });
}

Result<Outcome> Writer::rebind(const Rebind& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::rebind(tx, *programmes_.get(), command, now);
  });
}

Result<void> Writer::load_people(std::string_view board, const PeopleFile& people,
                                 const Caller& caller) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::load_people(tx, *programmes_.get(), board, people, caller, now);
  });
}

Result<FileRecord> Writer::attach(AttachFile command, std::string_view bytes) {
  command.bytes = static_cast<std::int64_t>(bytes.size());
  const auto fits =
      check_attachment(*store_.reader(command.board), *programmes_.get(), command, bytes, clock_.now());
  if (!fits) return fits.error();
  // Durable before the transaction that names it; what no row names is swept after a day (S16.2).
  command.digest = files_.put(command.board, bytes);
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return attach_file(tx, *programmes_.get(), command, now);
  });
}

void Writer::record_reads(std::string_view board, const std::vector<ReadRecord>& reads) {
  const auto tx = store_.begin();
  for (const ReadRecord& read : reads) tx->board(board).add_read(read);
  tx->commit();
}

}  // namespace assured
