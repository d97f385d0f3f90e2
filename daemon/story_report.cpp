#include "daemon/story_report.hpp"

#include <boost/json/serialize.hpp>

#include "workflows/instant.hpp"

namespace assured {

namespace json = boost::json;

json::object StoryReport::head(Instant at, std::string_view what) const {
  json::object line;
  line["at"] = local_text_(at);
  line["what"] = what;
  return line;
}

void StoryReport::say(const json::object& line) const {
  if (out_) out_(json::serialize(line));
}

void StoryReport::say(const Decision& decision, Instant at) {
  for (const Changed<Item>& change : decision.items) {
    if (!change.was) names_.add(change.now);
    if (change.was && change.was->state == change.now.state) continue;
    json::object line = head(at, change.was ? "state" : "item");
    line["item"] = names_.of(change.now.id);
    line["kind"] = change.now.kind;
    line["state"] = change.now.state;
    say(line);
  }
  for (const Changed<Obligation>& change : decision.obligations) say(change, at);
  for (const Changed<Prompt>& change : decision.prompts) say(change, at);
}

void StoryReport::say(const Changed<Prompt>& change, Instant at) const {
  const Prompt& p = change.now;
  json::object line = head(at, change.was ? "prompt-" + std::string(to_text(p.state)) : "prompt");
  line["item"] = names_.of(p.item);
  line["to"] = p.to;
  line["template"] = p.template_name;
  line["rung"] = rung_text_(p);
  if (p.obligation) line["obligation_id"] = p.obligation.value;
  if (!p.why.empty()) line["why"] = p.why;
  say(line);
}

void StoryReport::say(const Changed<Obligation>& change, Instant at) const {
  const Obligation& o = change.now;
  const auto line_for = [&](std::string_view what) {
    json::object line = head(at, what);
    line["item"] = names_.of(o.item);
    line["obligation"] = o.name;
    line["id"] = o.id.value;
    line["round"] = o.round;
    return line;
  };
  const auto instant = [&](const std::optional<Instant>& value) -> json::value {
    return value ? json::value(to_text(*value)) : json::value(nullptr);
  };
  if (!change.was) {
    json::object line = line_for("opened");
    line["family"] = to_text(o.family);
    line["ladder"] = o.ladder;
    line["owed_by"] = o.owed_by;
    line["opened_at"] = to_text(o.opened_at);
    line["due"] = instant(o.due_at);
    line["first_rung"] = o.first_rung;
    line["rule"] = to_text(o.rule);
    say(line);
    if (o.is_open()) return;
  }
  if (change.was && change.was->owed_by != o.owed_by) {
    json::object line = line_for("owed-by");
    line["owed_by"] = o.owed_by;
    say(line);
  }
  if (change.was && change.was->due_at != o.due_at) {
    json::object line = line_for("moved");
    line["from"] = instant(change.was->due_at);
    line["due"] = instant(o.due_at);
    line["version"] = o.due_version;
    say(line);
  }
  if (change.was && o.held_until && change.was->held_until != o.held_until) {
    json::object line = line_for("held");
    line["until"] = instant(o.held_until);
    say(line);
  }
  if (!o.is_open() && (!change.was || change.was->is_open())) {
    json::object line = line_for("closed");
    line["by"] = o.closed_by;
    line["late"] = o.due_at && *o.closed_at > *o.due_at;
    say(line);
  }
  if (o.is_open() && change.was && !change.was->is_open()) {
    json::object line = line_for("reopened");
    line["due"] = instant(o.due_at);
    say(line);
  }
}

}  // namespace assured
