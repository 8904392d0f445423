// Proofs that one secret multiplied many points: discrete-logarithm equality, batched, exactly as
// RFC 9497 section 2.2 with ristretto255-SHA512. A custodian shows with 64 bytes that each of its
// partial decryptions was made with the share behind its verification key.
//
//   public_key = k G,  outputs[i] = k inputs[i]
//
// `context` is the context string of RFC 9497 section 3.1: it keeps proofs of one use from serving
// in another. Pure but for `random`; thread-safe.
#pragma once

#include <optional>
#include <span>

#include "crypto/ristretto.h"
#include "warrant/seal/seal.h"

namespace candour::warrant {

struct DleqProof {
  static constexpr std::size_t kSize = 64;
  PublicScalar c;
  PublicScalar s;

  Bytes encode() const;
  /// input_invalid unless 64 bytes that hold two canonical scalars.
  static Result<DleqProof> decode(ByteView bytes);
  bool operator==(const DleqProof&) const = default;
};

/// The largest batch: RFC 9497 numbers the points with two bytes.
inline constexpr std::size_t kDleqBatchMax = 65'535;

/// `outputs` are k times `inputs` and `public_key` is k G; the caller made them. At least one, at
/// most kDleqBatchMax (asserted). The secret multiplies one further point for the whole batch.
DleqProof prove_dleq(ByteView context, const crypto::Scalar& k, const crypto::Point& public_key,
                     std::span<const crypto::Point> inputs, std::span<const crypto::Point> outputs,
                     Random& random);

/// partial_proof_invalid when the proof does not hold, or for numbers of points that do not fit.
Status verify_dleq(ByteView context, const crypto::Point& public_key,
                   std::span<const crypto::Point> inputs, std::span<const crypto::Point> outputs,
                   const DleqProof& proof);

}  // namespace candour::warrant
