#include "workflows/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace assured {

std::string_view to_text(FieldClass c) {
  switch (c) {
    case FieldClass::protected_:
      return "protected";
    case FieldClass::internal:
      return "internal";
    case FieldClass::public_:
      return "public";
  }
  ASSURED_ASSERT(false);
}

std::string_view to_text(FieldType t) {
  switch (t) {
    case FieldType::text:
      return "text";
    case FieldType::enumeration:
      return "enumeration";
    case FieldType::number:
      return "number";
    case FieldType::boolean:
      return "boolean";
    case FieldType::date:
      return "date";
    case FieldType::instant:
      return "instant";
    case FieldType::agencies:
      return "agencies";
    case FieldType::person:
      return "person";
    case FieldType::post:
      return "post";
  }
  ASSURED_ASSERT(false);
}

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t\r\n") != std::string_view::npos;
}

Result<Value> parse_agencies(std::string_view text) {
  std::vector<std::string> ids;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto id = trimmed(text.substr(0, comma));
    if (id.empty() || has_blank(id))
      return Error{Errc::invalid, "Write the agencies' ids with commas between them."};
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.emplace_back(id);
    if (comma == std::string_view::npos) break;
    text = text.substr(comma + 1);
    if (trimmed(text).empty())
      return Error{Errc::invalid, "Write the agencies' ids with commas between them."};
  }
  return Value{std::move(ids)};
}

}  // namespace

const Value& reveal(const FieldValue& value, const Viewer&, Purpose) { return value.value_; }

// The messages never repeat `text`: they end up in logs and answers (S12.2).
Result<Value> parse_value(FieldType type, const std::vector<std::string>& allowed,
                          std::string_view text) {
  const auto bare = trimmed(text);
  // Blank means "not given", so that a guard cannot be satisfied with a space.
  if (bare.empty()) return Value{};
  switch (type) {
    case FieldType::text:
      return Value{std::string{text}};
    case FieldType::enumeration:
      if (std::find(allowed.begin(), allowed.end(), bare) == allowed.end())
        return Error{Errc::invalid, fmt::format("Choose one of: {}.", fmt::join(allowed, ", "))};
      return Value{std::string{bare}};
    case FieldType::number: {
      std::int64_t number = 0;
      const auto [end, status] = std::from_chars(bare.data(), bare.data() + bare.size(), number);
      if (status != std::errc{} || end != bare.data() + bare.size())
        return Error{Errc::invalid, "Write a whole number, such as 12."};
      return Value{number};
    }
    case FieldType::boolean:
      if (bare == "true") return Value{true};
      if (bare == "false") return Value{false};
      return Error{Errc::invalid, "Write true or false."};
    case FieldType::date: {
      const auto date = parse_date(bare);
      if (!date) return Error{Errc::invalid, "Write a date that exists as 2026-11-21."};
      return Value{*date};
    }
    case FieldType::instant: {
      const auto at = parse_instant(bare);
      if (!at) return Error{Errc::invalid, "Write an instant as 2026-11-21T09:57:33Z."};
      return Value{*at};
    }
    case FieldType::agencies:
      return parse_agencies(bare);
    case FieldType::person:
      if (has_blank(bare)) return Error{Errc::invalid, "Write a person's id, without spaces."};
      return Value{std::string{bare}};
    case FieldType::post:
      if (has_blank(bare)) return Error{Errc::invalid, "Write a post's id, without spaces."};
      return Value{std::string{bare}};
  }
  ASSURED_ASSERT(false);
}

std::string to_stored_text(const Value& value) {
  struct Writer {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(Date date) const { return to_text(date); }
    std::string operator()(Instant at) const { return to_text(at); }
    std::string operator()(const std::vector<std::string>& ids) const {
      return fmt::format("{}", fmt::join(ids, ","));
    }
  };
  return std::visit(Writer{}, value);
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    if (length > 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return false;
    }
    i += length;
  }
  return true;
}

}  // namespace assured
