// assured.toml: what is accepted is within its limits, so that nothing behind it checks again.
#include "config/settings.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace assured;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono_literals;
  const auto reading = config::parse_settings(fuzz::text_of(data, size), "/etc/assured/assured.toml");
  fuzz::check_mistakes(reading.settings.has_value(), reading.mistakes);
  if (!reading.settings) return 0;
  const auto& settings = *reading.settings;
  for (const auto& seconds :
       {settings.sleep_max, settings.stop_timeout, settings.request_timeout})
    ASSURED_ASSERT(seconds >= 1s && seconds <= 300s);
  ASSURED_ASSERT(settings.request_bytes_max >= 1024 && settings.request_bytes_max <= 16 * 1024 * 1024);
  for (const auto* path : {&settings.state_folder, &settings.socket_path, &settings.mail_folder})
    ASSURED_ASSERT(path->is_absolute() && is_printable(path->native()));
  ASSURED_ASSERT(!settings.from_domain.empty() && !settings.programmes.empty());
  for (const auto& programme : settings.programmes)
    ASSURED_ASSERT(programme.path.is_absolute() && is_printable(programme.path.native()));
  for (const auto& [uid, boards] : settings.users)
    for (const auto& [board, person] : boards) {
      ASSURED_ASSERT(settings.find_person(uid, board) == person);
      ASSURED_ASSERT(!person.empty() && is_printable(person) && is_printable(board));
    }
  return 0;
}
