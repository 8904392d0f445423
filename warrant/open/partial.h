// Partial decryption: what one custodian contributes to opening records. For each record it
// multiplies u by its share; one proof for up to 65,535 records shows that it did just that. The
// custodian must have checked the records' own proofs and the warrant before (checks.h): whoever
// holds k parts of a record and its retention part can open it.
//
//   parts = points, 32 each, one for each record in the request's order
//   file  = parts, then a proof of 64 bytes for each 65,535 of them or the rest
//
// Proof context: "candour partial decryption v1". Pure but for `random`; thread-safe.
#pragma once

#include "warrant/open/dleq.h"
#include "warrant/open/share.h"

namespace candour::warrant {

struct PartialDecryptions {
  std::vector<crypto::Point> parts;
  std::vector<DleqProof> proofs;

  Bytes encode() const;
  /// input_invalid unless these are `count` canonical points, none the identity, and their proofs
  /// with canonical scalars. Does not check the proofs.
  static Result<PartialDecryptions> decode(ByteView bytes, std::size_t count);
};

/// The share times each of `us`. input_invalid when there is none or more than
/// limits::kReleaseRecordsMax.
Result<PartialDecryptions> decrypt_partially(const EscrowShare& share,
                                             std::span<const crypto::Point> us, Random& random);

/// partial_proof_invalid unless all parts were made with the share of `verification_key`.
Status verify_partial(const crypto::Point& verification_key, std::span<const crypto::Point> us,
                      const PartialDecryptions& partial);

}  // namespace candour::warrant
