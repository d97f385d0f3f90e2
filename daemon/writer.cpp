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
    return assured::apply(tx, programmes_, command, now);
  });
}

Result<Outcome> Writer::acknowledge(const Acknowledge& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::acknowledge(tx, programmes_, command, now);
  });
}

Result<Outcome> Writer::suspend(const Suspend& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::suspend(tx, programmes_, command, now);
  });
}

Result<Meeting> Writer::change_meeting(const MeetingCommand& command) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::change_meeting(tx, programmes_, command, now);
  });
}

Result<void> Writer::load_people(std::string_view board, const PeopleFile& people,
                                 const Caller& caller) {
  return in_transaction(store_, clock_, committed_, [&](WriteTx& tx, Instant now) {
    return assured::load_people(tx, programmes_, board, people, caller, now);
  });
}

}  // namespace assured
