#include "client/messages/report_proof.h"

#include <algorithm>

#include "base/limits.h"
#include "identity/token.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kParcelInfo = "candour report parcel v1";
constexpr std::size_t kTokenSizeMax = 1024;
static_assert(kParcelPlaintextSize > limits::kContentSizeMax + 512);

Error bad_proof(const std::string& what) {
  return error(ErrorCode::input_invalid, "the report's proof is malformed: " + what);
}

Bytes associated_data(const GroupId& group, const MessageId& submission) {
  Writer out;
  out.id(group);
  out.id(submission);
  return out.take();
}

}  // namespace

SecretBytes ReportProof::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.vec(content.view());
  out.raw(commitment_key.view());
  out.vec(token);
  out.id(sender);
  out.number(time);
  out.u64(leaf_index);
  out.u64(log_size);
  return SecretBytes(out.take());
}

Result<ReportProof> ReportProof::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  ReportProof proof;
  proof.content = SecretBytes::copy_of(in.vec(limits::kContentSizeMax));
  const ByteView key = in.raw(CommitmentKey::kSize);
  proof.token = to_bytes(in.vec(kTokenSizeMax));
  proof.sender = in.id<DeviceId>();
  proof.time = in.number<TimeMs>();
  proof.leaf_index = in.u64();
  proof.log_size = in.u64();
  if (!version_known || !in.finish()) return bad_proof("not version 1, cut off or over limits");
  if (proof.time > kTimeMax || proof.leaf_index > kNumberMax || proof.log_size > kNumberMax) {
    return bad_proof("a time or a place in the log that is too large");
  }
  proof.commitment_key = CommitmentKey::copy_of(key.first<CommitmentKey::kSize>());
  return proof;
}

Result<Bytes> seal_parcel(ByteView proof, const SealingPublicKey& bot, const GroupId& group,
                          const MessageId& submission, Random& random) {
  SecretWriter out;
  out.vec(proof);
  if (out.size() > kParcelPlaintextSize) return bad_proof("larger than a parcel");
  SecretBytes plaintext(out.take());
  plaintext.resize(kParcelPlaintextSize);
  return crypto::sealed_box(bot, as_bytes(kParcelInfo), associated_data(group, submission),
                            plaintext.view(), random);
}

Result<SecretBytes> open_parcel(ByteView parcel, const crypto::SealingKey& bot,
                                const GroupId& group, const MessageId& submission) {
  if (parcel.size() != kParcelSize) return bad_proof("a parcel of another size");
  CANDOUR_TRY(auto plaintext, crypto::open_sealed_box(bot, as_bytes(kParcelInfo),
                                                      associated_data(group, submission), parcel));
  Reader in(plaintext.view());
  const ByteView proof = in.vec();
  const ByteView padding = in.rest();
  if (!in.ok() ||
      std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; })) {
    return bad_proof("its parcel is cut off or its padding not zero");
  }
  return SecretBytes::copy_of(proof);
}

ReportChecks check_report(const ReportProof& proof, const GroupId& group, const MessageId& message,
                          const DeviceId& sender, std::span<const SigningPublicKey> bots) {
  ReportChecks checks;
  const auto token = identity::ReleaseToken::decode(proof.token);
  if (!token) return checks;
  checks.leaf = token.value().leaf_hash;
  checks.token = std::any_of(bots.begin(), bots.end(), [&](const SigningPublicKey& bot) {
    return identity::ReleaseToken::verify(proof.token, bot).has_value();
  });
  checks.content = content_commitment(proof.commitment_key, proof.content.view()) ==
                       token.value().content_commitment &&
                   Content::decode(proof.content.view()).has_value();
  checks.place = token.value().group == group && token.value().message_id == message &&
                 token.value().kind == identity::SubmissionKind::application;
  checks.sender = proof.sender == sender && !sender.is_zero();
  return checks;
}

}  // namespace candour::messages
