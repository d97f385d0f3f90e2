// Whoever's mail address is changed is told at the old one, so that a change that nobody asked for does not
// pass unseen (OWASP ASVS 2.2.3; the reader of the old address may be the only one to notice).
#pragma once

#include "workflows/store.hpp"

namespace assured {

// The template that is the program's own: it is about no item, so no programme words it.
inline constexpr std::string_view address_changed_template = "address-changed";

// The wording of a template of that name; null when the establishment has none.
const TemplateText* find_wording(const Establishment& establishment, std::string_view name);

// A prompt to each address that a person had in `before` and has in `after` no more; small or capital letters
// of its domain make no other one. They name neither the
// person nor the new address, and go at once. Empty when there are none. `next` is the first free id.
Decision decide_address_changes(const People& before, const People& after, PromptId next, Instant now);

}  // namespace assured
