// Values that people type, each with its class; and the only way to their text (S12.1, S12.2).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "workflows/instant.hpp"

namespace assured {

enum class FieldClass { protected_, internal, public_ };  // unset means protected (S12.1)
enum class FieldType { text, enumeration, number, boolean, date, instant, agencies, person, post };

std::string_view to_text(FieldClass c);
std::string_view to_text(FieldType t);

// What is inside a field. Text, enumeration, person and post are strings; agencies a list of ids.
using Value =
    std::variant<std::monostate, std::string, std::int64_t, bool, Date, Instant,
                 std::vector<std::string>>;

// Why somebody wants to see a value.
enum class Purpose { guard, store, page, mail_slot, export_ };

// Who asks.
struct Viewer {
  std::string person;  // empty for the engine itself
};

// A value with its class. There is no formatter for it and no conversion: code that would print it
// does not compile. reveal() is the one way to its content.
class FieldValue {
 public:
  FieldValue() = default;
  FieldValue(FieldClass c, Value value) : class_(c), value_(std::move(value)) {}

  FieldClass field_class() const { return class_; }
  bool is_set() const { return !std::holds_alternative<std::monostate>(value_); }
  bool operator==(const FieldValue&) const = default;

  // For guards and effects, which look at values but cannot let them out.
  bool equals(const Value& other) const { return value_ == other; }

 private:
  friend const Value& reveal(const FieldValue&, const Viewer&, Purpose);
  FieldClass class_ = FieldClass::protected_;
  Value value_;
};

// The content of `value`. The caller says who sees it and why, and records what it shows of a
// protected one (BoardWriter::add_read; S12.2).
const Value& reveal(const FieldValue& value, const Viewer& viewer, Purpose purpose);

using Fields = std::map<std::string, FieldValue, std::less<>>;

// What a caller sends for a field, before the programme has said what type it has.
Result<Value> parse_value(FieldType type, const std::vector<std::string>& allowed,
                          std::string_view text);
// The canonical text of a value, as stored and as parse_value reads back ("2026-11-21", "true",
// "nhs,police"). Only for the store and the API: it is the content.
std::string to_stored_text(const Value& value);

// Whether it is well-formed UTF-8 without NUL (Unicode 15, table 3-7), as all text that is kept must be.
bool is_utf8(std::string_view text);

// S12.4, DOMAIN.md 6.4: what looks like an identifier of a person in free text.
enum class Detected { nhs_number, upn, nino, postcode, date_of_birth };
std::string_view to_text(Detected d);
std::vector<Detected> detect_identifiers(std::string_view text);

// DOMAIN.md 3.1: verbs that make an action impossible to check ("remind staff", "consider").
// Returns the weak words found; empty when the text is specific.
std::vector<std::string> weak_words(std::string_view text);

}  // namespace assured
