// The way past a block: the sender appeals, a supervisor approves, the sender cites the approval
// when it sends the same content again. Nothing withheld goes out by itself.
//
//   appeal   = version u8 = 1, signed warning vec (of the block, reply.h), content vec, commitment
//              key 32, reason vec, device 32, time u64, signature 64 by the device over
//              "candour appeal v1" 00 (all before)
//   approval = version u8 = 1, group 16, content commitment 32, warning hash 32 (SHA-256 of the
//              signed warning), approver's device 32, issued u64, expires u64, signature 64 by the
//              approver over "candour approval v1" 00 (all before)
//
// The appeal travels to the bot as ToBot mail, from there to the desks as an alert (alert.h); the
// approval inside a desk's step, from the bot to the sender as an answer (answer.h), and back to
// the bot in the field of the new submission (bot_field.h).
#pragma once

#include "base/codec.h"
#include "client/messages/content.h"
#include "crypto/sign.h"

namespace candour::messages {

struct Appeal {
  Bytes signed_warning;
  SecretBytes content;  // encoded Content
  CommitmentKey commitment_key;
  SecretText reason;
  DeviceId device;
  TimeMs time;

  Digest commitment() const { return content_commitment(commitment_key, content.view()); }
  SecretBytes sign(const crypto::SigningKey& device_key) const;
  /// Without checking the signature, to learn whose key to check it with.
  static Result<Appeal> decode(ByteView bytes);
  /// signature_invalid unless signed by `device_key`, and that key is the named device's.
  static Result<Appeal> verify(ByteView bytes, const SigningPublicKey& device_key);
};

struct Approval {
  GroupId group;
  Digest content_commitment;
  Digest warning_hash;
  DeviceId approver;
  TimeMs issued;
  TimeMs expires;

  Bytes sign(const crypto::SigningKey& device_key) const;
  /// approval_invalid when malformed.
  static Result<Approval> decode(ByteView bytes);
  /// approval_invalid unless signed by `device_key`, and that key is the approver's. Whether it has
  /// expired and what it is for is the caller's to check.
  static Result<Approval> verify(ByteView bytes, const SigningPublicKey& device_key);
};

inline constexpr std::size_t kApprovalSize = 1 + 16 + 3 * 32 + 2 * 8 + 64;

}  // namespace candour::messages
