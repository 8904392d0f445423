// Leaves as rows of log_entries, and the entries they stand for (storage/relay_schema.h). For
// storage/relay_* only. What reads or writes throws SQLite::Exception. Not thread-safe.
#pragma once

#include "storage/relay_db.h"
#include "storage/relay_rows.h"
#include "tlog/leaf.h"

namespace candour::storage {

/// Column `leaf` of a new row.
Bytes pack_leaf(const LogLeaf& leaf);

/// The 34 bytes of the entry of a row.
Bytes entry_of(ByteView leaf, ByteView record);
/// The opening of a row; empty for a leaf of class opening.
Bytes opening_of(ByteView leaf, ByteView record);

/// Column `prefix` of log_lookup.
std::uint64_t lookup_prefix(const Digest& leaf_hash);

/// The entries of bundles, complete ones from log_bundles and the last one from its rows. What was
/// read is kept: a log only grows.
class Bundles {
 public:
  explicit Bundles(RelayDb& db) : db_(db) {}

  /// All entries of bundle `n` that are in the log, 34 bytes each. Good until the next call.
  const Bytes& entries(std::uint64_t n);
  /// Entry number `index` was written: saves reading it back.
  void written(std::uint64_t index, ByteView entry);

 private:
  void extend_tail(std::uint64_t n);

  RelayDb& db_;
  std::uint64_t complete_number_ = 0;
  Bytes complete_;
  std::uint64_t tail_number_ = 0;
  Bytes tail_;
};

}  // namespace candour::storage
