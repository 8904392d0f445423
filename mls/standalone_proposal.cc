// Proposals sent by themselves, kept for a later commit (RFC 9420 section 12.1), and the pre-shared
// keys they name (section 8.4).
#include "mls/group_state.h"
#include "mls/proposal_list.h"

namespace candour::mls::internal {
namespace {

PreSharedKeyId fresh_psk_id(Random& random) {
  PreSharedKeyId id;
  id.nonce.resize(kHashSize);
  random.fill(id.nonce);
  return id;
}

struct Maker {
  ByteView group_id;
  Random& random;

  Result<AnyProposal> operator()(const ProposeAdd& r) const {
    return AnyProposal(Add{**package_of(r.key_package)});
  }
  Result<AnyProposal> operator()(const ProposeUpdate&) const { return broken(Rule::update_own); }
  Result<AnyProposal> operator()(const ProposeRemove& r) const {
    return AnyProposal(Remove{r.leaf});
  }
  Result<AnyProposal> operator()(const ProposeExternalPsk& r) const {
    PreSharedKeyId id = fresh_psk_id(random);
    id.psk_id = r.id;
    return AnyProposal(PreSharedKey{std::move(id)});
  }
  Result<AnyProposal> operator()(const ProposeResumptionPsk& r) const {
    PreSharedKeyId id = fresh_psk_id(random);
    id.type = PskType::resumption;
    id.group_id = to_bytes(group_id);
    id.epoch = r.epoch;
    return AnyProposal(PreSharedKey{std::move(id)});
  }
  Result<AnyProposal> operator()(const ProposeExtensions& r) const {
    return AnyProposal(GroupContextExtensions{r.extensions});
  }
  Result<AnyProposal> operator()(const ReInitParameters& r) const {
    return AnyProposal(
        ReInit{r.group_id, kVersionMls10, static_cast<std::uint16_t>(r.suite), r.extensions});
  }
};

/// The own leaf with a fresh key, signed.
Proposal make_update(const GroupState& state, const crypto::SealingKey& fresh,
                     const LeafChange& change) {
  const EpochState& now = state.now;
  LeafNode leaf = *now.tree.leaf(now.own.leaf);
  leaf.source = LeafNodeSource::update;
  leaf.not_before_s = leaf.not_after_s = 0;
  leaf.parent_hash.clear();
  leaf.encryption_key = fresh.public_key().view();
  change_leaf(leaf, change);
  leaf.sign(change.key ? *change.key : state.key, now.context.group_id, now.own.leaf);
  return {Update{std::move(leaf)}};
}

/// By itself it must be valid whoever commits it; a committer that is nobody stands for that. Of an
/// Add comes back what was verified.
Result<VerifiedPackage> check_alone(const GroupState& state, const Sender& sender,
                                    const Proposal& proposal, const VerifiedPackage& package,
                                    const Checks& checks) {
  Policy anybody = state.policy;
  anybody.steward.reset();
  ListContext context{state.now.context, state.now.tree, *state.suite,
                      anybody,           checks,         Sender::member(LeafIndex(kTreeLeavesMax))};
  context.alone = true;
  std::vector<CommittedProposal> list;
  list.push_back({sender, proposal, true, {}, package});
  CANDOUR_TRY(auto applied, apply_proposals(context, list));
  return applied.packages.empty() ? nullptr : std::move(applied.packages.front());
}

const KdfSecret* resumption_key(const GroupState* state, const PreSharedKeyId& id) {
  if (state == nullptr || !same(id.group_id, state->now.context.group_id)) return nullptr;
  if (id.epoch == state->now.context.epoch) {
    return state->active ? &state->now.secrets.resumption_psk : nullptr;
  }
  for (const PastEpoch& past : state->past) {
    if (past.epoch == id.epoch) return &past.resumption_psk;
  }
  return nullptr;
}

}  // namespace

Result<Proposal> make_proposal(const ProposalRequest& request, ByteView group_id, Random& random) {
  CANDOUR_TRY(auto body, std::visit(Maker{group_id, random}, request));
  return Proposal{std::move(body)};
}

Result<Bytes> send_proposal(GroupState& state, const ProposalRequest& request,
                            WireFormat wire_format, ByteView authenticated_data,
                            const Checks& checks, Random& random) {
  if (!state.policy.standalone_proposals) return broken(Rule::policy_standalone_proposal);
  if (state.proposals.size() >= state.policy.kept_proposals_max) {
    return broken(Rule::proposals_too_many);
  }
  const EpochState& now = state.now;
  const Sender sender = Sender::member(now.own.leaf);
  OwnUpdate own;
  VerifiedPackage package;
  Proposal proposal;
  if (const auto* update = std::get_if<ProposeUpdate>(&request)) {
    own.leaf_key = std::make_shared<const crypto::SealingKey>(crypto::SealingKey::generate(random));
    if (const auto* signer = update->change.key) {
      const auto owner = now.tree.find_signature_key(signer->public_key().view());
      if (owner && *owner != now.own.leaf) return broken(Rule::signature_key_repeated);
      own.signer = std::make_shared<const crypto::SigningKey>(signer->clone());
    }
    proposal = make_update(state, *own.leaf_key, update->change);
  } else {
    CANDOUR_TRY(auto made, make_proposal(request, now.context.group_id, random));
    proposal = std::move(made);
    if (const auto* add = std::get_if<ProposeAdd>(&request)) package = package_of(add->key_package);
  }
  CANDOUR_TRY(package, check_alone(state, sender, proposal, package, checks));
  AuthenticatedContent content;
  content.wire_format = wire_format;
  content.content = {
      now.context.group_id,         now.context.epoch,     sender,
      to_bytes(authenticated_data), ContentType::proposal, SecretBytes::copy_of(encode(proposal))};
  content.sign(state.key, now.context_bytes);
  const Bytes reference = to_bytes(proposal_reference(content.encoded().view()).view());
  CANDOUR_TRY(auto message, send_handshake(state, std::move(content), random));
  state.proposals.push_back(
      {reference, sender, std::move(proposal), std::move(own), std::move(package)});
  return message;
}

Status keep_proposal(GroupState& state, ByteView message, const Checks& checks) {
  if (!state.policy.standalone_proposals) return broken(Rule::policy_standalone_proposal);
  if (state.proposals.size() >= state.policy.kept_proposals_max) {
    return broken(Rule::proposals_too_many);
  }
  CANDOUR_TRY(auto opened, open_handshake(state, message, ContentType::proposal));
  const FramedContent& framed = opened.content->content;
  CANDOUR_TRY(auto proposal, decode<Proposal>(framed.body.view()));
  CANDOUR_TRY(auto package, check_alone(state, framed.sender, proposal, nullptr, checks));
  const Bytes reference = to_bytes(proposal_reference(opened.content->encoded().view()).view());
  std::erase_if(state.proposals,
                [&](const KeptProposal& kept) { return kept.reference == reference; });
  state.proposals.push_back(
      {reference, framed.sender, std::move(proposal), {}, std::move(package)});
  if (opened.generation) {
    state.now.secret_tree.use(*state.suite, framed.sender.leaf(), RatchetKind::handshake,
                              *opened.generation, state.policy.skipped_keys_max);
  }
  return ok();
}

Result<std::vector<SecretBytes>> find_psks(const PskSources& sources,
                                           const std::vector<PreSharedKeyId>& ids) {
  std::vector<SecretBytes> out;
  for (const PreSharedKeyId& id : ids) {
    const SecretBytes* given = nullptr;
    const KdfSecret* resumption = nullptr;
    if (id.type == PskType::external) {
      for (const ExternalPsk& psk : sources.external) {
        if (same(psk.id, id.psk_id)) given = &psk.secret;
      }
    } else {
      resumption = resumption_key(sources.group, id);
      if (resumption == nullptr) resumption = resumption_key(sources.predecessor, id);
    }
    if (given == nullptr && resumption == nullptr) return broken(Rule::psk_unknown);
    out.push_back(given ? given->clone() : SecretBytes::copy_of(resumption->view()));
  }
  return out;
}

}  // namespace candour::mls::internal
