// Processing a commit (RFC 9420 section 12.4.2). Nothing here changes the group: the outcome is the
// next epoch, staged.
#include <algorithm>

#include "mls/group_state.h"
#include "mls/proposal_list.h"

namespace candour::mls::internal {
namespace {

Result<std::vector<CommittedProposal>> resolve(const GroupState& state, const Sender& committer,
                                               const Commit& commit) {
  std::vector<CommittedProposal> out;
  for (const ProposalOrRef& item : commit.proposals) {
    if (item.proposal) {
      out.push_back({committer, *item.proposal});
      continue;
    }
    if (!committer.is_member()) return broken(Rule::external_reference);
    const auto known =
        std::find_if(state.proposals.begin(), state.proposals.end(),
                     [&](const KeptProposal& k) { return k.reference == item.reference; });
    if (known == state.proposals.end()) return broken(Rule::proposal_unknown);
    out.push_back({known->sender, known->proposal, true, known->own_update, known->package});
  }
  return out;
}

void list_members(const RatchetTree& before, const AppliedProposals& applied, LeafIndex committer,
                  Staged& staged) {
  for (LeafIndex leaf : applied.added) {
    staged.added.push_back(member_of(leaf, *applied.tree.leaf(leaf)));
  }
  staged.removed = applied.removed;
  if (applied.joiner) {
    staged.added.push_back(member_of(*applied.joiner, *applied.tree.leaf(*applied.joiner)));
    return;
  }
  std::vector<LeafIndex> touched = applied.updated;
  touched.push_back(committer);
  for (LeafIndex leaf : touched) {
    Member now = member_of(leaf, *applied.tree.leaf(leaf));
    if (member_of(leaf, *before.leaf(leaf)) != now) staged.changed.push_back(std::move(now));
  }
}

/// The new epoch's context with the old transcript hash, as path secrets are encrypted under it.
GroupContext provisional_context(const EpochState& now, const AppliedProposals& applied) {
  GroupContext out = now.context;
  out.epoch = now.context.epoch.next();
  out.tree_hash = to_bytes(applied.tree.root_hash().view());
  out.extensions = applied.extensions;
  return out;
}

/// The own keys after the proposals: an own Update may be among them.
Result<TreePrivate> own_keys_after(const EpochState& now, const AppliedProposals& applied) {
  TreePrivate out = now.own;
  const bool updated =
      std::find(applied.updated.begin(), applied.updated.end(), out.leaf) != applied.updated.end();
  if (updated && applied.own_update.leaf_key) out.leaf_key = applied.own_update.leaf_key;
  const LeafNode* own = applied.tree.leaf(out.leaf);
  if (own == nullptr || !same(own->encryption_key, out.leaf_key->public_key().view())) {
    return broken(Rule::own_leaf_missing);
  }
  out.keep_matching(applied.tree);
  return out;
}

/// Section 8.3: of an external commit, from its ExternalInit.
Result<KdfSecret> init_secret_of(const GroupState& state, const AppliedProposals& applied) {
  const EpochSecrets& secrets = state.now.secrets;
  if (!applied.external_init) return secrets.init_secret.clone();
  return received_init_secret(*state.suite, secrets.external_secret,
                              applied.external_init->kem_output);
}

Result<EpochState> next_epoch(const GroupState& state, const AuthenticatedContent& content,
                              const Commit& commit, LeafIndex sender, AppliedProposals&& applied,
                              const PskSources& sources) {
  const EpochState& now = state.now;
  CANDOUR_TRY(auto psk_values, find_psks(sources, applied.psks));
  EpochState next;
  CANDOUR_TRY(auto own, own_keys_after(now, applied));
  next.own = std::move(own);
  next.context = provisional_context(now, applied);
  KdfSecret commit_secret;
  if (commit.path) {
    CANDOUR_TRY(auto opened, open_path(*state.suite, applied.tree, next.own, sender, *commit.path,
                                       encode(next.context), applied.added_set()));
    commit_secret = std::move(opened.commit_secret);
  }
  next.context.confirmed_transcript_hash =
      to_bytes(confirmed_transcript_hash(now.interim_transcript_hash,
                                         content.confirmed_transcript_input().view())
                   .view());
  next.context_bytes = encode(next.context);
  next.tree = std::move(applied.tree);
  CANDOUR_TRY(const auto init, init_secret_of(state, applied));
  const KdfSecret joiner = joiner_secret(init, commit_secret, next.context_bytes);
  const KdfSecret psk = psk_secret(applied.psks, psk_values);
  EpochKeys keys = epoch_keys(epoch_secret(joiner, psk, next.context_bytes));
  const Digest expected = confirmation_tag(keys.secrets, next.context);
  if (!mac_matches(expected.view(), content.confirmation_tag)) {
    return broken(Rule::confirmation_tag);
  }
  finish_epoch(next, std::move(keys), content.confirmation_tag);
  return next;
}

/// The path's leaf beside the one it replaces (sections 12.2 and 12.4.2), then the whole path.
Status take_path(const GroupState& state, LeafIndex sender, const UpdatePath& path,
                 AppliedProposals& applied) {
  const LeafNode* before = state.now.tree.leaf(sender);
  if (!applied.joiner && !state.policy.identity_changes &&
      member_of(sender, path.leaf_node) != member_of(sender, *before)) {
    return broken(Rule::policy_identity_changed);
  }
  // A resync brings the replaced leaf's identity back, as an Update of it would.
  if (applied.joiner && !state.policy.identity_changes && !applied.removed.empty()) {
    const Member replaced = applied.removed.front();
    if (member_of(replaced.leaf, path.leaf_node) != replaced) {
      return broken(Rule::policy_identity_changed);
    }
  }
  if (applied.joiner && same(applied.replaced_key, path.leaf_node.encryption_key)) {
    return broken(Rule::leaf_key_unchanged);
  }
  if (applied.joiner || !same(before->signature_key, path.leaf_node.signature_key)) {
    applied.keys_may_repeat =
        applied.keys_may_repeat || applied.tree.may_have_key(path.leaf_node.signature_key);
  }
  return merge_path(applied.tree, *state.suite, state.now.context.group_id, sender, path,
                    applied.added_set());
}

}  // namespace

Result<Staged> stage_commit(const GroupState& state, ByteView message, const Checks& checks,
                            const std::vector<ExternalPsk>& psks) {
  CANDOUR_TRY(auto handshake, open_handshake(state, message, ContentType::commit));
  const AuthenticatedContent& content = *handshake.content;
  const Sender& committer = content.content.sender;
  CANDOUR_TRY(auto commit, decode<Commit>(content.content.body.view()));
  CANDOUR_TRY(auto proposals, resolve(state, committer, commit));
  const EpochState& now = state.now;
  const ListContext context{now.context, now.tree, *state.suite, state.policy, checks, committer};
  CANDOUR_TRY(auto applied, apply_proposals(context, proposals));
  if (applied.needs_path && !commit.path) return broken(Rule::path_required);
  const LeafIndex sender = applied.joiner.value_or(committer.leaf());
  if (commit.path) {
    CANDOUR_TRY(take_path(state, sender, *commit.path, applied));
  }
  CANDOUR_TRY(check_resulting_tree(context, applied,
                                   commit.path ? std::optional<LeafIndex>(sender) : std::nullopt));

  Staged out;
  out.group_id = now.context.group_id;
  out.from = now.context.epoch;
  out.from_authenticator = authenticator_of(now.secrets);
  out.sender = sender;
  out.external = applied.joiner.has_value();
  out.has_path = commit.path.has_value();
  out.authenticated_data = content.content.authenticated_data;
  out.generation = handshake.generation;
  out.reinit = applied.reinit;
  out.signer = applied.own_update.signer;
  list_members(now.tree, applied, sender, out);
  bool own_removed = false;
  for (const Member& member : applied.removed) {
    own_removed = own_removed || member.leaf == now.own.leaf;
  }
  if (own_removed) return out;  // the next epoch's secrets are out of reach, as they should be
  CANDOUR_TRY(auto next, next_epoch(state, content, commit, sender, std::move(applied),
                                    {&state, nullptr, psks}));
  out.next = std::move(next);
  return out;
}

}  // namespace candour::mls::internal
