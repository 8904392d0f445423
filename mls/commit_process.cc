// Processing a commit (RFC 9420 section 12.4.2). Nothing here changes the group: the outcome is the
// next epoch, staged.
#include "mls/group_state.h"
#include "mls/proposal_list.h"

namespace candour::mls::internal {
namespace {

Result<std::vector<CommittedProposal>> resolve(const GroupState& state, LeafIndex committer,
                                               const Commit& commit) {
  std::vector<CommittedProposal> out;
  for (const ProposalOrRef& item : commit.proposals) {
    if (item.proposal) {
      out.push_back({committer, *item.proposal});
      continue;
    }
    const auto known = state.proposals.find(item.reference);
    if (known == state.proposals.end()) return broken(Rule::proposal_unknown);
    out.push_back({known->second.sender, known->second.proposal});
  }
  return out;
}

void list_members(const RatchetTree& before, const AppliedProposals& applied, Staged& staged) {
  for (LeafIndex leaf : applied.added) {
    staged.added.push_back(member_of(leaf, *applied.tree.leaf(leaf)));
  }
  staged.removed = applied.removed;
  const std::set<LeafIndex> added = applied.added_set();
  for (LeafIndex leaf : applied.tree.members()) {
    // Leaves are shared between the trees, so the same leaf is the same object.
    if (added.contains(leaf) || before.leaf(leaf) == applied.tree.leaf(leaf)) continue;
    Member now = member_of(leaf, *applied.tree.leaf(leaf));
    const LeafNode* old = before.leaf(leaf);
    if (old == nullptr || member_of(leaf, *old) != now) staged.changed.push_back(std::move(now));
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

Result<EpochState> next_epoch(const GroupState& state, const AuthenticatedContent& content,
                              const Commit& commit, AppliedProposals&& applied,
                              const std::vector<ExternalPsk>& psks) {
  const EpochState& now = state.now;
  CANDOUR_TRY(auto psk_values, find_psks(&state, applied.psks, psks));
  EpochState next;
  next.own = now.own;
  const LeafNode* own = applied.tree.leaf(now.own.leaf);
  if (own == nullptr || !same(own->encryption_key, now.own.leaf_key->public_key().view())) {
    return broken(Rule::own_leaf_missing);
  }
  next.own.keep_matching(applied.tree);
  next.context = provisional_context(now, applied);
  KdfSecret commit_secret;
  if (commit.path) {
    CANDOUR_TRY(auto opened,
                open_path(*state.suite, applied.tree, next.own, content.content.sender.leaf(),
                          *commit.path, encode(next.context), applied.added_set()));
    commit_secret = std::move(opened.commit_secret);
  }
  next.context.confirmed_transcript_hash =
      to_bytes(confirmed_transcript_hash(now.interim_transcript_hash,
                                         content.confirmed_transcript_input().view())
                   .view());
  next.context_bytes = encode(next.context);
  next.tree = std::move(applied.tree);
  const KdfSecret joiner =
      joiner_secret(now.secrets.init_secret, commit_secret, next.context_bytes);
  const KdfSecret psk = psk_secret(applied.psks, psk_values);
  EpochKeys keys = epoch_keys(epoch_secret(joiner, psk, next.context_bytes));
  const Digest expected = confirmation_tag(keys.secrets, next.context);
  if (!mac_matches(expected.view(), content.confirmation_tag)) {
    return broken(Rule::confirmation_tag);
  }
  finish_epoch(next, std::move(keys), content.confirmation_tag);
  return next;
}

}  // namespace

Result<Staged> stage_commit(const GroupState& state, ByteView message, const Checks& checks,
                            const std::vector<ExternalPsk>& psks) {
  auto handshake = open_handshake(state, message, ContentType::commit);
  if (!handshake) return handshake.error();
  const AuthenticatedContent& content = handshake.value().content;
  const LeafIndex sender = content.content.sender.leaf();
  CANDOUR_TRY(auto commit, decode<Commit>(content.content.body.view()));
  CANDOUR_TRY(auto proposals, resolve(state, sender, commit));
  const EpochState& now = state.now;
  CANDOUR_TRY(auto applied, apply_proposals(now, *state.suite, sender, proposals, checks));
  if (applied.needs_path && !commit.path) return broken(Rule::path_required);
  if (commit.path) {
    CANDOUR_TRY(merge_path(applied.tree, *state.suite, now.context.group_id, sender, *commit.path,
                           applied.added_set()));
  }
  CANDOUR_TRY(check_resulting_tree(applied.tree, applied.extensions));

  Staged out;
  out.group_id = now.context.group_id;
  out.from = now.context.epoch;
  out.from_authenticator = authenticator_of(now.secrets);
  out.sender = sender;
  out.has_path = commit.path.has_value();
  out.authenticated_data = content.content.authenticated_data;
  out.generation = handshake.value().generation;
  list_members(now.tree, applied, out);
  bool own_removed = false;
  for (const Member& member : applied.removed) {
    own_removed = own_removed || member.leaf == now.own.leaf;
  }
  if (own_removed) return out;  // the next epoch's secrets are out of reach, as they should be
  CANDOUR_TRY(auto next, next_epoch(state, content, commit, std::move(applied), psks));
  out.next = std::move(next);
  return out;
}

}  // namespace candour::mls::internal
