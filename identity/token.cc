#include "identity/token.h"

#include "crypto/hash.h"

namespace candour::identity {
namespace {

constexpr std::string_view kLabel = "candour release token v1";
constexpr std::size_t kOriginSizeMax = 255;
constexpr std::size_t kBodySizeMax = 1024;

Error invalid(std::string message) {
  return error(ErrorCode::token_invalid, "release token: " + std::move(message));
}

Bytes encode(const ReleaseToken& t) {
  Writer w;
  w.u8(1);
  w.vec(t.log_origin);
  w.id(t.group);
  w.number(t.epoch);
  w.u8(static_cast<std::uint8_t>(t.kind));
  w.number(t.seq);
  w.id(t.previous);
  w.id(t.message_id);
  w.id(t.ciphertext_hash);
  w.id(t.content_commitment);
  w.id(t.policy_digest);
  w.id(t.leaf_hash);
  return w.take();
}

struct Parts {
  ByteView body;
  Signature signature;
};

Result<Parts> split(ByteView token) {
  Reader r(token);
  const ByteView body = r.vec(kBodySizeMax);
  const auto signature = r.id<Signature>();
  if (!r.finish()) return invalid("it is not a body followed by a signature of 64 bytes");
  return Parts{body, signature};
}

Result<ReleaseToken> decode_body(ByteView body) {
  Reader r(body);
  const std::uint8_t version = r.u8();
  ReleaseToken t;
  t.log_origin = std::string(as_text(r.vec(kOriginSizeMax)));
  t.group = r.id<GroupId>();
  t.epoch = r.number<Epoch>();
  const std::uint8_t kind = r.u8();
  t.seq = r.number<Seq>();
  t.previous = r.id<Digest>();
  t.message_id = r.id<MessageId>();
  t.ciphertext_hash = r.id<Digest>();
  t.content_commitment = r.id<Digest>();
  t.policy_digest = r.id<Digest>();
  t.leaf_hash = r.id<Digest>();
  if (!r.finish()) return invalid("its body is cut short or has bytes after its end");
  if (version != 1) return invalid("its version is not 1");
  if (kind != static_cast<std::uint8_t>(SubmissionKind::application) &&
      kind != static_cast<std::uint8_t>(SubmissionKind::commit)) {
    return invalid("its kind is neither application (1) nor commit (2)");
  }
  t.kind = static_cast<SubmissionKind>(kind);
  if (t.seq.value == 0) return invalid("delivery numbers start at 1");
  if (t.log_origin.empty()) return invalid("its log origin is empty");
  return t;
}

}  // namespace

Digest ReleaseToken::hash() const { return crypto::sha256(encode(*this)); }

Bytes ReleaseToken::sign(const crypto::SigningKey& bot) const {
  const Bytes body = encode(*this);
  Writer w;
  w.vec(body);
  w.id(bot.sign_labelled(kLabel, body));
  return w.take();
}

Result<ReleaseToken> ReleaseToken::decode(ByteView token) {
  CANDOUR_TRY(auto parts, split(token));
  return decode_body(parts.body);
}

Result<ReleaseToken> ReleaseToken::verify(ByteView token, const SigningPublicKey& bot) {
  CANDOUR_TRY(auto parts, split(token));
  if (!crypto::verify_labelled(bot, kLabel, parts.body, parts.signature)) {
    return invalid("its signature is not the bot's");
  }
  return decode_body(parts.body);
}

Status TokenChain::check_next(const ReleaseToken& token) const {
  if (token.group != group) {
    return invalid("it is for group " + token.group.hex() + ", expected " + group.hex());
  }
  if (token.seq.value != seq.value + 1) {
    return invalid("its delivery number is " + std::to_string(token.seq.value) + ", expected " +
                   std::to_string(seq.value + 1) + " in group " + group.hex());
  }
  if (token.previous != previous) {
    return invalid("token " + std::to_string(token.seq.value) + " of group " + group.hex() +
                   " cites the token before it as " + token.previous.hex() + ", expected " +
                   previous.hex());
  }
  return ok();
}

void TokenChain::advance(const ReleaseToken& token) {
  seq = token.seq;
  previous = token.hash();
}

}  // namespace candour::identity
