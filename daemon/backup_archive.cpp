#include "daemon/backup_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <optional>

#include "store/digest.hpp"

namespace assured {

namespace {

using store::ByteSink;
using store::ByteSource;
using store::SealError;
using store::Sealer;
using store::Unsealer;

constexpr std::size_t block_bytes = 64 * 1024;
constexpr std::uint64_t manifest_bytes_max = 256 * 1024 * 1024;

const store::SealMagic& backup_magic() {
  static const store::SealMagic magic{"assured backup"};
  return magic;
}

struct FreeArchive {
  void operator()(archive* held) const { archive_free(held); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

struct FreeEntry {
  void operator()(archive_entry* held) const { archive_entry_free(held); }
};

[[noreturn]] void no_archive() { throw IoError("it is damaged: it is no backup's archive"); }

// Exceptions do not pass through the library's C: they are kept, and thrown behind it.
class Kept {
 public:
  template <class Work>
  auto run(Work&& work, decltype(work()) failed) noexcept -> decltype(work()) {
    try {
      return work();
    } catch (...) {
      thrown_ = std::current_exception();
      return failed;
    }
  }
  void rethrow() {
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  }

 private:
  std::exception_ptr thrown_;
};

// What stands in the file, opened where it is sealed.
class Content {
 public:
  Content(std::string_view key, const ByteSource& source) : source_(source) {
    begin_.resize(store::seal_header_bytes);
    begin_.resize(source_(begin_.data(), begin_.size()));
    if (!store::is_sealed(begin_, backup_magic())) return;
    if (key.empty())
      throw IoError(fmt::format("it is encrypted under the key {}; name that key's file with --key-file, or "
                                "in [backup] of the settings",
                                store::key_id_of(begin_, backup_magic())));
    unsealer_.emplace(key, backup_magic(), "", [this](char* into, std::size_t size) {
      return rest(into, size);
    });
  }

  std::string_view read() {
    if (unsealer_) return unsealer_->read();
    block_.resize(block_bytes);
    block_.resize(rest(block_.data(), block_.size()));
    return block_;
  }

  Kept kept;

 private:
  // The bytes that were looked at first come first again.
  std::size_t rest(char* into, std::size_t size) {
    const std::size_t again = std::min(size, begin_.size() - given_);
    std::copy_n(begin_.data() + given_, again, into);
    given_ += again;
    return again + (again < size ? source_(into + again, size - again) : 0);
  }

  const ByteSource& source_;
  std::string begin_;
  std::size_t given_ = 0;
  std::optional<Unsealer> unsealer_;
  std::string block_;
};

la_ssize_t read_content(archive*, void* content, const void** block) {
  auto& from = *static_cast<Content*>(content);
  return from.kept.run(
      [&]() -> la_ssize_t {
        const std::string_view bytes = from.read();
        *block = bytes.data();
        return static_cast<la_ssize_t>(bytes.size());
      },
      la_ssize_t{-1});
}

class ArchiveReader {
 public:
  ArchiveReader(std::string_view key, const ByteSource& source)
      : content_(key, source), archive_(archive_read_new()) {
    archive_read_support_format_tar(archive_.get());
    check(archive_read_open(archive_.get(), &content_, nullptr, read_content, nullptr));
  }

  // The next file's name and size; nothing at the end.
  struct Found {
    std::string path;
    std::uint64_t bytes = 0;
  };
  std::optional<Found> next() {
    archive_entry* entry = nullptr;
    if (check(archive_read_next_header(archive_.get(), &entry)) == ARCHIVE_EOF) return std::nullopt;
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != nullptr || !archive_entry_size_is_set(entry) ||
        archive_entry_size(entry) < 0 || archive_entry_sparse_count(entry) != 0)
      no_archive();
    return Found{path, static_cast<std::uint64_t>(archive_entry_size(entry))};
  }

  // The bytes of the file found last, in parts.
  void read(const ByteSink& sink) {
    std::string part(block_bytes, '\0');
    for (;;) {
      const la_ssize_t n = archive_read_data(archive_.get(), part.data(), part.size());
      content_.kept.rethrow();
      if (n < 0) no_archive();
      if (n == 0) return;
      sink(std::string_view{part}.substr(0, static_cast<std::size_t>(n)));
    }
  }

  // The library stops at the archive's end; what is sealed is whole only with its own.
  void read_to_end() {
    while (!content_.read().empty()) {
    }
  }

 private:
  int check(int code) {
    content_.kept.rethrow();
    if (code != ARCHIVE_OK && code != ARCHIVE_EOF) no_archive();
    return code;
  }

  Content content_;
  Archive archive_;
};

Manifest read_manifest(ArchiveReader& reader) {
  const auto first = reader.next();
  if (!first || first->path != manifest_name || first->bytes > manifest_bytes_max) no_archive();
  std::string text;
  reader.read([&](std::string_view part) { text += part; });
  return parse_manifest(text);
}

}  // namespace

struct ArchiveWriter::State {
  ByteSink sink;
  std::optional<Sealer> sealer;
  Kept kept;
  Archive archive;
  Instant made_at;

  void check(int code) {
    kept.rethrow();
    if (code != ARCHIVE_OK) throw IoError(fmt::format("the archive cannot be written: {}",
                                                      archive_error_string(archive.get())));
  }

  void begin(const std::string& path, std::uint64_t bytes) {
    const std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(entry.get(), to_ms(made_at) / 1000, 0);
    check(archive_write_header(archive.get(), entry.get()));
  }

  void put(std::string_view bytes) {
    const la_ssize_t n = archive_write_data(archive.get(), bytes.data(), bytes.size());
    kept.rethrow();
    if (n != static_cast<la_ssize_t>(bytes.size())) check(ARCHIVE_FATAL);
  }
};

ArchiveWriter::ArchiveWriter(std::string_view key, const Manifest& manifest, ByteSink sink)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.made_at = manifest.made_at;
  if (key.empty()) {
    s.sink = std::move(sink);
  } else {
    s.sealer.emplace(key, backup_magic(), "", std::move(sink));
    s.sink = [&s](std::string_view bytes) { s.sealer->write(bytes); };
  }
  s.archive.reset(archive_write_new());
  s.check(archive_write_set_format_pax_restricted(s.archive.get()));
  const auto write = [](archive*, void* state, const void* bytes, std::size_t size) -> la_ssize_t {
    auto& to = *static_cast<State*>(state);
    return to.kept.run(
        [&]() -> la_ssize_t {
          to.sink({static_cast<const char*>(bytes), size});
          return static_cast<la_ssize_t>(size);
        },
        la_ssize_t{-1});
  };
  s.check(archive_write_open(s.archive.get(), &s, nullptr, write, nullptr));
  const std::string text = to_json(manifest);
  s.begin(std::string{manifest_name}, text.size());
  s.put(text);
}

ArchiveWriter::~ArchiveWriter() {
  // Otherwise freeing would close it, and write what nobody wants any more.
  if (state_->archive) archive_write_fail(state_->archive.get());
}

void ArchiveWriter::add(const BackupEntry& entry, const ByteSource& bytes) {
  state_->begin(entry.path, entry.bytes);
  std::string part(block_bytes, '\0');
  std::uint64_t left = entry.bytes;
  while (left > 0) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, part.size()));
    const std::size_t n = bytes(part.data(), wanted);
    if (n == 0) throw IoError(fmt::format("{}: it became shorter while it was read", entry.path));
    state_->put(std::string_view{part}.substr(0, n));
    left -= n;
  }
}

void ArchiveWriter::finish() {
  State& s = *state_;
  s.check(archive_write_close(s.archive.get()));
  s.archive.reset();
  if (s.sealer) s.sealer->finish();
}

Manifest read_backup(std::string_view key, const ByteSource& source, BackupTaker& taker) {
  ArchiveReader reader{key, source};
  Manifest manifest = read_manifest(reader);
  taker.begin(manifest);
  for (const BackupEntry& entry : manifest.entries) {
    const auto found = reader.next();
    if (!found || found->path != entry.path || found->bytes != entry.bytes)
      throw IoError(fmt::format("it is damaged: {} is not where its manifest says", entry.path));
    taker.begin(entry);
    store::Digester digest;
    reader.read([&](std::string_view part) {
      digest.add(part);
      taker.take(part);
    });
    if (digest.hex() != entry.digest)
      throw IoError(fmt::format("it is damaged: {} is not what was written", entry.path));
    taker.end();
  }
  if (reader.next()) throw IoError("it is damaged: it holds more than its manifest says");
  reader.read_to_end();
  return manifest;
}

}  // namespace assured
