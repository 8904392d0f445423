// AES-128-GCM (NIST SP 800-38D) through OpenSSL: MLS cipher suite 0x0001 needs it, and libsodium
// has it neither with 128-bit keys nor on every processor.
#pragma once

#include "base/result.h"
#include "base/secret.h"

namespace candour::crypto {

inline constexpr std::size_t kAesGcmKeySize = 16;
inline constexpr std::size_t kAesGcmNonceSize = 12;

/// `key` 16 bytes, `nonce` 12 bytes (asserted): ciphertext followed by the 16-byte tag.
Bytes aes_gcm_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext);
/// decryption_failed when anything does not fit; nothing of the plaintext leaks then.
Result<SecretBytes> aes_gcm_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext);

}  // namespace candour::crypto
