// The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1) over SHA-256: appending, roots,
// inclusion and consistency proofs. Pure: where hashes are stored is the caller's business.
//
// Stored are the hashes of complete subtrees. Node (level, index) covers the 2^level leaves from
// index * 2^level on; level 0 holds the leaf hashes. A hash once stored never changes.
//
//   leaf hash = SHA-256(00 || entry)          tlog::leaf_hash (tlog/leaf.h)
//   node hash = SHA-256(01 || left || right)
//   root of the empty tree = SHA-256("")
//
// Functions are pure and thread-safe as far as the reader is.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace candour::tlog {

/// A complete subtree.
struct NodeId {
  unsigned level = 0;
  std::uint64_t index = 0;
  auto operator<=>(const NodeId&) const = default;
};

struct StoredHash {
  NodeId node;
  Digest hash;
};

/// Where stored hashes come from.
class HashReader {
 public:
  virtual ~HashReader() = default;
  /// The hash of a complete subtree; an error when it is not stored (log_inconsistent) or cannot be
  /// read (storage_failed).
  virtual Result<Digest> read(unsigned level, std::uint64_t index) const = 0;
};

/// Hashes in memory, over others or none: for tests, and for several appends in one transaction.
class MemoryHashes : public HashReader {
 public:
  MemoryHashes() = default;
  /// Reads what it does not hold itself from `below`, which must outlive it.
  explicit MemoryHashes(const HashReader& below) : below_(&below) {}

  void put(const StoredHash& stored) { hashes_[stored.node] = stored.hash; }
  void put(const std::vector<StoredHash>& stored) {
    for (const StoredHash& one : stored) put(one);
  }
  Result<Digest> read(unsigned level, std::uint64_t index) const override;
  const std::map<NodeId, Digest>& hashes() const { return hashes_; }

 private:
  const HashReader* below_ = nullptr;
  std::map<NodeId, Digest> hashes_;
};

/// The right edge of a tree: all one needs to append and to know the root, log2(size) hashes.
/// A value; not thread-safe.
class Frontier {
 public:
  /// The empty tree.
  Frontier() = default;
  /// The edge of the tree of `size` leaves.
  static Result<Frontier> load(std::uint64_t size, const HashReader& reader);

  /// Appends the leaf and returns every hash that became complete, the leaf's own first.
  std::vector<StoredHash> append(const Digest& leaf_hash);
  std::uint64_t size() const { return size_; }
  Digest root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> complete_;  // maximal complete subtrees, largest (leftmost) first
};

/// Largest number of leaves this library counts to.
inline constexpr std::uint64_t kTreeSizeMax = std::uint64_t{1} << 62;

Digest empty_root();
Digest node_hash(const Digest& left, const Digest& right);

/// What to store when `leaf_hash` becomes leaf number `index` (from 0) of a tree of `index` leaves.
Result<std::vector<StoredHash>> hashes_for_append(std::uint64_t index, const Digest& leaf_hash,
                                                  const HashReader& reader);

/// The root of the tree of the first `size` leaves.
Result<Digest> tree_hash(std::uint64_t size, const HashReader& reader);

/// Hashes in the order of RFC 6962; at most 63 (of a range proof: tlog/range.h).
using Proof = std::vector<Digest>;

/// input_invalid unless index < size.
Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashReader& reader);
/// input_invalid unless old_size <= new_size. Empty when the sizes are equal or old_size is 0.
Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t new_size,
                                const HashReader& reader);

/// log_inconsistent unless the leaf is number `index` of the tree of `size` leaves with `root`.
Status verify_inclusion(const Digest& leaf_hash, std::uint64_t index, std::uint64_t size,
                        const Proof& proof, const Digest& root);
/// log_inconsistent unless the older tree is a prefix of the newer. An old size of 0 is consistent
/// with everything; the proof must then be empty and the old root that of the empty tree.
Status verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t new_size,
                          const Digest& new_root, const Proof& proof);

}  // namespace candour::tlog
