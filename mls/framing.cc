#include "mls/framing.h"

#include "mls/proposal.h"

namespace candour::mls {
namespace {

/// More than the numbers and lengths of a FramedContent take; growing a secret buffer wipes it.
constexpr std::size_t kFieldsSizeMax = 64;

void write_sender(SecretWriter& w, const Sender& sender) {
  w.u8(static_cast<std::uint8_t>(sender.type));
  if (sender.type == SenderType::member || sender.type == SenderType::external) {
    w.u32(sender.index);
  }
}

Sender read_sender(Reader& r) {
  Sender out;
  out.type = SenderType(r.u8());
  switch (out.type) {
    case SenderType::member:
    case SenderType::external:
      out.index = r.u32();
      break;
    case SenderType::new_member_proposal:
    case SenderType::new_member_commit:
      break;
    default:
      r.fail();
  }
  return out;
}

}  // namespace

ContentType read_content_type(Reader& r) {
  const ContentType type = ContentType(r.u8());
  if (type < ContentType::application || type > ContentType::commit) r.fail();
  return type;
}

void write_body(SecretWriter& w, ContentType type, ByteView body) {
  if (type == ContentType::application) {
    w.vec(body);
  } else {
    w.raw(body);
  }
}

SecretBytes read_body(Reader& r, ContentType type) {
  if (type == ContentType::application) return SecretBytes::copy_of(r.vec());
  // Proposal and Commit have no length in front: reading them finds their end.
  const ByteView before = r.rest();
  if (type == ContentType::proposal) {
    Proposal::read(r);
  } else {
    Commit::read(r);
  }
  if (!r.ok()) return {};
  return SecretBytes::copy_of(before.first(before.size() - r.left()));
}

void FramedContent::write(SecretWriter& w) const {
  w.vec(group_id);
  w.number(epoch);
  write_sender(w, sender);
  w.vec(authenticated_data);
  w.u8(static_cast<std::uint8_t>(content_type));
  write_body(w, content_type, body.view());
}

FramedContent FramedContent::read(Reader& r) {
  FramedContent out;
  out.group_id = read_bytes(r);
  out.epoch = r.number<Epoch>();
  out.sender = read_sender(r);
  out.authenticated_data = read_bytes(r);
  out.content_type = read_content_type(r);
  if (r.ok()) out.body = read_body(r, out.content_type);
  return out;
}

FramedContent FramedContent::clone() const {
  return {group_id, epoch, sender, authenticated_data, content_type, body.clone()};
}

SecretBytes AuthenticatedContent::to_be_signed(ByteView group_context) const {
  SecretWriter w;
  w.buffer().reserve(content.body.size() + content.authenticated_data.size() +
                     content.group_id.size() + group_context.size() + kFieldsSizeMax);
  w.u16(kVersionMls10);
  w.u16(static_cast<std::uint16_t>(wire_format));
  content.write(w);
  const SenderType sender = content.sender.type;
  if (sender == SenderType::member || sender == SenderType::new_member_commit) {
    w.raw(group_context);
  }
  return SecretBytes(w.take());
}

void AuthenticatedContent::sign(const crypto::SigningKey& key, ByteView group_context) {
  signature = sign_with_label(key, "FramedContentTBS", to_be_signed(group_context).view());
}

bool AuthenticatedContent::signature_fits(ByteView public_key, ByteView group_context) const {
  return verify_with_label(public_key, "FramedContentTBS", to_be_signed(group_context).view(),
                           signature);
}

SecretBytes AuthenticatedContent::confirmed_transcript_input() const {
  SecretWriter w;
  w.u16(static_cast<std::uint16_t>(wire_format));
  content.write(w);
  w.vec(signature);
  return SecretBytes(w.take());
}

void AuthenticatedContent::write_auth(SecretWriter& w) const {
  w.vec(signature);
  if (content.content_type == ContentType::commit) w.vec(confirmation_tag);
}

void AuthenticatedContent::read_auth(Reader& r) {
  signature = read_bytes(r);
  if (content.content_type == ContentType::commit) confirmation_tag = read_bytes(r);
}

SecretBytes AuthenticatedContent::encoded() const {
  SecretWriter w;
  w.u16(static_cast<std::uint16_t>(wire_format));
  content.write(w);
  write_auth(w);
  return SecretBytes(w.take());
}

AuthenticatedContent AuthenticatedContent::read(Reader& r) {
  AuthenticatedContent out;
  out.wire_format = WireFormat(r.u16());
  out.content = FramedContent::read(r);
  out.read_auth(r);
  return out;
}

SecretBytes PublicMessage::encoded() const {
  SecretWriter w;
  content.content.write(w);
  content.write_auth(w);
  if (content.content.sender.type == SenderType::member) w.vec(membership_tag);
  return SecretBytes(w.take());
}

PublicMessage PublicMessage::read(Reader& r) {
  PublicMessage out;
  out.content.wire_format = WireFormat::public_message;
  out.content.content = FramedContent::read(r);
  out.content.read_auth(r);
  if (out.content.content.sender.type == SenderType::member) out.membership_tag = read_bytes(r);
  return out;
}

void PrivateMessage::write(Writer& w) const {
  w.vec(group_id);
  w.number(epoch);
  w.u8(static_cast<std::uint8_t>(content_type));
  w.vec(authenticated_data);
  w.vec(encrypted_sender_data);
  w.vec(ciphertext);
}

PrivateMessage PrivateMessage::read(Reader& r) {
  PrivateMessage out;
  out.group_id = read_bytes(r);
  out.epoch = r.number<Epoch>();
  out.content_type = read_content_type(r);
  out.authenticated_data = read_bytes(r);
  out.encrypted_sender_data = read_bytes(r);
  out.ciphertext = read_bytes(r);
  return out;
}

Bytes wrap_message(WireFormat wire_format, ByteView body) {
  Writer w;
  w.u16(kVersionMls10);
  w.u16(static_cast<std::uint16_t>(wire_format));
  w.raw(body);
  return w.take();
}

Result<RawMessage> unwrap_message(ByteView message) {
  Reader r(message);
  const std::uint16_t version = r.u16();
  const WireFormat wire_format = WireFormat(r.u16());
  if (!r.ok()) return broken(Rule::malformed);
  if (version != kVersionMls10) return broken(Rule::version_unknown);
  return RawMessage{wire_format, r.rest()};
}

Result<KeyPackage> unwrap_key_package(ByteView message) {
  CANDOUR_TRY(auto raw, unwrap_message(message));
  if (raw.wire_format != WireFormat::key_package) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto package, decode<KeyPackage>(raw.body));
  if (package.version != kVersionMls10) return broken(Rule::version_unknown);
  return package;
}

}  // namespace candour::mls
