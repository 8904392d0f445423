#include "mls/ratchet_tree.h"

#include <algorithm>

#include "base/assert.h"

namespace candour::mls {

void ParentNode::write(Writer& w) const {
  w.vec(encryption_key);
  w.vec(parent_hash);
  w.length(unmerged_leaves.size() * 4);
  for (LeafIndex leaf : unmerged_leaves) w.u32(leaf.value);
}

ParentNode ParentNode::read(Reader& r) {
  ParentNode out;
  out.encryption_key = r.vec();
  out.parent_hash = r.vec();
  Reader inner(r.vec());
  while (inner.ok() && !inner.at_end()) out.unmerged_leaves.push_back(LeafIndex(inner.u32()));
  if (!inner.ok()) r.fail();
  return out;
}

std::uint32_t RatchetTree::member_count() const {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < leaves_.size(); ++i) count += leaves_[i] ? 1 : 0;
  return count;
}

const LeafNode* RatchetTree::leaf(LeafIndex index) const {
  return index.value < leaves_.size() ? leaves_[index.value].get() : nullptr;
}

const ParentNode* RatchetTree::parent(NodeIndex node) const {
  CANDOUR_ASSERT(!node.is_leaf());
  return node.value / 2 < parents_.size() ? parents_[node.value / 2].get() : nullptr;
}

bool RatchetTree::blank(NodeIndex node) const {
  return node.is_leaf() ? leaf(node.leaf()) == nullptr : parent(node) == nullptr;
}

std::optional<ByteView> RatchetTree::encryption_key(NodeIndex node) const {
  if (blank(node)) return std::nullopt;
  return node.is_leaf() ? leaf(node.leaf())->encryption_key : parent(node)->encryption_key;
}

std::vector<LeafIndex> RatchetTree::members() const {
  std::vector<LeafIndex> out;
  for (std::uint32_t i = 0; i < leaf_count(); ++i) {
    if (leaves_[i]) out.push_back(LeafIndex(i));
  }
  return out;
}

void RatchetTree::append_resolution(NodeIndex node, std::vector<NodeIndex>& out) const {
  if (node.is_leaf()) {
    if (!blank(node)) out.push_back(node);
    return;
  }
  if (const ParentNode* here = parent(node)) {
    out.push_back(node);
    for (LeafIndex leaf : here->unmerged_leaves) out.push_back(NodeIndex(leaf));
    return;
  }
  append_resolution(left(node), out);
  append_resolution(right(node), out);
}

std::vector<NodeIndex> RatchetTree::resolution(NodeIndex node) const {
  std::vector<NodeIndex> out;
  append_resolution(node, out);
  return out;
}

bool RatchetTree::has_member(NodeIndex node) const {
  // A resolution is empty exactly when the subtree has no member: a parent is never left non-blank
  // over blank leaves only, as removal blanks the whole path.
  if (!blank(node)) return true;
  if (node.is_leaf()) return false;
  return has_member(left(node)) || has_member(right(node));
}

std::vector<PathStep> RatchetTree::filtered_direct_path(LeafIndex leaf) const {
  std::vector<PathStep> out;
  NodeIndex below(leaf);
  for (NodeIndex node : direct_path(leaf, leaf_count())) {
    const NodeIndex copath = *sibling(below, leaf_count());
    if (has_member(copath)) out.push_back({node, copath});
    below = node;
  }
  return out;
}

void RatchetTree::forget_hashes(NodeIndex from) {
  if (hashes_[from.value]) hashes_.set(from.value, std::nullopt);
  for (auto n = mls::parent(from, leaf_count()); n; n = mls::parent(*n, leaf_count())) {
    if (hashes_[n->value]) hashes_.set(n->value, std::nullopt);
  }
}

bool RatchetTree::has_encryption_key(ByteView key) const {
  if (!keys_.may_have(key)) return false;
  for (std::uint32_t i = 0; i < node_count(leaf_count()); ++i) {
    const auto known = encryption_key(NodeIndex(i));
    if (known && same(*known, key)) return true;
  }
  return false;
}

std::optional<LeafIndex> RatchetTree::find_signature_key(ByteView key) const {
  if (!keys_.may_have(key)) return std::nullopt;
  for (std::uint32_t i = 0; i < leaf_count(); ++i) {
    if (leaves_[i] && same(leaves_[i]->signature_key, key)) return LeafIndex(i);
  }
  return std::nullopt;
}

void RatchetTree::note_key(ByteView key) {
  if (!keys_.has_room()) fill_filter();
  keys_.add(key);
}

void RatchetTree::fill_filter() {
  // All nodes, and some that come before it is filled anew.
  keys_.reset(leaves_.size() * 7 / 2 + 64);
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    if (!leaves_[i]) continue;
    keys_.add(leaves_[i]->encryption_key);
    keys_.add(leaves_[i]->signature_key);
  }
  for (std::size_t i = 0; i < parents_.size(); ++i) {
    if (parents_[i]) keys_.add(parents_[i]->encryption_key);
  }
}

void RatchetTree::count(const LeafPtr& leaf, int by) {
  if (leaf)
    credentials_[leaf->credential.type == CredentialType::x509] += static_cast<std::uint32_t>(by);
}

void RatchetTree::put(LeafIndex index, LeafPtr leaf) {
  CANDOUR_ASSERT(index.value < leaf_count());
  const LeafPtr old = leaves_[index.value];
  const LeafPtr now = leaf;
  count(old, -1);
  count(now, 1);
  leaves_.set(index.value, std::move(leaf));
  // Only when the leaf stands there: a filter that is filled anew in between takes it from there.
  if (now) {
    note_key(now->encryption_key);
    if (!old || old->signature_key != now->signature_key) note_key(now->signature_key);
  } else {
    first_free_ = std::min(first_free_, index.value);
  }
  forget_hashes(NodeIndex(index));
}

void RatchetTree::set_leaf(LeafIndex index, VerifiedLeaf leaf) {
  put(index, std::move(leaf).take());
}

void RatchetTree::set_parent(NodeIndex node, ParentPtr parent) {
  if (parent) note_key(parent->encryption_key);
  parents_.set(node.value / 2, std::move(parent));
  forget_hashes(node);
}

void RatchetTree::extend() {
  const std::size_t leaves = leaves_.empty() ? 1 : leaves_.size() * 2;
  leaves_.resize(leaves);
  parents_.resize(leaves - 1);
  hashes_.resize(leaves * 2 - 1);
}

void RatchetTree::truncate() {
  std::size_t leaves = leaves_.size();
  const auto used = [&](std::size_t from, std::size_t to) {
    // From the right, where the last members of a tree that shrinks are.
    while (to > from && leaves_[to - 1] == nullptr) --to;
    return to > from;
  };
  while (leaves > 1 && !used(leaves / 2, leaves)) leaves /= 2;
  leaves_.resize(leaves);
  parents_.resize(leaves - 1);
  hashes_.resize(leaves * 2 - 1);
}

void RatchetTree::blank_path(LeafIndex index) {
  for (NodeIndex node : direct_path(index, leaf_count())) {
    if (parents_[node.value / 2]) parents_.set(node.value / 2, nullptr);
  }
  forget_hashes(NodeIndex(index));
}

LeafIndex RatchetTree::add(VerifiedLeaf leaf) { return place(std::move(leaf).take()); }

LeafIndex RatchetTree::add_place() { return place(std::make_shared<const LeafNode>()); }

LeafIndex RatchetTree::place(LeafPtr leaf) {
  while (first_free_ < leaves_.size() && leaves_[first_free_] != nullptr) ++first_free_;
  const LeafIndex index(first_free_);
  if (index.value == leaves_.size()) extend();
  for (NodeIndex node : direct_path(index, leaf_count())) {
    const ParentNode* old = parent(node);
    if (old == nullptr) continue;
    ParentNode next = *old;
    auto& unmerged = next.unmerged_leaves;
    unmerged.insert(std::lower_bound(unmerged.begin(), unmerged.end(), index), index);
    set_parent(node, std::make_shared<const ParentNode>(std::move(next)));
  }
  put(index, std::move(leaf));
  return index;
}

void RatchetTree::update(LeafIndex index, VerifiedLeaf leaf) {
  set_leaf(index, std::move(leaf));
  blank_path(index);
}

void RatchetTree::remove(LeafIndex index) {
  put(index, nullptr);
  blank_path(index);
  truncate();
}

Bytes RatchetTree::set_path(LeafIndex sender, const std::vector<Bytes>& keys) {
  const std::vector<PathStep> steps = filtered_direct_path(sender);
  CANDOUR_ASSERT(steps.size() == keys.size());
  blank_path(sender);
  Bytes hash_above;  // of the next node up the filtered path; empty above the topmost
  for (std::size_t i = steps.size(); i-- > 0;) {
    ParentNode node;
    node.encryption_key = keys[i];
    node.parent_hash = hash_above;
    set_parent(steps[i].node, std::make_shared<const ParentNode>(std::move(node)));
    hash_above = to_bytes(parent_hash(steps[i].node, steps[i].copath).view());
  }
  return hash_above;
}

}  // namespace candour::mls
