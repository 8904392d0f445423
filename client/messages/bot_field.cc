#include "client/messages/bot_field.h"

#include <algorithm>

#include "base/limits.h"
#include "client/messages/utf8.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kInfo = "candour bot field v1";
static_assert(kBotFieldSize == limits::kBotFieldPlaintextSize + crypto::kSealedBoxOverhead);

Error bad_field(const std::string& what) {
  return error(ErrorCode::input_invalid, "the bot's field is malformed: " + what);
}

Bytes associated_data(const Digest& ciphertext_hash, const GroupId& group,
                      const MessageId& message_id) {
  Writer out;
  out.id(ciphertext_hash);
  out.id(group);
  out.id(message_id);
  return out.take();
}

SecretBytes encode_body(const BotField& field) {
  SecretWriter out;
  switch (field.type) {
    case BotFieldType::nothing:
      break;
    case BotFieldType::override_warning:
    case BotFieldType::dispute:
      out.vec(field.warning);
      out.vec(field.reason.view());
      break;
    case BotFieldType::report:
      out.id(field.reported);
      out.vec(field.reason.view());
      out.vec(field.proof.view());
      break;
    case BotFieldType::approval:
      out.vec(field.warning);
      out.vec(field.approval);
      break;
  }
  return SecretBytes(out.take());
}

Result<BotField> decode_body(BotFieldType type, ByteView body) {
  BotField field;
  field.type = type;
  Reader in(body);
  if (type == BotFieldType::override_warning || type == BotFieldType::dispute) {
    field.warning = to_bytes(in.vec());
  } else if (type == BotFieldType::report) {
    field.reported = in.id<MessageId>();
  }
  if (type == BotFieldType::approval) {
    field.warning = to_bytes(in.vec());
    field.approval = to_bytes(in.vec());
  } else if (type != BotFieldType::nothing) {
    field.reason = SecretText(SecretBytes::copy_of(in.vec()));
  }
  if (type == BotFieldType::report) field.proof = SecretBytes::copy_of(in.vec());
  if (!in.finish()) return bad_field("its body is cut off or followed by more bytes");
  if (!is_utf8(field.reason.expose())) return bad_field("its reason is not UTF-8");
  return field;
}

}  // namespace

bool BotField::fits() const {
  constexpr std::size_t kHeaderSize = 6;
  return kHeaderSize + encode_body(*this).size() <= limits::kBotFieldPlaintextSize;
}

Result<Bytes> BotField::seal(const SealingPublicKey& bot, const Digest& ciphertext_hash,
                             const GroupId& group, const MessageId& message_id,
                             Random& random) const {
  SecretWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(type));
  out.vec(encode_body(*this).view());
  if (out.size() > limits::kBotFieldPlaintextSize) {
    return error(ErrorCode::justification_invalid,
                 "the reason is too long for the bot's field; shorten it");
  }
  SecretBytes plaintext(out.take());
  plaintext.resize(limits::kBotFieldPlaintextSize);
  return crypto::sealed_box(bot, as_bytes(kInfo),
                            associated_data(ciphertext_hash, group, message_id), plaintext.view(),
                            random);
}

Result<BotField> BotField::open(ByteView sealed, const crypto::SealingKey& bot,
                                const Digest& ciphertext_hash, const GroupId& group,
                                const MessageId& message_id) {
  if (sealed.size() != kBotFieldSize) {
    return bad_field("it must be " + std::to_string(kBotFieldSize) + " bytes long");
  }
  CANDOUR_TRY(auto plaintext,
              crypto::open_sealed_box(bot, as_bytes(kInfo),
                                      associated_data(ciphertext_hash, group, message_id), sealed));
  Reader in(plaintext.view());
  if (in.u8() != kVersion) return bad_field("not version 1");
  const std::uint8_t type = in.u8();
  const ByteView body = in.vec();
  if (!in.ok() || type > 4) return bad_field("unknown type or cut off");
  const ByteView padding = in.rest();
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; })) {
    return bad_field("its padding is not zero");
  }
  return decode_body(static_cast<BotFieldType>(type), body);
}

Status check_justification(std::string_view text) {
  const auto length = trimmed_code_points(text);
  if (!length) {
    return error(ErrorCode::justification_invalid, "the justification is not UTF-8 text");
  }
  if (*length < limits::kJustificationCodePointsMin ||
      *length > limits::kJustificationCodePointsMax) {
    return error(ErrorCode::justification_invalid,
                 "the justification has " + std::to_string(*length) + " characters; give " +
                     std::to_string(limits::kJustificationCodePointsMin) + " to " +
                     std::to_string(limits::kJustificationCodePointsMax));
  }
  return ok();
}

Status check_optional_reason(std::string_view text) {
  const auto length = trimmed_code_points(text);
  if (length && *length <= limits::kJustificationCodePointsMax) return ok();
  return error(ErrorCode::justification_invalid,
               "the reason is not UTF-8 text or longer than " +
                   std::to_string(limits::kJustificationCodePointsMax) + " characters");
}

}  // namespace candour::messages
