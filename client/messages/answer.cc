#include "client/messages/answer.h"

#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"
#include "client/messages/utf8.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kInfo = "candour answer v1";
constexpr std::size_t kMessageSizeMax = 2048;

/// What the signature covers and the plaintext holds alike.
void write(SecretWriter& out, const Answer& answer) {
  out.u8(static_cast<std::uint8_t>(answer.type));
  out.id(answer.about);
  out.vec(answer.code);
  out.vec(as_bytes(cut_utf8(answer.message.expose(), kMessageSizeMax)));
  out.vec(answer.body);
}

SecretBytes signed_part(const Answer& answer, const DeviceId& device) {
  SecretWriter out;
  out.id(device);
  write(out, answer);
  return SecretBytes(out.take());
}

}  // namespace

Bytes RefusedMail::encode() const {
  Writer out;
  out.u8(static_cast<std::uint8_t>(type));
  out.u8(action);
  out.id(about);
  out.u64(retry_after_ms);
  return out.take();
}

Result<RefusedMail> RefusedMail::decode(ByteView bytes) {
  Reader in(bytes);
  RefusedMail mail;
  mail.type = static_cast<ToBotType>(in.u8());
  mail.action = in.u8();
  mail.about = in.id<Subject>();
  mail.retry_after_ms = in.u64();
  if (in.finish()) return mail;
  return error(ErrorCode::input_invalid, "the bot says in a malformed way which mail it refused");
}

Result<Bytes> Answer::seal(const SealingPublicKey& to, const DeviceId& device, const MailId& id,
                           const crypto::SigningKey& bot, Random& random) const {
  SecretWriter out;
  out.u8(kVersion);
  write(out, *this);
  out.id(bot.sign_labelled(kInfo, signed_part(*this, device).view()));
  CANDOUR_ASSERT(out.size() <= limits::kAnswerPlaintextSize);
  SecretBytes plaintext(out.take());
  plaintext.resize(limits::kAnswerPlaintextSize);
  return crypto::sealed_box(to, as_bytes(kInfo), id.view(), plaintext.view(), random);
}

Result<Answer> Answer::open(ByteView sealed, const crypto::SealingKey& mine, const DeviceId& device,
                            const MailId& id, const SigningPublicKey& bot) {
  CANDOUR_TRY(auto plaintext, crypto::open_sealed_box(mine, as_bytes(kInfo), id.view(), sealed));
  Reader in(plaintext.view());
  const bool version_known = in.u8() == kVersion;
  const std::uint8_t type = in.u8();
  Answer answer;
  answer.about = in.id<About>();
  answer.code = as_text(in.vec());
  const ByteView message = in.vec(kMessageSizeMax);
  answer.body = to_bytes(in.vec());
  const Signature signature = in.id<Signature>();
  const ByteView padding = in.rest();
  const bool padded =
      std::all_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b == 0; });
  if (!version_known || !in.ok() || !padded || type < 1 || !is_utf8(as_text(message))) {
    return error(ErrorCode::input_invalid,
                 "the bot's answer is malformed: not version 1 or cut off");
  }
  answer.type = static_cast<AnswerType>(type);  // as it is signed
  answer.message = SecretText(SecretBytes::copy_of(message));
  if (!crypto::verify_labelled(bot, kInfo, signed_part(answer, device).view(), signature)) {
    return error(ErrorCode::signature_invalid, "the answer is not signed by the bot");
  }
  if (type > static_cast<std::uint8_t>(AnswerType::renew)) answer.type = AnswerType::other;
  return answer;
}

}  // namespace candour::messages
