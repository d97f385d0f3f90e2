#include "daemon/calendar_add.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "daemon/boards.hpp"
#include "workflows/roles.hpp"

namespace assured {

namespace {

// A socket file that nobody listens on is left by a service that was killed.
bool is_answered(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, text.data(), text.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw StoreError(fmt::format("no socket can be made: {}", std::strerror(errno)), true);
  const bool answered =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return answered;
}

// Who the journal names, or nothing when they may not change the calendar.
std::optional<std::string> find_actor(Store& store, const config::Settings& settings,
                                      const CalendarAdd& command, const Programmes::Board& board,
                                      Instant now) {
  const auto person = settings.find_person(command.uid, command.board);
  if (settings.is_operator(command.uid)) return person.value_or(fmt::format("uid {}", command.uid));
  if (!person) return std::nullopt;
  const bool board_side =
      is_board_side(board.current->establishment, *store.reader(command.board)->load_people(), *person,
                    local_date(now, *board.zone));
  return board_side ? person : std::nullopt;
}

}  // namespace

Result<void> add_calendar_day(Store& store, const config::Settings& settings,
                              const CalendarAdd& command, const Zones& zones, Instant now) {
  if (is_answered(settings.socket_path))
    return Error{Errc::conflict,
                 fmt::format("The service runs on {}. Ask it: assuredctl calendar {} {} --why \"{}\"",
                             settings.socket_path.string(), command.day.closed ? "close" : "open",
                             to_text(command.day.date), command.day.title)};
  auto programmes = open_boards(store, settings.programmes, zones, now, settings.calendars);
  const auto* board = programmes.find_board(command.board);
  if (board == nullptr) return Error{Errc::not_found, "There is no such board.", "board"};
  Caller caller;
  const auto actor = find_actor(store, settings, command, *board, now);
  if (!actor)
    return Error{Errc::forbidden,
                 "Only an operator, or somebody who holds a post of the board, may do this."};
  caller.person = *actor;
  const auto tx = store.begin();
  const auto changed = change_calendar(*tx, programmes, command.board, command.day, caller, now);
  if (!changed) return changed.error();
  tx->commit();
  return {};
}

}  // namespace assured
