// The checks on a programme that has been read (DESIGN.md 5). Internal to the reader: each adds
// what it finds to the mistakes, and none stops another.
#pragma once

#include "workflows/mistakes.hpp"
#include "workflows/programme.hpp"

namespace assured::reading {

// What every check looks at.
struct Checking {
  const Definition& definition;
  const Establishment& establishment;
  Mistakes& mistakes;
};

// Posts above, successors, members of bodies, who sets the next date, vacancy.
void check_establishment(const Checking& checking);
// Names in kinds, states, fields, transitions and obligations.
void check_kinds(const Checking& checking);
// Names in one kind's guards and effects; `path` is the key of the list. `of_start`: the guards are of
// how its items begin.
void check_guards(const Checking& checking, const KindDef& kind, const Guards& guards,
                  const std::string& path, bool of_start = false);
void check_effects(const Checking& checking, const KindDef& kind,
                   const std::vector<Effect>& effects, const std::string& path);
// States that cannot be reached or left, obligations that nobody can close, loops of auto steps.
void check_flow(const Checking& checking);
// Ladders: used, known roles, templates, and never above the top.
void check_ladders(const Checking& checking);
// Templates: slots against the closed list, the declared ones, and the classes of fields (S10.6).
void check_templates(const Checking& checking);
// The wording of one template: there, and with no other slots than `definition` has (S1.3).
void check_wording(const Checking& checking, const TemplateDef& definition);

// "kind.return.obligation[2]", or "kind.return.state.allocated.deadline".
std::string obligation_path(const KindDef& kind, std::size_t index);
// "agency.nhs-east.post.lead", or "post.qa-officer".
std::string post_path(const PostDef& post);

// One role term at `key`: what it names exists, and somebody can hold it. `by` allows `anyone`.
void check_role(const Checking& checking, const KindDef* kind, const RoleTerm& term,
                const std::string& key, bool by = false);

// True when `kind` is below `ancestor`.
bool is_descendant(const Definition& definition, const KindDef& kind, std::string_view ancestor);

// The kind whose field "name", "parent.name" or "root.name" is, seen from `kind`; null when there
// is no such ancestor. And the name alone.
const KindDef* find_field_owner(const Definition& definition, const KindDef& kind,
                                std::string_view ref);
std::string_view own_name(std::string_view ref);

}  // namespace assured::reading
