// Mail for the bot: a type byte and a body, sealed by HPKE (info "candour bot mail v1", aad = mail
// id). The relay sees its size and that it was sent, nothing else.
//
//   plaintext = version u8 = 1, type u8, body (the rest)
//     1 alert step      (alert.h)
//     2 group request   (group_request.h, a signed note)
//     3 failure report  (a released commit that did not process: group 16, epoch u64,
//                        message id 16, device 32, time u64, signature 64 by the device over
//                        "candour failure report v1" 00 (all before))
//     5 appeal          (appeal.h)
//     6 group request   of a device (group_request.h)
//     7 lost group       (messages of a group that this device missed are gone: group 16, last
//                        sequence number it has u64 (0 = it has no state of the group), device 32,
//                        time u64, signature 64 by the device over
//                        "candour lost group v1" 00 (all before))
//     8 key renewal      (what the bot asked for: group 16, MLS key package vec, made for this
//     only,
//                        device 32, time u64, signature 64 by the device over
//                        "candour key renewal v1" 00 (all before))
#pragma once

#include "base/codec.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

using MailId = Id<struct MailIdTag, 16>;

enum class ToBotType : std::uint8_t {
  alert_step = 1,
  group_request = 2,
  failure_report = 3,
  appeal = 5,
  member_request = 6,
  lost_group = 7,
  key_renewal = 8,
};

struct ToBot {
  ToBotType type = ToBotType::alert_step;
  SecretBytes body;

  Result<Bytes> seal(const SealingPublicKey& bot, const MailId& id, Random& random) const;
  static Result<ToBot> open(ByteView sealed, const crypto::SealingKey& bot, const MailId& id);
};

struct FailureReport {
  GroupId group;
  Epoch epoch;  // the epoch the commit was sent in
  MessageId message_id;
  DeviceId device;
  TimeMs time;

  Bytes sign(const crypto::SigningKey& device_key) const;
  /// Without checking the signature, to learn whose key to check it with.
  static Result<FailureReport> decode(ByteView bytes);
  /// signature_invalid unless signed by `device_key`, and that key is the named device's.
  static Result<FailureReport> verify(ByteView bytes, const SigningPublicKey& device_key);
};

struct LostReport {
  GroupId group;
  Seq seq;  // the last message it has
  DeviceId device;
  TimeMs time;

  Bytes sign(const crypto::SigningKey& device_key) const;
  static Result<LostReport> decode(ByteView bytes);
  /// signature_invalid unless signed by `device_key`, and that key is the named device's.
  static Result<LostReport> verify(ByteView bytes, const SigningPublicKey& device_key);
};

struct KeyRenewal {
  GroupId group;
  Bytes key_package;
  DeviceId device;
  TimeMs time;

  Bytes sign(const crypto::SigningKey& device_key) const;
  static Result<KeyRenewal> decode(ByteView bytes);
  /// signature_invalid unless signed by `device_key`, and that key is the named device's.
  static Result<KeyRenewal> verify(ByteView bytes, const SigningPublicKey& device_key);
};

}  // namespace candour::messages
