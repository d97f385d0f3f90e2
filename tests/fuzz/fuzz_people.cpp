// People files, which operators send over HTTP and load from files.
#include <set>

#include "tests/fuzz/fuzz.hpp"
#include "tests/support/small_programme.hpp"
#include "workflows/directory.hpp"

using namespace assured;

namespace {

const Establishment& establishment() {
  static const auto reading =
      parse_programme({{"small.toml", std::string{test::small_programme_toml}}},
                      test::small_programme_templates());
  ASSURED_ASSERT(reading.programme.has_value());
  return reading.programme->establishment;
}

void check_people(const PeopleFile& file) {
  std::set<std::string> ids;
  ASSURED_ASSERT(!file.persons.empty());
  for (const Person& person : file.persons) {
    ASSURED_ASSERT(ids.insert(person.id).second);
    // These go into headers of mail, tables on terminals and the journal.
    for (const auto* text : {&person.id, &person.name, &person.mail, &person.phone})
      ASSURED_ASSERT(is_printable(*text));
    ASSURED_ASSERT(!person.name.empty() && person.mail.find('@') != std::string::npos);
  }
  for (const Holding& holding : file.holdings) {
    ASSURED_ASSERT(ids.contains(holding.person));
    ASSURED_ASSERT(establishment().find_post(holding.post) != nullptr);
    ASSURED_ASSERT(!holding.to || holding.from < *holding.to);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = parse_people(fuzz::text_of(data, size), "people", establishment());
  for (const RowError& error : file.errors) {
    ASSURED_ASSERT(!error.message.empty());
    ASSURED_ASSERT(is_printable(error.message) && is_printable(error.field));
    ASSURED_ASSERT(error.row <= file.persons.size() + file.errors.size());
  }
  if (file.errors.empty()) check_people(file);
  return 0;
}
