#include "daemon/story_expect.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assured {

bool glob_matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at)
    if (glob_matches(rest, text.substr(at))) return true;
  return false;
}

std::string told_name(std::string_view to, const std::string& person) {
  if (to.starts_with("post:")) return std::string{to.substr(5)};
  return to.starts_with("person:") ? std::string{to} : "person:" + person;
}

bool is_glob(std::string_view text) { return text.find('*') != std::string_view::npos; }

std::vector<std::string> find_unmet(const Story& story, std::vector<StoryNotice>& notices) {
  std::vector<std::pair<std::string, std::string>> failures;  // by time, so that the first is named
  for (const StoryExpect& e : story.expects) {
    for (const std::string& pattern : e.items) {
      int n = 0;
      for (StoryNotice& notice : notices) {
        if (notice.at != e.at || notice.to != e.to || notice.template_name != e.template_name ||
            notice.rung != e.rung || !glob_matches(pattern, notice.item))
          continue;
        notice.expected = true;
        ++n;
      }
      // A name without a count means one notice: a doubled one is a fault too.
      std::optional<int> wanted = e.items.size() == 1 ? e.count : std::nullopt;
      if (!wanted && !is_glob(pattern)) wanted = 1;
      if (n != 0 && (!wanted || n == *wanted)) continue;
      const std::string came =
          n == 0 ? "it did not come"
                 : fmt::format("{} came, {} were expected", n, wanted.value_or(1));
      failures.emplace_back(
          e.at, fmt::format("line {}: at {} “{}” (rung {}) about {} was expected to {}: {}", e.line,
                            e.at, e.template_name, e.rung, pattern, e.to, came));
    }
  }
  if (story.only)
    for (const StoryNotice& notice : notices)
      if (!notice.expected)
        failures.emplace_back(
            notice.at,
            fmt::format("at {} “{}” (rung {}) about {} went to {}, and nobody expected it",
                        notice.at, notice.template_name, notice.rung, notice.item, notice.to));
  std::stable_sort(failures.begin(), failures.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> sentences;
  for (auto& [at, sentence] : failures) sentences.push_back(std::move(sentence));
  return sentences;
}

std::string rung_text(const Definition& definition, const std::string& ladder,
                      std::string_view template_name, int rung, int cycle) {
  if (rung < 0) {
    for (const auto& name : {definition.moved_template, definition.moved_template_urgent})
      if (template_name == name) return "moved";
    for (const auto& name : {definition.hand_over_template, definition.hand_over_template_urgent})
      if (template_name == name) return "hand-over";
    for (const auto& [name, kind] : definition.kinds)
      for (const TransitionDef& t : kind.transitions)
        if (t.ready_template == template_name) return "ready";
    return "now";
  }
  const auto found = definition.ladders.find(ladder);
  if (found == definition.ladders.end()) return "?";
  const RungDef& def = found->second.rungs[static_cast<std::size_t>(rung)];
  std::string text = (def.at.count > 0 ? "+" : "") + to_text(def.at);
  if (cycle > 0) text += fmt::format("#{}", cycle);
  return text;
}

bool is_made_for_agency(const Definition& definition, std::string_view kind) {
  const auto creates = [&](const std::vector<Effect>& effects) {
    return std::any_of(effects.begin(), effects.end(), [&](const Effect& e) {
      return e.kind == Effect::Kind::create && e.of == kind && !e.each.empty();
    });
  };
  for (const auto& [name, def] : definition.kinds) {
    if (def.start && creates(def.start->effects)) return true;
    for (const TransitionDef& t : def.transitions)
      if (creates(t.effects)) return true;
  }
  return false;
}

std::string to_expect_blocks(const std::vector<StoryNotice>& notices) {
  struct Group {
    StoryNotice first;
    std::vector<std::pair<std::string, int>> items;  // with how many notices each
  };
  std::vector<Group> groups;
  for (const StoryNotice& n : notices) {
    auto it = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return g.first.at == n.at && g.first.to == n.to && g.first.template_name == n.template_name &&
             g.first.rung == n.rung;
    });
    if (it == groups.end()) it = groups.insert(groups.end(), Group{n, {}});
    auto known = std::find_if(it->items.begin(), it->items.end(),
                              [&](const auto& item) { return item.first == n.item; });
    if (known == it->items.end())
      it->items.emplace_back(n.item, 1);
    else
      ++known->second;
  }
  std::string text;
  const auto block = [&](const Group& g, const std::string& item, int count) {
    text += fmt::format(
        "[[expect]]\nat = \"{}\"\nto = \"{}\"\ntemplate = \"{}\"\nrung = \"{}\"\nitem = {}\n",
        g.first.at, g.first.to, g.first.template_name, g.first.rung, item);
    if (count > 1) text += fmt::format("count = {}\n", count);
    text += '\n';
  };
  for (const Group& g : groups) {
    std::vector<std::string> once;
    for (const auto& [item, count] : g.items) {
      if (count > 1) block(g, fmt::format("\"{}\"", item), count);
      if (count == 1) once.push_back(fmt::format("\"{}\"", item));
    }
    if (once.size() == 1) block(g, once.front(), 1);
    if (once.size() > 1) block(g, fmt::format("[{}]", fmt::join(once, ", ")), 1);
  }
  return text;
}

std::vector<std::string> uncovered(const Definition& definition, const Coverage& coverage) {
  std::vector<std::string> missing;
  const auto guards = [&](const auto& self, const Guards& list, const std::string& where) -> void {
    for (const Guard& g : list) {
      const std::string place = fmt::format("{}:{}:{}", g.place.file, g.place.line, g.place.column);
      if (!coverage.guards_held.contains(place))
        missing.push_back(where + ": guard at " + place + " never held");
      if (!coverage.guards_missing.contains(place))
        missing.push_back(where + ": guard at " + place + " never refused");
      self(self, g.inner, where);
    }
  };
  for (const auto& [name, kind] : definition.kinds) {
    const auto one = [&, &kind_name = name](const std::string& event, const SourcePlace& place,
                                            const Guards& list) {
      const std::string where =
          fmt::format("{}.{}#{}", kind_name, event.empty() ? "auto" : event, place.line);
      if (!coverage.transitions.contains(where)) missing.push_back(where + ": never carried out");
      guards(guards, list, where);
    };
    if (kind.start) one(kind.start->event, kind.start->place, kind.start->requires_);
    for (const TransitionDef& t : kind.transitions) one(t.event, t.place, t.requires_);
  }
  for (const auto& [name, ladder] : definition.ladders)
    for (std::size_t i = 0; i < ladder.rungs.size(); ++i)
      if (!coverage.rungs.contains(fmt::format("{}[{}]", name, i)))
        missing.push_back(
            fmt::format("ladder {}: rung {} never fired", name, to_text(ladder.rungs[i].at)));
  return missing;
}

}  // namespace assured
