#include "mls/commit_build.h"

#include "base/assert.h"

namespace candour::mls::internal {
namespace {

struct CommitPath {
  std::optional<NewPath> secrets;
  std::optional<UpdatePath> wire;
};

/// Fills `next.own` and the path in `applied.tree`; `next.context` becomes the provisional one.
Result<CommitPath> commit_path(const GroupState& state, CommitPlan& plan, EpochState& next,
                               Random& random) {
  const EpochState& now = state.now;
  AppliedProposals& applied = plan.applied;
  const bool wanted = plan.with_path;
  CommitPath out;
  next.own = now.own;
  if (wanted) {
    out.secrets =
        make_path(applied.tree, next.own, now.context.group_id, state.key, random, plan.change);
  } else {
    next.own.keep_matching(applied.tree);
  }
  next.context = now.context;
  next.context.epoch = now.context.epoch.next();
  next.context.tree_hash = to_bytes(applied.tree.root_hash().view());
  next.context.extensions = applied.extensions;
  if (wanted) {
    CANDOUR_TRY(auto wire, encrypt_path(*state.suite, applied.tree, next.own, *out.secrets,
                                        encode(next.context), applied.added_set(), random));
    out.wire = std::move(wire);
  }
  return out;
}

AuthenticatedContent sign_commit(const GroupState& state, const CommitPlan& plan,
                                 std::optional<UpdatePath>&& path) {
  const Commit commit{plan.proposals, std::move(path)};
  AuthenticatedContent content;
  content.wire_format = plan.wire_format;
  content.content.group_id = state.now.context.group_id;
  content.content.epoch = state.now.context.epoch;
  content.content.sender = plan.sender;
  content.content.authenticated_data = plan.authenticated_data;
  content.content.content_type = ContentType::commit;
  content.content.body = SecretBytes::copy_of(encode(commit));
  content.sign(state.key, state.now.context_bytes);
  return content;
}

}  // namespace

Result<BuiltCommit> build_commit(const GroupState& state, CommitPlan& plan,
                                 const KdfSecret& init_secret, Random& random) {
  BuiltCommit out;
  EpochState& next = out.next;
  CANDOUR_TRY(auto path, commit_path(state, plan, next, random));
  const ListContext before{state.now.context, state.now.tree, *state.suite,
                           state.policy,      Checks{},       plan.sender};
  // The own new leaf has the capabilities of the old one.
  CANDOUR_TRY(check_resulting_tree(before, plan.applied, std::nullopt));
  out.content = sign_commit(state, plan, std::move(path.wire));
  next.context.confirmed_transcript_hash =
      to_bytes(confirmed_transcript_hash(state.now.interim_transcript_hash,
                                         out.content.confirmed_transcript_input().view())
                   .view());
  next.context_bytes = encode(next.context);
  next.tree = std::move(plan.applied.tree);
  const KdfSecret commit_secret = path.secrets ? path.secrets->commit_secret.clone() : KdfSecret();
  out.joiner = joiner_secret(init_secret, commit_secret, next.context_bytes);
  out.psk = psk_secret(plan.applied.psks, plan.psks);
  EpochKeys keys = epoch_keys(epoch_secret(out.joiner, out.psk, next.context_bytes));
  out.content.confirmation_tag = to_bytes(confirmation_tag(keys.secrets, next.context).view());
  finish_epoch(next, std::move(keys), out.content.confirmation_tag);
  out.path = std::move(path.secrets);
  return out;
}

GroupInfo make_signed_group_info(const crypto::SigningKey& key, const EpochState& epoch,
                                 bool with_tree, bool with_external_pub) {
  GroupInfo info;
  info.group_context = epoch.context;
  if (with_tree) {
    info.extensions.push_back({extension_type::ratchet_tree, epoch.tree.encode()});
  }
  if (with_external_pub) {
    Writer w;
    w.vec(external_key(epoch.secrets.external_secret).public_key().view());
    info.extensions.push_back({extension_type::external_pub, w.take()});
  }
  info.confirmation_tag = to_bytes(confirmation_tag(epoch.secrets, epoch.context).view());
  info.signer = epoch.own.leaf;
  info.signature = sign_with_label(key, "GroupInfoTBS", info.to_be_signed());
  return info;
}

Bytes make_group_info(const GroupState& state, bool with_tree) {
  return wrap_message(WireFormat::group_info,
                      encode(make_signed_group_info(state.key, state.now, with_tree, true)));
}

Staged stage_own(const GroupState& state, const CommitPlan& plan, EpochState&& next) {
  const EpochState& now = state.now;
  Staged out;
  out.group_id = now.context.group_id;
  out.from = now.context.epoch;
  out.from_authenticator = authenticator_of(now.secrets);
  out.sender = now.own.leaf;
  for (LeafIndex leaf : plan.applied.added) {
    out.added.push_back(member_of(leaf, *next.tree.leaf(leaf)));
  }
  std::vector<LeafIndex> touched = plan.applied.updated;
  if (plan.change.any()) touched.push_back(out.sender);
  for (LeafIndex leaf : touched) {
    Member after = member_of(leaf, *next.tree.leaf(leaf));
    if (member_of(leaf, *now.tree.leaf(leaf)) != after) out.changed.push_back(std::move(after));
  }
  out.removed = plan.applied.removed;
  out.has_path = plan.with_path;
  out.authenticated_data = plan.authenticated_data;
  out.reinit = plan.applied.reinit;
  if (const auto* signer = plan.change.key) {
    out.signer = std::make_shared<const crypto::SigningKey>(signer->clone());
  }
  out.next = std::move(next);
  return out;
}

}  // namespace candour::mls::internal
