// [kind.NAME.rating]: how items are rated by their dates.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workflows/programme_reading.hpp"

namespace assured::reading {

namespace {

constexpr std::array<std::string_view, 5> colours{"grey", "green", "amber", "red", "blue"};

}  // namespace

RatingDef read_rating(Row row, const KindDef& kind) {
  RatingDef rating;
  rating.place = row.place();
  rating.own = row.text("own").value_or("");
  const FieldDef* own = rating.own.empty() ? nullptr : kind.find_field(rating.own);
  if (!rating.own.empty() && (own == nullptr || own->type != FieldType::enumeration))
    row.mistake("own", fmt::format("'{}' is no enumeration of this kind", rating.own),
                "name the field in which the owner says how it goes, or leave it out");
  rating.own_well = row.texts("own_well");
  for (const std::string& answer : rating.own_well)
    if (own != nullptr &&
        std::find(own->values.begin(), own->values.end(), answer) == own->values.end())
      row.mistake("own_well", fmt::format("'{}' is none of the values of '{}'", answer, rating.own),
                  "list values of that field");
  if (const auto span = row.span("amber_within"))
    rating.amber_within = *span;
  else if (!row.has("amber_within"))
    row.missing("amber_within", "say when a date is near: \"10wd\"");
  rating.grey = row.texts("grey");
  rating.blue = row.texts("blue");
  for (const auto& [key, states] :
       {std::pair{"grey", &rating.grey}, std::pair{"blue", &rating.blue}})
    for (const std::string& state : *states)
      if (kind.find_state(state) == nullptr)
        row.mistake(key, fmt::format("no state of this kind is called '{}'", state),
                    "list states of this kind");
  if (auto legend = row.table("legend")) {
    for (const auto& [colour, meaning] : legend->all_stored()) {
      if (std::find(colours.begin(), colours.end(), colour) == colours.end())
        legend->mistake(colour, fmt::format("no rating is {}", colour),
                        fmt::format("the colours are {}", fmt::join(colours, ", ")));
      rating.legend[colour] = meaning;
    }
    legend->finish();
  }
  // A colour without its words means something else on the next board (DOMAIN.md 3.2).
  for (const std::string_view colour : colours)
    if (!rating.legend.contains(std::string{colour}))
      row.mistake("legend", fmt::format("the legend does not say what {} means", colour),
                  fmt::format("add {} = \"...\"", colour));
  rating.source =
      row.required_text("source", "name the policy, or write \"local policy, to be confirmed\"");
  row.finish();
  return rating;
}

}  // namespace assured::reading
