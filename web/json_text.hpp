// How the domain's things look in JSON. Values of fields come out here and nowhere else.
#pragma once

#include "web/context.hpp"

namespace assured::web {

// `name`_at in UTC and `name`_local by the board's clock.
void put_instant(json::object& into, std::string_view name, Instant at, const Zone& zone);

// Core columns alone, as lists show them.
json::object item_json(const Context& context, const Item& item);
// With fields: protected ones only to the board's side and the item's own agency; those left out are
// counted in `hidden_fields`.
void put_fields(json::object& into, const Context& context, const Item& item, const Fields& all);
json::object item_json_full(const Context& context, const Item& item);
// Adds `rating` where the kind has one: the computed colour with its reason, beside the owner's own.
void put_rating(json::object& into, const Context& context, const Item& item,
                const std::vector<Obligation>& obligations);
json::object obligation_json(const Context& context, const Obligation& obligation);
json::object prompt_json(const Context& context, const Prompt& prompt);
json::object notice_json(const Context& context, const Notice& notice);
json::object meeting_json(const Context& context, const Meeting& meeting);
// Without the body, which holds values; with the lines it has, which do not.
json::object journal_json(const Context& context, const JournalRow& row);
json::object outcome_json(const Context& context, const Outcome& outcome);

}  // namespace assured::web
