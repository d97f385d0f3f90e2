// What callers ask for: events, acknowledgements, suspensions, meetings, people.
#include <fmt/format.h>

#include "web/json_text.hpp"
#include "web/problem.hpp"

namespace assured::web {

namespace {

// The text that a field's type will read: callers may send numbers, flags and lists as such.
Result<std::string> stored_text(const json::value& value, std::string_view name) {
  if (value.is_string()) return std::string{value.get_string()};
  if (value.is_int64()) return fmt::format("{}", value.get_int64());
  if (value.is_bool()) return std::string{value.get_bool() ? "true" : "false"};
  if (value.is_array()) {
    std::string text;
    for (const auto& entry : value.get_array()) {
      if (!entry.is_string())
        return Error{Errc::invalid, "A list may hold texts only.", std::string{name}};
      if (!text.empty()) text += ',';
      text += std::string_view{entry.get_string()};
    }
    return text;
  }
  return Error{Errc::invalid, "This must be a text, a whole number, true, false or a list of texts.",
               std::string{name}};
}

}  // namespace

Result<std::map<std::string, std::string>> read_texts(const json::object& body,
                                                      std::string_view name) {
  std::map<std::string, std::string> texts;
  const json::value* value = body.if_contains(name);
  if (value == nullptr || value->is_null()) return texts;
  if (!value->is_object())
    return Error{Errc::invalid, "This must be an object.", std::string{name}};
  for (const auto& member : value->get_object()) {
    const auto text = stored_text(member.value(), member.key());
    if (!text) return text.error();
    texts[std::string{member.key()}] = *text;
  }
  return texts;
}

namespace {

Result<Caller> read_caller(const Context& context, const json::object& body) {
  Caller caller;
  caller.person = context.person;
  const auto for_post = read_text(body, "for_post");
  const auto channel = read_text(body, "channel");
  const auto occurred = read_text(body, "occurred_at");
  for (const auto* text : {&for_post, &channel, &occurred})
    if (!*text) return text->error();
  caller.for_post = *for_post;
  caller.channel = *channel;
  if (!occurred->empty()) {
    const auto at = read_when(context, *occurred, "occurred_at");
    if (!at) return at.error();
    caller.occurred_at = *at;
  }
  return caller;
}

}  // namespace

Result<Command> read_command(Context& context, const json::object& body) {
  Command command;
  command.board = context.board_id;
  const auto event = read_text(body, "event");
  const auto reason = read_text(body, "reason");
  const auto fields = read_texts(body, "fields");
  const auto assign = read_texts(body, "assign");
  const auto links = read_texts(body, "links");
  const auto caller = read_caller(context, body);
  if (!event) return event.error();
  if (event->empty()) return Error{Errc::invalid, "Say which event happened.", "event"};
  if (!reason) return reason.error();
  if (!fields) return fields.error();
  if (!assign) return assign.error();
  if (!links) return links.error();
  if (!caller) return caller.error();
  command.event = *event;
  command.reason = *reason;
  command.fields = *fields;
  command.assign = *assign;
  command.caller = *caller;
  for (const auto& [kind, reference] : *links) {
    const auto item = find_item(context, reference);
    if (!item) return Error{Errc::not_found, "There is no such item to link to.", kind};
    command.links[kind] = item->id;
  }
  if (const json::value* version = body.if_contains("expected_version");
      version != nullptr && !version->is_null()) {
    if (!version->is_int64())
      return Error{Errc::invalid, "This must be a whole number.", "expected_version"};
    command.expected_version = version->get_int64();
  }
  return command;
}

namespace {

// Carries out one of workflows/apply.hpp's commands on an item or obligation.
template <class Command>
Response carry_out(Context& context, const Command& command,
                   Result<Outcome> (*function)(WriteTx&, const Programmes&, const Command&, Instant)) {
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto outcome = function(tx, programmes, command, now);
                  if (!outcome) return outcome.error();
                  return Done{json::serialize(outcome_json(context, *outcome))};
                });
}

// S7.2: what waits for a later meeting stays bound to it until the board team says otherwise.
json::array rebind_asks(const Context& context, BoardReader& reader, const Programmes& programmes,
                        const Meeting& meeting) {
  json::array asks;
  if (meeting.state != Meeting::State::planned) return asks;
  for (const Obligation& o : could_rebind(reader, programmes, context.board_id, meeting)) {
    json::object ask = obligation_json(context, o);
    if (const auto item = reader.find_item(o.item)) ask["reference"] = item->reference;
    asks.push_back(std::move(ask));
  }
  return asks;
}

}  // namespace

// items/{item}/events, or events: a start on no item.
Response post_event(Context& context, const Segments& rest) {
  const auto body =
      read_object(context.request.body, {"event", "fields", "assign", "links", "reason", "for_post",
                                         "channel", "occurred_at", "expected_version"});
  if (!body) return problem(body.error());
  auto command = read_command(context, *body);
  if (!command) return problem(command.error());
  if (rest.size() > 1) {
    const auto item = find_item(context, rest[1]);
    if (!item) return problem(item.error());
    command->item = item->id;
  }
  return carry_out(context, *command, apply);
}

// obligations/{id}/acknowledge and obligations/{id}/suspend.
Response post_obligation(Context& context, const Segments& rest) {
  const bool suspends = rest[2] == "suspend";
  const auto body = read_object(
      context.request.body,
      suspends ? std::set<std::string_view>{"for", "reason", "for_post", "channel", "occurred_at"}
               : std::set<std::string_view>{"for", "progress", "for_post", "channel", "occurred_at"});
  if (!body) return problem(body.error());
  const auto id = read_number(rest[1], "obligation");
  if (!id) return problem(id.error());
  const auto obligation = context.reader->find_obligation(ObligationId{*id});
  const auto item = obligation ? context.reader->find_item(obligation->item) : std::nullopt;
  if (!item || !context.may_see(*item))
    return problem({Errc::not_found, "There is no such obligation."});

  const auto span_text = read_text(*body, "for");
  if (!span_text) return problem(span_text.error());
  if (span_text->empty())
    return problem({Errc::invalid, "Say for how long, such as \"4h\" or \"2wd\".", "for"});
  const auto span = parse_span(*span_text);
  if (!span) return problem({span.error().code, span.error().message, "for"});
  const auto why = read_text(*body, suspends ? "reason" : "progress");
  if (!why) return problem(why.error());
  const auto caller = read_caller(context, *body);
  if (!caller) return problem(caller.error());

  if (suspends) {
    Suspend command;
    command.board = context.board_id;
    command.obligation = obligation->id;
    command.hold_for = *span;
    command.reason = *why;
    command.caller = *caller;
    return carry_out(context, command, suspend);
  }
  Acknowledge command;
  command.board = context.board_id;
  command.obligation = obligation->id;
  command.hold_for = *span;
  command.progress = *why;
  command.caller = *caller;
  return carry_out(context, command, acknowledge);
}

// What is odd about when a meeting begins, though a board may want it.
json::array meeting_warnings(const Context& context, const Meeting& meeting) {
  json::array warnings;
  const TimeRules& time = context.board.time;
  const Date date = local_date(meeting.start, *context.board.zone);
  if (const auto closed = time.calendar->closed_reason(date))
    warnings.emplace_back(fmt::format("nobody works on {} ({})", to_text(date), *closed));
  else if (!in_office_hours(meeting.start, time))
    warnings.emplace_back(fmt::format("{} lies outside office hours",
                                      to_text(local_time_of_day(meeting.start, *context.board.zone))));
  return warnings;
}

// meetings: plan one; meetings/{id}: move, cancel or hold it.
Response post_meeting(Context& context, const Segments& rest) {
  const bool plans = rest.size() == 1;
  const auto body = read_object(
      context.request.body,
      plans ? std::set<std::string_view>{"body", "start", "for_post", "channel", "occurred_at"}
            : std::set<std::string_view>{"what", "start", "for_post", "channel", "occurred_at"});
  if (!body) return problem(body.error());
  MeetingCommand command;
  command.board = context.board_id;
  const auto caller = read_caller(context, *body);
  if (!caller) return problem(caller.error());
  command.caller = *caller;

  bool needs_start = plans;
  if (plans) {
    const auto name = read_text(*body, "body");
    if (!name) return problem(name.error());
    command.what = MeetingCommand::What::plan;
    command.body = *name;
  } else {
    const auto id = read_number(rest[1], "meeting");
    if (!id) return problem(id.error());
    command.meeting = MeetingId{*id};
    const auto what = read_text(*body, "what");
    if (!what) return problem(what.error());
    if (*what == "move")
      command.what = MeetingCommand::What::move;
    else if (*what == "cancel")
      command.what = MeetingCommand::What::cancel;
    else if (*what == "hold")
      command.what = MeetingCommand::What::hold;
    else
      return problem({Errc::invalid, "This must be move, cancel or hold.", "what"});
    needs_start = *what == "move";
  }
  const auto start = read_text(*body, "start");
  if (!start) return problem(start.error());
  if (needs_start) {
    const auto at = read_when(context, *start, "start");
    if (!at) return problem(at.error());
    command.start = *at;
  }
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto meeting = change_meeting(tx, programmes, command, now);
                  if (!meeting) return meeting.error();
                  json::object row = meeting_json(context, *meeting);
                  if (needs_start) row["warnings"] = meeting_warnings(context, *meeting);
                  row["could_rebind"] =
                      rebind_asks(context, tx.board(context.board_id), programmes, *meeting);
                  return Done{json::serialize(row)};
                });
}

Response post_rebind(Context& context, const Segments& rest) {
  const auto body = read_object(context.request.body, {"meeting", "for_post", "channel", "occurred_at"});
  if (!body) return problem(body.error());
  const auto id = read_number(rest[1], "obligation");
  if (!id) return problem(id.error());
  const json::value* meeting = body->if_contains("meeting");
  if (meeting == nullptr || !meeting->is_int64())
    return problem({Errc::invalid, "This must be a meeting's number.", "meeting"});
  const auto caller = read_caller(context, *body);
  if (!caller) return problem(caller.error());
  Rebind command;
  command.board = context.board_id;
  command.obligation = ObligationId{*id};
  command.meeting = MeetingId{meeting->get_int64()};
  command.caller = *caller;
  return carry_out(context, command, rebind);
}

// The body is the text of a people file, TOML or CSV, whole or not at all.
Response post_people(Context& context, const Segments&) {
  const std::string format = context.query("format");
  if (!format.empty() && format != "toml" && format != "csv")
    return problem({Errc::invalid, "This must be toml or csv.", "format"});
  const Establishment& establishment = context.board.current->establishment;
  const PeopleFile people = format == "csv"
                                ? parse_people_csv(context.request.body, establishment)
                                : parse_people(context.request.body, "people", establishment);
  if (!people.errors.empty()) {
    Response refusal = problem({Errc::invalid,
                                fmt::format("Nothing was loaded. Mistakes: {}.", people.errors.size())});
    json::object body = json::parse(refusal.body).as_object();
    json::array rows;
    for (const auto& error : people.errors) {
      json::object row;
      row["row"] = error.row;
      row["field"] = error.field;
      row["message"] = error.message;
      rows.push_back(std::move(row));
    }
    body["rows"] = std::move(rows);
    refusal.body = json::serialize(body);
    return refusal;
  }
  Caller caller;
  caller.person = context.caller_name();
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  const auto loaded =
                      load_people(tx, programmes, context.board_id, people, caller, now);
                  if (!loaded) return loaded.error();
                  json::object body;
                  body["persons"] = people.persons.size();
                  body["holdings"] = people.holdings.size();
                  return Done{json::serialize(body)};
                });
}

}  // namespace assured::web
