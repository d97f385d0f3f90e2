#include "workflows/address_change.hpp"

#include <fmt/format.h>

namespace assured {

namespace {

const TemplateText& address_changed_text() {
  static const TemplateText text{
      "{{board}}: your mail address was changed",
      "{{board}} has taken this mail address off one of the people on its list. What is meant for them goes to\n"
      "another address from now on, or to their post.\n"
      "\n"
      "If you know of this, there is nothing to do. If nobody asked for it, tell {{contact_name}} at once:\n"
      "{{contact_phone}}{{#contact_mail}}, {{contact_mail}}{{/contact_mail}}.\n",
      {}};
  return text;
}

}  // namespace

const TemplateText* find_wording(const Establishment& establishment, std::string_view name) {
  if (name == address_changed_template) return &address_changed_text();
  const auto text = establishment.texts.find(name);
  return text == establishment.texts.end() ? nullptr : &text->second;
}

Decision decide_address_changes(const People& before, const People& after, PromptId next, Instant now) {
  Decision decision;
  for (const Person& was : before.persons) {
    const Person* is = after.find_person(was.id);
    if (was.mail.empty() ||
        (is != nullptr && with_small_domain(is->mail) == with_small_domain(was.mail)))
      continue;
    Prompt prompt;
    prompt.id = PromptId{next.value++};
    prompt.to = to_text(Party{Party::Kind::address, was.mail});
    prompt.template_name = std::string{address_changed_template};
    prompt.created_at = prompt.not_before = now;
    decision.lines.push_back({{}, "told", fmt::format("the old address of {}", was.id)});
    decision.prompts.push_back({std::nullopt, std::move(prompt)});
  }
  return decision;
}

}  // namespace assured
