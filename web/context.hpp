// One request on one board: who asks, what they may see, and what they sent. Internal to web/.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <set>

#include "web/api.hpp"
#include "web/target.hpp"

namespace assured::web {

namespace json = boost::json;

struct Context {
  const Api& api;
  const Request& request;
  const Target& target;
  std::string board_id;
  std::shared_ptr<const Programmes> programmes;  // those in force when the request came
  const Programmes::Board& board;
  std::unique_ptr<BoardReader> reader;           // given back by submit() and record_reads()
  Instant now;

  std::string person;  // of the caller; empty for an operator who holds no post of this board today
  bool is_operator = false;
  bool board_side = false;        // holds a post of the board's own today
  std::set<std::string> agencies; // of the caller's posts today

  // An agency sees its own, what the programme shares with it, and what is nobody's in particular unless
  // the programme keeps that kind to the board: never another agency's (DESIGN.md 10).
  bool may_see(const Item& item) const;
  bool may_see_protected(const Item& item) const;
  // How the journal names whoever asks: an operator need be nobody on the board.
  std::string caller_name() const {
    return person.empty() ? "uid:" + std::to_string(request.uid) : person;
  }
  std::string query(const std::string& name) const {
    const auto found = target.query.find(name);
    return found == target.query.end() ? std::string{} : found->second;
  }
};

// An item by id (digits) or reference, when the caller may see it. Errors: not_found, in the same words
// for one that is not there and one that is another agency's.
Result<Item> find_item(Context& context, std::string_view id_or_reference);

// Whether some definition that items of the board are on has such a kind, or such a state of `kind` (of
// any, when it is empty). A misspelt filter would find nothing and look like good news.
bool knows_kind(const Context& context, const std::string& kind);
bool knows_state(const Context& context, const std::string& kind, const std::string& state);
// `limit` of the query, 1 to `most`; `fallback` when it is left out. Errors: invalid.
Result<std::size_t> read_limit(const Context& context, std::size_t fallback, std::size_t most);
// A whole number, or nothing when it is left out. Errors: invalid.
Result<std::int64_t> read_number(std::string_view text, std::string_view field);
// "2026-11-10 10:00" by the board's clock, or an instant ending in Z. Errors: invalid.
Result<Instant> read_when(const Context& context, std::string_view text, std::string_view field);

// The request's body as an object with none but the `known` members. Errors: invalid.
Result<json::object> read_object(std::string_view body, const std::set<std::string_view>& known);
// A text member; empty when it is left out. Errors: invalid.
Result<std::string> read_text(const json::object& body, std::string_view name);

// A member that is an object of texts, as "fields" or "assign"; numbers, flags and lists as fields' types
// read them. Errors: invalid.
Result<std::map<std::string, std::string>> read_texts(const json::object& body, std::string_view name);
// An event as callers ask for it, without its item. Errors: invalid; not_found (a link).
Result<Command> read_command(Context& context, const json::object& body);

// One handler a resource; `rest` are the path's segments below the board.
using Segments = std::vector<std::string>;
Response get_items(Context& context, const Segments& rest);
Response get_item(Context& context, const Segments& rest);
Response post_event(Context& context, const Segments& rest);
Response post_children_event(Context& context, const Segments& rest);
Response get_obligations(Context& context, const Segments& rest);
Response get_obligation(Context& context, const Segments& rest);
Response post_obligation(Context& context, const Segments& rest);
Response post_rebind(Context& context, const Segments& rest);
Response post_resolved(Context& context, const Segments& rest);
Response get_outbox(Context& context, const Segments& rest);
Response get_notice(Context& context, const Segments& rest);
Response post_held_prompt(Context& context, const Segments& rest);
Response post_end_of_hold(Context& context, const Segments& rest);
Response post_held_notice(Context& context, const Segments& rest);
Response get_item_notices(Context& context, const Segments& rest);
Response get_calendar(Context& context, const Segments& rest);
Response post_calendar(Context& context, const Segments& rest);
Response get_journal(Context& context, const Segments& rest);
Response get_meetings(Context& context, const Segments& rest);
Response post_meeting(Context& context, const Segments& rest);
Response get_people(Context& context, const Segments& rest);
Response post_people(Context& context, const Segments& rest);
Response get_files(Context& context, const Segments& rest);
Response get_file(Context& context, const Segments& rest);
Response post_file(Context& context, const Segments& rest);
Response get_snapshots(Context& context, const Segments& rest);
Response get_reads(Context& context, const Segments& rest);
Response get_graph(Context& context, const Segments& rest);

Response answer(const json::object& body);

// Carries out `work` through the writer and answers what it says, or its refusal. Gives the reader back before:
// many may wait for one commit, and a connection each would be opened for nothing.
Response submit(Context& context,
                const std::function<Result<Done>(WriteTx&, const Programmes&, Instant)>& work,
                int status = 200);
// Records that the caller sees what is protected (S12.2), before they see it. The last thing a handler does, since
// this gives the reader back as well.
void record_reads(Context& context, const std::vector<ReadRecord>& reads);

}  // namespace assured::web
