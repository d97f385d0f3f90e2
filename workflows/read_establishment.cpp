// The establishment: zone, hours, contact, areas, bodies, agencies and posts (S1.3).
#include <fmt/format.h>

#include <array>

#include "workflows/directory.hpp"
#include "workflows/programme_reading.hpp"

namespace assured::reading {

namespace {

constexpr std::string_view source_remedy =
    "name the policy and its version, or write \"local policy, to be confirmed\"";

void check_id(const Row& row, const std::string& id) {
  if (!is_plain_name(id))
    row.mistakes().add(row.place(), row.path(), fmt::format("'{}' cannot be a name", id),
                       "use small letters, digits, - and _, beginning with a letter");
}

void read_hours(Row& root, std::string_view key, TimeOfDay& from, TimeOfDay& to) {
  auto hours = root.table(key);
  if (!hours) return;
  const auto missing = "write { from = \"08:00\", to = \"18:00\" }";
  if (!hours->has("from")) hours->missing("from", missing);
  if (!hours->has("to")) hours->missing("to", missing);
  const auto begin = hours->time("from"), end = hours->time("to");
  hours->finish();
  if (!begin || !end) return;
  if (*end <= *begin)
    hours->mistake("to", "the hours end before they begin", "write the earlier time first");
  from = *begin;
  to = *end;
}

void read_contact(Row contact, Contact& out) {
  out.name = contact.required_text("name", "say who can be asked");
  out.phone = contact.text("phone").value_or("");
  out.mail = contact.text("mail").value_or("");
  out.urgent_phone = contact.text("urgent_phone").value_or("");
  if (out.phone.empty() && out.mail.empty())
    contact.missing("phone",
                    "give a number or a mail address: mails name whom to ring or write to");
  contact.finish();
}

void read_agency(const std::string& id, Row row, Establishment& establishment) {
  const bool is_new = note_name("agencies", row.path(), row);
  check_id(row, id);
  AgencyDef agency;
  agency.id = id;
  agency.place = row.place();
  agency.title = row.required_text("title", "give the agency its name");
  agency.domains = row.texts("domains");
  agency.successor = row.text("successor");
  for (auto& [key, entry] : row.entries("post")) {
    PostDef post;
    post.id = fmt::format("{}/{}", id, key);
    post.agency = id;
    post.place = entry.place();
    check_id(entry, key);
    post.title = entry.text("title").value_or(title_from_name(key));
    post.role = entry.text("role").value_or(key);
    post.above = entry.text("above").value_or("");
    post.mailbox = with_small_domain(entry.text("mailbox").value_or(""));
    post.successor = entry.text("successor");
    entry.finish();
    if (is_new) establishment.posts.emplace(post.id, post);
  }
  row.finish();
  if (is_new) establishment.agencies.emplace(id, std::move(agency));
}

void read_board_post(const std::string& id, Row row, Establishment& establishment) {
  const bool is_new = note_name("posts", row.path(), row);
  check_id(row, id);
  PostDef post;
  post.id = id;
  post.role = id;
  post.place = row.place();
  post.title = row.text("title").value_or(title_from_name(id));
  post.above = row.text("above").value_or("");
  post.mailbox = with_small_domain(row.text("mailbox").value_or(""));
  post.successor = row.text("successor");
  row.finish();
  if (is_new) establishment.posts.emplace(id, std::move(post));
}

void read_body(const std::string& id, Row row, Establishment& establishment) {
  const bool is_new = note_name("bodies", row.path(), row);
  check_id(row, id);
  BodyDef body;
  body.id = id;
  body.place = row.place();
  body.title = row.text("title").value_or(title_from_name(id));
  body.aliases = row.texts("aliases");
  body.members = row.texts("members");
  // S7.3: with no meeting planned, somebody owes the next date; this says who, and by when.
  if (!row.has("set_date"))
    row.missing("set_date",
                "say who sets the next date: { by = \"board:administrator\", within = \"5wd\", "
                "ladder = \"chasing\", source = \"...\" }");
  body.set_date_by = unread_role();
  if (auto set_date = row.table("set_date")) {
    if (!set_date->has("by")) set_date->missing("by", "say who sets the next date");
    if (!set_date->has("within")) set_date->missing("within", "say how soon: \"5wd\"");
    body.set_date_by = set_date->role("by").value_or(unread_role());
    body.set_date_within = set_date->span("within").value_or(Span{});
    body.set_date_ladder = set_date->required_text("ladder", "name the ladder that chases it");
    body.source = set_date->required_text("source", std::string{source_remedy});
    set_date->finish();
  }
  row.finish();
  if (is_new) establishment.bodies.emplace(id, std::move(body));
}

void read_area(const std::string& id, Row row, Establishment& establishment) {
  const bool is_new = note_name("areas", row.path(), row);
  check_id(row, id);
  AreaDef area{id, row.text("title").value_or(title_from_name(id))};
  row.finish();
  if (is_new) establishment.areas.emplace(id, std::move(area));
}

}  // namespace

void read_establishment(std::vector<Row>& roots, Establishment& establishment) {
  for (auto& root : roots) {
    if (root.has("board")) {
      // It names folders and addresses, and must not be the operator's chain (S13.4).
      establishment.board = root.text("board").value_or("");
      if (!establishment.board.empty() && !is_plain_name(establishment.board))
        root.mistake("board", fmt::format("'{}' cannot be a name", establishment.board),
                     "use small letters, digits, - and _, beginning with a letter");
    }
    if (root.has("title")) establishment.title = root.text("title").value_or("");
    if (root.has("zone")) {
      establishment.zone_name = root.text("zone").value_or("");
      establishment.zone_place = root.place_of_key("zone");
    }
    if (const auto written = root.text("nation")) {
      const auto nation = nation_from_text(*written);
      if (nation)
        establishment.nation = *nation;
      else
        root.mistake("nation", fmt::format("there is no nation '{}' here", *written),
                     suggest(*written, {"england-and-wales", "scotland", "northern-ireland"}));
    }
    if (const auto time = root.time("close_of_day")) establishment.close_of_day = *time;
    if (const auto time = root.time("morning")) establishment.morning = *time;
    read_hours(root, "send_window", establishment.window_from, establishment.window_to);
    read_hours(root, "office_hours", establishment.office_from, establishment.office_to);
    if (root.has("day_zero")) establishment.day_zero = root.flag("day_zero");
    if (auto contact = root.table("contact")) read_contact(*contact, establishment.contact);
    for (auto& [id, row] : root.entries("area")) read_area(id, row, establishment);
    for (auto& [id, row] : root.entries("body")) read_body(id, row, establishment);
    for (auto& [id, row] : root.entries("agency")) read_agency(id, row, establishment);
    for (auto& [id, row] : root.entries("post")) read_board_post(id, row, establishment);
  }
}

}  // namespace assured::reading
