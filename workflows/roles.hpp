// Role terms resolved on an item: to posts and assignments, and to whether anybody would be
// reached.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "workflows/item.hpp"

namespace assured {

// What a term is resolved against. References must outlive the call.
struct RoleScope {
  const Establishment& establishment;
  const Definition& definition;
  const Item& item;
  const std::vector<Assignment>& assignments;  // those of other items are ignored
  const People& people;
  std::string owed_by;  // Party text: `owner` on a rung; empty: the owner of the item's state
};

// The parties a term means. Empty when there is none (no such post in the agency, nobody assigned).
std::vector<Party> resolve(const RoleTerm& term, const RoleScope& scope);

// The one party that owes: the first resolved; for assigned:* with nobody assigned, `fallback`.
std::optional<Party> resolve_debtor(const RoleTerm& term, const std::optional<RoleTerm>& fallback,
                                    const RoleScope& scope);

// The post a party stands on: the post itself, what an assignment falls back to, or, of a person, the post
// that owes.
std::string post_of(const Party& party, const RoleScope& scope);

// An obligation's name as people read it: "name somebody" and "set the next date" say the title of the post
// or body, not its id.
std::string title_of(std::string_view obligation, const Establishment& establishment);

// One way to reach somebody: a person's address or a post's mailbox.
struct ContactPoint {
  std::string person;  // empty: the mailbox
  std::string name;    // as greeted
  std::string address;
};
// Who was written to. People count by who they are and mailboxes by address, not by the address that
// stands on a notice: while mail is redirected, that is somebody else's.
struct ToldPoints {
  std::set<std::string, std::less<>> people, addresses;
  void add(const ContactPoint& point);
  bool contains(const ContactPoint& point) const;
};
// Present holders of the post and its mailbox, or the assignee, or the address; each once (S3.4). A person, while
// they hold the post that owes, alone.
std::vector<ContactPoint> contact_points(const Party& party, const RoleScope& scope, Date today);

// The address among contact_points() that is no person's; empty: there is none.
std::string mailbox_of(const Party& party, const RoleScope& scope);

// True when `person`, acting for `for_post` when that is not empty, satisfies one of `terms`.
bool is_one_of(const std::vector<RoleTerm>& terms, const RoleScope& scope, std::string_view person,
               std::string_view for_post, Date today);

// The humans behind what somebody typed: they themselves, and the holders of the post they typed for on
// that day. Two of these sets that meet are not two people (S5.3, S15.3).
std::vector<std::string> humans_behind(const People& people, const std::string& actor,
                                       const std::string& for_post, Date day);

// Whether nobody of `humans` stands behind what was approved, or proposed.
bool is_by_others(const People& people, const Approval& approval, const std::vector<std::string>& humans,
                  const Zone& zone);

// How long a second person may agree to what another proposed. What was so a day ago is no ground to
// suspend or undo anything on today: they propose anew then.
inline constexpr std::chrono::hours proposal_stands{24};

// Whether an item belongs to one of `agencies`: it is theirs, or a post of theirs stands in a field by
// which items of its kind are shared (`seen_by`).
bool is_theirs(const Establishment& establishment, const KindDef& kind, const Item& item,
               const std::set<std::string>& agencies);

// Whether `person` holds a post of the board's own on that day, rather than of an agency only.
bool is_board_side(const Establishment& establishment, const People& people,
                   std::string_view person, Date today);

// S14.3: `person` is on the board's list and, when `for_post` is not empty, holds that post or one of
// the board's own. Errors: forbidden, invalid (no such post).
Result<void> check_caller(const Establishment& establishment, const People& people,
                          std::string_view person, std::string_view for_post, Date today);

// The open assignment of a role on an item, if any.
const Assignment* find_assignment(const std::vector<Assignment>& assignments, ItemId item,
                                  std::string_view role);

}  // namespace assured
