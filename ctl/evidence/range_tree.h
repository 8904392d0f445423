// The part of the log's tree that a run of neighbouring leaves and its range proof (tlog/range.h)
// let one rebuild: its root, and the inclusion proof of every leaf of the run. So thousands of
// proofs need one answer of the relay, and whoever has the bundle can make them again.
//
// A value; 40 bytes for each leaf and inner node. Const calls are thread-safe.
#pragma once

#include <span>
#include <vector>

#include "tlog/tree.h"

namespace candour::ctl {

class RangeTree {
 public:
  /// The leaves first, first + 1, ... of a tree of `size` leaves. log_inconsistent when the proof
  /// does not come out even; compare `root` with a checkpoint before believing anything.
  static Result<RangeTree> build(std::span<const Digest> leaf_hashes, std::uint64_t first,
                                 std::uint64_t size, const tlog::Proof& proof);

  const Digest& root() const { return nodes_.front().hash; }
  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }
  std::uint64_t size() const { return size_; }
  /// Inclusion proof of leaf `index`, first <= index < end (asserted), in the tree of `size`.
  tlog::Proof inclusion(std::uint64_t index) const;

 private:
  // In the order of a walk from the root: a left child stands next to its parent.
  struct Node {
    Digest hash;
    std::size_t right = 0;  // 0: a leaf, or a subtree outside the run
  };
  struct Builder;

  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t size_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace candour::ctl
