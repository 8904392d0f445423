// X25519 (RFC 7748) and HPKE (RFC 9180), base mode, single shot, with the one suite Candour uses:
// DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, ChaCha20-Poly1305 0x0003.
#pragma once

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour::crypto {

using SealingPrivateKey = Secret<32>;

/// An X25519 key pair. Moves, does not copy.
class SealingKey {
 public:
  static SealingKey from_private(SealingPrivateKey&& key);
  static SealingKey generate(Random& random);
  /// RFC 9180 section 7.1.3 DeriveKeyPair.
  static SealingKey derive(ByteView ikm);

  SealingKey(SealingKey&&) noexcept = default;
  SealingKey& operator=(SealingKey&&) noexcept = default;

  const SealingPublicKey& public_key() const { return public_key_; }
  const SealingPrivateKey& private_key() const { return private_key_; }
  SealingKey clone() const { return from_private(private_key_.clone()); }

 private:
  SealingKey() = default;
  SealingPrivateKey private_key_;
  SealingPublicKey public_key_;
};

/// Nothing can be sealed to a point of low order (RFC 9180 section 7.1.4): whoever is sent one must
/// refuse it before relying on it.
bool of_low_order(const SealingPublicKey& key);

/// The shared secret; decryption_failed when it is all zero (RFC 9180 section 7.1.4).
Result<Secret<32>> x25519(const SealingPrivateKey& mine, const SealingPublicKey& theirs);

struct HpkeCiphertext {
  SealingPublicKey enc;
  Bytes ciphertext;
};

/// Fails only when `to` is a low-order point.
Result<HpkeCiphertext> hpke_seal(const SealingPublicKey& to, ByteView info, ByteView aad,
                                 ByteView plaintext, Random& random);
/// As hpke_seal with the ephemeral key given, for test vectors.
Result<HpkeCiphertext> hpke_seal_with(const SealingKey& ephemeral, const SealingPublicKey& to,
                                      ByteView info, ByteView aad, ByteView plaintext);
Result<SecretBytes> hpke_open(const SealingKey& mine, const SealingPublicKey& enc, ByteView info,
                              ByteView aad, ByteView ciphertext);

/// enc and ciphertext in one run of bytes (32 bytes of enc first).
Result<Bytes> sealed_box(const SealingPublicKey& to, ByteView info, ByteView aad,
                         ByteView plaintext, Random& random);
Result<SecretBytes> open_sealed_box(const SealingKey& mine, ByteView info, ByteView aad,
                                    ByteView box);
/// How much longer a sealed box is than its plaintext.
inline constexpr std::size_t kSealedBoxOverhead = 48;

}  // namespace candour::crypto
