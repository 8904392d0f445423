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
Bytes entry_of(ByteView leaf);
/// The opening of a row; empty for a leaf of class opening.
Bytes opening_of(ByteView leaf, ByteView record);

/// Throws unless the entry of a row is what its opening and record make.
void check_leaf(std::uint64_t index, ByteView leaf, ByteView record);

/// Column `prefix` of log_lookup.
std::uint64_t lookup_prefix(const Digest& leaf_hash);

/// The entries of blocks of kBlockEntries leaves. The last block that was read is kept: a log only
/// grows.
class EntryBlocks {
 public:
  explicit EntryBlocks(RelayDb& db) : db_(db) {}

  /// All entries of block `n` that are in the log, 34 bytes each. Good until the next call.
  const Bytes& entries(std::uint64_t n);

 private:
  RelayDb& db_;
  std::uint64_t number_ = 0;
  Bytes entries_;
};

}  // namespace candour::storage
