// What must hold of a whole ratchet tree (RFC 9420 sections 7.3, 7.9.2, 12.2 and 12.4.3.1).
#pragma once

#include "mls/ratchet_tree.h"

namespace candour::mls {

/// Section 12.4.3.1: unmerged leaves are sorted, members below their node, and listed in between.
Status check_unmerged_leaves(const RatchetTree& tree);
/// Section 7.9.2: every parent node is covered by exactly one chain of parent hashes.
Status check_parent_hashes(const RatchetTree& tree);
/// Sections 7.3 and 12.4.3.1: encryption keys differ over all nodes, signature keys over leaves.
Status check_unique_keys(const RatchetTree& tree);
/// Sections 7.3, 11.1, 12.1.7 and 13.4: every member supports the credential types in use, the
/// group's extensions and its required capabilities.
Status check_capabilities(const RatchetTree& tree, const Extensions& group_extensions);
/// The same for one leaf that came to a tree whose other members support all this.
Status check_leaf_in_group(const LeafNode& leaf, const RatchetTree& tree,
                           const Extensions& group_extensions);

/// What the application does for a joiner (JoinOptions); null for nothing.
struct LeafHelp {
  LeafCache* cache = nullptr;
  const Executor* executor = nullptr;
};
/// All of the above and each leaf by itself: what a joiner checks (section 12.4.3.1).
Status check_tree_on_join(const RatchetTree& tree, const Suite& suite, ByteView group_id,
                          const Extensions& group_extensions, const Checks& checks,
                          const LeafHelp& help = {});
Result<Verified<RatchetTree>> verify_tree_on_join(RatchetTree&& tree, const Suite& suite,
                                                  ByteView group_id,
                                                  const Extensions& group_extensions,
                                                  const Checks& checks, const LeafHelp& help);

}  // namespace candour::mls
