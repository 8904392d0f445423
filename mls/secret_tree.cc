#include "mls/secret_tree.h"

#include <bit>
#include <limits>

#include "base/assert.h"
#include "base/limits.h"

namespace candour::mls {
namespace {

/// What a damaged saved state may claim at most.
constexpr std::uint32_t kSkippedCountMax = 1u << 16;

MessageKey message_key(const Suite& suite, const KdfSecret& secret, std::uint32_t generation) {
  return {derive_tree_secret(secret.view(), "key", generation, suite.aead_key_size),
          derive_tree_secret(secret.view(), "nonce", generation, suite.aead_nonce_size)};
}

KdfSecret next_secret(const KdfSecret& secret, std::uint32_t generation) {
  const SecretBytes next = derive_tree_secret(secret.view(), "secret", generation, kHashSize);
  return KdfSecret::copy_of(next.view().first<kHashSize>());
}

KdfSecret read_secret(Reader& r) {
  const ByteView bytes = r.raw(kHashSize);
  if (!r.ok()) return KdfSecret();
  return KdfSecret::copy_of(bytes.first<kHashSize>());
}

}  // namespace

Result<MessageKey> HashRatchet::find(const Suite& suite, std::uint32_t generation,
                                     std::uint32_t forward_steps_max) const {
  if (generation < next_) {
    const auto kept = skipped_.find(generation);
    if (kept == skipped_.end()) return broken(Rule::generation_used);
    return kept->second.clone();
  }
  if (generation - next_ > forward_steps_max) {
    return broken(Rule::generation_too_far);
  }
  // The last generation would make the counter wrap; no honest sender comes near it.
  if (generation == std::numeric_limits<std::uint32_t>::max()) {
    return broken(Rule::generations_exhausted);
  }
  KdfSecret secret = secret_.clone();
  for (std::uint32_t g = next_; g < generation; ++g) secret = next_secret(secret, g);
  return message_key(suite, secret, generation);
}

void HashRatchet::step() {
  secret_ = next_secret(secret_, next_);
  ++next_;
}

void HashRatchet::use(const Suite& suite, std::uint32_t generation, std::size_t skipped_max) {
  if (generation < next_) {
    skipped_.erase(generation);
    return;
  }
  while (next_ < generation) {
    skipped_.emplace(next_, message_key(suite, secret_, next_));
    step();
  }
  step();
  while (skipped_.size() > skipped_max) skipped_.erase(skipped_.begin());
}

bool HashRatchet::not_older_than(const HashRatchet& earlier) const {
  if (next_ != earlier.next_) return next_ > earlier.next_;
  for (const auto& [generation, key] : skipped_) {
    if (!earlier.skipped_.contains(generation)) return false;
  }
  return true;
}

void HashRatchet::save(SecretWriter& w) const {
  w.raw(secret_.view());
  w.u32(next_);
  w.u32(static_cast<std::uint32_t>(skipped_.size()));
  for (const auto& [generation, key] : skipped_) {
    w.u32(generation);
    w.raw(key.key.view());
    w.raw(key.nonce.view());
  }
}

HashRatchet HashRatchet::restore(Reader& r, const Suite& suite) {
  HashRatchet out(read_secret(r));
  out.next_ = r.u32();
  const std::uint32_t count = r.u32();
  if (count > kSkippedCountMax) r.fail();
  for (std::uint32_t i = 0; r.ok() && i < count; ++i) {
    const std::uint32_t generation = r.u32();
    MessageKey key{SecretBytes::copy_of(r.raw(suite.aead_key_size)),
                   SecretBytes::copy_of(r.raw(suite.aead_nonce_size))};
    if (generation >= out.next_ ||
        (!out.skipped_.empty() && out.skipped_.rbegin()->first >= generation)) {
      r.fail();
    }
    out.skipped_.emplace(generation, std::move(key));
  }
  return out;
}

void save_ratchets(SecretWriter& w, const LeafRatchets& ratchets) {
  ratchets.handshake.save(w);
  ratchets.application.save(w);
}

LeafRatchets restore_ratchets(Reader& r, const Suite& suite) {
  LeafRatchets out;
  out.handshake = HashRatchet::restore(r, suite);
  out.application = HashRatchet::restore(r, suite);
  return out;
}

SecretTree::SecretTree(KdfSecret&& encryption_secret, std::uint32_t leaf_count)
    : leaf_count_(leaf_count) {
  nodes_.emplace(root(leaf_count).value, std::move(encryption_secret));
}

LeafRatchets SecretTree::fresh(LeafIndex leaf) const {
  CANDOUR_ASSERT(leaf.value < leaf_count_);
  NodeIndex node(leaf);
  while (!nodes_.contains(node.value)) {
    const auto above = parent(node, leaf_count_);
    CANDOUR_ASSERT(above.has_value());
    node = *above;
  }
  KdfSecret secret = nodes_.at(node.value).clone();
  while (!node.is_leaf()) {
    const bool go_left = covers(left(node), leaf);
    secret = expand_secret(secret.view(), "tree", as_bytes(go_left ? "left" : "right"));
    node = go_left ? left(node) : right(node);
  }
  return {HashRatchet(derive_secret(secret.view(), "handshake")),
          HashRatchet(derive_secret(secret.view(), "application"))};
}

LeafRatchets& SecretTree::open(LeafIndex leaf) {
  const auto known = leaves_.find(leaf);
  if (known != leaves_.end()) return known->second;
  LeafRatchets first = fresh(leaf);
  // Each secret on the way down is consumed; what stays are the secrets beside the way.
  NodeIndex node(leaf);
  while (!nodes_.contains(node.value)) node = *parent(node, leaf_count_);
  while (!node.is_leaf()) {
    const KdfSecret secret = std::move(nodes_.at(node.value));
    nodes_.erase(node.value);
    nodes_.emplace(left(node).value, expand_secret(secret.view(), "tree", as_bytes("left")));
    nodes_.emplace(right(node).value, expand_secret(secret.view(), "tree", as_bytes("right")));
    node = covers(left(node), leaf) ? left(node) : right(node);
  }
  nodes_.erase(node.value);
  if (application_only_) first.handshake = HashRatchet();
  return leaves_.emplace(leaf, std::move(first)).first->second;
}

std::uint32_t SecretTree::next_generation(LeafIndex leaf, RatchetKind kind) const {
  const LeafRatchets* known = ratchets(leaf);
  return known ? known->of(kind).next_generation() : 0;
}

Result<MessageKey> SecretTree::find(const Suite& suite, LeafIndex leaf, RatchetKind kind,
                                    std::uint32_t generation,
                                    std::uint32_t forward_steps_max) const {
  if (const LeafRatchets* known = ratchets(leaf)) {
    return known->of(kind).find(suite, generation, forward_steps_max);
  }
  return fresh(leaf).of(kind).find(suite, generation, forward_steps_max);
}

void SecretTree::use(const Suite& suite, LeafIndex leaf, RatchetKind kind, std::uint32_t generation,
                     std::size_t skipped_max) {
  open(leaf).of(kind).use(suite, generation, skipped_max);
}

const LeafRatchets* SecretTree::ratchets(LeafIndex leaf) const {
  const auto known = leaves_.find(leaf);
  return known == leaves_.end() ? nullptr : &known->second;
}

void SecretTree::set_ratchets(LeafIndex leaf, LeafRatchets&& ratchets) {
  if (application_only_) ratchets.handshake = HashRatchet();
  open(leaf) = std::move(ratchets);
}

void SecretTree::forget_handshake_keys() {
  application_only_ = true;
  for (auto& [leaf, ratchets] : leaves_) ratchets.handshake = HashRatchet();
}

void SecretTree::save(SecretWriter& w) const {
  w.u32(leaf_count_);
  w.u8(application_only_ ? 1 : 0);
  w.u32(static_cast<std::uint32_t>(nodes_.size()));
  for (const auto& [node, secret] : nodes_) {
    w.u32(node);
    w.raw(secret.view());
  }
  w.u32(static_cast<std::uint32_t>(leaves_.size()));
  for (const auto& [leaf, ratchets] : leaves_) {
    w.u32(leaf.value);
    save_ratchets(w, ratchets);
  }
}

SecretTree SecretTree::restore(Reader& r, const Suite& suite) {
  SecretTree out;
  out.leaf_count_ = r.u32();
  if (!std::has_single_bit(out.leaf_count_) || out.leaf_count_ > kTreeLeavesMax) r.fail();
  out.application_only_ = read_presence(r);
  const std::uint32_t nodes = r.u32();
  for (std::uint32_t i = 0; r.ok() && i < nodes; ++i) {
    const std::uint32_t node = r.u32();
    if (!out.nodes_.empty() && out.nodes_.rbegin()->first >= node) r.fail();
    out.nodes_.emplace(node, read_secret(r));
  }
  const std::uint32_t leaves = r.u32();
  for (std::uint32_t i = 0; r.ok() && i < leaves; ++i) {
    const LeafIndex leaf(r.u32());
    if (!out.leaves_.empty() && out.leaves_.rbegin()->first >= leaf) r.fail();
    out.leaves_.emplace(leaf, restore_ratchets(r, suite));
  }
  // Every leaf must be reachable: either opened already or below a node whose secret is there.
  for (std::uint32_t i = 0; r.ok() && i < out.leaf_count_; ++i) {
    if (out.leaves_.contains(LeafIndex(i))) continue;
    std::optional<NodeIndex> node = NodeIndex(LeafIndex(i));
    while (node && !out.nodes_.contains(node->value)) node = parent(*node, out.leaf_count_);
    if (!node) r.fail();
  }
  return out;
}

}  // namespace candour::mls
