// Alerts to supervisors and the steps people take on them.
//
//   alert mail  = version u8 = 1, type u8, alert id 16, then
//     1 alert:  enc+wrapped key vec (HPKE of a fresh key to this device, info "candour alert v1",
//               aad = alert id), ciphertext vec (box of crypto/aead.h over the alert body, context =
//               alert id), signature 64 by the bot over "candour alert v1" 00 (alert id,
//               SHA-256(ciphertext))
//     2 update: ciphertext vec (box under the same key over the update body, context = alert id,
//               " update"), signature 64 by the bot over "candour alert update v1" 00 (alert id,
//               SHA-256(ciphertext))
//   alert body  = version u8 = 1, time u64, group 16, group name vec, category vec, severity u8,
//                 rule vec, standard vec, message id 16, device 32, person vec, name vec,
//                 outcome u8 (1 warned, 2 blocked, 3 overridden, 4 reported, 5 notice released),
//                 justification vec, excerpt vec, start u32, end u32
//   update body = version u8 = 1, time u64, state u8, device 32, person vec, argument vec
//   alert step  = version u8 = 1, alert id 16, action u8 (1 ack, 2 assign, 3 escalate, 4 close),
//                 argument vec, device 32, time u64, signature 64 by the device over
//                 "candour alert step v1" 00 (all before)
//
// A step travels to the bot as BotMail (to_bot.h); the bot logs it and tells the other desks.
#pragma once

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

using AlertId = Id<struct AlertIdTag, 16>;

enum class AlertOutcome : std::uint8_t { warned = 1, blocked = 2, overridden = 3, reported = 4, released = 5 };
enum class AlertState : std::uint8_t { open = 0, acknowledged = 1, assigned = 2, escalated = 3, closed = 4 };
enum class AlertAction : std::uint8_t { acknowledge = 1, assign = 2, escalate = 3, close = 4 };

std::string_view name_of(AlertOutcome outcome);
std::string_view name_of(AlertState state);

struct AlertBody {
  TimeMs time;
  GroupId group;
  std::string group_name;
  std::string category;
  std::uint8_t severity = 2;
  std::string rule;
  std::string standard;
  MessageId message_id;
  DeviceId device;
  std::string person;
  std::string name;
  AlertOutcome outcome = AlertOutcome::warned;
  SecretText justification;
  SecretText excerpt;
  std::uint32_t start = 0;  // of the marked words in the excerpt, bytes
  std::uint32_t end = 0;

  SecretBytes encode() const;
  static Result<AlertBody> decode(ByteView bytes);
};

struct AlertUpdate {
  TimeMs time;
  AlertState state = AlertState::open;
  DeviceId device;
  std::string person;
  SecretText argument;

  SecretBytes encode() const;
  static Result<AlertUpdate> decode(ByteView bytes);
};

/// The alert encrypted once; `mail_for` wraps its key to one device.
class SealedAlert {
 public:
  static SealedAlert seal(const AlertId& id, const AlertBody& body, const crypto::SigningKey& bot,
                          Random& random);
  Result<Bytes> mail_for(const SealingPublicKey& device, Random& random) const;
  const crypto::AeadKey& key() const { return key_; }

 private:
  SealedAlert() = default;
  AlertId id_;
  crypto::AeadKey key_;
  Bytes ciphertext_;
  Signature signature_;
};

Bytes update_mail(const AlertId& id, const AlertUpdate& update, const crypto::AeadKey& key,
                  const crypto::SigningKey& bot, Random& random);

struct OpenedAlert {
  AlertId id;
  crypto::AeadKey key;  // keep it: updates open with it
  AlertBody body;
};

/// Which alert a mail is about and whether it is an update, without opening it.
struct AlertMailHeader {
  AlertId id;
  bool update = false;
};
Result<AlertMailHeader> inspect_alert_mail(ByteView mail);
/// signature_invalid, decryption_failed (not for this device) or input_invalid.
Result<OpenedAlert> open_alert(ByteView mail, const crypto::SealingKey& mine,
                               const SigningPublicKey& bot);
Result<AlertUpdate> open_alert_update(ByteView mail, const crypto::AeadKey& key,
                                      const SigningPublicKey& bot);

struct AlertStep {
  AlertId alert;
  AlertAction action = AlertAction::acknowledge;
  SecretText argument;
  DeviceId device;
  TimeMs time;

  SecretBytes sign(const crypto::SigningKey& device_key) const;
  static Result<AlertStep> decode(ByteView bytes);  // without checking the signature
  /// signature_invalid unless signed by `device_key`, and that key is the named device's.
  static Result<AlertStep> verify(ByteView bytes, const SigningPublicKey& device_key);
};

}  // namespace candour::messages
