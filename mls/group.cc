#include "mls/group.h"

#include "base/limits.h"
#include "mls/group_state.h"

namespace candour::mls {

using internal::EpochState;
using internal::GroupState;
using internal::PastEpoch;

namespace internal {

Member member_of(LeafIndex index, const LeafNode& leaf) {
  Member out;
  out.leaf = index;
  out.identity = leaf.credential.identity;
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
  state.proposals.clear();
  if (!staged.next) {
    state.active = false;
    state.past.clear();
    now.own.leaf_key = nullptr;
    now.own.parents.clear();
    now.secrets = EpochSecrets();
    now.secret_tree = SecretTree();
    return ok();
  }
  if (staged.generation) {
    now.secret_tree.use(*state.suite, staged.sender, RatchetKind::handshake, *staged.generation);
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
  while (state.past.size() > limits::kPastEpochsMax) state.past.pop_back();
  now = std::move(*staged.next);
  return ok();
}

}  // namespace internal

namespace {

constexpr std::uint8_t kSignedContentVersion = 1;

Error removed_from_group() {
  return error(ErrorCode::not_a_member,
               "MLS: this device was removed from the group and cannot use it any more");
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

Result<MessageHeader> peek(ByteView message) {
  if (message.size() > limits::kFrameSizeMax) return broken(Rule::too_large);
  CANDOUR_TRY(auto raw, unwrap_message(message));
  if (raw.wire_format == WireFormat::private_message) {
    CANDOUR_TRY(auto m, decode<PrivateMessage>(raw.body));
    return MessageHeader{raw.wire_format, std::move(m.group_id), m.epoch, m.content_type,
                         std::move(m.authenticated_data)};
  }
  if (raw.wire_format != WireFormat::public_message) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto m, decode<PublicMessage>(raw.body));
  FramedContent& framed = m.content.content;
  return MessageHeader{raw.wire_format, std::move(framed.group_id), framed.epoch,
                       framed.content_type, std::move(framed.authenticated_data)};
}

Result<SignedContent> verify_signed_content(ByteView signed_content, const SigningPublicKey& key) {
  Reader r(signed_content);
  const std::uint8_t version = r.u8();
  const ByteView tbs = r.vec();
  const ByteView signature = r.vec();
  if (!r.finish() || version != kSignedContentVersion) return broken(Rule::malformed);
  if (!verify_with_label(key.view(), "FramedContentTBS", tbs, signature)) {
    return broken(Rule::message_signature);
  }
  // FramedContentTBS (section 6.1), read in place so that the views stay in the caller's bytes.
  Reader in(tbs);
  const std::uint16_t protocol = in.u16();
  in.u16();  // wire_format: whatever was signed
  SignedContent out;
  out.group_id = in.vec();
  out.epoch = in.number<Epoch>();
  const SenderType sender = SenderType(in.u8());
  out.sender = LeafIndex(in.u32());
  out.authenticated_data = in.vec();
  const ContentType type = read_content_type(in);
  out.content = in.vec();
  // GroupContext (section 8.1).
  const std::uint16_t context_protocol = in.u16();
  in.u16();  // cipher_suite
  const ByteView context_group = in.vec();
  const Epoch context_epoch = in.number<Epoch>();
  out.tree_hash = in.vec();
  out.confirmed_transcript_hash = in.vec();
  in.vec();  // extensions
  if (!in.finish() || protocol != kVersionMls10 || context_protocol != kVersionMls10) {
    return broken(Rule::malformed);
  }
  if (sender != SenderType::member) return broken(Rule::sender_type_unexpected);
  if (type != ContentType::application) return broken(Rule::content_type_unexpected);
  if (!same(context_group, out.group_id) || context_epoch != out.epoch) {
    return broken(Rule::group_other);
  }
  return out;
}

Group::Group(std::unique_ptr<GroupState> state) : state_(std::move(state)) {}
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;
Group::~Group() = default;

Result<Group> Group::create(ByteView mls_group_id, const crypto::SigningKey& key, ByteView identity,
                            Lifetime lifetime, Random& random, const CreateOptions& options) {
  auto state = std::make_unique<GroupState>(key.clone());
  state->suite = &Suite::of(options.suite);
  EpochState& now = state->now;
  now.own.leaf_key =
      std::make_shared<const crypto::SealingKey>(crypto::SealingKey::generate(random));
  LeafNode leaf = new_leaf(key, identity, lifetime, now.own.leaf_key->public_key());
  CANDOUR_TRY(check_lifetime_bounds(leaf, Checks{lifetime.not_before}));
  leaf.sign(key, {}, LeafIndex());
  now.own.leaf = now.tree.add(std::make_shared<const LeafNode>(std::move(leaf)));
  now.context.cipher_suite = state->suite->id;
  now.context.group_id = to_bytes(mls_group_id);
  now.context.tree_hash = to_bytes(now.tree.root_hash().view());
  now.context_bytes = encode(now.context);
  // Section 11: the first epoch_secret is random.
  EpochKeys keys = epoch_keys(random.secret<kHashSize>());
  const Digest tag = internal::confirmation_tag(keys.secrets, now.context);
  internal::finish_epoch(now, std::move(keys), tag.view());
  return Group(std::move(state));
}

Result<Group> Group::join(ByteView welcome, ByteView key_package, ByteView private_part,
                          const crypto::SigningKey& key, TimeMs now, const JoinOptions& options) {
  CANDOUR_TRY(auto state, internal::join_group(welcome, key_package, private_part, key.clone(),
                                               Checks{now}, options));
  return Group(std::move(state));
}

const Bytes& Group::group_id() const { return state_->now.context.group_id; }
CipherSuite Group::suite() const { return CipherSuite(state_->suite->id); }
Epoch Group::epoch() const { return state_->now.context.epoch; }
LeafIndex Group::own_leaf() const { return state_->now.own.leaf; }
bool Group::active() const { return state_->active; }
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

SecretBytes Group::export_secret(std::string_view label, ByteView context, std::size_t size) const {
  if (!state_->active) return {};
  return export_from(state_->now.secrets.exporter_secret, label, context, size);
}

Result<Bytes> Group::protect(ByteView plaintext, ByteView authenticated_data, Random& random,
                             std::size_t padding_step) {
  if (!state_->active) return removed_from_group();
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
  if (out.size() > limits::kFrameSizeMax) return broken(Rule::too_large);
  now.secret_tree.use(suite, own, RatchetKind::application, generation);
  return out;
}

Result<Received> Group::unprotect(ByteView message) {
  if (!state_->active) return removed_from_group();
  if (message.size() > limits::kFrameSizeMax) return broken(Rule::too_large);
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
  CANDOUR_TRY(auto opened, internal::open_private(suite, sealed, *view->sender_data_secret,
                                                  *view->tree, *view->secret_tree, own_leaf()));
  const LeafIndex sender = opened.sender.leaf;
  const SecretBytes tbs = opened.content.to_be_signed(view->context);
  if (!verify_with_label(view->tree->leaf(sender)->signature_key, "FramedContentTBS", tbs.view(),
                         opened.content.signature)) {
    return broken(Rule::message_signature);
  }
  view->secret_tree->use(suite, sender, RatchetKind::application, opened.sender.generation);

  Received out;
  out.sender = sender;
  out.epoch = sealed.epoch;
  out.generation = opened.sender.generation;
  out.authenticated_data = std::move(opened.content.content.authenticated_data);
  out.content = std::move(opened.content.content.body);
  SecretWriter w;
  w.u8(kSignedContentVersion);
  w.vec(tbs.view());
  w.vec(opened.content.signature);
  out.signed_content = SecretBytes(w.take());
  return out;
}

Result<PreparedCommit> Group::commit(const CommitRequest& request, TimeMs now, Random& random) {
  if (!state_->active) return removed_from_group();
  CANDOUR_TRY(auto prepared, internal::prepare_commit(*state_, request, Checks{now}, random));
  return PreparedCommit{
      std::move(prepared.commit), std::move(prepared.welcome),
      StagedCommit(std::make_unique<internal::Staged>(std::move(prepared.staged)))};
}

Result<StagedCommit> Group::process_commit(ByteView message, TimeMs now,
                                           const std::vector<ExternalPsk>& psks) const {
  if (!state_->active) return removed_from_group();
  CANDOUR_TRY(auto staged, internal::stage_commit(*state_, message, Checks{now}, psks));
  return StagedCommit(std::make_unique<internal::Staged>(std::move(staged)));
}

Status Group::merge(StagedCommit&& staged) {
  if (!state_->active) return removed_from_group();
  return internal::merge_commit(*state_, std::move(*staged.staged_));
}

Status Group::process_proposal(ByteView message, TimeMs now) {
  if (!state_->active) return removed_from_group();
  return internal::keep_proposal(*state_, message, Checks{now});
}

SecretBytes Group::save() const { return internal::save_state(*state_); }

Result<Group> Group::restore(ByteView saved, const crypto::SigningKey& key) {
  CANDOUR_TRY(auto state, internal::restore_state(saved, key.clone()));
  return Group(std::move(state));
}

}  // namespace candour::mls
