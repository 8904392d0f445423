#include "client/messages/to_bot.h"

#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kInfo = "candour bot mail v1";
constexpr std::string_view kFailureLabel = "candour failure report v1";
constexpr std::string_view kRenewalLabel = "candour key renewal v1";
constexpr std::string_view kLostLabel = "candour lost group v1";

/// `bytes` ends with a signature over all before it, by `key`, which is `device`'s.
bool signed_by(ByteView bytes, std::string_view label, const DeviceId& device,
               const SigningPublicKey& key) {
  const ByteView signed_part = bytes.first(bytes.size() - Signature::kSize);
  const Signature signature = *Signature::from(bytes.last(Signature::kSize));
  return same(device.view(), crypto::sha256(key.view()).view()) &&
         crypto::verify_labelled(key, label, signed_part, signature);
}

}  // namespace

Result<Bytes> ToBot::seal(const SealingPublicKey& bot, const MailId& id, Random& random) const {
  SecretWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(type));
  out.raw(body.view());
  return crypto::sealed_box(bot, as_bytes(kInfo), id.view(), out.view(), random);
}

Result<ToBot> ToBot::open(ByteView sealed, const crypto::SealingKey& bot, const MailId& id) {
  CANDOUR_TRY(auto plaintext, crypto::open_sealed_box(bot, as_bytes(kInfo), id.view(), sealed));
  Reader in(plaintext.view());
  const bool version_known = in.u8() == kVersion;
  const std::uint8_t type = in.u8();
  if (!in.ok() || !version_known || type < 1 || type > 8 || type == 4) {
    return error(ErrorCode::input_invalid,
                 "the mail for the bot is not version 1 or of an unknown type");
  }
  ToBot mail;
  mail.type = static_cast<ToBotType>(type);
  mail.body = SecretBytes::copy_of(in.rest());
  return mail;
}

Bytes FailureReport::sign(const crypto::SigningKey& device_key) const {
  Writer out;
  out.id(group);
  out.number(epoch);
  out.id(message_id);
  out.id(device);
  out.number(time);
  out.id(device_key.sign_labelled(kFailureLabel, out.view()));
  return out.take();
}

Result<FailureReport> FailureReport::decode(ByteView bytes) {
  Reader in(bytes);
  FailureReport report;
  report.group = in.id<GroupId>();
  report.epoch = in.number<Epoch>();
  report.message_id = in.id<MessageId>();
  report.device = in.id<DeviceId>();
  report.time = in.number<TimeMs>();
  in.id<Signature>();
  if (!in.finish()) {
    return error(ErrorCode::input_invalid, "the failure report is malformed: wrong length");
  }
  return report;
}

Result<FailureReport> FailureReport::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto report, decode(bytes));
  if (!signed_by(bytes, kFailureLabel, report.device, device_key)) {
    return error(ErrorCode::signature_invalid,
                 "the failure report is not signed by the device it names");
  }
  return report;
}

Bytes LostReport::sign(const crypto::SigningKey& device_key) const {
  Writer out;
  out.id(group);
  out.number(seq);
  out.id(device);
  out.number(time);
  out.id(device_key.sign_labelled(kLostLabel, out.view()));
  return out.take();
}

Result<LostReport> LostReport::decode(ByteView bytes) {
  Reader in(bytes);
  LostReport report;
  report.group = in.id<GroupId>();
  report.seq = in.number<Seq>();
  report.device = in.id<DeviceId>();
  report.time = in.number<TimeMs>();
  in.id<Signature>();
  if (!in.finish()) {
    return error(ErrorCode::input_invalid, "the report of a lost group is malformed: wrong length");
  }
  return report;
}

Result<LostReport> LostReport::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto report, decode(bytes));
  if (!signed_by(bytes, kLostLabel, report.device, device_key)) {
    return error(ErrorCode::signature_invalid,
                 "the report of a lost group is not signed by the device it names");
  }
  return report;
}

Bytes KeyRenewal::sign(const crypto::SigningKey& device_key) const {
  Writer out;
  out.id(group);
  out.vec(key_package);
  out.id(device);
  out.number(time);
  out.id(device_key.sign_labelled(kRenewalLabel, out.view()));
  return out.take();
}

Result<KeyRenewal> KeyRenewal::decode(ByteView bytes) {
  Reader in(bytes);
  KeyRenewal renewal;
  renewal.group = in.id<GroupId>();
  renewal.key_package = to_bytes(in.vec());
  renewal.device = in.id<DeviceId>();
  renewal.time = in.number<TimeMs>();
  in.id<Signature>();
  if (!in.finish()) {
    return error(ErrorCode::input_invalid, "the key renewal is malformed: wrong length");
  }
  return renewal;
}

Result<KeyRenewal> KeyRenewal::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto renewal, decode(bytes));
  if (!signed_by(bytes, kRenewalLabel, renewal.device, device_key)) {
    return error(ErrorCode::signature_invalid,
                 "the key renewal is not signed by the device it names");
  }
  return renewal;
}

}  // namespace candour::messages
