#include "workflows/programmes.hpp"

namespace assured {

Result<void> Programmes::set_board(std::shared_ptr<const Programme> programme, std::string digest,
                                   const Zones& zones, std::vector<CalendarOverride> overrides) {
  const Establishment& e = programme->establishment;
  auto zone = zones.find_zone(e.zone_name);
  if (!zone) return zone.error();
  Board& board = boards_[e.board];
  board.current = programme;
  board.zone = *zone;
  board.time.close_of_day = e.close_of_day;
  board.time.morning = e.morning;
  board.time.window_from = e.window_from;
  board.time.window_to = e.window_to;
  board.time.office_from = e.office_from;
  board.time.office_to = e.office_to;
  board.time.day_zero = e.day_zero;
  board.time.zone = board.zone.get();
  board.pinned[digest] = std::shared_ptr<const Definition>(programme, &programme->definition);
  set_overrides(e.board, std::move(overrides));
  return {};
}

void Programmes::set_overrides(std::string_view id, std::vector<CalendarOverride> overrides) {
  const auto found = boards_.find(id);
  ASSURED_ASSERT(found != boards_.end());
  Board& board = found->second;
  board.calendar =
      std::make_shared<const Calendar>(board.current->establishment.nation, std::move(overrides));
  board.time.calendar = board.calendar.get();
}

void Programmes::pin(std::string_view id, std::string digest,
                     std::shared_ptr<const Definition> definition) {
  const auto found = boards_.find(id);
  ASSURED_ASSERT(found != boards_.end());
  found->second.pinned[std::move(digest)] = std::move(definition);
}

const Programmes::Board* Programmes::find_board(std::string_view id) const {
  const auto found = boards_.find(id);
  return found == boards_.end() ? nullptr : &found->second;
}

const Programmes::Board& Programmes::get_board(std::string_view id) const {
  const Board* board = find_board(id);
  ASSURED_ASSERT(board != nullptr);
  return *board;
}

std::vector<std::string> Programmes::boards() const {
  std::vector<std::string> ids;
  for (const auto& [id, board] : boards_) ids.push_back(id);
  return ids;
}

Rules Programmes::rules(const Board& board, std::string_view digest) const {
  const Definition* definition = &board.current->definition;
  if (!digest.empty() && digest != definition->digest) {
    const auto pinned = board.pinned.find(digest);
    // The daemon pins every stored definition when it starts; one that came into force since these
    // programmes were taken is there when they are taken again.
    if (pinned == board.pinned.end())
      throw StoreError("an item is on a definition that was put in force meanwhile", true);
    definition = pinned->second.get();
  }
  return Rules{*definition, board.current->establishment, board.time, coverage, &board.pinned,
               &board.current->definition};
}

}  // namespace assured
