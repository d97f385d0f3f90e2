// The outbox: what was sent, what waits and what is held; and what an operator decides about the last.
#include <array>
#include <map>
#include <set>

#include "web/json_text.hpp"
#include "web/problem.hpp"
#include "workflows/apply_outbox.hpp"

namespace assured::web {

namespace {

constexpr std::size_t list_max = 500;

constexpr std::array prompt_states{PromptState::pending, PromptState::superseded, PromptState::held,
                                   PromptState::noticed};
constexpr std::array notice_states{
    NoticeState::pending,  NoticeState::leased,  NoticeState::accepted, NoticeState::delivered,
    NoticeState::deferred, NoticeState::bounced, NoticeState::expired,  NoticeState::held,
    NoticeState::superseded, NoticeState::unknown};

template <class States>
auto find_state(const States& states, std::string_view text)
    -> std::optional<typename States::value_type> {
  for (const auto state : states)
    if (to_text(state) == text) return state;
  return std::nullopt;
}

// Id of the last row of the page before; 0 when it is left out.
Result<std::int64_t> read_after(const Context& context, const char* name) {
  const std::string text = context.query(name);
  return text.empty() ? Result<std::int64_t>{0} : read_number(text, name);
}

json::object prompt_row(const Context& context, References& references, const Prompt& prompt) {
  json::object row = prompt_json(context, prompt);
  row["reference"] = references.of(prompt.item);
  return row;
}

json::object notice_row(const Context& context, BoardReader& reader, References& references,
                        const Notice& notice) {
  json::object row = notice_json(context, notice);
  row["reference"] = references.of(notice.item);
  // Of the first of its prompts, whose item and party are the notice's.
  if (!notice.prompts.empty())
    if (const auto prompt = reader.find_prompt(notice.prompts.front()))
      row["template"] = prompt->template_name;
  return row;
}

json::object counts_json(Context& context) {
  const OutboxCounts counts = context.reader->outbox_counts();
  json::object row;
  row["unsent"] = counts.unsent;
  row["deferred"] = counts.deferred;
  row["unknown"] = counts.unknown;
  row["held"] = counts.held;
  if (counts.oldest_unsent) put_instant(row, "oldest_unsent", *counts.oldest_unsent, *context.board.zone);
  return row;
}

Result<HeldMail> read_held_mail(const Context& context, bool may_give_up = false) {
  const auto body = read_object(context.request.body, may_give_up
                                                          ? std::set<std::string_view>{"reason", "give_up"}
                                                          : std::set<std::string_view>{"reason"});
  if (!body) return body.error();
  const auto reason = read_text(*body, "reason");
  if (!reason) return reason.error();
  HeldMail command;
  command.board = context.board_id;
  command.reason = *reason;
  command.caller.person = context.caller_name();
  return command;
}

}  // namespace

Response get_outbox(Context& context, const Segments&) {
  const auto limit = read_limit(context, list_max, list_max);
  const auto after_prompt = read_after(context, "after_prompt");
  const auto after_notice = read_after(context, "after_notice");
  if (!limit) return problem(limit.error());
  if (!after_prompt) return problem(after_prompt.error());
  if (!after_notice) return problem(after_notice.error());
  const std::string state = context.query("state");
  const auto prompt_state = find_state(prompt_states, state);
  const auto notice_state = find_state(notice_states, state);
  if (!state.empty() && !prompt_state && !notice_state)
    return problem({Errc::invalid, "Neither a prompt nor a notice has a state of this name.", "state"});
  References references{*context.reader};
  json::array prompts, notices;
  std::int64_t next_prompt = *after_prompt, next_notice = *after_notice;
  if (state.empty() || prompt_state)
    for (const auto& prompt :
         context.reader->list_prompts(*limit, PromptId{*after_prompt}, prompt_state)) {
      prompts.push_back(prompt_row(context, references, prompt));
      next_prompt = prompt.id.value;
    }
  if (state.empty() || notice_state)
    for (const auto& notice :
         context.reader->list_notices(*limit, NoticeId{*after_notice}, notice_state)) {
      notices.push_back(notice_row(context, *context.reader, references, notice));
      next_notice = notice.id.value;
    }
  const bool prompts_more = prompts.size() == *limit, notices_more = notices.size() == *limit;
  json::object body;
  body["prompts"] = std::move(prompts);
  body["notices"] = std::move(notices);
  // Both, so that the next page begins neither list anew.
  if (prompts_more || notices_more) {
    body["next_prompt"] = next_prompt;
    body["next_notice"] = next_notice;
  }
  body["counts"] = counts_json(context);
  return answer(body);
}

Response get_notice(Context& context, const Segments& rest) {
  const auto id = read_number(rest[2], "notice");
  if (!id) return problem(id.error());
  auto bytes = context.reader->find_notice_bytes(NoticeId{*id});
  if (!bytes)
    return problem({Errc::not_found, "There is no such notice, or its text was removed since."});
  return {200, "message/rfc822", std::move(*bytes)};
}

// What was, and will be, sent to whom about one item. Addresses of staff: for whoever may see the rest.
Response get_item_notices(Context& context, const Segments& rest) {
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  if (!context.may_see_protected(*item))
    return problem({Errc::forbidden,
                    "Only the board's side and the item's own agency may read whom it was told."});
  References references{*context.reader};
  json::array prompts, notices;
  std::map<NoticeId, std::pair<Notice, Prompt>> made;
  for (const Prompt& prompt : context.reader->prompts_about(item->id)) {
    prompts.push_back(prompt_row(context, references, prompt));
    for (Notice& notice : context.reader->notices_of(prompt.id))
      made.try_emplace(notice.id, std::move(notice), prompt);
  }
  for (const auto& [id, made_of] : made) {
    const auto& [notice, prompt] = made_of;
    json::object row = notice_row(context, *context.reader, references, notice);
    // A mail for several items would tell an agency of the others, and of posts that are not its own.
    if (!context.board_side) row.erase("prompts");
    row["reference"] = item->reference;
    row["item"] = item->id.value;
    row["to"] = prompt.to;
    row["template"] = prompt.template_name;
    notices.push_back(std::move(row));
  }
  json::object body;
  body["prompts"] = std::move(prompts);
  body["notices"] = std::move(notices);
  return answer(body);
}

// outbox/prompts/{id}/release and .../expire
Response post_held_prompt(Context& context, const Segments& rest) {
  const auto command = read_held_mail(context);
  if (!command) return problem(command.error());
  const auto id = read_number(rest[2], "prompt");
  if (!id) return problem(id.error());
  const auto decide_it = rest[3] == "release" ? release_prompt : expire_prompt;
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto prompt = decide_it(tx, programmes, *command, PromptId{*id}, now);
                  if (!prompt) return prompt.error();
                  References references{tx.board(context.board_id)};
                  return Done{json::serialize(prompt_row(context, references, *prompt))};
                });
}

// outbox/notices/{id}/release and .../expire
Response post_held_notice(Context& context, const Segments& rest) {
  const auto command = read_held_mail(context);
  if (!command) return problem(command.error());
  const auto id = read_number(rest[2], "notice");
  if (!id) return problem(id.error());
  const auto decide_it = rest[3] == "release" ? release_notice : expire_notice;
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto notice = decide_it(tx, programmes, *command, NoticeId{*id}, now);
                  if (!notice) return notice.error();
                  BoardReader& reader = tx.board(context.board_id);
                  References references{reader};
                  return Done{json::serialize(notice_row(context, reader, references, *notice))};
                });
}

// outbox/hold/end
Response post_end_of_hold(Context& context, const Segments&) {
  const auto command = read_held_mail(context, true);
  if (!command) return problem(command.error());
  const auto body = json::parse(context.request.body).as_object();
  const json::value* give_up = body.if_contains("give_up");
  if (give_up != nullptr && !give_up->is_bool())
    return problem({Errc::invalid, "This must be true or false.", "give_up"});
  const bool release = give_up == nullptr || !give_up->get_bool();
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto ended = end_outbox_hold(tx, programmes, *command, release, now);
                  if (!ended) return ended.error();
                  return Done{json::serialize(json::object{{"released", release ? *ended : 0},
                                                           {"given_up", release ? 0 : *ended}})};
                });
}

// obligations/{id}/resolve
Response post_resolved(Context& context, const Segments& rest) {
  const auto command = read_held_mail(context);
  if (!command) return problem(command.error());
  const auto id = read_number(rest[1], "obligation");
  if (!id) return problem(id.error());
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto outcome = resolve_held(tx, programmes, *command, ObligationId{*id}, now);
                  if (!outcome) return outcome.error();
                  return Done{json::serialize(outcome_json(context, *outcome))};
                });
}

}  // namespace assured::web
