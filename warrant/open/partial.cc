#include "warrant/open/partial.h"

#include <algorithm>

#include "base/assert.h"
#include "base/codec.h"
#include "base/limits.h"

namespace candour::warrant {
namespace {

using crypto::Point;

constexpr std::string_view kContext = "candour partial decryption v1";

std::size_t proofs_for(std::size_t count) { return (count + kDleqBatchMax - 1) / kDleqBatchMax; }

template <class T>
std::span<const T> batch(std::span<const T> all, std::size_t number) {
  const std::size_t first = number * kDleqBatchMax;
  return all.subspan(first, std::min(kDleqBatchMax, all.size() - first));
}

}  // namespace

Bytes PartialDecryptions::encode() const {
  Writer out;
  for (const Point& part : parts) out.raw(part.encoded());
  for (const DleqProof& proof : proofs) out.raw(proof.encode());
  return out.take();
}

Result<PartialDecryptions> PartialDecryptions::decode(ByteView bytes, std::size_t count) {
  if (count == 0 || count > limits::kReleaseRecordsMax ||
      bytes.size() != count * 32 + proofs_for(count) * DleqProof::kSize) {
    return error(ErrorCode::input_invalid,
                 "the partial decryptions are not those of " + std::to_string(count) + " records");
  }
  PartialDecryptions out;
  out.parts.reserve(count);
  Reader in(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto point = Point::decode(in.raw(32));
    if (!point) {
      return error(ErrorCode::input_invalid, "partial decryption " + std::to_string(i + 1) +
                                                 " is not a canonical point, or is the identity");
    }
    out.parts.push_back(*point);
  }
  for (std::size_t i = 0; i < proofs_for(count); ++i) {
    CANDOUR_TRY(const auto proof, DleqProof::decode(in.raw(DleqProof::kSize)));
    out.proofs.push_back(proof);
  }
  return out;
}

Result<PartialDecryptions> decrypt_partially(const EscrowShare& share, std::span<const Point> us,
                                             Random& random) {
  if (us.empty() || us.size() > limits::kReleaseRecordsMax) {
    return error(ErrorCode::input_invalid, "a request holds 1 to " +
                                               std::to_string(limits::kReleaseRecordsMax) +
                                               " records, not " + std::to_string(us.size()));
  }
  PartialDecryptions out;
  out.parts.reserve(us.size());
  for (const Point& u : us) {
    const auto part = u.times(share.value);
    CANDOUR_ASSERT(part.has_value());  // neither is zero
    out.parts.push_back(*part);
  }
  const std::span<const Point> parts = out.parts;
  const Point& key = share.verification_keys[share.index - 1];
  for (std::size_t i = 0; i < proofs_for(us.size()); ++i) {
    out.proofs.push_back(
        prove_dleq(as_bytes(kContext), share.value, key, batch(us, i), batch(parts, i), random));
  }
  return out;
}

Status verify_partial(const Point& verification_key, std::span<const Point> us,
                      const PartialDecryptions& partial) {
  if (us.empty() || partial.parts.size() != us.size() ||
      partial.proofs.size() != proofs_for(us.size())) {
    return error(ErrorCode::partial_proof_invalid,
                 "there are " + std::to_string(us.size()) + " records, but " +
                     std::to_string(partial.parts.size()) + " parts with " +
                     std::to_string(partial.proofs.size()) + " proofs");
  }
  const std::span<const Point> parts = partial.parts;
  for (std::size_t i = 0; i < partial.proofs.size(); ++i) {
    CANDOUR_TRY(verify_dleq(as_bytes(kContext), verification_key, batch(us, i), batch(parts, i),
                            partial.proofs[i]));
  }
  return ok();
}

}  // namespace candour::warrant
