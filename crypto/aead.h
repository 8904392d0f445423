// Authenticated encryption: ChaCha20-Poly1305 (RFC 8439) for MLS and HPKE, XChaCha20-Poly1305 for
// our own records and state at rest, where nonces are random.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour::crypto {

using AeadKey = Secret<32>;
inline constexpr std::size_t kAeadTagSize = 16;
inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kXAeadNonceSize = 24;

/// `key` 32 bytes, `nonce` 12 bytes (asserted): ciphertext followed by the tag.
Bytes aead_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext);
/// decryption_failed when anything does not fit; nothing of the plaintext leaks then.
Result<SecretBytes> aead_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext);

/// `key` 32 bytes, `nonce` 24 bytes (asserted).
Bytes xaead_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext);
Result<SecretBytes> xaead_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext);

/// Box for state at rest: random nonce in front, `context` authenticated (what it is and whose,
/// so that two boxes cannot be swapped).
Bytes box_seal(const AeadKey& key, ByteView context, ByteView plaintext, Random& random);
Result<SecretBytes> box_open(const AeadKey& key, ByteView context, ByteView box);

}  // namespace candour::crypto
