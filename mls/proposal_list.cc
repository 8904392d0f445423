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
  std::vector<const ExternalInit*> external_inits;
  const ReInit* reinit = nullptr;
  std::shared_ptr<const crypto::SealingKey> own_update_key;
};

/// Section 12.1.8 and the "Ext" column of section 17.4: who may propose what.
Status check_proposer(const CommittedProposal& item) {
  const AnyProposal& body = item.proposal.body;
  if (item.sender.type == SenderType::external &&
      (std::holds_alternative<Update>(body) || std::holds_alternative<ExternalInit>(body))) {
    return broken(Rule::external_sender_proposal);
  }
  if (item.sender.type == SenderType::new_member_proposal && !std::holds_alternative<Add>(body)) {
    return broken(Rule::new_member_proposal);
  }
  return ok();
}

Status sort_one(const CommittedProposal& item, const ListContext& context, SortedProposals& out) {
  const AnyProposal& body = item.proposal.body;
  const bool by_member = context.committer.is_member();
  CANDOUR_TRY(check_proposer(item));
  if (const auto* add = std::get_if<Add>(&body)) {
    out.adds.push_back(&add->key_package);
  } else if (const auto* update = std::get_if<Update>(&body)) {
    // An Update by value would be the committer's own; its path does that job.
    if (by_member && item.sender == context.committer) return broken(Rule::update_own);
    out.updates.emplace_back(item.sender.leaf(), update);
    if (item.update_key) out.own_update_key = item.update_key;
  } else if (const auto* remove = std::get_if<Remove>(&body)) {
    if (by_member && remove->removed == context.committer.leaf()) return broken(Rule::remove_self);
    out.removes.push_back(remove->removed);
  } else if (const auto* psk = std::get_if<PreSharedKey>(&body)) {
    CANDOUR_TRY(check_psk_id(psk->psk, context.founding));
    if (std::find(out.psks.begin(), out.psks.end(), psk->psk) != out.psks.end()) {
      return broken(Rule::psk_twice);
    }
    out.psks.push_back(psk->psk);
  } else if (const auto* reinit = std::get_if<ReInit>(&body)) {
    if (!context.policy.reinit) return broken(Rule::policy_reinit);
    if (reinit->version < kVersionMls10) return broken(Rule::reinit_version);
    out.reinit = reinit;
  } else if (const auto* init = std::get_if<ExternalInit>(&body)) {
    if (by_member) return broken(Rule::external_init);
    out.external_inits.push_back(init);
  } else {
    if (out.extensions != nullptr) return broken(Rule::extensions_twice);
    out.extensions = &std::get<GroupContextExtensions>(body);
    CANDOUR_TRY(read_group_extensions(out.extensions->extensions));
  }
  return ok();
}

/// Section 12.2, second list.
Status check_external_list(const std::vector<CommittedProposal>& proposals,
                           const SortedProposals& list) {
  for (const CommittedProposal& item : proposals) {
    if (item.by_reference) return broken(Rule::external_reference);
  }
  if (list.external_inits.size() != 1) return broken(Rule::external_init_count);
  if (list.removes.size() > 1) return broken(Rule::external_removes);
  if (list.extensions || list.reinit || !list.updates.empty() || !list.adds.empty()) {
    return broken(Rule::external_proposal);
  }
  return ok();
}

/// The steward cannot be removed then either, as nobody commits their own removal.
Status check_policy(const ListContext& context, const std::vector<CommittedProposal>& proposals) {
  const auto& steward = context.policy.steward;
  if (!steward || proposals.empty()) return ok();
  const bool by_steward = context.committer.is_member() && context.committer.leaf() == *steward;
  return by_steward ? ok() : Status(broken(Rule::policy_steward_only));
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

Status check_updates(const ListContext& context, const SortedProposals& list) {
  for (const auto& [index, update] : list.updates) {
    const LeafNode& leaf = update->leaf_node;
    const LeafNode& old = *context.tree.leaf(index);
    if (leaf.source != LeafNodeSource::update) return broken(Rule::leaf_source);
    CANDOUR_TRY(check_leaf(leaf, context.suite, context.group.group_id, index));
    if (same(leaf.encryption_key, old.encryption_key)) return broken(Rule::leaf_key_unchanged);
    if (!context.policy.identity_changes && member_of(index, leaf) != member_of(index, old)) {
      return broken(Rule::policy_identity_changed);
    }
  }
  return ok();
}

/// Clients are told apart by their signature key.
Status check_adds(const ListContext& context, const SortedProposals& list) {
  const RatchetTree& tree = context.tree;
  std::set<Bytes> adding;
  for (const KeyPackage* package : list.adds) {
    CANDOUR_TRY(check_key_package(*package, context.suite, context.checks));
    if (!adding.insert(package->leaf_node.signature_key).second) return broken(Rule::add_twice);
  }
  if (adding.empty() || context.alone) return ok();
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

Status check_psk_id(const PreSharedKeyId& id, bool founding) {
  if (id.nonce.size() != kHashSize) return broken(Rule::psk_nonce);
  if (id.type == PskType::resumption && id.usage != ResumptionUsage::application && !founding) {
    return broken(Rule::psk_usage);
  }
  return ok();
}

Result<AppliedProposals> apply_proposals(const ListContext& context,
                                         const std::vector<CommittedProposal>& proposals) {
  const RatchetTree& tree = context.tree;
  SortedProposals list;
  AppliedProposals out;
  out.needs_path = proposals.empty();
  for (const CommittedProposal& item : proposals) {
    CANDOUR_TRY(sort_one(item, context, list));
    out.needs_path = out.needs_path || item.proposal.needs_path();
  }
  if (context.committer.type == SenderType::new_member_commit) {
    CANDOUR_TRY(check_external_list(proposals, list));
  }
  if (list.reinit && proposals.size() > 1) return broken(Rule::reinit_not_alone);
  CANDOUR_TRY(check_policy(context, proposals));
  CANDOUR_TRY(check_leaves_touched(tree, list));
  CANDOUR_TRY(check_updates(context, list));
  CANDOUR_TRY(check_adds(context, list));

  out.tree = tree;
  out.extensions = list.extensions ? list.extensions->extensions : context.group.extensions;
  for (const auto& [leaf, update] : list.updates) {
    out.tree.update(leaf, std::make_shared<const LeafNode>(update->leaf_node));
    out.updated.push_back(leaf);
  }
  for (LeafIndex leaf : list.removes) {
    out.removed.push_back(member_of(leaf, *tree.leaf(leaf)));
    out.replaced_key = tree.leaf(leaf)->encryption_key;
    out.tree.remove(leaf);
  }
  for (const KeyPackage* package : list.adds) {
    out.added.push_back(out.tree.add(std::make_shared<const LeafNode>(package->leaf_node)));
  }
  if (context.committer.type == SenderType::new_member_commit) {
    out.external_init = *list.external_inits[0];
    // Only the place counts: the path that must come with it fills it.
    out.joiner = out.tree.add(std::make_shared<const LeafNode>());
  }
  if (out.tree.leaf_count() > context.policy.tree_leaves_max) return broken(Rule::tree_too_large);
  if (list.reinit) out.reinit = *list.reinit;
  out.psks = std::move(list.psks);
  out.own_update_key = std::move(list.own_update_key);
  return out;
}

Status check_resulting_tree(const ListContext& before, const AppliedProposals& applied,
                            std::optional<LeafIndex> committer) {
  bool look = applied.joiner.has_value() || !applied.added.empty() || !applied.updated.empty() ||
              applied.extensions != before.group.extensions;
  if (!look && committer) {
    const LeafNode& was = *before.tree.leaf(*committer);
    const LeafNode& is = *applied.tree.leaf(*committer);
    look = !same(was.signature_key, is.signature_key) ||
           was.credential.type != is.credential.type || was.capabilities != is.capabilities;
  }
  if (!look) return ok();
  CANDOUR_TRY(check_unique_keys(applied.tree));
  return check_capabilities(applied.tree, applied.extensions);
}

}  // namespace candour::mls::internal
