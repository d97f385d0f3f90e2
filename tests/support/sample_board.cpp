#include "tests/support/sample_board.hpp"

#include <fmt/format.h>

namespace assured::test {

using namespace std::chrono_literals;

Item sample_item(std::int64_t id, std::string kind, ItemId parent, ItemId root) {
  Item item;
  item.id = ItemId{id};
  item.kind = std::move(kind);
  item.parent = parent;
  item.root = root;
  item.reference = fmt::format("QRT-{:04}", id);
  item.state = "allocated";
  item.entered_at = sample_start();
  item.created_at = sample_start();
  item.agency = "riverton-health";
  item.programme = "0a1b";
  return item;
}

Obligation sample_obligation(std::int64_t id, ItemId item, std::string name) {
  Obligation obligation;
  obligation.id = ObligationId{id};
  obligation.item = item;
  obligation.name = std::move(name);
  obligation.owed_by = "post:riverton-health/lead";
  obligation.ladder = "returns";
  obligation.opened_at = sample_start();
  obligation.rule.kind = DueRule::Kind::after;
  obligation.rule.after = Span{2, Unit::days};
  obligation.anchor = sample_start();
  obligation.due_at = sample_start() + 48h;
  obligation.first_due_at = obligation.due_at;
  obligation.rungs_from = sample_start();
  obligation.next_at = sample_start() + 24h;
  return obligation;
}

Prompt sample_prompt(std::int64_t id, ItemId item, ObligationId obligation) {
  Prompt prompt;
  prompt.id = PromptId{id};
  prompt.item = item;
  prompt.obligation = obligation;
  prompt.due_version = 1;
  prompt.rung = 0;
  prompt.to = "post:riverton-health/lead";
  prompt.template_name = "return-due";
  prompt.created_at = sample_start() + 24h;
  prompt.not_before = sample_start() + 24h;
  return prompt;
}

Changed<Prompt> noticed(const Prompt& prompt) {
  Changed<Prompt> change{prompt, prompt};
  change.now.state = PromptState::noticed;
  return change;
}

JournalHead sample_head(std::string kind, ItemId item) {
  JournalHead head;
  head.actor = "jane-okafor";
  head.for_post = "qa-officer";
  head.channel = "phone";
  head.kind = std::move(kind);
  head.item = item;
  head.occurred_at = sample_start() - 1min;
  return head;
}

void fill_sample_board(Store& store, std::string_view board_id) {
  const Instant now = sample_start();
  in_transaction(store, board_id, [&](BoardWriter& board) {
    board.write_definition(sample_head("definition", {}), "0a1b", "format = 1\n", now);
    board.write_people(
        sample_head("people", {}),
        {{"jane-okafor", "Jane Okafor", "jane@riverton.example", "01632 960001"},
         {"sam-reed", "Sam Reed", "sam@health.example", "01632 960002"}},
        {{"jane-okafor", "qa-officer", Date{std::chrono::days{20'000}}, std::nullopt},
         {"sam-reed", "riverton-health/lead", Date{std::chrono::days{20'000}},
          Date{std::chrono::days{21'000}}}},
        now);
    board.write_meeting(sample_head("meeting", {}),
                        Meeting{{}, "qa-subgroup", now + 240h, Meeting::State::planned}, now);
    board.write_calendar_override(
        sample_head("calendar", {}),
        CalendarOverride{Date{std::chrono::days{20'800}}, true, "A day of mourning"}, now);
    board.put_value("heartbeat", "1795251600000");
    board.add_read({now, "jane-okafor", ItemId{2}, "field notes"});
    board.put_answer("uid:1000", "key-1", "hash", "{}", now);
  });
  in_transaction(store, board_id, [&](BoardWriter& board) {
    Decision start;
    auto audit = sample_item(1, "audit", {}, ItemId{1});
    audit.agency = "";
    audit.fields.emplace("theme", FieldValue{FieldClass::internal, std::string{"Neglect"}});
    audit.fields.emplace(
        "agencies", FieldValue{FieldClass::public_, std::vector<std::string>{"police", "health"}});
    auto first = sample_item(2, "return", ItemId{1}, ItemId{1});
    first.fields.emplace("grade", FieldValue{FieldClass::internal, std::string{"good"}});
    first.fields.emplace("files_read", FieldValue{FieldClass::protected_, true});
    first.fields.emplace("pages", FieldValue{FieldClass::public_, std::int64_t{12}});
    first.fields.emplace("read_on",
                         FieldValue{FieldClass::internal, Date{std::chrono::days{20'700}}});
    first.fields.emplace("passed_at", FieldValue{FieldClass::internal, now});
    first.fields.emplace("notes", FieldValue{FieldClass::protected_, Value{}});
    const auto second = sample_item(3, "return", ItemId{1}, ItemId{1});
    const auto action = sample_item(4, "action", ItemId{2}, ItemId{1});
    for (const auto& item : {action, second, first, audit})
      start.items.push_back({std::nullopt, item});
    start.obligations.push_back({std::nullopt, sample_obligation(1, ItemId{2}, "submit")});
    auto later = sample_obligation(2, ItemId{3}, "submit");
    later.next_at = now + 30h;
    later.seniors_wait_until = Instant::max();
    later.seniors_wait_rungs = {2, 3};
    start.obligations.push_back({std::nullopt, later});
    start.assignments.push_back(
        {std::nullopt,
         {ItemId{2}, "auditor", "sam-reed", "riverton-health/lead", now, std::nullopt}});
    start.links.push_back({std::nullopt, {ItemId{4}, ItemId{3}, "source", now, std::nullopt}});
    start.approvals.push_back(
        {std::nullopt, {ItemId{1}, "executive", "jane-okafor", "qa-officer", now, std::nullopt}});
    start.lines.push_back({ItemId{1}, "started", "audit started"});
    start.subject = ItemId{1};
    auto head = sample_head("start", ItemId{1});
    head.reason = "Asked for by the executive";
    board.write(head, start, now);
  });
  in_transaction(store, board_id, [&](BoardWriter& board) {
    const auto was = board.find_obligation(ObligationId{1});
    auto fired = *was;
    fired.fired.push_back({fired.id, 1, 0, 0, fired.owed_by, now + 24h, now + 24h});
    fired.next_at = now + 48h;
    Decision pass;
    pass.obligations.push_back({was, fired});
    auto prompt = sample_prompt(1, ItemId{2}, ObligationId{1});
    prompt.missed = {now + 23h};
    pass.prompts.push_back({std::nullopt, prompt});
    auto urgent = sample_prompt(2, ItemId{3}, ObligationId{2});
    urgent.family = Family::a;
    urgent.created_at = now + 25h;
    pass.prompts.push_back({std::nullopt, urgent});
    auto head = sample_head("rung", ItemId{2});
    head.actor = "time";
    board.write(head, pass, now + 24h);
  });
  in_transaction(store, board_id, [&](BoardWriter& board) {
    FileRecord file;
    file.item = ItemId{2};
    file.kind = "return";
    file.digest = std::string(64, 'c');
    file.type = "pdf";
    file.bytes = 2048;
    file.at = now;
    file.actor = "sam-reed";
    board.write_file(sample_head("file", ItemId{2}), file, now);
  });
  in_transaction(store, board_id, [&](BoardWriter& board) {
    Notice notice;
    notice.item = ItemId{2};
    notice.to = "post:riverton-health/lead";
    notice.person = "sam-reed";
    notice.address = "sam@health.example";
    notice.message_id = "1.riverton@assured.example";
    notice.created_at = now + 24h;
    auto head = sample_head("notice", ItemId{2});
    head.actor = "system";
    notice.prompts = {PromptId{1}};
    board.write_notices(head, {noticed(*board.find_prompt(PromptId{1}))},
                        {{notice, "To: Sam\r\n\r\nDue."}}, now + 24h);
  });
}

}  // namespace assured::test
