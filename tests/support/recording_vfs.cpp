#include "tests/support/recording_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace assured::test {

// SQLite makes room for this and calls through its first member.
struct RecordingVfs::Open {
  sqlite3_file base;
  RecordingVfs* vfs;
  std::string* file;  // owned; the room is raw memory, see close_file
  int lock;           // SQLITE_LOCK_*
  bool uses_index;
  bool delete_on_close;
  bool syncs_folder;  // with its next sync, as the system's own VFS does for new journals
};

namespace {

using Open = RecordingVfs::Open;
using Shared = RecordingVfs::Shared;

constexpr std::size_t sector_bytes = 512;

Open& open_of(sqlite3_file* file) { return *reinterpret_cast<Open*>(file); }
Shared& shared_of(const Open& open) { return open.vfs->files()[*open.file]; }

void write_at(Bytes& bytes, std::size_t offset, const std::uint8_t* data, std::size_t count) {
  if (bytes.size() < offset + count) bytes.resize(offset + count);
  std::copy_n(data, count, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

int close_file(sqlite3_file* file) {
  Open& open = open_of(file);
  if (open.delete_on_close) open.vfs->files().erase(*open.file);
  delete open.file;
  open.base.pMethods = nullptr;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  const Bytes& bytes = shared_of(open_of(file)).bytes;
  const auto from = static_cast<std::size_t>(offset);
  const auto wanted = static_cast<std::size_t>(count);
  const std::size_t there = from < bytes.size() ? std::min(wanted, bytes.size() - from) : 0;
  if (there != 0) std::memcpy(to, bytes.data() + from, there);
  if (there == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + there, 0, wanted - there);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  Open& open = open_of(file);
  const auto* data = static_cast<const std::uint8_t*>(from);
  const auto size = static_cast<std::size_t>(count);
  if (!open.vfs->take_room(size)) return SQLITE_FULL;
  write_at(shared_of(open).bytes, static_cast<std::size_t>(offset), data, size);
  open.vfs->add({FileOperation::Kind::write, *open.file, static_cast<std::size_t>(offset),
                 Bytes(data, data + size)});
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  Open& open = open_of(file);
  shared_of(open).bytes.resize(static_cast<std::size_t>(size));
  open.vfs->add({FileOperation::Kind::truncate, *open.file, static_cast<std::size_t>(size), {}});
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
  Open& open = open_of(file);
  open.vfs->add({FileOperation::Kind::sync, *open.file, 0, {}});
  if (open.syncs_folder) open.vfs->add({FileOperation::Kind::sync_folder, {}, 0, {}});
  open.syncs_folder = false;
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(shared_of(open_of(file)).bytes.size());
  return SQLITE_OK;
}

// The locks of a database file, between the connections of this process.
int lock_file(sqlite3_file* file, int level) {
  Open& open = open_of(file);
  Shared& shared = shared_of(open);
  if (level <= open.lock) return SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED) {
    if (shared.exclusive != nullptr) return SQLITE_BUSY;
    ++shared.shared;
  } else {
    if (shared.reserved != nullptr && shared.reserved != &open) return SQLITE_BUSY;
    shared.reserved = &open;
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      if (shared.shared > 1) return SQLITE_BUSY;
      shared.exclusive = &open;
    }
  }
  open.lock = level;
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int level) {
  Open& open = open_of(file);
  Shared& shared = shared_of(open);
  if (level >= open.lock) return SQLITE_OK;
  if (shared.exclusive == &open) shared.exclusive = nullptr;
  if (shared.reserved == &open) shared.reserved = nullptr;
  if (level == SQLITE_LOCK_NONE) --shared.shared;
  open.lock = level;
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* out) {
  *out = shared_of(open_of(file)).reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return static_cast<int>(sector_bytes); }
// As the system's own file system says of itself: bytes beside a write survive a power loss.
int device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_index(sqlite3_file* file, int region, int region_bytes, int extend, void volatile** out) {
  Open& open = open_of(file);
  Shared& shared = shared_of(open);
  if (!open.uses_index) {
    open.uses_index = true;
    ++shared.index_users;
  }
  const auto wanted = static_cast<std::size_t>(region);
  if (wanted >= shared.index_regions.size()) {
    if (extend == 0) {
      *out = nullptr;
      return SQLITE_OK;
    }
    // The regions move when the vector grows; their memory, which SQLite holds on to, does not.
    while (shared.index_regions.size() <= wanted)
      shared.index_regions.emplace_back(static_cast<std::size_t>(region_bytes));
  }
  *out = shared.index_regions[wanted].data();
  return SQLITE_OK;
}

int lock_index(sqlite3_file* file, int first, int count, int flags) {
  Open& open = open_of(file);
  Shared& shared = shared_of(open);
  const bool is_shared = (flags & SQLITE_SHM_SHARED) != 0;
  for (int slot = first; slot < first + count && (flags & SQLITE_SHM_LOCK) != 0; ++slot) {
    const bool held_alone = shared.index_exclusive[slot] != nullptr;
    if (held_alone || (!is_shared && shared.index_shared[slot] > 0)) return SQLITE_BUSY;
  }
  for (int slot = first; slot < first + count; ++slot) {
    if ((flags & SQLITE_SHM_LOCK) != 0) {
      if (is_shared)
        ++shared.index_shared[slot];
      else
        shared.index_exclusive[slot] = &open;
    } else if (is_shared) {
      --shared.index_shared[slot];
    } else if (shared.index_exclusive[slot] == &open) {
      shared.index_exclusive[slot] = nullptr;
    }
  }
  return SQLITE_OK;
}

void index_barrier(sqlite3_file*) {}

int unmap_index(sqlite3_file* file, int) {
  Open& open = open_of(file);
  Shared& shared = shared_of(open);
  if (!open.uses_index) return SQLITE_OK;
  open.uses_index = false;
  if (--shared.index_users == 0) shared.index_regions.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods methods = {2,
                                    close_file,
                                    read_file,
                                    write_file,
                                    truncate_file,
                                    sync_file,
                                    file_size,
                                    lock_file,
                                    unlock_file,
                                    check_reserved,
                                    file_control,
                                    sector_size,
                                    device_characteristics,
                                    map_index,
                                    lock_index,
                                    index_barrier,
                                    unmap_index,
                                    nullptr,
                                    nullptr};

RecordingVfs& vfs_of(sqlite3_vfs* vfs) { return *static_cast<RecordingVfs*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  static int temporary = 0;
  Open& open = open_of(file);
  open.base.pMethods = nullptr;
  RecordingVfs& recording = vfs_of(vfs);
  std::string path = name != nullptr ? name : "temporary-" + std::to_string(++temporary);
  if (!recording.files().contains(path) && (flags & SQLITE_OPEN_CREATE) == 0)
    return SQLITE_CANTOPEN;
  recording.files()[path];
  open.vfs = &recording;
  open.file = new std::string(std::move(path));
  open.lock = SQLITE_LOCK_NONE;
  open.uses_index = false;
  open.delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  open.syncs_folder = (flags & SQLITE_OPEN_CREATE) != 0 &&
                      (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  open.base.pMethods = &methods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  RecordingVfs& recording = vfs_of(vfs);
  if (recording.files().erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
  recording.add({FileOperation::Kind::remove, name, 0, {}});
  if (sync_folder != 0) recording.add({FileOperation::Kind::sync_folder, {}, 0, {}});
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* out) {
  *out = vfs_of(vfs).files().contains(name) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

sqlite3_vfs* system_vfs() { return sqlite3_vfs_find(nullptr); }
int randomness(sqlite3_vfs*, int size, char* out) {
  return system_vfs()->xRandomness(system_vfs(), size, out);
}
// Nobody else holds these files, so waiting would be for ever.
int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
int current_time(sqlite3_vfs*, double* out) {
  return system_vfs()->xCurrentTime(system_vfs(), out);
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

RecordingVfs::RecordingVfs(std::string name) : name_(std::move(name)) {
  auto* vfs = new sqlite3_vfs{};
  vfs->iVersion = 1;
  vfs->szOsFile = static_cast<int>(sizeof(Open));
  vfs->mxPathname = 512;
  vfs->zName = name_.c_str();
  vfs->pAppData = this;
  vfs->xOpen = open_file;
  vfs->xDelete = delete_file;
  vfs->xAccess = access_file;
  vfs->xFullPathname = full_path;
  vfs->xRandomness = randomness;
  vfs->xSleep = sleep;
  vfs->xCurrentTime = current_time;
  vfs->xGetLastError = last_error;
  registration_ = vfs;
  sqlite3_vfs_register(vfs, 0);
}

RecordingVfs::~RecordingVfs() {
  auto* vfs = static_cast<sqlite3_vfs*>(registration_);
  sqlite3_vfs_unregister(vfs);
  delete vfs;
}

void RecordingVfs::start_from(Files files) {
  files_.clear();
  operations_.clear();
  for (auto& [name, bytes] : files) files_[name].bytes = std::move(bytes);
}

void RecordingVfs::add(FileOperation operation) {
  if (recording_) operations_.push_back(std::move(operation));
}

namespace {

void apply_to(Files& files, const FileOperation& operation) {
  switch (operation.kind) {
    case FileOperation::Kind::write:
      write_at(files[operation.file], operation.offset, operation.bytes.data(),
               operation.bytes.size());
      break;
    case FileOperation::Kind::truncate:
      files[operation.file].resize(operation.offset);
      break;
    case FileOperation::Kind::remove:
      files.erase(operation.file);
      break;
    case FileOperation::Kind::sync:
    case FileOperation::Kind::sync_folder:
      break;
  }
}

// The sectors of one write, each kept or lost by itself.
void apply_torn(Files& files, const FileOperation& operation, std::mt19937_64& random) {
  for (std::size_t done = 0; done < operation.bytes.size();) {
    const std::size_t at = operation.offset + done;
    const std::size_t count =
        std::min(operation.bytes.size() - done, sector_bytes - at % sector_bytes);
    if (random() % 2 == 0)
      write_at(files[operation.file], at, operation.bytes.data() + done, count);
    done += count;
  }
}

}  // namespace

void Disk::apply(const FileOperation& operation) {
  using Kind = FileOperation::Kind;
  if (operation.kind != Kind::sync && operation.kind != Kind::sync_folder) {
    unsynced_.push_back(operation);
    return;
  }
  std::vector<FileOperation> rest;
  for (auto& waiting : unsynced_) {
    if (operation.kind == Kind::sync_folder && waiting.kind == Kind::remove) {
      // The name is gone, and what was written to it before has nowhere to be.
      synced_.erase(waiting.file);
      std::erase_if(rest, [&](const auto& before) { return before.file == waiting.file; });
    } else if (operation.kind == Kind::sync && waiting.file == operation.file) {
      apply_to(synced_, waiting);
    } else {
      rest.push_back(std::move(waiting));
    }
  }
  if (operation.kind == Kind::sync) synced_[operation.file];  // there, also when it is empty
  unsynced_ = std::move(rest);
}

Files Disk::after_loss(Loss loss, std::mt19937_64& random) const {
  Files files = synced_;
  if (loss == Loss::all_unsynced) return files;
  for (const auto& operation : unsynced_) {
    if (loss == Loss::torn_sectors && operation.kind == FileOperation::Kind::write)
      apply_torn(files, operation, random);
    else if (random() % 2 == 0)
      apply_to(files, operation);
  }
  return files;
}

}  // namespace assured::test
