// The table [mail] of assured.toml: where mail may go, and how much of it to one reader.
#include <array>

#include "config/settings_reader.hpp"

namespace assured::config {

namespace {

constexpr std::array mail_keys{"mode", "redirect_to", "domains", "per_person_per_hour"};
constexpr std::string_view prefix = "mail.";
// Several matters for one reader go in one mail, so that more is a sign of something gone wrong.
constexpr std::uint32_t default_per_person_per_hour = 20;
constexpr std::string_view mode_remedy =
    "\"live\", \"redirect\" (all to one address) or \"observe\" (nothing leaves)";

bool is_domain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

void read_domains(const toml::table& table, SettingsReader& reader, MailPolicy& mail) {
  const toml::node* node = table.get("domains");
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty()) {
    reader.add(node->source(), "mail.domains", "this must be a list of one domain or more",
               "domains = [\"board.example\", \"nhs.net\"]");
    return;
  }
  for (const toml::node& entry : *list) {
    const auto domain = entry.value_exact<std::string>();
    if (domain && is_domain(*domain))
      mail.domains.insert(*domain);
    else
      reader.add(entry.source(), "mail.domains", "this must be a domain in small letters",
                 "such as \"nhs.net\"");
  }
}

}  // namespace

MailPolicy read_mail(const toml::table& root, SettingsReader& reader) {
  MailPolicy mail;
  mail.per_person_per_hour = default_per_person_per_hour;
  const toml::node* node = root.get("mail");
  if (node == nullptr) return mail;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    reader.add(node->source(), "mail", "this is a table", "write [mail] on a line of its own");
    return mail;
  }
  reader.refuse_unknown(*table, mail_keys, std::string{prefix});
  const std::string mode = reader.text(*table, "mode", std::string{prefix}, true, mode_remedy);
  if (mode == "observe")
    mail.mode = MailPolicy::Mode::observe;
  else if (mode == "redirect")
    mail.mode = MailPolicy::Mode::redirect;
  else if (!mode.empty() && mode != "live")
    reader.add(table->get("mode")->source(), "mail.mode", "there is no such mode",
               std::string{mode_remedy});
  const bool redirects = mail.mode == MailPolicy::Mode::redirect;
  mail.redirect_to = reader.text(*table, "redirect_to", std::string{prefix}, redirects,
                                 "the one address that all mail goes to");
  if (const toml::node* to = table->get("redirect_to"); to != nullptr && !mail.redirect_to.empty()) {
    if (!redirects)
      reader.add(to->source(), "mail.redirect_to", "this stands only with mode = \"redirect\"",
                 "take it out, or change the mode");
    else if (!is_address(mail.redirect_to))
      reader.add(to->source(), "mail.redirect_to", "this must be a mail address",
                 "such as \"tests@board.example\"");
  }
  read_domains(*table, reader, mail);
  if (const auto count = reader.number(table->get("per_person_per_hour"), "mail.per_person_per_hour", 0, 1000))
    mail.per_person_per_hour = static_cast<std::uint32_t>(*count);
  return mail;
}

}  // namespace assured::config
