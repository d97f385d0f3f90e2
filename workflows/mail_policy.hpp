// Where mail may go (DESIGN.md 8, "Modes").
#pragma once

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
