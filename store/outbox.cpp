// Prompts, and the notices made from them.
#include "store/board.hpp"

namespace assured::store {

std::vector<Prompt> Board::prompts_of(ObligationId obligation) {
  static const std::string sql =
      prompts_table().select + " AND obligation = $obligation ORDER BY id";
  Query run = query(sql);
  run.bind("$obligation", obligation.value);
  return read_all(run, prompt_from);
}

std::optional<Prompt> Board::find_prompt(PromptId id) {
  Query run = query(prompts_table().find);
  run.bind("$id", id.value);
  return read_one(run, prompt_from);
}

std::vector<Prompt> Board::pending_prompts(Instant now, std::size_t limit) {
  // Two statements, each in the order of its index, rather than one that sorts all that wait.
  static const std::string urgent = prompts_table().select +
                                    " AND state = 'pending' AND family = 'A' AND not_before <= $now"
                                    " ORDER BY created_at, id LIMIT $limit";
  static const std::string routine = prompts_table().select +
                                     " AND state = 'pending' AND family <> 'A'"
                                     " AND not_before <= $now ORDER BY created_at, id LIMIT $limit";
  std::vector<Prompt> out;
  for (const std::string* sql : {&urgent, &routine}) {
    if (out.size() == limit) break;
    Query run = query(*sql);
    run.bind("$now", to_ms(now)).bind("$limit", static_cast<std::int64_t>(limit - out.size()));
    while (run.step()) out.push_back(prompt_from(run.row()));
  }
  return out;
}

std::optional<Instant> Board::next_pending_prompt_at() {
  Query run = query(
      "SELECT not_before FROM prompts WHERE board = $board AND state = 'pending'"
      " ORDER BY not_before LIMIT 1");
  if (!run.step()) return std::nullopt;
  return from_ms(run.integer(0));
}

std::vector<Prompt> Board::list_prompts(std::size_t limit, PromptId after) {
  static const std::string sql =
      prompts_table().select + " AND id > $after ORDER BY id LIMIT $limit";
  Query run = query(sql);
  run.bind("$after", after.value).bind("$limit", static_cast<std::int64_t>(limit));
  return read_all(run, prompt_from);
}

std::vector<Notice> Board::list_notices(std::size_t limit, NoticeId after) {
  static const std::string sql =
      notices_table().select + " AND id > $after ORDER BY id LIMIT $limit";
  Query run = query(sql);
  run.bind("$after", after.value).bind("$limit", static_cast<std::int64_t>(limit));
  return read_all(run, notice_from);
}

std::vector<Notice> Board::notices_of(PromptId prompt) {
  static const std::string sql = notices_table().select + " AND prompt = $prompt ORDER BY id";
  Query run = query(sql);
  run.bind("$prompt", prompt.value);
  return read_all(run, notice_from);
}

std::vector<Notice> Board::unsent_notices(Instant now, std::size_t limit) {
  static const std::string sql =
      notices_table().select +
      " AND state IN ('pending', 'leased', 'deferred', 'unknown') AND created_at <= $now"
      " ORDER BY id LIMIT $limit";
  Query run = query(sql);
  run.bind("$now", to_ms(now)).bind("$limit", static_cast<std::int64_t>(limit));
  return read_all(run, notice_from);
}

std::optional<std::string> Board::find_notice_bytes(NoticeId id) {
  Query run = query("SELECT bytes FROM notice_bytes WHERE board = $board AND notice = $notice");
  run.bind("$notice", id.value);
  if (!run.step()) return std::nullopt;
  return run.text(0);
}

}  // namespace assured::store
