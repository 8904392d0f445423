#include "mls/treekem.h"

#include <algorithm>
#include <unordered_set>

#include "base/assert.h"

namespace candour::mls {
namespace {

std::vector<NodeIndex> recipients(const RatchetTree& tree, NodeIndex copath,
                                  const std::set<LeafIndex>& added) {
  std::vector<NodeIndex> out = tree.resolution(copath);
  std::erase_if(out, [&](NodeIndex n) { return n.is_leaf() && added.contains(n.leaf()); });
  return out;
}

}  // namespace

const crypto::SealingKey* TreePrivate::find(NodeIndex node) const {
  if (node == NodeIndex(leaf)) return leaf_key.get();
  const auto known = parents.find(node);
  return known == parents.end() ? nullptr : known->second.get();
}

void TreePrivate::keep_matching(const RatchetTree& tree) {
  std::erase_if(parents, [&](const auto& entry) {
    const auto in_tree = tree.encryption_key(entry.first);
    return !in_tree || !same(*in_tree, entry.second->public_key().view());
  });
}

KdfSecret next_path_secret(const KdfSecret& path_secret) {
  return derive_secret(path_secret.view(), "path");
}

crypto::SealingKey node_key(const KdfSecret& path_secret) {
  return crypto::SealingKey::derive(derive_secret(path_secret.view(), "node").view());
}

void change_leaf(LeafNode& leaf, const LeafChange& change) {
  if (change.key) leaf.signature_key = change.key->public_key().view();
  if (change.identity) leaf.credential.identity = *change.identity;
}

NewPath make_path(RatchetTree& tree, TreePrivate& own, ByteView group_id,
                  const crypto::SigningKey& key, Random& random, const LeafChange& change) {
  NewPath out;
  out.steps = tree.filtered_direct_path(own.leaf);
  own.parents.clear();
  own.leaf_key = std::make_shared<const crypto::SealingKey>(crypto::SealingKey::generate(random));
  std::vector<Bytes> keys;
  KdfSecret secret = random.secret<kHashSize>();
  for (const PathStep& step : out.steps) {
    auto fresh = std::make_shared<const crypto::SealingKey>(node_key(secret));
    keys.push_back(to_bytes(fresh->public_key().view()));
    own.parents.emplace(step.node, std::move(fresh));
    KdfSecret next = next_path_secret(secret);
    out.path_secrets.push_back(std::move(secret));
    secret = std::move(next);
  }
  out.commit_secret = std::move(secret);

  CANDOUR_ASSERT(tree.leaf(own.leaf) != nullptr);
  LeafNode leaf = *tree.leaf(own.leaf);
  leaf.encryption_key = own.leaf_key->public_key().view();
  change_leaf(leaf, change);
  leaf.source = LeafNodeSource::commit;
  leaf.not_before_s = leaf.not_after_s = 0;
  leaf.parent_hash = tree.set_path(own.leaf, keys);
  tree.set_leaf(own.leaf,
                sign_leaf(std::move(leaf), change.key ? *change.key : key, group_id, own.leaf));
  return out;
}

Result<UpdatePath> encrypt_path(const Suite& suite, const RatchetTree& tree, const TreePrivate& own,
                                const NewPath& path, ByteView provisional_context,
                                const std::set<LeafIndex>& added, Random& random) {
  UpdatePath out;
  out.leaf_node = *tree.leaf(own.leaf);
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    UpdatePathNode node;
    node.encryption_key = to_bytes(*tree.encryption_key(path.steps[i].node));
    for (NodeIndex to : recipients(tree, path.steps[i].copath, added)) {
      auto sealed = encrypt_with_label(suite, *tree.encryption_key(to), "UpdatePathNode",
                                       provisional_context, path.path_secrets[i].view(), random);
      if (!sealed) return broken(Rule::path_encryption);
      node.encrypted_path_secret.push_back(std::move(sealed).value());
    }
    out.nodes.push_back(std::move(node));
  }
  return out;
}

Status merge_path(RatchetTree& tree, const Suite& suite, ByteView group_id, LeafIndex sender,
                  const UpdatePath& path, const std::set<LeafIndex>& added) {
  const LeafNode& leaf = path.leaf_node;
  if (leaf.source != LeafNodeSource::commit) return broken(Rule::leaf_source);
  CANDOUR_ASSERT(tree.leaf(sender) != nullptr);
  LeafNode shared = leaf;
  shared.capabilities.share_with(tree.leaf(sender)->capabilities);
  CANDOUR_TRY(auto verified, verify_leaf(std::move(shared), suite, group_id, sender));
  if (same(leaf.encryption_key, tree.leaf(sender)->encryption_key)) {
    return broken(Rule::leaf_key_unchanged);
  }
  const std::vector<PathStep> steps = tree.filtered_direct_path(sender);
  if (steps.size() != path.nodes.size()) return broken(Rule::path_length);
  std::unordered_set<std::string_view> in_path;
  const auto is_new = [&](ByteView key) {
    return in_path.insert(as_text(key)).second && !tree.has_encryption_key(key);
  };
  if (!is_new(leaf.encryption_key)) return broken(Rule::path_key_in_tree);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const UpdatePathNode& node = path.nodes[i];
    if (node.encryption_key.size() != SealingPublicKey::kSize) {
      return broken(Rule::public_key_invalid);
    }
    if (!can_encrypt_to(node.encryption_key)) return broken(Rule::public_key_low_order);
    if (!is_new(node.encryption_key)) return broken(Rule::path_key_in_tree);
    if (node.encrypted_path_secret.size() != recipients(tree, steps[i].copath, added).size()) {
      return broken(Rule::path_ciphertext_count);
    }
  }
  const Bytes expected = tree.set_path(sender, path.keys());
  if (!same(expected, leaf.parent_hash)) return broken(Rule::parent_hash_leaf);
  tree.set_leaf(sender, std::move(verified));
  return ok();
}

Result<KdfSecret> implant_path_secret(const RatchetTree& tree, TreePrivate& own, LeafIndex sender,
                                      NodeIndex node, KdfSecret&& path_secret) {
  const std::vector<PathStep> steps = tree.filtered_direct_path(sender);
  auto step =
      std::find_if(steps.begin(), steps.end(), [&](const PathStep& s) { return s.node == node; });
  if (step == steps.end()) return broken(Rule::path_secret_placement);
  KdfSecret secret = std::move(path_secret);
  for (; step != steps.end(); ++step) {
    auto key = std::make_shared<const crypto::SealingKey>(node_key(secret));
    const auto in_tree = tree.encryption_key(step->node);
    if (!in_tree || !same(*in_tree, key->public_key().view())) {
      return broken(Rule::path_key_mismatch);
    }
    own.parents[step->node] = std::move(key);
    secret = next_path_secret(secret);
  }
  return secret;
}

Result<OpenedPath> open_path(const Suite& suite, const RatchetTree& tree, TreePrivate& own,
                             LeafIndex sender, const UpdatePath& path, ByteView provisional_context,
                             const std::set<LeafIndex>& added) {
  CANDOUR_ASSERT(own.leaf != sender);
  own.keep_matching(tree);
  const std::vector<PathStep> steps = tree.filtered_direct_path(sender);
  const NodeIndex meet = common_ancestor(own.leaf, sender);
  const auto step =
      std::find_if(steps.begin(), steps.end(), [&](const PathStep& s) { return s.node == meet; });
  // The own leaf is below the copath child, so its resolution cannot be empty.
  CANDOUR_ASSERT(step != steps.end());
  const UpdatePathNode& node = path.nodes[static_cast<std::size_t>(step - steps.begin())];
  const std::vector<NodeIndex> to = recipients(tree, step->copath, added);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const crypto::SealingKey* key = own.find(to[i]);
    if (key == nullptr) continue;
    auto plain = decrypt_with_label(suite, *key, "UpdatePathNode", provisional_context,
                                    node.encrypted_path_secret[i]);
    if (!plain) return broken(Rule::path_decryption);
    const ByteView bytes = plain.value().view();
    if (bytes.size() != kHashSize) return broken(Rule::path_secret_length);
    OpenedPath out;
    out.path_secret = KdfSecret::copy_of(bytes.first<kHashSize>());
    CANDOUR_TRY(auto commit, implant_path_secret(tree, own, sender, meet, out.path_secret.clone()));
    out.commit_secret = std::move(commit);
    return out;
  }
  return broken(Rule::path_no_key);
}

}  // namespace candour::mls
