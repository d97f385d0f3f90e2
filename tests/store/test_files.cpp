// Documents by digest: durable, whole or absent, swept only when nobody names them (S16.2).
#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/digest.hpp"
#include "store/file_store.hpp"
#include "store/sealed_stream.hpp"
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

fs::path path_of(const fs::path& folder, const std::string& board, const std::string& digest) {
  return folder / board / digest.substr(0, 2) / digest;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

const std::string key = store::random_bytes(store::seal_key_bytes);

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

TEST_CASE("with a key documents lie encrypted, and come back under the same digest", "[files]") {
  const test::TemporaryFolder folder;
  store::FolderFiles files(folder.path(), key);
  const std::string bytes = "%PDF-1.7 what was found of the child";
  const std::string digest = files.put("alpha", bytes);
  CHECK(digest == store::blake2b_hex(bytes));
  CHECK(files.find("alpha", digest) == bytes);
  const fs::path path = path_of(folder.path(), "alpha", digest);
  CHECK(bytes_of(path).find("found") == std::string::npos);
  CHECK(store::is_sealed_document(path));

  // Another board's key is another one: a file that is moved is opened by nobody.
  fs::create_directories(path_of(folder.path(), "beta", digest).parent_path());
  fs::copy_file(path, path_of(folder.path(), "beta", digest));
  CHECK_THROWS_AS(files.find("beta", digest), IoError);

  std::string damaged = bytes_of(path);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  std::ofstream(path, std::ios::binary) << damaged;
  CHECK_THROWS_WITH(files.find("alpha", digest), Catch::Contains("damaged"));
}

TEST_CASE("what was stored before there was a key is read as before, and left as it is", "[files]") {
  const test::TemporaryFolder folder;
  const std::string digest = store::FolderFiles{folder.path()}.put("alpha", "from before");
  // It may begin as a sealed one does.
  const std::string odd = std::string("assured file\0\0\0\0", 16) + "but it is not sealed";
  const std::string odd_digest = store::FolderFiles{folder.path()}.put("alpha", odd);
  CHECK(store::files_key_id(folder.path()).empty());
  store::FolderFiles files(folder.path(), key);
  CHECK(store::files_key_id(folder.path()) == store::key_id(key));
  CHECK(files.find("alpha", digest) == "from before");
  CHECK(files.find("alpha", odd_digest) == odd);
  CHECK(files.put("alpha", "from before") == digest);
  CHECK(bytes_of(path_of(folder.path(), "alpha", digest)) == "from before");
}

TEST_CASE("without its key, or with another one, nothing is opened and nothing lost", "[files]") {
  const test::TemporaryFolder folder;
  const std::string digest = store::FolderFiles{folder.path(), key}.put("alpha", "sealed");
  const std::string other = store::random_bytes(store::seal_key_bytes);
  CHECK_THROWS_WITH(store::FolderFiles{folder.path()},
                    Catch::Contains(store::key_id(key)) && Catch::Contains("[files]"));
  CHECK_THROWS_WITH(store::FolderFiles(folder.path(), other),
                    Catch::Contains(store::key_id(key)) && Catch::Contains(store::key_id(other)));
  CHECK(store::FolderFiles{folder.path(), key}.find("alpha", digest) == "sealed");

  // Where only the note of the key is lost, reading still says what is wrong.
  fs::remove(folder.path() / ".key-id");
  store::FolderFiles without{folder.path()};
  CHECK_THROWS_AS(without.find("alpha", digest), store::WrongFilesKey);
  store::FolderFiles wrong{folder.path(), other};
  CHECK_THROWS_AS(wrong.find("alpha", digest), store::WrongFilesKey);
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
