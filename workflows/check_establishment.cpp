// Posts, agencies and bodies; and ladders, whose rungs must reach somebody.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workflows/programme_check.hpp"

namespace assured::reading {

namespace {

void check_ladder_name(const Checking& c, const std::string& ladder, const std::string& key) {
  if (ladder.empty() || c.definition.ladders.find(ladder) != c.definition.ladders.end()) return;
  c.mistakes.add_at(key, fmt::format("there is no ladder '{}'", ladder),
                    suggest(ladder, keys_of(c.definition.ladders), "add a [ladder.NAME] table"));
}

void check_post_name(const Checking& c, const std::string& post, const std::string& key) {
  if (post.empty() || c.establishment.find_post(post)) return;
  c.mistakes.add_at(key, fmt::format("there is no post '{}'", post),
                    suggest(post, keys_of(c.establishment.posts), "add a post"));
}

// Follows `next` from `start`; the ring it comes to, or nothing.
template <class Next>
std::vector<std::string> find_ring(const std::string& start, Next next) {
  std::vector<std::string> path;
  for (std::string at = start; !at.empty(); at = next(at)) {
    const auto seen = std::find(path.begin(), path.end(), at);
    if (seen != path.end()) return {seen, path.end()};
    path.push_back(at);
  }
  return {};
}

// Told once, at the member of the ring that comes first by name.
bool is_teller(const std::vector<std::string>& ring, const std::string& id) {
  return !ring.empty() && *std::min_element(ring.begin(), ring.end()) == id;
}

// S1.3. `next` gives the successor of a name, or nothing.
template <class Next>
void check_succession(const Checking& c, const std::string& id, const std::string& key,
                      std::string_view what, Next next) {
  const auto ring = find_ring(id, next);
  if (ring.size() > 1 && is_teller(ring, id)) {
    c.mistakes.add_at(key,
                      fmt::format("these {} succeed one another in a circle: {}, {}", what,
                                  fmt::join(ring, ", "), id),
                      "the last of them has no successor");
    return;
  }
  if (!ring.empty()) return;
  int steps = 0;
  for (std::string at = next(id); !at.empty(); at = next(at)) ++steps;
  if (steps > successors_max)
    c.mistakes.add_at(key,
                      fmt::format("'{}' is followed through {} successors, and {} are the most", id,
                                  steps, successors_max),
                      "name the one that acts today");
}

void check_posts(const Checking& c) {
  const auto successor = [&](const std::string& id) {
    const auto* post = c.establishment.find_post(id);
    return post ? post->successor.value_or("") : std::string{};
  };
  const auto above = [&](const std::string& id) {
    const auto* post = c.establishment.find_post(id);
    return post ? post->above : std::string{};
  };
  for (const auto& [id, post] : c.establishment.posts) {
    const auto path = post_path(post);
    check_post_name(c, post.above, path + ".above");
    if (post.successor) check_post_name(c, *post.successor, path + ".successor");
    if (post.successor && *post.successor == id)
      c.mistakes.add_at(path + ".successor", fmt::format("'{}' cannot succeed itself", id),
                        "name another post");
    check_succession(c, id, path + ".successor", "posts", successor);
    const auto ring = find_ring(id, above);
    if (is_teller(ring, id))
      c.mistakes.add_at(path + ".above",
                        fmt::format("these posts stand above one another in a circle: {}, {}",
                                    fmt::join(ring, ", "), id),
                        "leave 'above' out at the top");
  }
}

void check_agencies(const Checking& c) {
  const auto successor = [&](const std::string& id) {
    const auto agency = c.establishment.agencies.find(id);
    return agency == c.establishment.agencies.end() ? std::string{}
                                                    : agency->second.successor.value_or("");
  };
  for (const auto& [id, agency] : c.establishment.agencies) {
    if (!agency.successor) continue;
    const auto key = fmt::format("agency.{}.successor", id);
    if (*agency.successor == id)
      c.mistakes.add_at(key, fmt::format("'{}' cannot succeed itself", id), "name another agency");
    else if (c.establishment.agencies.find(*agency.successor) == c.establishment.agencies.end())
      c.mistakes.add_at(key, fmt::format("there is no agency '{}'", *agency.successor),
                        suggest(*agency.successor, keys_of(c.establishment.agencies)));
    check_succession(c, id, key, "agencies", successor);
  }
}

void check_bodies(const Checking& c) {
  for (const auto& [id, body] : c.establishment.bodies) {
    const auto path = "body." + id;
    for (const auto& member : body.members) check_post_name(c, member, path + ".members");
    check_role(c, nullptr, body.set_date_by, path + ".set_date.by");
    check_ladder_name(c, body.set_date_ladder, path + ".set_date.ladder");
    for (const auto& alias : body.aliases)
      if (const BodyDef* other = c.establishment.find_body(alias); other->id != id)
        c.mistakes.add_at(path + ".aliases",
                          fmt::format("'{}' means the body '{}' as well", alias, other->id),
                          "give each body names of its own");
  }
}

// An obligation, or a rule that makes one, that a ladder chases.
struct Use {
  const KindDef* kind;  // null: of vacancy or a body
  RoleTerm owed_by;
  std::optional<RoleTerm> fallback;
  std::string what;
};

std::vector<Use> uses_of(const Checking& c, const std::string& ladder) {
  std::vector<Use> uses;
  for (const auto& [name, kind] : c.definition.kinds)
    for (const auto& obligation : kind.obligations)
      if (obligation.ladder == ladder)
        uses.push_back({&kind, obligation.owed_by, obligation.fallback, obligation.name});
  if (c.definition.vacancy.ladder == ladder)
    uses.push_back({nullptr, c.definition.vacancy.owed_by, std::nullopt, "name somebody"});
  for (const auto& [id, body] : c.establishment.bodies)
    if (body.set_date_ladder == ladder)
      uses.push_back({nullptr, body.set_date_by, std::nullopt, "set the next date"});
  return uses;
}

// The posts that may owe what a term names, as far as the programme says: an assignment counts by
// what it falls back to.
std::set<std::string> posts_of(const Checking& c, const Use& use, const RoleTerm& term) {
  std::set<std::string> posts;
  switch (term.kind) {
    case RoleTerm::Kind::board:
      if (c.establishment.find_post(term.name)) posts.insert(term.name);
      break;
    case RoleTerm::Kind::agency:
      for (const auto& [id, post] : c.establishment.posts) {
        const auto agency = c.establishment.agencies.find(post.agency);
        const bool ended = agency != c.establishment.agencies.end() && agency->second.successor;
        if (!post.agency.empty() && !ended && post.role == term.name) posts.insert(id);
      }
      break;
    case RoleTerm::Kind::body:
      if (const auto body = c.establishment.bodies.find(term.name);
          body != c.establishment.bodies.end())
        posts.insert(body->second.members.begin(), body->second.members.end());
      break;
    case RoleTerm::Kind::assigned:
      if (use.fallback && use.fallback->kind != RoleTerm::Kind::assigned)
        return posts_of(c, use, *use.fallback);
      break;
    case RoleTerm::Kind::owner:
      // Only the states say; an owner from a field is known when there is an item.
      if (use.kind)
        for (const auto& state : use.kind->states)
          if (state.owner && state.owner->kind != RoleTerm::Kind::owner &&
              state.owner->kind != RoleTerm::Kind::assigned)
            posts.merge(posts_of(c, use, *state.owner));
      break;
    case RoleTerm::Kind::owner_above:
    case RoleTerm::Kind::owner_above2:
    case RoleTerm::Kind::field:
    case RoleTerm::Kind::anyone:
      break;
  }
  return posts;
}

bool has_above(const Checking& c, const std::string& id, int steps) {
  const auto* post = c.establishment.find_post(id);
  for (; post && steps > 0; --steps) {
    if (post->above.empty()) return false;
    post = c.establishment.find_post(post->above);
  }
  return true;  // an unknown post above was told already
}

void check_top(const Checking& c, const RoleTerm& term, const std::vector<Use>& uses,
               const std::string& key) {
  const int steps = term.kind == RoleTerm::Kind::owner_above    ? 1
                    : term.kind == RoleTerm::Kind::owner_above2 ? 2
                                                                : 0;
  if (steps == 0) return;
  for (const auto& use : uses) {
    std::vector<std::string> topmost;
    for (const auto& post : posts_of(c, use, use.owed_by))
      if (!has_above(c, post, steps)) topmost.push_back(post);
    if (topmost.empty()) continue;
    c.mistakes.add_at(key,
                      fmt::format("'{}' goes past the top for {}, who may owe '{}'", to_text(term),
                                  list_names(topmost, "or"), use.what),
                      "name a post, or say who is above");
    return;  // one example is enough to see it
  }
}

void check_rung(const Checking& c, const RungDef& rung, const std::vector<Use>& uses,
                const std::string& path) {
  for (const auto& term : rung.to) {
    check_top(c, term, uses, path + ".to");
    const bool by_owner = term.kind == RoleTerm::Kind::owner ||
                          term.kind == RoleTerm::Kind::owner_above ||
                          term.kind == RoleTerm::Kind::owner_above2;
    if (by_owner) continue;
    bool seen_from_kind = false;
    for (const auto& use : uses) {
      if (!use.kind) continue;
      check_role(c, use.kind, term, path + ".to");
      seen_from_kind = true;
    }
    if (!seen_from_kind) check_role(c, nullptr, term, path + ".to");
  }
  if (!rung.template_name.empty() &&
      c.definition.templates.find(rung.template_name) == c.definition.templates.end())
    c.mistakes.add_at(path + ".template",
                      fmt::format("there is no template '{}'", rung.template_name),
                      suggest(rung.template_name, keys_of(c.definition.templates),
                              "add a [template.NAME] table"));
}

}  // namespace

void check_establishment(const Checking& c) {
  if (!c.establishment.board.empty() && !is_plain_name(c.establishment.board))
    c.mistakes.add_at("board", fmt::format("'{}' cannot be a name", c.establishment.board),
                      "use small letters, digits, - and _, beginning with a letter");
  check_posts(c);
  check_agencies(c);
  check_bodies(c);
  check_role(c, nullptr, c.definition.vacancy.owed_by, "vacancy.owed_by");
  check_ladder_name(c, c.definition.vacancy.ladder, "vacancy.ladder");
  const bool urgent =
      std::any_of(c.definition.ladders.begin(), c.definition.ladders.end(),
                  [](const auto& entry) { return entry.second.family == Family::a; });
  if (urgent && c.mistakes.has_place("contact") && c.establishment.contact.urgent_phone.empty() &&
      !c.mistakes.has_place("contact.urgent_phone"))
    c.mistakes.add_at("contact.urgent_phone", "this key is missing",
                      "a ladder of family A tells people which number to call");
}

void check_ladders(const Checking& c) {
  std::vector<std::string> named{c.definition.vacancy.ladder};
  for (const auto& [id, body] : c.establishment.bodies) named.push_back(body.set_date_ladder);
  for (const auto& [name, kind] : c.definition.kinds)
    for (const auto& obligation : kind.obligations) named.push_back(obligation.ladder);
  for (const auto& [name, ladder] : c.definition.ladders) {
    const auto path = "ladder." + name;
    const auto uses = uses_of(c, name);
    if (uses.empty()) {
      if (was_meant(name, named, keys_of(c.definition.ladders))) continue;
      c.mistakes.add_at(path, "no obligation uses this ladder", "name it in one, or remove it");
      continue;
    }
    for (std::size_t i = 0; i < ladder.rungs.size(); ++i)
      check_rung(c, ladder.rungs[i], uses, fmt::format("{}.rung[{}]", path, i + 1));
  }
}

}  // namespace assured::reading
