// Key packages (RFC 9420 section 10) as the rest of Candour sees them: bytes to publish, a private
// part to keep, and what a stranger's bytes say once they passed every check.
#pragma once

#include <memory>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/sign.h"
#include "mls/types.h"

namespace candour::mls {

/// The longest total lifetime a leaf may claim (RFC 9420 section 7.2 asks applications to set one).
inline constexpr std::uint64_t kLeafLifetimeMaxMs = 400ull * 24 * 3600 * 1000;

struct KeyPackageBundle {
  /// The MLSMessage(KeyPackage) to publish.
  Bytes key_package;
  /// The private init and leaf keys; store it until `reference` was used by a Welcome, then erase.
  SecretBytes private_part;
  /// KeyPackageRef, by which a Welcome names the package (section 5.2).
  Digest reference;
};

/// A fresh key package with a basic credential. `key` signs it and becomes the leaf's
/// signature_key. With `last_resort` it has the extension of that name, which says that it may be
/// used more than once where no other is left (section 16.8). Fails (mls_invalid) only for a
/// lifetime that is empty or longer than kLeafLifetimeMaxMs.
[[nodiscard]] Result<KeyPackageBundle> make_key_package(
    const crypto::SigningKey& key, ByteView identity, Lifetime lifetime, Random& random,
    CipherSuite suite = CipherSuite::chacha20_poly1305, bool last_resort = false);

struct KeyPackage;
template <class T>
class Verified;
class VerifiedKeyPackage;
namespace internal {
const std::shared_ptr<const Verified<KeyPackage>>& package_of(const VerifiedKeyPackage& package);
}

/// Every check of section 10.1 and 7.3 that does not need a group: version, suite, signatures,
/// distinct keys, leaf source, lifetime (with limits::kClockSkewMs of tolerance).
/// mls_invalid names the rule that is broken.
[[nodiscard]] Result<VerifiedKeyPackage> verify_key_package(
    ByteView key_package, TimeMs now, CipherSuite suite = CipherSuite::chacha20_poly1305);

/// A stranger's key package that passed every check: nothing else can be added to a group. Cheap to
/// copy. Whether the identity may use that key is for the caller to check, who holds the
/// certificates, before it adds it.
class VerifiedKeyPackage {
 public:
  Bytes identity() const;
  SigningPublicKey signature_key() const;
  Lifetime lifetime() const;
  CipherSuite suite() const;
  bool last_resort() const;
  /// KeyPackageRef.
  Digest reference() const;

 private:
  friend Result<VerifiedKeyPackage> verify_key_package(ByteView, TimeMs, CipherSuite);
  friend const std::shared_ptr<const Verified<KeyPackage>>& internal::package_of(
      const VerifiedKeyPackage&);
  explicit VerifiedKeyPackage(std::shared_ptr<const Verified<KeyPackage>> package);
  std::shared_ptr<const Verified<KeyPackage>> package_;
};

/// KeyPackageRefs of the joiners a Welcome is for, to find the private part that opens it.
[[nodiscard]] Result<std::vector<Digest>> welcome_references(ByteView welcome);

}  // namespace candour::mls
