#include "store/rows.hpp"

#include <fmt/format.h>

#include <array>

#include "store/codec.hpp"

namespace assured::store {
namespace {

Table make_table(std::string name, std::size_t keys, std::vector<std::string> columns,
                 std::vector<std::size_t> item_columns = {}) {
  Table table{std::move(name), std::move(columns), keys, std::move(item_columns), {}, {}, {}, {}};
  std::string list, values, key_list = "board", where;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string& column = table.columns[i];
    list += (i == 0 ? "" : ", ") + column;
    values += ", $" + column;
    if (i < keys) {
      key_list += ", " + column;
      where += " AND " + column + " = $" + column;
    }
  }
  table.select = "SELECT " + list + " FROM " + table.name + " WHERE board = $board";
  table.find = table.select + where;
  table.insert = "INSERT INTO " + table.name + " (board, " + list + ") VALUES ($board" + values +
                 ") ON CONFLICT (" + key_list + ") DO NOTHING RETURNING 1";
  table.remove = "DELETE FROM " + table.name + " WHERE board = $board" + where;
  return table;
}

[[noreturn]] void fail(std::string_view what) {
  throw StoreError(fmt::format("A stored {} cannot be read; run verify.", what), false);
}

// Cells out of domain values. Id 0 is "none", which the tables know as NULL.
template <class Tag>
Cell cell(Id<Tag> id) {
  return id ? Cell{id.value} : Cell{};
}
Cell cell(Instant at) { return to_ms(at); }
Cell cell(const std::optional<Instant>& at) { return at ? Cell{to_ms(*at)} : Cell{}; }
Cell cell(int number) { return std::int64_t{number}; }
Cell cell(std::int64_t number) { return number; }
Cell cell(const std::string& text) { return text; }
Cell cell(std::string_view text) { return std::string{text}; }
Cell cell(Date date) { return to_text(date); }
Cell cell(const std::optional<Date>& date) { return date ? Cell{to_text(*date)} : Cell{}; }

template <class... Values>
Row make_row(const Values&... values) {
  Row row;
  row.reserve(sizeof...(values));
  (row.push_back(cell(values)), ...);
  return row;
}

// Walks over a row's cells in order.
class CellReader {
 public:
  CellReader(const Row& row, const Table& table) : row_(row), table_(table) {
    if (row.size() != table.columns.size()) fail(table.name);
  }
  std::int64_t integer() {
    const auto* value = std::get_if<std::int64_t>(&take());
    if (value == nullptr) fail(table_.name);
    return *value;
  }
  int small() { return static_cast<int>(integer()); }
  const std::string& text() {
    const auto* value = std::get_if<std::string>(&take());
    if (value == nullptr) fail(table_.name);
    return *value;
  }
  Instant instant() { return from_ms(integer()); }
  std::optional<Instant> maybe_instant() {
    if (is_null()) return std::nullopt;
    return instant();
  }
  Date date() {
    const auto date = parse_date(text());
    if (!date) fail(table_.name);
    return *date;
  }
  std::optional<Date> maybe_date() {
    if (is_null()) return std::nullopt;
    return date();
  }
  template <class TypedId>
  TypedId id() {
    if (is_null()) return TypedId{};
    return TypedId{integer()};
  }
  template <class Enum, std::size_t n>
  Enum word(const std::array<Enum, n>& all) {
    const std::string& stored = text();
    for (const Enum value : all)
      if (to_text(value) == stored) return value;
    fail(table_.name);
  }

 private:
  const Cell& take() { return row_[next_++]; }
  // Steps over the cell when it is NULL.
  bool is_null() {
    if (!std::holds_alternative<std::monostate>(row_[next_])) return false;
    ++next_;
    return true;
  }
  const Row& row_;
  const Table& table_;
  std::size_t next_ = 0;
};

constexpr std::array families{Family::a, Family::b, Family::c};
constexpr std::array meeting_states{Meeting::State::planned, Meeting::State::held,
                                    Meeting::State::cancelled};
constexpr std::array prompt_states{PromptState::pending, PromptState::superseded, PromptState::held,
                                   PromptState::noticed};
constexpr std::array notice_states{
    NoticeState::pending,    NoticeState::leased,  NoticeState::accepted, NoticeState::delivered,
    NoticeState::deferred,   NoticeState::bounced, NoticeState::expired,  NoticeState::held,
    NoticeState::superseded, NoticeState::unknown};

}  // namespace

const Table& items_table() {
  static const Table table =
      make_table("items", 1,
                 {"id", "kind", "parent", "root", "reference", "state", "entered_at", "created_at",
                  "agency", "programme", "version", "fields", "ready_told"},
                 {0});
  return table;
}

const Table& obligations_table() {
  static const Table table = make_table("obligations", 1,
                                        {"id",
                                         "item",
                                         "name",
                                         "round",
                                         "owed_by",
                                         "ladder",
                                         "family",
                                         "opened_at",
                                         "rule",
                                         "anchor",
                                         "due_at",
                                         "first_due_at",
                                         "due_version",
                                         "meeting",
                                         "closed_at",
                                         "closed_by",
                                         "held_until",
                                         "acknowledged_rung",
                                         "rungs_from",
                                         "first_rung",
                                         "owed_rung",
                                         "seniors_wait_until",
                                         "seniors_wait_rungs",
                                         "gap_from",
                                         "gap_to",
                                         "next_at"},
                                        {1});
  return table;
}

const Table& fired_rungs_table() {
  static const Table table = make_table(
      "fired_rungs", 5,
      {"obligation", "due_version", "rung", "cycle", "recipient", "planned_at", "fired_at", "seq"});
  return table;
}

const Table& assignments_table() {
  static const Table table =
      make_table("assignments", 4, {"item", "role", "person", "from_at", "by_post", "to_at"}, {0});
  return table;
}

const Table& links_table() {
  static const Table table =
      make_table("links", 3, {"from_item", "to_item", "kind", "at", "withdrawn_at"}, {0, 1});
  return table;
}

const Table& approvals_table() {
  static const Table table =
      make_table("approvals", 4, {"item", "name", "person", "at", "for_post", "withdrawn_at"}, {0});
  return table;
}

const Table& meetings_table() {
  static const Table table = make_table("meetings", 1, {"id", "body", "start_at", "state"});
  return table;
}

const Table& persons_table() {
  static const Table table = make_table("persons", 1, {"id", "name", "mail", "phone"});
  return table;
}

const Table& holdings_table() {
  static const Table table = make_table("holdings", 3, {"person", "post", "from_date", "to_date"});
  return table;
}

const Table& prompts_table() {
  static const Table table = make_table(
      "prompts", 1,
      {"id", "item", "obligation", "due_version", "rung", "cycle", "recipient", "template",
       "family", "created_at", "not_before", "missed", "down_from", "down_to", "state", "why"},
      {1});
  return table;
}

const Table& notices_table() {
  static const Table table = make_table("notices", 1,
                                        {"id", "item", "recipient", "person", "address",
                                         "message_id", "digest", "state", "created_at", "final_at"},
                                        {1});
  return table;
}

const Table& notice_prompts_table() {
  static const Table table = make_table("notice_prompts", 2, {"notice", "prompt"});
  return table;
}

const Table& definitions_table() {
  static const Table table = make_table("definitions", 1, {"digest", "text"});
  return table;
}

const Table& files_table() {
  static const Table table = make_table(
      "files", 3, {"item", "kind", "version", "digest", "type", "bytes", "at", "actor", "for_post"},
      {0});
  return table;
}

const Table& calendar_overrides_table() {
  static const Table table = make_table("calendar_overrides", 1, {"date", "closed", "title"});
  return table;
}

std::span<const Table* const> journaled_tables() {
  static const std::array<const Table*, 15> tables{&items_table(),
                                                   &obligations_table(),
                                                   &fired_rungs_table(),
                                                   &assignments_table(),
                                                   &links_table(),
                                                   &approvals_table(),
                                                   &meetings_table(),
                                                   &persons_table(),
                                                   &holdings_table(),
                                                   &prompts_table(),
                                                   &notices_table(),
                                                   &notice_prompts_table(),
                                                   &definitions_table(),
                                                   &calendar_overrides_table(),
                                                   &files_table()};
  return tables;
}

const Table* find_table(std::string_view name) {
  for (const Table* table : journaled_tables())
    if (table->name == name) return table;
  return nullptr;
}

std::string describe(const Table& table, const Row& key) {
  std::string text = table.name + " (";
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i != 0) text += ", ";
    if (const auto* number = std::get_if<std::int64_t>(&key[i])) text += std::to_string(*number);
    if (const auto* word = std::get_if<std::string>(&key[i])) text += *word;
  }
  return text + ")";
}

Row to_row(const Item& item) {
  return make_row(item.id, item.kind, item.parent, item.root, item.reference, item.state,
                  item.entered_at, item.created_at, item.agency, item.programme, item.version,
                  encode_fields(item.fields), encode_names(item.ready_told));
}

Item item_from(const Row& row) {
  CellReader read{row, items_table()};
  Item item;
  item.id = read.id<ItemId>();
  item.kind = read.text();
  item.parent = read.id<ItemId>();
  item.root = read.id<ItemId>();
  item.reference = read.text();
  item.state = read.text();
  item.entered_at = read.instant();
  item.created_at = read.instant();
  item.agency = read.text();
  item.programme = read.text();
  item.version = read.integer();
  item.fields = decode_fields(read.text());
  item.ready_told = decode_names(read.text());
  return item;
}

Row to_row(const Obligation& o) {
  return make_row(o.id, o.item, o.name, o.round, o.owed_by, o.ladder, to_text(o.family),
                  o.opened_at, encode_rule(o.rule), o.anchor, o.due_at, o.first_due_at,
                  o.due_version, o.meeting, o.closed_at, o.closed_by, o.held_until,
                  o.acknowledged_rung, o.rungs_from, o.first_rung, o.owed_rung,
                  o.seniors_wait_until, encode_numbers(o.seniors_wait_rungs), o.gap_from, o.gap_to, o.next_at);
}

Obligation obligation_from(const Row& row) {
  CellReader read{row, obligations_table()};
  Obligation o;
  o.id = read.id<ObligationId>();
  o.item = read.id<ItemId>();
  o.name = read.text();
  o.round = read.small();
  o.owed_by = read.text();
  o.ladder = read.text();
  o.family = read.word(families);
  o.opened_at = read.instant();
  o.rule = decode_rule(read.text());
  o.anchor = read.maybe_instant();
  o.due_at = read.maybe_instant();
  o.first_due_at = read.maybe_instant();
  o.due_version = read.small();
  o.meeting = read.id<MeetingId>();
  o.closed_at = read.maybe_instant();
  o.closed_by = read.text();
  o.held_until = read.maybe_instant();
  o.acknowledged_rung = read.small();
  o.rungs_from = read.instant();
  o.first_rung = read.small();
  o.owed_rung = read.small();
  o.seniors_wait_until = read.maybe_instant();
  o.seniors_wait_rungs = decode_numbers(read.text());
  o.gap_from = read.maybe_instant();
  o.gap_to = read.maybe_instant();
  o.next_at = read.maybe_instant();
  return o;
}

Row to_row(const FiredRung& f, std::int64_t seq) {
  return make_row(f.obligation, f.due_version, f.rung, f.cycle, f.to, f.planned_at, f.fired_at,
                  seq);
}

FiredRung fired_rung_from(const Row& row) {
  CellReader read{row, fired_rungs_table()};
  FiredRung fired;
  fired.obligation = read.id<ObligationId>();
  fired.due_version = read.small();
  fired.rung = read.small();
  fired.cycle = read.small();
  fired.to = read.text();
  fired.planned_at = read.instant();
  fired.fired_at = read.instant();
  return fired;
}

Row to_row(const Assignment& a) {
  return make_row(a.item, a.role, a.person, a.from, a.by_post, a.to);
}

Assignment assignment_from(const Row& row) {
  CellReader read{row, assignments_table()};
  Assignment a;
  a.item = read.id<ItemId>();
  a.role = read.text();
  a.person = read.text();
  a.from = read.instant();
  a.by_post = read.text();
  a.to = read.maybe_instant();
  return a;
}

Row to_row(const Link& link) {
  return make_row(link.from, link.to, link.kind, link.at, link.withdrawn_at);
}

Link link_from(const Row& row) {
  CellReader read{row, links_table()};
  Link link;
  link.from = read.id<ItemId>();
  link.to = read.id<ItemId>();
  link.kind = read.text();
  link.at = read.instant();
  link.withdrawn_at = read.maybe_instant();
  return link;
}

Row to_row(const Approval& a) {
  return make_row(a.item, a.name, a.person, a.at, a.for_post, a.withdrawn_at);
}

Approval approval_from(const Row& row) {
  CellReader read{row, approvals_table()};
  Approval a;
  a.item = read.id<ItemId>();
  a.name = read.text();
  a.person = read.text();
  a.at = read.instant();
  a.for_post = read.text();
  a.withdrawn_at = read.maybe_instant();
  return a;
}

Row to_row(const Meeting& m) { return make_row(m.id, m.body, m.start, to_text(m.state)); }

Meeting meeting_from(const Row& row) {
  CellReader read{row, meetings_table()};
  Meeting m;
  m.id = read.id<MeetingId>();
  m.body = read.text();
  m.start = read.instant();
  m.state = read.word(meeting_states);
  return m;
}

Row to_row(const Person& p) { return make_row(p.id, p.name, p.mail, p.phone); }

Person person_from(const Row& row) {
  CellReader read{row, persons_table()};
  Person p;
  p.id = read.text();
  p.name = read.text();
  p.mail = read.text();
  p.phone = read.text();
  return p;
}

Row to_row(const Holding& h) { return make_row(h.person, h.post, h.from, h.to); }

Holding holding_from(const Row& row) {
  CellReader read{row, holdings_table()};
  Holding h;
  h.person = read.text();
  h.post = read.text();
  h.from = read.date();
  h.to = read.maybe_date();
  return h;
}

Row to_row(const Prompt& p) {
  return make_row(p.id, p.item, p.obligation, p.due_version, p.rung, p.cycle, p.to, p.template_name,
                  to_text(p.family), p.created_at, p.not_before, encode_instants(p.missed),
                  p.down_from, p.down_to, to_text(p.state), p.why);
}

Prompt prompt_from(const Row& row) {
  CellReader read{row, prompts_table()};
  Prompt p;
  p.id = read.id<PromptId>();
  p.item = read.id<ItemId>();
  p.obligation = read.id<ObligationId>();
  p.due_version = read.small();
  p.rung = read.small();
  p.cycle = read.small();
  p.to = read.text();
  p.template_name = read.text();
  p.family = read.word(families);
  p.created_at = read.instant();
  p.not_before = read.instant();
  p.missed = decode_instants(read.text());
  p.down_from = read.maybe_instant();
  p.down_to = read.maybe_instant();
  p.state = read.word(prompt_states);
  p.why = read.text();
  return p;
}

Row to_row(const Notice& n) {
  return make_row(n.id, n.item, n.to, n.person, n.address, n.message_id, n.digest, to_text(n.state),
                  n.created_at, n.final_at);
}

Row to_row(NoticeId notice, PromptId prompt) { return make_row(notice, prompt); }

Notice notice_from(const Row& row) {
  CellReader read{row, notices_table()};
  Notice n;
  n.id = read.id<NoticeId>();
  n.item = read.id<ItemId>();
  n.to = read.text();
  n.person = read.text();
  n.address = read.text();
  n.message_id = read.text();
  n.digest = read.text();
  n.state = read.word(notice_states);
  n.created_at = read.instant();
  n.final_at = read.maybe_instant();
  return n;
}

NoticeState notice_state_from(std::string_view text) {
  for (const NoticeState state : notice_states)
    if (to_text(state) == text) return state;
  fail("notice");
}

Row to_row(const CalendarOverride& day) { return make_row(day.date, int{day.closed}, day.title); }

Row to_row(const FileRecord& f) {
  return make_row(f.item, f.kind, f.version, f.digest, f.type, f.bytes, f.at, f.actor, f.for_post);
}

FileRecord file_from(const Row& row) {
  CellReader read{row, files_table()};
  FileRecord f;
  f.item = read.id<ItemId>();
  f.kind = read.text();
  f.version = read.small();
  f.digest = read.text();
  f.type = read.text();
  f.bytes = read.integer();
  f.at = read.instant();
  f.actor = read.text();
  f.for_post = read.text();
  return f;
}

CalendarOverride calendar_override_from(const Row& row) {
  CellReader read{row, calendar_overrides_table()};
  CalendarOverride day;
  day.date = read.date();
  day.closed = read.integer() != 0;
  day.title = read.text();
  return day;
}

}  // namespace assured::store
