// Opening of handshake messages, and proposals kept for a later commit (RFC 9420 sections 6 and
// 12.1, and the first steps of 12.4.2).
#include "base/limits.h"
#include "mls/group_state.h"
#include "mls/proposal_list.h"

namespace candour::mls::internal {
namespace {

/// Nobody proposes that many; a member that does wants to fill memory.
constexpr std::size_t kKeptProposalsMax = 256;

Status check_place(const GroupState& state, ByteView group_id, Epoch epoch, ContentType type,
                   ContentType expected) {
  if (!same(group_id, state.now.context.group_id)) return broken(Rule::group_other);
  if (epoch != state.now.context.epoch) return broken(Rule::epoch_not_current);
  if (type != expected) return broken(Rule::content_type_unexpected);
  return ok();
}

Result<OpenedHandshake> open_public_handshake(const GroupState& state, ByteView body,
                                              ContentType expected) {
  CANDOUR_TRY(auto message, decode<PublicMessage>(body));
  const FramedContent& framed = message.content.content;
  if (framed.content_type == ContentType::application) {
    return broken(Rule::application_not_private);
  }
  CANDOUR_TRY(check_place(state, framed.group_id, framed.epoch, framed.content_type, expected));
  if (framed.sender.type == SenderType::new_member_commit &&
      framed.content_type != ContentType::commit) {
    return broken(Rule::sender_type_unexpected);
  }
  if (framed.sender.type != SenderType::member) return broken(Rule::sender_unsupported);
  if (!membership_tag_fits(message, state.now.secrets.membership_key, state.now.context_bytes)) {
    return broken(Rule::membership_tag);
  }
  if (framed.sender.leaf() == state.now.own.leaf) return broken(Rule::own_message);
  return OpenedHandshake{std::move(message.content), std::nullopt};
}

}  // namespace

Result<OpenedPrivate> open_private(const Suite& suite, const PrivateMessage& message,
                                   const KdfSecret& sender_data_secret, const RatchetTree& tree,
                                   const SecretTree& secret_tree, LeafIndex own_leaf) {
  CANDOUR_TRY(auto sender, open_sender_data(suite, message, sender_data_secret));
  if (tree.leaf(sender.leaf) == nullptr) return broken(Rule::sender_blank);
  // Decrypting it would burn a key this device still needs for sending.
  if (sender.leaf == own_leaf) return broken(Rule::own_message);
  CANDOUR_TRY(auto key, secret_tree.find(suite, sender.leaf, ratchet_kind(message.content_type),
                                         sender.generation));
  CANDOUR_TRY(auto content, open_content(suite, message, sender, key));
  return OpenedPrivate{std::move(content), std::move(sender)};
}

Result<OpenedHandshake> open_handshake(const GroupState& state, ByteView message,
                                       ContentType expected) {
  if (message.size() > limits::kFrameSizeMax) return broken(Rule::too_large);
  CANDOUR_TRY(auto raw, unwrap_message(message));
  OpenedHandshake out;
  if (raw.wire_format == WireFormat::public_message) {
    CANDOUR_TRY(auto opened, open_public_handshake(state, raw.body, expected));
    out = std::move(opened);
  } else if (raw.wire_format == WireFormat::private_message) {
    CANDOUR_TRY(auto sealed, decode<PrivateMessage>(raw.body));
    CANDOUR_TRY(check_place(state, sealed.group_id, sealed.epoch, sealed.content_type, expected));
    const EpochState& now = state.now;
    CANDOUR_TRY(auto opened, open_private(*state.suite, sealed, now.secrets.sender_data_secret,
                                          now.tree, now.secret_tree, now.own.leaf));
    out = {std::move(opened.content), opened.sender.generation};
  } else {
    return broken(Rule::wire_format_unexpected);
  }
  const LeafNode* sender = state.now.tree.leaf(out.content.content.sender.leaf());
  if (sender == nullptr) return broken(Rule::sender_blank);
  if (!out.content.signature_fits(sender->signature_key, state.now.context_bytes)) {
    return broken(Rule::message_signature);
  }
  return out;
}

Result<std::vector<SecretBytes>> find_psks(const GroupState* state,
                                           const std::vector<PreSharedKeyId>& ids,
                                           const std::vector<ExternalPsk>& external) {
  std::vector<SecretBytes> out;
  for (const PreSharedKeyId& id : ids) {
    CANDOUR_TRY(check_psk_id(id));
    const SecretBytes* given = nullptr;
    const KdfSecret* resumption = nullptr;
    if (id.type == PskType::external) {
      for (const ExternalPsk& psk : external) {
        if (same(psk.id, id.psk_id)) given = &psk.secret;
      }
    } else if (state != nullptr && same(id.group_id, state->now.context.group_id)) {
      if (id.epoch == state->now.context.epoch) resumption = &state->now.secrets.resumption_psk;
      for (const PastEpoch& past : state->past) {
        if (past.epoch == id.epoch) resumption = &past.resumption_psk;
      }
    }
    if (given == nullptr && resumption == nullptr) return broken(Rule::psk_unknown);
    out.push_back(given ? given->clone() : SecretBytes::copy_of(resumption->view()));
  }
  return out;
}

Status keep_proposal(GroupState& state, ByteView message, const Checks& checks) {
  if (state.proposals.size() >= kKeptProposalsMax) return broken(Rule::proposals_too_many);
  CANDOUR_TRY(auto opened, open_handshake(state, message, ContentType::proposal));
  const FramedContent& framed = opened.content.content;
  CANDOUR_TRY(auto proposal, decode<Proposal>(framed.body.view()));
  // By itself it must be valid whoever commits it; a committer that is nobody stands for that.
  const LeafIndex nobody(kTreeLeavesMax);
  std::vector<CommittedProposal> list;
  list.push_back({framed.sender.leaf(), proposal});
  CANDOUR_TRY(apply_proposals(state.now, *state.suite, nobody, list, checks));
  const Digest reference = proposal_reference(opened.content.encoded().view());
  state.proposals.insert_or_assign(to_bytes(reference.view()),
                                   PendingProposal{framed.sender.leaf(), std::move(proposal)});
  if (opened.generation) {
    state.now.secret_tree.use(*state.suite, framed.sender.leaf(), RatchetKind::handshake,
                              *opened.generation);
  }
  return ok();
}

}  // namespace candour::mls::internal
