// What workers reported, counted for metrics.
#pragma once

#include <atomic>

#include "daemon/workers.hpp"
#include "web/metrics.hpp"

namespace assured {

// Thread: safe.
class WorkCounts {
 public:
  void add(const WorkReport& report) {
    if (report.what == "due") ++due_;
    if (report.what == "planned") ++planned_;
    if (report.what == "prompt" && report.prompt)
      ++(report.prompt->state == PromptState::held ? held_ : superseded_);
  }
  void put_into(web::Metrics& metrics) const {
    metrics.due_carried_out = due_;
    metrics.mails_planned = planned_;
    metrics.prompts_closed = {{"superseded", superseded_}, {"held", held_}};
  }

 private:
  std::atomic<std::uint64_t> due_{0}, planned_{0}, superseded_{0}, held_{0};
};

}  // namespace assured
