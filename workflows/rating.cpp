#include "workflows/rating.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured {

std::string_view to_text(Colour colour) {
  switch (colour) {
    case Colour::grey:
      return "grey";
    case Colour::green:
      return "green";
    case Colour::amber:
      return "amber";
    case Colour::red:
      return "red";
    case Colour::blue:
      return "blue";
  }
  return {};
}

namespace {

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string days(std::int64_t n) { return n == 1 ? "1 day" : fmt::format("{} days", n); }

}  // namespace

std::optional<Rating> rate(const Rules& rules, const Item& item,
                           const std::vector<Obligation>& obligations, Instant now) {
  const KindDef* kind = rules.definition.find_kind(item.kind);
  if (kind == nullptr || !kind->rating) return std::nullopt;
  const RatingDef& def = *kind->rating;
  const Zone& zone = *rules.time.zone;
  const Date today = local_date(now, zone);
  Rating rating;

  // The nearest date owed, and how far the first one has slipped.
  const Obligation* nearest = nullptr;
  for (const Obligation& o : obligations) {
    if (o.item != item.id) continue;
    if (o.first_due_at && o.due_at) {
      const auto slipped =
          (local_date(*o.due_at, zone) - local_date(*o.first_due_at, zone)).count();
      rating.days_slipped = std::max<std::int64_t>(rating.days_slipped, slipped);
    }
    if (!o.is_open() || !o.due_at) continue;
    if (nearest == nullptr || *o.due_at < *nearest->due_at) nearest = &o;
  }
  if (has(def.blue, item.state)) {
    rating.colour = Colour::blue;
    rating.reason = "finished";
  } else if (has(def.grey, item.state)) {
    rating.colour = Colour::grey;
    rating.reason = "not counted yet";
  } else if (nearest == nullptr) {
    rating.colour = Colour::green;
    rating.reason = "nothing is owed by a date";
  } else if (now > *nearest->due_at) {
    rating.colour = Colour::red;
    const auto late = (today - local_date(*nearest->due_at, zone)).count();
    rating.reason = late == 0 ? fmt::format("late since earlier today: {}", nearest->name)
                              : fmt::format("{} late: {}", days(late), nearest->name);
  } else {
    const Date due = local_date(*nearest->due_at, zone);
    const auto left = (due - today).count();
    const bool near = due <= shift_date(today, def.amber_within, *rules.time.calendar);
    rating.colour = near ? Colour::amber : Colour::green;
    rating.reason = left == 0 ? fmt::format("due today: {}", nearest->name)
                              : fmt::format("due in {}: {}", days(left), nearest->name);
  }
  const auto meaning = def.legend.find(std::string(to_text(rating.colour)));
  if (meaning != def.legend.end()) rating.meaning = meaning->second;

  if (const auto own = item.fields.find(def.own);
      own != item.fields.end() && own->second.is_set()) {
    rating.own = to_stored_text(reveal(own->second, Viewer{}, Purpose::page));
    rating.disagrees = has(def.own_well, rating.own) && rating.colour == Colour::red;
  }
  return rating;
}

}  // namespace assured
