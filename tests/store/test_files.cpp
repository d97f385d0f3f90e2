// Documents by digest: durable, whole or absent, swept only when nobody names them (S16.2).
#include <filesystem>
#include <fstream>

#include "store/file_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;
using namespace assured;

namespace {

constexpr Instant long_after = Instant{std::chrono::hours{24 * 365 * 100}};

std::size_t files_below(const fs::path& folder) {
  std::size_t n = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) n += entry.is_regular_file();
  return n;
}

}  // namespace

TEST_CASE("a stored file comes back as it was, under its digest", "[files]") {
  const test::TemporaryFolder folder;
  store::FolderFiles files(folder.path());
  const std::string bytes("%PDF-1.7\0binary", 15);
  const std::string digest = files.put("alpha", bytes);
  CHECK(digest.size() == 64);
  CHECK(files.find("alpha", digest) == bytes);
  CHECK(files.put("alpha", bytes) == digest);
  CHECK(files_below(folder.path()) == 1);
}

TEST_CASE("one board's files are not another's", "[files]") {
  const test::TemporaryFolder folder;
  store::FolderFiles files(folder.path());
  const std::string digest = files.put("alpha", "return");
  CHECK_FALSE(files.find("beta", digest).has_value());
}

TEST_CASE("a digest that is none finds nothing, and reaches no other folder", "[files]") {
  const test::TemporaryFolder folder;
  store::FolderFiles files(folder.path());
  for (const char* digest : {"", "..", "../../etc/passwd", "ab", "ZZ"})
    CHECK_FALSE(files.find("alpha", digest).has_value());
}

TEST_CASE("a damaged file is told, never handed out", "[files]") {
  const test::TemporaryFolder folder;
  store::FolderFiles files(folder.path());
  const std::string digest = files.put("alpha", "accepted return");
  const fs::path path = fs::path(folder.path()) / "alpha" / digest.substr(0, 2) / digest;
  std::ofstream(path, std::ios::binary) << "accepted return, changed";
  CHECK_THROWS_AS(files.find("alpha", digest), IoError);
}

TEST_CASE("a sweep takes orphans after a day, and leaves what a row names", "[files]") {
  const test::TemporaryFolder folder;
  store::FolderFiles files(folder.path());
  const std::string kept = files.put("alpha", "kept");
  const std::string orphan = files.put("alpha", "orphan");
  const auto now = std::chrono::floor<Millis>(std::chrono::file_clock::to_sys(
      fs::last_write_time(fs::path(folder.path()) / "alpha" / kept.substr(0, 2) / kept)));
  CHECK(files.sweep("alpha", {kept}, now + std::chrono::hours{23}) == 0);
  CHECK(files.sweep("alpha", {kept}, long_after) == 1);
  CHECK(files.find("alpha", kept).has_value());
  CHECK_FALSE(files.find("alpha", orphan).has_value());
}

TEST_CASE("what a file is called and what it holds must agree", "[files]") {
  CHECK(looks_like("pdf", "%PDF-1.4"));
  CHECK_FALSE(looks_like("pdf", "MZ\x90"));
  CHECK(looks_like("docx", "PK\x03\x04rest"));
  CHECK_FALSE(looks_like("docx", "%PDF-1.4"));
  CHECK(looks_like("csv", "a,b\n"));
  CHECK_FALSE(looks_like("txt", std::string_view("a\0b", 3)));
  FileRecord file;
  file.kind = "return";
  file.version = 2;
  file.type = "pdf";
  CHECK(file_name(file, "QRT-7F3K") == "QRT-7F3K return v2.pdf");
}
