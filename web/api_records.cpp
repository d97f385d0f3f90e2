// Reading what is not an item: journal, meetings, the programme's graph.
#include "web/json_text.hpp"
#include "web/problem.hpp"

namespace assured::web {

namespace {

constexpr std::size_t list_max = 500;

}  // namespace

Response get_journal(Context& context, const Segments&) {
  const auto limit = read_limit(context, list_max, list_max);
  if (!limit) return problem(limit.error());
  std::int64_t after = 0;
  if (const auto text = context.query("after"); !text.empty()) {
    const auto seq = read_number(text, "after");
    if (!seq) return problem(seq.error());
    after = *seq;
  }
  References references{*context.reader};
  json::array rows;
  for (const auto& entry : context.reader->list_journal(after, *limit)) {
    json::object row = journal_json(context, entry);
    if (entry.item) row["reference"] = references.of(entry.item);
    rows.push_back(std::move(row));
  }
  json::object body;
  if (rows.size() == *limit) body["next"] = rows.back().at("seq");
  body["journal"] = std::move(rows);
  body["head"] = context.api.store.head(context.board_id);
  return answer(body);
}

Response get_meetings(Context& context, const Segments&) {
  const std::string named = context.query("body");
  const BodyDef* of = context.board.current->establishment.find_body(named);
  if (!named.empty() && of == nullptr)
    return problem({Errc::invalid, "There is no such body on this board.", "body"});
  json::array rows;
  for (const auto& meeting : context.reader->list_meetings(of == nullptr ? "" : of->id))
    rows.push_back(meeting_json(context, meeting));
  json::object body;
  body["meetings"] = std::move(rows);
  return answer(body);
}

Response get_graph(Context& context, const Segments&) {
  const std::string format = context.query("format");
  const Definition& definition = context.board.current->definition;
  if (format.empty() || format == "mermaid") return {200, "text/plain", to_mermaid(definition)};
  if (format == "dot") return {200, "text/vnd.graphviz", to_dot(definition)};
  return problem({Errc::invalid, "This must be mermaid or dot.", "format"});
}

}  // namespace assured::web
