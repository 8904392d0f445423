#include "tests/bench/mls_world.h"

#include <string>

namespace candour::mls::bench {

Policy LargeGroup::policy() {
  Policy out;
  out.message_size_max = 64u << 20;
  return out;
}

LargeGroup::LargeGroup(std::uint32_t size, bool full, Random& random)
    : epoch_secret_(random.secret<kHashSize>()) {
  context_.group_id = to_bytes(as_bytes("benchmark"));
  for (std::uint32_t i = 0; i < size; ++i) {
    signers_.push_back(crypto::SigningKey::generate(random));
    leaf_keys_.push_back(
        std::make_shared<const crypto::SealingKey>(crypto::SealingKey::generate(random)));
    LeafNode leaf = new_leaf(signers_[i], as_bytes("member " + std::to_string(i)), kBenchLifetime,
                             leaf_keys_[i]->public_key(), random);
    tree_.add(sign_leaf(std::move(leaf), signers_[i], {}, LeafIndex()));
  }
  // One of each pair of leaves is enough to fill every parent.
  for (std::uint32_t i = 0; full && i < size; i += 2) {
    TreePrivate own;
    own.leaf = LeafIndex(i);
    make_path(tree_, own, context_.group_id, signers_[i], random);
    leaf_keys_[i] = own.leaf_key;
    for (auto& [node, key] : own.parents) parents_[node] = key;
  }
  context_.epoch = Epoch(7);
  context_.tree_hash = to_bytes(tree_.root_hash().view());
  context_.confirmed_transcript_hash = Bytes(kHashSize, 1);
}

Group LargeGroup::member(std::uint32_t leaf) const {
  internal::GroupState state(signers_[leaf].clone(), policy());
  internal::EpochState& now = state.now;
  now.context = context_;
  now.context_bytes = encode(context_);
  now.tree = tree_;
  now.own.leaf = LeafIndex(leaf);
  now.own.leaf_key = leaf_keys_[leaf];
  for (NodeIndex node : direct_path(now.own.leaf, tree_.leaf_count())) {
    if (const auto key = parents_.find(node); key != parents_.end()) {
      now.own.parents[node] = key->second;
    }
  }
  EpochKeys keys = epoch_keys(epoch_secret_);
  const Digest tag = internal::confirmation_tag(keys.secrets, now.context);
  internal::finish_epoch(now, std::move(keys), tag.view());
  return Group::restore(internal::save_state(state).view(), signers_[leaf], policy()).value();
}

}  // namespace candour::mls::bench
