#include "tests/support/served_story.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "daemon/story_document.hpp"
#include "daemon/story_expect.hpp"
#include "workflows/deadline.hpp"

namespace assured::test {

namespace json = boost::json;
using std::chrono_literals::operator""min;

namespace {

constexpr uid_t first_user = 20'000;  // of the machine, for the story's first person
constexpr const char* board_path = "/v1/boards/city-and-hackney";
constexpr const char* reader_person = "ruth-bellamy";  // whom the test reads as: the business manager

std::string text_of(const json::object& row, const char* name) {
  const json::value* value = row.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

config::Settings with_users(config::Settings settings, const PeopleFile& people,
                            const std::map<std::string, uid_t>& users, const std::string& board) {
  for (const Person& person : people.persons) settings.users[users.at(person.id)][board] = person.id;
  settings.users[::getuid()][board] = reader_person;
  return settings;
}

std::map<std::string, uid_t> users_of(const PeopleFile& people) {
  std::map<std::string, uid_t> users;
  for (const Person& person : people.persons)
    users[person.id] = first_user + static_cast<uid_t>(users.size());
  return users;
}

json::object texts_of(const std::map<std::string, std::string>& texts) {
  json::object object;
  for (const auto& [name, text] : texts) object[name] = text;
  return object;
}

std::string people_toml(const PeopleFile& file) {
  std::string toml;
  for (const Person& person : file.persons) {
    std::string posts;
    for (const Holding& h : file.holdings)
      if (h.person == person.id)
        posts += fmt::format("{{ post = \"{}\", from = \"{}\"{} }}, ", h.post, to_text(h.from),
                             h.to ? fmt::format(", to = \"{}\"", to_text(*h.to)) : "");
    toml += fmt::format("[[person]]\nid = \"{}\"\nname = \"{}\"\nmail = \"{}\"\nphone = \"{}\"\nposts = [{}]\n",
                        person.id, person.name, person.mail, person.phone, posts);
  }
  return toml;
}

std::shared_ptr<const Zone> zone_of(const ShippedStory& shipped) {
  auto zone = SystemZones{}.find_zone(shipped.programme->establishment.zone_name);
  if (!zone) throw std::runtime_error(zone.error().message);
  return *zone;
}

[[noreturn]] void fail(const StoryStep& step, const std::string& why) {
  throw std::runtime_error(fmt::format("line {}: {}", step.line, why));
}

}  // namespace

ServedStory::ServedStory(const ShippedStory& shipped, config::Settings settings,
                         std::filesystem::path relay_folder)
    : shipped_(shipped),
      story_(shipped.story),
      definition_(shipped.programme->definition),
      relay_folder_(std::move(relay_folder)),
      service_(with_users(std::move(settings), shipped.people, users_of(shipped.people),
                          shipped.programme->establishment.board),
               zone_of(shipped)->to_instant(*parse_local_time(shipped.story.start))),
      zone_(zone_of(shipped)),
      downs_(shipped.story.downs),
      users_(users_of(shipped.people)) {}

// --- time

Instant ServedStory::local(const std::string& text) const {
  return zone_->to_instant(*parse_local_time(text));
}

Instant ServedStory::time_of(const StoryStep& step, Instant before) const {
  if (!step.at.empty()) return local(step.at);
  if (step.after) fail(step, "this player knows steps with `at` only");
  return before;
}

void ServedStory::pass_downtime(const StoryDown& down) {
  if (local(down.from) - service_.now() > 2min) service_.move_to(local(down.from) - 1min);
  service_.settle();
  service_.set_clock(local(down.from));
  if (service_.stop() != 0) throw std::runtime_error("the service did not stop cleanly");
  service_.set_clock(local(down.to));
  service_.start();
  service_.settle();
  collect_mail();
}

// Until just before `until`'s own timers: a person's event in the same instant comes first (S8.4).
void ServedStory::advance(Instant until) {
  for (;;) {
    const Instant wake = service_.settle();
    collect_mail();
    if (!downs_.empty() && local(downs_.front().from) <= std::min(wake, until)) {
      pass_downtime(downs_.front());
      downs_.erase(downs_.begin());
      continue;
    }
    if (wake >= until) break;
    // After a step that was refused nobody has woken the workers yet, which do what is due now.
    if (wake <= service_.now() && std::exchange(looked_at_, service_.now()) == service_.now())
      throw std::runtime_error(
          fmt::format("at {} a worker wants to be woken in the past", to_text(service_.now())));
    service_.move_to(std::max(wake, service_.now()));
  }
  if (until - service_.now() > 2min) {
    service_.move_to(until - 1min);
    service_.settle();
  }
  service_.set_clock(until);
}

void ServedStory::play() {
  service_.start();
  load_people(shipped_.people);
  Instant now = service_.now();
  for (const StoryStep& step : story_.steps) {
    now = time_of(step, now);
    if (now > service_.now()) advance(now);
    do_step(step);
    service_.settle();
    collect_mail();
  }
  Instant end = now + 1min;
  for (const StoryExpect& e : story_.expects) end = std::max(end, local(e.at) + 1min);
  advance(end);
  if (service_.stop() != 0) throw std::runtime_error("the service did not stop cleanly");
}

// --- people

void ServedStory::load_people(const PeopleFile& file) {
  const auto reply = service_.ask("POST", "/people", people_toml(file));
  if (!reply.ok()) throw std::runtime_error("people: " + reply.body);
  for (const Person& person : file.persons) {
    std::erase_if(people_.persons, [&](const Person& p) { return p.id == person.id; });
    std::erase_if(people_.holdings, [&](const Holding& h) { return h.person == person.id; });
    people_.persons.push_back(person);
  }
  people_.holdings.insert(people_.holdings.end(), file.holdings.begin(), file.holdings.end());
}

std::string ServedStory::person_of(const StoryStep& step) const {
  if (!step.person.empty()) return step.person;
  std::vector<std::string> holders = people_.holders_of(step.post, local_date(service_.now(), *zone_));
  if (holders.empty()) fail(step, "nobody holds the post " + step.post);
  return holders.front();
}

uid_t ServedStory::user_of(const std::string& person) const { return users_.at(person); }

void ServedStory::do_hand_over(const StoryStep& step) {
  const Date today = local_date(service_.now(), *zone_);
  PeopleFile file;
  const auto hand = [&](const std::string& id) {
    const Person* person = people_.find_person(id);
    if (person == nullptr) fail(step, "there is no person " + id);
    file.persons.push_back(*person);
    for (const Holding& h : people_.holdings)
      if (h.person == id) file.holdings.push_back(h);
  };
  for (const std::string& holder : people_.holders_of(step.of, today)) {
    hand(holder);
    for (Holding& h : file.holdings)
      if (h.person == holder && h.post == step.of && h.covers(today)) h.to = today;
  }
  hand(step.to);
  file.holdings.push_back({step.to, step.of, today, {}});
  load_people(file);
  ++events_;
}

// --- steps

cli::Reply ServedStory::post(const StoryStep& step, const std::string& path, const std::string& body) {
  return ask_as(user_of(person_of(step)), service_.socket(), "POST", board_path + path, body);
}

json::object ServedStory::get(const std::string& path) const {
  const auto reply = service_.ask("GET", path);
  if (!reply.ok()) throw std::runtime_error(path + ": " + reply.body);
  return json::parse(reply.body).as_object();
}

void ServedStory::do_step(const StoryStep& step) {
  if (!step.meeting.empty()) return do_meeting(step);
  if (step.event == "hand-over") return do_hand_over(step);
  if (!step.day.empty()) {
    const json::object body{
        {"date", step.day}, {"closed", step.event == "close-day"}, {"title", step.title}};
    if (const auto reply = post(step, "/calendar", json::serialize(body)); !reply.ok())
      fail(step, reply.body);
    ++events_;
    return;
  }
  if (step.item.empty()) return do_event(step, {});
  std::size_t fitting = 0;
  for (const ItemId id : find_items(step, step.item)) {
    // A glob means those that can take the event.
    if (is_glob(step.item) && step.refused.empty() && !can_take(id, step)) continue;
    ++fitting;
    if (step.event == "attach")
      do_attach(step, id);
    else
      do_event(step, id);
  }
  if (fitting == 0) fail(step, "no item like " + step.item + " can take the event now");
}

void ServedStory::do_event(const StoryStep& step, ItemId item) {
  json::object body;
  std::string path;
  if (step.event == "acknowledge" || step.event == "suspend") {
    path = fmt::format("/obligations/{}/{}", obligation_of(item, step), step.event);
    body["for"] = step.hold_for;
    const bool suspends = step.event == "suspend";
    body[suspends ? "reason" : "progress"] = suspends ? step.reason : step.progress;
  } else {
    path = item ? fmt::format("/items/{}/events", item.value) : "/events";
    body["event"] = step.event;
    body["fields"] = texts_of(step.fields);
    body["assign"] = texts_of(step.assign);
    json::object links;
    for (const auto& [kind, name] : step.link)
      links[kind] = known_.at(find_items(step, name).front()).reference;
    body["links"] = std::move(links);
    body["reason"] = step.reason;
  }
  body["for_post"] = step.for_post;
  body["channel"] = step.channel;
  if (!step.occurred.empty()) body["occurred_at"] = step.occurred;

  const auto reply = post(step, path, json::serialize(body));
  const auto answer = json::parse(reply.body).as_object();
  if (!step.refused.empty()) {
    const std::string why = text_of(answer, "detail");
    if (reply.ok()) fail(step, "it was done, but a refusal was expected: " + step.refused);
    if (why.find(step.refused) == std::string::npos) fail(step, "it was refused, but because: " + why);
    ++refusals_;
    return;
  }
  if (!reply.ok()) fail(step, reply.body);
  ++events_;
  name_new_items(ItemId{answer.at("id").as_int64()}, step.as);
}

void ServedStory::do_attach(const StoryStep& step, ItemId item) {
  const auto path = fmt::format("/items/{}/files?kind={}&type={}&for_post={}&channel={}", item.value,
                                step.file, story_document_type, step.for_post, step.channel);
  const auto reply = post(step, path, std::string{story_document});
  if (!step.refused.empty()) {
    if (reply.ok() || reply.body.find(step.refused) == std::string::npos) fail(step, reply.body);
    ++refusals_;
    return;
  }
  if (!reply.ok()) fail(step, reply.body);
  ++events_;
}

void ServedStory::do_meeting(const StoryStep& step) {
  json::object body;
  std::string path = "/meetings";
  if (step.event == "plan") {
    body["body"] = step.body;
  } else {
    path += fmt::format("/{}", meetings_.at(step.meeting));
    body["what"] = step.event;
  }
  if (!step.start.empty()) body["start"] = step.start;
  body["for_post"] = step.for_post;
  body["channel"] = step.channel;
  const auto reply = post(step, path, json::serialize(body));
  const auto answer = json::parse(reply.body).as_object();
  if (!step.refused.empty()) {
    if (reply.ok() || text_of(answer, "detail").find(step.refused) == std::string::npos)
      fail(step, reply.body);
    ++refusals_;
    return;
  }
  if (!reply.ok()) fail(step, reply.body);
  ++events_;
  meetings_[step.meeting] = answer.at("id").as_int64();
}

bool ServedStory::can_take(ItemId item, const StoryStep& step) const {
  const std::string& event = step.event;
  if (event == "acknowledge" || event == "suspend" || event == "correct") return true;
  const Known& known = known_.at(item);
  const KindDef& kind = *definition_.find_kind(known.kind);
  const std::string now = text_of(get(fmt::format("/items/{}", item.value)), "state");
  const StateDef* state = kind.find_state(now);
  if (event == "attach")
    return state != nullptr && !state->final &&
           std::any_of(kind.files.begin(), kind.files.end(),
                       [&](const FileDef& file) { return file.name == step.file; });
  for (const TransitionDef& t : kind.transitions)
    if (t.event == event && ((t.from_any && state != nullptr && !state->final) ||
                             std::find(t.from.begin(), t.from.end(), now) != t.from.end()))
      return true;
  for (const auto& [name, child] : definition_.kinds)
    if (child.parent == known.kind && child.start && child.start->event == event) return true;
  return false;
}

std::int64_t ServedStory::obligation_of(ItemId item, const StoryStep& step) const {
  std::int64_t found = 0;
  const auto owed = get(fmt::format("/obligations?open=false&item={}", item.value));
  for (const auto& value : owed.at("obligations").as_array()) {
    const auto& row = value.as_object();
    if (text_of(row, "name") == step.obligation && (row.at("open").as_bool() || found == 0))
      found = row.at("id").as_int64();
  }
  if (found == 0) fail(step, "there is no obligation " + step.obligation);
  return found;
}

// --- names, given as daemon/story_run.cpp gives them

std::vector<ItemId> ServedStory::find_items(const StoryStep& step, const std::string& pattern) const {
  std::vector<ItemId> found;
  for (const auto& [id, name] : names_)
    if (glob_matches(pattern, name)) found.push_back(id);
  if (found.empty()) fail(step, "no item is called " + pattern);
  return found;
}

void ServedStory::name_new_items(ItemId made, const std::string& as) {
  for (bool more = true; more;) {
    const std::int64_t last = known_.empty() ? 0 : known_.rbegin()->first.value;
    const auto page = get(fmt::format("/items?limit=500&after={}", last));
    for (const auto& value : page.at("items").as_array()) {
      const auto& row = value.as_object();
      Known item{text_of(row, "kind"), text_of(row, "agency"), text_of(row, "reference"), {}};
      if (const auto* parent = row.if_contains("parent")) item.parent = ItemId{parent->as_int64()};
      known_[ItemId{row.at("id").as_int64()}] = std::move(item);
    }
    more = page.contains("next");
  }
  if (made && known_.contains(made)) name_item(made, as);
  for (const auto& [id, item] : known_) name_item(id, {});
}

void ServedStory::name_item(ItemId id, const std::string& as) {
  if (names_.contains(id)) return;
  const Known& item = known_.at(id);
  std::string name = as;
  if (name.empty() && !item.agency.empty() && item.parent &&
      is_made_for_agency(definition_, item.kind)) {
    name_item(*item.parent, {});
    name = fmt::format("{}-{}-{}", item.kind, names_.at(*item.parent), item.agency);
  } else if (name.empty()) {
    name = fmt::format("{}-{}", item.kind, ++numbered_[item.kind]);
  }
  while (items_.contains(name)) name += "'";
  items_[name] = id;
  names_[id] = name;
}

// --- mail

void ServedStory::read_outbox() {
  for (bool more = true; more;) {
    const auto page = get(fmt::format("/outbox?after_prompt={}&after_notice={}", prompts_read_,
                                      notices_read_));
    more = false;
    for (const auto& value : page.at("prompts").as_array()) {
      prompts_read_ = value.at("id").as_int64();
      prompts_[prompts_read_] = value.as_object();
      more = true;
    }
    for (const auto& value : page.at("notices").as_array()) {
      notices_read_ = value.at("id").as_int64();
      notices_[text_of(value.as_object(), "message_id")] = value.as_object();
      more = true;
    }
  }
}

MailedMatter ServedStory::matter_of(std::int64_t prompt, const std::string& person) {
  const json::object& row = prompts_.at(prompt);
  MailedMatter matter;
  matter.to = told_name(text_of(row, "to"), person);
  matter.template_name = text_of(row, "template");
  matter.reference = text_of(row, "reference");
  const ItemId item{row.at("item").as_int64()};
  if (!names_.contains(item)) name_new_items({}, {});
  matter.item = names_.at(item);
  std::string ladder;
  if (const auto* obligation = row.if_contains("obligation")) {
    const auto owed = get(fmt::format("/obligations/{}", obligation->as_int64()));
    ladder = text_of(owed, "ladder");
    if (const std::string due = text_of(owed, "due_at"); !due.empty()) {
      const Instant at = *parse_instant(due);
      matter.due = fmt::format("{}, {}", to_long_text(local_date(at, *zone_)),
                               to_text(local_time_of_day(at, *zone_)));
    }
  }
  matter.rung = rung_text(definition_, ladder, matter.template_name,
                          static_cast<int>(row.at("rung").as_int64()),
                          static_cast<int>(row.at("cycle").as_int64()));
  return matter;
}

void ServedStory::collect_mail() {
  std::ifstream rows{relay_folder_ / "accepted.jsonl"};
  rows.seekg(relay_read_);
  bool read = false;
  for (std::string line; std::getline(rows, line);) {
    relay_read_ += static_cast<std::streamoff>(line.size() + 1);
    if (!std::exchange(read, true)) read_outbox();
    const auto row = json::parse(line).as_object();
    DeliveredMail mail;
    mail.file = text_of(row, "file");
    mail.sha256 = text_of(row, "sha256");
    mail.address = text_of(row, "rcpt");
    mail.user = text_of(row, "user");
    mail.tls = row.at("tls").as_bool();
    mail.taken_at = service_.now();
    std::string id = text_of(row, "message_id");
    if (id.size() > 2) id = id.substr(1, id.size() - 2);
    mail.message_id = id;
    const auto notice = notices_.find(id);
    if (notice == notices_.end())
      throw std::runtime_error("the relay has a mail that the outbox does not: " + id);
    mail.notice_address = text_of(notice->second, "address");
    for (const auto& prompt : notice->second.at("prompts").as_array())
      mail.matters.push_back(matter_of(prompt.as_int64(), text_of(notice->second, "person")));
    mails_.push_back(std::move(mail));
  }
}

std::set<std::string> ServedStory::secrets() const {
  constexpr std::size_t telling_bytes_min = 6;  // shorter words may stand anywhere
  std::set<std::string> free_text;
  for (const auto& [name, kind] : definition_.kinds)
    for (const FieldDef& field : kind.fields)
      if (field.type == FieldType::text && field.field_class != FieldClass::public_)
        free_text.insert(field.name);
  std::set<std::string> secrets;
  for (const StoryStep& step : story_.steps) {
    for (const auto& [name, text] : step.fields)
      if (free_text.contains(name) && text.size() >= telling_bytes_min) secrets.insert(text);
    for (const auto* text : {&step.reason, &step.progress})
      if (text->size() >= telling_bytes_min) secrets.insert(*text);
  }
  return secrets;
}

}  // namespace assured::test
