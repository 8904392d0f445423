#include "ctl/evidence/range_tree.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace candour::ctl {

struct RangeTree::Builder {
  std::span<const Digest> leaves;
  const tlog::Proof& proof;
  RangeTree& tree;
  std::size_t used = 0;
  bool short_of_hashes = false;

  Digest build(std::uint64_t start, std::uint64_t count) {
    const std::size_t at = tree.nodes_.size();
    tree.nodes_.push_back({});
    Digest hash;
    if (tree.end_ <= start || tree.first_ >= start + count) {
      if (used < proof.size()) {
        hash = proof[used++];
      } else {
        short_of_hashes = true;
      }
    } else if (count == 1) {
      hash = leaves[start - tree.first_];
    } else {
      const std::uint64_t k = std::bit_floor(count - 1);
      const Digest left = build(start, k);
      const std::size_t right_at = tree.nodes_.size();
      hash = tlog::node_hash(left, build(start + k, count - k));
      tree.nodes_[at].right = right_at;
    }
    tree.nodes_[at].hash = hash;
    return hash;
  }
};

Result<RangeTree> RangeTree::build(std::span<const Digest> leaf_hashes, std::uint64_t first,
                                   std::uint64_t size, const tlog::Proof& proof) {
  if (leaf_hashes.empty() || size > tlog::kTreeSizeMax || first >= size ||
      leaf_hashes.size() > size - first) {
    return error(ErrorCode::log_inconsistent,
                 "the range of log entries is empty or reaches beyond the checkpoint");
  }
  RangeTree tree;
  tree.first_ = first;
  tree.end_ = first + leaf_hashes.size();
  tree.size_ = size;
  tree.nodes_.reserve(2 * leaf_hashes.size() + 2 * proof.size());
  Builder builder{leaf_hashes, proof, tree};
  builder.build(0, size);
  if (builder.short_of_hashes || builder.used != proof.size()) {
    return error(ErrorCode::log_inconsistent,
                 "the range proof has too few or too many hashes for its range");
  }
  return tree;
}

tlog::Proof RangeTree::inclusion(std::uint64_t index) const {
  CANDOUR_ASSERT(index >= first_ && index < end_);
  tlog::Proof path;
  std::size_t at = 0;
  std::uint64_t start = 0;
  std::uint64_t count = size_;
  while (count > 1) {
    const std::uint64_t k = std::bit_floor(count - 1);
    const std::size_t left = at + 1;
    const std::size_t right = nodes_[at].right;
    if (index < start + k) {
      path.push_back(nodes_[right].hash);
      at = left;
      count = k;
    } else {
      path.push_back(nodes_[left].hash);
      at = right;
      start += k;
      count -= k;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace candour::ctl
