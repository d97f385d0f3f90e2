// What one column holds when it is more than a number or a word: the JSON inside rows.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/deadline.hpp"
#include "workflows/value.hpp"

namespace assured::store {

// {"outcome":{"c":"internal","t":"s","v":"met"}}. The class and the type travel with each value, so
// that a row can be read without its programme.
std::string encode_fields(const Fields& fields);
// Throws: StoreError, here and below, for text that this program cannot have written.
Fields decode_fields(std::string_view json);
// Whether the field `name` is set and its stored text is `text`; without decoding the rest.
bool field_has_text(std::string_view json, std::string_view name, std::string_view text);

std::string encode_rule(const DueRule& rule);
DueRule decode_rule(std::string_view json);

std::string encode_names(const std::set<std::string>& names);
std::set<std::string> decode_names(std::string_view json);
std::string encode_numbers(const std::vector<int>& numbers);
std::vector<int> decode_numbers(std::string_view json);
std::string encode_instants(const std::vector<Instant>& instants);
std::vector<Instant> decode_instants(std::string_view json);

}  // namespace assured::store
