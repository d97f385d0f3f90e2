// Guards: whether one holds, and when not, what is missing in a sentence (DESIGN.md 5).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "workflows/decide.hpp"

namespace assured {

// What a guard may look at. References must outlive the call.
struct GuardScope {
  const Rules& rules;
  const Item& item;
  const std::vector<Item>& ancestors;  // nearest first, as they are now
  const std::vector<Assignment>& assignments;
  const std::vector<Approval>& approvals;
  const std::vector<Link>& links;
  const std::vector<FileRecord>& files;
  const std::vector<Meeting>& meetings;
  const People& people;
  std::function<int(const CountQuery&)> count;
  const Event* event = nullptr;  // none: "would it hold?" (ready prompts, offers)
  bool assigns_role = false;     // the transition itself names the assignee
  Instant now;
};

// Sentences for what is missing; empty when the guard holds. With no event, guards about the event
// (reason, not_by, outside, seconded) are taken to hold. Each guard that is asked, inner ones too, is
// noted in the rules' coverage where there is one.
std::vector<std::string> missing_for(const Guard& guard, const GuardScope& scope);
std::vector<std::string> missing_for(const Guards& guards, const GuardScope& scope);

// The counts that `guards` will ask for, with `scope` as their scope; and those below a start's parent.
void add_counts_needed(const Guards& guards, ItemId scope, std::vector<CountQuery>& counts);
void add_counts_needed(const Guards& guards, std::vector<std::pair<std::string, Where>>& counts);
void add_counts_below_parent(const Guards& guards, ItemId parent, std::vector<CountQuery>& counts);
bool needs_approvals(const Guards& guards);
bool needs_files(const Guards& guards);
bool needs_links(const Guards& guards);
void add_bodies_needed(const Guards& guards, std::set<std::string>& bodies);

// The content of a field as a date in the board's zone, for comparing.
std::optional<Date> field_date(std::string_view name, const Item& item,
                               const std::vector<Item>& ancestors, const Zone& zone, Instant now);
// A field of the item, or of an ancestor by "parent.x" / "root.x". Null when there is none.
const FieldValue* find_value(std::string_view name, const Item& item,
                             const std::vector<Item>& ancestors);

// True when `item` would be counted by `query`'s kind and where.
bool matches(const Item& item, const std::string& kind, const Where& where);

}  // namespace assured
