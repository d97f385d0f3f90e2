// Readers of the two files that correct the computed holidays: our own TOML and GOV.UK's JSON.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "workflows/calendar.hpp"
#include "workflows/printable.hpp"
#include "workflows/toml_text.hpp"

namespace assured {

namespace {

constexpr std::string_view override_shape =
    "write [[closed]] or [[open]], and below it date = 2026-06-15 and title = \"...\"";

class OverrideReader {
 public:
  OverrideReader(std::string_view source, bool of_nation)
      : source_(source), of_nation_(of_nation) {}

  void read(const toml::table& file) {
    if (of_nation_) read_nation(file);
    for (const auto& [key, node] : file) {
      if (of_nation_ && key == "nation") continue;
      if (key != "closed" && key != "open") {
        add_mistake(key.source(), key, fmt::format("unknown key; {}", override_shape));
        continue;
      }
      const toml::array* rows = node.as_array();
      if (!rows) {
        add_mistake(key.source(), key, fmt::format("needs two brackets: [[{}]]", key.str()));
        continue;
      }
      for (const toml::node& row : *rows) {
        if (const toml::table* table = row.as_table())
          read_row(*table, key.str());
        else
          add_mistake(row.source(), key, override_shape);
      }
    }
  }

  void add_mistake(const toml::source_region& at, std::string_view key, std::string_view message) {
    mistakes_.push_back({at.begin.line, at.begin.column, printable(key),
                         printable(message)});
  }

  Nation nation() const { return nation_; }

  Result<std::vector<CalendarOverride>> take() {
    if (mistakes_.empty()) return std::move(overrides_);
    // toml++ keeps keys in alphabetical order; people read a file from its top.
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
    std::string all;
    for (const Mistake& mistake : mistakes_)
      all += fmt::format("{}{}:{}:{}: {}: {}", all.empty() ? "" : "\n", source_, mistake.line,
                         mistake.column, mistake.key, mistake.message);
    return Error{Errc::invalid, all};
  }

 private:
  struct Mistake {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string key;
    std::string message;
  };

  void read_nation(const toml::table& file) {
    constexpr std::string_view shape = "write england-and-wales, scotland or northern-ireland";
    const toml::node* node = file.get("nation");
    if (!node) {
      add_mistake(file.source(), "nation", fmt::format("missing; {}", shape));
      return;
    }
    const auto nation = nation_from_text(node->value_exact<std::string>().value_or(""));
    if (nation)
      nation_ = *nation;
    else
      add_mistake(node->source(), "nation", fmt::format("there is no such nation; {}", shape));
  }

  void read_row(const toml::table& row, std::string_view kind) {
    const auto mistakes_before = mistakes_.size();
    for (const auto& [key, node] : row)
      if (key != "date" && key != "title")
        add_mistake(key.source(), path(kind, key), "unknown key; a row has date and title");

    const auto date = read_date(row, kind);
    std::string title;
    if (const toml::node* node = row.get("title")) {
      title = node->value_exact<std::string>().value_or("");
      if (title.empty())
        add_mistake(node->source(), path(kind, "title"),
                    "say in quotes why the day is different; deadlines show it");
    } else {
      add_mistake(row.source(), path(kind, "title"),
                  "missing; say why the day is different, deadlines show it");
    }
    if (mistakes_.size() == mistakes_before && date)
      overrides_.push_back({*date, kind == "closed", title});
  }

  std::optional<Date> read_date(const toml::table& row, std::string_view kind) {
    const toml::node* node = row.get("date");
    if (!node) {
      add_mistake(row.source(), path(kind, "date"), "missing; write date = 2026-06-15");
      return std::nullopt;
    }
    std::string text;
    if (const auto native = node->value_exact<toml::date>())
      text = fmt::format("{:04}-{:02}-{:02}", native->year, native->month, native->day);
    else
      text = node->value_exact<std::string>().value_or("");
    const auto date = parse_date(text);
    if (!date) {
      add_mistake(node->source(), path(kind, "date"), date.error().message);
      return std::nullopt;
    }
    // One date said twice is a slip, or one file pasted into another: which title holds?
    if (const auto [seen, is_new] = lines_.try_emplace(*date, node->source().begin.line); !is_new) {
      add_mistake(node->source(), path(kind, "date"),
                  fmt::format("{} is already listed on line {}", to_text(*date), seen->second));
      return std::nullopt;
    }
    return *date;
  }

  static std::string path(std::string_view kind, std::string_view key) {
    return fmt::format("{}.{}", kind, key);
  }

  std::string_view source_;
  bool of_nation_;
  Nation nation_ = Nation::england_and_wales;
  std::vector<CalendarOverride> overrides_;
  std::vector<Mistake> mistakes_;
  std::map<Date, std::uint32_t> lines_;
};

Error bad_json(std::string_view message) {
  return Error{Errc::invalid, fmt::format("This is not GOV.UK's bank-holidays.json: {}.", message)};
}

const boost::json::string* find_text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value ? value->if_string() : nullptr;
}

void read_text(std::string_view toml, std::string_view source, OverrideReader& reader) {
  try {
    reader.read(reading::parse_toml(toml, source));
  } catch (const toml::parse_error& error) {
    reader.add_mistake(error.source(), "TOML", error.description());
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char ch : text) {
    const auto code = static_cast<unsigned char>(ch);
    if (ch == '"' || ch == '\\')
      out += {'\\', ch};
    else if (code < 0x20 || code == 0x7f)
      out += fmt::format("\\u{:04X}", code);
    else
      out += ch;
  }
  return out + '"';
}

}  // namespace

Result<std::vector<CalendarOverride>> parse_calendar_overrides(std::string_view toml,
                                                               std::string_view source) {
  OverrideReader reader{source, false};
  read_text(toml, source, reader);
  return reader.take();
}

Result<CalendarFile> parse_calendar_file(std::string_view toml, std::string_view source) {
  OverrideReader reader{source, true};
  read_text(toml, source, reader);
  auto days = reader.take();
  if (!days) return days.error();
  return CalendarFile{reader.nation(), std::move(*days)};
}

std::string to_toml(const CalendarFile& file) {
  std::string out = fmt::format("nation = \"{}\"\n", to_text(file.nation));
  for (const CalendarOverride& day : file.days)
    out += fmt::format("\n[[{}]]\ndate = {}\ntitle = {}\n", day.closed ? "closed" : "open",
                       to_text(day.date), quoted(day.title));
  return out;
}

Result<std::vector<CalendarOverride>> overrides_from_gov_uk_json(std::string_view json,
                                                                 Nation nation) {
  boost::json::error_code code;
  const boost::json::value file = boost::json::parse(json, code);
  if (code) return bad_json("it is not JSON");
  const boost::json::object* top = file.if_object();
  const boost::json::value* part = top ? top->if_contains(to_text(nation)) : nullptr;
  const boost::json::object* division = part ? part->if_object() : nullptr;
  if (!division) return bad_json(fmt::format("it has no division {}", to_text(nation)));
  const boost::json::value* list = division->if_contains("events");
  const boost::json::array* events = list ? list->if_array() : nullptr;
  if (!events) return bad_json(fmt::format("{} has no list of events", to_text(nation)));

  std::map<Date, std::string> listed;
  std::set<int> years;
  for (const boost::json::value& row : *events) {
    const boost::json::object* event = row.if_object();
    const boost::json::string* date_text = event ? find_text(*event, "date") : nullptr;
    const boost::json::string* title = event ? find_text(*event, "title") : nullptr;
    const auto number = &row - events->begin() + 1;
    if (!date_text || !title || title->empty())
      return bad_json(
          fmt::format("event {} of {} needs a date and a title", number, to_text(nation)));
    const auto date = parse_date(*date_text);
    if (!date)
      return bad_json(fmt::format("event {} of {} has no valid date", number, to_text(nation)));
    listed.try_emplace(*date, std::string_view{title->data(), title->size()});
    years.insert(static_cast<int>(std::chrono::year_month_day{*date}.year()));
  }

  const Calendar rule{nation};
  std::vector<CalendarOverride> different;
  for (const auto& [date, title] : listed)
    if (rule.is_working_day(date)) different.push_back({date, true, title});
  for (const int year : years)
    for (const Holiday& holiday : computed_holidays(nation, year))
      if (!listed.contains(holiday.date)) different.push_back({holiday.date, false, holiday.title});
  std::sort(different.begin(), different.end(),
            [](const CalendarOverride& a, const CalendarOverride& b) { return a.date < b.date; });
  return different;
}

}  // namespace assured
