// Once a day: what should be known before it hurts. Posts that a rung would find empty (S3.5), the
// journal's head to the system log (S13.4), files that no row names (S16.2), and what has been kept for
// long enough (S14.5).
#pragma once

#include "daemon/workers.hpp"
#include "workflows/files.hpp"

namespace assured {

// How long rows are kept that are not part of the record. The journal, and with it every prompt and
// notice, stays until its item is disposed of.
struct Retention {
  std::chrono::days answers{7};       // S14.2: to requests with an idempotency key
  std::chrono::days mail_bytes{90};   // after the final state (S10.5); the digest stays
  std::chrono::days reads{730};       // who saw what is protected
};

class Housekeeper : public Worker {
 public:
  // `retention` is asked at each pass.
  Housekeeper(Store& store, FileStore& files, const CurrentProgrammes& programmes,
              std::function<Retention()> retention)
      : store_(store), files_(files), programmes_(programmes), retention_(std::move(retention)) {}
  std::string_view name() const override { return "housekeeper"; }
  Instant run_once(Instant now) override;

 private:
  void check_board(const std::string& board, Instant now);
  void clean_board(const std::string& board, Instant now);

  Store& store_;
  FileStore& files_;
  const CurrentProgrammes& programmes_;
  std::function<Retention()> retention_;
  std::optional<Instant> next_;  // woken earlier, it has nothing to do
};

}  // namespace assured
