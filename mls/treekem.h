// The private half of the ratchet tree: path secrets and UpdatePaths (RFC 9420 sections 7.4 to 7.6,
// 12.4.1 and 12.4.2).
#pragma once

#include <map>

#include "mls/commit.h"
#include "mls/proposal.h"
#include "mls/ratchet_tree.h"

namespace candour::mls {

/// The private keys one member holds: its leaf's and those of nodes above it. Keys are shared by
/// copies and never change.
struct TreePrivate {
  LeafIndex leaf;
  std::shared_ptr<const crypto::SealingKey> leaf_key;
  std::map<NodeIndex, std::shared_ptr<const crypto::SealingKey>> parents;

  const crypto::SealingKey* find(NodeIndex node) const;
  /// Drops keys of nodes that are blank in `tree` or have another public key there.
  void keep_matching(const RatchetTree& tree);
};

/// path_secret[n+1] (section 7.4).
KdfSecret next_path_secret(const KdfSecret& path_secret);
crypto::SealingKey node_key(const KdfSecret& path_secret);

/// The committer's side, before encryption: the tree already holds the new path.
struct NewPath {
  std::vector<PathStep> steps;
  std::vector<KdfSecret> path_secrets;  // one for each step
  KdfSecret commit_secret;
};
/// Puts fresh keys on the path of `own.leaf` in `tree`, and a new leaf signed with `key`, or with
/// the key of `change`.
NewPath make_path(RatchetTree& tree, TreePrivate& own, ByteView group_id,
                  const crypto::SigningKey& key, Random& random, const LeafChange& change = {});
/// Gives a leaf of this device another identity or signature key.
void change_leaf(LeafNode& leaf, const LeafChange& change);
/// Encrypts the path secrets to the resolutions without the leaves `added` in this commit.
Result<UpdatePath> encrypt_path(const Suite& suite, const RatchetTree& tree, const TreePrivate& own,
                                const NewPath& path, ByteView provisional_context,
                                const std::set<LeafIndex>& added, Random& random);

/// The receiver's side (section 12.4.2): checks the path against the tree with the proposals
/// applied, then merges its public half into it. Not the leaf's capabilities.
Status merge_path(RatchetTree& tree, const Suite& suite, ByteView group_id, LeafIndex sender,
                  const UpdatePath& path, const std::set<LeafIndex>& added);
struct OpenedPath {
  KdfSecret path_secret;  // the one that was decrypted
  KdfSecret commit_secret;
};
/// `tree` has the path merged. Decrypts the path secret for `own` and stores the private keys.
Result<OpenedPath> open_path(const Suite& suite, const RatchetTree& tree, TreePrivate& own,
                             LeafIndex sender, const UpdatePath& path, ByteView provisional_context,
                             const std::set<LeafIndex>& added);
/// Derives the keys from `node` up to the root along the filtered path of `sender`, checks them
/// against the tree and stores them. Returns the secret one step past the last.
Result<KdfSecret> implant_path_secret(const RatchetTree& tree, TreePrivate& own, LeafIndex sender,
                                      NodeIndex node, KdfSecret&& path_secret);

}  // namespace candour::mls
