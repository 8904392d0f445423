// What a report of a message carries, so that it proves itself to whoever reads it: the content and
// its commitment key, and the release token with which the bot released it. The token names group,
// place, content commitment and log leaf; it was signed before anybody thought of a report.
//
//   proof  = version u8 = 1, content vec, commitment key 32, token vec, sender 32,
//            time u64, leaf index u64, log size u64 (both 0 where the reporter's device does not
//            know them)
//   parcel = HPKE to the bot (info "candour report parcel v1", aad = group, message id of the
//            submission) over: proof vec, zeros up to kParcelPlaintextSize
//
// A proof travels in the bot's field (bot_field.h) where it fits, which is for all but long
// messages. Then the submission that carries it looks like any short one. A longer one travels in
// the submission itself, sealed to the bot so that not even the group could read it, and always of
// the same size: the relay sees a long message that was not released.
//
// Values and pure functions; thread-safe.
#pragma once

#include <span>

#include "client/messages/content.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

struct ReportProof {
  SecretBytes content;  // encoded Content
  CommitmentKey commitment_key;
  Bytes token;
  DeviceId sender;  // as the reporter's device accepted it
  TimeMs time;      // the sender's
  std::uint64_t leaf_index = 0;
  std::uint64_t log_size = 0;  // of the checkpoint that covers it; 0 = not known

  SecretBytes encode() const;
  /// input_invalid for anything `encode` would not have written.
  static Result<ReportProof> decode(ByteView bytes);
};

inline constexpr std::size_t kParcelPlaintextSize = 17 * 1024;
inline constexpr std::size_t kParcelSize = kParcelPlaintextSize + crypto::kSealedBoxOverhead;

Result<Bytes> seal_parcel(ByteView proof, const SealingPublicKey& bot, const GroupId& group,
                          const MessageId& submission, Random& random);
/// The proof, encoded.
Result<SecretBytes> open_parcel(ByteView parcel, const crypto::SealingKey& bot,
                                const GroupId& group, const MessageId& submission);

/// What a proof shows, each by itself.
struct ReportChecks {
  bool token = false;    // signed by a bot of the organisation
  bool content = false;  // it is what the token stands for
  bool place = false;    // the token is of this message and group
  bool sender = false;   // the reporter's device and the bot name the same author
  Digest leaf;           // the log leaf the token cites

  bool all() const { return token && content && place && sender; }
};
/// `bots`: keys of all bots the organisation ever certified. `sender`: as the bot remembers it.
ReportChecks check_report(const ReportProof& proof, const GroupId& group, const MessageId& message,
                          const DeviceId& sender, std::span<const SigningPublicKey> bots);

}  // namespace candour::messages
