// Backups, as a damaged disk or somebody who means harm may hand them to a restore: plain ones as they are, and
// what would be sealed under a key.
#include <algorithm>

#include "daemon/backup_archive.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace assured;

namespace {

// What a restore relies on: paths that stay below its folder, and no more bytes than were said.
class CheckingTaker : public BackupTaker {
 public:
  void begin(const Manifest&) override {}
  void begin(const BackupEntry& entry) override {
    ASSURED_ASSERT(entry.path == database_name || entry.path == message_id_key_name ||
                   !board_of_entry(entry.path).empty());
    ASSURED_ASSERT(entry.path.find("..") == std::string::npos && entry.path.front() != '/');
    said_ = entry.bytes;
    taken_ = 0;
  }
  void take(std::string_view part) override { taken_ += part.size(); }
  void end() override { ASSURED_ASSERT(taken_ == said_); }

 private:
  std::uint64_t said_ = 0, taken_ = 0;
};

void read(std::string_view bytes) {
  CheckingTaker taker;
  try {
    read_backup(std::string(store::seal_key_bytes, 'k'),
                [&](char* into, std::size_t size) {
                  const auto part = bytes.substr(0, size);
                  std::copy(part.begin(), part.end(), into);
                  bytes.remove_prefix(part.size());
                  return part.size();
                },
                taker);
  } catch (const IoError& error) {
    ASSURED_ASSERT(is_printable(error.what()));
  }
}

void read_manifest(std::string_view text) {
  try {
    const auto json = to_json(parse_manifest(text));
    ASSURED_ASSERT(to_json(parse_manifest(json)) == json);
  } catch (const IoError& error) {
    ASSURED_ASSERT(is_printable(error.what()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  read(text);
  read_manifest(text);
  return 0;
}
