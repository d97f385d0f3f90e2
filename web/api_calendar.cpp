// The board's calendar: days on record, the holidays that rules give, and a new day (S5.4).
#include <fmt/format.h>

#include "web/json_text.hpp"
#include "web/problem.hpp"

namespace assured::web {

namespace {

constexpr std::int64_t year_min = 2000, year_max = 2200;

json::object day_json(const CalendarOverride& day) {
  json::object row;
  row["date"] = to_text(day.date);
  row["closed"] = day.closed;
  row["title"] = day.title;
  return row;
}

Result<CalendarOverride> read_day(const json::object& body) {
  const auto date_text = read_text(body, "date");
  const auto title = read_text(body, "title");
  if (!date_text) return date_text.error();
  if (!title) return title.error();
  const auto date = parse_date(*date_text);
  if (!date) return Error{Errc::invalid, date.error().message, "date"};
  const json::value* closed = body.if_contains("closed");
  if (closed == nullptr || !closed->is_bool())
    return Error{Errc::invalid, "Say true for a closed day, false for an open one.", "closed"};
  return CalendarOverride{*date, closed->get_bool(), *title};
}

}  // namespace

Response get_calendar(Context& context, const Segments&) {
  const Calendar& calendar = *context.board.calendar;
  const Date today = local_date(context.now, *context.board.zone);
  std::int64_t year = static_cast<int>(std::chrono::year_month_day{today}.year());
  if (const auto text = context.query("year"); !text.empty()) {
    const auto number = read_number(text, "year");
    if (!number || *number < year_min || *number > year_max)
      return problem({Errc::invalid,
                      fmt::format("This must be a year from {} to {}.", year_min, year_max), "year"});
    year = *number;
  }
  json::array holidays, overrides;
  for (const Holiday& holiday : computed_holidays(calendar.nation(), static_cast<int>(year))) {
    json::object row;
    row["date"] = to_text(holiday.date);
    row["title"] = holiday.title;
    holidays.push_back(std::move(row));
  }
  for (const CalendarOverride& day : context.reader->calendar_overrides())
    overrides.push_back(day_json(day));
  json::object body;
  body["nation"] = to_text(calendar.nation());
  body["year"] = year;
  body["holidays"] = std::move(holidays);
  body["overrides"] = std::move(overrides);
  return answer(body);
}

Response post_calendar(Context& context, const Segments&) {
  const auto body = read_object(context.request.body, {"date", "closed", "title"});
  if (!body) return problem(body.error());
  const auto day = read_day(*body);
  if (!day) return problem(day.error());
  Caller caller;
  caller.person = context.caller_name();
  return submit(context,
                [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
                  auto changed = change_calendar(tx, programmes, context.board_id, *day, caller, now);
                  if (!changed) return changed.error();
                  return Done{json::serialize(day_json(*day)), std::move(*changed)};
                });
}

}  // namespace assured::web
