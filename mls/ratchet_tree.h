// The public half of a ratchet tree (RFC 9420 sections 4.1, 7.1, 7.4 to 7.8): who sits where, and
// the public keys of the subtrees.
//
// A value: copies share the nodes, which never change once made, and runs of pointers to them. Tree
// hashes are cached and only the changed paths are computed again; the cache makes even const calls
// not thread-safe.
#pragma once

#include <set>

#include "mls/key_filter.h"
#include "mls/leaf_node.h"
#include "mls/shared_vector.h"
#include "mls/tree_math.h"

namespace candour::mls {

struct ParentNode {
  ShortBytes<32> encryption_key;
  ShortBytes<32> parent_hash;
  std::vector<LeafIndex> unmerged_leaves;

  void write(Writer& w) const;
  static ParentNode read(Reader& r);
  bool operator==(const ParentNode&) const = default;
};

using ParentPtr = std::shared_ptr<const ParentNode>;

/// A node of a filtered direct path and its child on the copath.
struct PathStep {
  NodeIndex node;
  NodeIndex copath;
};

class RatchetTree {
 public:
  /// No leaves at all; only for filling in.
  RatchetTree() = default;

  /// Section 12.4.3.3; checks shape only, see tree_validation.h for the rest.
  static Result<RatchetTree> decode(ByteView ratchet_tree);
  Bytes encode() const;

  /// A power of two, or 0 for an empty tree.
  std::uint32_t leaf_count() const { return static_cast<std::uint32_t>(leaves_.size()); }
  std::uint32_t member_count() const;
  /// Null when blank or outside the tree.
  const LeafNode* leaf(LeafIndex index) const;
  const ParentNode* parent(NodeIndex node) const;
  bool blank(NodeIndex node) const;
  /// Nothing for a blank node; the view lives as long as the node stays in the tree.
  std::optional<ByteView> encryption_key(NodeIndex node) const;
  /// Is the key that of some node? Mostly without looking at all of them.
  bool has_encryption_key(ByteView key) const;
  /// Whose signature key is it? Mostly without looking at all leaves.
  std::optional<LeafIndex> find_signature_key(ByteView key) const;
  /// False when no node has or lately had this key, for encryption or signatures; true may be
  /// wrong.
  bool may_have_key(ByteView key) const { return keys_.may_have(key); }
  /// Does some member have a credential of this type?
  bool uses(CredentialType type) const { return credentials_[type == CredentialType::x509] > 0; }
  /// The non-blank leaves from left to right.
  std::vector<LeafIndex> members() const;

  /// Section 4.1.2.
  std::vector<NodeIndex> resolution(NodeIndex node) const;
  /// The direct path without nodes whose copath child has an empty resolution, from below.
  std::vector<PathStep> filtered_direct_path(LeafIndex leaf) const;

  /// Section 12.1.1: into the leftmost blank leaf; returns where.
  LeafIndex add(VerifiedLeaf leaf);
  /// As add, for one whose path will bring its leaf (section 12.4.3.2): an empty one until then.
  LeafIndex add_place();
  /// Section 12.1.2: replaces the leaf, blanks the path above.
  void update(LeafIndex index, VerifiedLeaf leaf);
  /// Section 12.1.3: blanks leaf and path, truncates the tree.
  void remove(LeafIndex index);
  /// Section 7.5, first half: blanks the direct path of `sender`, puts `keys` (one for each step
  /// of the filtered direct path, as it was before) and new parent hashes there. Returns the
  /// parent hash the sender's new leaf must carry.
  Bytes set_path(LeafIndex sender, const std::vector<Bytes>& keys);
  /// Replaces the leaf only.
  void set_leaf(LeafIndex index, VerifiedLeaf leaf);

  /// Section 7.8; cached.
  Digest tree_hash(NodeIndex node) const;
  Digest root_hash() const { return tree_hash(root(leaf_count())); }
  /// Section 7.9: the tree hash of `sibling` with the given leaves blanked and unlisted.
  Digest original_tree_hash(NodeIndex sibling, const std::set<LeafIndex>& without) const;
  /// Section 7.9: the parent hash of `node` with the given copath child.
  Digest parent_hash(NodeIndex node, NodeIndex copath) const;

 private:
  LeafIndex place(LeafPtr leaf);
  void put(LeafIndex index, LeafPtr leaf);
  void count(const LeafPtr& leaf, int by);
  void extend();
  void truncate();
  void blank_path(LeafIndex index);
  void set_parent(NodeIndex node, ParentPtr parent);
  void forget_hashes(NodeIndex from);
  void append_resolution(NodeIndex node, std::vector<NodeIndex>& out) const;
  bool has_member(NodeIndex node) const;

  void note_key(ByteView key);
  void fill_filter();

  /// No leaf left of it is blank, so that adding many does not look at all of them each time.
  std::uint32_t first_free_ = 0;
  std::array<std::uint32_t, 2> credentials_{};  // how many are basic, how many X.509
  SharedVector<LeafPtr> leaves_;
  SharedVector<ParentPtr> parents_;  // node 2i+1 at i
  mutable SharedVector<std::optional<Digest>> hashes_;
  KeyFilter keys_;
};

}  // namespace candour::mls
