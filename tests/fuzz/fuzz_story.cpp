// Story files.
#include "daemon/story.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace assured;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto reading = parse_story(fuzz::text_of(data, size), "story.toml");
  fuzz::check_mistakes(reading.story.has_value(), reading.mistakes);
  if (!reading.story) return 0;
  ASSURED_ASSERT(!reading.story->start.empty());
  for (const StoryStep& step : reading.story->steps)
    ASSURED_ASSERT(step.line > 0 && !step.event.empty());
  for (const StoryExpect& expect : reading.story->expects)
    ASSURED_ASSERT(expect.line > 0 && (!expect.count || *expect.count >= 0));
  return 0;
}
