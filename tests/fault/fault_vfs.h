// A layer between SQLite and the disk that lets chosen operations fail and notes what is written.
//
//   FaultVfs disk;                                     // from here on under every database opened
//   disk.fail({.operation = Operation::write, .at = 7, .how = Failure::full});
//   ... use the real store ...
//   disk.fired();                                      // whether the 7th write came at all
//
// It registers itself as SQLite's default VFS over "unix"; databases must be closed before it goes.
// Locks and the shared memory of the write-ahead log pass through. Thread-safe.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candour::testing {

enum class Operation { open, read, write, sync, truncate, remove };
inline constexpr std::size_t kOperations = 6;

enum class Failure {
  io,           // EIO; nothing happens
  short_write,  // the first half of the bytes, then EIO; of a read as io
  full,         // ENOSPC; nothing happens
};

struct Fault {
  Operation operation = Operation::write;
  std::uint64_t at = 0;  // the n-th from now on, from 1; 0 = never
  Failure how = Failure::io;
  bool stays = false;  // and every later operation of the kind
};

/// One change of the disk, in the order in which it was made.
struct Change {
  enum class Kind : std::uint8_t { create = 1, write, truncate, sync, remove, sync_folder };
  Kind kind = Kind::write;
  std::string file;          // its name without the folder
  std::uint64_t offset = 0;  // of a write; the size of a truncate
  Bytes bytes;
};

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  void fail(const Fault& fault);
  /// Whether the fault has come true since `fail`.
  bool fired() const;

  /// Notes changes from now on, into memory or (append) into a file as `journal.py` reads it.
  void record();
  void record_to(int descriptor);
  /// How many changes were noted.
  std::size_t size() const;
  std::vector<Change> take_changes();
  /// Syncs are noted and not done: for many short runs whose disk nobody pulls the plug of.
  void skip_syncs(bool skip) { skip_syncs_ = skip; }

  // Of the files of this layer only.
  /// SQLITE_OK, or the error that shall come of it.
  int enter(Operation operation);
  void note(Change change);
  Failure how() const;
  bool skips_syncs() const { return skip_syncs_; }
  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs* real_;
  sqlite3_vfs layer_;
  mutable std::mutex mutex_;
  Fault fault_;
  std::uint64_t seen_ = 0;
  bool fired_ = false;
  bool recording_ = false;
  bool skip_syncs_ = false;
  int descriptor_ = -1;
  std::vector<Change> changes_;
};

}  // namespace candour::testing
