// Cipher suites (RFC 9420 section 5.1) and the labelled operations built on them (5.1.2, 5.1.3,
// 5.2, 8). Every suite here has X25519, HKDF-SHA256, SHA-256 and Ed25519, so Nh is a
// constant; they differ in the AEAD, whose sizes the suite carries.
#pragma once

#include "base/codec.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/hpke_suite.h"
#include "crypto/sign.h"
#include "mls/types.h"

namespace candour::mls {

struct Suite {
  std::uint16_t id;
  crypto::HpkeAead aead;
  std::size_t aead_key_size;
  std::size_t aead_nonce_size;

  /// Null for a suite that is not supported.
  static const Suite* find(std::uint16_t id);
  static const Suite& of(CipherSuite suite);
};

/// MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, which every implementation must have.
inline constexpr Suite kSuite1{0x0001, crypto::HpkeAead::aes_128_gcm, 16, 12};
/// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
inline constexpr Suite kSuite3{0x0003, crypto::HpkeAead::chacha20_poly1305, 32, 12};

/// KDF.Nh of every suite.
inline constexpr std::size_t kHashSize = 32;
/// An output of the KDF of Nh bytes.
using KdfSecret = crypto::HashKey;

Digest hash(ByteView data);
/// MAC of a suite: HMAC with its hash.
Digest mac(ByteView key, ByteView data);
/// Constant time; a tag of another length is never equal, an empty one least of all.
bool mac_matches(ByteView expected, ByteView received);

/// RefHash (section 5.2), with the whole label.
Digest ref_hash(std::string_view label, ByteView value);

KdfSecret extract(ByteView salt, ByteView ikm);
SecretBytes expand_with_label(ByteView secret, std::string_view label, ByteView context,
                              std::size_t size);
/// ExpandWithLabel to Nh bytes.
KdfSecret expand_secret(ByteView secret, std::string_view label, ByteView context);
KdfSecret derive_secret(ByteView secret, std::string_view label);
/// Section 9.1.
SecretBytes derive_tree_secret(ByteView secret, std::string_view label, std::uint32_t generation,
                               std::size_t size);

Bytes sign_with_label(const crypto::SigningKey& key, std::string_view label, ByteView content);
/// False also for a key or signature of the wrong length.
bool verify_with_label(ByteView public_key, std::string_view label, ByteView content,
                       ByteView signature);

/// False for a key of the wrong length or of low order: nothing can be encrypted to it (RFC 9180
/// section 7.1.4).
bool can_encrypt_to(ByteView public_key);

struct HpkeCiphertext {
  Bytes kem_output;
  Bytes ciphertext;

  void write(Writer& w) const;
  static HpkeCiphertext read(Reader& r);
  bool operator==(const HpkeCiphertext&) const = default;
};

/// Fails for a public key of the wrong length or of low order.
Result<HpkeCiphertext> encrypt_with_label(const Suite& suite, ByteView public_key,
                                          std::string_view label, ByteView context,
                                          ByteView plaintext, Random& random);
Result<SecretBytes> decrypt_with_label(const Suite& suite, const crypto::SealingKey& key,
                                       std::string_view label, ByteView context,
                                       const HpkeCiphertext& sealed);

Bytes suite_seal(const Suite& suite, ByteView key, ByteView nonce, ByteView aad,
                 ByteView plaintext);
Result<SecretBytes> suite_open(const Suite& suite, ByteView key, ByteView nonce, ByteView aad,
                               ByteView ciphertext);

}  // namespace candour::mls
