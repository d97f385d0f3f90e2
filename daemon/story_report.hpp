// What happens in a story, as JSON lines for `assured simulate --json`: never values of fields.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/story_names.hpp"
#include "workflows/decide.hpp"

namespace assured {

class StoryReport {
 public:
  // Without `out` nothing is said. `local_text` tells a time by the board's clock, `rung_text` the rung
  // that a prompt is of.
  StoryReport(StoryNames& names, std::function<void(const std::string&)> out,
              std::function<std::string(Instant)> local_text,
              std::function<std::string(const Prompt&)> rung_text)
      : names_(names),
        out_(std::move(out)),
        local_text_(std::move(local_text)),
        rung_text_(std::move(rung_text)) {}

  // A line begun with when and what.
  boost::json::object head(Instant at, std::string_view what) const;
  void say(const boost::json::object& line) const;
  // A line for each item, obligation and prompt that changed; new items get their names.
  void say(const Decision& decision, Instant at);

 private:
  void say(const Changed<Obligation>& change, Instant at) const;
  void say(const Changed<Prompt>& change, Instant at) const;

  StoryNames& names_;
  std::function<void(const std::string&)> out_;
  std::function<std::string(Instant)> local_text_;
  std::function<std::string(const Prompt&)> rung_text_;
};

}  // namespace assured
