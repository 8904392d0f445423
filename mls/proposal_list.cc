#include "mls/proposal_list.h"

#include <algorithm>

#include "mls/tree_validation.h"

namespace candour::mls::internal {
namespace {

/// The list sorted by what is applied when (section 12.3).
struct SortedProposals {
  const GroupContextExtensions* extensions = nullptr;
  std::vector<std::pair<LeafIndex, const Update*>> updates;
  std::vector<LeafIndex> removes;
  std::vector<const KeyPackage*> adds;
  std::vector<PreSharedKeyId> psks;
};

Status sort_one(const CommittedProposal& item, LeafIndex committer, SortedProposals& out) {
  const AnyProposal& body = item.proposal.body;
  if (const auto* add = std::get_if<Add>(&body)) {
    out.adds.push_back(&add->key_package);
  } else if (const auto* update = std::get_if<Update>(&body)) {
    // An Update by value would be the committer's own; its path does that job.
    if (item.sender == committer) return broken(Rule::update_own);
    out.updates.emplace_back(item.sender, update);
  } else if (const auto* remove = std::get_if<Remove>(&body)) {
    if (remove->removed == committer) return broken(Rule::remove_self);
    out.removes.push_back(remove->removed);
  } else if (const auto* psk = std::get_if<PreSharedKey>(&body)) {
    CANDOUR_TRY(check_psk_id(psk->psk));
    if (std::find(out.psks.begin(), out.psks.end(), psk->psk) != out.psks.end()) {
      return broken(Rule::psk_twice);
    }
    out.psks.push_back(psk->psk);
  } else if (std::holds_alternative<ReInit>(body)) {
    return broken(Rule::reinit_unsupported);
  } else if (std::holds_alternative<ExternalInit>(body)) {
    return broken(Rule::external_init);
  } else {
    if (out.extensions != nullptr) return broken(Rule::extensions_twice);
    out.extensions = &std::get<GroupContextExtensions>(body);
    CANDOUR_TRY(check_no_repeats(out.extensions->extensions));
  }
  return ok();
}

Status check_leaves_touched(const RatchetTree& tree, const SortedProposals& list) {
  std::set<LeafIndex> touched;
  for (LeafIndex leaf : list.removes) {
    if (tree.leaf(leaf) == nullptr) return broken(Rule::remove_blank);
    if (!touched.insert(leaf).second) return broken(Rule::leaf_proposed_twice);
  }
  for (const auto& [leaf, update] : list.updates) {
    if (tree.leaf(leaf) == nullptr) return broken(Rule::sender_blank);
    if (!touched.insert(leaf).second) return broken(Rule::leaf_proposed_twice);
  }
  return ok();
}

Status check_updates(const EpochState& epoch, const Suite& suite, const SortedProposals& list) {
  for (const auto& [index, update] : list.updates) {
    const LeafNode& leaf = update->leaf_node;
    if (leaf.source != LeafNodeSource::update) return broken(Rule::leaf_source);
    CANDOUR_TRY(check_leaf(leaf, suite, epoch.context.group_id, index));
    if (same(leaf.encryption_key, epoch.tree.leaf(index)->encryption_key)) {
      return broken(Rule::leaf_key_unchanged);
    }
  }
  return ok();
}

/// Clients are told apart by their signature key.
Status check_adds(const RatchetTree& tree, const Suite& suite, const SortedProposals& list,
                  const Checks& checks) {
  std::set<Bytes> adding;
  for (const KeyPackage* package : list.adds) {
    CANDOUR_TRY(check_key_package(*package, suite, checks));
    if (!adding.insert(package->leaf_node.signature_key).second) return broken(Rule::add_twice);
  }
  if (adding.empty()) return ok();
  for (LeafIndex member : tree.members()) {
    const bool removed =
        std::find(list.removes.begin(), list.removes.end(), member) != list.removes.end();
    if (!removed && adding.contains(tree.leaf(member)->signature_key)) {
      return broken(Rule::add_present);
    }
  }
  return ok();
}

}  // namespace

Status check_psk_id(const PreSharedKeyId& id) {
  if (id.nonce.size() != kHashSize) return broken(Rule::psk_nonce);
  if (id.type == PskType::resumption && id.usage != ResumptionUsage::application) {
    return broken(Rule::psk_usage);
  }
  return ok();
}

Result<AppliedProposals> apply_proposals(const EpochState& epoch, const Suite& suite,
                                         LeafIndex committer,
                                         const std::vector<CommittedProposal>& proposals,
                                         const Checks& checks) {
  SortedProposals list;
  AppliedProposals out;
  out.needs_path = proposals.empty();
  for (const CommittedProposal& item : proposals) {
    CANDOUR_TRY(sort_one(item, committer, list));
    out.needs_path = out.needs_path || item.proposal.needs_path();
  }
  CANDOUR_TRY(check_leaves_touched(epoch.tree, list));
  CANDOUR_TRY(check_updates(epoch, suite, list));
  CANDOUR_TRY(check_adds(epoch.tree, suite, list, checks));

  out.tree = epoch.tree;
  out.extensions = list.extensions ? list.extensions->extensions : epoch.context.extensions;
  for (const auto& [leaf, update] : list.updates) {
    out.tree.update(leaf, std::make_shared<const LeafNode>(update->leaf_node));
  }
  for (LeafIndex leaf : list.removes) {
    out.removed.push_back(member_of(leaf, *epoch.tree.leaf(leaf)));
  }
  for (LeafIndex leaf : list.removes) out.tree.remove(leaf);
  for (const KeyPackage* package : list.adds) {
    out.added.push_back(out.tree.add(std::make_shared<const LeafNode>(package->leaf_node)));
  }
  if (out.tree.leaf_count() > kTreeLeavesMax) return broken(Rule::tree_too_large);
  out.psks = std::move(list.psks);
  return out;
}

Status check_resulting_tree(const RatchetTree& tree, const Extensions& extensions) {
  CANDOUR_TRY(check_unique_keys(tree));
  return check_capabilities(tree, extensions);
}

}  // namespace candour::mls::internal
