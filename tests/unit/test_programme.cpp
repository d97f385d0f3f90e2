// What a valid programme becomes when it is read, and how it is drawn.
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/small_programme.hpp"

namespace assured::test {
namespace {

const KindDef& kind(const Programme& programme, std::string_view name) {
  const auto* found = programme.definition.find_kind(name);
  REQUIRE(found);
  return *found;
}

TEST_CASE("the establishment of the small programme is read", "[programme]") {
  const auto programme = small_programme();
  const auto& e = programme.establishment;
  CHECK(e.board == "riverton");
  CHECK(e.zone_name == "Europe/London");
  CHECK(e.nation == Nation::england_and_wales);
  CHECK(e.close_of_day == std::chrono::hours{17});
  CHECK(e.morning == std::chrono::hours{9});
  CHECK(e.window_from == std::chrono::hours{8});
  CHECK(e.window_to == std::chrono::hours{18});
  CHECK(e.office_to == std::chrono::hours{17});
  CHECK_FALSE(e.day_zero);
  CHECK(e.contact.urgent_phone == "01234 999999");
  CHECK(e.areas.at("north").title == "North Riverton");
  CHECK(e.agencies.at("nhs").domains == std::vector<std::string>{"nhs.example"});
  const auto* lead = e.find_post("nhs/lead");
  REQUIRE(lead);
  CHECK(lead->agency == "nhs");
  CHECK(lead->role == "lead");
  CHECK(lead->above == "nhs/director");
  const auto* officer = e.find_post("qa-officer");
  REQUIRE(officer);
  CHECK(officer->agency.empty());
  CHECK(officer->role == "qa-officer");
  CHECK(e.find_post("nobody") == nullptr);
  const auto& body = e.bodies.at("qa-subgroup");
  CHECK(body.aliases == std::vector<std::string>{"QA Sub Committee"});
  CHECK(body.members == std::vector<std::string>{"qa-chair", "nhs/lead"});
  CHECK(body.set_date_within == Span{5, Unit::working_days});
  CHECK(to_text(body.set_date_by) == "board:administrator");
  CHECK(e.texts.at("late").subject == "{{reference}} is late");
}

TEST_CASE("the definition's own rules are read", "[programme]") {
  const auto programme = small_programme();
  const auto& d = programme.definition;
  CHECK(d.format == 1);
  CHECK(d.digest.empty());
  CHECK(d.correct_within == Span{1, Unit::days});
  CHECK(d.vacancy.within == Span{2, Unit::working_days});
  CHECK(d.vacancy.source == "local policy, to be confirmed");
  CHECK(d.moved_template == "moved");
  CHECK(d.hand_over_template == "hand-over");
  CHECK(d.moved_template_urgent == "unsafe");
  CHECK(d.hand_over_template_urgent == "unsafe");
  CHECK(d.link_kinds == std::vector<std::string>{"source", "follows", "duplicates", "supports"});
  CHECK(d.templates.at("closed").slots == std::vector<std::string>{"reference", "field.held_on"});
}

TEST_CASE("link kinds are added to the four there are", "[programme]") {
  const auto reading =
      read_small_programme(replaced(std::string{small_programme_toml}, "[vacancy]",
                                    "link_kinds = [\"answers\", \"source\"]\n[vacancy]"));
  REQUIRE(reading.programme);
  CHECK(reading.programme->definition.link_kinds ==
        std::vector<std::string>{"source", "follows", "duplicates", "supports", "answers"});
}

TEST_CASE("states keep the order of the file", "[programme]") {
  const auto programme = small_programme();
  std::vector<std::string> names;
  for (const auto& state : kind(programme, "return").states) names.push_back(state.name);
  CHECK(names == std::vector<std::string>{"notified", "allocated", "submitted", "accepted",
                                          "excused", "withdrawn"});
}

TEST_CASE("titles that are not given come from names", "[programme]") {
  const auto programme = small_programme();
  const auto& audit_return = kind(programme, "return");
  CHECK(audit_return.find_state("accepted")->title == "Accepted");
  CHECK(audit_return.find_field("files_read")->title == "Files read");
  CHECK(audit_return.transitions[2].title == "Send back");
}

TEST_CASE("a field without a class is protected", "[programme]") {
  const auto programme = small_programme();
  const auto& audit_return = kind(programme, "return");
  CHECK(audit_return.find_field("finding")->field_class == FieldClass::protected_);
  CHECK(audit_return.find_field("files_read")->field_class == FieldClass::internal);
  CHECK(audit_return.find_field("area")->indexed);
  CHECK(audit_return.find_field("area")->values == std::vector<std::string>{"north", "south"});
}

TEST_CASE("an obligation is read whole", "[programme]") {
  const auto programme = small_programme();
  const auto* owed = kind(programme, "return").find_obligation("return the audit");
  REQUIRE(owed);
  CHECK(to_text(owed->owed_by) == "assigned:auditor");
  REQUIRE(owed->fallback);
  CHECK(to_text(*owed->fallback) == "agency:lead");
  CHECK(owed->opens_on == std::vector<Trigger>{{Trigger::Kind::state, "allocated"}});
  CHECK(owed->closes_on == std::vector<Trigger>{{Trigger::Kind::event, "submit"}});
  CHECK(owed->due.after == Span{20, Unit::working_days});
  CHECK(owed->due.from == AnchorKind::entry);
  REQUIRE(owed->due_again);
  CHECK(owed->due_again->after == Span{5, Unit::working_days});
  CHECK(owed->due_again->from == AnchorKind::now);
  CHECK(owed->family == Family::c);
  CHECK(owed->ladder == "returns");
  CHECK(owed->of_state.empty());
}

TEST_CASE("a state's deadline is an obligation that leaving the state closes", "[programme]") {
  const auto programme = small_programme();
  const auto* owed = kind(programme, "return").find_obligation("agency notified");
  REQUIRE(owed);
  CHECK(owed->of_state == "notified");
  CHECK(to_text(owed->owed_by) == "agency:lead");
  CHECK(owed->opens_on == std::vector<Trigger>{{Trigger::Kind::state, "notified"}});
  CHECK(owed->closes_on == std::vector<Trigger>{{Trigger::Kind::state, "allocated"},
                                                {Trigger::Kind::state, "excused"},
                                                {Trigger::Kind::state, "withdrawn"}});
}

TEST_CASE("a deadline from a meeting names body and offset", "[programme]") {
  const auto programme = small_programme();
  const auto* owed = kind(programme, "audit").find_obligation("report to the sub-group");
  REQUIRE(owed);
  CHECK(owed->due.kind == DueRule::Kind::meeting);
  CHECK(owed->due.body == "qa-subgroup");
  CHECK(owed->due.offset == Span{-5, Unit::working_days});
}

TEST_CASE("each form of a due rule is read", "[programme]") {
  const auto with = [](const std::string& due) {
    const auto reading = read_small_programme(
        replaced(std::string{small_programme_toml}, "{ after = \"30wd\", from = \"entry\" }", due));
    REQUIRE(reading.programme);
    return reading.programme->definition.kinds.at("audit").obligations.front().due;
  };
  const auto hours = with("{ in_hours = \"2h\", else = \"30min\", from = \"created\" }");
  CHECK(hours.kind == DueRule::Kind::hours);
  CHECK(hours.in_hours == Span{2, Unit::hours});
  CHECK(hours.else_ == Span{30, Unit::minutes});
  CHECK(hours.from == AnchorKind::created);
  const auto on = with("{ on = \"held_on\" }");
  CHECK(on.kind == DueRule::Kind::on);
  CHECK(on.from == AnchorKind::field);
  CHECK(on.field == "held_on");
  const auto from_field = with("{ after = \"6mo\", from = \"held_on\" }");
  CHECK(from_field.from == AnchorKind::field);
  CHECK(from_field.field == "held_on");
  const auto next = with("{ at = \"next board\" }");
  CHECK(next.body == "board");
  CHECK(next.offset.count == 0);
  CHECK(next.from == AnchorKind::now);
}

TEST_CASE("guards are read with what they ask", "[programme]") {
  const auto programme = small_programme();
  const auto& all_in = kind(programme, "audit").transitions[1];
  CHECK(all_in.auto_);
  CHECK(all_in.by.empty());
  REQUIRE(all_in.requires_.size() == 2);
  CHECK(all_in.requires_[0].kind == Guard::Kind::all);
  CHECK(all_in.requires_[0].states == std::vector<std::string>{"accepted", "excused"});
  const auto& count = all_in.requires_[1];
  CHECK(count.kind == Guard::Kind::count);
  CHECK(count.of == "return");
  CHECK(count.where.states == std::vector<std::string>{"accepted"});
  CHECK(count.where.fields == std::map<std::string, std::string>{{"area", "north"}});
  CHECK(count.at_least == 1);
  CHECK_FALSE(count.at_most);
  CHECK(count.says == "1 accepted return is needed");
  CHECK(count.place.file == "small.toml");
  const auto& allocate = kind(programme, "return").transitions[0].requires_[0];
  CHECK(allocate.kind == Guard::Kind::independent);
  CHECK(allocate.others == std::vector<std::string>{"case-holder"});
  CHECK(allocate.unless_field == "no_worker_reason");
  CHECK(allocate.look_back == Span{12, Unit::months});
}

TEST_CASE("guards may stand in any, all_of and not", "[programme]") {
  const auto reading = read_small_programme(
      replaced(std::string{small_programme_toml}, "requires = [{ field = \"about\" }]",
               "requires = [{ any = [{ field = \"about\" }, { all_of = [{ reason = true }, "
               "{ not = { linked = \"follows\" } }] }] }]"));
  REQUIRE(reading.programme);
  const auto& guard = reading.programme->definition.kinds.at("concern").start->requires_[0];
  REQUIRE(guard.inner.size() == 2);
  CHECK(guard.kind == Guard::Kind::any);
  CHECK(guard.inner[1].kind == Guard::Kind::all_of);
  REQUIRE(guard.inner[1].inner.size() == 2);
  CHECK(guard.inner[1].inner[1].kind == Guard::Kind::not_);
  CHECK(guard.inner[1].inner[1].inner[0].of == "follows");
}

TEST_CASE("effects are read with what they do", "[programme]") {
  const auto programme = small_programme();
  const auto& audit = kind(programme, "audit");
  const auto& create = audit.transitions[0].effects[0];
  CHECK(create.kind == Effect::Kind::create);
  CHECK(create.of == "return");
  CHECK(create.each == "involved");
  CHECK(create.copy == std::map<std::string, std::string>{{"area", "area"}});
  CHECK(create.to.empty());
  const auto& tell = audit.transitions[3].effects[0];
  CHECK(tell.kind == Effect::Kind::tell);
  CHECK(to_text(tell.to.at(1)) == "body:qa-subgroup");
  CHECK(tell.family == Family::c);
  CHECK(audit.transitions[4].from_any);
  CHECK(audit.transitions[4].effects[0].kind == Effect::Kind::cascade);
  const auto& assign = kind(programme, "return").transitions[0].effects;
  CHECK_FALSE(assign[0].optional);
  CHECK(assign[1].optional);
}

TEST_CASE("a child that is created may be told of at once", "[programme]") {
  const auto reading = read_small_programme(
      replaced(std::string{small_programme_toml}, "copy = { area = \"area\" } }",
               "copy = { area = \"area\" }, tell = [\"agency:lead\"], template = \"unsafe\", "
               "family = \"A\" }"));
  REQUIRE(reading.programme);
  const auto& create = reading.programme->definition.kinds.at("audit").transitions[0].effects[0];
  CHECK(create.kind == Effect::Kind::create);
  CHECK(to_text(create.to.at(0)) == "agency:lead");
  CHECK(create.template_name == "unsafe");
  CHECK(create.family == Family::a);
}

TEST_CASE("ladders keep their rungs in order", "[programme]") {
  const auto programme = small_programme();
  const auto& ladder = programme.definition.ladders.at("returns");
  CHECK(ladder.ack_max == Span{5, Unit::days});
  REQUIRE(ladder.rungs.size() == 3);
  CHECK(ladder.rungs[0].at == Span{-5, Unit::working_days});
  CHECK_FALSE(ladder.rungs[0].is_escalation());
  CHECK(ladder.rungs[2].is_escalation());
  CHECK(ladder.rungs[2].repeat_every == Span{5, Unit::working_days});
  CHECK_FALSE(programme.definition.ladders.at("unsafe").ack_max);
}

TEST_CASE("a ladder without a family is of the family of what it chases", "[programme]") {
  const auto family_of = [](std::string_view ladder) {
    const std::string head = "[ladder." + std::string{ladder} + "]\nfamily = ";
    std::string toml{small_programme_toml};
    const auto at = toml.find(head);
    REQUIRE(at != std::string::npos);
    toml.erase(at, head.size() + 4);  // the header too: [[ladder.NAME.rung]] makes the table
    if (ladder != "unsafe") toml.erase(toml.find("ack_max = \"5d\"\n", at), 15);
    const auto reading = read_small_programme(toml);
    REQUIRE(reading.programme);
    return reading.programme->definition.ladders.find(ladder)->second.family;
  };
  CHECK(family_of("unsafe") == Family::a);
  CHECK(family_of("returns") == Family::c);
}

TEST_CASE("role terms are read as they are written", "[programme]") {
  for (const std::string text : {"owner", "owner.above", "owner.above2", "assigned:auditor",
                                 "agency:lead", "board:qa-officer", "body:executive", "anyone"}) {
    const auto term = parse_role_term(text);
    REQUIRE(term);
    CHECK(to_text(*term) == text);
  }
  for (const std::string text :
       {"", "owner.above3", "agency:", "agency", ":lead", "team:lead", "agency:a:b", "agency:a b"})
    CHECK_FALSE(parse_role_term(text));
}

TEST_CASE("the stored text reads back as the same definition", "[programme]") {
  const auto programme = small_programme();
  const auto again = parse_definition(programme.text);
  REQUIRE(again);
  CHECK(to_dot(*again) == to_dot(programme.definition));
  CHECK(again->templates.size() == programme.definition.templates.size());
  CHECK(again->correct_within == programme.definition.correct_within);
}

TEST_CASE("a file with nothing but establishment is no part of the stored text", "[programme]") {
  const std::string whole{small_programme_toml};
  const auto from = whole.find("[agency.police]"), to = whole.find("[kind.audit]");
  const std::string police = whole.substr(from, to - from);
  const std::string rest = whole.substr(0, from) + whole.substr(to);
  const auto one = parse_programme({{"agencies.toml", police}, {"rest.toml", rest}},
                                   small_programme_templates());
  REQUIRE(one.programme);
  CHECK(one.programme->text == "#%file rest.toml\n" + rest);
  const auto more = parse_programme(
      {{"agencies.toml", police + "[agency.police.post.deputy]\ntitle = \"Deputy\"\n"},
       {"rest.toml", rest}},
      small_programme_templates());
  REQUIRE(more.programme);
  CHECK(more.programme->text == one.programme->text);
  REQUIRE(parse_definition(one.programme->text));
  const auto elsewhere = parse_programme({{"/srv/other/agencies.toml", police}, {"/srv/other/rest.toml", rest}},
                                         small_programme_templates());
  REQUIRE(elsewhere.programme);
  CHECK(elsewhere.programme->text == one.programme->text);
}

TEST_CASE("a stored text that has been damaged is told", "[programme]") {
  const auto damaged = parse_definition("#%file a.toml\n[kind.audit]\ninitial = 3\n");
  REQUIRE(!damaged);
  CHECK(damaged.error().code == Errc::invalid);
  CHECK(damaged.error().message ==
        "a.toml:1:1: kind.audit.state: this key is missing (add [kind.audit.state.NAME] tables)");
}

TEST_CASE("the kinds are drawn for Graphviz", "[programme]") {
  const auto programme = small_programme();
  const auto dot = to_dot(programme.definition);
  const auto has = [&](std::string_view line) { return dot.find(line) != std::string::npos; };
  CHECK(has("digraph \"audit\" {\n  label=\"Audit\";"));
  CHECK(has("  \"planned\" [label=\"Planned\\nboard:qa-officer\"];\n"));
  CHECK(has("  \"closed\" [label=\"Closed\", peripheries=2];\n"));
  CHECK(has("  \"(start)\" -> \"planned\" [label=\"plan-audit\"];\n"));
  CHECK(has("  \"running\" -> \"reporting\" [label=\"all-in (by itself)\", style=dashed];\n"));
  CHECK(has("  \"reporting\" -> \"reporting\" [label=\"approve\"];\n"));
  CHECK(has("  \"running\" -> \"closed\" [label=\"withdraw\"];\n"));
  CHECK(std::count(dot.begin(), dot.end(), '{') == 3);
  CHECK(std::count(dot.begin(), dot.end(), '}') == 3);
}

TEST_CASE("the kinds are drawn for Mermaid", "[programme]") {
  const auto programme = small_programme();
  const auto drawn = to_mermaid(programme.definition);
  const auto has = [&](std::string_view line) { return drawn.find(line) != std::string::npos; };
  CHECK(has("%% Audit\nstateDiagram-v2\n  state \"Planned\" as audit_planned\n"));
  CHECK(has("  [*] --> audit_planned : plan-audit\n"));
  CHECK(has("  return_submitted --> return_allocated : send-back\n"));
  CHECK(has("  return_accepted --> [*]\n"));
}

}  // namespace
}  // namespace assured::test
