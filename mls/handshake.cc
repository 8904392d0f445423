// Opening of handshake messages (RFC 9420 section 6 and the first steps of 12.4.2).
#include "mls/group_state.h"

namespace candour::mls::internal {
namespace {

Status check_place(const GroupState& state, ByteView group_id, Epoch epoch, ContentType type,
                   ContentType expected) {
  if (!same(group_id, state.now.context.group_id)) return broken(Rule::group_other);
  if (epoch != state.now.context.epoch) return broken(Rule::epoch_not_current);
  if (type != expected) return broken(Rule::content_type_unexpected);
  return ok();
}

/// The policy and section 6.1's table: which sender may send which content in the open.
Status check_sender_type(const Policy& policy, const Sender& sender, ContentType type) {
  switch (sender.type) {
    case SenderType::member:
      return policy.public_handshakes ? ok() : Status(broken(Rule::policy_public_handshake));
    case SenderType::external:
    case SenderType::new_member_proposal:
      if (type != ContentType::proposal) return broken(Rule::sender_type_unexpected);
      return policy.outside_proposals ? ok() : Status(broken(Rule::policy_outside_proposal));
    case SenderType::new_member_commit:
      if (type != ContentType::commit) return broken(Rule::sender_type_unexpected);
      return policy.external_commits ? ok() : Status(broken(Rule::policy_external_commit));
  }
  return broken(Rule::sender_type_unexpected);
}

Result<AuthenticatedContent> open_public_handshake(const GroupState& state, ByteView body,
                                                   ContentType expected) {
  CANDOUR_TRY(auto message, decode<PublicMessage>(body));
  const FramedContent& framed = message.content.content;
  if (framed.content_type == ContentType::application) {
    return broken(Rule::application_not_private);
  }
  CANDOUR_TRY(check_place(state, framed.group_id, framed.epoch, framed.content_type, expected));
  CANDOUR_TRY(check_sender_type(state.policy, framed.sender, framed.content_type));
  if (framed.sender.is_member()) {
    if (!membership_tag_fits(message, state.now.secrets.membership_key, state.now.context_bytes)) {
      return broken(Rule::membership_tag);
    }
    if (framed.sender.leaf() == state.now.own.leaf) return broken(Rule::own_message);
  }
  return std::move(message.content);
}

/// Section 6.1: the key of the sender's signature.
Result<Bytes> signature_key_of(const GroupState& state, const FramedContent& framed) {
  switch (framed.sender.type) {
    case SenderType::member: {
      const LeafNode* leaf = state.now.tree.leaf(framed.sender.leaf());
      if (leaf == nullptr) return broken(Rule::sender_blank);
      return to_bytes(leaf->signature_key);
    }
    case SenderType::external: {
      CANDOUR_TRY(auto extensions, read_group_extensions(state.now.context.extensions));
      const auto& senders = extensions.external_senders;
      if (framed.sender.index >= senders.size()) return broken(Rule::external_sender_unknown);
      return senders[framed.sender.index].signature_key;
    }
    case SenderType::new_member_proposal: {
      CANDOUR_TRY(auto proposal, decode<Proposal>(framed.body.view()));
      const auto* add = std::get_if<Add>(&proposal.body);
      if (add == nullptr) return broken(Rule::new_member_proposal);
      return to_bytes(add->key_package.leaf_node.signature_key);
    }
    case SenderType::new_member_commit: {
      CANDOUR_TRY(auto commit, decode<Commit>(framed.body.view()));
      if (!commit.path) return broken(Rule::path_required);
      return to_bytes(commit.path->leaf_node.signature_key);
    }
  }
  return broken(Rule::sender_type_unexpected);
}

}  // namespace

Result<OpenedPrivate> open_private(const GroupState& state, const PrivateMessage& message,
                                   const KdfSecret& sender_data_secret, const RatchetTree& tree,
                                   const SecretTree& secret_tree) {
  const Suite& suite = *state.suite;
  CANDOUR_TRY(auto sender, open_sender_data(suite, message, sender_data_secret));
  if (tree.leaf(sender.leaf) == nullptr) return broken(Rule::sender_blank);
  // Decrypting it would burn a key this device still needs for sending.
  if (sender.leaf == state.now.own.leaf) return broken(Rule::own_message);
  CANDOUR_TRY(auto key, secret_tree.find(suite, sender.leaf, ratchet_kind(message.content_type),
                                         sender.generation, state.policy.forward_steps_max));
  CANDOUR_TRY(auto content, open_content(suite, message, sender, key));
  return OpenedPrivate{std::move(content), std::move(sender)};
}

Result<OpenedHandshake> open_handshake(const GroupState& state, ByteView message,
                                       ContentType expected) {
  if (message.size() > state.policy.message_size_max) return broken(Rule::too_large);
  CANDOUR_TRY(auto raw, unwrap_message(message));
  AuthenticatedContent content;
  std::optional<std::uint32_t> generation;
  if (raw.wire_format == WireFormat::public_message) {
    CANDOUR_TRY(auto opened, open_public_handshake(state, raw.body, expected));
    content = std::move(opened);
  } else if (raw.wire_format == WireFormat::private_message) {
    CANDOUR_TRY(auto sealed, decode<PrivateMessage>(raw.body));
    CANDOUR_TRY(check_place(state, sealed.group_id, sealed.epoch, sealed.content_type, expected));
    const EpochState& now = state.now;
    CANDOUR_TRY(auto opened, open_private(state, sealed, now.secrets.sender_data_secret, now.tree,
                                          now.secret_tree));
    content = std::move(opened.content);
    generation = opened.sender.generation;
  } else {
    return broken(Rule::wire_format_unexpected);
  }
  CANDOUR_TRY(auto key, signature_key_of(state, content.content));
  if (!content.signature_fits(key, state.now.context_bytes)) {
    return broken(Rule::message_signature);
  }
  return OpenedHandshake{Verification::passed(std::move(content)), generation};
}

}  // namespace candour::mls::internal
