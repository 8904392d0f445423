// Ed25519 signatures (RFC 8032).
#pragma once

#include <initializer_list>

#include "base/ids.h"
#include "base/random.h"
#include "base/secret.h"

namespace candour::crypto {

/// The 32-byte seed from which key and public key follow; what is stored.
using SigningSeed = Secret<32>;

/// Key pair ready for use. Moves, does not copy.
class SigningKey {
 public:
  static SigningKey from_seed(const SigningSeed& seed);
  static SigningKey generate(Random& random);

  SigningKey(SigningKey&&) noexcept = default;
  SigningKey& operator=(SigningKey&&) noexcept = default;

  const SigningPublicKey& public_key() const { return public_key_; }
  SigningSeed seed() const;
  SigningKey clone() const { return from_seed(seed()); }
  Signature sign(ByteView message) const;
  /// Signs `label` followed by a zero byte and the message: each use of a key has its own label,
  /// so that a signature made for one purpose is worthless for another.
  Signature sign_labelled(std::string_view label, ByteView message) const;

 private:
  SigningKey() = default;
  Secret<64> secret_key_;
  SigningPublicKey public_key_;
};

/// False for anything but a valid signature; libsodium refuses small-order keys and
/// non-canonical scalars.
bool verify(const SigningPublicKey& key, ByteView message, const Signature& signature);
bool verify_labelled(const SigningPublicKey& key, std::string_view label, ByteView message,
                     const Signature& signature);

}  // namespace candour::crypto
