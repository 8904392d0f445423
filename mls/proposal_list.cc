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
  std::vector<const CommittedProposal*> adds;
  std::vector<PreSharedKeyId> psks;
  std::vector<const ExternalInit*> external_inits;
  const ReInit* reinit = nullptr;
  OwnUpdate own_update;
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
  if (std::holds_alternative<Add>(body)) {
    out.adds.push_back(&item);
  } else if (const auto* update = std::get_if<Update>(&body)) {
    // An Update by value would be the committer's own; its path does that job.
    if (by_member && item.sender == context.committer) return broken(Rule::update_own);
    out.updates.emplace_back(item.sender.leaf(), update);
    if (item.own_update.leaf_key) out.own_update = item.own_update;
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
  if (!steward) return ok();
  const bool by_steward = context.committer.is_member() && context.committer.leaf() == *steward;
  const bool own_path = proposals.empty() && context.policy.member_commits;
  return by_steward || own_path ? ok() : Status(broken(Rule::policy_steward_only));
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

using VerifiedUpdates = std::vector<std::pair<LeafIndex, VerifiedLeaf>>;

Result<VerifiedUpdates> verify_updates(const ListContext& context, const SortedProposals& list) {
  VerifiedUpdates out;
  for (const auto& [index, update] : list.updates) {
    const LeafNode& leaf = update->leaf_node;
    const LeafNode& old = *context.tree.leaf(index);
    if (leaf.source != LeafNodeSource::update) return broken(Rule::leaf_source);
    CANDOUR_TRY(auto verified,
                verify_leaf(LeafNode(leaf), context.suite, context.group.group_id, index));
    if (same(leaf.encryption_key, old.encryption_key)) return broken(Rule::leaf_key_unchanged);
    if (!context.policy.identity_changes && member_of(index, leaf) != member_of(index, old)) {
      return broken(Rule::policy_identity_changed);
    }
    out.emplace_back(index, std::move(verified));
  }
  return out;
}

/// Clients are told apart by their signature key.
Result<std::vector<VerifiedPackage>> verify_adds(const ListContext& context,
                                                 const SortedProposals& list) {
  std::vector<VerifiedPackage> out;
  std::set<Bytes> adding;
  for (const CommittedProposal* item : list.adds) {
    VerifiedPackage package = item->package;
    if (package) {
      CANDOUR_TRY(check_key_package_again(**package, context.suite, context.checks));
    } else {
      CANDOUR_TRY(package,
                  verify_key_package(KeyPackage(std::get<Add>(item->proposal.body).key_package),
                                     context.suite, context.checks));
    }
    const ByteView key = (*package)->leaf_node.signature_key;
    if (!adding.insert(to_bytes(key)).second) return broken(Rule::add_twice);
    const auto present = context.tree.find_signature_key(key);
    if (present && !context.alone &&
        std::find(list.removes.begin(), list.removes.end(), *present) == list.removes.end()) {
      return broken(Rule::add_present);
    }
    out.push_back(std::move(package));
  }
  return out;
}

/// What comes into the tree, in the order of section 12.3.
struct Arrivals {
  VerifiedUpdates updates;
  std::vector<VerifiedPackage> adds;
};

void change_tree(const RatchetTree& before, const SortedProposals& list, Arrivals&& arrivals,
                 AppliedProposals& out) {
  RatchetTree& tree = out.tree;
  for (auto& [leaf, update] : arrivals.updates) {
    const LeafNode& is = **update;
    out.keys_may_repeat = out.keys_may_repeat || tree.may_have_key(is.encryption_key) ||
                          (is.signature_key != before.leaf(leaf)->signature_key &&
                           tree.may_have_key(is.signature_key));
    tree.update(leaf, std::move(update));
    out.updated.push_back(leaf);
  }
  for (LeafIndex leaf : list.removes) {
    out.removed.push_back(member_of(leaf, *before.leaf(leaf)));
    out.replaced_key = to_bytes(before.leaf(leaf)->encryption_key);
    tree.remove(leaf);
  }
  for (VerifiedPackage& package : arrivals.adds) {
    const LeafNode& leaf = (*package)->leaf_node;
    out.keys_may_repeat = out.keys_may_repeat || tree.may_have_key(leaf.encryption_key) ||
                          tree.may_have_key(leaf.signature_key);
    out.added.push_back(tree.add(leaf_of(*package)));
    out.packages.push_back(std::move(package));
  }
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
  Arrivals arrivals;
  CANDOUR_TRY(arrivals.updates, verify_updates(context, list));
  CANDOUR_TRY(arrivals.adds, verify_adds(context, list));

  out.tree = tree;
  out.extensions = list.extensions ? list.extensions->extensions : context.group.extensions;
  change_tree(tree, list, std::move(arrivals), out);
  if (context.committer.type == SenderType::new_member_commit) {
    out.external_init = *list.external_inits[0];
    out.joiner = out.tree.add_place();
  }
  if (out.tree.leaf_count() > context.policy.tree_leaves_max) return broken(Rule::tree_too_large);
  if (list.reinit) out.reinit = *list.reinit;
  out.psks = std::move(list.psks);
  out.own_update = std::move(list.own_update);
  return out;
}

Status check_resulting_tree(const ListContext& before, const AppliedProposals& applied,
                            std::optional<LeafIndex> committer) {
  if (applied.keys_may_repeat) {
    CANDOUR_TRY(check_unique_keys(applied.tree));
  }
  bool all = applied.extensions != before.group.extensions;
  for (CredentialType type : {CredentialType::basic, CredentialType::x509}) {
    all = all || (applied.tree.uses(type) && !before.tree.uses(type));
  }
  if (all) return check_capabilities(applied.tree, applied.extensions);
  std::vector<LeafIndex> came = applied.added;
  came.insert(came.end(), applied.updated.begin(), applied.updated.end());
  if (committer) came.push_back(*committer);
  for (LeafIndex leaf : came) {
    CANDOUR_TRY(check_leaf_in_group(*applied.tree.leaf(leaf), applied.tree, applied.extensions));
  }
  return ok();
}

}  // namespace candour::mls::internal
