#include "store/codec.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

namespace assured::store {
namespace {

namespace json = boost::json;

[[noreturn]] void fail(const char* what) {
  throw StoreError(std::string{"A stored "} + what + " cannot be read; run verify.", false);
}

// A parsed text, most often a short one, which needs no memory but its own.
class Document {
 public:
  Document(std::string_view text, const char* what) {
    json::parse_options options;
    options.allow_invalid_utf8 = true;  // what people typed is kept byte for byte
    boost::system::error_code code;
    value_ = json::parse({text.data(), text.size()}, code, &memory_, options);
    if (code) fail(what);
  }
  const json::value& value() const { return value_; }

 private:
  std::array<unsigned char, 2048> first_;
  json::monotonic_resource memory_{first_.data(), first_.size()};
  json::value value_ = json::value(json::storage_ptr{&memory_});
};

std::string_view view(const json::value& value, const char* what) {
  const auto* string = value.if_string();
  if (string == nullptr) fail(what);
  return {string->data(), string->size()};
}

const json::value& member(const json::object& object, std::string_view key, const char* what) {
  const auto* found = object.if_contains({key.data(), key.size()});
  if (found == nullptr) fail(what);
  return *found;
}

json::string_view js(std::string_view text) { return {text.data(), text.size()}; }

constexpr std::array field_classes{FieldClass::protected_, FieldClass::internal,
                                   FieldClass::public_};

FieldClass class_from(std::string_view text) {
  for (const auto c : field_classes)
    if (to_text(c) == text) return c;
  fail("field");
}

// The alternatives of Value, in its order: unset, string, number, boolean, date, instant, list.
constexpr std::string_view type_codes = "-snbdil";

Value value_from(std::string_view type, std::string_view text) {
  if (type.size() != 1) fail("field");
  switch (type.front()) {
    case '-':
      return std::monostate{};
    case 's':
      return std::string{text};
    case 'n': {
      std::int64_t number = 0;
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (code != std::errc{} || end != text.data() + text.size()) fail("field");
      return number;
    }
    case 'b':
      if (text != "true" && text != "false") fail("field");
      return text == "true";
    case 'd': {
      const auto date = parse_date(text);
      if (!date) fail("field");
      return *date;
    }
    case 'i': {
      const auto instant = parse_instant(text);
      if (!instant) fail("field");
      return *instant;
    }
    case 'l': {
      std::vector<std::string> list;
      for (std::size_t from = 0; !text.empty() && from <= text.size();) {
        const auto comma = std::min(text.find(',', from), text.size());
        list.emplace_back(text.substr(from, comma - from));
        from = comma + 1;
      }
      return list;
    }
    default:
      fail("field");
  }
}

constexpr std::array<std::pair<DueRule::Kind, std::string_view>, 4> rule_kinds{
    {{DueRule::Kind::after, "after"},
     {DueRule::Kind::hours, "hours"},
     {DueRule::Kind::meeting, "meeting"},
     {DueRule::Kind::on, "on"}}};
constexpr std::array<std::pair<AnchorKind, std::string_view>, 6> anchor_kinds{
    {{AnchorKind::entry, "entry"},
     {AnchorKind::created, "created"},
     {AnchorKind::now, "now"},
     {AnchorKind::field, "field"},
     {AnchorKind::parent_field, "parent-field"},
     {AnchorKind::meeting, "meeting"}}};
constexpr std::array<std::pair<Unit, std::string_view>, 7> units{{{Unit::minutes, "min"},
                                                                  {Unit::hours, "h"},
                                                                  {Unit::working_days, "wd"},
                                                                  {Unit::days, "d"},
                                                                  {Unit::weeks, "w"},
                                                                  {Unit::months, "mo"},
                                                                  {Unit::years, "y"}}};

template <class Enum, std::size_t n>
json::string_view word_of(const std::array<std::pair<Enum, std::string_view>, n>& words,
                          Enum value) {
  for (const auto& [known, word] : words)
    if (known == value) return js(word);
  ASSURED_ASSERT(!"an enumerator without a word");
  return {};
}

template <class Enum, std::size_t n>
Enum from_word(const std::array<std::pair<Enum, std::string_view>, n>& words,
               std::string_view text) {
  for (const auto& [known, word] : words)
    if (word == text) return known;
  fail("rule");
}

// Not the text that people write: what a person may write can become stricter, old rows cannot.
json::array encode_span(Span span) { return {span.count, word_of(units, span.unit)}; }

Span decode_span(const json::value& value) {
  const auto* array = value.if_array();
  if (array == nullptr || array->size() != 2 || !(*array)[0].is_int64()) fail("rule");
  return Span{static_cast<int>((*array)[0].get_int64()),
              from_word(units, view((*array)[1], "rule"))};
}

template <class Number>
std::vector<Number> decode_array(std::string_view text) {
  const Document document(text, "list");
  const json::value& value = document.value();
  const auto* array = value.if_array();
  if (array == nullptr) fail("list");
  std::vector<Number> out;
  for (const auto& element : *array) {
    if (!element.is_int64()) fail("list");
    out.push_back(static_cast<Number>(element.get_int64()));
  }
  return out;
}

}  // namespace

std::string encode_fields(const Fields& fields) {
  json::object out;
  for (const auto& [name, field] : fields) {
    const Value& value = reveal(field, Viewer{}, Purpose::store);
    out[js(name)] = json::object{{"c", js(to_text(field.field_class()))},
                                 {"t", js(type_codes.substr(value.index(), 1))},
                                 {"v", field.is_set() ? js(to_stored_text(value)) : js("")}};
  }
  return json::serialize(out);
}

Fields decode_fields(std::string_view text) {
  const Document document(text, "field");
  const json::value& value = document.value();
  const auto* object = value.if_object();
  if (object == nullptr) fail("field");
  Fields fields;
  for (const auto& entry : *object) {
    const auto* field = entry.value().if_object();
    if (field == nullptr) fail("field");
    fields.emplace(std::string{entry.key().data(), entry.key().size()},
                   FieldValue{class_from(view(member(*field, "c", "field"), "field")),
                              value_from(view(member(*field, "t", "field"), "field"),
                                         view(member(*field, "v", "field"), "field"))});
  }
  return fields;
}

bool field_has_text(std::string_view text, std::string_view name, std::string_view wanted) {
  const Document document(text, "field");
  const json::value& value = document.value();
  const auto* object = value.if_object();
  if (object == nullptr) fail("field");
  const auto* found = object->if_contains(js(name));
  if (found == nullptr) return false;
  const auto* field = found->if_object();
  if (field == nullptr) fail("field");
  return view(member(*field, "t", "field"), "field") != "-" &&
         view(member(*field, "v", "field"), "field") == wanted;
}

std::string encode_rule(const DueRule& rule) {
  return json::serialize(json::object{{"kind", word_of(rule_kinds, rule.kind)},
                                      {"after", encode_span(rule.after)},
                                      {"in_hours", encode_span(rule.in_hours)},
                                      {"else", encode_span(rule.else_)},
                                      {"body", js(rule.body)},
                                      {"offset", encode_span(rule.offset)},
                                      {"from", word_of(anchor_kinds, rule.from)},
                                      {"field", js(rule.field)}});
}

DueRule decode_rule(std::string_view text) {
  const Document document(text, "rule");
  const json::value& value = document.value();
  const auto* object = value.if_object();
  if (object == nullptr) fail("rule");
  const auto at = [&](std::string_view key) -> const json::value& {
    return member(*object, key, "rule");
  };
  DueRule rule;
  rule.kind = from_word(rule_kinds, view(at("kind"), "rule"));
  rule.after = decode_span(at("after"));
  rule.in_hours = decode_span(at("in_hours"));
  rule.else_ = decode_span(at("else"));
  rule.body = std::string{view(at("body"), "rule")};
  rule.offset = decode_span(at("offset"));
  rule.from = from_word(anchor_kinds, view(at("from"), "rule"));
  rule.field = std::string{view(at("field"), "rule")};
  return rule;
}

std::string encode_names(const std::set<std::string>& names) {
  json::array out;
  for (const auto& name : names) out.emplace_back(js(name));
  return json::serialize(out);
}

std::set<std::string> decode_names(std::string_view text) {
  const Document document(text, "list");
  const json::value& value = document.value();
  const auto* array = value.if_array();
  if (array == nullptr) fail("list");
  std::set<std::string> names;
  for (const auto& element : *array) names.emplace(view(element, "list"));
  return names;
}

std::string encode_numbers(const std::vector<int>& numbers) {
  return json::serialize(json::array(numbers.begin(), numbers.end()));
}

std::vector<int> decode_numbers(std::string_view text) { return decode_array<int>(text); }

std::string encode_instants(const std::vector<Instant>& instants) {
  json::array out;
  for (const auto instant : instants) out.emplace_back(to_ms(instant));
  return json::serialize(out);
}

std::vector<Instant> decode_instants(std::string_view text) {
  std::vector<Instant> out;
  for (const auto ms : decode_array<std::int64_t>(text)) out.push_back(from_ms(ms));
  return out;
}

}  // namespace assured::store
