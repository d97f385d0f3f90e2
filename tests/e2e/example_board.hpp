// The City & Hackney board with its people on a store of its own, for tests of what stands above.
#pragma once

#include <boost/json.hpp>
#include <memory>

#include "config/programme_files.hpp"
#include "daemon/boards.hpp"
#include "daemon/planner.hpp"
#include "daemon/system_zones.hpp"
#include "daemon/writer.hpp"
#include "store/file_store.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/failing_store.hpp"
#include "web/api.hpp"

namespace assured::test {

inline const char* const programme_path = ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney";
inline const char* const people_path = ASSURED_SOURCE_DIR "/tests/stories/city-and-hackney.people.toml";
inline const char* const board_id = "city-and-hackney";

class SetClock : public Clock {
 public:
  Instant now() const override { return now_; }
  Instant now_ = *parse_instant("2026-09-01T09:00:00Z");
};

inline std::string text_of(const boost::json::object& body, const char* name) {
  return std::string{body.at(name).as_string()};
}

inline constexpr const char* theme_event =
    R"({"event":"propose-theme","fields":{"theme":"Neglect","theme_source":"learning-review"}})";
inline constexpr const char* concern_event =
    R"({"event":"raise-concern","fields":{"subject_kind":"child","made_safe":"made-safe",
        "what":"secret words","addressed":["police","nhs-east"]}})";

// Users of the machine, and who they are on the board.
inline constexpr uid_t qa_officer = 1001, police_lead = 1002, nhs_lead = 1003, qa_chair = 1004,
                       operator_only = 1, nobody = 1999;

class ExampleBoard {
 public:
  ExampleBoard()
      : store(std::make_unique<FailingStore>(store::open_temporary_store(7))),
        programmes(open_boards(*store, {{programme_path, {}}}, zones, clock.now_)),
        writer(*store, programmes, clock, [] {}),
        api{*store, files, programmes, writer, clock,
            [this](uid_t uid, std::string_view board) -> std::optional<std::string> {
              if (board != board_id) return std::nullopt;
              if (uid == qa_officer) return holder_of("qa-officer");
              if (uid == police_lead) return holder_of("police/lead");
              if (uid == nhs_lead) return holder_of("nhs-east/lead");
              if (uid == qa_chair) return holder_of("qa-chair");
              return std::nullopt;
            },
            [](uid_t uid) { return uid == operator_only; },
            [] { return web::Health{}; }} {
    const auto people = config::load_people_file(
        people_path, programmes.get()->get_board(board_id).current->establishment);
    Caller caller;
    caller.person = "test";
    const auto tx = store->begin();
    if (!people.errors.empty() ||
        !load_people(*tx, *programmes.get(), board_id, people, caller, clock.now_))
      throw std::runtime_error("the people of the story cannot be loaded");
    tx->commit();
  }

  std::string holder_of(const std::string& post) {
    const auto people = *store->reader(board_id)->load_people();
    const auto holders =
        people.holders_of(post, local_date(clock.now_, *programmes.get()->get_board(board_id).zone));
    return holders.empty() ? std::string{} : holders.front();
  }

  web::Response ask(uid_t uid, const std::string& method, const std::string& path,
                    const std::string& body = {}) {
    web::Request request;
    request.method = method;
    request.target = path.starts_with("/v1") ? path : std::string{"/v1/boards/"} + board_id + path;
    request.body = body;
    request.uid = uid;
    return web::handle(request, api);
  }

  // Like ask(), for what must succeed. Throws with the refusal.
  boost::json::object get(uid_t uid, const std::string& method, const std::string& path,
                          const std::string& body = {}) {
    const auto response = ask(uid, method, path, body);
    if (response.status != 200) throw std::runtime_error(response.body);
    return boost::json::parse(response.body).as_object();
  }

  // Reference of a new audit; of a new concern on a new audit.
  std::string start_audit() { return text_of(get(qa_officer, "POST", "/events", theme_event), "reference"); }
  std::string raise_concern() {
    return text_of(
        get(qa_officer, "POST", "/items/" + start_audit() + "/events", concern_event), "reference");
  }

  // Makes a held notice of the oldest prompt that waits, as the planner does of a mail that seems to
  // name somebody (S12.4).
  NoticeId hold_notice() {
    const auto tx = store->begin();
    BoardWriter& rows = tx->board(board_id);
    const Prompt was = rows.list_prompts(1, {}, PromptState::pending).at(0);
    Prompt noticed = was;
    noticed.state = PromptState::noticed;
    Notice notice;
    notice.prompts = {was.id};
    notice.item = was.item;
    notice.to = was.to;
    notice.address = "somebody@agency.example";
    notice.message_id = "of-" + std::to_string(was.id.value) + "@board.example";
    notice.created_at = clock.now_;
    notice.state = NoticeState::held;
    JournalHead head;
    head.actor = "system";
    head.kind = "notice";
    head.occurred_at = clock.now_;
    const auto made = rows.write_notices(head, {{was, noticed}}, {{notice, "mail"}}, clock.now_);
    tx->commit();
    return made.front().id;
  }
  // As the planner does of what the detectors found in an item's mail (S12.4).
  void ask_to_look(ItemId id) {
    const auto in_force = programmes.get();
    const auto tx = store->begin();
    BoardWriter& rows = tx->board(board_id);
    const Item item = *rows.find_item(id);
    const Rules rules = in_force->rules(in_force->get_board(board_id), item.programme);
    Facts facts = load_facts(rows, rules, item, FactsNeeded{});
    facts.ids = rows.take_ids();
    JournalHead head;
    head.actor = "system";
    head.kind = "held";
    head.item = id;
    head.occurred_at = clock.now_;
    rows.write(head, decide_held(rules, item, facts, "may hold a date of birth", clock.now_),
               clock.now_);
    tx->commit();
  }
  // As after a restore: the planner holds all it finds.
  void hold_outbox(const std::string& why) {
    const auto tx = store->begin();
    tx->board(board_id).put_value(outbox_hold_value, why);
    tx->commit();
  }

  SetClock clock;
  SystemZones zones;
  std::unique_ptr<FailingStore> store;
  Folder folder;
  store::FolderFiles files{folder.path};
  CurrentProgrammes programmes;
  Writer writer;
  web::Api api;
};

}  // namespace assured::test
