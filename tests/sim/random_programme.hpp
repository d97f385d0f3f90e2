// Random programmes as data, and the dice they are made with. Internal to the property tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workflows/programme.hpp"

namespace assured::test {

// Numbers that a property test was given, one after the other; 0 when they are used up, so that
// shrinking them makes programmes and walks simpler.
class Dice {
 public:
  explicit Dice(const std::vector<std::uint32_t>& numbers) : numbers_(numbers) {}
  std::uint32_t next() { return at_ < numbers_.size() ? numbers_[at_++] : 0; }
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint32_t>(n)); }
  bool chance(int percent) { return below(100) >= 100 - percent; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[next() % all.size()];
  }

 private:
  const std::vector<std::uint32_t>& numbers_;
  std::size_t at_ = 0;
};

// What a programme turned out to have.
struct Features {
  bool children = false;
  bool auto_gates = false;
  bool loops = false;
  bool time_transitions = false;
  bool cascades = false;
  bool deep = false;  // a kind at depth three
};

// The establishment, ladders and templates of `base` with one to four random kinds, root "k0".
Programme random_programme(Dice& dice, const Programme& base);
Features features_of(const Definition& definition);

}  // namespace assured::test
