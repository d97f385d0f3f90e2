// A year of many boards in one store, on the virtual clock: each action is late from the first night on, and
// chased each week. The work of all workers, with a relay that takes everything.
#include <fmt/format.h>

#include <stdexcept>

#include "bench/measure.hpp"
#include "bench/world.hpp"
#include "daemon/housekeeper.hpp"

namespace assured::bench {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::size_t owners_a_board = 130;  // with an action each: a million mails of 150 boards
constexpr auto year = std::chrono::days{365};

class TakesAll final : public Relay {
 public:
  std::unique_ptr<Notifier> connect() override { return std::make_unique<Connection>(); }

 private:
  struct Connection final : Notifier {
    SendOutcome send(const Outgoing&) override { return {SendAnswer::accepted, 250, {}}; }
  };
};

}  // namespace

std::vector<Row> measure_boards(const Options& options) {
  const BoardsFiles files =
      make_boards(options.boards, {owners_a_board, owners_a_board, Dates::tonight}, options.work);
  OpenWorld world{files.programmes, files.state, night()};
  TakesAll relay;
  Sender sender{*world.store, world.programmes, relay};
  Housekeeper housekeeper{*world.store, world.files, world.programmes, [] { return Retention{}; }};
  Instant now = night();
  const double seconds = seconds_of([&] {
    while (now < night() + year) {
      world.scheduler.note_alive(now);  // it never was down
      const Instant fires = world.scheduler.run_once(now);
      const Instant sends = send_all(world.planner, sender, now);
      now = std::max<Instant>(std::min({fires, sends, housekeeper.run_once(now)}), now + 1ms);
    }
  });
  const auto mails = sender.health().accepted;
  if (mails < options.boards * owners_a_board * 50) throw std::runtime_error("bench: weeks went by without mail");
  Row row{fmt::format("a year of {} boards on the virtual clock, {} mails", options.boards, mails), "s", {}, {}, {}};
  row.note = fmt::format("{:.0f} mails/s, {:.1f} GB", static_cast<double>(mails) / seconds,
                         static_cast<double>(std::filesystem::file_size(database_path(files.state))) / 1e9);
  row.figures.push_back(seconds);
  std::filesystem::remove_all(files.state);
  return {row};
}

}  // namespace assured::bench
