// The writer's part of the outbox: notices with their bytes, and their deliveries.
#include "store/digest.hpp"
#include "store/writer.hpp"

namespace assured::store {
namespace {

constexpr std::size_t said_bytes_max = 200;

constexpr std::string_view next_notice =
    "SELECT COALESCE(MAX(id), 0) + 1 FROM notices WHERE board = $board";
constexpr std::string_view add_bytes =
    "INSERT INTO notice_bytes (board, notice, bytes, final_at)"
    " VALUES ($board, $notice, $bytes, $final_at)";
constexpr std::string_view set_bytes_final =
    "UPDATE notice_bytes SET final_at = $final_at WHERE board = $board AND notice = $notice";
constexpr std::string_view family_a_prompts =
    "SELECT 1 FROM notice_prompts n JOIN prompts p ON p.board = n.board AND p.id = n.prompt"
    " WHERE n.board = $board AND n.notice = $notice AND p.family = 'A' LIMIT 1";
constexpr std::string_view add_delivery_row =
    "INSERT INTO deliveries (board, notice, urgent, attempts, next_try_at, state, said)"
    " VALUES ($board, $notice, $urgent, 0, $next_try_at, 'pending', '')"
    " ON CONFLICT (board, notice) DO NOTHING";
constexpr std::string_view remove_delivery =
    "DELETE FROM deliveries WHERE board = $board AND notice = $notice";
constexpr std::string_view lease_delivery =
    "UPDATE deliveries SET attempts = attempts + 1, state = 'leased', next_try_at = $until"
    " WHERE board = $board AND notice = $notice";
constexpr std::string_view end_leased =
    "UPDATE deliveries SET state = 'unknown', next_try_at = (SELECT n.created_at FROM notices n"
    " WHERE n.board = deliveries.board AND n.id = deliveries.notice)"
    " WHERE board = $board AND state = 'leased'";
constexpr std::string_view defer_delivery =
    "UPDATE deliveries SET state = $state, next_try_at = $next_try_at, said = $said"
    " WHERE board = $board AND notice = $notice";

constexpr std::string_view hasten_deliveries =
    "UPDATE deliveries SET next_try_at = $now"
    " WHERE board = $board AND next_try_at > $latest AND state <> 'leased'";
constexpr std::string_view give_back_delivery =
    "UPDATE deliveries SET attempts = attempts - 1, state = $state, next_try_at = $next_try_at"
    " WHERE board = $board AND notice = $notice AND state = 'leased' AND attempts > 0";

Cell cell_of(const std::optional<Instant>& at) { return at ? Cell{to_ms(*at)} : Cell{}; }

// The first bytes of a text, never half a letter of UTF-8.
std::string_view first_bytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void refuse_steps_between(NoticeState state) {
  if (state == NoticeState::pending || state == NoticeState::held || is_final(state)) return;
  throw StoreError("A lease or a deferral is not written as a notice's state.", false);
}

void refuse_unless_put_off(NoticeState as) {
  if (as != NoticeState::deferred && as != NoticeState::unknown)
    throw StoreError("A notice is put off as deferred or as unknown.", false);
}

}  // namespace

bool Writer::is_urgent(NoticeId notice) {
  Query run = board_.query(family_a_prompts);
  run.bind("$notice", notice.value);
  return run.step();
}

void Writer::add_delivery(NoticeId notice, Instant now) {
  board_.query(add_delivery_row)
      .bind("$notice", notice.value)
      .bind("$urgent", std::int64_t{is_urgent(notice)})
      .bind("$next_try_at", to_ms(now))
      .run();
}

std::vector<Notice> Writer::write_notices(const JournalHead& head,
                                          const std::vector<Changed<Prompt>>& prompts,
                                          std::vector<std::pair<Notice, std::string>> notices,
                                          Instant now) {
  return guarded([&] {
    Body body;
    for (const auto& prompt : prompts)
      put(body, prompts_table(), to_row(prompt.now), Expect::present);
    std::vector<Notice> out;
    std::int64_t id = notices.empty() ? 0 : next_id(next_notice);
    for (auto& [notice, bytes] : notices) {
      refuse_steps_between(notice.state);
      notice.id = NoticeId{id++};
      notice.digest = blake2b_hex(bytes);
      put(body, notices_table(), to_row(notice), Expect::absent);
      for (const PromptId prompt : notice.prompts)
        put(body, notice_prompts_table(), to_row(notice.id, prompt), Expect::absent);
      board_.query(add_bytes)
          .bind("$notice", notice.id.value)
          .bind_bytes("$bytes", bytes)
          .bind_cell("$final_at", cell_of(notice.final_at))
          .run();
      if (notice.state == NoticeState::pending) {
        add_delivery(notice.id, now);
        notice.next_try_at = now;
      }
      out.push_back(std::move(notice));
    }
    append(head, body, now);
    return out;
  });
}

void Writer::write_notice_states(const JournalHead& head, const std::vector<Notice>& notices,
                                 Instant now) {
  guarded([&] {
    Body body;
    body.reason = head.reason;
    for (Notice notice : notices) {
      refuse_steps_between(notice.state);
      if (is_final(notice.state) && !notice.final_at) notice.final_at = now;
      put(body, notices_table(), to_row(notice), Expect::present);
      if (notice.state == NoticeState::pending)
        add_delivery(notice.id, now);
      else
        board_.query(remove_delivery).bind("$notice", notice.id.value).run();
      board_.query(set_bytes_final)
          .bind("$notice", notice.id.value)
          .bind_cell("$final_at", cell_of(notice.final_at))
          .run();
    }
    append_if_changed(head, body, now);
  });
}

void Writer::lease_notices(const std::vector<NoticeId>& ids, Instant until) {
  guarded([&] {
    for (const NoticeId id : ids)
      board_.query(lease_delivery).bind("$notice", id.value).bind("$until", to_ms(until)).run();
  });
}

void Writer::end_leases() {
  guarded([&] { board_.query(end_leased).run(); });
}

void Writer::defer_notice(NoticeId id, NoticeState as, Instant next_try_at, std::string_view said) {
  guarded([&] {
    refuse_unless_put_off(as);
    board_.query(defer_delivery)
        .bind("$notice", id.value)
        .bind("$state", to_text(as))
        .bind("$next_try_at", to_ms(next_try_at))
        .bind("$said", first_bytes(said, said_bytes_max))
        .run();
  });
}

void Writer::hasten_notices(Instant latest, Instant now) {
  guarded([&] {
    board_.query(hasten_deliveries).bind("$latest", to_ms(latest)).bind("$now", to_ms(now)).run();
  });
}

void Writer::give_back_notice(NoticeId id, NoticeState as, Instant next_try_at) {
  guarded([&] {
    refuse_unless_put_off(as);
    board_.query(give_back_delivery)
        .bind("$notice", id.value)
        .bind("$state", to_text(as))
        .bind("$next_try_at", to_ms(next_try_at))
        .run();
  });
}

}  // namespace assured::store
