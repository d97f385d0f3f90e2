// What is known of the board itself: people, meetings, definitions, calendar, named values.
#include "store/board.hpp"
#include "store/indexed.hpp"

namespace assured::store {

std::vector<Meeting> Board::list_meetings(std::string_view body) {
  static const std::string all = meetings_table().select + " ORDER BY start_at, id";
  static const std::string of_body =
      meetings_table().select + " AND body = $body ORDER BY start_at, id";
  Query run = query(body.empty() ? all : of_body);
  if (!body.empty()) run.bind("$body", body);
  return read_all(run, meeting_from);
}

std::optional<Meeting> Board::find_meeting(MeetingId id) {
  Query run = query(meetings_table().find);
  run.bind("$id", id.value);
  return read_one(run, meeting_from);
}

std::shared_ptr<const People> Board::load_people() {
  const std::string version = find_value(people_version).value_or("");
  if (auto known = people_.find(id_, version)) return known;
  static const std::string persons = persons_table().select + " ORDER BY id";
  static const std::string holdings = holdings_table().select + " ORDER BY person, from_date, post";
  auto people = std::make_shared<People>();
  Query read_persons = query(persons);
  people->persons = read_all(read_persons, person_from);
  Query read_holdings = query(holdings);
  people->holdings = read_all(read_holdings, holding_from);
  people->index();
  // A reader sees what is committed with each statement: what came in between may be of another version.
  if (find_value(people_version).value_or("") == version) people_.put(id_, version, people);
  return people;
}

std::optional<std::string> Board::find_definition(std::string_view digest) {
  Query run = query(definitions_table().find);
  run.bind("$digest", digest);
  if (!run.step()) return std::nullopt;
  return run.text(1);
}

std::vector<std::string> Board::definitions_in_use() {
  Query run = query(programmes_in_use);
  std::vector<std::string> digests;
  while (run.step()) digests.push_back(run.text(0));
  return digests;
}

std::vector<FileRecord> Board::files_of(ItemId item) {
  static const std::string sql = files_table().select + " AND item = $item ORDER BY kind, version";
  Query run = query(sql);
  run.bind("$item", item.value);
  return read_all(run, file_from);
}

std::vector<std::string> Board::file_digests() {
  Query run = query("SELECT DISTINCT digest FROM files WHERE board = $board");
  std::vector<std::string> out;
  while (run.step()) out.push_back(run.text(0));
  return out;
}

std::vector<ReadRecord> Board::list_reads(ItemId item, std::size_t limit) {
  Query run = query(
      "SELECT at, person, what FROM reads WHERE board = $board AND item = $item"
      " ORDER BY id DESC LIMIT $limit");
  run.bind("$item", item.value).bind("$limit", static_cast<std::int64_t>(limit));
  std::vector<ReadRecord> out;
  while (run.step()) out.push_back({from_ms(run.integer(0)), run.text(1), item, run.text(2)});
  return out;
}

std::vector<CalendarOverride> Board::calendar_overrides() {
  static const std::string sql = calendar_overrides_table().select + " ORDER BY date";
  Query run = query(sql);
  return read_all(run, calendar_override_from);
}

std::optional<std::string> Board::find_value(std::string_view name) {
  Query run = query("SELECT value FROM named_values WHERE board = $board AND name = $name");
  run.bind("$name", name);
  if (!run.step()) return std::nullopt;
  return run.text(0);
}

std::optional<KnownAnswer> Board::find_answer(std::string_view caller, std::string_view key) {
  Query run = query(
      "SELECT hash, answer FROM answers WHERE board = $board AND caller = $caller AND key = $key");
  run.bind("$caller", caller).bind("$key", key);
  if (!run.step()) return std::nullopt;
  return KnownAnswer{run.text(0), run.text(1)};
}

}  // namespace assured::store
