// What messages show and hold: headers anybody can read, application messages that opened, and the
// signed content that stands as evidence (RFC 9420 section 6).
#pragma once

#include <optional>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/sign.h"
#include "mls/types.h"

namespace candour::mls {

struct Member {
  LeafIndex leaf;
  /// The basic credential's identity; its link to the key is for the caller to check.
  Bytes identity;
  SigningPublicKey signature_key;
  bool operator==(const Member&) const = default;
};

/// What a message shows to anybody, without keys and without any proof that it is true.
struct MessageHeader {
  WireFormat wire_format;
  Bytes group_id;
  Epoch epoch;
  ContentType content_type;
  Bytes authenticated_data;
};

/// mls_invalid unless `message` is a PublicMessage or PrivateMessage. For a PrivateMessage the
/// ciphertext is not looked at.
[[nodiscard]] Result<MessageHeader> peek(ByteView message);

/// An application message that opened, from a sender whose signature was good.
struct Received {
  LeafIndex sender;
  Epoch epoch;
  std::uint32_t generation = 0;
  Bytes authenticated_data;
  SecretBytes content;
  /// The exact bytes the sender's signature covers (FramedContentTBS, section 6.1, which includes
  /// the GroupContext) and the signature: evidence that stands without the group's keys. See
  /// verify_signed_content.
  SecretBytes signed_content;
};

/// A view into the bytes given to verify_signed_content.
struct SignedContent {
  ByteView group_id;
  Epoch epoch;
  LeafIndex sender;
  ByteView authenticated_data;
  ByteView content;
  /// Of the sender's GroupContext: binds the roster and history the sender saw.
  ByteView tree_hash;
  ByteView confirmed_transcript_hash;
};

/// Checks the sender's signature on `Received::signed_content`, alone or years later.
/// signature_invalid when it is not by `key`; mls_invalid when the bytes are not such content.
[[nodiscard]] Result<SignedContent> verify_signed_content(ByteView signed_content,
                                                          const SigningPublicKey& key);

}  // namespace candour::mls
