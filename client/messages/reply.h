// The one sealed reply to each submission: receipt, warning, block or rejection, always of the
// same size so that the relay learns only "not released" (HPKE, info "candour reply v1",
// aad = group, message id). Signed by the bot inside (label "candour reply v1").
//
//   plaintext (kReplyPlaintextSize) = version u8 = 1, type u8, body vec, signature 64, zeros
//   signature over: group 16, message id 16, type u8, body
//     receipt  1: seq u64, submission u64, leaf hash 32, opening vec, flags u8 (1 overridden,
//                 2 mention the duty to report), closed alerts vec (own_alert.h)
//     warning  2: signed warning vec, findings vec
//     block    3: as warning
//     rejected 4: error code vec, message vec
//
//   warning  = version u8 = 1, group 16, message id 16, device 32, content commitment 32,
//              policy digest 32, issued u64, expires u64, verdict u8 (2 warn, 3 block),
//              findings hash 32
//   signed warning = warning vec, Ed25519 64 over "candour warning v1" 00 warning
//   findings = count u8, each: rule vec, category vec, severity u8 (1 notice, 2 warn, 3 block),
//              start u32, end u32, standard vec, message vec, advice vec
//
// The bot keeps no text: the warning carries what it needs to honour an override later.
#pragma once

#include <variant>
#include <vector>

#include "base/codec.h"
#include "client/messages/own_alert.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

struct ReplyFinding {
  std::string rule;
  std::string category;
  std::uint8_t severity = 2;
  std::uint32_t start = 0;  // UTF-8 byte offsets into the sender's own text
  std::uint32_t end = 0;
  std::string standard;
  std::string message;
  std::string advice;
};

struct Warning {
  GroupId group;
  MessageId message_id;
  DeviceId device;
  Digest content_commitment;
  Digest policy_digest;
  TimeMs issued;
  TimeMs expires;
  bool block = false;
  Digest findings_hash;

  Bytes sign(const crypto::SigningKey& bot) const;
  /// warning_invalid unless well-formed and signed by `bot`. Whether it has expired, is about this
  /// group and device and may be overridden at all is the caller's to check.
  static Result<Warning> verify(ByteView signed_warning, const SigningPublicKey& bot);
};

/// As many findings as fit into `size_max`, most severe first; where one does not fit whole, its
/// texts are cut short before it is left out. The findings hash of a warning is the SHA-256 of
/// this.
Bytes encode_findings(const std::vector<ReplyFinding>& findings, std::size_t size_max);
Result<std::vector<ReplyFinding>> decode_findings(ByteView bytes);
/// What findings may take so that every reply that carries them fits.
inline constexpr std::size_t kFindingsSizeMax = 1700;

struct Receipt {
  Seq seq;
  Submission submission;
  Digest leaf_hash;
  Bytes opening;  // tlog::LeafOpening
  bool overridden = false;
  std::vector<ClosedAlert> closed;  // alerts about the sender that were closed; often none
  bool mention_duty = false;  // once in a while: improper conduct is to be challenged and reported
};

struct WarningReply {
  bool block = false;
  Bytes signed_warning;
  Bytes findings;  // encoded
};

struct Rejected {
  std::string code;
  std::string message;
};

using Reply = std::variant<Receipt, WarningReply, Rejected>;

/// Fails only when `to` is a low-order point or findings exceed kFindingsSizeMax. The message of
/// a rejection is cut to what fits.
Result<Bytes> seal_reply(const Reply& reply, const SealingPublicKey& to, const GroupId& group,
                         const MessageId& message_id, const crypto::SigningKey& bot,
                         Random& random);
/// Opens and checks the bot's signature (signature_invalid, decryption_failed, input_invalid).
Result<Reply> open_reply(ByteView sealed, const crypto::SealingKey& mine, const GroupId& group,
                         const MessageId& message_id, const SigningPublicKey& bot);

inline constexpr std::size_t kReplySize = 2048 + 48;

}  // namespace candour::messages
