// How the domain's things look in JSON. Values of fields come out here and nowhere else.
#pragma once

#include <map>

#include "web/context.hpp"

namespace assured::web {

// References for rows that carry only ids, each looked up once. `reader` outlives it.
class References {
 public:
  explicit References(BoardReader& reader) : reader_(reader) {}
  const std::string& of(ItemId id);

 private:
  BoardReader& reader_;
  std::map<ItemId, std::string> known_;
};

// `name`_at in UTC and `name`_local by the board's clock.
void put_instant(json::object& into, std::string_view name, Instant at, const Zone& zone);

// Core columns alone, as lists show them.
json::object item_json(const Context& context, const Item& item);
// With fields: protected ones only to the board's side and the item's own agency; those left out are
// counted in `hidden_fields`.
// What of it is protected and shown is added to `seen`, for record_reads() before anything is answered.
void put_fields(json::object& into, const Context& context, const Item& item, const Fields& all,
                std::vector<ReadRecord>& seen);
// Adds `rating` where the kind has one: the computed colour with its reason, beside the owner's own.
void put_rating(json::object& into, const Context& context, const Item& item,
                const std::vector<Obligation>& obligations);
json::object obligation_json(const Context& context, const Obligation& obligation);
json::object prompt_json(const Context& context, const Prompt& prompt);
json::object notice_json(const Context& context, const Notice& notice);
json::object meeting_json(const Context& context, const Meeting& meeting);
// Without the body, which holds values; with the lines it has, which do not.
// `about`: the item whose history it is shown in; none: the journal itself.
json::object journal_json(const Context& context, const JournalRow& row, ItemId about = {});
json::object outcome_json(const Context& context, const Outcome& outcome);

}  // namespace assured::web
