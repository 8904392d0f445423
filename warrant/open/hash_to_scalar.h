// Hashing to the scalars of ristretto255: expand_message_xmd with SHA-512 (RFC 9380 section 5.3.1)
// and the HashToScalar of RFC 9497 section 4.1. Pure and thread-safe.
#pragma once

#include <initializer_list>

#include "crypto/ristretto.h"

namespace candour::warrant {

/// `size` uniform bytes (at most 255 * 64, asserted) from the parts of `message` one after the
/// other. A `domain` of more than 255 bytes is hashed first (RFC 9380 section 5.3.3).
Bytes expand_message_xmd(std::initializer_list<ByteView> message, ByteView domain,
                         std::size_t size);

/// expand_message_xmd to 64 bytes, reduced modulo the group order.
crypto::Scalar hash_to_scalar(std::initializer_list<ByteView> message, ByteView domain);

}  // namespace candour::warrant
