// Looks for identifiers of people in free text (S12.4, DOMAIN.md 6.4), and for words that make an
// action impossible to check (DOMAIN.md 3.1). Written by hand, not with std::regex, whose recursion
// overflows the stack on a long text.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "workflows/value.hpp"

namespace assured {

std::string_view to_text(Detected d) {
  switch (d) {
    case Detected::nhs_number:
      return "NHS number";
    case Detected::upn:
      return "unique pupil number";
    case Detected::nino:
      return "National Insurance number";
    case Detected::postcode:
      return "postcode";
    case Detected::date_of_birth:
      return "date of birth";
  }
  ASSURED_ASSERT(false);
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) { return is_digit(c) || is_upper(c); }  // the text is upper case by then

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// The characters of `text` from `at` that a pattern takes, passing over single separators where the
// pattern allows one. In a pattern: 9 a digit, A a letter, '?' an optional space or hyphen.
// Nothing when it does not fit, or when a longer word goes on behind it.
std::optional<std::string> take(std::string_view text, std::size_t at, std::string_view pattern) {
  std::string taken;
  for (const char p : pattern) {
    if (p == '?') {
      if (at < text.size() && (text[at] == ' ' || text[at] == '-')) ++at;
      continue;
    }
    if (at >= text.size()) return std::nullopt;
    const char c = text[at++];
    if (p == '9' ? !is_digit(c) : !is_upper(c)) return std::nullopt;
    taken += c;
  }
  if (at < text.size() && is_word(text[at])) return std::nullopt;
  return taken;
}

// Weights 10..2; check digit 11 - r, 11 standing for 0, and 10 for "no such number".
bool is_nhs_number(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < 9; ++i) sum += (10 - static_cast<int>(i)) * (digits[i] - '0');
  int check = 11 - sum % 11;
  if (check == 11) check = 0;
  return check != 10 && check == digits[9] - '0';
}

// The first letter is the sum of position (2 to 13) times digit, mod 23; a letter at the end counts
// by its index.
bool is_upn(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHJKLMNPQRTUVWXYZ";
  std::size_t sum = 0;
  for (std::size_t i = 1; i < 13; ++i) {
    const std::size_t digit =
        is_digit(text[i]) ? static_cast<std::size_t>(text[i] - '0') : letters.find(text[i]);
    if (digit == std::string_view::npos) return false;
    sum += (i + 1) * digit;
  }
  return letters[sum % 23] == text[0];
}

bool is_nino(std::string_view text) {
  constexpr std::string_view first = "ABCEGHJKLMNOPRSTWXYZ";
  constexpr std::string_view second = "ABCEGHJKLMNPRSTWXYZ";
  constexpr std::array<std::string_view, 7> unused{"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
  const auto prefix = text.substr(0, 2);
  return first.find(prefix[0]) != std::string_view::npos &&
         second.find(prefix[1]) != std::string_view::npos &&
         std::find(unused.begin(), unused.end(), prefix) == unused.end() && text[8] >= 'A' &&
         text[8] <= 'D';
}

bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// `text` is the outward and the inward part together, without the space.
bool is_postcode(std::string_view text) {
  if (text == "GIR0AA") return true;
  if (text.size() < 5 || text.size() > 7) return false;
  const auto inward = text.substr(text.size() - 3);
  constexpr std::string_view inward_letters = "ABDEFGHJLNPQRSTUWXYZ";
  if (!is_digit(inward[0]) || !one_of(inward[1], inward_letters) ||
      !one_of(inward[2], inward_letters))
    return false;
  const auto out = text.substr(0, text.size() - 3);
  if (!is_upper(out[0]) || one_of(out[0], "QVX")) return false;
  const bool two_letters = out.size() > 1 && is_upper(out[1]);
  if (two_letters && one_of(out[1], "IJZ")) return false;
  const auto rest = out.substr(two_letters ? 2 : 1);
  if (rest.empty() || rest.size() > 2 || !is_digit(rest[0])) return false;
  if (rest.size() == 1) return true;
  if (is_digit(rest[1])) return true;
  return two_letters ? one_of(rest[1], "ABEHMNPRVWXY") : one_of(rest[1], "ABCDEFGHJKPSTUW");
}

bool postcode_at(std::string_view text, std::size_t at) {
  // Each shape of the outward part, with the space that people leave out.
  constexpr std::array<std::string_view, 7> shapes{"A9?9AA",   "A99?9AA",  "A9A?9AA", "AA9?9AA",
                                                   "AA99?9AA", "AA9A?9AA", "AAA?9AA"};
  return std::any_of(shapes.begin(), shapes.end(), [&](std::string_view shape) {
    const auto taken = take(text, at, shape);
    return taken && is_postcode(*taken);
  });
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t n = 0;
  while (at + n < text.size() && is_digit(text[at + n])) ++n;
  return n;
}

// dd/mm/yyyy (also with . or -), d Mon yyyy, yyyy-mm-dd.
bool date_at(std::string_view text, std::size_t at) {
  const auto is_mark = [&](std::size_t i, std::string_view marks) {
    return i < text.size() && one_of(text[i], marks);
  };
  const std::size_t first = digits_at(text, at);
  if (first == 4) {
    if (!is_mark(at + 4, "-/")) return false;
    const std::size_t month = digits_at(text, at + 5);
    if (month < 1 || month > 2 || !is_mark(at + 5 + month, "-/")) return false;
    const std::size_t day = digits_at(text, at + 6 + month);
    return day == 1 || day == 2;
  }
  if (first < 1 || first > 2) return false;
  std::size_t i = at + first;
  if (is_mark(i, "/.-")) {
    const std::size_t month = digits_at(text, i + 1);
    if (month < 1 || month > 2 || !is_mark(i + 1 + month, "/.-")) return false;
    const std::size_t year = digits_at(text, i + 2 + month);
    return year == 2 || year == 4;
  }
  const auto ordinal = text.substr(i, 2);
  if (ordinal == "ST" || ordinal == "ND" || ordinal == "RD" || ordinal == "TH") i += 2;
  if (!is_mark(i, " ")) return false;
  constexpr std::array<std::string_view, 12> months{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                    "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  if (std::find(months.begin(), months.end(), text.substr(i + 1, 3)) == months.end()) return false;
  i += 4;
  while (i < text.size() && is_upper(text[i])) ++i;
  return is_mark(i, " ") && digits_at(text, i + 1) == 4;
}

// Dates of meetings look the same, so a date counts only with one of these words close by.
bool birth_word_near(std::string_view text, std::size_t at) {
  constexpr std::size_t letters_before = 24;
  constexpr std::size_t letters_after = 32;
  const std::size_t from = at > letters_before ? at - letters_before : 0;
  const auto around = text.substr(from, at - from + letters_after);
  constexpr std::array<std::string_view, 6> words{"BORN", "DOB", "D.O.B", "BIRTH", "AGE", "AGED"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    for (auto found = around.find(word); found != std::string_view::npos;
         found = around.find(word, found + 1)) {
      const std::size_t end = found + word.size();
      const bool starts = from + found == 0 || !is_word(text[from + found - 1]);
      const bool ends = end >= around.size() || !is_word(around[end]);
      if (starts && ends) return true;
    }
    return false;
  });
}

}  // namespace

std::vector<Detected> detect_identifiers(std::string_view original) {
  const std::string text = upper(original);
  bool nhs = false, upn = false, nino = false, postcode = false, birth = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_word(text[i]) || (i > 0 && is_word(text[i - 1]))) continue;  // only where a word begins
    if (is_digit(text[i])) {
      if (const auto digits = take(text, i, "999?999?9999"); digits && is_nhs_number(*digits))
        nhs = true;
      if (!birth && date_at(text, i) && birth_word_near(text, i)) birth = true;
      continue;
    }
    for (const std::string_view shape : {"A999999999999", "A99999999999A"})
      if (const auto taken = take(text, i, shape); taken && is_upn(*taken)) upn = true;
    if (const auto taken = take(text, i, "AA?99?99?99?A"); taken && is_nino(*taken)) nino = true;
    if (!postcode && postcode_at(text, i)) postcode = true;
  }
  std::vector<Detected> found;
  if (nhs) found.push_back(Detected::nhs_number);
  if (upn) found.push_back(Detected::upn);
  if (nino) found.push_back(Detected::nino);
  if (postcode) found.push_back(Detected::postcode);
  if (birth) found.push_back(Detected::date_of_birth);
  return found;
}

std::vector<std::string> weak_words(std::string_view original) {
  // Each leaves open what is done, or by when; longer ones first, so that the whole phrase is told.
  static constexpr std::array<std::string_view, 22> weak{"as appropriate", "where possible",
                                                         "when possible",  "as necessary",
                                                         "in due course",  "raise awareness",
                                                         "be mindful",     "continue to",
                                                         "look at",        "look into",
                                                         "re-issue",       "reissue",
                                                         "remind",         "reminded",
                                                         "reminder",       "consider",
                                                         "encourage",      "explore",
                                                         "promote",        "ongoing",
                                                         "on-going",       "asap"};
  std::string text = upper(original);
  std::vector<std::string> found;
  for (const auto word : weak) {
    const std::string wanted = upper(word);
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
      const std::size_t end = at + wanted.size();
      const bool starts = at == 0 || !is_word(text[at - 1]);
      const bool ends = end >= text.size() || !is_word(text[end]);
      if (!starts || !ends) continue;
      found.emplace_back(word);
      break;
    }
  }
  return found;
}

}  // namespace assured
