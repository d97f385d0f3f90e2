// Which request goes where, and who may ask at all.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>

#include "web/context.hpp"
#include "web/json_text.hpp"
#include "web/problem.hpp"
#include "web/status.hpp"
#include "workflows/printable.hpp"

namespace assured::web {

namespace {

// `known`: somebody who holds a post of the board today, or an operator; `anyone_mapped`: the first alone.
enum class Access { known, anyone_mapped, board_side, board_or_operator, operators };

struct Route {
  std::string_view method;
  std::string_view path;  // below /v1/boards/{board}; "*" is any one segment
  Access access;
  Response (*answer)(Context& context, const Segments& rest);
  std::string_view query = {};  // the parameters it knows, with spaces between
};

// The whole API below a board. The programme itself decides who may do what to an item (`by`); this
// only keeps agencies from what shows other agencies' work, and the directory to operators (S14.4).
constexpr std::array routes{
    Route{"GET", "items", Access::anyone_mapped, get_items,
          "kind state parent agency open limit after"},
    Route{"GET", "items/*", Access::anyone_mapped, get_item},
    Route{"POST", "items/*/events", Access::anyone_mapped, post_event},
    Route{"POST", "items/*/children/events", Access::anyone_mapped, post_children_event},
    Route{"POST", "events", Access::anyone_mapped, post_event},
    Route{"GET", "items/*/files", Access::anyone_mapped, get_files},
    Route{"POST", "items/*/files", Access::anyone_mapped, post_file,
          "kind type for_post channel"},
    Route{"GET", "items/*/files/*/*", Access::anyone_mapped, get_file},
    Route{"GET", "items/*/snapshots", Access::anyone_mapped, get_snapshots},
    Route{"GET", "items/*/reads", Access::board_side, get_reads,
          "limit"},
    Route{"GET", "items/*/notices", Access::anyone_mapped, get_item_notices},
    Route{"GET", "obligations", Access::anyone_mapped, get_obligations,
          "owed_by due_before item open limit after"},
    Route{"GET", "obligations/*", Access::anyone_mapped, get_obligation},
    Route{"POST", "obligations/*/acknowledge", Access::anyone_mapped, post_obligation},
    Route{"POST", "obligations/*/suspend", Access::anyone_mapped, post_obligation},
    Route{"POST", "obligations/*/resolve", Access::board_side, post_resolved},
    Route{"POST", "obligations/*/rebind", Access::board_side, post_rebind},
    Route{"GET", "outbox", Access::board_or_operator, get_outbox,
          "state limit after_prompt after_notice"},
    Route{"GET", "outbox/notices/*", Access::board_side, get_notice},
    Route{"POST", "outbox/prompts/*/release", Access::operators, post_held_prompt},
    Route{"POST", "outbox/prompts/*/expire", Access::operators, post_held_prompt},
    Route{"POST", "outbox/notices/*/release", Access::operators, post_held_notice},
    Route{"POST", "outbox/notices/*/expire", Access::operators, post_held_notice},
    Route{"POST", "outbox/hold/end", Access::operators, post_end_of_hold},
    Route{"GET", "journal", Access::board_side, get_journal,
          "limit after"},
    Route{"GET", "meetings", Access::anyone_mapped, get_meetings,
          "body"},
    Route{"POST", "meetings", Access::board_side, post_meeting},
    Route{"POST", "meetings/*", Access::board_side, post_meeting},
    Route{"GET", "calendar", Access::known, get_calendar,
          "year"},
    Route{"POST", "calendar", Access::board_or_operator, post_calendar},
    Route{"GET", "people", Access::board_or_operator, get_people, "post"},
    Route{"POST", "people", Access::operators, post_people, "format"},
    Route{"GET", "programme/graph", Access::anyone_mapped, get_graph,
          "format"},
};

bool matches(std::string_view path, const Segments& rest) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part.empty() || (part != "*" && part != rest[i])) return false;
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return path.empty();
}

// A parameter that the route does not know: misspelt, it would silently do nothing.
std::optional<Error> unknown_parameter(const Route& route, const Target& target) {
  for (const auto& [name, value] : target.query) {
    const std::string known = fmt::format(" {} ", route.query);
    if (!name.empty() && known.find(fmt::format(" {} ", name)) != std::string::npos) continue;
    return Error{Errc::invalid,
                 route.query.empty()
                     ? std::string{"There are no parameters here."}
                     : fmt::format("There is no parameter of this name here. Known: {}.", route.query),
                 name};
  }
  return std::nullopt;
}

Error nobody() {
  return {Errc::forbidden,
          "This user is nobody on this board. An operator maps users to people in assured.toml."};
}

// Fills in who the caller is today. Errors: forbidden (they are nobody, and no operator). Whoever holds no
// post today is nobody, though the settings still name them: they left, or never came.
Result<void> identify(Context& context) {
  const auto person = context.api.find_person(context.request.uid, context.board_id);
  context.is_operator = context.api.is_operator(context.request.uid);
  if (!person && !context.is_operator) return nobody();
  if (!person) return {};
  const auto& establishment = context.board.current->establishment;
  const auto shared = context.reader->load_people();
  const People& people = *shared;
  for (const auto& post :
       people.posts_of(*person, local_date(context.now, *context.board.zone))) {
    const PostDef* def = establishment.find_post(post);
    if (def == nullptr) continue;
    if (def->agency.empty())
      context.board_side = true;
    else
      context.agencies.insert(def->agency);
  }
  if (context.board_side || !context.agencies.empty()) {
    context.person = *person;
  } else if (!context.is_operator) {
    return Error{Errc::forbidden,
                 fmt::format("\"{}\", who this user is by assured.toml, holds no post on this board today. The "
                             "board team writes their post into the people file, and an operator loads it.",
                             *person)};
  }
  return {};
}

// A request on a board, before it is known who asks.
Context context_of(const Request& request, const Target& target, const Api& api, const std::string& board_id,
                   const std::shared_ptr<const Programmes>& programmes) {
  return {api, request, target, board_id, programmes, programmes->get_board(board_id),
          api.store.reader(board_id), api.clock.now(), {}, false, false, {}};
}

Response get_boards(const Request& request, const Target& target, const Api& api) {
  json::array boards;
  const auto programmes = api.programmes.get();
  for (const auto& id : programmes->boards()) {
    Context context = context_of(request, target, api, id, programmes);
    if (!identify(context)) continue;
    const auto& programme = *context.board.current;
    json::object row;
    row["id"] = id;
    row["title"] = programme.establishment.title;
    row["zone"] = programme.establishment.zone_name;
    row["person"] = context.person;
    boards.push_back(std::move(row));
  }
  json::object body;
  body["boards"] = std::move(boards);
  return answer(body);
}

// RFC 9110, 15.5.6: it says what is allowed.
Response not_allowed(const std::string& methods, std::string_view detail) {
  Response response = problem(405, "invalid", "This cannot be done here", detail);
  response.allow = methods;
  return response;
}

Response not_here() { return problem({Errc::not_found, "The API has no such path."}); }

Response on_board(const Request& request, const Target& target, const Api& api) {
  const std::string& board_id = target.segments[2];
  const Segments rest{target.segments.begin() + 3, target.segments.end()};
  const Route* route = nullptr;
  std::string allowed;
  for (const Route& candidate : routes) {
    if (!matches(candidate.path, rest)) continue;
    if (candidate.method == request.method)
      route = &candidate;
    else
      allowed += (allowed.empty() ? "" : ", ") + std::string{candidate.method};
  }
  if (route == nullptr)
    return allowed.empty() ? not_here()
                           : not_allowed(allowed, "The API has this path, but not this method on it.");

  const auto programmes = api.programmes.get();
  // The same answer for a board that does not exist and one the caller is nobody on.
  if (programmes->find_board(board_id) == nullptr) return problem(nobody());
  Context context = context_of(request, target, api, board_id, programmes);
  if (const auto known = identify(context); !known) return problem(known.error());
  if (route->access == Access::operators && !context.is_operator)
    return problem({Errc::forbidden, "Only an operator of the service may do this."});
  if (route->access == Access::anyone_mapped && context.person.empty()) return problem(nobody());
  if (route->access == Access::board_side && !context.board_side)
    return problem({Errc::forbidden, "Only somebody who holds a post of the board may do this."});
  if (route->access == Access::board_or_operator && !context.board_side && !context.is_operator)
    return problem({Errc::forbidden,
                    "Only somebody who holds a post of the board, or an operator, may do this."});
  if (const auto unknown = unknown_parameter(*route, target)) return problem(*unknown);
  return route->answer(context, rest);
}

bool is_method(std::string_view method) {
  return method == "GET" || method == "POST" || method == "PUT" || method == "DELETE" || method == "HEAD";
}

// The path alone, and only one that the API has: of another nobody knows what is in it.
std::string loggable_path(const Request& request) {
  const auto target = parse_target(request.target);
  if (!target) return "(unreadable)";
  if (asks_status(request.target)) return "status";
  const auto& path = target->segments;
  if (path.size() < 4 || path[0] != "v1" || path[1] != "boards") return path.size() == 2 ? "boards" : "(unknown)";
  const Segments rest{path.begin() + 3, path.end()};
  for (const Route& route : routes)
    if (matches(route.path, rest)) return std::string{route.path};
  return "(unknown)";
}

Response dispatch(const Request& request, const Api& api) {
  const auto target = parse_target(request.target);
  if (!target) return problem({Errc::invalid, "The request's path cannot be read."});
  const auto& path = target->segments;
  const bool in_api = path.size() >= 2 && path[0] == "v1";
  const bool is_status = asks_status(request.target);
  const bool is_boards = in_api && path.size() == 2 && path[1] == "boards";
  if ((is_status || is_boards) && request.method != "GET")
    return not_allowed("GET", "This path can only be read.");
  if (is_status) return in_api ? get_health(request, api) : get_metrics(request, api);
  if (is_boards) return get_boards(request, *target, api);
  if (!in_api) return not_here();
  if (path[1] == "boards" && path.size() > 3) return on_board(request, *target, api);
  return not_here();
}

}  // namespace

std::vector<std::string> list_operations() {
  std::vector<std::string> operations;
  for (const Route& route : routes) operations.push_back(fmt::format("{} {}", route.method, route.path));
  return operations;
}

std::uint64_t next_request_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

Response handle(const Request& request, const Api& api) {
  const auto id = request.id;
  try {
    Response response = dispatch(request, api);
    // What was asked, never of what: references and values are in the journal.
    spdlog::log(request.method == "GET" ? spdlog::level::debug : spdlog::level::info,
                "request {}: {} {} by uid {}: {}", id,
                is_method(request.method) ? request.method : "(another method)", loggable_path(request),
                request.uid, response.status);
    return response;
  } catch (const StoreError& error) {
    spdlog::error("request {}: store: {}", id, error.what());
    return problem({error.retryable ? Errc::unavailable : Errc::internal,
                    fmt::format("Nothing was changed. The log has the reason under request {}.", id)});
  } catch (const std::exception& error) {
    spdlog::error("request {}: {}", id, error.what());
    return problem({Errc::internal, fmt::format("The log has the reason under request {}.", id)});
  }
}

}  // namespace assured::web
