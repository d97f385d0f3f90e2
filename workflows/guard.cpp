#include "workflows/guard.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "workflows/roles.hpp"

namespace assured {

namespace {

const std::string& content_text(const FieldValue& value, std::string& buffer) {
  buffer = to_stored_text(reveal(value, Viewer{}, Purpose::guard));
  return buffer;
}

std::string lower_first(std::string text) {
  if (!text.empty() && text.size() > 1 && text[1] >= 'a' && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string kind_title(const GuardScope& scope, const std::string& kind) {
  const KindDef* def = scope.rules.definition.find_kind(kind);
  return lower_first(def == nullptr || def->title.empty() ? kind : def->title);
}

std::string field_title(const GuardScope& scope, std::string_view name) {
  std::string_view own = name;
  const KindDef* def = scope.rules.definition.find_kind(scope.item.kind);
  if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    own = name.substr(dot + 1);
    const Item* ancestor = scope.ancestors.empty()     ? nullptr
                           : name.starts_with("root.") ? &scope.ancestors.back()
                                                       : &scope.ancestors.front();
    def = ancestor == nullptr ? nullptr : scope.rules.definition.find_kind(ancestor->kind);
  }
  const FieldDef* field = def == nullptr ? nullptr : def->find_field(own);
  return field == nullptr || field->title.empty() ? std::string(own) : field->title;
}

// "“Version kept on file” (accepted_version)": whoever is to fill it in writes the name.
std::string not_filled_in(const GuardScope& scope, std::string_view name) {
  const std::string title = field_title(scope, name);
  return fmt::format("“{}”{} is not filled in", title, title == name ? "" : fmt::format(" ({})", name));
}

std::string state_titles(const GuardScope& scope, const std::string& kind,
                         const std::vector<std::string>& states) {
  const KindDef* def = scope.rules.definition.find_kind(kind);
  std::string result;
  for (const std::string& name : states) {
    const StateDef* state = def == nullptr ? nullptr : def->find_state(name);
    if (!result.empty()) result += " or ";
    result += '"' + (state == nullptr || state->title.empty() ? name : state->title) + '"';
  }
  return result;
}

// What a date is compared with: the name of the field, never its value (S12.2).
std::string date_words(const GuardScope& scope, const std::string& name) {
  return name.empty() || name == "now" ? "today" : "“" + field_title(scope, name) + "”";
}

std::string plural(const std::string& noun) {
  if (noun.ends_with("y") && !noun.ends_with("ey")) return noun.substr(0, noun.size() - 1) + "ies";
  return noun + "s";
}

std::string role_words(std::string role) {
  std::replace(role.begin(), role.end(), '-', ' ');
  return role;
}

// What two guards lack alike is said once.
void add_once(std::vector<std::string>& sentences, std::string sentence) {
  if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end())
    sentences.push_back(std::move(sentence));
}

// The board's own sentence, with {n} and {needed} filled in; or ours.
std::string say(const Guard& guard, std::string ours, int n = 0, int needed = 0) {
  if (guard.says.empty()) return ours;
  std::string text = guard.says;
  const auto fill = [&](std::string_view slot, int number) {
    for (auto at = text.find(slot); at != std::string::npos; at = text.find(slot))
      text.replace(at, slot.size(), std::to_string(number));
  };
  fill("{n}", n);
  fill("{needed}", needed);
  return text;
}

Date look_back_date(const std::optional<Span>& span, const GuardScope& scope) {
  const Date today = local_date(scope.now, *scope.rules.time.zone);
  if (!span) return today;
  const Span back{-span->count, span->unit};
  // due_by_meeting shifts a date by any date span, clamped to the month's end.
  return local_date(due_by_meeting(scope.now, back, scope.rules.time), *scope.rules.time.zone);
}

Date shift(Date date, Span span, const GuardScope& scope) {
  const Zone& zone = *scope.rules.time.zone;
  const Instant at = at_local(date, TimeOfDay{0}, zone);
  return local_date(due_by_meeting(at, span, scope.rules.time), zone);
}

RoleScope role_scope(const GuardScope& scope) {
  return RoleScope{scope.rules.establishment, scope.rules.definition, scope.item,
                   scope.assignments,         scope.people,           {}};
}

// How the date of the guard's field lies to others. A span has two ends: what comes after the date it
// is counted back from is not within it, nor is what comes before the one it is counted from.
std::vector<std::string> check_dates(const Guard& guard, const GuardScope& scope,
                                     const std::string& title) {
  if (guard.before.empty() && guard.after.empty() && guard.not_after.empty()) return {};
  const auto date_of = [&](const std::string& name) {
    return field_date(name, scope.item, scope.ancestors, *scope.rules.time.zone, scope.now);
  };
  const auto missing = [&](std::string ours) {
    return std::vector<std::string>{say(guard, std::move(ours))};
  };
  for (const std::string* name : {&guard.before, &guard.after, &guard.not_after})
    if (!date_of(*name))
      return missing(not_filled_in(scope, *name));
  const auto date = date_of(guard.field);
  if (!date) return missing(fmt::format("“{}” is not a date", title));

  const auto back = [](Span span) { return Span{-span.count, span.unit}; };
  if (guard.outside_of && *date >= shift(*date_of(guard.before), back(*guard.outside_of), scope))
    return missing(fmt::format("“{}” is within {} before {}", title, to_text(*guard.outside_of),
                               date_words(scope, guard.before)));
  if (guard.within && !guard.before.empty()) {
    const Date anchor = *date_of(guard.before);
    if (*date > anchor)
      return missing(fmt::format("“{}” lies after {}; give the last date before that", title,
                                 date_words(scope, guard.before)));
    if (*date < shift(anchor, back(*guard.within), scope))
      return missing(fmt::format("“{}” is more than {} before {}", title, to_text(*guard.within),
                                 date_words(scope, guard.before)));
  }
  if (!guard.after.empty()) {
    const Date other = *date_of(guard.after);
    if (*date <= other)
      return missing(fmt::format("“{}” must be later than {}", title, date_words(scope, guard.after)));
    if (guard.within && guard.before.empty() && *date > shift(other, *guard.within, scope))
      return missing(fmt::format("“{}” is more than {} after {}", title, to_text(*guard.within),
                                 date_words(scope, guard.after)));
  }
  if (!guard.not_after.empty() && *date > *date_of(guard.not_after))
    return missing(
        fmt::format("“{}” must not be later than {}", title, date_words(scope, guard.not_after)));
  return {};
}

std::vector<std::string> check_field(const Guard& guard, const GuardScope& scope) {
  const std::string title = field_title(scope, guard.field);
  const FieldValue* value = find_value(guard.field, scope.item, scope.ancestors);
  if (value == nullptr || !value->is_set())
    return {say(guard, not_filled_in(scope, guard.field))};
  std::string buffer;
  if (guard.equals && content_text(*value, buffer) != *guard.equals)
    return {say(guard, fmt::format("“{}” is not “{}”", title, *guard.equals))};
  if (!guard.one_of.empty()) {
    const std::string& text = content_text(*value, buffer);
    if (std::find(guard.one_of.begin(), guard.one_of.end(), text) == guard.one_of.end())
      return {say(guard, fmt::format("“{}” is none of the answers that allow this", title))};
  }
  if (guard.specific) {
    const auto weak = weak_words(content_text(*value, buffer));
    if (!weak.empty())
      return {say(guard, fmt::format("“{}” is not specific: “{}” cannot be checked; say what will "
                                     "be different, and how anybody can see it",
                                     title, weak.front()))};
  }
  return check_dates(guard, scope, title);
}

std::vector<std::string> check_count(const Guard& guard, const GuardScope& scope) {
  const ItemId top = guard.below_parent ? scope.item.parent : scope.item.id;
  const int n = scope.count(CountQuery{top, guard.of, guard.where});
  const std::string noun = kind_title(scope, guard.of);
  std::string what;
  for (const auto& [field, value] : guard.where.fields) what += value + " ";
  what += plural(noun);
  if (!guard.where.states.empty())
    what += " that are " + state_titles(scope, guard.of, guard.where.states);
  if (guard.exactly && n != *guard.exactly)
    return {say(guard, fmt::format("{} {} are recorded, {} are needed", n, what, *guard.exactly), n,
                *guard.exactly)};
  if (guard.at_least && n < *guard.at_least)
    return {say(guard, fmt::format("{} of {} {} are recorded", n, *guard.at_least, what), n,
                *guard.at_least)};
  if (guard.at_most && n > *guard.at_most)
    return {say(guard, fmt::format("{} {} remain, at most {} may", n, what, *guard.at_most), n,
                *guard.at_most)};
  return {};
}

std::vector<std::string> check_all(const Guard& guard, const GuardScope& scope) {
  const int total = scope.count(CountQuery{scope.item.id, guard.of, Where{}});
  const int in = scope.count(CountQuery{scope.item.id, guard.of, Where{guard.states, {}}});
  const std::string noun = plural(kind_title(scope, guard.of));
  if (total == 0) return {say(guard, fmt::format("there are no {} yet", noun), 0, 0)};
  if (in < total)
    return {say(guard,
                fmt::format("{} of {} {} are {}", in, total, noun,
                            state_titles(scope, guard.of, guard.states)),
                in, total)};
  return {};
}

std::vector<std::string> humans_of(const GuardScope& scope, Date today) {
  return humans_behind(scope.people, scope.event->actor, scope.event->for_post, today);
}

// CH-17, S3.3. Compares humans, not posts: the same person under another post is the same person.
std::vector<std::string> check_independent(const Guard& guard, const GuardScope& scope) {
  const Zone& zone = *scope.rules.time.zone;
  const Date today = local_date(scope.now, zone);
  const Date since = look_back_date(guard.look_back, scope);
  const Assignment* assignee = find_assignment(scope.assignments, scope.item.id, guard.role);
  const std::string role = role_words(guard.role);
  if (assignee == nullptr) return {say(guard, fmt::format("no {} is named", role))};

  bool excused = false;
  if (!guard.unless_field.empty()) {
    const FieldValue* why = find_value(guard.unless_field, scope.item, scope.ancestors);
    excused = why != nullptr && why->is_set();
  }
  // Whom the work must be independent of, and in which capacity.
  std::vector<std::pair<std::string, std::string>> barred;
  for (std::size_t i = 0; i < guard.others.size(); ++i) {
    bool recorded = false;
    for (const Assignment& a : scope.assignments) {
      if (a.item != scope.item.id || a.role != guard.others[i]) continue;
      recorded = true;  // once recorded, it stays on record
      if (a.to && local_date(*a.to, zone) < since) continue;
      barred.emplace_back(a.person, role_words(guard.others[i]));
      if (i != 0) continue;
      for (const std::string& post : scope.people.posts_of_between(a.person, since, today)) {
        const PostDef* def = scope.rules.establishment.find_post(post);
        if (def == nullptr || def->above.empty()) continue;
        for (const std::string& above : scope.people.holders_of(def->above, today))
          barred.emplace_back(above, "holder of the post above the " + role_words(guard.others[i]));
      }
    }
    if (!recorded && !excused)
      return {
          say(guard, fmt::format("the {} of this case is not recorded; record who it is, or why "
                                 "there is none",
                                 role_words(guard.others[i])))};
  }
  const auto check = [&](std::string_view person,
                         std::string_view as) -> std::optional<std::string> {
    for (const auto& [other, capacity] : barred)
      if (other == person)
        return fmt::format("the {} is the {} of this case; somebody independent must do it", as,
                           capacity);
    return std::nullopt;
  };
  // The board's own sentence would hide which rule was broken, so ours is always given here.
  if (auto why = check(assignee->person, role)) return {*why};
  if (scope.event != nullptr && !scope.assigns_role) {
    if (!scope.event->actor.empty())
      if (auto why = check(scope.event->actor, "person who submits")) return {*why};
    if (!scope.event->for_post.empty())
      for (const std::string& holder : scope.people.holders_of(scope.event->for_post, today))
        if (auto why = check(holder, "person on whose behalf this is submitted")) return {*why};
  }
  return {};
}

// CH-27: whoever chairs is to look at everybody's work with a stranger's eye.
std::vector<std::string> check_assigned(const Guard& guard, const GuardScope& scope) {
  const Assignment* a = find_assignment(scope.assignments, scope.item.id, guard.role);
  const std::string role = role_words(guard.role);
  if (a == nullptr) return {say(guard, fmt::format("no {} is named", role))};
  const Date today = local_date(scope.now, *scope.rules.time.zone);
  bool of_board = false, of_agency = false;
  for (const std::string& post : scope.people.posts_of(a->person, today)) {
    const PostDef* def = scope.rules.establishment.find_post(post);
    if (def != nullptr) (def->agency.empty() ? of_board : of_agency) = true;
  }
  if (guard.board_member && !of_board)
    return {say(guard, fmt::format("the {} must hold a post of the board", role))};
  if (guard.no_agency && of_agency)
    return {say(guard, fmt::format("the {} holds a post of an agency; name somebody who holds none", role))};
  if (is_one_of(guard.terms, role_scope(scope), a->person, {}, today))
    return {say(guard, fmt::format("the {} is who owns this; name somebody else", role))};
  return {};
}

std::vector<std::string> check_file(const Guard& guard, const GuardScope& scope) {
  const KindDef* kind = scope.rules.definition.find_kind(scope.item.kind);
  std::string title = guard.of;
  for (const FileDef& file : kind->files)
    if (file.name == guard.of && !file.title.empty()) title = file.title;
  const auto is_meant = [&](const FileRecord& file) {
    return file.item == scope.item.id && file.kind == guard.of;
  };
  if (std::none_of(scope.files.begin(), scope.files.end(), is_meant))
    return {say(guard, fmt::format("“{}” is not attached; attach the document first", title))};
  const FieldValue* version =
      guard.field.empty() ? nullptr : find_value(guard.field, scope.item, scope.ancestors);
  if (version == nullptr || !version->is_set()) return {};
  const auto* number = std::get_if<std::int64_t>(&reveal(*version, Viewer{}, Purpose::guard));
  if (number != nullptr && std::any_of(scope.files.begin(), scope.files.end(), [&](const FileRecord& f) {
        return is_meant(f) && f.version == *number;
      }))
    return {};
  return {say(guard, fmt::format("“{}” is not the number of an attached version of “{}”",
                                 field_title(scope, guard.field), title))};
}

std::vector<std::string> check_outside(const Guard& guard, const GuardScope& scope) {
  if (scope.event == nullptr || scope.item.agency.empty()) return {};
  const Date today = local_date(scope.now, *scope.rules.time.zone);
  const Date since = look_back_date(guard.look_back, scope);
  const auto belongs = [&](std::string_view post) {
    const PostDef* def = scope.rules.establishment.find_post(post);
    return def != nullptr && def->agency == scope.item.agency;
  };
  // S15.3: whoever typed, the post typed for, and the people who hold that post.
  bool inside = !scope.event->for_post.empty() && belongs(scope.event->for_post);
  for (const std::string& person : humans_of(scope, today)) {
    const auto posts = scope.people.posts_of_between(person, since, today);
    inside |= std::any_of(posts.begin(), posts.end(), belongs);
  }
  if (inside)
    return {
        say(guard, "this must be judged by somebody who holds no post in the answering agency")};
  return {};
}

std::vector<std::string> check_guard(const Guard& guard, const GuardScope& scope);

}  // namespace

const FieldValue* find_value(std::string_view name, const Item& item,
                             const std::vector<Item>& ancestors) {
  const Item* holder = &item;
  if (name.starts_with("parent.")) {
    if (ancestors.empty()) return nullptr;
    holder = &ancestors.front();
    name.remove_prefix(7);
  } else if (name.starts_with("root.")) {
    if (!ancestors.empty()) holder = &ancestors.back();
    name.remove_prefix(5);
  }
  const auto found = holder->fields.find(name);
  return found == holder->fields.end() ? nullptr : &found->second;
}

std::optional<Date> field_date(std::string_view name, const Item& item,
                               const std::vector<Item>& ancestors, const Zone& zone, Instant now) {
  if (name.empty() || name == "now") return local_date(now, zone);
  const FieldValue* value = find_value(name, item, ancestors);
  if (value == nullptr || !value->is_set()) return std::nullopt;
  const Value& content = reveal(*value, Viewer{}, Purpose::guard);
  if (const auto* date = std::get_if<Date>(&content)) return *date;
  if (const auto* at = std::get_if<Instant>(&content)) return local_date(*at, zone);
  return std::nullopt;
}

bool matches(const Item& item, const std::string& kind, const Where& where) {
  if (item.kind != kind || is_gone(item.state)) return false;
  if (!where.states.empty() &&
      std::find(where.states.begin(), where.states.end(), item.state) == where.states.end())
    return false;
  return std::all_of(where.fields.begin(), where.fields.end(), [&](const auto& wanted) {
    const auto field = item.fields.find(wanted.first);
    if (field == item.fields.end() || !field->second.is_set()) return false;
    return to_stored_text(reveal(field->second, Viewer{}, Purpose::guard)) == wanted.second;
  });
}

std::vector<std::string> missing_for(const Guards& guards, const GuardScope& scope) {
  std::vector<std::string> missing;
  for (const Guard& guard : guards)
    for (std::string& sentence : missing_for(guard, scope)) add_once(missing, std::move(sentence));
  return missing;
}

std::vector<std::string> missing_for(const Guard& guard, const GuardScope& scope) {
  auto missing = check_guard(guard, scope);
  if (Coverage* coverage = scope.rules.coverage)
    (missing.empty() ? coverage->guards_held : coverage->guards_missing)
        .insert(fmt::format("{}:{}:{}", guard.place.file, guard.place.line, guard.place.column));
  return missing;
}

namespace {

std::vector<std::string> check_guard(const Guard& guard, const GuardScope& scope) {
  switch (guard.kind) {
    case Guard::Kind::field:
      return check_field(guard, scope);
    case Guard::Kind::count:
      return check_count(guard, scope);
    case Guard::Kind::all:
      return check_all(guard, scope);
    case Guard::Kind::independent:
      return check_independent(guard, scope);
    case Guard::Kind::outside:
      return check_outside(guard, scope);
    case Guard::Kind::assigned:
      return check_assigned(guard, scope);
    case Guard::Kind::file:
      return check_file(guard, scope);
    case Guard::Kind::approved_by: {
      std::vector<std::string> missing;
      for (const std::string& name : guard.names) {
        const bool given =
            std::any_of(scope.approvals.begin(), scope.approvals.end(), [&](const Approval& a) {
              return a.item == scope.item.id && a.name == name && !a.withdrawn_at;
            });
        if (given) continue;
        const auto body = scope.rules.establishment.bodies.find(name);
        const std::string title =
            body == scope.rules.establishment.bodies.end() ? role_words(name) : body->second.title;
        missing.push_back(say(guard, fmt::format("the approval of the {} is not recorded", title)));
      }
      return missing;
    }
    case Guard::Kind::seconded: {
      if (scope.event == nullptr) return {};
      // Two humans: neither side may be the other typing for a post it holds.
      const Date today = local_date(scope.now, *scope.rules.time.zone);
      const std::vector<std::string> now_humans = humans_of(scope, today);
      const bool by_another =
          std::any_of(scope.approvals.begin(), scope.approvals.end(), [&](const Approval& a) {
            if (a.item != scope.item.id || a.name != guard.names.front() || a.withdrawn_at)
              return false;
            return is_by_others(scope.people, a, now_humans, *scope.rules.time.zone);
          });
      if (by_another) return {};
      return {say(guard, "a second person must have proposed this before")};
    }
    case Guard::Kind::not_by: {
      if (scope.event == nullptr || scope.event->actor.empty()) return {};
      const Date today = local_date(scope.now, *scope.rules.time.zone);
      const RoleScope roles = role_scope(scope);
      bool is_one = !scope.event->for_post.empty() &&
                    is_one_of(guard.terms, roles, scope.event->actor, scope.event->for_post, today);
      // Whoever owned it when it came here has done what is judged now, whatever they hold today.
      const Date came =
          guard.since_entry ? local_date(scope.item.entered_at, *scope.rules.time.zone) : today;
      for (const std::string& person : humans_of(scope, today))
        is_one |= is_one_of(guard.terms, roles, person, {}, today) ||
                  is_one_of(guard.terms, roles, person, {}, came);
      if (is_one) return {say(guard, "this must be done by somebody else than whoever owns it")};
      return {};
    }
    case Guard::Kind::reason:
      if (scope.event == nullptr || !scope.event->reason.empty()) return {};
      return {say(guard, "a reason is needed")};
    case Guard::Kind::meeting_held: {
      const bool met =
          std::any_of(scope.meetings.begin(), scope.meetings.end(), [&](const Meeting& m) {
            return m.body == guard.of && m.state == Meeting::State::held &&
                   m.start >= scope.item.entered_at;
          });
      if (met) return {};
      const auto body = scope.rules.establishment.bodies.find(guard.of);
      const std::string title =
          body == scope.rules.establishment.bodies.end() ? guard.of : body->second.title;
      return {say(guard, fmt::format("the {} has not met since", title))};
    }
    case Guard::Kind::linked: {
      const bool linked = std::any_of(scope.links.begin(), scope.links.end(), [&](const Link& l) {
        return l.from == scope.item.id && l.kind == guard.of && !l.withdrawn_at;
      });
      if (linked) return {};
      return {say(guard, fmt::format("it is not linked to its {}", guard.of))};
    }
    case Guard::Kind::any: {
      std::vector<std::string> ways;
      for (const Guard& inner : guard.inner) {
        const auto missing = missing_for(inner, scope);
        if (missing.empty()) return {};
        add_once(ways, fmt::format("{}", fmt::join(missing, " and ")));
      }
      return {say(guard, fmt::format("{}", fmt::join(ways, ", or ")))};
    }
    case Guard::Kind::all_of: {
      auto missing = missing_for(guard.inner, scope);
      if (!missing.empty() && !guard.says.empty()) return {guard.says};
      return missing;
    }
    case Guard::Kind::not_: {
      if (!missing_for(guard.inner, scope).empty()) return {};
      return {say(guard, "something that must not be so is so")};
    }
  }
  return {};
}

}  // namespace

}  // namespace assured
