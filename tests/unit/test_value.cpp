// Values of fields, the one way to their text, and the detectors of DOMAIN.md 6.4.
#include <fmt/format.h>

#include <type_traits>

#include "tests/support/catch.hpp"
#include "workflows/value.hpp"

namespace assured {
namespace {

using Found = std::vector<Detected>;

// S12.2: code that would print a field's value does not compile.
static_assert(!fmt::is_formattable<FieldValue>::value);
static_assert(!std::is_convertible_v<FieldValue, std::string>);
static_assert(!std::is_convertible_v<FieldValue, Value>);

TEST_CASE("values are read by their type and stored as they are read back", "[value]") {
  struct Row {
    FieldType type;
    std::string text;
    Value value;
  };
  const Row rows[] = {
      {FieldType::text, "Two words", std::string{"Two words"}},
      {FieldType::enumeration, "north", std::string{"north"}},
      {FieldType::number, "12", std::int64_t{12}},
      {FieldType::number, "-3", std::int64_t{-3}},
      {FieldType::boolean, "true", true},
      {FieldType::boolean, "false", false},
      {FieldType::date, "2026-11-21", *parse_date("2026-11-21")},
      {FieldType::instant, "2026-11-21T09:57:33Z", *parse_instant("2026-11-21T09:57:33Z")},
      {FieldType::agencies, "nhs,police", std::vector<std::string>{"nhs", "police"}},
      {FieldType::person, "jane-okafor", std::string{"jane-okafor"}},
      {FieldType::post, "nhs/lead", std::string{"nhs/lead"}},
  };
  for (const auto& row : rows) {
    const auto value = parse_value(row.type, {"north", "south"}, row.text);
    REQUIRE(value);
    CHECK(*value == row.value);
    CHECK(to_stored_text(*value) == row.text);
  }
}

TEST_CASE("a blank value is none at all", "[value]") {
  for (const auto type :
       {FieldType::text, FieldType::number, FieldType::date, FieldType::agencies}) {
    const auto value = parse_value(type, {}, " \t\n");
    REQUIRE(value);
    CHECK(std::holds_alternative<std::monostate>(*value));
    CHECK(to_stored_text(*value).empty());
  }
}

TEST_CASE("agencies are listed once each, spaces or not", "[value]") {
  CHECK(*parse_value(FieldType::agencies, {}, " nhs , police,nhs ") ==
        Value{std::vector<std::string>{"nhs", "police"}});
}

TEST_CASE("a value of another type is refused without being repeated", "[value]") {
  struct Row {
    FieldType type;
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {FieldType::enumeration, "secret", "Choose one of: north, south."},
      {FieldType::number, "12.5", "Write a whole number, such as 12."},
      {FieldType::number, "99999999999999999999", "Write a whole number, such as 12."},
      {FieldType::boolean, "yes", "Write true or false."},
      {FieldType::date, "2026-02-30", "Write a date that exists as 2026-11-21."},
      {FieldType::date, "30/02/2026", "Write a date that exists as 2026-11-21."},
      {FieldType::instant, "2026-11-21", "Write an instant as 2026-11-21T09:57:33Z."},
      {FieldType::agencies, "nhs,,police", "Write the agencies' ids with commas between them."},
      {FieldType::agencies, "nhs,", "Write the agencies' ids with commas between them."},
      {FieldType::person, "Jane Okafor", "Write a person's id, without spaces."},
      {FieldType::post, "nhs lead", "Write a post's id, without spaces."},
  };
  for (const auto& row : rows) {
    const auto value = parse_value(row.type, {"north", "south"}, row.text);
    REQUIRE(!value);
    CHECK(value.error().code == Errc::invalid);
    CHECK(value.error().message == row.message);
  }
}

TEST_CASE("a value knows whether it is set, and what it equals", "[value]") {
  CHECK_FALSE(FieldValue{}.is_set());
  CHECK(FieldValue{}.field_class() == FieldClass::protected_);
  const FieldValue number{FieldClass::internal, std::int64_t{0}};
  CHECK(number.is_set());
  CHECK(number.equals(std::int64_t{0}));
  CHECK_FALSE(number.equals(std::string{"0"}));
}

TEST_CASE("NHS numbers are found by their check digit", "[value][detectors]") {
  CHECK(detect_identifiers("943 476 5919") == Found{Detected::nhs_number});
  CHECK(detect_identifiers("seen on 9434765919.") == Found{Detected::nhs_number});
  CHECK(detect_identifiers("943-476-5919") == Found{Detected::nhs_number});
  CHECK(detect_identifiers("9999999999") == Found{Detected::nhs_number});  // passes the arithmetic
  CHECK(detect_identifiers("9434765918").empty());
  CHECK(detect_identifiers("94347659190").empty());  // eleven digits are another number
  // The base 100000001 has no valid check digit.
  for (char check = '0'; check <= '9'; ++check)
    CHECK(detect_identifiers(std::string{"100000001"} + check).empty());
}

TEST_CASE("pupil numbers are found by their check letter", "[value][detectors]") {
  CHECK(detect_identifiers("B801200005001") == Found{Detected::upn});
  CHECK(detect_identifiers("pupil p207000016049, year 4") == Found{Detected::upn});
  CHECK(detect_identifiers("B207000016049").empty());
  CHECK(detect_identifiers("Q207000016049").empty());  // the letter that two help pages print
  // A letter at the end counts by its index: A is 0, so B80120000500A has the sum of 1 less * 13.
  CHECK(detect_identifiers("M80120000500A") == Found{Detected::upn});
  CHECK(detect_identifiers("B80120000500A").empty());
}

TEST_CASE("National Insurance numbers are found by their form", "[value][detectors]") {
  CHECK(detect_identifiers("AB123456C") == Found{Detected::nino});
  CHECK(detect_identifiers("ab 12 34 56 c") == Found{Detected::nino});
  CHECK(detect_identifiers("AB123456E").empty());  // the suffix is A to D
  CHECK(detect_identifiers("DA123456C").empty());  // no D, F, I, Q, U, V first
  CHECK(detect_identifiers("AO123456C").empty());  // no O second
  for (const std::string unused : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
    CHECK(detect_identifiers(unused + "123456C").empty());
}

TEST_CASE("postcodes are found in each shape", "[value][detectors]") {
  for (const std::string code : {"E8 1EA", "E81EA", "ec1a 1bb", "W1A 0AX", "M1 1AE", "B33 8TH",
                                 "CR2 6XH", "DN55 1PT", "GIR 0AA", "gir0aa", "(N1 9GU)"})
    CHECK(detect_identifiers(code) == Found{Detected::postcode});
  for (const std::string none :
       {"QRT-7F3K", "V1 1AE", "E8 1CA", "E8 1EAT", "20wd", "CH-17", "E8", "XE8 1EA9"})
    CHECK(detect_identifiers(none).empty());
}

TEST_CASE("a date is one of birth only where a word of birth is near", "[value][detectors]") {
  for (const std::string text :
       {"DOB 03/04/2015", "born on 3 Apr 2015", "d.o.b. 2015-04-03",
        "Date of birth: 3rd April 2015", "03.04.2015 (age 11)", "aged 11, 03-04-15"})
    CHECK(detect_identifiers(text) == Found{Detected::date_of_birth});
  for (const std::string text :
       {"the meeting of 03/04/2026", "due 2026-12-21", "page 3 of 4", "on average 12/11/2026",
        "stubborn since 03/04/2026", "born early; see what was said at length on 03/04/2026"})
    CHECK(detect_identifiers(text).empty());
}

TEST_CASE("each kind of identifier is named once", "[value][detectors]") {
  CHECK(detect_identifiers("943 476 5919 and 943 476 5919, AB123456C, E8 1EA") ==
        Found{Detected::nhs_number, Detected::nino, Detected::postcode});
  CHECK(detect_identifiers("").empty());
  CHECK(detect_identifiers("The chair read 12 files in 2026.").empty());
  CHECK(detect_identifiers(std::string(200000, '9')).empty());
}

TEST_CASE("weak words are named", "[value][smart]") {
  using Words = std::vector<std::string>;
  CHECK(weak_words("Remind staff of the policy") == Words{"remind"});
  CHECK(weak_words("Consider reissuing; then re-issue it. Ongoing.") ==
        Words{"re-issue", "consider", "ongoing"});
  CHECK(weak_words("ASAP, as appropriate") == Words{"as appropriate", "asap"});
  CHECK(weak_words("Each case file has a chronology of the last 12 months").empty());
  CHECK(weak_words("considerable remindful").empty());  // words inside words do not count
  CHECK(weak_words("").empty());
}

}  // namespace
}  // namespace assured
