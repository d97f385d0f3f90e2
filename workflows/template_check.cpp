// Templates: what a board may show in mail (S10.6), checked when the programme loads, because a
// name that is missing renders as nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "workflows/programme_check.hpp"

namespace assured::reading {

namespace {

constexpr std::array<std::string_view, 28> closed_slots{"reference",    "kind",
                                                        "state",        "board",
                                                        "agency",       "post",
                                                        "recipient",    "due",
                                                        "due_date",     "due_time",
                                                        "opened",       "rung",
                                                        "missed",       "down_from",
                                                        "down_to",      "owner",
                                                        "contact_name", "contact_phone",
                                                        "contact_mail", "urgent_phone",
                                                        "why",          "parent_reference",
                                                        "count",        "occurred",
                                                        "obligation",   "days_late",
                                                        "what_next",    "lateness"};
// S10.6: what mail of family A may show. Reference, times and the numbers to call; no word that tells
// a reader over the shoulder what it is about.
constexpr std::array<std::string_view, 12> urgent_slots{
    "reference", "parent_reference", "opened",  "occurred",  "due",           "due_date",
    "due_time",  "missed",           "down_from", "down_to", "contact_phone", "urgent_phone"};
constexpr std::string_view field_prefix = "field.";

bool is_field_slot(std::string_view slot) {
  return slot.substr(0, field_prefix.size()) == field_prefix;
}

std::vector<std::string> closed_slot_names() { return {closed_slots.begin(), closed_slots.end()}; }

// From where a template is sent: the kind whose item it speaks of, and how urgently.
struct Use {
  const KindDef* kind;
  Family family;
};

using Uses = std::map<std::string, std::vector<Use>>;

Uses find_uses(const Definition& definition) {
  Uses uses;
  const auto of_ladder = [&](const std::string& name, const KindDef* kind) {
    const auto ladder = definition.ladders.find(name);
    if (ladder == definition.ladders.end()) return;
    for (const auto& rung : ladder->second.rungs)
      uses[rung.template_name].push_back({kind, ladder->second.family});
  };
  for (const auto& [name, kind] : definition.kinds) {
    for (const auto& obligation : kind.obligations) of_ladder(obligation.ladder, &kind);
    const auto of_effects = [&, own = &kind](const std::vector<Effect>& effects) {
      for (const auto& effect : effects) {
        if (effect.template_name.empty()) continue;
        const auto* about =
            effect.kind == Effect::Kind::create ? definition.find_kind(effect.of) : own;
        uses[effect.template_name].push_back({about, effect.family});
      }
    };
    if (kind.start) of_effects(kind.start->effects);
    for (const auto& transition : kind.transitions) {
      of_effects(transition.effects);
      if (!transition.ready_template.empty())
        uses[transition.ready_template].push_back({&kind, Family::c});
    }
  }
  // Ladders that only a vacancy or a meeting's date uses, or that nothing does, still name
  // templates: the ladder itself is what is told to be unused.
  for (const auto& [name, ladder] : definition.ladders)
    for (const auto& rung : ladder.rungs) uses[rung.template_name];
  for (const auto& name : {definition.moved_template, definition.hand_over_template}) uses[name];
  for (const auto& name : {definition.moved_template_urgent, definition.hand_over_template_urgent})
    if (!name.empty()) uses[name].push_back({nullptr, Family::a});
  return uses;
}

// S10.6, and DOMAIN.md 6.1: free text of any class, and what is protected, never leaves by mail.
void check_field_slot(const Checking& c, const std::string& slot, const std::vector<Use>& uses,
                      const std::string& key) {
  const auto name = slot.substr(field_prefix.size());
  if (uses.empty()) {
    c.mistakes.add_at(key,
                      fmt::format("'{}' has no meaning here: this is sent for every kind", slot),
                      "remove it");
    return;
  }
  for (const auto& use : uses) {
    if (!use.kind || use.family == Family::a) continue;
    const auto* field = use.kind->find_field(name);
    if (!field) {
      c.mistakes.add_at(key, fmt::format("kind '{}' has no field '{}'", use.kind->name, name),
                        suggest(name, names_of(use.kind->fields), "remove it"));
      continue;
    }
    const bool is_fact = field->type == FieldType::enumeration || field->type == FieldType::date ||
                         field->type == FieldType::number;
    if (field->field_class == FieldClass::protected_)
      c.mistakes.add_at(key,
                        fmt::format("the field '{}' of kind '{}' is protected and cannot be in "
                                    "mail",
                                    name, use.kind->name),
                        "remove it, and let the reader look it up");
    else if (field->type == FieldType::text)
      c.mistakes.add_at(key,
                        fmt::format("the field '{}' of kind '{}' is free text and cannot be in "
                                    "mail",
                                    name, use.kind->name),
                        "remove it, or make it an enumeration");
    else if (field->field_class == FieldClass::internal && !is_fact)
      c.mistakes.add_at(key,
                        fmt::format("the field '{}' of kind '{}' is internal, and not an "
                                    "enumeration, date or number",
                                    name, use.kind->name),
                        "remove it, or make its class public");
  }
}

// S10.6: an urgent mail may be read on a locked screen, at night, by anybody.
void check_urgent_slot(const Checking& c, const std::string& slot, const std::string& key) {
  if (std::find(urgent_slots.begin(), urgent_slots.end(), slot) != urgent_slots.end()) return;
  c.mistakes.add_at(key, fmt::format("'{}' cannot stand in mail of family A", slot),
                    "show the reference, times and the numbers to call");
}

bool is_urgent(const std::vector<Use>& uses) {
  return std::any_of(uses.begin(), uses.end(),
                     [](const Use& use) { return use.family == Family::a; });
}

// Walks the tags of a template's text; reports what assured does not render, and names not
// declared.
class TagScan {
 public:
  TagScan(const Checking& checking, const TemplateDef& definition, const TemplateText& text)
      : c_(checking), definition_(definition), text_(text) {}

  void check() {
    scan(text_.subject, {1, 10}, true);  // behind "Subject: "
    scan(text_.text, {3, 1}, false);     // behind the empty line
  }

 private:
  struct Position {
    std::uint32_t line, column;
  };

  void mistake(Position at, std::string message, std::string remedy) {
    c_.mistakes.add({text_.place.file, at.line, at.column}, "template." + definition_.name,
                    std::move(message), std::move(remedy));
  }

  static void advance(Position& at, std::string_view passed) {
    for (const char ch : passed) {
      if (ch == '\n') {
        ++at.line;
        at.column = 1;
      } else {
        ++at.column;
      }
    }
  }

  void scan(std::string_view text, Position at, bool subject) {
    struct Section {
      std::string name;
      Position at;
    };
    std::vector<Section> open;
    for (;;) {
      const auto begin = text.find("{{");
      if (begin == std::string_view::npos) break;
      advance(at, text.substr(0, begin));
      text.remove_prefix(begin);
      const auto end = text.find("}}");
      if (end == std::string_view::npos) {
        mistake(at, "this tag is not closed", "end it with }}");
        return;
      }
      auto tag = text.substr(2, end - 2);
      const char sigil = tag.empty() ? ' ' : tag.front();
      if (std::string_view{"{&>=!#^/"}.find(sigil) != std::string_view::npos) tag.remove_prefix(1);
      while (!tag.empty() && tag.front() == ' ') tag.remove_prefix(1);
      while (!tag.empty() && tag.back() == ' ') tag.remove_suffix(1);
      const std::string name{tag};
      const bool in_missed = std::any_of(open.begin(), open.end(), [](const Section& section) {
        return section.name == "missed";
      });
      switch (sigil) {
        case '!':
          break;
        case '{':
          mistake(at, "three braces are not allowed", fmt::format("write {{{{{}}}}}", name));
          break;
        case '&':
          mistake(at, "'&' is not allowed in a tag", fmt::format("write {{{{{}}}}}", name));
          break;
        case '>':
          mistake(at, "one template cannot take in another", "write the text out");
          break;
        case '=':
          mistake(at, "the braces cannot be changed", "write {{ and }}");
          break;
        case '#':
        case '^':
          check_name(at, name, true, in_missed);
          open.push_back({name, at});
          break;
        case '/':
          if (open.empty() || open.back().name != name)
            mistake(at, fmt::format("'{{{{/{}}}}}' ends what was not begun", name),
                    open.empty() ? std::string{"remove it"}
                                 : fmt::format("end '{{{{#{}}}}}' first", open.back().name));
          else
            open.pop_back();
          break;
        default:
          check_name(at, name, false, in_missed);
      }
      const auto passed = text.substr(0, end + 2);
      advance(at, passed);
      text.remove_prefix(passed.size());
      // The third brace of {{{x}}} belongs to the tag that was told.
      if (sigil == '{' && !text.empty() && text.front() == '}') {
        advance(at, text.substr(0, 1));
        text.remove_prefix(1);
      }
    }
    for (const auto& section : open)
      mistake(
          section.at, fmt::format("'{{{{#{}}}}}' is not ended", section.name),
          fmt::format("write {{{{/{}}}}}{}", section.name, subject ? " in the subject too" : ""));
  }

  void check_name(Position at, const std::string& name, bool section, bool in_missed) {
    if (name == "when" && in_missed && !section) return;
    const auto& slots = definition_.slots;
    if (name == "when" || (name == "missed" && !section)) {
      mistake(at, name == "when" ? "'when' is known inside {{#missed}} only" : "'missed' is a list",
              "write {{#missed}}{{when}}{{/missed}}");
      return;
    }
    if (std::find(slots.begin(), slots.end(), name) != slots.end()) return;
    const auto known = closed_slot_names();
    const bool exists =
        is_field_slot(name) || std::find(known.begin(), known.end(), name) != known.end();
    if (exists)
      // S1.3: rewording may not add a slot.
      mistake(at, fmt::format("'{}' is not among the slots of this template", name),
              fmt::format("add it to slots in [template.{}], which is a change of the definition",
                          definition_.name));
    else
      mistake(at, fmt::format("there is no slot '{}'", name), suggest(name, slots));
  }

  const Checking& c_;
  const TemplateDef& definition_;
  const TemplateText& text_;
};

}  // namespace

void check_wording(const Checking& c, const TemplateDef& definition) {
  const auto text = c.establishment.texts.find(definition.name);
  if (text == c.establishment.texts.end())
    c.mistakes.add_at("template." + definition.name, "this template has no text",
                      fmt::format("add the file {}.mustache", definition.name));
  else
    TagScan{c, definition, text->second}.check();
}

void check_templates(const Checking& c) {
  const auto uses = find_uses(c.definition);
  const auto known = closed_slot_names();
  for (const auto& [name, definition] : c.definition.templates) {
    const auto path = "template." + name;
    const auto used = uses.find(name);
    if (used == uses.end() && !was_meant(name, keys_of(uses), keys_of(c.definition.templates)))
      c.mistakes.add_at(path, "nothing uses this template",
                        "name it in a rung or an effect, or remove it");
    for (const auto& slot : definition.slots) {
      if (is_field_slot(slot)) {
        if (used != uses.end()) check_field_slot(c, slot, used->second, path + ".slots");
      } else if (std::find(known.begin(), known.end(), slot) == known.end()) {
        c.mistakes.add_at(path + ".slots", fmt::format("there is no slot '{}'", slot),
                          suggest(slot, known));
        continue;
      }
      if (used != uses.end() && is_urgent(used->second))
        check_urgent_slot(c, slot, path + ".slots");
    }
    check_wording(c, definition);
  }
  for (const auto& [name, text] : c.establishment.texts)
    if (c.definition.templates.find(name) == c.definition.templates.end())
      c.mistakes.add(
          text.place, "template." + name, fmt::format("there is no template '{}'", name),
          suggest(name, keys_of(c.definition.templates), fmt::format("add [template.{}]", name)));
  const auto notice = [&](const std::string& key, const std::string& name) {
    if (name.empty() || c.definition.templates.find(name) != c.definition.templates.end()) return;
    c.mistakes.add_at(
        "notices." + key, fmt::format("there is no template '{}'", name),
        suggest(name, keys_of(c.definition.templates), "add a [template.NAME] table"));
  };
  notice("moved", c.definition.moved_template);
  notice("hand_over", c.definition.hand_over_template);
  notice("moved_urgent", c.definition.moved_template_urgent);
  notice("hand_over_urgent", c.definition.hand_over_template_urgent);
  // The routine wording names what is owed, so that it cannot stand in for the urgent one.
  const bool has_urgent =
      std::any_of(c.definition.ladders.begin(), c.definition.ladders.end(),
                  [](const auto& ladder) { return ladder.second.family == Family::a; });
  if (!has_urgent || !c.mistakes.has_place("notices")) return;
  for (const std::string key : {"notices.moved_urgent", "notices.hand_over_urgent"})
    if (!c.mistakes.has_place(key))
      c.mistakes.add_at(key, "this key is missing",
                        "name a template that shows the reference, times and the numbers to call; "
                        "a ladder of family A needs it");
}

}  // namespace assured::reading
