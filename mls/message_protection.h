// Putting an AuthenticatedContent into a PublicMessage or PrivateMessage and back
// (RFC 9420 sections 6.2 and 6.3).
#pragma once

#include "mls/framing.h"
#include "mls/key_schedule.h"
#include "mls/secret_tree.h"

namespace candour::mls {

constexpr RatchetKind ratchet_kind(ContentType type) {
  return type == ContentType::application ? RatchetKind::application : RatchetKind::handshake;
}

/// Section 6.2: adds the membership tag. The content must be signed.
PublicMessage protect_public(AuthenticatedContent&& content, const KdfSecret& membership_key,
                             ByteView group_context);
/// Does the membership tag of a member's message fit? (Not the signature.)
bool membership_tag_fits(const PublicMessage& message, const KdfSecret& membership_key,
                         ByteView group_context);

struct SenderData {
  LeafIndex leaf;
  std::uint32_t generation = 0;
  Bytes reuse_guard;  // 4 bytes
};

struct SenderDataKeys {
  SecretBytes key;
  SecretBytes nonce;
};
/// Section 6.3.2: from a sample of the ciphertext.
SenderDataKeys sender_data_keys(const Suite& suite, const KdfSecret& sender_data_secret,
                                ByteView ciphertext);

/// Section 6.3.1 and 6.3.2. The plaintext is padded with zeros to a multiple of `padding_step`.
PrivateMessage protect_private(const Suite& suite, const AuthenticatedContent& content,
                               const MessageKey& key, std::uint32_t generation,
                               const KdfSecret& sender_data_secret, std::size_t padding_step,
                               Random& random);

Result<SenderData> open_sender_data(const Suite& suite, const PrivateMessage& message,
                                    const KdfSecret& sender_data_secret);
/// Opens the content with the key of the sender data's generation; checks the padding, not the
/// signature.
Result<AuthenticatedContent> open_content(const Suite& suite, const PrivateMessage& message,
                                          const SenderData& sender, const MessageKey& key);

}  // namespace candour::mls
