#include "mls/group.h"

#include "mls/join.h"
#include "mls/proposal_list.h"
#include "mls/signed_content.h"
#include "mls/tree_validation.h"

namespace candour::mls {

using internal::EpochState;
using internal::GroupState;
using internal::PastEpoch;

namespace internal {

Member member_of(LeafIndex index, const LeafNode& leaf) {
  Member out;
  out.leaf = index;
  out.identity = to_bytes(leaf.credential.identity);
  out.signature_key = SigningPublicKey::from(leaf.signature_key).value_or(SigningPublicKey());
  return out;
}

Digest authenticator_of(const EpochSecrets& secrets) {
  return *Digest::from(secrets.epoch_authenticator.view());
}

Digest confirmation_tag(const EpochSecrets& secrets, const GroupContext& context) {
  return mac(secrets.confirmation_key.view(), context.confirmed_transcript_hash);
}

void finish_epoch(EpochState& epoch, EpochKeys&& keys, ByteView tag) {
  epoch.secrets = std::move(keys.secrets);
  epoch.secret_tree = SecretTree(std::move(keys.encryption_secret), epoch.tree.leaf_count());
  epoch.interim_transcript_hash =
      to_bytes(interim_transcript_hash(epoch.context.confirmed_transcript_hash, tag).view());
}

Status merge_commit(GroupState& state, Staged&& staged) {
  EpochState& now = state.now;
  if (!same(staged.group_id, now.context.group_id)) return broken(Rule::group_other);
  if (staged.from != now.context.epoch ||
      staged.from_authenticator != authenticator_of(now.secrets)) {
    return broken(Rule::epoch_not_current);
  }
  if (staged.next && staged.next->own.leaf != now.own.leaf) {
    return error(ErrorCode::state_damaged, "the staged commit is another member's");
  }
  if (staged.next && staged.signer) state.key = staged.signer->clone();
  state.proposals.clear();
  state.reinit = std::move(staged.reinit);
  if (!staged.next) {
    state.active = false;
    state.past.clear();
    now.own.leaf_key = nullptr;
    now.own.parents.clear();
    now.secrets = EpochSecrets();
    now.secret_tree = SecretTree();
    state.reinit.reset();
    return ok();
  }
  if (staged.generation) {
    now.secret_tree.use(*state.suite, staged.sender, RatchetKind::handshake, *staged.generation,
                        state.policy.skipped_keys_max);
  }
  now.secret_tree.forget_handshake_keys();
  PastEpoch past;
  past.epoch = now.context.epoch;
  past.context_bytes = std::move(now.context_bytes);
  past.sender_data_secret = std::move(now.secrets.sender_data_secret);
  past.resumption_psk = std::move(now.secrets.resumption_psk);
  past.tree = std::move(now.tree);
  past.secret_tree = std::move(now.secret_tree);
  state.past.push_front(std::move(past));
  while (state.past.size() > state.policy.past_epochs_max) state.past.pop_back();
  now = std::move(*staged.next);
  return ok();
}

}  // namespace internal

namespace {

Error removed_from_group() {
  return error(ErrorCode::not_a_member,
               "MLS: this device was removed from the group and cannot use it any more");
}

/// Nothing is sent in a group that is over.
Status may_send(const GroupState& state) {
  if (!state.active) return removed_from_group();
  if (state.reinit) return broken(Rule::reinit_done);
  return ok();
}

ReInitParameters parameters_of(const ReInit& reinit) {
  return {reinit.group_id, CipherSuite(reinit.cipher_suite), reinit.extensions};
}

/// The keys of one kept epoch, whichever it is.
struct EpochView {
  Epoch epoch;
  ByteView context;
  const KdfSecret* sender_data_secret;
  const RatchetTree* tree;
  SecretTree* secret_tree;
};

std::optional<EpochView> view_of(GroupState& state, Epoch epoch) {
  EpochState& now = state.now;
  if (now.context.epoch == epoch) {
    return EpochView{epoch, now.context_bytes, &now.secrets.sender_data_secret, &now.tree,
                     &now.secret_tree};
  }
  for (PastEpoch& past : state.past) {
    if (past.epoch == epoch) {
      return EpochView{epoch, past.context_bytes, &past.sender_data_secret, &past.tree,
                       &past.secret_tree};
    }
  }
  return std::nullopt;
}

std::vector<Member> members_of(const RatchetTree& tree) {
  std::vector<Member> out;
  for (LeafIndex i : tree.members()) out.push_back(internal::member_of(i, *tree.leaf(i)));
  return out;
}

}  // namespace

Group::Group(std::unique_ptr<GroupState> state) : state_(std::move(state)) {}
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;
Group::~Group() = default;

Result<Group> Group::create(ByteView mls_group_id, const crypto::SigningKey& key, ByteView identity,
                            Lifetime lifetime, Random& random, const CreateOptions& options) {
  CANDOUR_TRY(read_group_extensions(options.extensions));
  auto state = std::make_unique<GroupState>(key.clone(), options.policy);
  state->suite = &Suite::of(options.suite);
  EpochState& now = state->now;
  now.own.leaf_key =
      std::make_shared<const crypto::SealingKey>(crypto::SealingKey::generate(random));
  LeafNode leaf = new_leaf(key, identity, lifetime, now.own.leaf_key->public_key(), random);
  CANDOUR_TRY(check_lifetime_bounds(leaf, state->checks(lifetime.not_before)));
  now.own.leaf = now.tree.add(sign_leaf(std::move(leaf), key, {}, LeafIndex()));
  now.context.cipher_suite = state->suite->id;
  now.context.group_id = to_bytes(mls_group_id);
  now.context.extensions = options.extensions;
  CANDOUR_TRY(check_capabilities(now.tree, now.context.extensions));
  now.context.tree_hash = to_bytes(now.tree.root_hash().view());
  now.context_bytes = encode(now.context);
  // Section 11: the first epoch_secret is random.
  EpochKeys keys = epoch_keys(random.secret<kHashSize>());
  const Digest tag = internal::confirmation_tag(keys.secrets, now.context);
  internal::finish_epoch(now, std::move(keys), tag.view());
  return Group(std::move(state));
}

namespace {}  // namespace

Result<Group> Group::join(ByteView welcome, ByteView key_package, ByteView private_part,
                          const crypto::SigningKey& key, TimeMs now, const JoinOptions& options) {
  const GroupState* old = options.predecessor ? options.predecessor->state_.get() : nullptr;
  CANDOUR_TRY(auto state,
              internal::join_group(welcome, key_package, private_part, key.clone(),
                                   internal::checks_of(options.policy, now), options, old));
  return Group(std::move(state));
}

Result<ExternalJoin> Group::join_by_external_commit(ByteView group_info,
                                                    const crypto::SigningKey& key,
                                                    ByteView identity, Random& random,
                                                    const JoinOptions& options,
                                                    std::optional<LeafIndex> replaces) {
  const GroupState* old = options.predecessor ? options.predecessor->state_.get() : nullptr;
  CANDOUR_TRY(auto joined, internal::join_externally(group_info, key.clone(), identity, options,
                                                     old, replaces, random));
  return ExternalJoin{Group(std::move(joined.state)), std::move(joined.commit)};
}

const Bytes& Group::group_id() const { return state_->now.context.group_id; }
CipherSuite Group::suite() const { return CipherSuite(state_->suite->id); }
Epoch Group::epoch() const { return state_->now.context.epoch; }
LeafIndex Group::own_leaf() const { return state_->now.own.leaf; }
const Policy& Group::policy() const { return state_->policy; }
const Extensions& Group::extensions() const { return state_->now.context.extensions; }
bool Group::active() const { return state_->active; }

std::optional<ReInitParameters> Group::reinit() const {
  if (!state_->reinit) return std::nullopt;
  return parameters_of(*state_->reinit);
}

std::vector<Member> Group::members() const { return members_of(state_->now.tree); }

std::optional<Member> Group::member(LeafIndex leaf) const { return member(leaf, epoch()); }

std::optional<Member> Group::member(LeafIndex leaf, Epoch epoch) const {
  const auto view = view_of(*state_, epoch);
  if (!view || view->tree->leaf(leaf) == nullptr) return std::nullopt;
  return internal::member_of(leaf, *view->tree->leaf(leaf));
}

Digest Group::epoch_authenticator() const {
  return internal::authenticator_of(state_->now.secrets);
}

Digest Group::tree_hash() const { return state_->now.tree.root_hash(); }

Bytes Group::ratchet_tree() const { return state_->now.tree.encode(); }

Result<Bytes> Group::group_info(bool with_tree) const {
  CANDOUR_TRY(may_send(*state_));
  return internal::make_group_info(*state_, with_tree);
}

SecretBytes Group::export_secret(std::string_view label, ByteView context, std::size_t size) const {
  if (!state_->active) return {};
  return export_from(state_->now.secrets.exporter_secret, label, context, size);
}

Result<Bytes> Group::protect(ByteView plaintext, ByteView authenticated_data, Random& random,
                             std::size_t padding_step) {
  CANDOUR_TRY(may_send(*state_));
  if (!state_->proposals.empty()) return broken(Rule::proposals_pending);
  if (padding_step == 0) return broken(Rule::padding_step_zero);
  EpochState& now = state_->now;
  const Suite& suite = *state_->suite;
  const LeafIndex own = now.own.leaf;
  const std::uint32_t generation = now.secret_tree.next_generation(own, RatchetKind::application);
  CANDOUR_TRY(auto key, now.secret_tree.find(suite, own, RatchetKind::application, generation));
  AuthenticatedContent content;
  content.content.group_id = now.context.group_id;
  content.content.epoch = now.context.epoch;
  content.content.sender = Sender::member(own);
  content.content.authenticated_data = to_bytes(authenticated_data);
  content.content.body = SecretBytes::copy_of(plaintext);
  content.sign(state_->key, now.context_bytes);
  const PrivateMessage message = protect_private(
      suite, content, key, generation, now.secrets.sender_data_secret, padding_step, random);
  Bytes out = wrap_message(WireFormat::private_message, encode(message));
  if (out.size() > state_->policy.message_size_max) return broken(Rule::too_large);
  now.secret_tree.use(suite, own, RatchetKind::application, generation);
  return out;
}

Result<Received> Group::unprotect(ByteView message) {
  if (!state_->active) return removed_from_group();
  if (message.size() > state_->policy.message_size_max) return broken(Rule::too_large);
  CANDOUR_TRY(auto raw, unwrap_message(message));
  if (raw.wire_format == WireFormat::public_message) return broken(Rule::application_not_private);
  if (raw.wire_format != WireFormat::private_message) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto sealed, decode<PrivateMessage>(raw.body));
  if (!same(sealed.group_id, state_->now.context.group_id)) return broken(Rule::group_other);
  if (sealed.content_type != ContentType::application) {
    return broken(Rule::content_type_unexpected);
  }
  const auto view = view_of(*state_, sealed.epoch);
  if (!view) return broken(Rule::epoch_unknown);
  const Suite& suite = *state_->suite;
  CANDOUR_TRY(auto opened, internal::open_private(*state_, sealed, *view->sender_data_secret,
                                                  *view->tree, *view->secret_tree));
  const LeafIndex sender = opened.sender.leaf;
  const SecretBytes tbs = opened.content.to_be_signed(view->context);
  if (!verify_with_label(view->tree->leaf(sender)->signature_key, "FramedContentTBS", tbs.view(),
                         opened.content.signature)) {
    return broken(Rule::message_signature);
  }
  view->secret_tree->use(suite, sender, RatchetKind::application, opened.sender.generation,
                         state_->policy.skipped_keys_max);

  Received out;
  out.sender = sender;
  out.epoch = sealed.epoch;
  out.generation = opened.sender.generation;
  out.authenticated_data = std::move(opened.content.content.authenticated_data);
  out.content = std::move(opened.content.content.body);
  out.signed_content = signed_content_of(tbs.view(), opened.content.signature);
  return out;
}

Result<Bytes> Group::propose(const ProposalRequest& request, TimeMs now, Random& random,
                             WireFormat wire_format, ByteView authenticated_data) {
  CANDOUR_TRY(may_send(*state_));
  return internal::send_proposal(*state_, request, wire_format, authenticated_data,
                                 state_->checks(now), random);
}

Result<PreparedCommit> Group::commit(const CommitRequest& request, TimeMs now, Random& random,
                                     const std::vector<ExternalPsk>& psks) {
  CANDOUR_TRY(may_send(*state_));
  CANDOUR_TRY(auto prepared, internal::prepare_commit(*state_, request, state_->checks(now),
                                                      {state_.get(), nullptr, psks}, random));
  return PreparedCommit{
      std::move(prepared.commit), std::move(prepared.welcome),
      StagedCommit(std::make_unique<internal::Staged>(std::move(prepared.staged)))};
}

Result<StagedCommit> Group::process_commit(ByteView message, TimeMs now,
                                           const std::vector<ExternalPsk>& psks) const {
  CANDOUR_TRY(may_send(*state_));
  CANDOUR_TRY(auto staged,
              internal::stage_commit(*state_, message, state_->checks_on_receipt(now), psks));
  return StagedCommit(std::make_unique<internal::Staged>(std::move(staged)));
}

Status Group::merge(StagedCommit&& staged) {
  if (!state_->active) return removed_from_group();
  return internal::merge_commit(*state_, std::move(*staged.staged_));
}

Status Group::process_proposal(ByteView message, TimeMs now) {
  CANDOUR_TRY(may_send(*state_));
  return internal::keep_proposal(*state_, message, state_->checks_on_receipt(now));
}

Result<SuccessorGroup> Group::continue_reinit(const std::vector<VerifiedKeyPackage>& packages,
                                              Lifetime lifetime, TimeMs now, Random& random) const {
  if (!state_->reinit) return broken(Rule::reinit_missing);
  if (Suite::find(state_->reinit->cipher_suite) == nullptr ||
      state_->reinit->version != kVersionMls10) {
    return broken(Rule::suite_unsupported);
  }
  return found(parameters_of(*state_->reinit), std::uint8_t(ResumptionUsage::reinit), packages,
               lifetime, now, random);
}

Result<SuccessorGroup> Group::branch(ByteView mls_group_id,
                                     const std::vector<VerifiedKeyPackage>& packages,
                                     Lifetime lifetime, TimeMs now, Random& random) const {
  CANDOUR_TRY(may_send(*state_));
  const ReInitParameters parameters{to_bytes(mls_group_id), suite(), extensions()};
  return found(parameters, std::uint8_t(ResumptionUsage::branch), packages, lifetime, now, random);
}

Result<SuccessorGroup> Group::found(const ReInitParameters& parameters, std::uint8_t usage,
                                    const std::vector<VerifiedKeyPackage>& packages,
                                    Lifetime lifetime, TimeMs now, Random& random) const {
  const Bytes identity = to_bytes(state_->now.tree.leaf(own_leaf())->credential.identity);
  CANDOUR_TRY(auto group, create(parameters.group_id, state_->key, identity, lifetime, random,
                                 {parameters.suite, parameters.extensions, state_->policy}));
  PreSharedKeyId id;
  id.type = PskType::resumption;
  id.usage = ResumptionUsage(usage);
  id.group_id = group_id();
  id.epoch = epoch();
  id.nonce.resize(kHashSize);
  random.fill(id.nonce);
  CommitRequest request;
  request.adds = packages;
  CANDOUR_TRY(auto prepared,
              internal::prepare_commit(*group.state_, request, group.state_->checks(now),
                                       {nullptr, state_.get(), {}}, random, id));
  const RatchetTree& tree = prepared.staged.next->tree;
  const bool whole = usage == std::uint8_t(ResumptionUsage::reinit);
  const bool fits = whole ? internal::members_within(state_->now.tree, tree)
                          : internal::members_within(tree, state_->now.tree);
  if (!fits) return broken(Rule::successor_members);
  CANDOUR_TRY(internal::merge_commit(*group.state_, std::move(prepared.staged)));
  return SuccessorGroup{std::move(group), std::move(prepared.welcome)};
}

SecretBytes Group::save() const { return internal::save_state(*state_); }

Result<Group> Group::restore(ByteView saved, const crypto::SigningKey& key, const Policy& policy) {
  CANDOUR_TRY(auto state, internal::restore_state(saved, key.clone(), policy));
  return Group(std::move(state));
}

}  // namespace candour::mls
