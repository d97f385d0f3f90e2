// Backups that are cut, damaged, of another key or of a newer program change nothing, and say why; a restore that
// is killed leaves the old state or none.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "config/key_file.hpp"
#include "daemon/backup_archive.hpp"
#include "daemon/durable_file.hpp"
#include "daemon/state_lock.hpp"
#include "tests/e2e/backup_world.hpp"
#include "tests/support/assured_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/skipped.hpp"
#include "workflows/apply_outbox.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::string key = store::random_bytes(store::seal_key_bytes);
const Instant now = *parse_instant("2027-09-01T09:00:00Z");

// A state with one board and one document, and a backup of it.
struct BackedUp {
  BackedUp() {
    play_into(state, "self-assessment");
    board = open_state(state)->boards().at(0);
    store::FolderFiles files{state / "files"};
    // The story attaches nothing of its own; the helper's board is the other example's.
    document = files.put(board, "what was found");
    FileRecord file;
    file.item = ItemId{1};
    file.kind = "report";
    file.version = 1;
    file.type = "txt";
    file.digest = document;
    file.bytes = 14;
    file.at = now;
    JournalHead head;
    head.actor = "test";
    head.kind = "file";
    head.item = ItemId{1};
    head.occurred_at = now;
    {
      const auto store = open_state(state);
      const auto tx = store->begin();
      tx->board(board).write_file(head, file, now);
      tx->commit();
    }
    make_backup({state, whole, {}, key, 0}, now);
  }
  fs::path changed(const std::string& bytes) const {
    const fs::path path = folder.path / "changed";
    std::ofstream{path, std::ios::binary} << bytes;
    return path;
  }
  // Why it was refused; and that nothing was made or changed, whole or one board.
  std::string refused(const fs::path& file, const std::string& with = key) const {
    const fs::path fresh = folder.path / "fresh";
    const auto rows = all_rows(state);
    const auto tree = tree_of(state / "files");
    std::string why;
    for (const auto& [target, of] : {std::pair{fresh, std::string{}}, std::pair{state, board}}) {
      try {
        restore({file, target, of, with, "uid 0"}, now);
        return "restored";
      } catch (const std::runtime_error& error) {
        why = error.what();
      }
    }
    if (fs::exists(fresh)) return "it left a folder";
    if (fs::exists(state / "restoring-board")) return "it left what it unpacked";
    if (all_rows(state) != rows || tree_of(state / "files") != tree) return "it changed the state";
    return why;
  }

  Folder folder;
  fs::path state = folder.path / "state";
  fs::path whole = folder.path / "whole.backup";
  std::string board, document;
};

bool is_unfinished(const fs::path& state) {
  try {
    refuse_unfinished_restore(state);
    return false;
  } catch (const IoError&) {
    return true;
  }
}

}  // namespace

TEST_CASE("a backup that was cut or changed is refused, and nothing is touched", "[backup]") {
  const BackedUp world;
  const std::string bytes = bytes_of(world.whole);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{70'000}, bytes.size() / 2,
                                 bytes.size() - 1})
    CHECK_THAT(world.refused(world.changed(bytes.substr(0, size))),
               Catch::Contains("changed: it is damaged") && Catch::Contains("Nothing was restored."));
  for (const std::size_t at : {std::size_t{17}, std::size_t{60}, std::size_t{5'000}, bytes.size() / 2,
                               bytes.size() - 3}) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    CAPTURE(at);
    CHECK_THAT(world.refused(world.changed(flipped)), Catch::Contains("Nothing was restored."));
  }
  CHECK_THAT(world.refused(world.changed(bytes + "x")), Catch::Contains("it is damaged"));
  CHECK_THAT(world.refused(world.folder.path / "nowhere"), Catch::Contains("no backup of this name"));
}

TEST_CASE("a plain backup is a tar archive, and is checked by its digests", "[backup]") {
  const BackedUp world;
  const fs::path plain = world.folder.path / "plain.tar";
  make_backup({world.state, plain, {}, "", 0}, now);
  const std::string bytes = bytes_of(plain);
  CHECK(bytes.substr(257, 5) == "ustar");
  CHECK(bytes.starts_with("manifest.json"));
  const std::string listed = fmt::format("files/{}/{}/{}", world.board, world.document.substr(0, 2),
                                         world.document);
  CHECK(bytes.find(listed) != std::string::npos);
  std::string flipped = bytes;
  const auto at = flipped.rfind("what was found");
  REQUIRE(at != std::string::npos);
  flipped[at] = 'W';
  CHECK_THAT(world.refused(world.changed(flipped), ""), Catch::Contains(listed + " is not what was written"));
  CHECK_THAT(world.refused(world.changed(bytes.substr(0, at)), ""), Catch::Contains("it is damaged"));
  restore({plain, world.folder.path / "fresh", "", "", "uid 0"}, now);
  CHECK(bytes_of(world.folder.path / "fresh" / listed) == "what was found");
}

TEST_CASE("a backup of another key, or without one, says which key it needs", "[backup]") {
  const BackedUp world;
  const std::string other = store::random_bytes(store::seal_key_bytes);
  CHECK_THAT(world.refused(world.whole, other),
             Catch::Contains(store::key_id(key)) && Catch::Contains(store::key_id(other)));
  CHECK_THAT(world.refused(world.whole, ""),
             Catch::Contains(store::key_id(key)) && Catch::Contains("--key-file"));
}

TEST_CASE("a backup of a newer program is refused by name, one of an older one brought up", "[backup]") {
  const BackedUp world;
  store::open_sqlite({database_path(world.state).string()})
      ->query("INSERT INTO migrations (number, name) VALUES (9999, 'later')")
      .run();
  // This program makes no backup of it; a newer one has.
  CHECK_THROWS_WITH(make_backup({world.state, world.folder.path / "new", {}, key, 0}, now),
                    Catch::Contains("newer than this program"));
  BackupTaker nothing;
  Manifest manifest = read_backup(key, source_of_file(world.whole), nothing);
  manifest.schema = 9999;
  manifest.program = "assured 9.9";
  std::string made;
  ArchiveWriter archive{key, manifest, [&](std::string_view part) { made += part; }};
  for (const auto& entry : manifest.entries)
    archive.add(entry, [](char* into, std::size_t size) { std::fill_n(into, size, 'x'); return size; });
  archive.finish();
  const auto why = [&] {
    try {
      restore({world.changed(made), world.folder.path / "fresh", "", key, "uid 0"}, now);
    } catch (const IoError& error) {
      return std::string{error.what()};
    }
    return std::string{"restored"};
  }();
  CHECK_THAT(why, Catch::Contains("install assured 9.9 or a newer one"));
  CHECK_FALSE(fs::exists(world.folder.path / "fresh"));
}

TEST_CASE("a journal that does not hold is not restored, though every digest is right", "[backup]") {
  const BackedUp world;
  store::open_sqlite({database_path(world.state).string()})
      ->query("UPDATE items SET state = 'elsewhere' WHERE id = 1")
      .run();
  const fs::path file = world.folder.path / "bad.backup";
  make_backup({world.state, file, {}, key, 0}, now);
  CHECK_THAT(world.refused(file), Catch::Contains("does not hold: items (1)"));
}

TEST_CASE("a backup overwrites nothing and names what is missing", "[backup]") {
  const BackedUp world;
  CHECK_THROWS_WITH(make_backup({world.state, world.whole, {}, key, 0}, now),
                    Catch::Contains("overwrites nothing"));
  CHECK_THROWS_WITH(make_backup({world.state, world.folder.path / "b", {"nowhere"}, key, 0}, now),
                    Catch::Contains("no board nowhere"));
  CHECK_THROWS_WITH(make_backup({world.folder.path, world.folder.path / "b", {}, key, 0}, now),
                    Catch::Contains("no database here"));
  const fs::path document =
      world.state / "files" / world.board / world.document.substr(0, 2) / world.document;
  std::ofstream{document} << "something else";
  CHECK_THROWS_WITH(make_backup({world.state, world.folder.path / "b", {}, key, 0}, now),
                    Catch::Contains(world.document + " is damaged"));
  fs::remove(document);
  CHECK_THROWS_WITH(make_backup({world.state, world.folder.path / "b", {}, key, 0}, now),
                    Catch::Contains(world.document + " is missing"));
  CHECK_FALSE(fs::exists(world.folder.path / "b"));
  CHECK_FALSE(fs::exists(world.folder.path / "b.part"));
  CHECK_FALSE(fs::exists(world.state / "backup.part"));
}

TEST_CASE("of a folder's backups the newest stay, and others' files are let be", "[backup]") {
  const BackedUp world;
  const fs::path shelf = world.folder.path / "shelf";
  fs::create_directory(shelf);
  for (const char* name : {"assured-notes.backup", "assured-20250101T000000Z.backup.part", "letter"})
    std::ofstream{shelf / name} << "kept";
  for (int day = 0; day < 4; ++day)
    make_backup({world.state, shelf, {}, key, 2}, now + std::chrono::days{day});
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(shelf)) names.insert(entry.path().filename().string());
  CHECK(names == std::set<std::string>{"assured-20270903T090000Z.backup", "assured-20270904T090000Z.backup",
                                       "assured-notes.backup", "letter"});
  CHECK_THROWS_WITH(make_backup({world.state, shelf / "file", {}, key, 2}, now), Catch::Contains("--keep"));
  // One that fails takes no older one with it.
  fs::remove_all(world.state / "files");
  CHECK_THROWS_AS(make_backup({world.state, shelf, {}, key, 1}, now + std::chrono::days{9}), IoError);
  CHECK(fs::exists(shelf / "assured-20270903T090000Z.backup"));
}

TEST_CASE("what root restores belongs to the folder's owner", "[backup]") {
  if (::geteuid() != 0) SKIP_TEST("only root can give files away");
  const BackedUp world;
  constexpr uid_t owner = 64'999;
  const fs::path there = world.folder.path / "there";
  fs::create_directory(there);
  const auto all_belong = [&] {
    struct stat found {};
    for (const auto& entry : fs::recursive_directory_iterator(there))
      if (::lstat(entry.path().c_str(), &found) != 0 || found.st_uid != owner) return false;
    return true;
  };
  REQUIRE(::chown(there.c_str(), owner, owner) == 0);
  restore({world.whole, there, "", key, "uid 0"}, now);
  CHECK(fs::exists(database_path(there)));
  CHECK(all_belong());
  restore({world.whole, there, world.board, key, "uid 0"}, now);
  CHECK(all_belong());
}

TEST_CASE("all of a backup goes into an empty folder only", "[backup]") {
  const BackedUp world;
  CHECK_THROWS_WITH(restore({world.whole, world.state, "", key, "uid 0"}, now),
                    Catch::Contains("not empty") && Catch::Contains("--board"));
  const fs::path there = world.folder.path / "there";
  fs::create_directory(there);
  {
    const StateLock lock{there};
    CHECK_THROWS_WITH(restore({world.whole, there, "", key, "uid 0"}, now), Catch::Contains("stop it first"));
  }
  restore({world.whole, there, "", key, "uid 0"}, now);
  CHECK(open_state(there)->head(world.board) == open_state(world.state)->head(world.board));
  CHECK_THROWS_WITH(restore({world.whole, world.folder.path / "none", world.board, key, "uid 0"}, now),
                    Catch::Contains("no database here"));
}

TEST_CASE("a restore of all that is killed leaves no state, and is done again", "[backup]") {
  const BackedUp world;
  const fs::path key_file = world.folder.path / "key";
  config::make_key_file(key_file);
  const std::string made = config::read_key({key_file, "", {}}, "backup").key;
  const fs::path file = world.folder.path / "killed.backup";
  make_backup({world.state, file, {}, made, 0}, now);
  const fs::path target = world.folder.path / "target";
  const std::vector<std::string> words{"restore",    file.string(), "--state",
                                       target.string(), "--key-file",  key_file.string()};
  const auto head = open_state(world.state)->head(world.board);
  int cut = 0, whole = 0;
  for (int ms = 0; ms < 400 && (cut < 8 || whole < 1); ms += 4) {
    AssuredProcess restoring{words};
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});  // another process lives in real time
    restoring.end(SIGKILL);
    if (fs::exists(database_path(target)) && !is_unfinished(target)) {
      CHECK(open_state(target)->head(world.board) == head);
      CHECK(open_state(target)->verify(world.board).faults.empty());
      fs::remove_all(target);
      ++whole;
    } else {
      // Nothing that a service would take for a state with something in it.
      CHECK_FALSE(fs::exists(database_path(target)));
      ++cut;
    }
  }
  CHECK(cut >= 3);
  CHECK(AssuredProcess{words}.wait() == 0);
  CHECK(open_state(target)->head(world.board) == head);
  CHECK(tree_of(target / "files") == tree_of(world.state / "files"));
}

TEST_CASE("a restore of one board that is killed has happened or not", "[backup]") {
  const BackedUp world;
  const fs::path plain = world.folder.path / "plain.tar";
  make_backup({world.state, plain, {}, "", 0}, now);
  const std::vector<std::string> words{"restore", plain.string(), "--state", world.state.string(),
                                       "--board", world.board};
  int before = 0, after = 0;
  for (int ms = 0; ms < 400 && (before < 8 || after < 1); ms += 4) {
    {
      const auto store = open_state(world.state);
      const auto tx = store->begin();
      tx->board(world.board).put_value(outbox_hold_value, "");
      tx->board(world.board).put_value("later", fmt::format("{}", ms));
      tx->commit();
    }
    AssuredProcess restoring{words};
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});  // another process lives in real time
    restoring.end(SIGKILL);
    const auto store = open_state(world.state);
    CHECK(store->verify(world.board).faults.empty());
    const bool restored = !store->reader(world.board)->find_value("later");
    CHECK(restored == !store->reader(world.board)->find_value(outbox_hold_value)->empty());
    ++(restored ? after : before);
  }
  CHECK(before >= 3);
  CHECK(AssuredProcess{words}.wait() == 0);
  CHECK_FALSE(fs::exists(world.state / "restoring-board"));
}
