// Instants, dates, times, spans and parties: what is read is written so that it reads back the same.
#include "tests/fuzz/fuzz.hpp"
#include "workflows/deadline.hpp"
#include "workflows/directory.hpp"

using namespace assured;

namespace {

template <class T, class Parse>
void check_round(const Result<T>& read, const Parse& parse) {
  if (!read) return fuzz::check_error(read.error());
  const auto again = parse(to_text(*read));
  ASSURED_ASSERT(again && *again == *read);
}

bool in_years(Date date) {
  const auto year = static_cast<int>(std::chrono::year_month_day{date}.year());
  return year >= year_min && year <= year_max;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  check_round(parse_instant(text), parse_instant);
  check_round(parse_date(text), parse_date);
  check_round(parse_time_of_day(text), parse_time_of_day);
  for (const bool sign : {false, true})
    check_round(parse_span(text, sign), [&](const std::string& s) { return parse_span(s, sign); });
  if (const auto date = parse_date(text)) ASSURED_ASSERT(in_years(*date));
  if (const auto local = parse_local_time(text))
    ASSURED_ASSERT(in_years(std::chrono::floor<std::chrono::days>(*local)));
  else
    fuzz::check_error(local.error());
  if (const auto party = parse_party(text)) ASSURED_ASSERT(to_text(*party) == text);
  return 0;
}
