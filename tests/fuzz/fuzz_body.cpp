// Bodies of journal rows, as a damaged or foreign database may give them back.
#include "store/body.hpp"
#include "store/codec.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace assured;

namespace {

// Reads, or refuses as store/ promises: by StoreError and nothing else.
template <class Read>
void try_to(const Read& read) {
  try {
    read();
  } catch (const StoreError& error) {
    ASSURED_ASSERT(is_printable(error.what()) && !error.retryable);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  try_to([&] {
    const auto body = store::parse_body(text);
    const auto json = store::to_json(body);
    ASSURED_ASSERT(store::to_json(store::parse_body(json)) == json);
    for (const auto& change : body.changes) ASSURED_ASSERT(change.key().size() == change.table->keys);
    store::items_of(body.changes);
  });
  try_to([&] {
    const auto fields = store::decode_fields(text);
    ASSURED_ASSERT(store::decode_fields(store::encode_fields(fields)) == fields);
  });
  try_to([&] {
    const auto rule = store::encode_rule(store::decode_rule(text));
    ASSURED_ASSERT(store::encode_rule(store::decode_rule(rule)) == rule);
  });
  try_to([&] {
    const auto names = store::decode_names(text);
    ASSURED_ASSERT(store::decode_names(store::encode_names(names)) == names);
  });
  try_to([&] {
    const auto numbers = store::decode_numbers(text);
    ASSURED_ASSERT(store::decode_numbers(store::encode_numbers(numbers)) == numbers);
  });
  try_to([&] {
    const auto instants = store::decode_instants(text);
    ASSURED_ASSERT(store::decode_instants(store::encode_instants(instants)) == instants);
  });
  return 0;
}
