#include "daemon/dispose.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured {

Result<Disposal> dispose_item(Store& store, const DisposeCommand& command, Instant now) {
  if (command.reason.empty())
    return Error{Errc::invalid, "Say why, such as the retention rule that applies.", "reason"};
  const auto boards = store.boards();
  if (std::find(boards.begin(), boards.end(), command.board) == boards.end())
    return Error{Errc::not_found, "There is no such board.", "board"};
  const auto tx = store.begin();
  BoardWriter& writer = tx->board(command.board);
  const auto item = writer.find_item(command.reference);
  if (!item) return Error{Errc::not_found, "The board has no item of this reference.", "item"};
  JournalHead head;
  head.actor = command.actor;
  head.occurred_at = now;
  head.reason = command.reason;
  auto done = writer.dispose(head, item->id, now);
  if (!done) return done;
  JournalHead note;
  note.actor = command.actor;
  note.kind = "dispose";
  note.occurred_at = now;
  tx->note_operator(note,
                    fmt::format("board {}: {}, {} items", command.board, command.reference,
                                done->items),
                    now);
  tx->commit();
  return done;
}

}  // namespace assured
