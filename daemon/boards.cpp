#include "daemon/boards.hpp"

#include <fmt/format.h>

#include <set>

#include "config/programme_files.hpp"
#include "config/text_file.hpp"
#include "workflows/establishment_needs.hpp"

namespace assured {

namespace {

constexpr std::size_t calendar_bytes_max = 256 * 1024;

void pin_stored(Store& store, Programmes& programmes, const std::string& board) {
  const auto reader = store.reader(board);
  for (const auto& digest : reader->definitions_in_use()) {
    if (programmes.get_board(board).pinned.contains(digest)) continue;
    const auto text = reader->find_definition(digest);
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
    programmes.pin(board, digest, std::make_shared<const Definition>(std::move(*definition)));
  }
}

void store_definition(Store& store, const std::string& board, const std::string& digest,
                      const std::string& text, Instant now) {
  const auto tx = store.begin();
  BoardWriter& writer = tx->board(board);
  if (writer.find_definition(digest)) return;
  const JournalHead head = system_note("definition", now);
  writer.write_definition(head, digest, text, now);
  tx->note_operator(head, fmt::format("board {}: definition {}", board, digest), now);
  tx->commit();
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

// Makes each board ready, with what running items are pinned to; names what they need of it and it
// lacks (S1.3). Reads the store only.
void set_boards(Store& store, Programmes& programmes, std::vector<config::LoadedProgramme>& loaded,
                const Zones& zones, Instant now, std::vector<Mistake>& mistakes) {
  for (auto& programme : loaded) {
    const auto current =
        std::make_shared<const Programme>(std::move(*programme.reading.programme));
    const std::string& board = current->establishment.board;
    const auto added = programmes.set_board(current, programme.digest, zones,
                                            store.reader(board)->calendar_overrides());
    if (!added) {
      mistakes.push_back({current->establishment.zone_place, "zone", added.error().message, ""});
      continue;
    }
    pin_stored(store, programmes, board);
    const Programmes::Board& made = programmes.get_board(board);
    const auto needs = load_stored_needs(*store.reader(board), local_date(now, *made.zone));
    const auto lacking = check_establishment_against(current->establishment, made.pinned, needs);
    mistakes.insert(mistakes.end(), lacking.begin(), lacking.end());
  }
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
void record_new_days(Store& store, Programmes& programmes, const std::string& board,
                     const std::vector<CalendarFile>& files, Instant now) {
  std::set<Date> known;
  for (const auto& day : store.reader(board)->calendar_overrides()) known.insert(day.date);
  const Nation nation = programmes.get_board(board).current->establishment.nation;
  Caller system;
  system.person = "system";
  const auto tx = store.begin();
  std::size_t added = 0;
  for (const auto& file : files) {
    if (file.nation != nation) continue;
    for (const auto& day : file.days) {
      if (!known.insert(day.date).second) continue;
      auto changed = change_calendar(*tx, programmes, board, day, system, now);
      if (!changed) throw StoreError(changed.error().message, false);
      programmes = std::move(*changed);
      ++added;
    }
  }
  if (added == 0) return;
  tx->note_operator(system_note("calendar", now),
                    fmt::format("board {}: {} days from calendar files", board, added), now);
  tx->commit();
}

}  // namespace

JournalHead system_note(std::string kind, Instant now) {
  JournalHead head;
  head.actor = "system";
  head.kind = std::move(kind);
  head.occurred_at = now;
  return head;
}

std::filesystem::path database_path(const std::filesystem::path& state_folder) {
  return state_folder / "assured.db";
}

Programmes read_boards(Store& store, const std::vector<config::ProgrammeSource>& sources,
                       const Zones& zones, Instant now) {
  std::vector<Mistake> mistakes;
  auto loaded = load_programmes(sources, mistakes);
  Programmes programmes;
  if (mistakes.empty()) set_boards(store, programmes, loaded, zones, now, mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  return programmes;
}

Programmes open_boards(Store& store, const std::vector<config::ProgrammeSource>& sources,
                       const Zones& zones, Instant now,
                       const std::vector<config::CalendarSource>& calendars) {
  std::vector<Mistake> mistakes;
  auto loaded = load_programmes(sources, mistakes);
  const auto calendar_files = load_calendars(calendars, mistakes);
  Programmes programmes;
  if (mistakes.empty()) set_boards(store, programmes, loaded, zones, now, mistakes);
  if (!mistakes.empty()) throw ConfigError(std::move(mistakes));
  for (const auto& board : programmes.boards()) {
    const Programme& current = *programmes.get_board(board).current;
    store_definition(store, board, current.definition.digest, current.text, now);
    record_new_days(store, programmes, board, calendar_files, now);
  }
  return programmes;
}

}  // namespace assured
