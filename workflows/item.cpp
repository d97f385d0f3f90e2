#include "workflows/item.hpp"

namespace assured {

bool is_builtin_obligation(std::string_view name) {
  return name.starts_with(name_somebody) || name.starts_with(set_date_prefix) ||
         name == look_at_held || name == look_at_bounced;
}

std::string_view to_text(Meeting::State s) {
  switch (s) {
    case Meeting::State::planned:
      return "planned";
    case Meeting::State::held:
      return "held";
    case Meeting::State::cancelled:
      return "cancelled";
  }
  ASSURED_ASSERT(!"a state of a meeting without a word");
  return {};
}

std::string_view to_text(PromptState s) {
  switch (s) {
    case PromptState::pending:
      return "pending";
    case PromptState::superseded:
      return "superseded";
    case PromptState::held:
      return "held";
    case PromptState::noticed:
      return "noticed";
  }
  ASSURED_ASSERT(!"a state of a prompt without a word");
  return {};
}

bool is_final(NoticeState s) {
  return s == NoticeState::accepted || s == NoticeState::delivered || s == NoticeState::bounced ||
         s == NoticeState::expired || s == NoticeState::superseded;
}

std::string_view to_text(NoticeState s) {
  switch (s) {
    case NoticeState::pending:
      return "pending";
    case NoticeState::leased:
      return "leased";
    case NoticeState::accepted:
      return "accepted";
    case NoticeState::delivered:
      return "delivered";
    case NoticeState::deferred:
      return "deferred";
    case NoticeState::bounced:
      return "bounced";
    case NoticeState::expired:
      return "expired";
    case NoticeState::held:
      return "held";
    case NoticeState::superseded:
      return "superseded";
    case NoticeState::unknown:
      return "unknown";
  }
  ASSURED_ASSERT(!"a state of a notice without a word");
  return {};
}

}  // namespace assured
