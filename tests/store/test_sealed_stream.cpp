// What is sealed comes back as it was, or not at all.
#include <string>

#include "store/digest.hpp"
#include "store/sealed_stream.hpp"
#include "tests/support/catch.hpp"

using namespace assured;
using namespace assured::store;

namespace {

const SealMagic magic{"assured test"};
const std::string key = random_bytes(seal_key_bytes);
constexpr std::size_t sealed_chunk = seal_chunk_bytes + 17;

std::string opened(std::string_view sealed, std::string_view with = key) {
  return unseal(with, magic, "about", sealed);
}

SealError::Why why_not(std::string_view sealed, std::string_view with = key,
                       const SealMagic& as = magic, std::string_view about = "about") {
  try {
    unseal(with, as, about, sealed);
  } catch (const SealError& error) {
    return error.why;
  }
  FAIL("it was opened");
  return {};
}

}  // namespace

TEST_CASE("what is sealed comes back, whatever its length", "[seal]") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, seal_chunk_bytes - std::size_t{1},
                                 std::size_t{seal_chunk_bytes}, seal_chunk_bytes + std::size_t{1},
                                 3 * std::size_t{seal_chunk_bytes}, std::size_t{200'000}}) {
    const std::string bytes = random_bytes(size);
    const std::string sealed = seal(key, magic, "about", bytes);
    CAPTURE(size);
    CHECK(opened(sealed) == bytes);
    CHECK(is_sealed(sealed, magic));
    CHECK(key_id_of(sealed, magic) == key_id(key));
    // Twice is never the same, so that nobody sees what is alike.
    CHECK(seal(key, magic, "about", bytes) != sealed);
  }
}

TEST_CASE("what was written in small parts is the same stream", "[seal]") {
  const std::string bytes = random_bytes(150'000);
  std::string sealed;
  Sealer sealer{key, magic, "about", [&](std::string_view part) { sealed += part; }};
  for (std::size_t at = 0; at < bytes.size(); at += 7) sealer.write(std::string_view{bytes}.substr(at, 7));
  sealer.finish();
  CHECK(opened(sealed) == bytes);
}

TEST_CASE("a flipped bit anywhere is found", "[seal]") {
  const std::string sealed = seal(key, magic, "about", "Nobody reads this who may not.");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string flipped = sealed;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    CAPTURE(at);
    CHECK_THROWS_AS(opened(flipped), SealError);
  }
}

TEST_CASE("what was cut anywhere is found", "[seal]") {
  const std::string sealed = seal(key, magic, "about", random_bytes(2 * seal_chunk_bytes + 100));
  // At each byte of the header, around each chunk's end, and at the last bytes.
  std::vector<std::size_t> cuts;
  for (std::size_t at = 0; at <= seal_header_bytes + 20; ++at) cuts.push_back(at);
  for (const std::size_t end : {seal_header_bytes + sealed_chunk, seal_header_bytes + 2 * sealed_chunk})
    for (std::size_t at = end - 20; at <= end + 20; ++at) cuts.push_back(at);
  for (std::size_t at = sealed.size() - 20; at < sealed.size(); ++at) cuts.push_back(at);
  for (const std::size_t at : cuts) {
    CAPTURE(at);
    CHECK(why_not(std::string_view{sealed}.substr(0, at)) == SealError::Why::damaged);
  }
}

TEST_CASE("chunks that were swapped, repeated, left out or added are found", "[seal]") {
  const std::string sealed = seal(key, magic, "about", random_bytes(3 * seal_chunk_bytes + 9));
  const std::string head = sealed.substr(0, seal_header_bytes);
  const auto chunk = [&](std::size_t n) {
    return sealed.substr(seal_header_bytes + n * sealed_chunk, sealed_chunk);
  };
  REQUIRE(opened(head + chunk(0) + chunk(1) + chunk(2) + chunk(3)).size() == 3 * seal_chunk_bytes + 9);
  for (const std::string& wrong :
       {head + chunk(1) + chunk(0) + chunk(2) + chunk(3), head + chunk(0) + chunk(2) + chunk(3),
        head + chunk(0) + chunk(0) + chunk(1) + chunk(2) + chunk(3), head + chunk(0) + chunk(3),
        sealed + chunk(3), sealed + "x"})
    CHECK(why_not(wrong) == SealError::Why::damaged);
  const std::string other = seal(key, magic, "about", random_bytes(3 * seal_chunk_bytes + 9));
  CHECK(why_not(head + other.substr(seal_header_bytes)) == SealError::Why::damaged);
}

TEST_CASE("another key, another kind and another place are told apart from damage", "[seal]") {
  const std::string sealed = seal(key, magic, "about", "words");
  CHECK(why_not(sealed, random_bytes(seal_key_bytes)) == SealError::Why::wrong_key);
  CHECK(why_not(sealed, key, SealMagic{"assured other"}) == SealError::Why::damaged);
  CHECK(why_not(sealed, key, magic, "elsewhere") == SealError::Why::damaged);
  std::string newer = sealed;
  newer[seal_magic_bytes] = 2;
  CHECK(why_not(newer) == SealError::Why::newer);
  std::string huge = sealed;
  huge.replace(seal_magic_bytes + 4, 4, "\xff\xff\xff\xff");
  CHECK(why_not(huge) == SealError::Why::damaged);
}

TEST_CASE("each purpose has a key of its own", "[seal]") {
  CHECK(derived_key(key, "board a") == derived_key(key, "board a"));
  CHECK(derived_key(key, "board a") != derived_key(key, "board b"));
  CHECK(derived_key(key, "board a") != derived_key(random_bytes(seal_key_bytes), "board a"));
  CHECK(derived_key(key, "board a").size() == seal_key_bytes);
  CHECK(key_id(key).size() == 16);
}
