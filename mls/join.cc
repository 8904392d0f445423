// Joining through a Welcome (RFC 9420 section 12.4.3.1).
#include <algorithm>

#include "base/limits.h"
#include "mls/group_state.h"
#include "mls/tree_validation.h"
#include "mls/welcome.h"

namespace candour::mls::internal {
namespace {

struct OwnPackage {
  KeyPackage package;
  KeyPackagePrivate keys;
};

Result<OwnPackage> own_package(ByteView key_package, ByteView private_part,
                               const crypto::SigningKey& key) {
  CANDOUR_TRY(auto package, unwrap_key_package(key_package));
  CANDOUR_TRY(auto keys, KeyPackagePrivate::restore(private_part));
  if (!same(package.init_key, keys.init_key.public_key().view()) ||
      !same(package.leaf_node.encryption_key, keys.leaf_key.public_key().view())) {
    return broken(Rule::key_package_private);
  }
  if (!same(package.leaf_node.signature_key, key.public_key().view())) {
    return broken(Rule::key_package_signer);
  }
  return OwnPackage{std::move(package), std::move(keys)};
}

Result<RatchetTree> tree_of(const GroupInfo& info, const JoinOptions& options) {
  if (const Extension* e = find_extension(info.extensions, extension_type::ratchet_tree)) {
    return RatchetTree::decode(e->data);
  }
  if (options.ratchet_tree.empty()) return broken(Rule::tree_missing);
  return RatchetTree::decode(options.ratchet_tree);
}

/// Signature, context and tree of the GroupInfo.
Status check_group_info(const GroupInfo& info, const RatchetTree& tree, const KeyPackage& package,
                        const Suite& suite, const Checks& checks) {
  const GroupContext& context = info.group_context;
  if (context.cipher_suite != package.cipher_suite) return broken(Rule::group_context_mismatch);
  CANDOUR_TRY(check_no_repeats(info.extensions));
  CANDOUR_TRY(check_no_repeats(context.extensions));
  const LeafNode* signer = tree.leaf(info.signer);
  if (signer == nullptr) return broken(Rule::group_info_signer);
  if (!verify_with_label(signer->signature_key, "GroupInfoTBS", info.to_be_signed(),
                         info.signature)) {
    return broken(Rule::group_info_signature);
  }
  if (!same(tree.root_hash().view(), context.tree_hash)) return broken(Rule::tree_hash_mismatch);
  return check_tree_on_join(tree, suite, context.group_id, context.extensions, checks);
}

Result<TreePrivate> own_keys(const RatchetTree& tree, OwnPackage&& own, const GroupInfo& info,
                             const GroupSecrets& secrets) {
  const std::vector<LeafIndex> members = tree.members();
  const auto leaf = std::find_if(members.begin(), members.end(), [&](LeafIndex i) {
    return *tree.leaf(i) == own.package.leaf_node;
  });
  if (leaf == members.end()) return broken(Rule::own_leaf_missing);
  TreePrivate out;
  out.leaf = *leaf;
  out.leaf_key = std::make_shared<const crypto::SealingKey>(std::move(own.keys.leaf_key));
  if (!secrets.path_secret) return out;
  if (secrets.path_secret->size() != kHashSize) return broken(Rule::path_secret_length);
  if (info.signer == out.leaf) return broken(Rule::path_secret_placement);
  const NodeIndex meet = common_ancestor(out.leaf, info.signer);
  KdfSecret first = KdfSecret::copy_of(secrets.path_secret->view().first<kHashSize>());
  CANDOUR_TRY(implant_path_secret(tree, out, info.signer, meet, std::move(first)));
  return out;
}

}  // namespace

Result<std::unique_ptr<GroupState>> join_group(ByteView welcome, ByteView key_package,
                                               ByteView private_part, crypto::SigningKey&& key,
                                               const Checks& checks, const JoinOptions& options) {
  if (welcome.size() > limits::kFrameSizeMax) return broken(Rule::too_large);
  CANDOUR_TRY(auto own, own_package(key_package, private_part, key));
  CANDOUR_TRY(auto raw, unwrap_message(welcome));
  if (raw.wire_format != WireFormat::welcome) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto message, decode<Welcome>(raw.body));
  if (message.cipher_suite != own.package.cipher_suite) return broken(Rule::welcome_suite);
  const Suite* suite = Suite::find(message.cipher_suite);
  if (suite == nullptr) return broken(Rule::suite_unsupported);

  CANDOUR_TRY(auto secrets, open_group_secrets(*suite, message, own.package.reference().view(),
                                               own.keys.init_key));
  if (secrets.joiner_secret.size() != kHashSize) return broken(Rule::malformed);
  const KdfSecret joiner = KdfSecret::copy_of(secrets.joiner_secret.view().first<kHashSize>());
  CANDOUR_TRY(auto psk_values, find_psks(nullptr, secrets.psks, options.psks));
  const KdfSecret psk = psk_secret(secrets.psks, psk_values);
  CANDOUR_TRY(auto info,
              open_group_info(*suite, welcome_secret(joiner, psk), message.encrypted_group_info));
  CANDOUR_TRY(auto tree, tree_of(info, options));
  CANDOUR_TRY(check_group_info(info, tree, own.package, *suite, checks));
  if (options.signer && info.signer != *options.signer) return broken(Rule::group_info_signer);

  auto state = std::make_unique<GroupState>(std::move(key));
  state->suite = suite;
  EpochState& now = state->now;
  CANDOUR_TRY(auto keys_in_tree, own_keys(tree, std::move(own), info, secrets));
  now.own = std::move(keys_in_tree);
  now.context = std::move(info.group_context);
  now.context_bytes = encode(now.context);
  now.tree = std::move(tree);
  EpochKeys keys = epoch_keys(epoch_secret(joiner, psk, now.context_bytes));
  const Digest expected = confirmation_tag(keys.secrets, now.context);
  if (!mac_matches(expected.view(), info.confirmation_tag)) {
    return broken(Rule::confirmation_tag);
  }
  finish_epoch(now, std::move(keys), info.confirmation_tag);
  return state;
}

}  // namespace candour::mls::internal
