// The people of each board as they were read last.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "workflows/directory.hpp"

namespace assured::store {

// Each change of a board's people writes a random text beside them in its transaction (people_version), so
// that people read at one text are those of every snapshot that has it: of a transaction that is rolled
// back the text never comes again. Thread: safe.
class PeopleCache {
 public:
  using People = std::shared_ptr<const assured::People>;

  // Nothing where none were read at that version.
  People find(std::string_view board, std::string_view version) const {
    const std::lock_guard lock{mutex_};
    const auto known = boards_.find(board);
    return known != boards_.end() && known->second.first == version ? known->second.second : People{};
  }
  void put(std::string_view board, std::string_view version, People people) {
    const std::lock_guard lock{mutex_};
    boards_.insert_or_assign(std::string{board}, std::pair{std::string{version}, std::move(people)});
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<std::string, People>, std::less<>> boards_;
};

inline constexpr std::string_view people_version = "people version";  // a named value

}  // namespace assured::store
