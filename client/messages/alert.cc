#include "client/messages/alert.h"

#include "base/limits.h"
#include "client/messages/utf8.h"
#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kAlertLabel = "candour alert v1";
constexpr std::string_view kUpdateLabel = "candour alert update v1";
constexpr std::string_view kStepLabel = "candour alert step v1";

enum class MailType : std::uint8_t { alert = 1, update = 2 };

Error bad(const std::string& what) {
  return error(ErrorCode::input_invalid, what + " is malformed");
}

SecretText read_secret_text(Reader& in) {
  const ByteView bytes = in.vec();
  if (!is_utf8(as_text(bytes))) in.fail();
  return SecretText(SecretBytes::copy_of(bytes));
}

std::string read_string(Reader& in) { return std::string(as_text(in.vec())); }

// An update opens under the alert's key but never as the alert itself.
Bytes update_context(const AlertId& id) {
  Bytes context = to_bytes(id.view());
  append(context, as_bytes(" update"));
  return context;
}

Bytes signed_part(const AlertId& id, ByteView ciphertext) {
  Bytes out = to_bytes(id.view());
  append(out, crypto::sha256(ciphertext).view());
  return out;
}

struct Mail {
  AlertMailHeader header;
  ByteView wrapped_key;  // of an alert
  ByteView ciphertext;
  Signature signature;
};

// A view into `bytes`.
Result<Mail> parse_mail(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  const std::uint8_t type = in.u8();
  Mail mail;
  mail.header.id = in.id<AlertId>();
  mail.header.update = type == static_cast<std::uint8_t>(MailType::update);
  if (!mail.header.update) mail.wrapped_key = in.vec();
  mail.ciphertext = in.vec();
  mail.signature = in.id<Signature>();
  if (!version_known || type < 1 || type > 2 || !in.finish()) return bad("the alert mail");
  return mail;
}

Status check_signature(const Mail& mail, const SigningPublicKey& bot) {
  const std::string_view label = mail.header.update ? kUpdateLabel : kAlertLabel;
  if (!crypto::verify_labelled(bot, label, signed_part(mail.header.id, mail.ciphertext),
                               mail.signature)) {
    return error(ErrorCode::signature_invalid,
                 "the mail about alert " + mail.header.id.hex() + " is not signed by this bot");
  }
  return ok();
}

}  // namespace

std::string_view name_of(AlertOutcome outcome) {
  switch (outcome) {
    case AlertOutcome::warned:
      return "warned";
    case AlertOutcome::blocked:
      return "blocked";
    case AlertOutcome::overridden:
      return "overridden";
    case AlertOutcome::reported:
      return "reported";
    case AlertOutcome::released:
      return "released";
  }
  return "unknown";
}

std::string_view name_of(AlertState state) {
  switch (state) {
    case AlertState::open:
      return "open";
    case AlertState::acknowledged:
      return "acknowledged";
    case AlertState::assigned:
      return "assigned";
    case AlertState::escalated:
      return "escalated";
    case AlertState::closed:
      return "closed";
  }
  return "unknown";
}

SecretBytes AlertBody::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.number(time);
  out.id(group);
  out.vec(group_name);
  out.vec(category);
  out.u8(severity);
  out.vec(rule);
  out.vec(standard);
  out.id(message_id);
  out.id(device);
  out.vec(person);
  out.vec(name);
  out.u8(static_cast<std::uint8_t>(outcome));
  out.vec(justification.view());
  out.vec(excerpt.view());
  out.u32(start);
  out.u32(end);
  return SecretBytes(out.take());
}

Result<AlertBody> AlertBody::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  AlertBody body;
  body.time = in.number<TimeMs>();
  body.group = in.id<GroupId>();
  body.group_name = read_string(in);
  body.category = read_string(in);
  body.severity = in.u8();
  body.rule = read_string(in);
  body.standard = read_string(in);
  body.message_id = in.id<MessageId>();
  body.device = in.id<DeviceId>();
  body.person = read_string(in);
  body.name = read_string(in);
  const std::uint8_t outcome = in.u8();
  body.justification = read_secret_text(in);
  body.excerpt = read_secret_text(in);
  body.start = in.u32();
  body.end = in.u32();
  if (!version_known || !in.finish() || body.severity < 1 || body.severity > 3 || outcome < 1 ||
      outcome > 5 || body.start > body.end || body.end > body.excerpt.size()) {
    return bad("the alert");
  }
  body.outcome = static_cast<AlertOutcome>(outcome);
  return body;
}

SecretBytes AlertUpdate::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.number(time);
  out.u8(static_cast<std::uint8_t>(state));
  out.id(device);
  out.vec(person);
  out.vec(argument.view());
  return SecretBytes(out.take());
}

Result<AlertUpdate> AlertUpdate::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  AlertUpdate update;
  update.time = in.number<TimeMs>();
  const std::uint8_t state = in.u8();
  update.device = in.id<DeviceId>();
  update.person = read_string(in);
  update.argument = read_secret_text(in);
  if (!version_known || !in.finish() || state > 4) return bad("the alert update");
  update.state = static_cast<AlertState>(state);
  return update;
}

SealedAlert SealedAlert::seal(const AlertId& id, const AlertBody& body,
                              const crypto::SigningKey& bot, Random& random) {
  SealedAlert alert;
  alert.id_ = id;
  alert.key_ = random.secret<32>();
  alert.ciphertext_ = crypto::box_seal(alert.key_, id.view(), body.encode().view(), random);
  alert.signature_ = bot.sign_labelled(kAlertLabel, signed_part(id, alert.ciphertext_));
  return alert;
}

Result<Bytes> SealedAlert::mail_for(const SealingPublicKey& device, Random& random) const {
  CANDOUR_TRY(auto wrapped,
              crypto::sealed_box(device, as_bytes(kAlertLabel), id_.view(), key_.view(), random));
  Writer out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(MailType::alert));
  out.id(id_);
  out.vec(wrapped);
  out.vec(ciphertext_);
  out.id(signature_);
  return out.take();
}

Bytes update_mail(const AlertId& id, const AlertUpdate& update, const crypto::AeadKey& key,
                  const crypto::SigningKey& bot, Random& random) {
  const Bytes ciphertext =
      crypto::box_seal(key, update_context(id), update.encode().view(), random);
  Writer out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(MailType::update));
  out.id(id);
  out.vec(ciphertext);
  out.id(bot.sign_labelled(kUpdateLabel, signed_part(id, ciphertext)));
  return out.take();
}

Result<AlertMailHeader> inspect_alert_mail(ByteView mail) {
  CANDOUR_TRY(auto parsed, parse_mail(mail));
  return parsed.header;
}

Result<OpenedAlert> open_alert(ByteView mail, const crypto::SealingKey& mine,
                               const SigningPublicKey& bot) {
  CANDOUR_TRY(auto parsed, parse_mail(mail));
  if (parsed.header.update) {
    return error(ErrorCode::input_invalid, "the mail is an update, not an alert");
  }
  CANDOUR_TRY(check_signature(parsed, bot));
  CANDOUR_TRY(auto key_bytes, crypto::open_sealed_box(mine, as_bytes(kAlertLabel),
                                                      parsed.header.id.view(), parsed.wrapped_key));
  if (key_bytes.size() != crypto::AeadKey::kSize) return bad("the alert's wrapped key");
  OpenedAlert opened;
  opened.id = parsed.header.id;
  opened.key = crypto::AeadKey::copy_of(key_bytes.view().first<crypto::AeadKey::kSize>());
  CANDOUR_TRY(auto plaintext, crypto::box_open(opened.key, opened.id.view(), parsed.ciphertext));
  CANDOUR_TRY(opened.body, AlertBody::decode(plaintext.view()));
  return opened;
}

Result<AlertUpdate> open_alert_update(ByteView mail, const crypto::AeadKey& key,
                                      const SigningPublicKey& bot) {
  CANDOUR_TRY(auto parsed, parse_mail(mail));
  if (!parsed.header.update) {
    return error(ErrorCode::input_invalid, "the mail is an alert, not an update");
  }
  CANDOUR_TRY(check_signature(parsed, bot));
  CANDOUR_TRY(auto plaintext,
              crypto::box_open(key, update_context(parsed.header.id), parsed.ciphertext));
  return AlertUpdate::decode(plaintext.view());
}

SecretBytes AlertStep::sign(const crypto::SigningKey& device_key) const {
  SecretWriter out;
  out.u8(kVersion);
  out.id(alert);
  out.u8(static_cast<std::uint8_t>(action));
  out.vec(argument.view());
  out.id(device);
  out.number(time);
  out.id(device_key.sign_labelled(kStepLabel, out.view()));
  return SecretBytes(out.take());
}

Result<AlertStep> AlertStep::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  AlertStep step;
  step.alert = in.id<AlertId>();
  const std::uint8_t action = in.u8();
  step.argument = read_secret_text(in);
  step.device = in.id<DeviceId>();
  step.time = in.number<TimeMs>();
  in.id<Signature>();
  if (!version_known || !in.finish() || action < 1 || action > 4) return bad("the alert step");
  step.action = static_cast<AlertAction>(action);
  return step;
}

Result<AlertStep> AlertStep::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto step, decode(bytes));
  const ByteView signed_bytes = bytes.first(bytes.size() - Signature::kSize);
  const Signature signature = *Signature::from(bytes.last(Signature::kSize));
  if (!same(step.device.view(), crypto::sha256(device_key.view()).view()) ||
      !crypto::verify_labelled(device_key, kStepLabel, signed_bytes, signature)) {
    return error(ErrorCode::signature_invalid,
                 "the step on alert " + step.alert.hex() + " is not signed by the device it names");
  }
  return step;
}

}  // namespace candour::messages
