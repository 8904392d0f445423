// The release token: the bot's word that exactly this ciphertext was checked and takes exactly
// this place in its group (invariant I2). Tokens form a chain: each holds the hash of the one
// before it and the next delivery number.
//
//   body = version u8 = 1, log origin vec, group 16, epoch u64, kind u8, seq u64,
//          previous 32, message id 16, ciphertext hash 32, content commitment 32,
//          policy digest 32, leaf hash 32                      (base/codec.h)
//   token = body vec, Ed25519 signature 64 over "candour release token v1" 00 body
#pragma once

#include "base/codec.h"
#include "crypto/sign.h"

namespace candour::identity {

enum class SubmissionKind : std::uint8_t { application = 1, commit = 2 };

struct ReleaseToken {
  std::string log_origin;
  GroupId group;
  Epoch epoch;  // the epoch the message was sent in
  SubmissionKind kind = SubmissionKind::application;
  Seq seq;
  Digest previous;  // hash() of the token before it; zero for seq 1
  MessageId message_id;
  Digest ciphertext_hash;     // SHA-256 of the MLSMessage
  Digest content_commitment;  // HMAC-SHA-256(commitment key, content); zero for commits
  Digest policy_digest;       // the version that judged it (I10)
  Digest leaf_hash;           // RFC 6962 leaf hash of the record's log entry

  /// SHA-256 of the body: what the next token cites.
  Digest hash() const;
  Bytes sign(const crypto::SigningKey& bot) const;
  /// Decodes without checking the signature (token_invalid when malformed).
  static Result<ReleaseToken> decode(ByteView token);
  /// Decodes and checks the signature by `bot`: token_invalid otherwise.
  static Result<ReleaseToken> verify(ByteView token, const SigningPublicKey& bot);
};

/// What a member knows of a group's chain, and the check of the next token against it.
struct TokenChain {
  GroupId group;
  Seq seq;          // last accepted; 0 at the beginning
  Digest previous;  // its hash

  /// token_invalid (which field, expected and found) unless `token` is exactly the next one.
  Status check_next(const ReleaseToken& token) const;
  void advance(const ReleaseToken& token);
};

}  // namespace candour::identity
