#include "tests/fault/fault_vfs.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <new>

namespace candour::testing {
namespace {

/// What SQLite holds for an open file; the real one's follows it in the same memory.
struct LayerFile {
  sqlite3_file base;
  FaultVfs* owner;
  std::string* name;  // without the folder; null when nobody notes its changes

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static LayerFile& of(sqlite3_file* file) { return *reinterpret_cast<LayerFile*>(file); }
};

void put(std::string& out, std::uint64_t number, int size) {
  while (size-- > 0) out.push_back(static_cast<char>(number >> (8 * size)));
}

std::string name_of(const char* path) { return std::filesystem::path(path).filename().string(); }

int close_file(sqlite3_file* file) {
  LayerFile& layer = LayerFile::of(file);
  const int result = layer.real()->pMethods->xClose(layer.real());
  delete layer.name;
  layer.name = nullptr;
  return result;
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  LayerFile& layer = LayerFile::of(file);
  if (layer.owner->enter(Operation::read) != SQLITE_OK) return SQLITE_IOERR_READ;
  return layer.real()->pMethods->xRead(layer.real(), out, size, offset);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  LayerFile& layer = LayerFile::of(file);
  const auto* begin = static_cast<const std::uint8_t*>(bytes);
  const int failure = layer.owner->enter(Operation::write);
  if (failure == SQLITE_FULL) return SQLITE_FULL;
  if (failure != SQLITE_OK && layer.owner->how() != Failure::short_write) return failure;
  const int written = failure == SQLITE_OK ? size : size / 2;
  layer.owner->note({.kind = Change::Kind::write,
                     .file = *layer.name,
                     .offset = static_cast<std::uint64_t>(offset),
                     .bytes = Bytes(begin, begin + written)});
  const int result = layer.real()->pMethods->xWrite(layer.real(), bytes, written, offset);
  return failure == SQLITE_OK ? result : failure;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  LayerFile& layer = LayerFile::of(file);
  if (layer.owner->enter(Operation::truncate) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
  layer.owner->note({.kind = Change::Kind::truncate,
                     .file = *layer.name,
                     .offset = static_cast<std::uint64_t>(size)});
  return layer.real()->pMethods->xTruncate(layer.real(), size);
}

int sync(sqlite3_file* file, int flags) {
  LayerFile& layer = LayerFile::of(file);
  if (layer.owner->enter(Operation::sync) != SQLITE_OK) return SQLITE_IOERR_FSYNC;
  if (!layer.owner->skips_syncs()) {
    const int result = layer.real()->pMethods->xSync(layer.real(), flags);
    if (result != SQLITE_OK) return result;
  }
  layer.owner->note({.kind = Change::Kind::sync, .file = *layer.name});
  return SQLITE_OK;
}

// The rest passes through.
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xFileSize(real, size);
}
int lock(sqlite3_file* f, int level) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xLock(real, level);
}
int unlock(sqlite3_file* f, int level) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xUnlock(real, level);
}
int check_lock(sqlite3_file* f, int* out) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xCheckReservedLock(real, out);
}
int control(sqlite3_file* f, int operation, void* argument) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xFileControl(real, operation, argument);
}
int sector_size(sqlite3_file* f) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xSectorSize(real);
}
int characteristics(sqlite3_file* f) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xDeviceCharacteristics(real);
}
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xShmMap(real, page, size, extend, out);
}
int shm_lock(sqlite3_file* f, int offset, int count, int flags) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xShmLock(real, offset, count, flags);
}
void shm_barrier(sqlite3_file* f) {
  auto* real = LayerFile::of(f).real();
  real->pMethods->xShmBarrier(real);
}
int shm_unmap(sqlite3_file* f, int remove) {
  auto* real = LayerFile::of(f).real();
  return real->pMethods->xShmUnmap(real, remove);
}

// Version 2: with shared memory for the write-ahead log, without memory-mapped reads.
constexpr sqlite3_io_methods kMethods = {
    2,         close_file, read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,    nullptr};

FaultVfs& owner_of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags, int* flags_out) {
  FaultVfs& owner = owner_of(vfs);
  auto* layer = new (out) LayerFile{};  // no methods: not open
  const bool temporary = path == nullptr;
  if (!temporary && owner.enter(Operation::open) != SQLITE_OK) return SQLITE_CANTOPEN;
  const bool fresh = !temporary && !std::filesystem::exists(path);
  const int result = owner.real()->xOpen(owner.real(), path, layer->real(), flags, flags_out);
  if (result != SQLITE_OK) return result;
  layer->owner = &owner;
  layer->name = new std::string(temporary ? "" : name_of(path));
  layer->base.pMethods = &kMethods;
  if (fresh) owner.note({.kind = Change::Kind::create, .file = *layer->name});
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  FaultVfs& owner = owner_of(vfs);
  if (owner.enter(Operation::remove) != SQLITE_OK) return SQLITE_IOERR_DELETE;
  owner.note({.kind = Change::Kind::remove, .file = name_of(path)});
  const int result =
      owner.real()->xDelete(owner.real(), path, owner.skips_syncs() ? 0 : sync_folder);
  if (result == SQLITE_OK && sync_folder != 0) owner.note({.kind = Change::Kind::sync_folder});
  return result;
}

int access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  sqlite3_vfs* real = owner_of(vfs).real();
  return real->xAccess(real, path, flags, out);
}
int full_path(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  sqlite3_vfs* real = owner_of(vfs).real();
  return real->xFullPathname(real, path, size, out);
}

}  // namespace

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find("unix")), layer_(*real_) {
  layer_.szOsFile = static_cast<int>(sizeof(LayerFile)) + real_->szOsFile;
  layer_.zName = "candour-fault";
  layer_.pAppData = this;
  layer_.pNext = nullptr;
  layer_.xOpen = open_file;
  layer_.xDelete = remove_file;
  layer_.xAccess = access;
  layer_.xFullPathname = full_path;
  if (sqlite3_vfs_register(&layer_, 1) != SQLITE_OK) std::abort();
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&layer_); }

void FaultVfs::fail(const Fault& fault) {
  std::lock_guard guard(mutex_);
  fault_ = fault;
  seen_ = 0;
  fired_ = false;
}

bool FaultVfs::fired() const {
  std::lock_guard guard(mutex_);
  return fired_;
}

Failure FaultVfs::how() const {
  std::lock_guard guard(mutex_);
  return fault_.how;
}

int FaultVfs::enter(Operation operation) {
  std::lock_guard guard(mutex_);
  if (fault_.at == 0 || operation != fault_.operation) return SQLITE_OK;
  ++seen_;
  if (seen_ < fault_.at || (seen_ > fault_.at && !fault_.stays)) return SQLITE_OK;
  fired_ = true;
  return fault_.how == Failure::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

void FaultVfs::record() {
  std::lock_guard guard(mutex_);
  recording_ = true;
  changes_.clear();
}

void FaultVfs::record_to(int descriptor) {
  std::lock_guard guard(mutex_);
  recording_ = true;
  descriptor_ = descriptor;
}

std::size_t FaultVfs::size() const {
  std::lock_guard guard(mutex_);
  return changes_.size();
}

std::vector<Change> FaultVfs::take_changes() {
  std::lock_guard guard(mutex_);
  recording_ = false;
  return std::move(changes_);
}

void FaultVfs::note(Change change) {
  std::lock_guard guard(mutex_);
  const bool temporary = change.file.empty() && change.kind != Change::Kind::sync_folder;
  if (!recording_ || temporary || change.file.ends_with("-shm")) return;
  if (descriptor_ < 0) return changes_.push_back(std::move(change));
  std::string line(1, static_cast<char>(change.kind));
  put(line, change.file.size(), 2);
  line += change.file;
  put(line, change.offset, 8);
  put(line, change.bytes.size(), 4);
  line.append(change.bytes.begin(), change.bytes.end());
  // A record that a kill tears is of a change that was not made yet.
  if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    std::abort();
  }
}

}  // namespace candour::testing
