#include "bot/alert_book.h"

#include "base/codec.h"
#include "crypto/hash.h"

namespace candour::bot {
namespace {

constexpr std::uint8_t kVersion = 2;

}  // namespace

Bytes KeptAlert::encode() const {
  Writer out;
  out.u8(kVersion);
  out.vec(by);
  out.u64(at.value);
  out.u8(past_line ? 1 : 0);
  out.u8(appeal ? 1 : 0);
  if (appeal) {
    out.id(appeal->commitment);
    out.id(appeal->warning_hash);
  }
  out.vec(body.ciphertext);
  out.id(body.signature);
  out.u16(static_cast<std::uint16_t>(excluded.size()));
  for (const std::string& person : excluded) out.vec(person);
  out.vec(own);
  out.u16(static_cast<std::uint16_t>(envelopes.size()));
  for (const Envelope& envelope : envelopes) {
    out.u8(envelope.next_line ? 1 : 0);
    out.id(envelope.device);
    out.vec(envelope.keys);
  }
  return out.take();
}

Result<KeptAlert> KeptAlert::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  KeptAlert kept;
  kept.by = as_text(in.vec());
  kept.at = TimeMs(in.u64());
  kept.past_line = in.u8() != 0;
  if (in.u8() != 0) {
    Appeal appeal;
    appeal.commitment = in.id<Digest>();
    appeal.warning_hash = in.id<Digest>();
    kept.appeal = appeal;
  }
  kept.body.ciphertext = to_bytes(in.vec());
  kept.body.signature = in.id<Signature>();
  for (std::uint16_t n = in.u16(); n > 0 && in.ok(); --n) {
    kept.excluded.emplace_back(as_text(in.vec()));
  }
  kept.own = to_bytes(in.vec());
  for (std::uint16_t n = in.u16(); n > 0 && in.ok(); --n) {
    Envelope envelope;
    envelope.next_line = in.u8() != 0;
    envelope.device = in.id<DeviceId>();
    envelope.keys = to_bytes(in.vec());
    kept.envelopes.push_back(std::move(envelope));
  }
  if (!version_known || !in.finish()) {
    return error(ErrorCode::state_damaged, "an alert in bot.db is malformed");
  }
  return kept;
}

Id<struct StoreTagTag, 16> tag_of(const crypto::AeadKey& state, std::string_view label,
                                  ByteView of) {
  const auto extracted = crypto::hkdf_extract({}, state.view());
  const SecretBytes key = crypto::hkdf_expand(extracted.view(), as_bytes(label), 32);
  const Digest tag = crypto::hmac_sha256_tag(key.view(), {of});
  return *Id<struct StoreTagTag, 16>::from(tag.view().first(16));
}

storage::BotAlert::Subject subject_of(const crypto::AeadKey& state, std::string_view person) {
  const auto tag = tag_of(state, "candour alert subject v1", as_bytes(person));
  return *storage::BotAlert::Subject::from(tag.view());
}

std::string pseudonym_of(const storage::BotAlert::Subject& subject) {
  return "officer " + subject.hex().substr(0, 8);
}

std::uint64_t random_below(std::uint64_t bound, Random& random) {
  const auto bytes = random.id<Id<struct LotTag, 8>>();
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes.view()) value = value << 8 | byte;
  return value % bound;
}

}  // namespace candour::bot
