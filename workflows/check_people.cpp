#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workflows/mistakes.hpp"
#include "workflows/printable.hpp"
#include "workflows/reading_people.hpp"

namespace assured {

namespace {

// Their mail systems are gone: mail to them is lost (DOMAIN.md 7).
constexpr std::array<std::string_view, 5> retired_domains{"gsi.gov.uk", "gse.gov.uk", "gsx.gov.uk",
                                                          "gcsx.gov.uk", "pnn.police.uk"};

bool is_retired(std::string_view domain) {
  return std::any_of(retired_domains.begin(), retired_domains.end(), [&](std::string_view retired) {
    if (domain.size() < retired.size() || domain.substr(domain.size() - retired.size()) != retired)
      return false;
    return domain.size() == retired.size() || domain[domain.size() - retired.size() - 1] == '.';
  });
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// What stands behind the '@'; nothing when this is no address.
std::optional<std::string> domain_of(const std::string& mail) {
  const auto at = mail.find('@');
  if (at == 0 || at == std::string::npos || mail.find('@', at + 1) != std::string::npos)
    return std::nullopt;
  const bool plain = std::all_of(mail.begin(), mail.end(), [](char c) {
    return c > ' ' && c != ',' && c != ';' && c != '<' && c != '>' && c != '"' && c != '\x7f';
  });
  auto domain = lower(mail.substr(at + 1));
  if (!plain || domain.find('.') == std::string::npos || domain.front() == '.' ||
      domain.back() == '.')
    return std::nullopt;
  return domain;
}

}  // namespace

std::string sentence(const std::string& what, const std::string& hint) {
  return hint.empty() ? what + "." : fmt::format("{} ({}).", what, hint);
}

std::optional<std::string> check_person(const Person& person, std::size_t row, PeopleFile& file) {
  const auto error = [&](const char* field, std::string_view message) {
    file.errors.push_back({row, field, printable(message)});
  };
  if (!person.id.empty() && !reading::is_plain_name(person.id))
    error("id", "Use small letters, digits, - and _, beginning with a letter.");
  if (person.mail.empty()) return std::nullopt;
  const auto domain = domain_of(person.mail);
  if (!domain) error("mail", "This is not a mail address.");
  if (!domain || !is_retired(*domain)) return domain;
  error("mail",
        "Mail to this domain is no longer delivered (gsi, gse, gsx, gcsx and pnn have ended); ask for "
        "the new address.");
  return std::nullopt;  // which agency's domain it is not does not matter any more
}

void add_holding(const Holding& holding, bool has_from, const std::optional<std::string>& domain,
                 const Establishment& establishment, std::size_t row, PeopleFile& file) {
  const auto error = [&](const char* field, std::string_view message) {
    file.errors.push_back({row, field, printable(message)});
  };
  if (has_from && holding.to && *holding.to <= holding.from)
    error("to",
          "The post ends before it begins; 'to' is the first day on which it is no longer held.");
  if (holding.post.empty()) return;
  const auto* post = establishment.find_post(holding.post);
  if (!post) {
    error("post", sentence(fmt::format("There is no post '{}'", holding.post),
                           reading::suggest(holding.post, reading::keys_of(establishment.posts))));
    return;
  }
  const auto agency = establishment.agencies.find(post->agency);
  if (domain && agency != establishment.agencies.end() && !agency->second.domains.empty()) {
    const auto& domains = agency->second.domains;
    const bool is_theirs = std::any_of(domains.begin(), domains.end(), [&](const std::string& one) {
      return lower(one) == *domain;
    });
    if (!is_theirs)
      error("mail", fmt::format("The address is in none of the domains of {} ({}).",
                                agency->second.title, fmt::join(domains, ", ")));
  }
  if (has_from) file.holdings.push_back(holding);
}

}  // namespace assured
