// Joining through a Welcome (RFC 9420 section 12.4.3.1).
#include "mls/join.h"

#include <algorithm>

#include "base/assert.h"
#include "mls/proposal_list.h"
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

Result<TreePrivate> own_keys(const RatchetTree& tree, OwnPackage&& own, LeafIndex signer,
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
  if (signer == out.leaf) return broken(Rule::path_secret_placement);
  const NodeIndex meet = common_ancestor(out.leaf, signer);
  KdfSecret first = KdfSecret::copy_of(secrets.path_secret->view().first<kHashSize>());
  CANDOUR_TRY(implant_path_secret(tree, out, signer, meet, std::move(first)));
  return out;
}

/// Section 12.4.3.1: of the resumption keys at most one makes this a successor.
Result<const PreSharedKeyId*> founding_psk(const std::vector<PreSharedKeyId>& ids) {
  const PreSharedKeyId* out = nullptr;
  for (const PreSharedKeyId& id : ids) {
    CANDOUR_TRY(check_psk_id(id, true));
    if (id.type != PskType::resumption || id.usage == ResumptionUsage::application) continue;
    if (out != nullptr) return broken(Rule::psk_usage_twice);
    out = &id;
  }
  return out;
}

/// Sections 11.2 and 11.3: a group that follows from `old` is what it claims to be.
Status check_successor(const PreSharedKeyId& id, const GroupState& old, const GroupContext& group,
                       const RatchetTree& tree) {
  if (group.epoch != Epoch(1)) return broken(Rule::successor_epoch);
  if (id.usage == ResumptionUsage::branch) {
    if (group.cipher_suite != old.now.context.cipher_suite) {
      return broken(Rule::successor_parameters);
    }
    return members_within(tree, old.now.tree) ? ok() : Status(broken(Rule::successor_members));
  }
  if (!old.reinit || id.epoch != old.now.context.epoch) return broken(Rule::reinit_missing);
  const ReInit& wanted = *old.reinit;
  if (!same(group.group_id, wanted.group_id) || group.cipher_suite != wanted.cipher_suite ||
      wanted.version != kVersionMls10 || group.extensions != wanted.extensions) {
    return broken(Rule::successor_parameters);
  }
  return members_within(old.now.tree, tree) ? ok() : Status(broken(Rule::successor_members));
}

}  // namespace

bool members_within(const RatchetTree& some, const RatchetTree& all) {
  std::set<Bytes> known;
  for (LeafIndex i : all.members()) known.insert(to_bytes(all.leaf(i)->credential.identity));
  const std::vector<LeafIndex> members = some.members();
  return std::all_of(members.begin(), members.end(), [&](LeafIndex i) {
    return known.contains(to_bytes(some.leaf(i)->credential.identity));
  });
}

Result<VerifiedGroupInfo> verify_group_info(GroupInfo&& info, const JoinOptions& options,
                                            const Checks& checks) {
  const GroupContext& context = info.group_context;
  const Suite* suite = Suite::find(context.cipher_suite);
  if (suite == nullptr) return broken(Rule::suite_unsupported);
  CANDOUR_TRY(auto tree, tree_of(info, options));
  CANDOUR_TRY(check_no_repeats(info.extensions));
  CANDOUR_TRY(read_group_extensions(context.extensions));
  const LeafNode* signer = tree.leaf(info.signer);
  if (signer == nullptr) return broken(Rule::group_info_signer);
  if (!verify_with_label(signer->signature_key, "GroupInfoTBS", info.to_be_signed(),
                         info.signature)) {
    return broken(Rule::group_info_signature);
  }
  if (!same(tree.root_hash().view(), context.tree_hash)) return broken(Rule::tree_hash_mismatch);
  if (tree.leaf_count() > options.policy.tree_leaves_max) return broken(Rule::tree_too_large);
  CANDOUR_TRY(auto verified,
              verify_tree_on_join(std::move(tree), *suite, context.group_id, context.extensions,
                                  checks, {options.leaf_cache, &options.executor}));
  return VerifiedGroupInfo{Verification::passed(std::move(info)), std::move(verified)};
}

std::unique_ptr<GroupState> state_of(VerifiedGroupInfo&& group, crypto::SigningKey&& key,
                                     const Policy& policy) {
  auto state = std::make_unique<GroupState>(std::move(key), policy);
  EpochState& now = state->now;
  now.context = std::move(group.info).take().group_context;
  now.context_bytes = encode(now.context);
  now.tree = std::move(group.tree).take();
  state->suite = Suite::find(now.context.cipher_suite);
  CANDOUR_ASSERT(state->suite != nullptr);
  return state;
}

Result<std::unique_ptr<GroupState>> join_group(ByteView welcome, ByteView key_package,
                                               ByteView private_part, crypto::SigningKey&& key,
                                               const Checks& checks, const JoinOptions& options,
                                               const GroupState* predecessor) {
  if (welcome.size() > options.policy.message_size_max) return broken(Rule::too_large);
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
  CANDOUR_TRY(const PreSharedKeyId* const founding, founding_psk(secrets.psks));
  CANDOUR_TRY(auto psk_values, find_psks({nullptr, predecessor, options.psks}, secrets.psks));
  const KdfSecret psk = psk_secret(secrets.psks, psk_values);
  CANDOUR_TRY(auto decoded,
              open_group_info(*suite, welcome_secret(joiner, psk), message.encrypted_group_info));
  if (decoded.group_context.cipher_suite != own.package.cipher_suite) {
    return broken(Rule::group_context_mismatch);
  }
  CANDOUR_TRY(auto verified, verify_group_info(std::move(decoded), options, checks));
  const LeafIndex signer = verified.info->signer;
  const Bytes tag = verified.info->confirmation_tag;
  const auto wanted = options.signer ? options.signer : options.policy.steward;
  if (wanted && signer != *wanted) return broken(Rule::group_info_signer);

  auto state = state_of(std::move(verified), std::move(key), options.policy);
  EpochState& now = state->now;
  CANDOUR_TRY(auto keys_in_tree, own_keys(now.tree, std::move(own), signer, secrets));
  now.own = std::move(keys_in_tree);
  EpochKeys keys = epoch_keys(epoch_secret(joiner, psk, now.context_bytes));
  const Digest expected = confirmation_tag(keys.secrets, now.context);
  if (!mac_matches(expected.view(), tag)) {
    return broken(Rule::confirmation_tag);
  }
  if (founding != nullptr) {
    CANDOUR_TRY(check_successor(*founding, *predecessor, now.context, now.tree));
  }
  finish_epoch(now, std::move(keys), tag);
  return state;
}

}  // namespace candour::mls::internal
