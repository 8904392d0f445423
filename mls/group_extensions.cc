#include "mls/group_extensions.h"

#include "mls/framing.h"
#include "mls/group_state.h"
#include "mls/proposal.h"

namespace candour::mls {
namespace {

Bytes sign_outside(ByteView group_id, Epoch epoch, const Sender& sender, const Proposal& proposal,
                   const crypto::SigningKey& key) {
  PublicMessage message;
  AuthenticatedContent& content = message.content;
  content.wire_format = WireFormat::public_message;
  content.content.group_id = to_bytes(group_id);
  content.content.epoch = epoch;
  content.content.sender = sender;
  content.content.content_type = ContentType::proposal;
  content.content.body = SecretBytes::copy_of(encode(proposal));
  content.sign(key, {});
  return wrap_message(WireFormat::public_message, message.encoded().view());
}

}  // namespace

Extension required_capabilities(const std::vector<std::uint16_t>& extensions,
                                const std::vector<std::uint16_t>& proposals,
                                const std::vector<std::uint16_t>& credentials) {
  return {extension_type::required_capabilities,
          encode(RequiredCapabilities{extensions, proposals, credentials})};
}

Extension external_senders(const std::vector<OutsideSender>& senders) {
  std::vector<ExternalSender> list;
  for (const OutsideSender& s : senders) {
    ExternalSender item;
    item.signature_key = to_bytes(s.key.view());
    item.credential.identity = s.identity;
    list.push_back(std::move(item));
  }
  Writer w;
  write_list(w, list);
  return {extension_type::external_senders, w.take()};
}

Result<Bytes> propose_from_outside(ByteView group_id, Epoch epoch, std::uint32_t sender,
                                   const crypto::SigningKey& key, const ProposalRequest& request,
                                   Random& random) {
  if (std::holds_alternative<ProposeUpdate>(request)) {
    return broken(Rule::external_sender_proposal);
  }
  CANDOUR_TRY(auto proposal, internal::make_proposal(request, group_id, random));
  return sign_outside(group_id, epoch, {SenderType::external, sender}, proposal, key);
}

Result<Bytes> propose_own_add(ByteView group_id, Epoch epoch, ByteView key_package,
                              const crypto::SigningKey& key) {
  CANDOUR_TRY(auto package, unwrap_key_package(key_package));
  if (!same(package.leaf_node.signature_key, key.public_key().view())) {
    return broken(Rule::key_package_signer);
  }
  return sign_outside(group_id, epoch, {SenderType::new_member_proposal, 0},
                      {Add{std::move(package)}}, key);
}

}  // namespace candour::mls
