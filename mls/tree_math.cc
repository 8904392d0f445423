#include "mls/tree_math.h"

#include <bit>

#include "base/assert.h"

namespace candour::mls {

unsigned level(NodeIndex node) { return static_cast<unsigned>(std::countr_one(node.value)); }

NodeIndex left(NodeIndex parent) {
  const unsigned k = level(parent);
  CANDOUR_ASSERT(k > 0);
  return NodeIndex(parent.value ^ (1u << (k - 1)));
}

NodeIndex right(NodeIndex parent) {
  const unsigned k = level(parent);
  CANDOUR_ASSERT(k > 0);
  return NodeIndex(parent.value ^ (3u << (k - 1)));
}

std::optional<NodeIndex> parent(NodeIndex node, std::uint32_t leaf_count) {
  if (node == root(leaf_count)) return std::nullopt;
  const unsigned k = level(node);
  const std::uint32_t side = node.value >> (k + 1) & 1;
  return NodeIndex((node.value | 1u << k) ^ side << (k + 1));
}

std::optional<NodeIndex> sibling(NodeIndex node, std::uint32_t leaf_count) {
  const auto above = parent(node, leaf_count);
  if (!above) return std::nullopt;
  return node < *above ? right(*above) : left(*above);
}

LeafIndex first_leaf(NodeIndex node) {
  return LeafIndex((node.value - ((1u << level(node)) - 1)) / 2);
}

LeafIndex end_leaf(NodeIndex node) {
  return LeafIndex((node.value + ((1u << level(node)) - 1)) / 2 + 1);
}

bool covers(NodeIndex node, LeafIndex leaf) {
  return first_leaf(node) <= leaf && leaf < end_leaf(node);
}

std::vector<NodeIndex> direct_path(LeafIndex leaf, std::uint32_t leaf_count) {
  std::vector<NodeIndex> path;
  for (auto n = parent(NodeIndex(leaf), leaf_count); n; n = parent(*n, leaf_count)) {
    path.push_back(*n);
  }
  return path;
}

NodeIndex common_ancestor(LeafIndex a, LeafIndex b) {
  CANDOUR_ASSERT(a != b);
  // Leaves that agree above bit k meet at the node of level k, in the middle of their 2^k leaves.
  const unsigned k = static_cast<unsigned>(std::bit_width(a.value ^ b.value));
  return NodeIndex((a.value >> k << (k + 1)) + (1u << k) - 1);
}

}  // namespace candour::mls
