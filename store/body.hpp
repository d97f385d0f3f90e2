// The body of a journal row: which rows a command changed, from what to what, and its lines
// (S13.1).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/rows.hpp"
#include "workflows/decide.hpp"

namespace assured::store {

// One row of a journaled table before and after; `was` is empty when it is new, `now` when it went.
struct Change {
  const Table* table = nullptr;
  std::optional<Row> was;
  std::optional<Row> now;

  Row key() const { return table->key_of(now ? *now : *was); }
};

struct Body {
  std::vector<Change> changes;
  std::vector<JournalLine> lines;
  std::string reason;  // typed by people: protected
  // Of a disposal: the rows whose bodies it removed, each before itself. Its changes are tombstones,
  // and keys of rows that went, which have no old values.
  std::vector<std::int64_t> disposed;
  // The changes say how rows are, whatever the rows of the journal before say of them.
  bool restates = false;

  bool is_special() const { return restates || !disposed.empty(); }
};

// {"changes":[{"t":table,"k":[key],"was":{...},"now":{...}}],"lines":[...],"reason":"..."}: `was`
// has the columns that were not NULL, `now` those that differ from `was`. A disposal's body also has
// "disposed":[seq,...], that of the row behind it "restates":true.
std::string to_json(const Body& body);
// Throws: StoreError, for text that is not such a body.
Body parse_body(std::string_view json);

// The items that a body's changes concern, for the index of the journal by item.
std::set<std::int64_t> items_of(const std::vector<Change>& changes);

}  // namespace assured::store
