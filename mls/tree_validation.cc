#include "mls/tree_validation.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace candour::mls {
namespace {

/// Calls `check` for every non-blank parent until one fails.
template <class Check>
Status for_each_parent(const RatchetTree& tree, Check check) {
  for (std::uint32_t i = 1; i < node_count(tree.leaf_count()); i += 2) {
    const NodeIndex node(i);
    if (tree.blank(node)) continue;
    CANDOUR_TRY(check(node, *tree.parent(node)));
  }
  return ok();
}

ByteView parent_hash_field(const RatchetTree& tree, NodeIndex node) {
  return node.is_leaf() ? tree.leaf(node.leaf())->parent_hash : tree.parent(node)->parent_hash;
}

/// Is some node below `child` linked to `node` by its parent hash (section 7.9.2)?
bool has_link(const RatchetTree& tree, NodeIndex node, NodeIndex child, NodeIndex other) {
  std::set<NodeIndex> unmerged;
  for (LeafIndex leaf : tree.parent(node)->unmerged_leaves) {
    if (covers(child, leaf)) unmerged.insert(NodeIndex(leaf));
  }
  // The resolution without D must be exactly the unmerged leaves, so D is the one that is over.
  std::optional<NodeIndex> linked;
  std::size_t listed = 0;
  for (NodeIndex n : tree.resolution(child)) {
    if (unmerged.contains(n)) {
      ++listed;
    } else if (linked) {
      return false;
    } else {
      linked = n;
    }
  }
  if (!linked || listed != unmerged.size()) return false;
  if (linked->is_leaf() && tree.leaf(linked->leaf())->source != LeafNodeSource::commit) {
    return false;
  }
  return same(parent_hash_field(tree, *linked), tree.parent_hash(node, other).view());
}

}  // namespace

Status check_unmerged_leaves(const RatchetTree& tree) {
  return for_each_parent(tree, [&](NodeIndex node, const ParentNode& here) -> Status {
    const auto& list = here.unmerged_leaves;
    if (std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) != list.end()) {
      return broken(Rule::unmerged_unsorted);
    }
    for (LeafIndex leaf : list) {
      if (!covers(node, leaf) || tree.leaf(leaf) == nullptr) {
        return broken(Rule::unmerged_not_below);
      }
      for (NodeIndex between : direct_path(leaf, tree.leaf_count())) {
        if (between == node) break;
        const ParentNode* p = tree.parent(between);
        if (p && !std::binary_search(p->unmerged_leaves.begin(), p->unmerged_leaves.end(), leaf)) {
          return broken(Rule::unmerged_missing_between);
        }
      }
    }
    return ok();
  });
}

Status check_parent_hashes(const RatchetTree& tree) {
  return for_each_parent(tree, [&](NodeIndex node, const ParentNode&) -> Status {
    const bool from_left = has_link(tree, node, left(node), right(node));
    const bool from_right = has_link(tree, node, right(node), left(node));
    if (from_left == from_right) return broken(Rule::parent_hash_chain);
    return ok();
  });
}

Status check_unique_keys(const RatchetTree& tree) {
  std::unordered_set<std::string_view> encryption_keys;
  std::unordered_set<std::string_view> signature_keys;
  for (std::uint32_t i = 0; i < node_count(tree.leaf_count()); ++i) {
    const NodeIndex node(i);
    const auto key = tree.encryption_key(node);
    if (!key) continue;
    if (key->size() != SealingPublicKey::kSize) return broken(Rule::public_key_invalid);
    if (!can_encrypt_to(*key)) return broken(Rule::public_key_low_order);
    if (!encryption_keys.insert(as_text(*key)).second) {
      return broken(Rule::encryption_key_repeated);
    }
    if (node.is_leaf() &&
        !signature_keys.insert(as_text(tree.leaf(node.leaf())->signature_key)).second) {
      return broken(Rule::signature_key_repeated);
    }
  }
  return ok();
}

namespace {

Result<RequiredCapabilities> required_by(const Extensions& group_extensions) {
  const Extension* e = find_extension(group_extensions, extension_type::required_capabilities);
  if (e == nullptr) return RequiredCapabilities();
  auto read = decode<RequiredCapabilities>(e->data);
  if (!read) return broken(Rule::extension_malformed);
  return read;
}

Status check_supports(const Capabilities& c, const RatchetTree& tree, const Extensions& extensions,
                      const RequiredCapabilities& required) {
  for (CredentialType type : {CredentialType::basic, CredentialType::x509}) {
    if (tree.uses(type) && !c.supports_credential(static_cast<std::uint16_t>(type))) {
      return broken(Rule::credential_unsupported_by_member);
    }
  }
  for (const Extension& e : extensions) {
    if (!c.supports_extension(e.type)) return broken(Rule::group_extension_unsupported);
  }
  if (!required.met_by(c)) return broken(Rule::required_capability_missing);
  return ok();
}

/// Leaves that one call of an executor's task looks at.
constexpr std::size_t kLeavesATask = 32;

/// Each leaf by itself; of several faults the leftmost counts, whoever finds it.
Status check_leaves(const RatchetTree& tree, const Suite& suite, ByteView group_id,
                    const Checks& checks, const LeafHelp& help) {
  const std::vector<LeafIndex> members = tree.members();
  const auto check = [&](LeafIndex i) -> Status {
    const LeafNode& leaf = *tree.leaf(i);
    CANDOUR_TRY(check_leaf(leaf, suite, group_id, i, help.cache));
    // A member may have joined long ago; only the bound on its lifetime is for ever.
    return check_lifetime_bounds(leaf, checks);
  };
  const std::size_t tasks = (members.size() + kLeavesATask - 1) / kLeavesATask;
  if (help.executor == nullptr || !*help.executor || tasks < 2) {
    for (LeafIndex i : members) {
      CANDOUR_TRY(check(i));
    }
    return ok();
  }
  std::vector<std::optional<Error>> faults(tasks);
  (*help.executor)(tasks, [&](std::size_t task) {
    const std::size_t end = std::min(members.size(), (task + 1) * kLeavesATask);
    for (std::size_t i = task * kLeavesATask; i < end && !faults[task]; ++i) {
      const Status outcome = check(members[i]);
      if (!outcome) faults[task] = outcome.error();
    }
  });
  for (const auto& fault : faults) {
    if (fault) return *fault;
  }
  return ok();
}

}  // namespace

Status check_capabilities(const RatchetTree& tree, const Extensions& group_extensions) {
  CANDOUR_TRY(const auto required, required_by(group_extensions));
  // What the own leaf lists has GREASE in it (section 13.5); what we can do has not.
  const Capabilities own = own_capabilities();
  for (const Extension& e : group_extensions) {
    if (!own.supports_extension(e.type)) return broken(Rule::group_extension_unsupported);
  }
  if (!required.met_by(own)) return broken(Rule::required_capability_missing);
  for (LeafIndex i : tree.members()) {
    CANDOUR_TRY(check_supports(*tree.leaf(i)->capabilities, tree, group_extensions, required));
  }
  return ok();
}

Status check_leaf_in_group(const LeafNode& leaf, const RatchetTree& tree,
                           const Extensions& group_extensions) {
  CANDOUR_TRY(const auto required, required_by(group_extensions));
  return check_supports(*leaf.capabilities, tree, group_extensions, required);
}

Status check_tree_on_join(const RatchetTree& tree, const Suite& suite, ByteView group_id,
                          const Extensions& group_extensions, const Checks& checks,
                          const LeafHelp& help) {
  CANDOUR_TRY(check_leaves(tree, suite, group_id, checks, help));
  CANDOUR_TRY(check_unmerged_leaves(tree));
  CANDOUR_TRY(check_parent_hashes(tree));
  CANDOUR_TRY(check_unique_keys(tree));
  return check_capabilities(tree, group_extensions);
}

Result<Verified<RatchetTree>> verify_tree_on_join(RatchetTree&& tree, const Suite& suite,
                                                  ByteView group_id,
                                                  const Extensions& group_extensions,
                                                  const Checks& checks, const LeafHelp& help) {
  CANDOUR_TRY(check_tree_on_join(tree, suite, group_id, group_extensions, checks, help));
  return Verification::passed(std::move(tree));
}

}  // namespace candour::mls
