#include "client/messages/alert.h"

#include "base/limits.h"
#include "client/messages/appeal.h"
#include "client/messages/utf8.h"
#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 3;
constexpr std::uint8_t kActionsMax = static_cast<std::uint8_t>(AlertAction::refuse);
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

void write_subject(SecretWriter& out, const AlertSubject& subject) {
  out.vec(subject.pseudonym);
  out.id(subject.device);
  out.vec(subject.person);
  out.vec(subject.name);
}

AlertSubject read_subject(Reader& in) {
  AlertSubject subject;
  subject.pseudonym = read_string(in);
  subject.device = in.id<DeviceId>();
  subject.person = read_string(in);
  subject.name = read_string(in);
  return subject;
}

struct ResolutionName {
  Resolution resolution;
  std::string_view name;
};
constexpr ResolutionName kResolutions[] = {{Resolution::advice_given, "advice-given"},
                                           {Resolution::training, "training"},
                                           {Resolution::referred, "referred"},
                                           {Resolution::no_action, "no-action"},
                                           {Resolution::false_positive, "false-positive"},
                                           {Resolution::approved, "approved"},
                                           {Resolution::refused, "refused"}};

Resolution read_resolution(Reader& in) {
  const std::uint8_t value = in.u8();
  if (value > static_cast<std::uint8_t>(Resolution::refused)) in.fail();
  return static_cast<Resolution>(value);
}

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
  ByteView envelope;  // of an alert
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
  if (!mail.header.update) mail.envelope = in.vec();
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

// False when there is something that is no appealed content.
bool read_appeal(ByteView bytes, std::optional<AppealedContent>& out) {
  if (bytes.empty()) return true;
  Reader in(bytes);
  AppealedContent appeal;
  appeal.content = SecretBytes::copy_of(in.vec(limits::kContentSizeMax));
  const ByteView key = in.raw(CommitmentKey::kSize);
  appeal.warning_hash = in.id<Digest>();
  if (!in.finish()) return false;
  appeal.commitment_key = CommitmentKey::copy_of(key.first<CommitmentKey::kSize>());
  out = std::move(appeal);
  return true;
}

// Decisions over appeals and ends of other alerts never stand for each other.
bool resolution_fits(const AlertStep& step) {
  const Resolution decided = resolution_of(step.action);
  if (decided != Resolution::none) return step.resolution == decided;
  const bool of_appeal =
      step.resolution == Resolution::approved || step.resolution == Resolution::refused;
  const bool closes = step.action == AlertAction::close;
  return !of_appeal && closes == (step.resolution != Resolution::none);
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
    case AlertOutcome::appealed:
      return "appealed";
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

std::string_view name_of(AlertAction action) {
  switch (action) {
    case AlertAction::acknowledge:
      return "acknowledge";
    case AlertAction::assign:
      return "assign";
    case AlertAction::escalate:
      return "escalate";
    case AlertAction::close:
      return "close";
    case AlertAction::share:
      return "share";
    case AlertAction::raise:
      return "raise";
    case AlertAction::remind:
      return "remind";
    case AlertAction::overdue:
      return "overdue";
    case AlertAction::want:
      return "want";
    case AlertAction::sample:
      return "sample";
    case AlertAction::returned:
      return "returned";
    case AlertAction::repeat:
      return "repeat";
    case AlertAction::approve:
      return "approve";
    case AlertAction::refuse:
      return "refuse";
  }
  return "unknown";
}

std::string_view name_of(Resolution resolution) {
  for (const ResolutionName& known : kResolutions) {
    if (known.resolution == resolution) return known.name;
  }
  return "";
}

std::optional<Resolution> resolution_from_name(std::string_view name) {
  for (const ResolutionName& known : kResolutions) {
    if (known.name == name) return known.resolution;
  }
  return std::nullopt;
}

SecretBytes AlertBody::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.number(time);
  out.id(group);
  out.vec(group_name);
  out.vec(category);
  out.u8(severity);
  out.u8(serious ? 1 : 0);
  out.vec(rule);
  out.vec(standard);
  out.id(message_id);
  write_subject(out, subject);
  out.u8(static_cast<std::uint8_t>(outcome));
  out.vec(justification.view());
  out.vec(excerpt.view());
  out.u32(start);
  out.u32(end);
  out.u32(earlier.all);
  out.u32(earlier.acted_upon);
  out.u32(earlier.dismissed);
  out.vec(proof.view());
  SecretWriter appealed;
  if (appeal) {
    appealed.vec(appeal->content.view());
    appealed.raw(appeal->commitment_key.view());
    appealed.id(appeal->warning_hash);
  }
  out.vec(appealed.view());
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
  const std::uint8_t serious = in.u8();
  body.rule = read_string(in);
  body.standard = read_string(in);
  body.message_id = in.id<MessageId>();
  body.subject = read_subject(in);
  const std::uint8_t outcome = in.u8();
  body.justification = read_secret_text(in);
  body.excerpt = read_secret_text(in);
  body.start = in.u32();
  body.end = in.u32();
  body.earlier.all = in.u32();
  body.earlier.acted_upon = in.u32();
  body.earlier.dismissed = in.u32();
  body.proof = SecretBytes::copy_of(in.vec());
  const bool appeal_fits = read_appeal(in.vec(), body.appeal);
  if (!version_known || !in.finish() || !appeal_fits ||
      body.appeal.has_value() != (outcome == static_cast<int>(AlertOutcome::appealed)) ||
      body.severity < 1 || body.severity > 3 || serious > 1 || outcome < 1 || outcome > 6 ||
      body.start > body.end || body.end > body.excerpt.size()) {
    return bad("the alert");
  }
  body.serious = serious != 0;
  body.outcome = static_cast<AlertOutcome>(outcome);
  return body;
}

SecretBytes AlertUpdate::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(action));
  out.number(time);
  out.u8(static_cast<std::uint8_t>(state));
  out.u8(static_cast<std::uint8_t>(resolution));
  out.id(device);
  out.vec(person);
  out.vec(argument.view());
  out.id(to);
  write_subject(out, subject);
  out.u32(repeats);
  return SecretBytes(out.take());
}

Result<AlertUpdate> AlertUpdate::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  AlertUpdate update;
  const std::uint8_t action = in.u8();
  update.time = in.number<TimeMs>();
  const std::uint8_t state = in.u8();
  update.resolution = read_resolution(in);
  update.device = in.id<DeviceId>();
  update.person = read_string(in);
  update.argument = read_secret_text(in);
  update.to = in.id<DeviceId>();
  update.subject = read_subject(in);
  update.repeats = in.u32();
  if (!version_known || !in.finish() || state > 4 || action < 1 || action > kActionsMax) {
    return bad("the alert update");
  }
  update.action = static_cast<AlertAction>(action);
  update.state = static_cast<AlertState>(state);
  return update;
}

SealedAlert SealedAlert::seal(const AlertId& id, const AlertBody& body,
                              const crypto::SigningKey& bot, Random& random) {
  SealedAlert alert;
  alert.id_ = id;
  alert.keys_.body = random.secret<32>();
  alert.keys_.update = random.secret<32>();
  alert.body_.ciphertext =
      crypto::box_seal(alert.keys_.body, id.view(), body.encode().view(), random);
  alert.body_.signature = bot.sign_labelled(kAlertLabel, signed_part(id, alert.body_.ciphertext));
  return alert;
}

Result<Bytes> SealedAlert::envelope_for(const SealingPublicKey& device, Random& random) const {
  return wrap_alert_keys(id_, keys_, device, random);
}

Result<Bytes> wrap_alert_keys(const AlertId& id, const AlertKeys& keys,
                              const SealingPublicKey& device, Random& random) {
  SecretWriter both;
  both.raw(keys.body.view());
  both.raw(keys.update.view());
  return crypto::sealed_box(device, as_bytes(kAlertLabel), id.view(), both.view(), random);
}

Bytes alert_mail(const AlertId& id, ByteView envelope, const SealedBody& body) {
  Writer out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(MailType::alert));
  out.id(id);
  out.vec(envelope);
  out.vec(body.ciphertext);
  out.id(body.signature);
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
  CANDOUR_TRY(auto both, crypto::open_sealed_box(mine, as_bytes(kAlertLabel),
                                                 parsed.header.id.view(), parsed.envelope));
  constexpr std::size_t kKeySize = crypto::AeadKey::kSize;
  if (both.size() != 2 * kKeySize) return bad("the alert's envelope");
  OpenedAlert opened;
  opened.id = parsed.header.id;
  opened.keys.body = crypto::AeadKey::copy_of(both.view().first<kKeySize>());
  opened.keys.update = crypto::AeadKey::copy_of(both.view().last<kKeySize>());
  CANDOUR_TRY(auto plaintext,
              crypto::box_open(opened.keys.body, opened.id.view(), parsed.ciphertext));
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
  out.u8(static_cast<std::uint8_t>(resolution));
  out.vec(argument.view());
  out.id(to);
  out.vec(envelope);
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
  step.resolution = read_resolution(in);
  step.argument = read_secret_text(in);
  step.to = in.id<DeviceId>();
  step.envelope = to_bytes(in.vec());
  step.device = in.id<DeviceId>();
  step.time = in.number<TimeMs>();
  in.id<Signature>();
  if (!version_known || !in.finish() || action < 1 || action > kActionsMax)
    return bad("the alert step");
  step.action = static_cast<AlertAction>(action);
  const bool shares = step.action == AlertAction::share;
  const bool names_desk = shares || step.action == AlertAction::want;
  std::size_t envelope_size = shares ? kAlertEnvelopeSize : 0;
  if (step.action == AlertAction::approve) envelope_size = kApprovalSize;
  if (!resolution_fits(step) || names_desk == step.to.is_zero() ||
      step.envelope.size() != envelope_size) {
    return bad("the alert step");
  }
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
