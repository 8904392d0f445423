// The challenge of a sealed record's proof, which sealing makes and verification makes again.
// Inner to this folder.
#pragma once

#include "base/ids.h"
#include "crypto/ristretto.h"

namespace candour::warrant {

struct ProofPoints {
  const crypto::Point& u;
  const crypto::Point& ubar;
  const crypto::Point& w;
  const crypto::Point& wbar;
};

crypto::Scalar proof_challenge(ByteView label, const Digest& key_commitment, ByteView body,
                               const ProofPoints& points);

}  // namespace candour::warrant
