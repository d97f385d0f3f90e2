#include "workflows/programme.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured {

std::string to_text(const RoleTerm& term) {
  switch (term.kind) {
    case RoleTerm::Kind::owner:
      return "owner";
    case RoleTerm::Kind::owner_above:
      return "owner.above";
    case RoleTerm::Kind::owner_above2:
      return "owner.above2";
    case RoleTerm::Kind::assigned:
      return "assigned:" + term.name;
    case RoleTerm::Kind::agency:
      return "agency:" + term.name;
    case RoleTerm::Kind::board:
      return "board:" + term.name;
    case RoleTerm::Kind::body:
      return "body:" + term.name;
    case RoleTerm::Kind::field:
      return "field:" + term.name;
    case RoleTerm::Kind::anyone:
      return "anyone";
  }
  ASSURED_ASSERT(false);
}

std::optional<RoleTerm> parse_role_term(std::string_view text) {
  using Kind = RoleTerm::Kind;
  if (text == "owner") return RoleTerm{Kind::owner, {}};
  if (text == "owner.above") return RoleTerm{Kind::owner_above, {}};
  if (text == "owner.above2") return RoleTerm{Kind::owner_above2, {}};
  if (text == "anyone") return RoleTerm{Kind::anyone, {}};
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const auto prefix = text.substr(0, colon);
  std::string name{text.substr(colon + 1)};
  if (name.find_first_of(": \t\r\n") != std::string::npos) return std::nullopt;
  if (prefix == "assigned") return RoleTerm{Kind::assigned, std::move(name)};
  if (prefix == "agency") return RoleTerm{Kind::agency, std::move(name)};
  if (prefix == "board") return RoleTerm{Kind::board, std::move(name)};
  if (prefix == "body") return RoleTerm{Kind::body, std::move(name)};
  if (prefix == "field") return RoleTerm{Kind::field, std::move(name)};
  return std::nullopt;
}

std::string_view to_text(Family f) {
  switch (f) {
    case Family::a:
      return "A";
    case Family::b:
      return "B";
    case Family::c:
      return "C";
  }
  ASSURED_ASSERT(false);
}

namespace {

template <class List>
auto find_named(const List& list, std::string_view name) -> decltype(list.data()) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.name == name; });
  return found == list.end() ? nullptr : &*found;
}

bool is_same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return small(x) == small(y); });
}

template <class Map>
auto find_key(const Map& map, std::string_view name) -> const typename Map::mapped_type* {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

const StateDef* KindDef::find_state(std::string_view state) const {
  return find_named(states, state);
}
const FieldDef* KindDef::find_field(std::string_view field) const {
  return find_named(fields, field);
}
const ObligationDef* KindDef::find_obligation(std::string_view obligation) const {
  return find_named(obligations, obligation);
}
const KindDef* Definition::find_kind(std::string_view kind) const { return find_key(kinds, kind); }
const PostDef* Establishment::find_post(std::string_view post) const {
  return find_key(posts, post);
}
const BodyDef* Establishment::find_body(std::string_view named) const {
  if (const BodyDef* body = find_key(bodies, named)) return body;
  for (const auto& [id, body] : bodies) {
    if (is_same_name(body.title, named)) return &body;
    for (const std::string& alias : body.aliases)
      if (is_same_name(alias, named)) return &body;
  }
  return nullptr;
}

std::string to_text(const Mistake& mistake) {
  std::string out = mistake.place.file;
  if (mistake.place.line > 0)
    out += fmt::format(":{}:{}", mistake.place.line, mistake.place.column);
  out += ": ";
  if (!mistake.key.empty()) out += mistake.key + ": ";
  out += mistake.message;
  if (!mistake.remedy.empty()) out += fmt::format(" ({})", mistake.remedy);
  return out;
}

}  // namespace assured
