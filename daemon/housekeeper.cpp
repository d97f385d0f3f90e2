#include "daemon/housekeeper.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "workflows/reach.hpp"

namespace assured {

namespace {

constexpr auto every = std::chrono::hours{24};
constexpr std::size_t removed_max = 500;  // rows a transaction

}  // namespace

Instant Housekeeper::run_once(Instant now) {
  if (next_ && now < *next_) return *next_;
  for (const std::string& board : programmes_.get()->boards()) {
    check_board(board, now);
    clean_board(board, now);
  }
  spdlog::info("operator: journal head {}", store_.head(Store::operator_board));
  next_ = now + every;
  return *next_;
}

void Housekeeper::check_board(const std::string& id, Instant now) {
  const auto programmes = programmes_.get();
  const Programmes::Board& board = programmes->get_board(id);
  const auto reader = store_.reader(id);
  const auto gaps = find_unreachable(board.current->definition, board.current->establishment,
                                     *reader->load_people(), local_date(now, *board.zone));
  for (const Unreachable& gap : gaps)
    spdlog::warn("board {}: post {} would not be reached: {} (ladders: {})", id, gap.post, gap.why,
                 fmt::join(gap.ladders, ", "));
  // Newest rows can be cut off unseen until a head has left the machine: this is how it leaves.
  spdlog::info("board {}: journal head {}", id, store_.head(id));
  const std::size_t swept = files_.sweep(id, reader->file_digests(), now);
  if (swept > 0) spdlog::info("board {}: {} files that no row names were removed", id, swept);
}

void Housekeeper::clean_board(const std::string& id, Instant now) {
  const Retention keep = retention_();
  const std::pair<Retained, Instant> limits[] = {{Retained::answers, now - keep.answers},
                                                 {Retained::notice_bytes, now - keep.mail_bytes},
                                                 {Retained::reads, now - keep.reads}};
  std::size_t all = 0;
  for (const auto& [what, before] : limits)
    for (std::size_t removed = removed_max; removed == removed_max;) {
      auto tx = store_.begin(Urgency::workers);
      removed = tx->board(id).remove_old(what, before, removed_max);
      if (removed > 0) tx->commit();
      all += removed;
    }
  if (all > 0) spdlog::info("board {}: {} rows past their retention were removed", id, all);
}

}  // namespace assured
