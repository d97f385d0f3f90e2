// The head of a journal row that nobody typed.
#pragma once

#include <string>

#include "workflows/store.hpp"

namespace assured {

// By "system", at `now`; without an item it concerns the board, or the installation.
inline JournalHead head_of_system(std::string kind, ItemId item, Instant now) {
  JournalHead head;
  head.actor = "system";
  head.kind = std::move(kind);
  head.item = item;
  head.occurred_at = now;
  return head;
}

}  // namespace assured
