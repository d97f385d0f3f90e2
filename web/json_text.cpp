#include "web/json_text.hpp"

#include <fmt/format.h>

#include "workflows/rating.hpp"
#include "workflows/roles.hpp"

namespace assured::web {

namespace {

std::string local_text(Instant at, const Zone& zone) {
  return fmt::format("{} {}", to_text(local_date(at, zone)), to_text(local_time_of_day(at, zone)));
}

json::value value_json(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    json::array array;
    for (const auto& entry : *list) array.emplace_back(entry);
    return array;
  }
  return json::value(to_stored_text(value));
}

const KindDef* kind_of(const Context& context, const Item& item) {
  return context.programmes->rules(context.board, item.programme)
      .definition.find_kind(item.kind);
}

}  // namespace

const std::string& References::of(ItemId id) {
  const auto known = known_.find(id);
  if (known != known_.end()) return known->second;
  const auto item = reader_.find_item(id);
  return known_[id] = item ? item->reference : std::string{};
}

void put_instant(json::object& into, std::string_view name, Instant at, const Zone& zone) {
  into[fmt::format("{}_at", name)] = to_text(at);
  into[fmt::format("{}_local", name)] = local_text(at, zone);
}

json::object item_json(const Context& context, const Item& item) {
  const Zone& zone = *context.board.zone;
  json::object body;
  body["id"] = item.id.value;
  body["reference"] = item.reference;
  body["kind"] = item.kind;
  body["state"] = item.state;
  const KindDef* kind = kind_of(context, item);
  const StateDef* state = kind == nullptr ? nullptr : kind->find_state(item.state);
  body["kind_title"] = kind == nullptr ? item.kind : kind->title;
  body["state_title"] = state == nullptr ? item.state : state->title;
  body["final"] = is_gone(item.state) || (state != nullptr && state->final);
  body["agency"] = item.agency;
  if (item.parent) body["parent"] = item.parent.value;
  body["root"] = item.root.value;
  body["version"] = item.version;
  body["programme"] = item.programme;
  put_instant(body, "entered", item.entered_at, zone);
  put_instant(body, "created", item.created_at, zone);
  return body;
}

void put_fields(json::object& into, const Context& context, const Item& item, const Fields& all,
                std::vector<ReadRecord>& seen) {
  json::object fields;
  std::int64_t hidden = 0;
  for (const auto& [name, value] : all) {
    if (!value.is_set()) continue;
    if (value.field_class() == FieldClass::protected_ && !context.may_see_protected(item)) {
      ++hidden;
      continue;
    }
    if (value.field_class() == FieldClass::protected_)
      seen.push_back({context.now, context.person, item.id, "field " + name});
    fields[name] = value_json(reveal(value, Viewer{context.person}, Purpose::page));
  }
  into["fields"] = std::move(fields);
  into["hidden_fields"] = hidden;
}

void put_rating(json::object& into, const Context& context, const Item& item,
                const std::vector<Obligation>& obligations) {
  const auto rating = rate(context.programmes->rules(context.board, item.programme), item,
                           obligations, context.now);
  if (!rating) return;
  json::object row;
  row["colour"] = to_text(rating->colour);
  row["meaning"] = rating->meaning;
  row["reason"] = rating->reason;
  row["own"] = rating->own;
  row["disagrees"] = rating->disagrees;
  row["days_slipped"] = rating->days_slipped;
  into["rating"] = std::move(row);
}

json::object obligation_json(const Context& context, const Obligation& obligation) {
  const Zone& zone = *context.board.zone;
  json::object body;
  body["id"] = obligation.id.value;
  body["item"] = obligation.item.value;
  body["name"] = obligation.name;
  body["title"] = title_of(obligation.name, context.board.current->establishment);
  body["round"] = obligation.round;
  body["owed_by"] = obligation.owed_by;
  body["family"] = to_text(obligation.family);
  body["ladder"] = obligation.ladder;
  body["rule"] = to_text(obligation.rule);
  body["open"] = obligation.is_open();
  put_instant(body, "opened", obligation.opened_at, zone);
  if (obligation.due_at) put_instant(body, "due", *obligation.due_at, zone);
  if (obligation.first_due_at && obligation.first_due_at != obligation.due_at)
    put_instant(body, "first_due", *obligation.first_due_at, zone);
  body["late"] =
      obligation.due_at && (obligation.closed_at ? *obligation.closed_at > *obligation.due_at
                                                 : context.now > *obligation.due_at);
  body["rungs_fired"] = obligation.fired.size();
  if (obligation.next_at) put_instant(body, "next", *obligation.next_at, zone);
  if (obligation.held_until) put_instant(body, "held_until", *obligation.held_until, zone);
  if (obligation.closed_at) {
    put_instant(body, "closed", *obligation.closed_at, zone);
    body["closed_by"] = obligation.closed_by;
  }
  return body;
}

json::object prompt_json(const Context& context, const Prompt& prompt) {
  const Zone& zone = *context.board.zone;
  json::object body;
  body["id"] = prompt.id.value;
  body["item"] = prompt.item.value;
  if (prompt.obligation) body["obligation"] = prompt.obligation.value;
  body["to"] = prompt.to;
  body["template"] = prompt.template_name;
  body["family"] = to_text(prompt.family);
  body["rung"] = prompt.rung;
  body["cycle"] = prompt.cycle;
  body["state"] = to_text(prompt.state);
  body["why"] = prompt.why;
  put_instant(body, "created", prompt.created_at, zone);
  put_instant(body, "not_before", prompt.not_before, zone);
  return body;
}

json::object notice_json(const Context& context, const Notice& notice) {
  const Zone& zone = *context.board.zone;
  json::object body;
  body["id"] = notice.id.value;
  json::array prompts;
  for (const PromptId prompt : notice.prompts) prompts.push_back(prompt.value);
  body["prompts"] = std::move(prompts);
  body["item"] = notice.item.value;
  body["to"] = notice.to;
  body["person"] = notice.person;
  body["address"] = notice.address;
  body["message_id"] = notice.message_id;
  body["digest"] = notice.digest;
  body["state"] = to_text(notice.state);
  put_instant(body, "created", notice.created_at, zone);
  if (notice.final_at) put_instant(body, "final", *notice.final_at, zone);
  if (notice.next_try_at) {
    body["attempts"] = notice.attempts;
    put_instant(body, "next_try", *notice.next_try_at, zone);
    body["said"] = notice.said;
  }
  return body;
}

json::object meeting_json(const Context& context, const Meeting& meeting) {
  json::object body;
  body["id"] = meeting.id.value;
  body["body"] = meeting.body;
  body["state"] = to_text(meeting.state);
  put_instant(body, "start", meeting.start, *context.board.zone);
  return body;
}

json::object journal_json(const Context& context, const JournalRow& row, ItemId about) {
  json::object body;
  body["seq"] = row.seq;
  put_instant(body, "recorded", row.at, *context.board.zone);
  body["actor"] = row.actor;
  body["for_post"] = row.for_post;
  body["what"] = row.kind;
  if (row.item) body["item"] = row.item.value;
  body["digest"] = row.digest;
  body["chain"] = row.chain;
  body["removed"] = row.body.empty();
  boost::system::error_code failed;
  const json::value parsed = json::parse(row.body, failed);
  if (!failed && parsed.is_object())
    if (const auto* lines = parsed.as_object().if_contains("lines"); lines && lines->is_array()) {
      // One event can touch many agencies' items; an agency reads only of the item itself.
      json::array shown;
      for (const auto& line : lines->get_array())
        if (context.board_side || line.at("item").as_int64() == about.value)
          shown.push_back(line);
      body["lines"] = std::move(shown);
    }
  return body;
}

json::object outcome_json(const Context& context, const Outcome& outcome) {
  json::object body;
  body["id"] = outcome.item.value;
  body["reference"] = outcome.reference;
  body["state"] = outcome.state;
  body["version"] = outcome.version;
  body["journal_seq"] = outcome.journal_seq;
  json::array created;
  for (const auto& change : outcome.decision.items) {
    if (change.was || !context.may_see(change.now)) continue;
    json::object row;
    row["id"] = change.now.id.value;
    row["reference"] = change.now.reference;
    row["kind"] = change.now.kind;
    row["agency"] = change.now.agency;
    created.push_back(std::move(row));
  }
  body["created"] = std::move(created);
  body["changed"] = std::count_if(outcome.decision.items.begin(), outcome.decision.items.end(),
                                  [&](const auto& change) { return change.was && change.now.id != outcome.item; });
  json::array opened, held;
  for (const auto& change : outcome.decision.obligations) {
    if (change.now.item != outcome.item) continue;
    if (!change.was) opened.push_back(obligation_json(context, change.now));
    if (change.was && change.now.held_until && change.now.held_until != change.was->held_until)
      held.push_back(obligation_json(context, change.now));
  }
  const Decision& decision = outcome.decision;
  body["proposed"] = decision.items.empty() && decision.obligations.empty() && !decision.approvals.empty();
  body["opened"] = std::move(opened);
  body["held"] = std::move(held);
  json::array warnings;
  for (const auto& warning : outcome.warnings) warnings.emplace_back(warning);
  body["warnings"] = std::move(warnings);
  return body;
}

}  // namespace assured::web
