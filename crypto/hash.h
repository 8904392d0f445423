// SHA-256, SHA-512, BLAKE2b, HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869) over libsodium.
// libsodium 1.0.18 has no HKDF; ours is built on its HMAC and checked with Wycheproof's vectors.
#pragma once

#include <sodium.h>

#include <initializer_list>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/secret.h"

namespace candour::crypto {

Digest sha256(ByteView data);
/// The hash of the parts one after the other (no separators: callers length-prefix themselves).
Digest sha256(std::initializer_list<ByteView> parts);

class Sha256 {
 public:
  Sha256();
  Sha256& update(ByteView data);
  Digest finish();

 private:
  crypto_hash_sha256_state state_;
};

using Sha512Digest = Id<struct Sha512Tag, 64>;
Sha512Digest sha512(std::initializer_list<ByteView> parts);

using HashKey = Secret<32>;

/// HMAC-SHA-256 with a key of any length, as a secret: the result is often a key itself.
HashKey hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);
/// The same as a public value, where the result is a commitment or a tag that travels.
Digest hmac_sha256_tag(ByteView key, std::initializer_list<ByteView> parts);

/// HKDF-Extract; an empty salt stands for 32 zero bytes.
HashKey hkdf_extract(ByteView salt, ByteView ikm);
/// HKDF-Expand; `size` at most 255 * 32 (asserted).
SecretBytes hkdf_expand(ByteView prk, ByteView info, std::size_t size);

/// Equality without a timing trace of where two values differ. Lengths are public.
bool equal(ByteView a, ByteView b);

}  // namespace candour::crypto
