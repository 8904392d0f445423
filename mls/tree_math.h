// Positions in the ratchet tree (RFC 9420 section 4.1 and appendix C): nodes of a full binary tree
// numbered from left to right, leaves at the even numbers. A node keeps its number when the tree
// is extended or truncated on the right. `leaf_count` is always a power of two.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "mls/types.h"

namespace candour::mls {

/// More than limits::kGroupMembersMax because others may form sparse trees.
inline constexpr std::uint32_t kTreeLeavesMax = 1u << 16;

struct NodeIndex {
  std::uint32_t value = 0;
  constexpr NodeIndex() = default;
  constexpr explicit NodeIndex(std::uint32_t v) : value(v) {}
  constexpr explicit NodeIndex(LeafIndex leaf) : value(leaf.value * 2) {}
  auto operator<=>(const NodeIndex&) const = default;

  constexpr bool is_leaf() const { return value % 2 == 0; }
  /// Only for leaves.
  constexpr LeafIndex leaf() const { return LeafIndex(value / 2); }
};

/// 0 for leaves.
unsigned level(NodeIndex node);
constexpr std::uint32_t node_count(std::uint32_t leaf_count) { return 2 * leaf_count - 1; }
constexpr NodeIndex root(std::uint32_t leaf_count) { return NodeIndex(leaf_count - 1); }
/// Only for parents.
NodeIndex left(NodeIndex parent);
NodeIndex right(NodeIndex parent);
/// Nothing for the root.
std::optional<NodeIndex> parent(NodeIndex node, std::uint32_t leaf_count);
std::optional<NodeIndex> sibling(NodeIndex node, std::uint32_t leaf_count);
/// Is `leaf` in the subtree under `node`?
bool covers(NodeIndex node, LeafIndex leaf);
/// First leaf below `node` and the one after the last.
LeafIndex first_leaf(NodeIndex node);
LeafIndex end_leaf(NodeIndex node);
/// The parents from just above `leaf` up to and with the root.
std::vector<NodeIndex> direct_path(LeafIndex leaf, std::uint32_t leaf_count);
/// The lowest node that covers both; they must differ.
NodeIndex common_ancestor(LeafIndex a, LeafIndex b);

}  // namespace candour::mls
