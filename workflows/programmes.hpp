// The programmes of one daemon: each board's current one, and the definitions its items are pinned to.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "workflows/decide.hpp"
#include "workflows/programme.hpp"

namespace assured {

// A value: a copy shares what does not change.
class Programmes {
 public:
  struct Board {
    std::shared_ptr<const Programme> current;
    std::shared_ptr<const Zone> zone;
    std::shared_ptr<const Calendar> calendar;  // with the board's stored overrides
    TimeRules time;                            // points into zone and calendar
    Definitions pinned;  // by digest
  };
  // Adds or replaces a board; its definition gets `digest`. Errors: invalid (unknown zone).
  Result<void> set_board(std::shared_ptr<const Programme> programme, std::string digest,
                         const Zones& zones, std::vector<CalendarOverride> overrides);
  void pin(std::string_view board, std::string digest,
           std::shared_ptr<const Definition> definition);
  const Board* find_board(std::string_view board) const;
  const Board& get_board(std::string_view board) const;
  std::vector<std::string> boards() const;
  void set_overrides(std::string_view board, std::vector<CalendarOverride> overrides);
  // The rules for an item of `board` pinned to `digest` (empty: the current definition).
  Rules rules(const Board& board, std::string_view digest) const;

  Coverage* coverage = nullptr;  // given to every decision; for stories

 private:
  std::map<std::string, Board, std::less<>> boards_;
};

// The programmes in force. They are replaced whole and never changed, so that whoever took them keeps
// one consistent set through a pass or a request. Thread: safe; replace() belongs inside the write
// transaction's life, so that two replacements cannot lose one another's change.
class CurrentProgrammes {
 public:
  explicit CurrentProgrammes(Programmes programmes)
      : programmes_(std::make_shared<const Programmes>(std::move(programmes))) {}
  std::shared_ptr<const Programmes> get() const {
    const std::lock_guard lock{mutex_};
    return programmes_;
  }
  void replace(std::shared_ptr<const Programmes> programmes) {
    const std::lock_guard lock{mutex_};
    programmes_.swap(programmes);
  }
  void replace(Programmes programmes) {
    replace(std::make_shared<const Programmes>(std::move(programmes)));
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Programmes> programmes_;
};

}  // namespace assured
