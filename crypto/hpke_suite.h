// HPKE (RFC 9180), base mode, single shot, with DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256 and
// either AEAD: what the MLS cipher suites need beyond the one suite of crypto/hpke.h.
#pragma once

#include "crypto/hpke.h"

namespace candour::crypto {

/// RFC 9180 section 7.3.
enum class HpkeAead : std::uint16_t { aes_128_gcm = 0x0001, chacha20_poly1305 = 0x0003 };

/// Nk; the nonce of both is 12 bytes, the tag 16.
constexpr std::size_t key_size(HpkeAead aead) { return aead == HpkeAead::aes_128_gcm ? 16 : 32; }

/// The bare AEAD; key and nonce sizes are asserted.
Bytes aead_seal(HpkeAead aead, ByteView key, ByteView nonce, ByteView aad, ByteView plaintext);
Result<SecretBytes> aead_open(HpkeAead aead, ByteView key, ByteView nonce, ByteView aad,
                              ByteView ciphertext);

/// Fails only when `to` is a low-order point.
Result<HpkeCiphertext> hpke_seal(HpkeAead aead, const SealingPublicKey& to, ByteView info,
                                 ByteView aad, ByteView plaintext, Random& random);
/// As hpke_seal with the ephemeral key given, for test vectors.
Result<HpkeCiphertext> hpke_seal_with(HpkeAead aead, const SealingKey& ephemeral,
                                      const SealingPublicKey& to, ByteView info, ByteView aad,
                                      ByteView plaintext);
Result<SecretBytes> hpke_open(HpkeAead aead, const SealingKey& mine, const SealingPublicKey& enc,
                              ByteView info, ByteView aad, ByteView ciphertext);

/// Section 5.3, secret export: a secret both ends of `enc` know, for `exporter_context`.
struct HpkeExport {
  SealingPublicKey enc;
  SecretBytes secret;
};
/// Fails only when `to` is a low-order point.
Result<HpkeExport> hpke_export_to(HpkeAead aead, const SealingPublicKey& to, ByteView info,
                                  ByteView exporter_context, std::size_t size, Random& random);
/// As hpke_export_to with the ephemeral key given, for test vectors.
Result<HpkeExport> hpke_export_with(HpkeAead aead, const SealingKey& ephemeral,
                                    const SealingPublicKey& to, ByteView info,
                                    ByteView exporter_context, std::size_t size);
Result<SecretBytes> hpke_export_from(HpkeAead aead, const SealingKey& mine,
                                     const SealingPublicKey& enc, ByteView info,
                                     ByteView exporter_context, std::size_t size);

}  // namespace candour::crypto
