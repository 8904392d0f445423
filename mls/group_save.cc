// Saved state: the whole group, a staged commit, and one sender's ratchets. A format of our own
// (not MLS), with a version in front.
#include "mls/group_state.h"

namespace candour::mls::internal {
namespace {

// Version 2 knew no change of the own signature key.
constexpr std::uint8_t kStateVersion = 3;
constexpr std::uint8_t kStateVersionOldest = 2;
constexpr std::uint8_t kRatchetsVersion = 1;

/// What a damaged state may claim at most; the policy cuts it down at the next merge.
constexpr std::uint32_t kPastEpochsCountMax = 1024;

Error damaged(std::string_view what) {
  return error(ErrorCode::state_damaged,
               "saved MLS state cannot be restored: " + std::string(what));
}

bool known_version(std::uint8_t version) {
  return version >= kStateVersionOldest && version <= kStateVersion;
}

KdfSecret read_secret(Reader& r) {
  const ByteView bytes = r.raw(kHashSize);
  return r.ok() ? KdfSecret::copy_of(bytes.first<kHashSize>()) : KdfSecret();
}

std::shared_ptr<const crypto::SealingKey> read_key(Reader& r) {
  return std::make_shared<const crypto::SealingKey>(
      crypto::SealingKey::from_private(read_secret(r)));
}

void save_secrets(SecretWriter& w, const EpochSecrets& s) {
  for (const KdfSecret* secret :
       {&s.sender_data_secret, &s.exporter_secret, &s.external_secret, &s.confirmation_key,
        &s.membership_key, &s.resumption_psk, &s.epoch_authenticator, &s.init_secret}) {
    w.raw(secret->view());
  }
}

EpochSecrets restore_secrets(Reader& r) {
  EpochSecrets s;
  for (KdfSecret* secret :
       {&s.sender_data_secret, &s.exporter_secret, &s.external_secret, &s.confirmation_key,
        &s.membership_key, &s.resumption_psk, &s.epoch_authenticator, &s.init_secret}) {
    *secret = read_secret(r);
  }
  return s;
}

void save_epoch(SecretWriter& w, const EpochState& e) {
  w.vec(e.context_bytes);
  w.vec(e.interim_transcript_hash);
  w.vec(e.tree.encode());
  w.u32(e.own.leaf.value);
  w.u8(e.own.leaf_key ? 1 : 0);
  if (!e.own.leaf_key) return;  // removed from the group: nothing secret is left
  w.raw(e.own.leaf_key->private_key().view());
  w.u32(static_cast<std::uint32_t>(e.own.parents.size()));
  for (const auto& [node, key] : e.own.parents) {
    w.u32(node.value);
    w.raw(key->private_key().view());
  }
  save_secrets(w, e.secrets);
  e.secret_tree.save(w);
}

Result<EpochState> restore_epoch(Reader& r, const Suite& suite) {
  EpochState e;
  e.context_bytes = read_bytes(r);
  e.interim_transcript_hash = read_bytes(r);
  const ByteView tree_bytes = r.vec();
  e.own.leaf = LeafIndex(r.u32());
  const bool active = read_presence(r);
  if (!r.ok()) return damaged("an epoch is cut short");
  auto context = decode<GroupContext>(e.context_bytes);
  if (!context) return damaged("the group context is malformed");
  e.context = std::move(context).value();
  if (e.context.cipher_suite != suite.id) return damaged("the group context is of another suite");
  auto tree = RatchetTree::decode(tree_bytes);
  if (!tree) return damaged("the ratchet tree is malformed");
  e.tree = std::move(tree).value();
  if (!same(e.tree.root_hash().view(), e.context.tree_hash)) {
    return damaged("the ratchet tree does not have the tree hash of the group context");
  }
  if (!active) return e;
  e.own.leaf_key = read_key(r);
  const std::uint32_t parents = r.u32();
  for (std::uint32_t i = 0; r.ok() && i < parents; ++i) {
    const NodeIndex node(r.u32());
    // In order, as they were written: what is restored saves itself the same.
    if (!e.own.parents.empty() && !(e.own.parents.rbegin()->first < node)) r.fail();
    e.own.parents[node] = read_key(r);
  }
  e.secrets = restore_secrets(r);
  e.secret_tree = SecretTree::restore(r, suite);
  if (!r.ok()) return damaged("the keys of an epoch are cut short");
  if (e.secret_tree.leaf_count() != e.tree.leaf_count()) {
    return damaged("secret tree and ratchet tree differ in size");
  }
  const LeafNode* own = e.tree.leaf(e.own.leaf);
  if (own == nullptr || !same(own->encryption_key, e.own.leaf_key->public_key().view())) {
    return damaged("the own leaf is not in the tree");
  }
  const std::size_t count = e.own.parents.size();
  e.own.keep_matching(e.tree);
  if (e.own.parents.size() != count) return damaged("a private key does not fit the tree");
  return e;
}

void save_past(SecretWriter& w, const PastEpoch& p) {
  w.number(p.epoch);
  w.vec(p.context_bytes);
  w.raw(p.sender_data_secret.view());
  w.raw(p.resumption_psk.view());
  w.vec(p.tree.encode());
  p.secret_tree.save(w);
}

Result<PastEpoch> restore_past(Reader& r, const Suite& suite) {
  PastEpoch p;
  p.epoch = r.number<Epoch>();
  p.context_bytes = read_bytes(r);
  p.sender_data_secret = read_secret(r);
  p.resumption_psk = read_secret(r);
  const ByteView tree_bytes = r.vec();
  p.secret_tree = SecretTree::restore(r, suite);
  if (!r.ok()) return damaged("a past epoch is cut short");
  auto tree = RatchetTree::decode(tree_bytes);
  if (!tree || tree.value().leaf_count() != p.secret_tree.leaf_count()) {
    return damaged("the ratchet tree of a past epoch is malformed");
  }
  p.tree = std::move(tree).value();
  return p;
}

void save_signer(SecretWriter& w, const std::shared_ptr<const crypto::SigningKey>& signer) {
  w.u8(signer ? 1 : 0);
  if (signer) w.raw(signer->seed().view());
}

std::shared_ptr<const crypto::SigningKey> read_signer(Reader& r) {
  if (!read_presence(r)) return nullptr;
  return std::make_shared<const crypto::SigningKey>(crypto::SigningKey::from_seed(read_secret(r)));
}

void save_kept(SecretWriter& w, const KeptProposal& kept) {
  w.vec(kept.reference);
  w.u8(static_cast<std::uint8_t>(kept.sender.type));
  w.u32(kept.sender.index);
  w.vec(encode(kept.proposal));
  const OwnUpdate& own = kept.own_update;
  w.u8(own.leaf_key ? 1 : 0);
  if (!own.leaf_key) return;
  w.raw(own.leaf_key->private_key().view());
  save_signer(w, own.signer);
}

Result<KeptProposal> restore_kept(Reader& r, std::uint8_t version) {
  KeptProposal out;
  out.reference = read_bytes(r);
  out.sender.type = SenderType(r.u8());
  out.sender.index = r.u32();
  auto proposal = decode<Proposal>(r.vec());
  if (!proposal || out.sender.type < SenderType::member ||
      out.sender.type > SenderType::new_member_commit) {
    return damaged("a kept proposal is malformed");
  }
  out.proposal = std::move(proposal).value();
  if (read_presence(r)) {
    out.own_update.leaf_key = read_key(r);
    if (version >= kStateVersion) out.own_update.signer = read_signer(r);
  }
  return out;
}

void save_reinit(SecretWriter& w, const std::optional<ReInit>& reinit) {
  w.u8(reinit ? 1 : 0);
  if (reinit) w.raw(encode(*reinit));
}

void save_members(SecretWriter& w, const std::vector<Member>& members) {
  w.u32(static_cast<std::uint32_t>(members.size()));
  for (const Member& m : members) {
    w.u32(m.leaf.value);
    w.vec(m.identity);
    w.id(m.signature_key);
  }
}

std::vector<Member> restore_members(Reader& r) {
  std::vector<Member> out;
  const std::uint32_t count = r.u32();
  for (std::uint32_t i = 0; r.ok() && i < count; ++i) {
    Member m;
    m.leaf = LeafIndex(r.u32());
    m.identity = read_bytes(r);
    m.signature_key = r.id<SigningPublicKey>();
    out.push_back(std::move(m));
  }
  return out;
}

}  // namespace

SecretBytes save_state(const GroupState& state) {
  SecretWriter w;
  w.u8(kStateVersion);
  w.u16(state.suite->id);
  w.id(state.key.public_key());
  save_epoch(w, state.now);
  w.u32(static_cast<std::uint32_t>(state.past.size()));
  for (const PastEpoch& past : state.past) save_past(w, past);
  w.u32(static_cast<std::uint32_t>(state.proposals.size()));
  for (const KeptProposal& kept : state.proposals) save_kept(w, kept);
  save_reinit(w, state.reinit);
  return SecretBytes(w.take());
}

Result<std::unique_ptr<GroupState>> restore_state(ByteView saved, crypto::SigningKey&& key,
                                                  const Policy& policy) {
  Reader r(saved);
  const std::uint8_t version = r.u8();
  const Suite* suite = Suite::find(r.u16());
  const auto owner = r.id<SigningPublicKey>();
  if (!r.ok() || !known_version(version) || suite == nullptr) {
    return damaged("it is of an unknown version");
  }
  if (owner != key.public_key()) return damaged("it belongs to another signing key");
  auto state = std::make_unique<GroupState>(std::move(key), policy);
  state->suite = suite;
  CANDOUR_TRY(auto now, restore_epoch(r, *suite));
  state->now = std::move(now);
  const LeafNode* own = state->now.tree.leaf(state->now.own.leaf);
  if (state->now.own.leaf_key && !same(own->signature_key, owner.view())) {
    return damaged("the own leaf has another signature key");
  }
  state->active = state->now.own.leaf_key != nullptr;
  const std::uint32_t past_count = r.u32();
  if (past_count > kPastEpochsCountMax) return damaged("it has too many past epochs");
  for (std::uint32_t i = 0; r.ok() && i < past_count; ++i) {
    CANDOUR_TRY(auto past, restore_past(r, *suite));
    state->past.push_back(std::move(past));
  }
  const std::uint32_t proposals = r.u32();
  for (std::uint32_t i = 0; r.ok() && i < proposals; ++i) {
    CANDOUR_TRY(auto kept, restore_kept(r, version));
    state->proposals.push_back(std::move(kept));
  }
  state->reinit = read_optional<ReInit>(r);
  if (!r.finish()) return damaged("it is cut short or has more at its end");
  return state;
}

SecretBytes save_staged(const Staged& s) {
  SecretWriter w;
  w.u8(kStateVersion);
  w.u16(s.next ? s.next->context.cipher_suite : kSuite3.id);
  w.vec(s.group_id);
  w.number(s.from);
  w.id(s.from_authenticator);
  w.u32(s.sender.value);
  w.u8(s.external ? 1 : 0);
  save_members(w, s.added);
  save_members(w, s.removed);
  save_members(w, s.changed);
  w.u8(s.has_path ? 1 : 0);
  w.vec(s.authenticated_data);
  w.u8(s.generation ? 1 : 0);
  if (s.generation) w.u32(*s.generation);
  save_reinit(w, s.reinit);
  save_signer(w, s.signer);
  w.u8(s.next ? 1 : 0);
  if (s.next) save_epoch(w, *s.next);
  return SecretBytes(w.take());
}

Result<Staged> restore_staged(ByteView saved) {
  Reader r(saved);
  const std::uint8_t version = r.u8();
  const Suite* suite = Suite::find(r.u16());
  if (!r.ok() || !known_version(version) || suite == nullptr) {
    return damaged("the staged commit is of an unknown version");
  }
  Staged s;
  s.group_id = read_bytes(r);
  s.from = r.number<Epoch>();
  s.from_authenticator = r.id<Digest>();
  s.sender = LeafIndex(r.u32());
  s.external = read_presence(r);
  s.added = restore_members(r);
  s.removed = restore_members(r);
  s.changed = restore_members(r);
  s.has_path = read_presence(r);
  s.authenticated_data = read_bytes(r);
  if (read_presence(r)) s.generation = r.u32();
  s.reinit = read_optional<ReInit>(r);
  if (version >= kStateVersion) s.signer = read_signer(r);
  if (read_presence(r)) {
    CANDOUR_TRY(auto next, restore_epoch(r, *suite));
    if (!next.own.leaf_key) return damaged("the staged commit has no keys");
    s.next = std::move(next);
  }
  if (!r.finish()) return damaged("the staged commit is cut short or has more at its end");
  return s;
}

}  // namespace candour::mls::internal

namespace candour::mls {

Result<SigningPublicKey> Group::signature_key_of(ByteView saved) {
  Reader r(saved);
  const std::uint8_t version = r.u8();
  r.u16();  // cipher suite
  const auto owner = r.id<SigningPublicKey>();
  if (!r.ok() || !internal::known_version(version)) {
    return internal::damaged("it is of an unknown version");
  }
  return owner;
}

SecretBytes Group::ratchet_state(LeafIndex leaf, std::optional<Epoch> epoch) const {
  const Epoch wanted = epoch.value_or(this->epoch());
  const SecretTree* tree = nullptr;
  if (wanted == this->epoch()) tree = &state_->now.secret_tree;
  for (const internal::PastEpoch& past : state_->past) {
    if (past.epoch == wanted) tree = &past.secret_tree;
  }
  const LeafRatchets* ratchets = tree ? tree->ratchets(leaf) : nullptr;
  if (ratchets == nullptr) return {};
  SecretWriter w;
  w.u8(internal::kRatchetsVersion);
  w.vec(group_id());
  w.number(wanted);
  w.u32(leaf.value);
  save_ratchets(w, *ratchets);
  return SecretBytes(w.take());
}

Status Group::apply_ratchet_state(LeafIndex leaf, ByteView blob) {
  Reader r(blob);
  const std::uint8_t version = r.u8();
  const ByteView group = r.vec();
  const Epoch epoch = r.number<Epoch>();
  const LeafIndex of(r.u32());
  LeafRatchets ratchets = restore_ratchets(r, *state_->suite);
  if (!r.finish() || version != internal::kRatchetsVersion) {
    return internal::damaged("a ratchet state is malformed");
  }
  if (!same(group, group_id()) || of != leaf) {
    return internal::damaged("a ratchet state is of another group or leaf");
  }
  SecretTree* tree = nullptr;
  if (epoch == this->epoch() && state_->active) tree = &state_->now.secret_tree;
  for (internal::PastEpoch& past : state_->past) {
    if (past.epoch == epoch) tree = &past.secret_tree;
  }
  if (tree == nullptr) return broken(Rule::epoch_unknown);
  if (leaf.value >= tree->leaf_count()) {
    return internal::damaged("a ratchet state is of a leaf outside the tree");
  }
  if (const LeafRatchets* known = tree->ratchets(leaf)) {
    if (!ratchets.application.not_older_than(known->application) ||
        !ratchets.handshake.not_older_than(known->handshake)) {
      return internal::damaged("a ratchet state is older than the group's own");
    }
  }
  tree->set_ratchets(leaf, std::move(ratchets));
  return ok();
}

}  // namespace candour::mls
