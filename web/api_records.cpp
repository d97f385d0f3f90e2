// Reading what is not an item: outbox, journal, meetings, the programme's graph.
#include <map>

#include "web/json_text.hpp"
#include "web/problem.hpp"

namespace assured::web {

namespace {

constexpr std::size_t list_max = 500;

// References for rows that carry only ids, each looked up once.
class References {
 public:
  explicit References(Context& context) : context_(context) {}
  const std::string& of(ItemId id) {
    const auto known = known_.find(id);
    if (known != known_.end()) return known->second;
    const auto item = context_.reader->find_item(id);
    return known_[id] = item ? item->reference : std::string{};
  }

 private:
  Context& context_;
  std::map<ItemId, std::string> known_;
};

}  // namespace

Response get_outbox(Context& context, const Segments&) {
  const auto limit = read_limit(context, list_max, list_max);
  if (!limit) return problem(limit.error());
  std::int64_t after_prompt = 0, after_notice = 0;
  for (const auto& [name, after] : {std::pair{"after_prompt", &after_prompt},
                                    std::pair{"after_notice", &after_notice}}) {
    const std::string text = context.query(name);
    if (text.empty()) continue;
    const auto id = read_number(text, name);
    if (!id) return problem(id.error());
    *after = *id;
  }
  References references{context};
  json::array prompts, notices;
  for (const auto& prompt : context.reader->list_prompts(*limit, PromptId{after_prompt})) {
    json::object row = prompt_json(context, prompt);
    row["reference"] = references.of(prompt.item);
    prompts.push_back(std::move(row));
  }
  for (const auto& notice : context.reader->list_notices(*limit, NoticeId{after_notice})) {
    json::object row = notice_json(context, notice);
    row["reference"] = references.of(notice.item);
    // Grouped prompts have one wording.
    if (!notice.prompts.empty())
      if (const auto prompt = context.reader->find_prompt(notice.prompts.front()))
        row["template"] = prompt->template_name;
    notices.push_back(std::move(row));
  }
  json::object body;
  body["prompts"] = std::move(prompts);
  body["notices"] = std::move(notices);
  return answer(body);
}

Response get_notice(Context& context, const Segments& rest) {
  const auto id = read_number(rest[2], "notice");
  if (!id) return problem(id.error());
  auto bytes = context.reader->find_notice_bytes(NoticeId{*id});
  if (!bytes)
    return problem({Errc::not_found, "There is no such notice, or its text was removed since."});
  return {200, "message/rfc822", std::move(*bytes)};
}

Response get_journal(Context& context, const Segments&) {
  const auto limit = read_limit(context, list_max, list_max);
  if (!limit) return problem(limit.error());
  std::int64_t after = 0;
  if (const auto text = context.query("after"); !text.empty()) {
    const auto seq = read_number(text, "after");
    if (!seq) return problem(seq.error());
    after = *seq;
  }
  References references{context};
  json::array rows;
  for (const auto& entry : context.reader->list_journal(after, *limit)) {
    json::object row = journal_json(context, entry);
    if (entry.item) row["reference"] = references.of(entry.item);
    rows.push_back(std::move(row));
  }
  json::object body;
  body["journal"] = std::move(rows);
  body["head"] = context.api.store.head(context.board_id);
  return answer(body);
}

Response get_meetings(Context& context, const Segments&) {
  json::array rows;
  for (const auto& meeting : context.reader->list_meetings(context.query("body")))
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
