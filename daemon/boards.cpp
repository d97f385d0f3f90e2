#include "daemon/boards.hpp"

#include <fmt/format.h>

#include <set>

#include "config/programme_files.hpp"
#include "config/text_file.hpp"
#include "workflows/establishment_needs.hpp"
#include "workflows/system_head.hpp"

namespace assured {

namespace {

constexpr std::size_t calendar_bytes_max = 256 * 1024;
// A named value: the files that the board was last made ready with, and by which program.
constexpr std::string_view ready_with = "ready with";

std::string mark_of(const config::LoadedProgramme& loaded) { return ASSURED_VERSION " " + loaded.files_digest; }

// The definition as it runs already, or else as it is stored.
std::shared_ptr<const Definition> stored_definition(BoardReader& reader, const Programmes* running,
                                                    const std::string& board,
                                                    const std::string& digest) {
  if (running != nullptr)
    if (const auto* served = running->find_board(board))
      if (const auto known = served->pinned.find(digest); known != served->pinned.end())
        return known->second;
  const auto text = reader.find_definition(digest);
  if (!text)
    throw StoreError(fmt::format("board {}: the store lacks the definition {} that its items are on",
                                 board, digest),
                     false);
  auto definition = parse_definition(*text);
  if (!definition)
    throw StoreError(fmt::format("board {}: the stored definition {} cannot be read: {}", board,
                                 digest, definition.error().message),
                     false);
  definition->digest = digest;
  return std::make_shared<const Definition>(std::move(*definition));
}

// A file that does not check is refused, and with it all of them (S1.5).
std::vector<config::LoadedProgramme> load_programmes(
    const std::vector<config::ProgrammeSource>& sources, std::vector<Mistake>& mistakes) {
  std::vector<config::LoadedProgramme> loaded;
  std::map<std::string, std::string> path_of;  // by board
  for (const auto& source : sources) {
    auto programme = config::load_programme(source.path);
    mistakes.insert(mistakes.end(), programme.reading.mistakes.begin(),
                    programme.reading.mistakes.end());
    if (!programme.reading.programme) continue;
    const std::string& board = programme.reading.programme->establishment.board;
    const auto [known, is_new] = path_of.emplace(board, source.path.string());
    if (!is_new)
      mistakes.push_back({source.place, "programmes",
                          fmt::format("board {} is already that of {}", board, known->second),
                          "give each programme a board id of its own"});
    loaded.push_back(std::move(programme));
  }
  return loaded;
}

// Makes a board ready, with what running items are pinned to; names what they need of it and it lacks
// (S1.3). That reads all that is open, so it is left out where the board ran with the same files before: what
// came into being since was decided by what they say. Only reads.
void set_board(BoardReader& reader, Programmes& programmes, config::LoadedProgramme loaded,
               const Programmes* running, const Zones& zones, Instant now,
               std::vector<Mistake>& mistakes) {
  const std::string mark = mark_of(loaded);
  const auto current = std::make_shared<const Programme>(std::move(*loaded.reading.programme));
  const std::string& board = current->establishment.board;
  const auto added = programmes.set_board(current, std::move(loaded.digest), zones, reader.calendar_overrides());
  if (!added) {
    mistakes.push_back({current->establishment.zone_place, "zone", added.error().message, ""});
    return;
  }
  const Programmes::Board& made = programmes.get_board(board);
  for (const auto& digest : reader.definitions_in_use())
    if (!made.pinned.contains(digest))
      programmes.pin(board, digest, stored_definition(reader, running, board, digest));
  if (reader.find_value(ready_with) == mark) return;
  const auto needs = load_stored_needs(reader, local_date(now, *made.zone));
  const auto lacking = check_establishment_against(current->establishment, made.pinned, needs);
  mistakes.insert(mistakes.end(), lacking.begin(), lacking.end());
}

void store_definition(WriteTx& tx, const std::string& board, const std::string& digest,
                      const std::string& text, Instant now) {
  BoardWriter& writer = tx.board(board);
  if (writer.find_definition(digest)) return;
  const JournalHead head = head_of_system("definition", {}, now);
  writer.write_definition(head, digest, text, now);
  tx.note_operator(head, fmt::format("board {}: definition {}", board, digest), now);
}

std::vector<CalendarFile> load_calendars(const std::vector<config::CalendarSource>& sources,
                                         std::vector<Mistake>& mistakes) {
  std::vector<CalendarFile> files;
  for (const auto& source : sources) {
    try {
      const auto file = parse_calendar_file(
          config::read_text_file(source.path, calendar_bytes_max), source.path.string());
      if (file)
        files.push_back(*file);
      else
        mistakes.push_back({source.place, "calendars", file.error().message, ""});
    } catch (const IoError& error) {
      mistakes.push_back({source.place, "calendars", error.what(), ""});
    }
  }
  return files;
}

// A day on record stays as it is: the board may have said otherwise since.
void record_new_days(WriteTx& tx, Programmes& programmes, const std::string& board,
                     const std::vector<CalendarFile>& files, Instant now) {
  std::set<Date> known;
  for (const auto& day : tx.board(board).calendar_overrides()) known.insert(day.date);
  const Nation nation = programmes.get_board(board).current->establishment.nation;
  Caller system;
  system.person = "system";
  std::size_t added = 0;
  for (const auto& file : files) {
    if (file.nation != nation) continue;
    for (const auto& day : file.days) {
      if (!known.insert(day.date).second) continue;
      auto changed = change_calendar(tx, programmes, board, day, system, now);
      if (!changed) throw StoreError(changed.error().message, false);
      programmes = std::move(*changed);
      ++added;
    }
  }
  if (added == 0) return;
  tx.note_operator(head_of_system("calendar", {}, now),
                   fmt::format("board {}: {} days from calendar files", board, added), now);
}

}  // namespace

std::filesystem::path database_path(const std::filesystem::path& state_folder) {
  return state_folder / "assured.db";
}

Programmes read_boards(Store& store, const std::vector<config::ProgrammeSource>& sources,
                       const Zones& zones, Instant now) {
  BoardFiles files = load_board_files(sources, {});
  std::vector<Mistake> mistakes;
  Programmes programmes;
  for (auto& loaded : files.programmes) {
    const auto reader = store.reader(loaded.reading.programme->establishment.board);
    set_board(*reader, programmes, std::move(loaded), nullptr, zones, now, mistakes);
  }
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  return programmes;
}

BoardFiles load_board_files(const std::vector<config::ProgrammeSource>& sources,
                            const std::vector<config::CalendarSource>& calendars) {
  std::vector<Mistake> mistakes;
  BoardFiles files;
  files.programmes = load_programmes(sources, mistakes);
  files.calendars = load_calendars(calendars, mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  return files;
}

Programmes open_boards(WriteTx& tx, BoardFiles files, const Zones& zones, Instant now,
                       const Programmes* running) {
  std::vector<Mistake> mistakes;
  Programmes programmes;
  std::map<std::string, std::string> marks;  // by board
  for (auto& loaded : files.programmes) {
    marks[loaded.reading.programme->establishment.board] = mark_of(loaded);
    BoardReader& reader = tx.board(loaded.reading.programme->establishment.board);
    set_board(reader, programmes, std::move(loaded), running, zones, now, mistakes);
  }
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  for (const auto& board : programmes.boards()) {
    const Programme& current = *programmes.get_board(board).current;
    store_definition(tx, board, current.definition.digest, current.text, now);
    if (tx.board(board).find_value(ready_with) != marks[board]) tx.board(board).put_value(ready_with, marks[board]);
    record_new_days(tx, programmes, board, files.calendars, now);
  }
  return programmes;
}

Programmes open_boards(Store& store, const std::vector<config::ProgrammeSource>& sources,
                       const Zones& zones, Instant now,
                       const std::vector<config::CalendarSource>& calendars) {
  BoardFiles files = load_board_files(sources, calendars);
  const auto tx = store.begin();
  Programmes programmes = open_boards(*tx, std::move(files), zones, now);
  tx->commit();
  return programmes;
}

}  // namespace assured
