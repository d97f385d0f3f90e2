// The computed status of an item with its reason, beside the owner's own rating (DOMAIN.md 3.2).
// Colours differ from board to board, so their meanings are the programme's; never shown without
// the words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "workflows/decide.hpp"

namespace assured {

enum class Colour { grey, green, amber, red, blue };
std::string_view to_text(Colour colour);

struct Rating {
  Colour colour = Colour::grey;
  std::string meaning;            // the board's legend for the colour
  std::string reason;             // "3 days late: complete the action"
  std::string own;                // the owner's own answer; empty when none is given
  bool disagrees = false;         // the owner says it is well while the dates say otherwise
  std::int64_t days_slipped = 0;  // between the first due date and the present one (U18)
};

// Nothing when the item's kind has no rating. `obligations` are the item's, closed ones too.
std::optional<Rating> rate(const Rules& rules, const Item& item,
                           const std::vector<Obligation>& obligations, Instant now);

}  // namespace assured
