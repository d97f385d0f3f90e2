// Who is on the board: people, where they are reached, and the posts they hold.
#include "web/json_text.hpp"
#include "web/problem.hpp"
#include "workflows/instant.hpp"

namespace assured::web {

namespace {

json::array posts_json(Context& context, const People& people, const Person& person,
                       const std::string& only) {
  const Establishment& establishment = context.board.current->establishment;
  json::array posts;
  for (const Holding& holding : people.holdings) {
    if (holding.person != person.id || (!only.empty() && holding.post != only)) continue;
    json::object row;
    row["post"] = holding.post;
    const PostDef* def = establishment.find_post(holding.post);
    row["title"] = def == nullptr ? std::string{} : def->title;
    row["from"] = to_text(holding.from);
    if (holding.to) row["to"] = to_text(*holding.to);
    row["today"] = holding.covers(local_date(context.now, *context.board.zone));
    posts.push_back(std::move(row));
  }
  return posts;
}

}  // namespace

Response get_people(Context& context, const Segments&) {
  const std::string post = context.query("post");
  if (!post.empty() && context.board.current->establishment.find_post(post) == nullptr)
    return problem({Errc::invalid, "There is no such post on this board.", "post"});
  const auto shared = context.reader->load_people();
  const People& people = *shared;
  json::array rows;
  for (const Person& person : people.persons) {
    json::array posts = posts_json(context, people, person, post);
    if (!post.empty() && posts.empty()) continue;
    json::object row;
    row["id"] = person.id;
    row["name"] = person.name;
    row["mail"] = person.mail;
    row["phone"] = person.phone;
    row["posts"] = std::move(posts);
    rows.push_back(std::move(row));
  }
  json::object body;
  body["people"] = std::move(rows);
  return answer(body);
}

}  // namespace assured::web
