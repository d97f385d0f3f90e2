#include "workflows/reach.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace assured {

namespace {

// The posts that a term may mean on some item: an agency's role means that role in every agency.
std::set<std::string> posts_of_term(const RoleTerm& term, const Establishment& e,
                                    const std::set<std::string>& owners) {
  std::set<std::string> posts;
  const auto add_above = [&](int steps) {
    for (std::string post : owners) {
      for (int i = 0; i < steps && !post.empty(); ++i) {
        const PostDef* def = e.find_post(post);
        post = def == nullptr ? std::string{} : def->above;
      }
      if (!post.empty()) posts.insert(post);
    }
  };
  switch (term.kind) {
    case RoleTerm::Kind::owner:
      posts = owners;
      break;
    case RoleTerm::Kind::owner_above:
      add_above(1);
      break;
    case RoleTerm::Kind::owner_above2:
      add_above(2);
      break;
    case RoleTerm::Kind::agency:
      for (const auto& [id, post] : e.posts)
        if (!post.agency.empty() && post.role == term.name) posts.insert(id);
      break;
    case RoleTerm::Kind::board:
      posts.insert(term.name);
      break;
    case RoleTerm::Kind::body:
      if (const auto body = e.bodies.find(term.name); body != e.bodies.end())
        posts.insert(body->second.members.begin(), body->second.members.end());
      break;
    case RoleTerm::Kind::assigned:
    case RoleTerm::Kind::field:
    case RoleTerm::Kind::anyone:
      break;
  }
  return posts;
}

std::string why_unreachable(const PostDef& post, const People& people, Date day) {
  if (!post.mailbox.empty()) return {};
  const auto holders = people.holders_of(post.id, day);
  if (holders.empty()) return "nobody holds it and it has no mailbox";
  for (const std::string& holder : holders) {
    const Person* person = people.find_person(holder);
    if (person != nullptr && !person->mail.empty()) return {};
  }
  return "its holder has no address and it has no mailbox";
}

}  // namespace

std::vector<Unreachable> find_unreachable(const Definition& definition, const Establishment& e,
                                          const People& people, Date day) {
  std::map<std::string, std::set<std::string>> ladders_of;  // post -> ladders
  for (const auto& [name, ladder] : definition.ladders) {
    // Whoever may owe by this ladder.
    std::set<std::string> owners;
    const auto add_owner = [&](const RoleTerm& term) {
      const auto posts = posts_of_term(term, e, {});
      owners.insert(posts.begin(), posts.end());
    };
    for (const auto& [kind_name, kind] : definition.kinds)
      for (const ObligationDef& o : kind.obligations) {
        if (o.ladder != name) continue;
        add_owner(o.owed_by);
        if (o.fallback) add_owner(*o.fallback);
      }
    // What the engine itself opens: naming somebody, setting the next date.
    if (definition.vacancy.ladder == name) add_owner(definition.vacancy.owed_by);
    for (const auto& [id, body] : e.bodies)
      if (body.set_date_ladder == name) add_owner(body.set_date_by);
    for (const RungDef& rung : ladder.rungs)
      for (const RoleTerm& term : rung.to)
        for (const std::string& post : posts_of_term(term, e, owners))
          ladders_of[post].insert(name);
  }
  std::vector<Unreachable> result;
  for (const auto& [id, ladders] : ladders_of) {
    const PostDef* post = e.find_post(id);
    if (post == nullptr || post->successor) continue;
    std::string why = why_unreachable(*post, people, day);
    if (why.empty()) continue;
    result.push_back({id, post->title, std::move(why), {ladders.begin(), ladders.end()}});
  }
  return result;
}

}  // namespace assured
