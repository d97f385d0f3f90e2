// Prompts, the notices made from them, and the notices' deliveries.
#include <array>

#include "store/board.hpp"
#include "store/indexed.hpp"

namespace assured::store {

std::vector<Prompt> Board::prompts_of(ObligationId obligation) {
  static const std::string sql =
      prompts_table().select + std::string{of_obligation};
  Query run = query(sql);
  run.bind("$obligation", obligation.value);
  return read_all(run, prompt_from);
}

std::vector<Prompt> Board::prompts_from(ObligationId obligation, PromptId from) {
  static const std::string sql = prompts_table().select + std::string{of_obligation_from};
  Query run = query(sql);
  run.bind("$obligation", obligation.value).bind("$from", from.value);
  return read_all(run, prompt_from);
}

std::vector<Prompt> Board::prompts_of_step(const Prompt& prompt) {
  static const std::string sql = prompts_table().select + std::string{of_step};
  Query run = query(sql);
  run.bind("$obligation", prompt.obligation.value)
      .bind("$due_version", prompt.due_version)
      .bind("$rung", prompt.rung)
      .bind("$cycle", prompt.cycle);
  return read_all(run, prompt_from);
}

std::optional<Prompt> Board::find_prompt(PromptId id) {
  Query run = query(prompts_table().find);
  run.bind("$id", id.value);
  return read_one(run, prompt_from);
}

std::vector<Prompt> Board::pending_prompts(Instant now, std::size_t limit, bool only_urgent) {
  // Two statements, each in the order of its index, rather than one that sorts all that wait.
  static const std::string urgent = prompts_table().select +
                                    " AND state = 'pending' AND family = 'A' AND not_before <= $now"
                                    " ORDER BY created_at, id LIMIT $limit";
  static const std::string routine = prompts_table().select +
                                     " AND state = 'pending' AND family <> 'A'"
                                     " AND not_before <= $now ORDER BY created_at, id LIMIT $limit";
  std::vector<Prompt> out;
  for (const std::string* sql : {&urgent, &routine}) {
    if (out.size() == limit || (only_urgent && sql == &routine)) break;
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

std::vector<Prompt> Board::prompts_waiting_beyond(Instant after, std::size_t limit) {
  static const std::string sql = prompts_table().select +
                                 " AND state = 'pending' AND not_before > $after"
                                 " ORDER BY not_before DESC LIMIT $limit";
  Query run = query(sql);
  run.bind("$after", to_ms(after)).bind("$limit", static_cast<std::int64_t>(limit));
  return read_all(run, prompt_from);
}

std::vector<Prompt> Board::prompts_about(ItemId item) {
  static const std::string sql = prompts_table().select + std::string{of_item};
  Query run = query(sql);
  run.bind("$item", item.value);
  return read_all(run, prompt_from);
}

std::vector<Prompt> Board::list_prompts(std::size_t limit, PromptId after,
                                        std::optional<PromptState> state) {
  static const std::string of_state =
      prompts_table().select + " AND id > $after AND state = $state ORDER BY id LIMIT $limit";
  static const std::string all =
      prompts_table().select + " AND id > $after ORDER BY id LIMIT $limit";
  Query run = query(state ? of_state : all);
  run.bind("$after", after.value).bind("$limit", static_cast<std::int64_t>(limit));
  if (state) run.bind("$state", to_text(*state));
  return read_all(run, prompt_from);
}

// Over the journaled `pending`, what its delivery says.
void Board::load_delivery(Notice& notice) {
  Query run = query(
      "SELECT attempts, next_try_at, state, said FROM deliveries"
      " WHERE board = $board AND notice = $notice");
  run.bind("$notice", notice.id.value);
  if (!run.step()) return;
  notice.attempts = static_cast<std::uint32_t>(run.integer(0));
  notice.next_try_at = from_ms(run.integer(1));
  notice.state = notice_state_from(run.text(2));
  notice.said = run.text(3);
}

std::vector<Notice> Board::read_notices(Query run) {
  std::vector<Notice> notices = read_all(run, notice_from);
  for (Notice& notice : notices) {
    Query prompts = query(
        "SELECT prompt FROM notice_prompts WHERE board = $board AND notice = $notice"
        " ORDER BY prompt");
    prompts.bind("$notice", notice.id.value);
    while (prompts.step()) notice.prompts.push_back(PromptId{prompts.integer(0)});
    load_delivery(notice);
  }
  return notices;
}

std::vector<Notice> Board::list_notices(std::size_t limit, NoticeId after,
                                        std::optional<NoticeState> state) {
  static const std::string all =
      notices_table().select + " AND id > $after ORDER BY id LIMIT $limit";
  // Of what waits, the delivery knows the state; the rest are few or final.
  static const std::string waiting =
      notices_table().select +
      " AND id > $after AND EXISTS (SELECT 1 FROM deliveries d WHERE d.board = $board"
      " AND d.notice = notices.id AND d.state = $state) ORDER BY id LIMIT $limit";
  static const std::string settled =
      notices_table().select + " AND id > $after AND state = $state ORDER BY id LIMIT $limit";
  const bool is_settled = state && (*state == NoticeState::held || is_final(*state));
  Query run = query(!state ? all : is_settled ? settled : waiting);
  run.bind("$after", after.value).bind("$limit", static_cast<std::int64_t>(limit));
  if (state) run.bind("$state", to_text(*state));
  return read_notices(std::move(run));
}

std::vector<Notice> Board::notices_of(PromptId prompt) {
  static const std::string sql = notices_table().select +
                                 " AND id IN (SELECT notice FROM notice_prompts"
                                 " WHERE board = $board AND prompt = $prompt) ORDER BY id";
  Query run = query(sql);
  run.bind("$prompt", prompt.value);
  return read_notices(std::move(run));
}

std::optional<Notice> Board::find_notice(NoticeId id) {
  Query run = query(notices_table().find);
  run.bind("$id", id.value);
  auto found = read_notices(std::move(run));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Notice> Board::due_notices(Instant now, std::size_t limit,
                                       std::optional<DeliveryClass> of) {
  struct Part {
    DeliveryClass of;
    bool urgent;
    std::string_view sql;
  };
  static constexpr std::array parts{
      Part{DeliveryClass::urgent_fresh, true, fresh_deliveries},
      Part{DeliveryClass::urgent_tried, true, tried_deliveries},
      Part{DeliveryClass::routine_fresh, false, fresh_deliveries},
      Part{DeliveryClass::routine_tried, false, tried_deliveries}};
  std::vector<Notice> out;
  for (const Part& part : parts) {
    if (of && *of != part.of) continue;
    Query run = query(part.sql);
    run.bind("$urgent", std::int64_t{part.urgent})
        .bind("$now", to_ms(now))
        .bind("$limit", static_cast<std::int64_t>(limit - out.size()));
    while (run.step())
      if (auto notice = find_notice(NoticeId{run.integer(0)})) out.push_back(std::move(*notice));
  }
  return out;
}

std::optional<Instant> Board::next_try_at() {
  Query run = query(earliest_delivery);
  if (!run.step()) return std::nullopt;
  return from_ms(run.integer(0));
}

namespace {

// Of all that is held, and of that about immediate risk.
constexpr std::string_view held_mail =
    "SELECT COUNT(*), COALESCE(SUM(urgent), 0) FROM ("
    " SELECT family = 'A' AS urgent FROM prompts WHERE board = $board AND state = 'held'"
    " UNION ALL"
    " SELECT EXISTS (SELECT 1 FROM notice_prompts np JOIN prompts p ON p.board = np.board AND p.id = np.prompt"
    "  WHERE np.board = n.board AND np.notice = n.id AND p.family = 'A')"
    " FROM notices n WHERE n.board = $board AND n.state = 'held')";

}  // namespace

std::size_t Board::count_held(ItemId item) {
  Query run = query(
      "SELECT (SELECT COUNT(*) FROM notices WHERE board = $board AND state = 'held' AND item = $item)"
      " + (SELECT COUNT(*) FROM prompts WHERE board = $board AND item = $item AND state = 'held')");
  run.bind("$item", item.value);
  run.step();
  return static_cast<std::size_t>(run.integer(0));
}

OutboxCounts Board::outbox_counts() {
  OutboxCounts counts;
  Query states = query("SELECT state, COUNT(*) FROM deliveries WHERE board = $board GROUP BY state");
  while (states.step()) {
    const NoticeState state = notice_state_from(states.text(0));
    const auto number = static_cast<std::size_t>(states.integer(1));
    counts.unsent += number;
    if (state == NoticeState::deferred) counts.deferred = number;
    if (state == NoticeState::unknown) counts.unknown = number;
  }
  Query held = query(held_mail);
  held.step();
  counts.held = static_cast<std::size_t>(held.integer(0));
  counts.held_urgent = static_cast<std::size_t>(held.integer(1));
  // Ids rise with time, so the lowest is the oldest.
  Query oldest = query(
      "SELECT n.created_at FROM deliveries d JOIN notices n ON n.board = d.board AND n.id = d.notice"
      " WHERE d.board = $board ORDER BY d.notice LIMIT 1");
  if (oldest.step()) counts.oldest_unsent = from_ms(oldest.integer(0));
  Query urgent = query(
      "SELECT n.created_at FROM deliveries d JOIN notices n ON n.board = d.board AND n.id = d.notice"
      " WHERE d.board = $board AND d.urgent = 1 ORDER BY d.notice LIMIT 1");
  if (urgent.step()) counts.oldest_unsent_urgent = from_ms(urgent.integer(0));
  return counts;
}

std::optional<std::string> Board::find_notice_bytes(NoticeId id) {
  Query run = query("SELECT bytes FROM notice_bytes WHERE board = $board AND notice = $notice");
  run.bind("$notice", id.value);
  if (!run.step()) return std::nullopt;
  return run.text(0);
}

}  // namespace assured::store
