// Which lists of proposals are valid and what they do (RFC 9420 sections 12.2 and 12.3).
#pragma once

#include "mls/group_state.h"

namespace candour::mls::internal {

struct CommittedProposal {
  LeafIndex sender;
  Proposal proposal;
};

/// The tree and context after the proposals, before any UpdatePath.
struct AppliedProposals {
  RatchetTree tree;
  Extensions extensions;
  std::vector<LeafIndex> added;
  std::vector<Member> removed;
  std::vector<PreSharedKeyId> psks;
  bool needs_path = false;

  std::set<LeafIndex> added_set() const { return {added.begin(), added.end()}; }
};

/// Checks the list for a commit of `committer` and applies it to a copy of the tree.
Result<AppliedProposals> apply_proposals(const EpochState& epoch, const Suite& suite,
                                         LeafIndex committer,
                                         const std::vector<CommittedProposal>& proposals,
                                         const Checks& checks);

/// Section 12.2, last item: the tree with path and all is valid. Leaves that were there before
/// were checked then.
Status check_resulting_tree(const RatchetTree& tree, const Extensions& extensions);

/// Section 12.1.4.
Status check_psk_id(const PreSharedKeyId& id);

}  // namespace candour::mls::internal
