// Tree hashes and parent hashes (RFC 9420 sections 7.8 and 7.9), and the wire form of the tree
// (section 12.4.3.3).
#include <algorithm>

#include "base/assert.h"
#include "mls/ratchet_tree.h"

namespace candour::mls {
namespace {

enum class NodeType : std::uint8_t { leaf = 1, parent = 2 };

Digest leaf_hash(LeafIndex index, const LeafNode* leaf) {
  Writer w;
  w.u8(static_cast<std::uint8_t>(NodeType::leaf));
  w.u32(index.value);
  w.u8(leaf ? 1 : 0);
  if (leaf) leaf->write(w);
  return hash(w.view());
}

Digest parent_node_hash(const ParentNode* node, const Digest& left, const Digest& right) {
  Writer w;
  w.u8(static_cast<std::uint8_t>(NodeType::parent));
  w.u8(node ? 1 : 0);
  if (node) node->write(w);
  w.vec(left.view());
  w.vec(right.view());
  return hash(w.view());
}

/// Looks for the same among those seen before; their number is bounded.
void share_capabilities(LeafNode& leaf, std::vector<SharedCapabilities>& known) {
  for (const SharedCapabilities& one : known) {
    if (one != leaf.capabilities) continue;
    leaf.capabilities.share_with(one);
    return;
  }
  constexpr std::size_t kKnownMax = 32;
  if (known.size() < kKnownMax) known.push_back(leaf.capabilities);
}

}  // namespace

Digest RatchetTree::tree_hash(NodeIndex node) const {
  if (const auto& cached = hashes_[node.value]) return *cached;
  const Digest hash = node.is_leaf() ? leaf_hash(node.leaf(), leaf(node.leaf()))
                                     : parent_node_hash(parent(node), tree_hash(left(node)),
                                                        tree_hash(right(node)));
  hashes_.set(node.value, hash);
  return hash;
}

Digest RatchetTree::original_tree_hash(NodeIndex node, const std::set<LeafIndex>& without) const {
  const auto first = without.lower_bound(first_leaf(node));
  if (first == without.end() || *first >= end_leaf(node)) return tree_hash(node);
  if (node.is_leaf()) return leaf_hash(node.leaf(), nullptr);
  const Digest l = original_tree_hash(left(node), without);
  const Digest r = original_tree_hash(right(node), without);
  const ParentNode* here = parent(node);
  if (here == nullptr) return parent_node_hash(nullptr, l, r);
  ParentNode filtered = *here;
  std::erase_if(filtered.unmerged_leaves, [&](LeafIndex i) { return without.contains(i); });
  return parent_node_hash(&filtered, l, r);
}

Digest RatchetTree::parent_hash(NodeIndex node, NodeIndex copath) const {
  const ParentNode* here = parent(node);
  CANDOUR_ASSERT(here != nullptr);
  const std::set<LeafIndex> unmerged(here->unmerged_leaves.begin(), here->unmerged_leaves.end());
  Writer w;
  w.vec(here->encryption_key);
  w.vec(here->parent_hash);
  w.vec(original_tree_hash(copath, unmerged).view());
  return hash(w.view());
}

Bytes RatchetTree::encode() const {
  std::uint32_t used = leaf_count() == 0 ? 0 : node_count(leaf_count());
  while (used > 0 && blank(NodeIndex(used - 1))) --used;
  Writer inner;
  for (std::uint32_t i = 0; i < used; ++i) {
    const NodeIndex node(i);
    inner.u8(blank(node) ? 0 : 1);
    if (blank(node)) continue;
    inner.u8(static_cast<std::uint8_t>(node.is_leaf() ? NodeType::leaf : NodeType::parent));
    if (node.is_leaf()) {
      leaf(node.leaf())->write(inner);
    } else {
      parent(node)->write(inner);
    }
  }
  Writer w;
  w.vec(inner.view());
  return w.take();
}

Result<RatchetTree> RatchetTree::decode(ByteView ratchet_tree) {
  Reader outer(ratchet_tree);
  Reader r(outer.vec());
  if (!outer.finish()) return broken(Rule::malformed);
  RatchetTree tree;
  bool last_blank = true;
  std::vector<SharedCapabilities> known;
  for (std::uint32_t i = 0; r.ok() && !r.at_end(); ++i) {
    const bool is_leaf = i % 2 == 0;
    if (i >= node_count(kTreeLeavesMax)) return broken(Rule::tree_too_large);
    if (is_leaf) {
      tree.leaves_.push_back(nullptr);
    } else {
      tree.parents_.push_back(nullptr);
    }
    last_blank = !read_presence(r);
    if (last_blank) continue;
    const NodeType type = NodeType(r.u8());
    if (!r.ok()) break;
    if (type != (is_leaf ? NodeType::leaf : NodeType::parent)) return broken(Rule::tree_node_type);
    if (is_leaf) {
      LeafNode leaf = LeafNode::read(r);
      share_capabilities(leaf, known);
      tree.leaves_.set(i / 2, std::make_shared<const LeafNode>(std::move(leaf)));
      tree.count(tree.leaves_.back(), 1);
    } else {
      tree.parents_.set(i / 2, std::make_shared<const ParentNode>(ParentNode::read(r)));
    }
  }
  if (!r.ok()) return broken(Rule::malformed);
  if (last_blank) return broken(Rule::tree_trailing_blank);
  std::size_t leaves = 1;
  while (leaves < tree.leaves_.size() || leaves - 1 < tree.parents_.size()) leaves *= 2;
  tree.leaves_.resize(leaves);
  tree.parents_.resize(leaves - 1);
  tree.hashes_.resize(leaves * 2 - 1);
  tree.fill_filter();
  return tree;
}

}  // namespace candour::mls
