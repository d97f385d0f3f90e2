// Where mail may go (DESIGN.md 8, "Modes"), and how much of it to one reader.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace assured {

struct MailPolicy {
  enum class Mode {
    observe,   // nothing leaves: prompts are held
    redirect,  // all to one address; family A only when that is an address of the board's own
    live,
  } mode = Mode::live;
  std::string redirect_to;                      // redirect
  std::set<std::string, std::less<>> domains;   // live: mail leaves to these only; empty: to all
  std::uint32_t per_person_per_hour = 0;        // routine mail to one reader; 0: as much as there is
  bool operator==(const MailPolicy&) const = default;
};

constexpr std::string_view to_text(MailPolicy::Mode mode) {
  switch (mode) {
    case MailPolicy::Mode::observe: return "observe";
    case MailPolicy::Mode::redirect: return "redirect";
    case MailPolicy::Mode::live: return "live";
  }
  return "live";
}

}  // namespace assured
