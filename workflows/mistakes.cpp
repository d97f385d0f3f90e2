#include "workflows/mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "workflows/printable.hpp"

namespace assured::reading {

void Mistakes::add(const SourcePlace& place, std::string key, std::string message,
                   std::string remedy) {
  Mistake mistake{place, printable(key), printable(message), printable(remedy)};
  if (told_.insert(to_text(mistake)).second) mistakes_.push_back(std::move(mistake));
}

void Mistakes::add_at(std::string_view key, std::string message, std::string remedy) {
  add(place_of(key), std::string{key}, std::move(message), std::move(remedy));
}

bool Mistakes::is_told(std::string_view key) const {
  return std::any_of(mistakes_.begin(), mistakes_.end(),
                     [&](const Mistake& mistake) { return mistake.key == key; });
}

void Mistakes::note_place(const std::string& key, const SourcePlace& place) {
  places_.emplace(key, place);
}

bool Mistakes::has_place(std::string_view key) const { return places_.find(key) != places_.end(); }

SourcePlace Mistakes::place_of(std::string_view key) const {
  for (;;) {
    const auto found = places_.find(key);
    if (found != places_.end()) return found->second;
    const auto cut = key.find_last_of(".[");
    if (cut == std::string_view::npos) break;
    key = key.substr(0, cut);
  }
  // A whole table is absent: the first file is where its writer will look.
  SourcePlace place;
  for (const auto& [file, index] : files_)
    if (index == 0) place.file = file;
  place.line = 1;
  place.column = 1;
  return place;
}

void Mistakes::note_file(const std::string& file) { files_.emplace(file, files_.size()); }

std::vector<Mistake> Mistakes::take() {
  const auto rank = [this](const Mistake& m) {
    const auto file = files_.find(m.place.file);
    return std::tuple{file == files_.end() ? files_.size() : file->second, m.place.line,
                      m.place.column};
  };
  std::stable_sort(mistakes_.begin(), mistakes_.end(),
                   [&](const Mistake& a, const Mistake& b) { return rank(a) < rank(b); });
  return std::move(mistakes_);
}

namespace {

// Optimal string alignment: a swap of two neighbours is one slip of the fingers, not two.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  // A third of the letters may be wrong; more than that is another word.
  const std::size_t allowed = std::max<std::size_t>(1, std::min<std::size_t>(name.size(), 100) / 3);
  // The cost grows with the square; nobody mistypes a page, or a thousand names.
  if (name.size() > 100 || known.size() > 1000) return {};
  std::string best;
  std::size_t best_distance = allowed + 1;
  for (const auto& candidate : known) {
    if (candidate.size() > 100) continue;
    const std::size_t d = distance(name, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  // Half a name is no slip, but as good a hint, if it can only be one.
  constexpr std::size_t letters_min = 3;
  if (best.empty() && name.size() >= letters_min) {
    std::vector<std::string> begun;
    for (const auto& candidate : known)
      if (candidate.compare(0, name.size(), name) == 0) begun.push_back(candidate);
    if (begun.size() == 1) return begun.front();
  }
  return best;
}

bool was_meant(std::string_view name, const std::vector<std::string>& unknown,
               const std::vector<std::string>& known) {
  return std::any_of(unknown.begin(), unknown.end(), [&](const std::string& written) {
    return std::find(known.begin(), known.end(), written) == known.end() &&
           nearest_name(written, known) == name;
  });
}

std::string list_names(const std::vector<std::string>& names, std::string_view last_word) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? fmt::format(" {} ", last_word) : ", ";
    out += fmt::format("'{}'", names[i]);
  }
  return out;
}

std::string suggest(std::string_view name, const std::vector<std::string>& known,
                    std::string_view none) {
  const auto nearest = nearest_name(name, known);
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  if (known.empty()) return std::string{none};
  constexpr std::size_t shown_max = 12;  // a longer list is no help on one line
  if (known.size() > shown_max) return {};
  return fmt::format("known: {}", fmt::join(known, ", "));
}

std::string title_from_name(std::string_view name) {
  std::string title{name};
  std::replace(title.begin(), title.end(), '-', ' ');
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty())
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace assured::reading
