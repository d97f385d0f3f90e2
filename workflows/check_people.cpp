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

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Parts of one character or more each, with dots between them.
template <class Fits>
bool is_dotted(std::string_view text, const Fits& fits) {
  for (;;) {
    const auto dot = text.find('.');
    const auto part = text.substr(0, dot);
    if (part.empty() || !std::all_of(part.begin(), part.end(), fits)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// A dot-atom (RFC 5322, 3.2.3): what relays take without quotes.
bool is_local_part(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return is_dotted(text, [&](char c) { return is_letter_or_digit(c) || others.find(c) != others.npos; });
}

// What stands behind the '@', in small letters; nothing when this is no address.
std::optional<std::string> domain_of(const std::string& mail) {
  const auto at = mail.rfind('@');
  if (at == std::string::npos || !is_local_part(std::string_view{mail}.substr(0, at))) return std::nullopt;
  auto domain = lower(mail.substr(at + 1));
  if (domain.find('.') == std::string::npos ||
      !is_dotted(domain, [](char c) { return is_letter_or_digit(c) || c == '-'; }))
    return std::nullopt;
  return domain;
}

// RFC 5321, 4.5.3.1; the path's 256 count its angle brackets.
constexpr std::size_t address_bytes_max = 254, local_part_bytes_max = 64;
// Longer ones would not fit a mail's header or a table, and are most likely another column's.
constexpr std::size_t name_characters_max = 200, short_characters_max = 100;

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Who acts in the journal where no person does: one of that name could not be told from it.
constexpr std::array<std::string_view, 3> reserved_ids{"system", "operator", "time"};

}  // namespace

std::string sentence(const std::string& what, const std::string& hint) {
  return hint.empty() ? what + "." : fmt::format("{} ({}).", what, hint);
}

std::string with_small_domain(std::string mail) {
  const auto at = mail.rfind('@');
  return at == std::string::npos ? mail : mail.substr(0, at) + lower(mail.substr(at));
}

std::optional<std::string> check_person(const Person& person, std::size_t row, PeopleFile& file) {
  const auto error = [&](const char* field, std::string_view message) {
    file.errors.push_back({row, field, printable(message)});
  };
  const auto check_length = [&](const char* field, const std::string& text, std::size_t most) {
    if (characters_of(text) > most) error(field, fmt::format("Write at most {} characters.", most));
  };
  check_length("id", person.id, short_characters_max);
  check_length("name", person.name, name_characters_max);
  check_length("phone", person.phone, short_characters_max);
  if (!person.id.empty() && !reading::is_plain_name(person.id))
    error("id", "Use small letters, digits, - and _, beginning with a letter.");
  if (std::find(reserved_ids.begin(), reserved_ids.end(), person.id) != reserved_ids.end())
    error("id", fmt::format("\"{}\" is what the journal calls the service itself; choose another id.", person.id));
  if (person.mail.empty()) return std::nullopt;
  const auto domain = domain_of(person.mail);
  if (!domain) error("mail", "This is not a mail address.");
  if (domain && (person.mail.size() > address_bytes_max || person.mail.find('@') > local_part_bytes_max))
    error("mail", fmt::format("A mail address has at most {} characters, {} of them before the '@'.",
                              address_bytes_max, local_part_bytes_max));
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
  if (!has_from) return;
  const auto again = std::find_if(file.holdings.begin(), file.holdings.end(), [&](const Holding& other) {
    return other.from == holding.from && other.person == holding.person && other.post == holding.post;
  });
  if (again == file.holdings.end())
    file.holdings.push_back(holding);
  else if (again->to != holding.to)  // what is said twice alike is one holding
    error("to", fmt::format("An earlier row says that {} holds this post from the same day, with another end; "
                            "keep the right one of the two.",
                            holding.person));
}

}  // namespace assured
