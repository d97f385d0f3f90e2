// What monitoring reads: counters and gauges in the text format of Prometheus (0.0.4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "web/health.hpp"

namespace assured::web {

// Of the one writer (S14.1), since the start.
struct CommandCounts {
  static constexpr std::array<std::size_t, 7> group_bounds{1, 2, 4, 8, 16, 32, 64};

  // accepted, refused, conflict, repeated, unavailable, failed
  std::map<std::string, std::uint64_t, std::less<>> outcomes = {
      {"accepted", 0}, {"refused", 0}, {"conflict", 0}, {"repeated", 0}, {"unavailable", 0}, {"failed", 0}};
  std::uint64_t groups = 0;
  std::uint64_t commands = 0;                                   // in groups
  std::array<std::uint64_t, group_bounds.size()> by_size = {};  // groups of at most the bound, and more than the one before
  std::size_t waiting = 0;

  void add_group(std::size_t size);
};

struct Metrics {
  CommandCounts commands;
  std::map<std::string, std::uint64_t> mail;     // what became of tries, by outcome
  std::map<std::string, std::uint64_t> prompts_closed;  // that the planner made no mail from, by outcome
  std::uint64_t mails_planned = 0;               // that it made
  std::uint64_t mails_planned_anew = 0;          // made, and dropped before they were begun
  std::uint64_t relay_troubles = 0;
  std::uint64_t due_carried_out = 0;             // obligations on which the scheduler found something due
};

// Labels are names of parts, outcomes and boards, and nothing that anybody typed (S12.2).
std::string to_prometheus(const Health& health, const Metrics& metrics, Instant now);

}  // namespace assured::web
