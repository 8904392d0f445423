// The field of a submission for the bot alone: always there, always of the same size, sealed by
// HPKE (info "candour bot field v1", aad = ciphertext hash, group, message id).
//
//   plaintext (kBotFieldPlaintextSize) = version u8 = 1, type u8, body vec, zeros
//     nothing  0: empty
//     override 1: warning vec (signed, see reply.h), justification vec
//     dispute  2: warning vec, reason vec ("this warning is wrong"; may be empty)
//     report   3: message 16, reason vec, proof vec (report_proof.h; empty when the submission
//                 itself carries it as a parcel); to professional standards, past the line
//     approval 4: warning vec (signed, of a block), approval vec (appeal.h): the same content again
#pragma once

#include "base/codec.h"
#include "crypto/hpke.h"

namespace candour::messages {

enum class BotFieldType : std::uint8_t {
  nothing = 0,
  override_warning = 1,
  dispute = 2,
  report = 3,
  approval = 4
};

struct BotField {
  BotFieldType type = BotFieldType::nothing;
  Bytes warning;       // signed warning bytes the override or dispute answers
  MessageId reported;  // for report
  Bytes approval;      // signed approval bytes of a blocked message
  SecretText reason;   // justification or reason
  SecretBytes proof;   // for report: encoded ReportProof, or empty

  /// Whether it can be sealed.
  bool fits() const;

  Result<Bytes> seal(const SealingPublicKey& bot, const Digest& ciphertext_hash,
                     const GroupId& group, const MessageId& message_id, Random& random) const;
  static Result<BotField> open(ByteView sealed, const crypto::SealingKey& bot,
                               const Digest& ciphertext_hash, const GroupId& group,
                               const MessageId& message_id);
};

/// Sealed length, the same for every submission.
inline constexpr std::size_t kBotFieldSize = 2560 + 48;

/// Trimmed length in code points within limits: justification_invalid with what is wrong.
Status check_justification(std::string_view text);
/// The same for a reason that may be left out or short.
Status check_optional_reason(std::string_view text);

}  // namespace candour::messages
