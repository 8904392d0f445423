// What every commit is built of (RFC 9420 section 12.4.1), be it a member's or a joiner's.
#pragma once

#include "mls/proposal_list.h"
#include "mls/welcome.h"

namespace candour::mls::internal {

struct CommitPlan {
  std::vector<ProposalOrRef> proposals;
  AppliedProposals applied;
  bool with_path = true;
  Sender sender;
  WireFormat wire_format = WireFormat::private_message;
  Bytes authenticated_data;
  std::vector<SecretBytes> psks;
  LeafChange change;
};

struct BuiltCommit {
  AuthenticatedContent content;  // signed, with its confirmation tag
  EpochState next;
  std::optional<NewPath> path;
  KdfSecret joiner;
  KdfSecret psk;
};

/// `state.now` is the epoch it ends, with `own.leaf` the committer's leaf in `plan.applied.tree`.
Result<BuiltCommit> build_commit(const GroupState& state, CommitPlan& plan,
                                 const KdfSecret& init_secret, Random& random);

/// The tree and GroupInfo of an epoch of this member's, signed with its key of that epoch.
GroupInfo make_signed_group_info(const crypto::SigningKey& key, const EpochState& epoch,
                                 bool with_tree, bool with_external_pub);

/// What the staged commit of this member says of `plan`.
Staged stage_own(const GroupState& state, const CommitPlan& plan, EpochState&& next);

}  // namespace candour::mls::internal
