#include "client/messages/appeal.h"

#include "base/limits.h"
#include "client/messages/utf8.h"
#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kAppealLabel = "candour appeal v1";
constexpr std::string_view kApprovalLabel = "candour approval v1";

/// Whether the last 64 bytes sign the rest under the label, by the device of that id.
bool signed_by(ByteView bytes, const SigningPublicKey& key, const DeviceId& device,
               std::string_view label) {
  const ByteView signed_part = bytes.first(bytes.size() - Signature::kSize);
  const Signature signature = *Signature::from(bytes.last(Signature::kSize));
  return same(device.view(), crypto::sha256(key.view()).view()) &&
         crypto::verify_labelled(key, label, signed_part, signature);
}

}  // namespace

SecretBytes Appeal::sign(const crypto::SigningKey& device_key) const {
  SecretWriter out;
  out.u8(kVersion);
  out.vec(signed_warning);
  out.vec(content.view());
  out.raw(commitment_key.view());
  out.vec(reason.view());
  out.id(device);
  out.number(time);
  out.id(device_key.sign_labelled(kAppealLabel, out.view()));
  return SecretBytes(out.take());
}

Result<Appeal> Appeal::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  Appeal appeal;
  appeal.signed_warning = to_bytes(in.vec());
  appeal.content = SecretBytes::copy_of(in.vec(limits::kContentSizeMax));
  const ByteView key = in.raw(CommitmentKey::kSize);
  const ByteView reason = in.vec();
  appeal.device = in.id<DeviceId>();
  appeal.time = in.number<TimeMs>();
  in.id<Signature>();
  if (!version_known || !in.finish() || !is_utf8(as_text(reason))) {
    return error(ErrorCode::input_invalid,
                 "the appeal is malformed: not version 1, cut off or not UTF-8");
  }
  appeal.commitment_key = CommitmentKey::copy_of(key.first<CommitmentKey::kSize>());
  appeal.reason = SecretText(SecretBytes::copy_of(reason));
  return appeal;
}

Result<Appeal> Appeal::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto appeal, decode(bytes));
  if (!signed_by(bytes, device_key, appeal.device, kAppealLabel)) {
    return error(ErrorCode::signature_invalid, "the appeal is not signed by the device it names");
  }
  return appeal;
}

Bytes Approval::sign(const crypto::SigningKey& device_key) const {
  Writer out;
  out.u8(kVersion);
  out.id(group);
  out.id(content_commitment);
  out.id(warning_hash);
  out.id(approver);
  out.number(issued);
  out.number(expires);
  out.id(device_key.sign_labelled(kApprovalLabel, out.view()));
  return out.take();
}

Result<Approval> Approval::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  Approval approval;
  approval.group = in.id<GroupId>();
  approval.content_commitment = in.id<Digest>();
  approval.warning_hash = in.id<Digest>();
  approval.approver = in.id<DeviceId>();
  approval.issued = in.number<TimeMs>();
  approval.expires = in.number<TimeMs>();
  in.id<Signature>();
  if (!version_known || !in.finish()) {
    return error(ErrorCode::approval_invalid, "the approval is malformed: wrong version or length");
  }
  return approval;
}

Result<Approval> Approval::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto approval, decode(bytes));
  if (!signed_by(bytes, device_key, approval.approver, kApprovalLabel)) {
    return error(ErrorCode::approval_invalid,
                 "the approval is not signed by the device it names as approver");
  }
  return approval;
}

}  // namespace candour::messages
