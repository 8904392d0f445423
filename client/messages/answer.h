// What the bot answers to mail it got from a device, or tells devices because of it: sealed to the
// device and signed, always of the same size.
//
//   answer = version u8 = 1, type u8, about 16, code vec (empty: done), message vec, body vec,
//            signature 64 by the bot over "candour answer v1" 00 (device 32, type u8, about 16,
//            code vec, message vec, body vec), zeros to kAnswerPlaintextSize
//     1 group request    about = request id; body empty
//     2 appeal           about = id of the blocked message; it is with the desks; body empty
//     3 appeal decided   about = id of the blocked message; message = what the desk says;
//                        body = signed approval (appeal.h), or empty: refused
//     4 group name       about = group; message = what it is called now; body empty
//     5 mail refused     about = mail id of a mail that the bot did not do; code and message say
//     why;
//                        body = mail type u8 (to_bot.h), action u8 (of an alert step, else 0),
//                        alert or group 16 (zeros: unknown), retry after u64 (milliseconds, 0: no)
//     6 renew            about = group: the device's keys in it are old, and it is asked for a key
//                        package made now (to_bot.h, key renewal); body empty
//     (HPKE, info "candour answer v1", aad = mail id)
//
// `code` is an error code where the bot did not do what it was asked for.
#pragma once

#include <string>

#include "base/codec.h"
#include "client/messages/to_bot.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

enum class AnswerType : std::uint8_t {
  other = 0,  // of a later version; says nothing here, and is no error
  group_request = 1,
  appeal = 2,
  appeal_decided = 3,
  group_name = 4,
  mail_refused = 5,
  renew = 6,
};

/// The body of an answer of type mail_refused: which mail it was.
struct RefusedMail {
  using Subject = Id<struct RefusedSubjectTag, 16>;

  ToBotType type = ToBotType::alert_step;
  std::uint8_t action = 0;
  Subject about;
  std::uint64_t retry_after_ms = 0;

  Bytes encode() const;
  /// input_invalid.
  static Result<RefusedMail> decode(ByteView bytes);
};

struct Answer {
  using About = Id<struct AnswerAboutTag, 16>;

  AnswerType type = AnswerType::group_request;
  About about;
  std::string code;
  SecretText message;  // cut to what fits
  Bytes body;

  /// Fails only when `to` is a low-order point.
  Result<Bytes> seal(const SealingPublicKey& to, const DeviceId& device, const MailId& id,
                     const crypto::SigningKey& bot, Random& random) const;
  /// decryption_failed, input_invalid, signature_invalid.
  static Result<Answer> open(ByteView sealed, const crypto::SealingKey& mine,
                             const DeviceId& device, const MailId& id, const SigningPublicKey& bot);
};

}  // namespace candour::messages
