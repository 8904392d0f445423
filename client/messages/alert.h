// Alerts to supervisors and the steps people take on them.
//
//   alert mail  = version u8 = 3, type u8, alert id 16, then
//     1 alert:  envelope vec, ciphertext vec (box of crypto/aead.h under the body key over the
//     alert
//               body, context = alert id), signature 64 by the bot over "candour alert v1" 00
//               (alert id, SHA-256(ciphertext))
//     2 update: ciphertext vec (box under the update key over the update body, context = alert id,
//               " update"), signature 64 by the bot over "candour alert update v1" 00 (alert id,
//               SHA-256(ciphertext))
//   envelope    = HPKE to one device of (body key 32, update key 32), info "candour alert v1",
//                 aad = alert id
//   alert body  = version u8 = 3, time u64, group 16, group name vec, category vec, severity u8,
//                 serious u8, rule vec, standard vec, message id 16, subject (below),
//                 outcome u8 (1 warned, 2 blocked, 3 overridden, 4 reported, 5 notice released,
//                 6 blocked and appealed),
//                 justification vec, excerpt vec, start u32, end u32,
//                 earlier alerts about this person in a year: all u32, acted upon u32, dismissed
//                 u32, proof vec (of a report: report_proof.h), appeal vec (of outcome 6 only:
//                 content vec, commitment key 32, warning hash 32)
//   subject     = pseudonym vec (empty when the person is named), device 32, person vec, name vec
//   update body = version u8 = 3, action u8, time u64, state u8, resolution u8, device 32, person
//   vec,
//                 argument vec, subject (empty unless it becomes known with this update),
//                 repeats u32
//   alert step  = version u8 = 3, alert id 16, action u8, resolution u8, argument vec, to 32,
//                 envelope vec, device 32, time u64, signature 64 by the device over
//                 "candour alert step v1" 00 (all before)
//
// Two keys, so that the bot can tell the desks what happens to an alert, and keep it for those who
// hear of it later, without being able to read what it says: it forgets the body key at once.
// A step travels to the bot as BotMail (to_bot.h); the bot logs it and tells the other desks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/secret.h"
#include "client/messages/content.h"
#include "crypto/aead.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

using AlertId = Id<struct AlertIdTag, 16>;

enum class AlertOutcome : std::uint8_t {
  warned = 1,
  blocked = 2,
  overridden = 3,
  reported = 4,
  released = 5,
  appealed = 6  // a blocked message whose sender asks for it to be let through
};
enum class AlertState : std::uint8_t {
  open = 0,
  acknowledged = 1,
  assigned = 2,
  escalated = 3,
  closed = 4
};
enum class AlertAction : std::uint8_t {
  acknowledge = 1,
  assign = 2,
  escalate = 3,
  close = 4,
  share = 5,  // with a desk that was not there when the alert was raised
  // The bot's own:
  raise = 6,      // it went to its desks
  remind = 7,     // nobody has acknowledged it yet
  overdue = 8,    // nobody did in time: it went to the next line
  want = 9,       // a desk that came later should have it
  sample = 10,    // closed as if there had been nothing to it, and drawn for a second look
  returned = 11,  // acknowledged and not closed in time: open again
  repeat = 12,    // more messages like it
  // How a desk decides an appeal, which closes it:
  approve = 13,
  refuse = 14,
};
/// How an alert was closed.
enum class Resolution : std::uint8_t {
  none = 0,
  advice_given = 1,
  training = 2,
  referred = 3,
  no_action = 4,
  false_positive = 5,
  approved = 6,  // of appeals
  refused = 7,
};
std::string_view name_of(AlertOutcome outcome);
std::string_view name_of(AlertState state);
std::string_view name_of(AlertAction action);
/// "advice-given", "no-action", ...: as people write it; "" for none.
std::string_view name_of(Resolution resolution);
/// Nothing for a name that is none of them.
std::optional<Resolution> resolution_from_name(std::string_view name);
/// How a desk's decision over an appeal is noted; none for other actions.
inline Resolution resolution_of(AlertAction action) {
  if (action == AlertAction::approve) return Resolution::approved;
  return action == AlertAction::refuse ? Resolution::refused : Resolution::none;
}
/// Closed as if there had been nothing to it.
inline bool dismisses(Resolution resolution) {
  return resolution == Resolution::no_action || resolution == Resolution::false_positive;
}

/// Whom an alert is about. A pseudonym is the same for the same person, and says nothing else.
struct AlertSubject {
  std::string pseudonym;
  DeviceId device;
  std::string person;
  std::string name;

  bool known() const { return !person.empty() || !device.is_zero(); }
};

/// Alerts about one person in the year before.
struct EarlierAlerts {
  std::uint32_t all = 0;
  std::uint32_t acted_upon = 0;  // advice, training or referral
  std::uint32_t dismissed = 0;
};

/// The whole of a message that was blocked, so that whoever approves it knows what.
struct AppealedContent {
  SecretBytes content;  // encoded Content
  CommitmentKey commitment_key;
  Digest warning_hash;  // SHA-256 of the signed warning that blocked it

  Digest commitment() const { return content_commitment(commitment_key, content.view()); }
};

struct AlertBody {
  TimeMs time;
  GroupId group;
  std::string group_name;
  std::string category;
  std::uint8_t severity = 2;
  bool serious = false;  // its rule asks for a high alert level, or the message was reported
  std::string rule;
  std::string standard;
  MessageId message_id;
  AlertSubject subject;
  AlertOutcome outcome = AlertOutcome::warned;
  SecretText justification;
  SecretText excerpt;
  std::uint32_t start = 0;  // of the marked words in the excerpt, bytes
  std::uint32_t end = 0;
  EarlierAlerts earlier;
  SecretBytes proof;                      // of a report: encoded ReportProof
  std::optional<AppealedContent> appeal;  // of outcome appealed, and only there

  SecretBytes encode() const;
  static Result<AlertBody> decode(ByteView bytes);
};

/// Alerts of this category are about pressure on somebody who reported or complained. They go past
/// the line like a report, and their excerpt names nobody.
inline constexpr std::string_view kReprisalCategory = "reprisal";
/// For professional standards only, wherever there are any.
inline bool goes_past_line(AlertOutcome outcome, std::string_view category) {
  return outcome == AlertOutcome::reported || category == kReprisalCategory;
}

struct AlertUpdate {
  AlertAction action = AlertAction::acknowledge;  // what it tells of
  TimeMs time;
  AlertState state = AlertState::open;
  Resolution resolution = Resolution::none;
  DeviceId device;
  std::string person;
  SecretText argument;
  DeviceId to;  // of want and share: the desk it is about
  /// Of an alert that hid its subject, once that may be known.
  AlertSubject subject;
  /// Messages like the alert's (person, group, rule, outcome) so far that raised none of their own.
  std::uint32_t repeats = 0;

  SecretBytes encode() const;
  static Result<AlertUpdate> decode(ByteView bytes);
};

/// Of wrap_alert_keys and SealedAlert::envelope_for.
inline constexpr std::size_t kAlertEnvelopeSize = 64 + 48;

struct AlertKeys {
  crypto::AeadKey body;
  crypto::AeadKey update;
};

/// What everybody who may open an alert gets alike.
struct SealedBody {
  Bytes ciphertext;
  Signature signature;
};

/// The alert encrypted once. `keys.body` lives as long as this value.
class SealedAlert {
 public:
  static SealedAlert seal(const AlertId& id, const AlertBody& body, const crypto::SigningKey& bot,
                          Random& random);
  /// The keys for one device. Fails when its key is no good.
  Result<Bytes> envelope_for(const SealingPublicKey& device, Random& random) const;
  const crypto::AeadKey& update_key() const { return keys_.update; }
  const SealedBody& body() const { return body_; }

 private:
  SealedAlert() = default;
  AlertId id_;
  AlertKeys keys_;
  SealedBody body_;
};

/// `keys` for another device, as SealedAlert::envelope_for.
Result<Bytes> wrap_alert_keys(const AlertId& id, const AlertKeys& keys,
                              const SealingPublicKey& device, Random& random);
Bytes alert_mail(const AlertId& id, ByteView envelope, const SealedBody& body);
Bytes update_mail(const AlertId& id, const AlertUpdate& update, const crypto::AeadKey& key,
                  const crypto::SigningKey& bot, Random& random);

struct OpenedAlert {
  AlertId id;
  AlertKeys keys;  // keep them: updates open with one, other desks may need both
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
  Resolution resolution = Resolution::none;  // of close, and only there
  SecretText argument;
  DeviceId to;     // of share and want: the desk it is about
  Bytes envelope;  // of share: the keys for that desk; of approve: the signed approval
  DeviceId device;
  TimeMs time;

  SecretBytes sign(const crypto::SigningKey& device_key) const;
  static Result<AlertStep> decode(ByteView bytes);  // without checking the signature
  /// signature_invalid unless signed by `device_key`, and that key is the named device's.
  static Result<AlertStep> verify(ByteView bytes, const SigningPublicKey& device_key);
};

}  // namespace candour::messages
