#include <fmt/format.h>

#include "daemon/story.hpp"
#include "workflows/printable.hpp"
#include "workflows/toml_text.hpp"

namespace assured {

namespace {

using namespace std::string_view_literals;

// Of one expectation; a year of the largest board sends fewer.
constexpr std::int64_t notices_max = 1'000'000;

class Reader {
 public:
  Reader(std::string_view source, std::vector<Mistake>& mistakes)
      : source_(source), mistakes_(mistakes) {}

  void add(const toml::node& at, const std::string& key, const std::string& message) {
    mistakes_.push_back(
        {SourcePlace{std::string(source_), at.source().begin.line, at.source().begin.column},
         printable(key),
         printable(message),
         {}});
  }

  // Any scalar as the text that programmes use for it.
  std::string scalar(const toml::node& node, const std::string& key) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* date = node.as_date())
      return fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
    if (const auto* list = node.as_array()) {
      std::string joined;
      for (const toml::node& one : *list) joined += (joined.empty() ? "" : ",") + scalar(one, key);
      return joined;
    }
    add(node, key, "a text, number, date, true or false is needed");
    return {};
  }

  void texts(const toml::table& table,
             std::initializer_list<std::pair<std::string_view, std::string*>> keys,
             std::initializer_list<std::string_view> others, const std::string& where) {
    for (const auto& [key, node] : table) {
      bool known = false;
      for (const auto& [name, target] : keys)
        if (name == key.str()) {
          *target = scalar(node, where + "." + std::string(name));
          known = true;
        }
      for (const std::string_view name : others) known |= name == key.str();
      if (!known) add(node, where + "." + std::string(key.str()), "a story has no such key here");
    }
  }

  std::map<std::string, std::string> map(const toml::table& table, std::string_view key,
                                         const std::string& where) {
    std::map<std::string, std::string> result;
    const toml::node* node = table.get(key);
    if (node == nullptr) return result;
    const auto* inner = node->as_table();
    if (inner == nullptr) {
      add(*node, where + "." + std::string(key), "a table { name = value } is needed");
      return result;
    }
    for (const auto& [name, value] : *inner)
      result[std::string(name.str())] = scalar(value, where + "." + std::string(name.str()));
    return result;
  }

  template <class Each>
  void each(const toml::table& root, std::string_view key, const Each& one) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) return add(*node, std::string(key), "write [[" + std::string(key) + "]]");
    for (const toml::node& entry : *list) {
      if (const auto* table = entry.as_table())
        one(*table);
      else
        add(entry, std::string(key), "a table is needed");
    }
  }

 private:
  std::string_view source_;
  std::vector<Mistake>& mistakes_;
};

}  // namespace

StoryReading parse_story(std::string_view text, std::string_view source) {
  StoryReading reading;
  toml::table root;
  try {
    root = reading::parse_toml(text, source);
  } catch (const toml::parse_error& error) {
    reading.mistakes.push_back(
        {SourcePlace{std::string(source), error.source().begin.line, error.source().begin.column},
         {},
         printable(error.description()),
         {}});
    return reading;
  }
  Reader reader(source, reading.mistakes);
  Story story;
  reader.texts(
      root, {{"programme", &story.programme}, {"people", &story.people}, {"start", &story.start}},
      {"step", "down", "expect", "world"}, "story");
  if (story.start.empty())
    reader.add(root, "start", "say when the story begins: start = \"2026-09-01 09:00\"");
  reader.each(root, "step", [&](const toml::table& table) {
    StoryStep s;
    s.line = table.source().begin.line;
    std::string after;
    reader.texts(table,
                 {{"after", &after},
                  {"at", &s.at},
                  {"post", &s.post},
                  {"person", &s.person},
                  {"for_post", &s.for_post},
                  {"channel", &s.channel},
                  {"occurred", &s.occurred},
                  {"item", &s.item},
                  {"kind", &s.kind},
                  {"event", &s.event},
                  {"as", &s.as},
                  {"reason", &s.reason},
                  {"obligation", &s.obligation},
                  {"for", &s.hold_for},
                  {"progress", &s.progress},
                  {"meeting", &s.meeting},
                  {"body", &s.body},
                  {"start", &s.start},
                  {"day", &s.day},
                  {"title", &s.title},
                  {"of", &s.of},
                  {"to", &s.to},
                  {"file", &s.file}},
                 {"fields", "assign", "link", "expect"}, "step");
    if (!after.empty()) {
      if (auto span = parse_span(after))
        s.after = *span;
      else
        reader.add(*table.get("after"), "step.after", span.error().message);
    }
    s.fields = reader.map(table, "fields", "step.fields");
    s.assign = reader.map(table, "assign", "step.assign");
    s.link = reader.map(table, "link", "step.link");
    if (const toml::node* expect = table.get("expect")) {
      if (const auto* inner = expect->as_table())
        s.refused = inner->get("refused") != nullptr
                        ? reader.scalar(*inner->get("refused"), "step.expect")
                        : std::string{};
      else if (reader.scalar(*expect, "step.expect") != "ok")
        reader.add(*expect, "step.expect", "write \"ok\" or { refused = \"...\" }");
    }
    if (s.event.empty()) reader.add(table, "step.event", "say what is done: event = \"...\"");
    if ((s.event == "attach") != !s.file.empty())
      reader.add(table, "step.file", "event = \"attach\" and file = \"its kind\" go together");
    story.steps.push_back(std::move(s));
  });
  reader.each(root, "down", [&](const toml::table& table) {
    StoryDown down;
    reader.texts(table, {{"from", &down.from}, {"to", &down.to}}, {}, "down");
    story.downs.push_back(std::move(down));
  });
  reader.each(root, "expect", [&](const toml::table& table) {
    StoryExpect e;
    e.line = table.source().begin.line;
    reader.texts(table,
                 {{"at", &e.at},
                  {"to", &e.to},
                  {"template", &e.template_name},
                  {"rung", &e.rung}},
                 {"item", "count"}, "expect");
    if (const toml::node* count = table.get("count")) {
      const auto number = count->value_exact<std::int64_t>();
      if (number && *number >= 0 && *number <= notices_max)
        e.count = static_cast<int>(*number);
      else
        reader.add(*count, "expect.count", "a whole number of notices is needed: count = 2");
    }
    if (const toml::node* item = table.get("item")) {
      if (const auto* list = item->as_array())
        for (const toml::node& one : *list) e.items.push_back(reader.scalar(one, "expect.item"));
      else
        e.items.push_back(reader.scalar(*item, "expect.item"));
    }
    story.expects.push_back(std::move(e));
  });
  if (const toml::node* world = root.get("world")) {
    const auto* table = world->as_table();
    const auto only = table == nullptr ? std::nullopt : (*table)["only"].value_exact<bool>();
    if (!only || table->size() != 1)
      reader.add(*world, "world", "write only = true (or false) below [world], and nothing else");
    story.only = only.value_or(false);
  }
  if (reading.mistakes.empty()) reading.story = std::move(story);
  return reading;
}

}  // namespace assured
