#include "mls/message_protection.h"

#include <algorithm>

namespace candour::mls {
namespace {

constexpr std::size_t kReuseGuardSize = 4;
/// A length, a signature and a tag; growing a secret buffer wipes it, so it is made large enough.
constexpr std::size_t kAuthSizeMax = 128;

/// AuthenticatedContentTBM (section 6.2).
SecretBytes to_be_maced(const AuthenticatedContent& content, ByteView group_context) {
  SecretWriter w;
  w.raw(content.to_be_signed(group_context).view());
  content.write_auth(w);
  return SecretBytes(w.take());
}

void write_sender_data_aad(Writer& w, const PrivateMessage& m) {
  w.vec(m.group_id);
  w.number(m.epoch);
  w.u8(static_cast<std::uint8_t>(m.content_type));
}

Bytes sender_data_aad(const PrivateMessage& m) {
  Writer w;
  write_sender_data_aad(w, m);
  return w.take();
}

Bytes content_aad(const PrivateMessage& m) {
  Writer w;
  write_sender_data_aad(w, m);
  w.vec(m.authenticated_data);
  return w.take();
}

SecretBytes guarded_nonce(const MessageKey& key, ByteView reuse_guard) {
  SecretBytes nonce = key.nonce.clone();
  for (std::size_t i = 0; i < kReuseGuardSize; ++i) nonce.mutable_view()[i] ^= reuse_guard[i];
  return nonce;
}

}  // namespace

PublicMessage protect_public(AuthenticatedContent&& content, const KdfSecret& membership_key,
                             ByteView group_context) {
  PublicMessage out;
  out.membership_tag =
      to_bytes(mac(membership_key.view(), to_be_maced(content, group_context).view()).view());
  out.content = std::move(content);
  return out;
}

bool membership_tag_fits(const PublicMessage& message, const KdfSecret& membership_key,
                         ByteView group_context) {
  const Digest expected =
      mac(membership_key.view(), to_be_maced(message.content, group_context).view());
  return mac_matches(expected.view(), message.membership_tag);
}

SenderDataKeys sender_data_keys(const Suite& suite, const KdfSecret& sender_data_secret,
                                ByteView ciphertext) {
  const ByteView sample = ciphertext.first(std::min(ciphertext.size(), kHashSize));
  return {expand_with_label(sender_data_secret.view(), "key", sample, suite.aead_key_size),
          expand_with_label(sender_data_secret.view(), "nonce", sample, suite.aead_nonce_size)};
}

PrivateMessage protect_private(const Suite& suite, const AuthenticatedContent& content,
                               const MessageKey& key, std::uint32_t generation,
                               const KdfSecret& sender_data_secret, std::size_t padding_step,
                               Random& random) {
  const FramedContent& framed = content.content;
  PrivateMessage out;
  out.group_id = framed.group_id;
  out.epoch = framed.epoch;
  out.content_type = framed.content_type;
  out.authenticated_data = framed.authenticated_data;

  SecretWriter plain;
  plain.buffer().reserve((framed.body.size() + kAuthSizeMax + padding_step) / padding_step *
                         padding_step);
  write_body(plain, framed.content_type, framed.body.view());
  content.write_auth(plain);
  SecretBytes padded(plain.take());
  padded.resize((padded.size() + padding_step - 1) / padding_step * padding_step);

  Bytes reuse_guard(kReuseGuardSize);
  random.fill(reuse_guard);
  out.ciphertext = suite_seal(suite, key.key.view(), guarded_nonce(key, reuse_guard).view(),
                              content_aad(out), padded.view());

  Writer sender;
  sender.u32(framed.sender.index);
  sender.u32(generation);
  sender.raw(reuse_guard);
  const SenderDataKeys keys = sender_data_keys(suite, sender_data_secret, out.ciphertext);
  out.encrypted_sender_data =
      suite_seal(suite, keys.key.view(), keys.nonce.view(), sender_data_aad(out), sender.view());
  return out;
}

Result<SenderData> open_sender_data(const Suite& suite, const PrivateMessage& message,
                                    const KdfSecret& sender_data_secret) {
  const SenderDataKeys keys = sender_data_keys(suite, sender_data_secret, message.ciphertext);
  auto plain = suite_open(suite, keys.key.view(), keys.nonce.view(), sender_data_aad(message),
                          message.encrypted_sender_data);
  if (!plain) return broken(Rule::sender_data);
  Reader r(plain.value().view());
  SenderData out;
  out.leaf = LeafIndex(r.u32());
  out.generation = r.u32();
  out.reuse_guard = to_bytes(r.raw(kReuseGuardSize));
  if (!r.finish()) return broken(Rule::malformed);
  return out;
}

Result<AuthenticatedContent> open_content(const Suite& suite, const PrivateMessage& message,
                                          const SenderData& sender, const MessageKey& key) {
  auto plain = suite_open(suite, key.key.view(), guarded_nonce(key, sender.reuse_guard).view(),
                          content_aad(message), message.ciphertext);
  if (!plain) return broken(Rule::content_decryption);
  Reader r(plain.value().view());
  AuthenticatedContent out;
  out.wire_format = WireFormat::private_message;
  out.content.group_id = message.group_id;
  out.content.epoch = message.epoch;
  out.content.sender = Sender::member(sender.leaf);
  out.content.authenticated_data = message.authenticated_data;
  out.content.content_type = message.content_type;
  out.content.body = read_body(r, message.content_type);
  out.read_auth(r);
  if (!r.ok()) return broken(Rule::malformed);
  const ByteView padding = r.rest();
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; })) {
    return broken(Rule::padding_not_zero);
  }
  return out;
}

}  // namespace candour::mls
