// What health and metrics tell of the store, read ahead, so that nobody who asks for them waits for it.
#pragma once

#include <mutex>

#include "daemon/workers.hpp"
#include "web/health.hpp"

namespace assured {

class StatusReader : public Worker {
 public:
  StatusReader(Store& store, const CurrentProgrammes& programmes)
      : store_(store), programmes_(programmes) {}
  std::string_view name() const override { return "status"; }
  // Reads four times a minute at most, however often it is woken.
  Instant run_once(Instant now) override;
  // As last read; nothing before that. Thread: any.
  std::optional<web::StoredHealth> last() const;

 private:
  Store& store_;
  const CurrentProgrammes& programmes_;
  mutable std::mutex mutex_;
  std::optional<web::StoredHealth> last_;
};

}  // namespace assured
