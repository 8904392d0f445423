// The Schnorr signatures of C2SP cocktail-dkg with ristretto255 and SHA-512: what proves possession
// of a secret and certifies a transcript there. Not Ed25519, and for nothing else. Pure;
// thread-safe.
#pragma once

#include "crypto/ristretto.h"

namespace candour::warrant {

inline constexpr std::size_t kDkgSignatureSize = 64;  // R, z

/// Deterministic. `secret` must not be zero (asserted).
Bytes dkg_sign(const crypto::Scalar& secret, ByteView message);
/// False for anything but a valid signature in its one encoding.
bool dkg_verify(const crypto::Point& public_key, ByteView message, ByteView signature);

}  // namespace candour::warrant
