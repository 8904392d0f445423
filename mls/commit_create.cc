// A member's commit and its Welcome (RFC 9420 section 12.4.1).
#include <map>
#include <utility>

#include "base/assert.h"
#include "mls/commit_build.h"
#include "mls/welcome.h"

namespace candour::mls::internal {
namespace {

constexpr std::size_t kHandshakePaddingStep = kPaddingStep;

/// Section 12.2: of the kept proposals those that fit together. What cannot be committed by this
/// member (its own Update, its own removal) stays out.
std::vector<const KeptProposal*> chosen_kept(const GroupState& state) {
  const LeafIndex own = state.now.own.leaf;
  std::set<LeafIndex> removed;
  std::map<LeafIndex, const KeptProposal*> latest_update;
  bool others = false;
  for (const KeptProposal& kept : state.proposals) {
    const AnyProposal& body = kept.proposal.body;
    if (const auto* remove = std::get_if<Remove>(&body)) removed.insert(remove->removed);
    if (std::holds_alternative<Update>(body)) latest_update[kept.sender.leaf()] = &kept;
    others = others || !std::holds_alternative<ReInit>(body);
  }
  std::vector<const KeptProposal*> out;
  bool extensions = false;
  bool reinit = false;
  std::set<LeafIndex> taken;
  for (const KeptProposal& kept : state.proposals) {
    const AnyProposal& body = kept.proposal.body;
    if (const auto* remove = std::get_if<Remove>(&body)) {
      if (remove->removed == own || !taken.insert(remove->removed).second) continue;
    } else if (std::holds_alternative<Update>(body)) {
      const LeafIndex leaf = kept.sender.leaf();
      if (leaf == own || removed.contains(leaf) || latest_update[leaf] != &kept) continue;
    } else if (std::holds_alternative<GroupContextExtensions>(body)) {
      if (std::exchange(extensions, true)) continue;
    } else if (std::holds_alternative<ReInit>(body)) {
      if (others || std::exchange(reinit, true)) continue;
    }
    out.push_back(&kept);
  }
  return out;
}

CommittedProposal by_reference(const KeptProposal& kept) {
  return {kept.sender, kept.proposal, true, {}, kept.package};
}

bool is_valid(const ListContext& context, const std::vector<CommittedProposal>& list,
              const PskSources& psks) {
  const auto applied = apply_proposals(context, list);
  return applied && check_resulting_tree(context, applied.value(), std::nullopt) &&
         find_psks(psks, applied.value().psks);
}

/// Those of `kept` with which `own`, which comes by value, is a valid list. What others propose
/// must not keep a member from committing: an Add of a client that is proposed twice, a pre-shared
/// key that is not known here. Removes come first, Adds last, as they may need room.
std::vector<const KeptProposal*> fitting(const ListContext& context,
                                         std::vector<const KeptProposal*> kept,
                                         const std::vector<CommittedProposal>& own,
                                         const PskSources& psks) {
  std::vector<CommittedProposal> list = own;
  for (const KeptProposal* k : kept) list.push_back(by_reference(*k));
  if (is_valid(context, list, psks)) return kept;
  list = own;
  std::set<const KeptProposal*> taken;
  const auto take = [&](const auto& wanted) {
    for (const KeptProposal* k : kept) {
      if (!wanted(k->proposal.body)) continue;
      list.push_back(by_reference(*k));
      if (is_valid(context, list, psks)) {
        taken.insert(k);
      } else {
        list.pop_back();
      }
    }
  };
  const auto is_remove = [](const AnyProposal& b) { return std::holds_alternative<Remove>(b); };
  const auto is_add = [](const AnyProposal& b) { return std::holds_alternative<Add>(b); };
  take(is_remove);
  take([&](const AnyProposal& b) { return !is_remove(b) && !is_add(b); });
  take(is_add);
  std::erase_if(kept, [&](const KeptProposal* k) { return !taken.contains(k); });
  return kept;
}

struct ProposalsToCommit {
  std::vector<CommittedProposal> list;
  std::vector<ProposalOrRef> wire;
};

/// What `request` names, by value.
Result<ProposalsToCommit> own_proposals(const GroupState& state, const CommitRequest& request,
                                        const std::optional<PreSharedKeyId>& founding,
                                        Random& random) {
  ProposalsToCommit out;
  const Sender committer = Sender::member(state.now.own.leaf);
  const auto add = [&](Proposal&& proposal, const VerifiedPackage& package = nullptr) {
    out.wire.push_back({proposal, {}});
    out.list.push_back({committer, std::move(proposal), false, {}, package});
  };
  if (founding) add({PreSharedKey{*founding}});
  for (LeafIndex leaf : request.removes) add({Remove{leaf}});
  for (const VerifiedKeyPackage& package : request.adds) {
    add({Add{**package_of(package)}}, package_of(package));
  }
  for (const ProposalRequest& item : request.proposals) {
    CANDOUR_TRY(auto proposal, make_proposal(item, state.now.context.group_id, random));
    const auto* one = std::get_if<ProposeAdd>(&item);
    add(std::move(proposal), one ? package_of(one->key_package) : nullptr);
  }
  return out;
}

/// With the kept ones, which go first.
Result<ProposalsToCommit> proposals_for(const GroupState& state, const CommitRequest& request,
                                        const ListContext& context, const PskSources& psks,
                                        const std::optional<PreSharedKeyId>& founding,
                                        Random& random) {
  CANDOUR_TRY(auto own, own_proposals(state, request, founding, random));
  if (!request.kept_proposals) return own;
  ProposalsToCommit out;
  for (const KeptProposal* kept : fitting(context, chosen_kept(state), own.list, psks)) {
    out.list.push_back(by_reference(*kept));
    out.wire.push_back({std::nullopt, kept->reference});
  }
  std::move(own.list.begin(), own.list.end(), std::back_inserter(out.list));
  std::move(own.wire.begin(), own.wire.end(), std::back_inserter(out.wire));
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

Result<Bytes> make_welcome(const GroupState& state, const BuiltCommit& built,
                           const CommitPlan& plan, bool with_tree, Random& random) {
  const EpochState& next = built.next;
  const AppliedProposals& applied = plan.applied;
  const crypto::SigningKey& key = plan.change.key ? *plan.change.key : state.key;
  Welcome welcome;
  welcome.cipher_suite = state.suite->id;
  welcome.encrypted_group_info =
      seal_group_info(*state.suite, welcome_secret(built.joiner, built.psk),
                      make_signed_group_info(key, next, with_tree, false));
  for (std::size_t i = 0; i < applied.added.size(); ++i) {
    const KeyPackage& package = **applied.packages[i];
    GroupSecrets secrets;
    secrets.joiner_secret = SecretBytes::copy_of(built.joiner.view());
    if (const KdfSecret* secret = path_secret_for(built.path, next.own.leaf, applied.added[i])) {
      secrets.path_secret = SecretBytes::copy_of(secret->view());
    }
    secrets.psks = applied.psks;
    auto sealed =
        encrypt_with_label(*state.suite, package.init_key, "Welcome", welcome.encrypted_group_info,
                           secrets.encoded().view(), random);
    if (!sealed) return broken(Rule::path_encryption);
    welcome.secrets.push_back({to_bytes(package.reference().view()), std::move(sealed).value()});
  }
  return wrap_message(WireFormat::welcome, encode(welcome));
}

/// What verify_updates asks of an Update, asked of the own change in a commit.
Status check_change(const GroupState& state, const LeafChange& change,
                    const AppliedProposals& applied) {
  if (!change.any()) return ok();
  if (!state.policy.identity_changes) return broken(Rule::policy_identity_changed);
  if (change.key == nullptr) return ok();
  const ByteView key = change.key->public_key().view();
  const auto owner = applied.tree.find_signature_key(key);
  if (owner && *owner != state.now.own.leaf) return broken(Rule::signature_key_repeated);
  return ok();
}

}  // namespace

Result<Bytes> send_handshake(GroupState& state, AuthenticatedContent&& content, Random& random) {
  EpochState& now = state.now;
  if (content.wire_format == WireFormat::public_message) {
    if (!state.policy.public_handshakes) return broken(Rule::policy_public_handshake);
    const PublicMessage message =
        protect_public(std::move(content), now.secrets.membership_key, now.context_bytes);
    return wrap_message(WireFormat::public_message, message.encoded().view());
  }
  if (content.wire_format != WireFormat::private_message) {
    return broken(Rule::wire_format_unexpected);
  }
  const LeafIndex own = now.own.leaf;
  const std::uint32_t generation = now.secret_tree.next_generation(own, RatchetKind::handshake);
  CANDOUR_TRY(auto key,
              now.secret_tree.find(*state.suite, own, RatchetKind::handshake, generation));
  const PrivateMessage sealed =
      protect_private(*state.suite, content, key, generation, now.secrets.sender_data_secret,
                      kHandshakePaddingStep, random);
  now.secret_tree.use(*state.suite, own, RatchetKind::handshake, generation);
  return wrap_message(WireFormat::private_message, encode(sealed));
}

Result<Prepared> prepare_commit(GroupState& state, const CommitRequest& request,
                                const Checks& checks, const PskSources& psks, Random& random,
                                const std::optional<PreSharedKeyId>& founding) {
  const EpochState& now = state.now;
  CommitPlan plan;
  plan.sender = Sender::member(now.own.leaf);
  plan.wire_format = request.wire_format;
  plan.authenticated_data = request.authenticated_data;
  const ListContext context{now.context, now.tree,    *state.suite,        state.policy,
                            checks,      plan.sender, founding.has_value()};
  CANDOUR_TRY(auto proposals, proposals_for(state, request, context, psks, founding, random));
  plan.proposals = std::move(proposals.wire);
  CANDOUR_TRY(auto applied, apply_proposals(context, proposals.list));
  plan.applied = std::move(applied);
  CANDOUR_TRY(check_change(state, request.change, plan.applied));
  plan.change = request.change;
  plan.with_path = request.path || plan.applied.needs_path || plan.change.any();
  CANDOUR_TRY(auto secrets, find_psks(psks, plan.applied.psks));
  plan.psks = std::move(secrets);
  CANDOUR_TRY(auto built, build_commit(state, plan, now.secrets.init_secret, random));

  Prepared out;
  if (!plan.applied.added.empty()) {
    CANDOUR_TRY(auto welcome, make_welcome(state, built, plan, request.tree_in_welcome, random));
    out.welcome = std::move(welcome);
  }
  out.staged = stage_own(state, plan, std::move(built.next));
  CANDOUR_TRY(auto message, send_handshake(state, std::move(built.content), random));
  out.commit = std::move(message);
  return out;
}

}  // namespace candour::mls::internal
