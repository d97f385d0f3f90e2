// `assured dispose`: removes the content of a finished audit, or of another item that stands on its own.
#pragma once

#include <string>

#include "workflows/store.hpp"

namespace assured {

struct DisposeCommand {
  std::string board;
  std::string reference;
  std::string reason;  // kept in the journal
  std::string actor;   // as the journal shows it
};

// Also noted in the operator's chain (S13.4). The bytes of documents that no row names any more are
// swept by the service.
// Errors: invalid (no reason); not_found; refused.
Result<Disposal> dispose_item(Store& store, const DisposeCommand& command, Instant now);

}  // namespace assured
