// What is wrong with a programme, gathered while it is read and checked, so that all of it is told
// at once. Internal to the reader.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/programme.hpp"

namespace assured::reading {

class Mistakes {
 public:
  // A mistake at a place that is known.
  void add(const SourcePlace& place, std::string key, std::string message, std::string remedy = {});

  // A mistake about `key`, told at the place where it was read; where the key is absent, at the
  // nearest table around it.
  void add_at(std::string_view key, std::string message, std::string remedy = {});

  // True when there is a mistake about `key` itself, whose value then says nothing.
  bool is_told(std::string_view key) const;

  // Remembers where a key stands. The first place of a key stays.
  void note_place(const std::string& key, const SourcePlace& place);
  SourcePlace place_of(std::string_view key) const;
  bool has_place(std::string_view key) const;

  // Files are told in the order in which they were given.
  void note_file(const std::string& file);

  bool empty() const { return mistakes_.empty(); }
  // All of them, in order of place.
  std::vector<Mistake> take();

 private:
  std::vector<Mistake> mistakes_;
  std::set<std::string> told_;  // as they are printed: a rule tried for several states is told once
  std::map<std::string, SourcePlace, std::less<>> places_;
  std::map<std::string, std::size_t, std::less<>> files_;
};

// The known name that was probably meant, or nothing when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

// "did you mean 'returns'?", or else the known names ("known are: a, b"), or `none` when there are
// none.
std::string suggest(std::string_view name, const std::vector<std::string>& known,
                    std::string_view none = {});

// True when one of `unknown` was probably meant as `name`: that `name` is then unused needs no
// telling.
bool was_meant(std::string_view name, const std::vector<std::string>& unknown,
               const std::vector<std::string>& known);

// "'a', 'b' and 'c'"
std::string list_names(const std::vector<std::string>& names, std::string_view last_word = "and");

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(std::string{key});
  return keys;
}

template <class List>
std::vector<std::string> names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto& entry : list) names.push_back(entry.name);
  return names;
}

// "send-back" -> "Send back": the title of what has been given none.
std::string title_from_name(std::string_view name);

// Lower-case letters, digits, '-' and '_', beginning with a letter.
bool is_plain_name(std::string_view name);

}  // namespace assured::reading
