// Once a day: what should be known before it hurts. Posts that a rung would find empty (S3.5), the
// journal's head to the system log (S13.4), files that no row names (S16.2).
#pragma once

#include "daemon/workers.hpp"
#include "workflows/files.hpp"

namespace assured {

class Housekeeper : public Worker {
 public:
  Housekeeper(Store& store, FileStore& files, const CurrentProgrammes& programmes)
      : store_(store), files_(files), programmes_(programmes) {}
  std::string_view name() const override { return "housekeeper"; }
  Instant run_once(Instant now) override;

 private:
  void check_board(const std::string& board, Instant now);

  Store& store_;
  FileStore& files_;
  const CurrentProgrammes& programmes_;
  std::optional<Instant> next_;  // woken earlier, it has nothing to do
};

}  // namespace assured
