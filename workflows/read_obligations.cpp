// Due rules, obligations and ladders.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "workflows/programme_reading.hpp"

namespace assured::reading {

namespace {

constexpr std::string_view parent_prefix = "parent.";

// "entry", "created", "now", "parent.FIELD" or the name of an own field.
void read_anchor(Row& row, DueRule& rule) {
  const auto from = row.text("from");
  if (!from) return;
  if (*from == "entry")
    rule.from = AnchorKind::entry;
  else if (*from == "created")
    rule.from = AnchorKind::created;
  else if (*from == "now")
    rule.from = AnchorKind::now;
  else if (from->compare(0, parent_prefix.size(), parent_prefix) == 0) {
    rule.from = AnchorKind::parent_field;
    rule.field = from->substr(parent_prefix.size());
  } else {
    rule.from = AnchorKind::field;
    rule.field = *from;
  }
}

void need_anchor(Row& row, DueRule& rule) {
  if (!row.has("from"))
    row.missing("from", "say what it counts from: entry, created, now, or the name of a field");
  read_anchor(row, rule);
}

// "next qa-subgroup", "next qa-subgroup - 5wd"
void read_meeting(Row& row, DueRule& rule) {
  const auto at = row.text("at");
  if (!at) return;
  const auto remedy = "write \"next BODY\", or \"next BODY - 5wd\"";
  std::vector<std::string> words;
  for (std::size_t i = 0; i < at->size();) {
    const auto end = std::min(at->find(' ', i), at->size());
    if (end > i) words.push_back(at->substr(i, end - i));
    i = end + 1;
  }
  const bool has_offset = words.size() == 4 && (words[2] == "-" || words[2] == "+");
  if (words.empty() || words[0] != "next" || (words.size() != 2 && !has_offset)) {
    row.mistake("at", fmt::format("'{}' does not name a meeting", *at), remedy);
    return;
  }
  rule.body = words[1];
  if (!has_offset) return;
  const auto offset = parse_span(words[3]);
  if (!offset) {
    row.mistake("at", offset.error().message, remedy);
    return;
  }
  rule.offset = *offset;
  if (words[2] == "-") rule.offset.count = -rule.offset.count;
}

void read_on(Row& row, DueRule& rule) {
  const auto on = row.text("on").value_or("");
  const bool of_parent = on.compare(0, parent_prefix.size(), parent_prefix) == 0;
  rule.from = of_parent ? AnchorKind::parent_field : AnchorKind::field;
  rule.field = of_parent ? on.substr(parent_prefix.size()) : on;
}

}  // namespace

std::optional<DueRule> read_due(Row row) {
  DueRule rule;
  std::vector<std::string> forms;
  for (const std::string_view form : {"after", "in_hours", "at", "on"})
    if (row.has(form)) forms.emplace_back(form);
  if (forms.size() != 1) {
    row.mistakes().add(
        row.place(), row.path(),
        forms.empty() ? "this does not say when it is due"
                      : fmt::format("{} cannot stand together", list_names(forms)),
        "write { after = \"5wd\", from = \"entry\" }, { in_hours = \"2h\", else = "
        "\"4h\", from = \"now\" }, { at = \"next BODY\" } or { on = \"a_date_field\" }");
    return std::nullopt;
  }
  bool is_read = true;
  const auto& form = forms.front();
  if (form == "after") {
    rule.kind = DueRule::Kind::after;
    const auto span = row.span("after");
    is_read = span.has_value();
    rule.after = span.value_or(Span{});
    need_anchor(row, rule);
  } else if (form == "in_hours") {
    rule.kind = DueRule::Kind::hours;
    const auto in_hours = row.span("in_hours");
    if (!row.has("else")) row.missing("else", "say how long outside office hours");
    const auto otherwise = row.span("else");
    is_read = in_hours && otherwise;
    rule.in_hours = in_hours.value_or(Span{});
    rule.else_ = otherwise.value_or(Span{});
    for (const std::string_view key : {"in_hours", "else"}) {
      const auto& span = key == "else" ? rule.else_ : rule.in_hours;
      if (is_read && !span.is_elapsed())
        row.mistake(key, fmt::format("'{}' is not a time of hours or minutes", to_text(span)),
                    "write 2h or 30min");
    }
    need_anchor(row, rule);
  } else if (form == "at") {
    rule.kind = DueRule::Kind::meeting;
    read_meeting(row, rule);
    read_anchor(row, rule);
  } else {
    rule.kind = DueRule::Kind::on;
    read_on(row, rule);
  }
  row.finish();
  if (!is_read) return std::nullopt;
  return rule;
}

namespace {

// How far apart two rungs may lie in any calendar, in minutes from the due instant. A working day
// is one to several calendar days, a month 28 to 31; a date unit fires in the morning of its date.
struct Reach {
  std::int64_t earliest, latest;
};

Reach reach_of(Span span) {
  constexpr std::int64_t day = 24 * 60;
  const std::int64_t n = span.count;
  std::int64_t low = 0, high = 0;
  switch (span.unit) {
    case Unit::minutes:
      return {n, n};
    case Unit::hours:
      return {n * 60, n * 60};
    case Unit::days:
      low = high = n * day;
      break;
    case Unit::weeks:
      low = high = n * 7 * day;
      break;
    case Unit::months:
      low = n * 28 * day;
      high = n * 31 * day;
      break;
    case Unit::years:
      low = n * 365 * day;
      high = n * 366 * day;
      break;
    case Unit::working_days: {
      // Weekends and a Christmas with its holidays on each end.
      const std::int64_t longest = n * 2 + (n < 0 ? -7 : 7);
      low = n * day;
      high = n == 0 ? 0 : longest * day;
      break;
    }
  }
  if (low > high) std::swap(low, high);
  return {low - day, high + day};
}

bool is_surely_before(Span later, Span earlier) {
  if (later.unit == earlier.unit) return later.count < earlier.count;
  return reach_of(later).latest < reach_of(earlier).earliest;
}

RungDef read_rung(Row row, std::optional<Span>& at) {
  RungDef rung;
  rung.place = row.place();
  if (!row.has("at")) row.missing("at", "say when, from the due date: -5wd, 0d, +1wd, +4h");
  at = row.span("at", true);
  rung.at = at.value_or(Span{});
  rung.to = row.roles("to");
  if (!row.has("to"))
    row.missing("to", "say who is told: [\"owner\"]");
  else if (rung.to.empty())
    row.mistake("to", "nobody is told", "write [\"owner\"]");
  rung.template_name = row.required_text("template", "name the template of the mail");
  if (auto repeat = row.table("repeat")) {
    if (!repeat->has("every")) repeat->missing("every", "say how often: every = \"5wd\"");
    rung.repeat_every = repeat->span("every");
    if (rung.repeat_every && rung.repeat_every->count < 1)
      repeat->mistake("every", "a repeat of nothing would never end", "write 1d or more");
    const auto until = repeat->required_text("until", "write until = \"closed\"");
    if (!until.empty() && until != "closed")
      repeat->mistake("until", fmt::format("'{}' is not an end of a repeat", until),
                      "write until = \"closed\"");
    repeat->finish();
  }
  row.finish();
  return rung;
}

}  // namespace

LadderDef read_ladder(const std::string& name, Row row) {
  LadderDef ladder;
  ladder.name = name;
  ladder.place = row.place();
  ladder.family = row.family("family").value_or(Family::c);
  ladder.ack_max = row.span("ack_max");
  if (const auto longest = row.span("suspend_max")) ladder.suspend_max = *longest;
  std::optional<Span> last;
  for (auto& entry : row.tables("rung")) {
    std::optional<Span> at;
    ladder.rungs.push_back(read_rung(entry, at));
    if (at && last && is_surely_before(*at, *last))
      entry.mistake("at",
                    fmt::format("the rungs are out of order: {} comes before {}", to_text(*at),
                                to_text(*last)),
                    "put the rungs in order of time");
    if (at) last = at;
  }
  if (!row.has("rung")) row.missing("rung", fmt::format("add [[{}.rung]] tables", row.path()));
  row.finish();
  return ladder;
}

}  // namespace assured::reading
