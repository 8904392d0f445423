#include "mls/message.h"

#include "base/limits.h"
#include "mls/framing.h"
#include "mls/signed_content.h"

namespace candour::mls {

Result<MessageHeader> peek(ByteView message) {
  if (message.size() > limits::kFrameSizeMax) return broken(Rule::too_large);
  CANDOUR_TRY(auto raw, unwrap_message(message));
  if (raw.wire_format == WireFormat::private_message) {
    CANDOUR_TRY(auto m, decode<PrivateMessage>(raw.body));
    return MessageHeader{raw.wire_format, std::move(m.group_id), m.epoch, m.content_type,
                         std::move(m.authenticated_data)};
  }
  if (raw.wire_format != WireFormat::public_message) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto m, decode<PublicMessage>(raw.body));
  FramedContent& framed = m.content.content;
  return MessageHeader{raw.wire_format, std::move(framed.group_id), framed.epoch,
                       framed.content_type, std::move(framed.authenticated_data)};
}

Result<SignedContent> verify_signed_content(ByteView signed_content, const SigningPublicKey& key) {
  Reader r(signed_content);
  const std::uint8_t version = r.u8();
  const ByteView tbs = r.vec();
  const ByteView signature = r.vec();
  if (!r.finish() || version != kSignedContentVersion) return broken(Rule::malformed);
  if (!verify_with_label(key.view(), "FramedContentTBS", tbs, signature)) {
    return broken(Rule::message_signature);
  }
  // FramedContentTBS (section 6.1), read in place so that the views stay in the caller's bytes.
  Reader in(tbs);
  const std::uint16_t protocol = in.u16();
  in.u16();  // wire_format: whatever was signed
  SignedContent out;
  out.group_id = in.vec();
  out.epoch = in.number<Epoch>();
  const SenderType sender = SenderType(in.u8());
  out.sender = LeafIndex(in.u32());
  out.authenticated_data = in.vec();
  const ContentType type = read_content_type(in);
  out.content = in.vec();
  // GroupContext (section 8.1).
  const std::uint16_t context_protocol = in.u16();
  in.u16();  // cipher_suite
  const ByteView context_group = in.vec();
  const Epoch context_epoch = in.number<Epoch>();
  out.tree_hash = in.vec();
  out.confirmed_transcript_hash = in.vec();
  in.vec();  // extensions
  if (!in.finish() || protocol != kVersionMls10 || context_protocol != kVersionMls10) {
    return broken(Rule::malformed);
  }
  if (sender != SenderType::member) return broken(Rule::sender_type_unexpected);
  if (type != ContentType::application) return broken(Rule::content_type_unexpected);
  if (!same(context_group, out.group_id) || context_epoch != out.epoch) {
    return broken(Rule::group_other);
  }
  return out;
}

SecretBytes signed_content_of(ByteView to_be_signed, ByteView signature) {
  SecretWriter w;
  w.u8(kSignedContentVersion);
  w.vec(to_be_signed);
  w.vec(signature);
  return SecretBytes(w.take());
}

}  // namespace candour::mls
