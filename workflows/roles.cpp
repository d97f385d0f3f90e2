#include "workflows/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assured {

namespace {

// A post that was ended is followed to its successor (S1.3). The check of a programme bounds the
// chain, and refuses rings.
std::string current_post(const Establishment& establishment, std::string post) {
  for (int step = 0; step < successors_max; ++step) {
    const PostDef* def = establishment.find_post(post);
    if (def == nullptr || !def->successor) break;
    post = *def->successor;
  }
  return post;
}

// An agency that was ended acts through its successor.
std::string current_agency(const Establishment& establishment, std::string agency) {
  for (int step = 0; step < successors_max; ++step) {
    const auto def = establishment.agencies.find(agency);
    if (def == establishment.agencies.end() || !def->second.successor) break;
    agency = *def->second.successor;
  }
  return agency;
}

std::string above(const Establishment& establishment, const std::string& post) {
  const PostDef* def = establishment.find_post(current_post(establishment, post));
  return def == nullptr ? std::string{} : current_post(establishment, def->above);
}

std::vector<Party> post_party(const Establishment& establishment, const std::string& post) {
  const std::string now = current_post(establishment, post);
  if (establishment.find_post(now) == nullptr) return {};
  return {Party{Party::Kind::post, now}};
}

// The post that a field of the item holds.
std::vector<Party> field_party(const std::string& name, const RoleScope& scope) {
  const auto field = scope.item.fields.find(name);
  if (field == scope.item.fields.end() || !field->second.is_set()) return {};
  const auto* post = std::get_if<std::string>(&reveal(field->second, Viewer{}, Purpose::guard));
  return post == nullptr ? std::vector<Party>{} : post_party(scope.establishment, *post);
}

std::vector<Party> owner_of(const RoleScope& scope) {
  if (!scope.owed_by.empty()) {
    if (const auto party = parse_party(scope.owed_by)) {
      // The debtor may have been ended since; and an assignment nobody holds falls back.
      if (party->kind == Party::Kind::post) return post_party(scope.establishment, party->name);
      return {*party};
    }
    return {};
  }
  const KindDef* kind = scope.definition.find_kind(scope.item.kind);
  if (kind == nullptr) return {};
  const StateDef* state = kind->find_state(scope.item.state);
  // A final state need not name an owner; the kind's owner field still says whose the item was.
  if (state == nullptr || !state->owner || state->owner->kind == RoleTerm::Kind::owner)
    return field_party(kind->owner_field, scope);
  return resolve(*state->owner, scope);
}

// S3.2: somebody who held posts and holds none today is reached no more; the post that assigned is.
bool has_left(const People& people, std::string_view person, Date today) {
  const bool ever = std::any_of(people.holdings.begin(), people.holdings.end(),
                                [&](const Holding& h) { return h.person == person; });
  return ever && people.posts_of(person, today).empty();
}

}  // namespace

std::string title_of(std::string_view obligation, const Establishment& establishment) {
  const auto titled = [&](std::string_view what, const auto* def) {
    return def == nullptr ? std::string{obligation} : fmt::format("{}{}", what, def->title);
  };
  constexpr std::string_view separator = ": ";
  if (obligation.starts_with(name_somebody)) {
    const auto post = obligation.find(separator);
    if (post == std::string_view::npos) return std::string{obligation};
    return titled(obligation.substr(0, post + separator.size()),
                  establishment.find_post(obligation.substr(post + separator.size())));
  }
  if (obligation.starts_with(set_date_prefix))
    return titled(set_date_prefix, establishment.find_body(obligation.substr(set_date_prefix.size())));
  return std::string{obligation};
}

const Assignment* find_assignment(const std::vector<Assignment>& assignments, ItemId item,
                                  std::string_view role) {
  const Assignment* latest = nullptr;
  for (const Assignment& a : assignments)
    if (a.item == item && a.role == role && !a.to && (latest == nullptr || latest->from <= a.from))
      latest = &a;
  return latest;
}

std::vector<Party> resolve(const RoleTerm& term, const RoleScope& scope) {
  const Establishment& establishment = scope.establishment;
  switch (term.kind) {
    case RoleTerm::Kind::owner:
      return owner_of(scope);
    case RoleTerm::Kind::owner_above:
    case RoleTerm::Kind::owner_above2: {
      std::vector<Party> result;
      for (const Party& owner : owner_of(scope)) {
        std::string post = above(establishment, post_of(owner, scope));
        if (term.kind == RoleTerm::Kind::owner_above2) post = above(establishment, post);
        for (Party& party : post_party(establishment, post)) result.push_back(std::move(party));
      }
      return result;
    }
    case RoleTerm::Kind::assigned:
      if (find_assignment(scope.assignments, scope.item.id, term.name) == nullptr) return {};
      return {Party{Party::Kind::assigned, term.name}};
    case RoleTerm::Kind::agency: {
      std::vector<Party> result;
      const std::string agency = current_agency(establishment, scope.item.agency);
      if (agency.empty()) return result;
      for (const auto& [id, post] : establishment.posts)
        if (post.agency == agency && post.role == term.name)
          for (Party& party : post_party(establishment, id)) result.push_back(std::move(party));
      return result;
    }
    case RoleTerm::Kind::board:
      return post_party(establishment, term.name);
    case RoleTerm::Kind::body: {
      std::vector<Party> result;
      const auto body = establishment.bodies.find(term.name);
      if (body == establishment.bodies.end()) return result;
      for (const std::string& member : body->second.members)
        for (Party& party : post_party(establishment, member))
          if (std::find(result.begin(), result.end(), party) == result.end())
            result.push_back(std::move(party));
      return result;
    }
    case RoleTerm::Kind::field:
      return field_party(term.name, scope);
    case RoleTerm::Kind::anyone:
      return {};
  }
  return {};
}

std::optional<Party> resolve_debtor(const RoleTerm& term, const std::optional<RoleTerm>& fallback,
                                    const RoleScope& scope) {
  if (auto parties = resolve(term, scope); !parties.empty()) return parties.front();
  if (fallback)
    if (auto parties = resolve(*fallback, scope); !parties.empty()) return parties.front();
  return std::nullopt;
}

std::string post_of(const Party& party, const RoleScope& scope) {
  if (party.kind == Party::Kind::post) return party.name;
  if (party.kind == Party::Kind::address) return {};
  if (party.kind == Party::Kind::person) {
    const auto owner = parse_party(scope.owed_by);
    const bool is_post = owner && owner->kind == Party::Kind::post;
    return is_post ? current_post(scope.establishment, owner->name) : std::string{};
  }
  const Assignment* assignment = find_assignment(scope.assignments, scope.item.id, party.name);
  return assignment == nullptr ? std::string{} : assignment->by_post;
}

void ToldPoints::add(const ContactPoint& point) {
  if (!point.person.empty()) people.insert(point.person);
  if (!point.address.empty()) addresses.insert(point.address);
}

bool ToldPoints::contains(const ContactPoint& point) const {
  return addresses.contains(point.address) ||
         (!point.person.empty() && people.contains(point.person));
}

std::vector<ContactPoint> contact_points(const Party& party, const RoleScope& scope, Date today) {
  std::vector<ContactPoint> result;
  std::set<std::string, std::less<>> seen;
  const auto add = [&](const std::string& person, const std::string& name,
                       const std::string& address) {
    if (!address.empty() && seen.insert(address).second) result.push_back({person, name, address});
  };
  if (party.kind == Party::Kind::address) {
    add({}, {}, party.name);
    return result;
  }
  std::string post_id = post_of(party, scope);
  if (party.kind == Party::Kind::assigned) {
    const Assignment* assignment = find_assignment(scope.assignments, scope.item.id, party.name);
    if (assignment == nullptr) return result;
    const Person* person = scope.people.find_person(assignment->person);
    if (person != nullptr && !person->mail.empty() && !has_left(scope.people, person->id, today)) {
      add(person->id, person->name, person->mail);
      return result;
    }
    // An assignee without an address is reached through their post.
  }
  // What was to be told before the post was ended reaches who has followed.
  const PostDef* post =
      scope.establishment.find_post(current_post(scope.establishment, std::move(post_id)));
  if (post == nullptr) return result;
  const bool alone = party.kind == Party::Kind::person;
  for (const std::string& holder : scope.people.holders_of(post->id, today))
    if (const Person* person = scope.people.find_person(holder);
        person != nullptr && (!alone || person->id == party.name))
      add(person->id, person->name, person->mail);
  if (!alone) add({}, post->title, post->mailbox);
  return result;
}

std::string mailbox_of(const Party& party, const RoleScope& scope) {
  if (party.kind == Party::Kind::address) return party.name;
  const PostDef* post =
      scope.establishment.find_post(current_post(scope.establishment, post_of(party, scope)));
  return post == nullptr ? std::string{} : post->mailbox;
}

bool is_one_of(const std::vector<RoleTerm>& terms, const RoleScope& scope, std::string_view person,
               std::string_view for_post, Date today) {
  const std::vector<std::string> held = scope.people.posts_of(person, today);
  for (const RoleTerm& term : terms) {
    if (term.kind == RoleTerm::Kind::anyone) {
      if (!held.empty()) return true;
      continue;
    }
    for (const Party& party : resolve(term, scope)) {
      if (party.kind == Party::Kind::assigned) {
        const Assignment* assignment =
            find_assignment(scope.assignments, scope.item.id, party.name);
        if (assignment == nullptr) continue;
        if (for_post.empty()) {
          if (assignment->person == person) return true;
        } else {
          const auto posts = scope.people.posts_of(assignment->person, today);
          if (assignment->by_post == for_post ||
              std::find(posts.begin(), posts.end(), for_post) != posts.end())
            return true;
        }
        continue;
      }
      if (!for_post.empty()) {
        if (party.name == for_post) return true;
      } else if (std::find(held.begin(), held.end(), party.name) != held.end()) {
        return true;
      }
    }
  }
  return false;
}

std::vector<std::string> humans_behind(const People& people, const std::string& actor,
                                       const std::string& for_post, Date day) {
  std::vector<std::string> humans;
  if (!actor.empty()) humans.push_back(actor);
  if (!for_post.empty())
    for (std::string& holder : people.holders_of(for_post, day)) humans.push_back(std::move(holder));
  return humans;
}

bool is_by_others(const People& people, const Approval& approval, const std::vector<std::string>& humans,
                  const Zone& zone) {
  const auto then =
      humans_behind(people, approval.person, approval.for_post, local_date(approval.at, zone));
  return std::none_of(then.begin(), then.end(), [&](const std::string& person) {
    return std::find(humans.begin(), humans.end(), person) != humans.end();
  });
}

bool is_theirs(const Establishment& establishment, const KindDef& kind, const Item& item,
               const std::set<std::string>& agencies) {
  if (!item.agency.empty() && agencies.contains(item.agency)) return true;
  return std::any_of(kind.seen_by.begin(), kind.seen_by.end(), [&](const std::string& name) {
    const auto field = item.fields.find(name);
    if (field == item.fields.end()) return false;
    const auto* post = std::get_if<std::string>(&reveal(field->second, Viewer{}, Purpose::guard));
    if (post == nullptr) return false;
    const PostDef* def = establishment.find_post(current_post(establishment, *post));
    return def != nullptr && !def->agency.empty() && agencies.contains(def->agency);
  });
}

bool is_board_side(const Establishment& establishment, const People& people,
                   std::string_view person, Date today) {
  for (const std::string& post : people.posts_of(person, today)) {
    const PostDef* def = establishment.find_post(post);
    if (def != nullptr && def->agency.empty()) return true;
  }
  return false;
}

Result<void> check_caller(const Establishment& establishment, const People& people,
                          std::string_view person, std::string_view for_post, Date today) {
  if (people.find_person(person) == nullptr)
    return Error{Errc::forbidden, "you are not on the board's list of people", "actor"};
  if (for_post.empty()) return {};
  if (establishment.find_post(for_post) == nullptr)
    return Error{Errc::invalid, fmt::format("there is no post “{}” on this board", for_post),
                 "for_post"};
  // The board team types for others; anybody may type for a post they hold.
  for (const std::string& held : people.posts_of(person, today)) {
    const PostDef* def = establishment.find_post(held);
    if (held == for_post || (def != nullptr && def->agency.empty())) return {};
  }
  return Error{Errc::forbidden, "only the board team may act on behalf of another post",
               "for_post"};
}

}  // namespace assured
