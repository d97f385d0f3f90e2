#include "web/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "web/body.hpp"
#include "web/problem.hpp"
#include "workflows/apply_outbox.hpp"
#include "workflows/roles.hpp"

namespace assured::web {

bool Context::may_see(const Item& item) const {
  if (may_see_protected(item)) return true;
  const KindDef* kind = programmes->rules(board, item.programme).definition.find_kind(item.kind);
  return item.agency.empty() && kind != nullptr && !kind->board_only;
}

bool Context::may_see_protected(const Item& item) const {
  if (board_side) return true;
  const Rules rules = programmes->rules(board, item.programme);
  const KindDef* kind = rules.definition.find_kind(item.kind);
  return kind != nullptr && is_theirs(rules.establishment, *kind, item, agencies);
}

Response answer(const json::object& body) {
  return {200, "application/json", json::serialize(body)};
}

Response submit(Context& context,
                const std::function<Result<Done>(WriteTx&, const Programmes&, Instant)>& work,
                int status) {
  constexpr std::size_t key_bytes_max = 200;
  if (context.request.idempotency_key.size() > key_bytes_max)
    return problem({Errc::invalid,
                    fmt::format("An idempotency key has at most {} characters.", key_bytes_max),
                    "Idempotency-Key"});
  context.reader.reset();
  const std::string caller = context.caller_name();
  const auto carry_out = [&](WriteTx& tx, const Programmes& programmes,
                             Instant now) -> Result<Done> {
    auto done = work(tx, programmes, now);
    if (!done || !context.board_side) return done;
    Caller who;
    who.person = context.person;
    done->wakes |= release_urgent(tx, context.board_id, who, now);
    return done;
  };
  auto body = context.api.commands.submit({context.board_id, caller, context.request, carry_out});
  if (!body) return problem(body.error());
  return {status, "application/json", std::move(*body)};
}

void record_reads(Context& context, const std::vector<ReadRecord>& reads) {
  context.reader.reset();
  if (reads.empty()) return;
  Request none;  // reading twice is two reads: without the request's idempotency key
  const std::string caller = context.caller_name();
  const auto kept = context.api.commands.submit(
      {context.board_id, caller, none,
       [&](WriteTx& tx, const Programmes&, Instant) -> Result<Done> {
         for (const ReadRecord& read : reads) tx.board(context.board_id).add_read(read);
         return Done{{}, {}, false};
       }});
  if (!kept) throw StoreError(kept.error().message, kept.error().code == Errc::unavailable);
}

Result<std::int64_t> read_number(std::string_view text, std::string_view field) {
  std::int64_t number = 0;
  const auto end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stop != end || number < 0)
    return Error{Errc::invalid, "This must be a whole number.", std::string{field}};
  return number;
}

bool knows_kind(const Context& context, const std::string& kind) {
  const auto& pinned = context.board.pinned;
  return std::any_of(pinned.begin(), pinned.end(),
                     [&](const auto& named) { return named.second->find_kind(kind) != nullptr; });
}

bool knows_state(const Context& context, const std::string& kind, const std::string& state) {
  if (is_gone(state)) return true;
  for (const auto& [digest, definition] : context.board.pinned)
    for (const auto& [name, def] : definition->kinds)
      if ((kind.empty() || name == kind) && def.find_state(state) != nullptr) return true;
  return false;
}

Result<std::size_t> read_limit(const Context& context, std::size_t fallback, std::size_t most) {
  const std::string text = context.query("limit");
  if (text.empty()) return fallback;
  const auto number = read_number(text, "limit");
  if (!number || *number < 1 || static_cast<std::size_t>(*number) > most)
    return Error{Errc::invalid, fmt::format("This must be a whole number from 1 to {}.", most), "limit"};
  return static_cast<std::size_t>(*number);
}

Result<Instant> read_when(const Context& context, std::string_view text, std::string_view field) {
  if (!text.empty() && text.back() == 'Z') {
    if (const auto at = parse_instant(text)) return *at;
  } else if (const auto local = parse_local_time(text)) {
    return context.board.zone->to_instant(*local);
  }
  return Error{Errc::invalid,
               "This must be a time such as \"2026-11-10 10:00\" (the board's clock) or "
               "\"2026-11-10T10:00:00Z\".",
               std::string{field}};
}

Result<Item> find_item(Context& context, std::string_view id_or_reference) {
  std::optional<Item> item;
  const bool digits = !id_or_reference.empty() &&
                      std::all_of(id_or_reference.begin(), id_or_reference.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (!digits)
    item = context.reader->find_item(id_or_reference);
  else if (const auto id = read_number(id_or_reference, "item"))
    item = context.reader->find_item(ItemId{*id});
  if (!item || !context.may_see(*item)) return Error{Errc::not_found, "There is no such item."};
  return std::move(*item);
}

Result<json::object> read_object(std::string_view body, const std::set<std::string_view>& known) {
  auto parsed = parse_body(body);
  if (!parsed) return parsed.error();
  for (const auto& member : *parsed) {
    const std::string_view name{member.key().data(), member.key().size()};
    if (!known.contains(name))
      return Error{Errc::invalid,
                   fmt::format("There is no member of this name here. Known: {}.",
                               fmt::join(known, ", ")),
                   std::string{name}};
  }
  return std::move(*parsed);
}

Result<std::string> read_text(const json::object& body, std::string_view name) {
  const json::value* value = body.if_contains(name);
  if (value == nullptr || value->is_null()) return std::string{};
  if (!value->is_string()) return Error{Errc::invalid, "This must be a text.", std::string{name}};
  return std::string{value->get_string()};
}

}  // namespace assured::web
