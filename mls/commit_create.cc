// Creating a commit and its Welcome (RFC 9420 section 12.4.1).
#include "base/assert.h"
#include "mls/group_state.h"
#include "mls/proposal_list.h"
#include "mls/welcome.h"

namespace candour::mls::internal {
namespace {

Result<std::vector<CommittedProposal>> proposals_for(const CommitRequest& request,
                                                     LeafIndex committer) {
  std::vector<CommittedProposal> out;
  for (LeafIndex leaf : request.removes) out.push_back({committer, {Remove{leaf}}});
  for (const Bytes& bytes : request.adds) {
    CANDOUR_TRY(auto package, unwrap_key_package(bytes));
    out.push_back({committer, {Add{std::move(package)}}});
  }
  return out;
}

struct CommitPath {
  std::optional<NewPath> secrets;
  std::optional<UpdatePath> wire;
};

/// Fills `next.own` and the path in `applied.tree`; `next.context` becomes the provisional one.
Result<CommitPath> commit_path(const GroupState& state, AppliedProposals& applied, bool wanted,
                               EpochState& next, Random& random) {
  const EpochState& now = state.now;
  CommitPath out;
  next.own = now.own;
  if (wanted) {
    out.secrets = make_path(applied.tree, next.own, now.context.group_id, state.key, random);
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

const KdfSecret* path_secret_for(const std::optional<NewPath>& path, LeafIndex committer,
                                 LeafIndex joiner) {
  if (!path) return nullptr;
  const NodeIndex meet = common_ancestor(committer, joiner);
  for (std::size_t i = 0; i < path->steps.size(); ++i) {
    if (path->steps[i].node == meet) return &path->path_secrets[i];
  }
  CANDOUR_ASSERT(!"the joiner's leaf makes its copath node part of the filtered path");
}

Result<Bytes> make_welcome(const GroupState& state, const EpochState& next, const KdfSecret& joiner,
                           const std::vector<CommittedProposal>& proposals,
                           const AppliedProposals& applied, const std::optional<NewPath>& path,
                           Random& random) {
  GroupInfo info;
  info.group_context = next.context;
  info.extensions = {{extension_type::ratchet_tree, next.tree.encode()}};
  info.confirmation_tag = to_bytes(confirmation_tag(next.secrets, next.context).view());
  info.signer = next.own.leaf;
  info.signature = sign_with_label(state.key, "GroupInfoTBS", info.to_be_signed());
  Welcome welcome;
  welcome.cipher_suite = state.suite->id;
  welcome.encrypted_group_info =
      seal_group_info(*state.suite, welcome_secret(joiner, KdfSecret()), info);
  auto leaf = applied.added.begin();
  for (const CommittedProposal& item : proposals) {
    const auto* add = std::get_if<Add>(&item.proposal.body);
    if (add == nullptr) continue;
    GroupSecrets secrets;
    secrets.joiner_secret = SecretBytes::copy_of(joiner.view());
    if (const KdfSecret* secret = path_secret_for(path, next.own.leaf, *leaf)) {
      secrets.path_secret = SecretBytes::copy_of(secret->view());
    }
    ++leaf;
    auto sealed =
        encrypt_with_label(*state.suite, add->key_package.init_key, "Welcome",
                           welcome.encrypted_group_info, secrets.encoded().view(), random);
    if (!sealed) return broken(Rule::path_encryption);
    welcome.secrets.push_back(
        {to_bytes(add->key_package.reference().view()), std::move(sealed).value()});
  }
  return wrap_message(WireFormat::welcome, encode(welcome));
}

AuthenticatedContent sign_commit(const GroupState& state, const CommitRequest& request,
                                 const std::vector<CommittedProposal>& proposals,
                                 std::optional<UpdatePath>&& path) {
  Commit commit;
  for (const CommittedProposal& item : proposals) commit.proposals.push_back({item.proposal, {}});
  commit.path = std::move(path);
  AuthenticatedContent content;
  content.wire_format = WireFormat::private_message;
  content.content.group_id = state.now.context.group_id;
  content.content.epoch = state.now.context.epoch;
  content.content.sender = Sender::member(state.now.own.leaf);
  content.content.authenticated_data = request.authenticated_data;
  content.content.content_type = ContentType::commit;
  content.content.body = SecretBytes::copy_of(encode(commit));
  content.sign(state.key, state.now.context_bytes);
  return content;
}

Staged stage_own(const GroupState& state, const AuthenticatedContent& content,
                 const AppliedProposals& applied, bool has_path, EpochState&& next) {
  const EpochState& now = state.now;
  Staged out;
  out.group_id = now.context.group_id;
  out.from = now.context.epoch;
  out.from_authenticator = authenticator_of(now.secrets);
  out.sender = now.own.leaf;
  for (LeafIndex leaf : applied.added) {
    out.added.push_back(member_of(leaf, *next.tree.leaf(leaf)));
  }
  out.removed = applied.removed;
  out.has_path = has_path;
  out.authenticated_data = content.content.authenticated_data;
  out.next = std::move(next);
  return out;
}

}  // namespace

Result<Prepared> prepare_commit(GroupState& state, const CommitRequest& request,
                                const Checks& checks, Random& random) {
  const EpochState& now = state.now;
  const LeafIndex own = now.own.leaf;
  CANDOUR_TRY(auto proposals, proposals_for(request, own));
  CANDOUR_TRY(auto applied, apply_proposals(now, *state.suite, own, proposals, checks));
  const bool with_path = request.path || applied.needs_path;
  EpochState next;
  CANDOUR_TRY(auto path, commit_path(state, applied, with_path, next, random));
  CANDOUR_TRY(check_resulting_tree(applied.tree, applied.extensions));
  const std::uint32_t generation = now.secret_tree.next_generation(own, RatchetKind::handshake);
  CANDOUR_TRY(auto key,
              now.secret_tree.find(*state.suite, own, RatchetKind::handshake, generation));

  AuthenticatedContent content = sign_commit(state, request, proposals, std::move(path.wire));
  next.context.confirmed_transcript_hash =
      to_bytes(confirmed_transcript_hash(now.interim_transcript_hash,
                                         content.confirmed_transcript_input().view())
                   .view());
  next.context_bytes = encode(next.context);
  next.tree = applied.tree;
  const KdfSecret commit_secret = path.secrets ? path.secrets->commit_secret.clone() : KdfSecret();
  const KdfSecret joiner =
      joiner_secret(now.secrets.init_secret, commit_secret, next.context_bytes);
  EpochKeys keys = epoch_keys(epoch_secret(joiner, KdfSecret(), next.context_bytes));
  content.confirmation_tag = to_bytes(confirmation_tag(keys.secrets, next.context).view());
  finish_epoch(next, std::move(keys), content.confirmation_tag);

  Prepared out;
  if (!applied.added.empty()) {
    CANDOUR_TRY(auto welcome,
                make_welcome(state, next, joiner, proposals, applied, path.secrets, random));
    out.welcome = std::move(welcome);
  }
  const PrivateMessage sealed = protect_private(
      *state.suite, content, key, generation, now.secrets.sender_data_secret, kPaddingStep, random);
  out.commit = wrap_message(WireFormat::private_message, encode(sealed));
  out.staged = stage_own(state, content, applied, with_path, std::move(next));
  state.now.secret_tree.use(*state.suite, own, RatchetKind::handshake, generation);
  return out;
}

}  // namespace candour::mls::internal
