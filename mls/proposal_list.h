// Which lists of proposals are valid and what they do (RFC 9420 sections 12.2 and 12.3).
#pragma once

#include "mls/group_state.h"

namespace candour::mls::internal {

struct CommittedProposal {
  Sender sender;
  Proposal proposal;
  bool by_reference = false;
  OwnUpdate own_update = {};
  /// Of an Add that was verified before.
  VerifiedPackage package = nullptr;
};

/// Whose list it is and what it is held against.
struct ListContext {
  const GroupContext& group;
  const RatchetTree& tree;
  const Suite& suite;
  const Policy& policy;
  Checks checks;
  Sender committer;
  /// The first commit of a group that follows or branches from another (sections 11.2, 11.3).
  bool founding = false;
  /// A single proposal whose list is not known yet: a Remove in it may make room for an Add.
  bool alone = false;
};

/// The tree and context after the proposals, before any UpdatePath.
struct AppliedProposals {
  RatchetTree tree;
  Extensions extensions;
  std::vector<LeafIndex> added;
  /// Of the added leaves, in the same order.
  std::vector<VerifiedPackage> packages;
  std::vector<LeafIndex> updated;
  std::vector<Member> removed;
  std::vector<PreSharedKeyId> psks;
  std::optional<ReInit> reinit;
  std::optional<ExternalInit> external_init;
  /// Of an external commit: where its sender sits.
  std::optional<LeafIndex> joiner;
  /// Of the removed leaf, which the leaf of an external commit must not repeat.
  Bytes replaced_key;
  OwnUpdate own_update;
  bool needs_path = false;
  /// A key came that some node may have: all keys are to be compared.
  bool keys_may_repeat = false;

  std::set<LeafIndex> added_set() const { return {added.begin(), added.end()}; }
};

/// Checks the list and applies it to a copy of the tree.
Result<AppliedProposals> apply_proposals(const ListContext& context,
                                         const std::vector<CommittedProposal>& proposals);

/// Section 12.2, last item: the tree with path and all is valid. What was there before was checked
/// then, and the keys of a path are checked where it is merged (section 12.4.2), so what is looked
/// at is what came: all members only when the group's extensions or the credential types in use
/// change, or a key may be there twice. `committer` is the leaf of the path, if any.
Status check_resulting_tree(const ListContext& before, const AppliedProposals& applied,
                            std::optional<LeafIndex> committer);

/// Section 12.1.4: the nonce's length; and the usage, where no group begins.
Status check_psk_id(const PreSharedKeyId& id, bool founding);

}  // namespace candour::mls::internal
