// Leaves as rows of log_entries, and the entries they stand for (storage/relay_schema.h). For
// storage/relay_* only. What reads or writes throws SQLite::Exception. Not thread-safe.
#pragma once

#include <array>
#include <list>
#include <vector>

#include "storage/relay_db.h"
#include "storage/relay_rows.h"
#include "storage/relay_schema.h"
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

/// Blocks of kBlockEntries leaves as they were read lately, with the hashes of the complete
/// subtrees in them, so that a proof hashes next to nothing: a log only grows.
class EntryBlocks {
 public:
  explicit EntryBlocks(RelayDb& db) : db_(db) {}

  /// All entries of block `n` that are in the log, 34 bytes each. Good until the next call.
  const Bytes& entries(std::uint64_t n);
  /// The hash of complete subtree `index` at a level below kStoredLevelStep; null when the log does
  /// not have all of it. Good until the next call.
  const Digest* node(unsigned level, std::uint64_t index);

 private:
  struct Block {
    std::uint64_t number = 0;
    Bytes entries;
    std::array<std::vector<Digest>, kStoredLevelStep>
        nodes;  // by level, as far as they were asked for
  };
  Block& block(std::uint64_t n);

  RelayDb& db_;
  std::list<Block> blocks_;  // most recently used first
};

}  // namespace candour::storage
